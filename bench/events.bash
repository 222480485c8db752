# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What watching processes and threads costs an event, and which events are lost, beside other
# monitors. Rounds as in overhead.bash; each measurement has a monitor of its own, so that its
# output is that of this measurement alone. Read by bench/run.

# Workloads: scenario of fwevents, how many a second (0: as fast as it goes), how many in a second
# of measuring, events that each makes, of these exec.
declare -A event_workload=(
	[threads_1k]='threads 500 500 2 0'
	[threads_10k]='threads 5000 5000 2 0'
	[threads_50k]='threads 25000 25000 2 0'
	[threads_most]='threads 0 50000 2 0'
	[exec_1k]='fork_exec 333 333 3 1'
	[exec_most]='fork_exec 0 2000 3 1'
)
declare -A event_workload_title=(
	[threads_1k]='threads, 1,000 events/s'
	[threads_10k]='threads, 10,000 events/s'
	[threads_50k]='threads, 50,000 events/s'
	[threads_most]='threads, as fast as it goes'
	[exec_1k]='fork and exec, 1,000 events/s'
	[exec_most]='fork and exec, as fast as it goes'
)
event_workloads='threads_1k threads_10k threads_50k threads_most exec_1k exec_most'
event_rounds=$(((rounds + 1) / 2))
event_refusals=''
event_quiet=5                        # percent of all CPU time that others may take
event_repeats=$((event_rounds * 12)) # of measurements that they disturbed, in the whole run

# The same number always ends in the same length of time when it is paced.
run_events() { # WORKLOAD COMMAND... in front
	local workload=$1 scenario rate number

	shift
	read -r scenario rate number _ <<<"${event_workload[$workload]}"
	number=$(awk -v n="$number" -v seconds="$event_seconds" 'BEGIN { printf "%d", n * seconds }')
	[ "$rate" = 0 ] || rate="--rate $rate"
	"$@" "$tools/../tests/live/fwevents" -t 60 -o "$state/ledger" -n "$number" ${rate#0} \
		-s vfork "$scenario"
}

# The line of sums that the generator wrote: pid, ns, CPU-ns, threads, processes.
ledger_sums() {
	jq -r 'select(.type == "sum") | [.pid, .elapsed_ns, .cpu_ns, .threads_created, .processes] | @tsv' \
		"$state/ledger"
}

# One line a measurement, in the form of overhead.tsv, and one of events.
event_lines() { # ROUND MONITOR WORKLOAD, monitor's ns, percent of others, programs
	local pid elapsed cpu threads processes kind=processes made execs expected

	IFS=$'\t' read -r pid elapsed cpu threads processes < <(ledger_sums)
	[ "$threads" = 0 ] || kind=threads
	execs=$processes
	made=$((2 * threads + 3 * processes))
	awk -v OFS='\t' -v round="$1" -v monitor="$2" -v workload="$3" -v ns="$4" -v others="$5" \
		-v programs="$6" -v made="$made" -v elapsed="$elapsed" -v cpu="$cpu" 'BEGIN {
		print round, monitor, workload, made * 1e9 / elapsed, 0, cpu / made, ns / made, others, programs
	}' >>"$state/events.tsv"
	expected=$(events_expected "$2" "$kind" "$made" "$execs")
	[ -z "$expected" ] ||
		printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$expected" \
		"$(events_reported "$2" "$kind" "$pid")" \
			>>"$state/losses.tsv"
}

# Leaves in $line what bench_beside says.
measure_events() { # MONITOR WORKLOAD
	local options=() pid

	for pid in $monitor_pid $event_helpers; do
		options+=(-m "$pid")
	done
	line=$(run_events "$2" "$tools/bench_beside" "${options[@]}")
}

