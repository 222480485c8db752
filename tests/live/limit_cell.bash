# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# One cell of the table of limits: traffic of fwrate under a limit, and what came of it. To be
# sourced by the test and the benchmark, with $fw, $fwrate and $work set.
#
#   limited side ── veth (a network namespace each) or lo ── free side
#
# $cell_options are options of fwrate besides; $limit_target is limited instead of the process,
# $no_limit nothing. A cell is: TOPOLOGY PROTOCOL FAMILY DIRECTION RATE FLOWS, as in "veth tcp 4 up
# 1000000 8".

cell_options=()
near_ns=fw-near-$$ far_ns=fw-far-$$

make_topology() {
	ip netns add "$near_ns" && ip netns add "$far_ns" &&
		ip link add near netns "$near_ns" type veth peer name far netns "$far_ns" &&
		ip -n "$near_ns" address add 192.0.2.1/24 dev near &&
		ip -n "$far_ns" address add 192.0.2.2/24 dev far &&
		ip -n "$near_ns" address add 2001:db8::1/64 dev near nodad &&
		ip -n "$far_ns" address add 2001:db8::2/64 dev far nodad &&
		ip -n "$near_ns" link set near up && ip -n "$far_ns" link set far up &&
		ip -n "$near_ns" link set lo up && ip -n "$far_ns" link set lo up
}

remove_topology() {
	ip netns del "$near_ns" 2>/dev/null
	ip netns del "$far_ns" 2>/dev/null
}

# run_cell SECONDS OUTPUT CELL...: the free side listens. The limit is there before the first byte.
run_cell() {
	local seconds=$1 output=$2 topology=$3 protocol=$4 family=$5 direction=$6 rate=$7 flows=$8
	local where=() pid='' target='' result
	if [ "$topology" = veth ]; then
		where=(--limited-netns "$near_ns" --free-netns "$far_ns" --connect 192.0.2.2)
		[ "$family" = 4 ] || where[5]=2001:db8::2
	fi
	rm -f "$output" "$output.pid" "$output.go"
	"$fwrate" --protocol "$protocol" --family "$family" --direction "$direction" \
		--flows "$flows" \
		--seconds "$seconds" --warmup 1 --target "$rate" "${where[@]}" \
		"${cell_options[@]}" \
		--limited-pid-file "$output.pid" --go-file "$output.go" --output "$output" \
		>/dev/null 2>"$output.err" &
	local run=$!
	for ((left = 400; left > 0; left--)); do
		[ ! -s "$output.pid" ] || break
		kill -0 "$run" 2>/dev/null || break
		sleep 0.05
	done
	if [ -s "$output.pid" ]; then
		pid=$(cat "$output.pid")
		target=${limit_target:-pid:$pid}
		if [ -z "${no_limit-}" ]; then
			"$fw" limit "$target" "--$direction" "$rate" >>"$output.err" 2>&1 ||
				kill "$run"
		fi
		touch "$output.go"
	fi
	wait "$run"
	result=$?
	echo 0 >"$output.dropped"
	if [ -z "${no_limit-}" ]; then
		"$fw" rules --json |
			jq "select(.target == \"$target\") | .dropped" >"$output.dropped"
		"$fw" unlimit "$target" >>"$output.err" 2>&1
	fi
	return "$result"
}

# Percent of the target; the same of the second that is furthest from it; fairness between flows
# (Jain); percent of segments that were sent again; percent of packets that the limit dropped.
cell_figures='
	.bins[.warmup:.seconds] as $bins | .target as $target |
	[100 * .goodput / $target,
	([$bins[] | 100 * . / $target] | max_by(. - 100 | fabs)),
	.jain,
	(if .segments_sent > 0 then 100 * .segments_retransmitted / .segments_sent else 0 end),
	(100 * $dropped / ([.segments_sent + .datagrams_sent, 1] | max))]'

# cell_figure OUTPUT EXPRESSION: over the figures above
cell_figure() { jq -e --argjson dropped "$(cat "$1.dropped")" "$cell_figures | $2" "$1"; }

print_head() {
	printf '%-5s %-4s %-2s %-4s %10s %5s  %8s %9s %6s %7s %7s\n' over '' IP '' 'bytes/s' flows \
		goodput 'worst s' fair resent dropped
}

# print_cell OUTPUT CELL...
print_cell() {
	local output=$1
	shift
	# shellcheck disable=SC2046
	printf '%-5s %-4s %-2s %-4s %10d %5d  %7.2f%% %8.2f%% %6.3f %6.2f%% %6.2f%%\n' "$@" \
		$(cell_figure "$output" 'map(tostring) | join(" ")' | tr -d '"')
}
