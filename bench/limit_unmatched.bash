# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What rules about others cost. Read by bench/limits_apart.bash.

unmatched_states='none block1 block10k limit1 limit100 again'
declare -A unmatched_title=(
	[none]='no rules' [block1]='1 block' [block10k]='10,000 blocks' [limit1]='1 limit' \
		[limit100]='100 limits'
	[again]='no rules again'
)
declare -A unmatched_rules=(
	[none]=0 [again]=0 [block1]=1 [limit1]=1 [block10k]=10000 [limit100]=100
)
unmatched_workloads='tcp_request udp_request tcp_short'
unmatched_rounds=$((rounds * 2 + 1))

# Half about names, half about files that are not there.
unmatched_file() { # ACTION NUMBER
	awk -v action="$1" -v n="$2" 'BEGIN {
		options = action == "limit" ? "--up 1MB/s --down 1MB/s" : ""
		for (i = 0; i < n; i++)
			print action, (i % 2 ? "comm:other-" : "exe:/nowhere/other-") i, options
	}'
}

unmatched_state() { # ROUND STATE
	local workload

	unmatched_file "${2%%[0-9]*}" "${unmatched_rules[$2]}" >"$work/rules"
	"$fw" rules restore --replace "$work/rules" >/dev/null || return
	for workload in $unmatched_workloads; do
		printf '%s\t%s\t%s\t0\n' "$1" "$2" "$("$tools/bench_load" -t 0.4 -m 0 "$workload")"
	done >>"$state/unmatched.tsv"
}

unmatched_measure() {
	local round name

	: >"$state/unmatched.tsv"
	"$fw" load || return
	for ((round = 1; round <= unmatched_rounds; round++)); do
		for name in $unmatched_states; do
			unmatched_state "$round" "$name" || return
		done
	done
	"$fw" unload >/dev/null
	"$tools/bench_load" -l >"$state/unmatched_titles.tsv"
	for name in $unmatched_states; do
		printf '%s\t%s\n' "$name" "${unmatched_title[$name]}"
	done >>"$state/unmatched_titles.tsv"
}

unmatched_table() {
	echo
	awk -f "$here/paired_ratios.awk" -v show="$1" -v monitors="$unmatched_states" \
		-v workloads="$unmatched_workloads" \
		"$state/unmatched_titles.tsv" "$state/unmatched.tsv"
}

unmatched_report() {
	cat <<-END

	### Rules about others

	Work done per second of CPU over loopback, both ends on one CPU, with rules in force that match neither end; of that
	with no rules, the kernel side loaded. 1 is no cost. $unmatched_rounds interleaved rounds, from the lower quartile:
	END
	unmatched_table calm
	printf '\nThe same as the median of ratios paired within a round, with the smallest and the largest:\n'
	unmatched_table efficiency
}