# May $line be made again, for others took too much?
is_disturbed() {
	[ "$(printf '%.0f' "${line#*$'\t'}")" -gt "$event_quiet" ] && [ "$event_repeats" -gt 0 ] ||
		return 1
	event_repeats=$((event_repeats - 1))
}

# A measurement that others disturb is made again, by a new monitor.
measure_event_monitor() { # ROUND MONITOR WORKLOAD
	local try line before after

	for ((try = 0; try < 3; try++)); do
		event_monitor_start "$2" ||
			fail "$2 did not start: $(tail -n 1 "$state/monitor.out")"
		before=$(programs_present)
		measure_events "$2" "$3" || fail "the events of $3 could not be made"
		after=$(programs_present)
		event_monitor_stop
		is_disturbed || break
	done
	event_lines "$1" "$2" "$3" "${line%$'\t'*}" "${line#*$'\t'}" \
		$((before > after ? before : after))
}

event_round() {
	local name workload

	for workload in $event_workloads; do
		for name in $event_monitors; do
			measure_event_monitor "$1" "$name" "$workload"
		done
	done
}

event_titles() {
	local name

	for name in $event_workloads; do
		printf '%s\t%s\n' "$name" "${event_workload_title[$name]}"
	done
	for name in $event_monitors; do
		printf '%s\t%s\n' "$name" "${event_monitor_title[$name]}"
	done
	printf 'fork_only\tfork\nthreads\tthreads\nfork_exec\tfork and exec\ndlopen\tdlopen\n'
}

event_table() {
	echo
	awk -f "$here/paired_ratios.awk" -v show="$1" -v monitors="$event_monitors" \
		-v workloads="$event_workloads" "$state/event_titles.tsv" "$state/events.tsv"
}

# Lost of what was made, over all rounds.
losses_table() {
	echo
	awk -v FS='\t' -v monitors="$event_monitors" -v workloads="$event_workloads" '
		NR == FNR { title[$1] = $2; next }
		{ key = $2 SUBSEP $3; made[key] += $4
		  if ($5 == "some") unknown[key]++
		  else if ($5 != "all") lost[key] += $4 > $5 ? $4 - $5 : 0 }
		function cell(key) {
			if (!(key in made)) return "-"
			if (unknown[key]) return "some"
			return lost[key] ? sprintf("%.2f %%", 100 * lost[key] / made[key]) : "0"
		}
		END {
			columns = split(monitors, name, " ")
			rows = split(workloads, work, " ")
			line = "| |"; rule = "|---|"
			for (i = 1; i <= columns; i++)
				if (name[i] !~ /^(none|again|loaded)$/) {
					shown[++count] = name[i]
					line = line " " title[name[i]] " |"; rule = rule "---:|"
				}
			print line; print rule
			for (row = 1; row <= rows; row++) {
				line = "| " title[work[row]] " |"
				for (i = 1; i <= count; i++)
					line = line " " cell(shown[i] SUBSEP work[row]) " |"
				print line
			}
		}' "$state/event_titles.tsv" "$state/losses.tsv"
}

events_report() {
	cat <<-END
	### CPU time of an event

	$event_rounds interleaved rounds of $event_seconds s. An event is the birth or the end of a thread, or a fork, an exec or
	the end of a process. "No monitor again" shows what chance alone does.

	ns that each monitor adds to what the makers of an event spend on it themselves, which is where
	the kernel side of a monitor works; from the lower quartile:
	END
	event_table own
	cat <<-END

	ns that the processes of the monitor spend on an event, likewise:
	END
	event_table process
	cat <<-END

	Both together: events a second of CPU, of that without a monitor; 1 is no cost. Median of ratios
	paired within a round, with the smallest and the largest:
	END
	event_table efficiency
	cat <<-END

	Events a second of time, likewise:
	END
	event_table throughput
	cat <<-END

	### Events lost

	Of the events that the generator made and that the monitor is to tell of, those that are not in its
	output; all rounds together. Of \`events\` to /dev/null it is only known whether any were lost, by
	its exit code.
	END
	losses_table
	[ -z "$event_refusals" ] || printf '%s\n' "$event_refusals"
	[ ! -s "$state/event_programs.tsv" ] || event_programs_report
}

event_programs_report() {
	cat <<-END

	### Time of each program for events

	ns a run with one reader of all types, as \`kernel.bpf_stats_enabled\` counts it, which itself takes
	some 40 ns of each. Empty: not run by these events. Images come from perf and run no program.

	END
	programs_table "$event_program_workloads" "$state/event_titles.tsv" \
		"$state/event_programs.tsv"
}

event_program_workloads='threads fork_only fork_exec'

# Without a flowwatcher that reads events there is nothing to look at.
event_programs_measure() {
	local scenario

	[[ " $event_monitors " == *' events_null '* ]] || return 0
	say 'events: time of programs'
	event_types='' event_monitor_start events_null || return 0
	programs_start_counting
	for scenario in $event_program_workloads; do
		programs_of "$scenario" "$tools/../tests/live/fwevents" -o /dev/null -n 2000 \
			"$scenario"
	done >"$state/event_programs.tsv"
	programs_stop_counting
	event_monitor_stop
}

events_measure() {
	local round

	: >"$state/events.tsv"
	: >"$state/losses.tsv"
	event_monitors_prepare
	for ((round = 1; round <= event_rounds; round++)); do
		say "events: round $round of $event_rounds"
		event_round "$round"
	done
	event_titles >"$state/event_titles.tsv"
	event_programs_measure
	events_report >"$state/events.md"
}
