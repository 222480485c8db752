#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The measurements of limits, in namespaces that bench/limits.bash made: started by it, with $here,
# $state, $tools, $flowwatcher, $group, $rounds and $seconds set. Leaves $state/limits.md.
set -u

fw=$flowwatcher fwrate=$tools/../tests/live/fwrate work=$state/limits
. "$here/../tests/live/limit_cell.bash"
. "$here/limit_cells.bash"
. "$here/limit_peers.bash"
. "$here/limit_escapes.bash"
. "$here/limit_bystanders.bash"
. "$here/limit_unmatched.bash"

say() { printf '%s\n' "$*" >&2; }
fail() { say "bench: $1"; exit 1; }

# Processes of the machine have no number in this pid namespace: a limit names a copy of the
# program, one a cell. limited_cell SECONDS OUTPUT CELL...
limited_cell() {
	local result

	cp "$fwrate" "$2.program" || return
	fwrate=$2.program limit_target=exe:$2.program run_cell "$@"
	result=$?
	rm -f "$2.program"
	return $result
}

spinners=()
# Of the lowest priority, so that no processor sleeps: without ticks nobody samples what interrupts
# do there.
start_spinners() {
	local cpu

	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		taskset -c "$cpu" nice -n 19 chrt --idle 0 bash -c 'while :; do :; done' &
		spinners+=($!)
	done
}

stop_spinners() {
	kill "${spinners[@]}"
	wait "${spinners[@]}" 2>/dev/null
	spinners=()
}

# Tables of JSON lines. $1: expression of bench/limit_tables.jq, $2: file, then arguments of jq.
limit_table() {
	local expression=$1 file=$2

	shift 2
	echo
	jq -rs "$@" "$(cat "$here/limit_tables.jq") $expression" "$file"
}

prepare() {
	mount --make-rprivate / && mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns &&
		mkdir -p "$work" && chmod 711 "$work" && ip link set lo up && make_topology
}

prepare || fail 'no network namespaces here'
for part in cells peers escapes bystanders unmatched; do
	started=$SECONDS
	"${part}_measure" || fail "$part could not be measured"
	say "limits: $part took $((SECONDS - started)) s"
done
for part in cells peers escapes bystanders unmatched; do
	"${part}_report"
done >"$state/limits.md"
