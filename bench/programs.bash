# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What each eBPF program takes a run, by the kernel's own count. Read by bench/run.

programs_counting=''

programs_start_counting() {
	programs_counting=$(cat /proc/sys/kernel/bpf_stats_enabled)
	echo 1 >/proc/sys/kernel/bpf_stats_enabled
}

programs_stop_counting() {
	[ -z "$programs_counting" ] || echo "$programs_counting" >/proc/sys/kernel/bpf_stats_enabled
	programs_counting=''
}

# One line a program: id, name, runs, ns.
programs_snapshot() {
	bpftool -j prog show | jq -r '.[] | select((.name // "") | startswith("fw_")) |
		[.id, .name, .run_cnt // 0, .run_time_ns // 0] | @tsv'
}

# One line a program that ran often: workload, name, runs, ns. $1: name of the workload; the rest:
# command.
programs_of() {
	local workload=$1

	shift
	programs_snapshot >"$state/programs.before"
	"$@" >/dev/null
	programs_snapshot | awk -v FS='\t' -v OFS='\t' -v workload="$workload" '
		NR == FNR { runs[$1] = $3; ns[$1] = $4; next }
		$1 in runs && $3 - runs[$1] > 500 { print workload, $2, $3 - runs[$1], $4 - ns[$1] }
	' "$state/programs.before" -
}

# $1: workloads, $2: file of titles, $3: lines of programs_of.
programs_table() {
	awk -v FS='\t' -v workloads="$1" '
		NR == FNR { title[$1] = $2; next }
		{ if (!($2 in seen)) { seen[$2] = 1; order[++count] = $2 }
		  cell[$2, $1] = sprintf("%.0f", $4 / $3) }
		END {
			columns = split(workloads, work, " ")
			line = "| program |"; rule = "|---|"
			for (i = 1; i <= columns; i++) { line = line " " title[work[i]] " |"; rule = rule "---:|" }
			print line; print rule
			for (row = 1; row <= count; row++) {
				line = "| `" order[row] "` |"
				for (i = 1; i <= columns; i++)
					line = line " " ((order[row], work[i]) in cell ? cell[order[row], work[i]] : "") " |"
				print line
			}
		}' "$2" "$3"
}

programs_report() {
	cat <<-END
	### Time of each program

	ns a run with wire bytes on, as \`kernel.bpf_stats_enabled\` counts it, which itself takes some
	40 ns of each; the kernel's way into the program is not in it. Empty: not run by this traffic.

	END
	programs_table "${overhead_workloads%% 2:*}" "$state/titles.tsv" "$state/programs.tsv"
}

programs_measure() {
	local workload

	say 'programs: time a run'
	overhead_titles >"$state/titles.tsv"
	monitor_start wire
	programs_start_counting
	for workload in $overhead_workloads; do
		[ "$workload" != "${workload#2:}" ] ||
			programs_of "$workload" run_workload "$workload"
	done >"$state/programs.tsv"
	programs_stop_counting
	monitor_stop
	programs_report >"$state/programs.md"
}
