# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What a monitor costs traffic. Rounds of A B C ... A B C ..., each measurement compared with "no
# monitor" of its own round, so that slow changes of the machine fall out. Read by bench/run.

# Workloads of bench_load; "2:" before one puts its two ends on two CPUs.
overhead_workloads='tcp_request udp_request udp_stream tcp_small tcp_bulk tcp_short'
[ "$(nproc)" = 1 ] || overhead_workloads="$overhead_workloads 2:tcp_request 2:udp_request"

# Prints the line of bench_load, with the workload as it is named here.
run_workload() {
	local options=()

	[ "$1" = "${1#2:}" ] || options=(-2)
	timeout 30 "$tools/bench_load" "${options[@]}" -t "$window" -m "$monitor_pid" "${1#2:}" |
		awk -v FS='\t' -v OFS='\t' -v name="$1" '{ $1 = name; print }'
}

# Percent of the CPU in use that others may take during a measurement; else it is repeated, as often
# as the whole run can bear.
overhead_quiet=10
overhead_repeats=$((rounds * 12))

# Leaves the line of the least disturbed of three tries in $line.
measure_quietly() {
	local try again

	line=$(run_workload "$1") || return
	for ((try = 0; try < 2 && overhead_repeats > 0; try++)); do
		[ "$(printf '%.0f' "${line##*$'\t'}")" -gt "$overhead_quiet" ] || return 0
		overhead_repeats=$((overhead_repeats - 1))
		again=$(run_workload "$1") || return
		line=$(printf '%s\n' "$line" "$again" | sort -t $'\t' -k 6,6g | head -n 1)
	done
}

declare -A overhead_programs=() # the fewest that were there with a monitor: its own

only_own_programs() {
	before=$(programs_present)
	[ "$before" -le "${overhead_programs[$1]:-1000}" ]
}

# One line a measurement: round, monitor, the line of bench_load, programs of flowwatcher in the
# kernel. Others that are loaded are waited for; where some come meanwhile the measurement is left
# out.
measure_one() {
	local before=0 line after

	await only_own_programs "$2"
	overhead_programs[$2]=$((before < ${overhead_programs[$2]:-1000} ? before : overhead_programs[$2]))
	measure_quietly "$3" || return
	after=$(programs_present)
	printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$line" $((before > after ? before : after)) \
		>>"$state/overhead.tsv"
}

measure_round() {
	local name workload

	for name in $monitors; do
		monitor_start "$name" ||
			fail "$name did not start: $(tail -n 1 "$state/monitor.out")"
		for workload in $overhead_workloads; do
			measure_one "$1" "$name" "$workload"
		done
		monitor_stop
	done
}

overhead_titles() {
	local workload

	"$tools/bench_load" -l
	"$tools/bench_load" -l | sed 's/^/2:/; s/$/, two CPUs/'
	for name in $monitors; do
		printf '%s\t%s\n' "$name" "${monitor_title[$name]}"
	done
}

# $1: what to show, $2: of which workloads.
overhead_table() {
	echo
	awk -f "$here/paired_ratios.awk" -v show="$1" -v monitors="$monitors" \
		-v workloads="$2" "$state/titles.tsv" "$state/overhead.tsv"
}

# Measurements during which another flowwatcher came or went.
overhead_left_out() {
	awk -v FS='\t' '!($2 in fewest) || $9 < fewest[$2] { fewest[$2] = $9 }
		{ monitor[NR] = $2; programs[NR] = $9 }
		END { for (i = 1; i <= NR; i++) out += programs[i] > fewest[monitor[i]]; print out + 0 }' \
		"$state/overhead.tsv"
}

overhead_report() {
	local steady=${overhead_workloads%% 2:*} # a lower quartile says nothing of waking idle CPUs

	cat <<-END
	### Traffic under a monitor

	$rounds interleaved rounds. CPU is that of both ends, of the kernel's packet work for them and of
	the monitor's own process. Both ends share one CPU except where two are named. Where other
	processes took more than $overhead_quiet % of the CPU in use, the measurement was repeated, up to
	twice; of $(wc -l <"$state/overhead.tsv") measurements $(overhead_left_out) were left out because another flowwatcher was loaded
	meanwhile. "No monitor again" shows what chance alone does.

	Work done per second of CPU, of that without a monitor; 1 is no cost. From the lower quartile of
	the CPU time of an operation, because disturbances only ever add to it:
	END
	overhead_table calm "$steady"
	cat <<-END

	The same as the median of ratios paired within a round, with the smallest and the largest:
	END
	overhead_table efficiency "$overhead_workloads"
	cat <<-END

	Throughput (operations per second), likewise:
	END
	overhead_table throughput "$overhead_workloads"
	cat <<-END

	In numbers: speed and CPU time of an operation without a monitor, and the CPU time in ns that each
	monitor adds to it:
	END
	overhead_table added "$steady"
	[ -z "$monitor_refusals" ] || printf '%s\n' "$monitor_refusals"
}

overhead_measure() {
	local round

	: >"$state/overhead.tsv"
	for ((round = 1; round <= rounds; round++)); do
		say "traffic: round $round of $rounds"
		measure_round "$round"
	done
	overhead_titles >"$state/titles.tsv"
	overhead_report >"$state/overhead.md"
}
