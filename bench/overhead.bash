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

# Percent of the CPU in use that others may take during a measurement; else it is repeated, as often as the whole
# run can bear.
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

# One line a measurement: round, monitor, the line of bench_load, programs of flowwatcher in the kernel.
# Others that are loaded are waited for; where some come meanwhile the measurement is left out.
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
		monitor_start "$name" || fail "$name did not start: $(tail -n 1 "$state/monitor.out")"
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

overhead_table() {
	echo
	awk -f "$here/paired_ratios.awk" -v show="$1" -v monitors="$monitors" \
		-v workloads="$overhead_workloads" "$state/titles.tsv" "$state/overhead.tsv"
}

# Measurements during which another flowwatcher came or went.
overhead_left_out() {
	awk -v FS='\t' '!($2 in fewest) || $9 < fewest[$2] { fewest[$2] = $9 }
		{ monitor[NR] = $2; programs[NR] = $9 }
		END { for (i = 1; i <= NR; i++) out += programs[i] > fewest[monitor[i]]; print out + 0 }' \
		"$state/overhead.tsv"
}

overhead_report() {
	cat <<-END
	### Traffic under a monitor

	Median of $rounds interleaved rounds, each against "no monitor" of the same round, and in brackets
	the smallest and the largest ratio; 1.00 is no cost. "No monitor again" shows what chance alone
	does. CPU is that of both ends, the kernel's packet work for them and the monitor's own process.
	Both ends share one CPU except where two are named: waking an idle CPU costs more than a request
	and would hide the cost. Where other processes took more than $overhead_quiet % of the CPU in use, the
	measurement was repeated, up to twice. Of $(wc -l <"$state/overhead.tsv") measurements $(overhead_left_out) were left out,
	because another flowwatcher was loaded meanwhile.

	Work done per second of CPU, of that without a monitor:
	END
	overhead_table efficiency
	echo
	echo 'Throughput (operations per second), of that without a monitor:'
	overhead_table throughput
	echo
	echo 'In numbers: the speed and CPU time of one operation without a monitor, and the CPU time each'
	echo 'monitor adds to it, in ns:'
	overhead_table added
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
