#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#   limited side ── veth (a network namespace each), or lo ── free side
#
# Usage: limit_test.sh FLOWWATCHER FWTRAFFIC
# Payload that arrives under a limit, against the rate that was asked for: TCP and UDP, up and down,
# IPv4 and IPv6, one flow and many; printed as a table. A cell that noise spoils is tried again,
# twice. Needs root, bash, jq, iproute2 and a kernel that allows BPF. Exit: 0 all passed, 1
# something failed, 77 it cannot run here.
set -u
[ $# -ge 2 ] || { echo "usage: limit_test.sh FLOWWATCHER FWTRAFFIC" >&2; exit 2; }
fw=$(realpath "$1") fwrate=$(dirname "$(realpath "$2")")/fwrate
. "$(dirname "$0")/live_checks.bash"
. "$(dirname "$0")/limit_cell.bash"
command -v ip >/dev/null || cannot "needs iproute2"
needs_nothing_loaded

loaded=
clean_up_more() {
	[ -z "$loaded" ] || "$fw" unload >/dev/null
	remove_topology
}

seconds=8 attempts=3
# Bounds, in percent: all of it, a second, segments sent again. Jain's index of equal TCP flows, of
# which each gets enough to be told by.
total_bound=3 second_bound=10 again_bound=0.5
fair_bound=0.9 fair_rate=16000
fast=yes
[ -z "${FW_IN_VM-}" ] || fast= # emulated processors carry some 10 MB/s

within='(.[0] - 100 | fabs) <= $total and (.[1] - 100 | fabs) <= $second and .[3] < $again and .[2] >= $fair'
is_within() { # OUTPUT CELL...
	local output=$1 fair=0
	[ "$3" != tcp ] || [ $(($6 / $7)) -lt $fair_rate ] || fair=$fair_bound
	jq -e --argjson dropped "$(cat "$output.dropped")" --argjson total $total_bound \
		--argjson second $second_bound \
		--argjson again $again_bound --argjson fair $fair "$cell_figures | $within" \
		"$output" >/dev/null
}

# Cells that run at the same time, each a string; then the table and the verdicts.
run_cells() {
	local runs=() cell i try again=("$@")
	for ((try = 1; try <= attempts && ${#again[@]} > 0; try++)); do
		runs=("${again[@]}") again=()
		for i in "${!runs[@]}"; do
			# shellcheck disable=SC2086
			run_cell $seconds "$work/cell$i" ${runs[i]} &
		done
		wait
		for i in "${!runs[@]}"; do
			cell=${runs[i]}
			if [ ! -s "$work/cell$i" ]; then
				check "$cell: it runs" false
				sed 's/^/    /' "$work/cell$i.err"
			elif is_within "$work/cell$i" $cell; then
				print_cell "$work/cell$i" $cell >>"$work/table"
				check "$cell" true
			elif [ $try -lt $attempts ]; then
				again+=("$cell")
			else
				print_cell "$work/cell$i" $cell >>"$work/table"
				check "$cell" false
				print_cell "$work/cell$i" $cell
			fi
		done
	done
}

every_way() { # RATE FLOWS: all ways of one rate at once
	local cells=() topology protocol family direction
	for topology in veth lo; do
		for protocol in tcp udp; do
			for family in 4 6; do
				for direction in up down; do
					cells+=("$topology $protocol $family $direction $1 $2")
				done
			done
		done
	done
	run_cells "${cells[@]}"
}

make_topology || cannot "no network namespaces here"
"$fw" load || exit 1
loaded=yes
every_way 64000 1
every_way 1000000 8
if [ -n "$fast" ]; then
	every_way 1000000 1
	run_cells "veth tcp 4 up 10000000 64" "veth tcp 6 down 10000000 64" \
		"lo tcp 4 up 10000000 64" "lo tcp 6 down 10000000 64"
	run_cells "veth udp 4 up 10000000 8" "veth udp 6 down 10000000 8" "lo udp 4 up 10000000 8" \
		"lo udp 6 down 10000000 8"
	for cell in "veth tcp 4 up" "veth tcp 6 down" "lo tcp 4 up" "lo tcp 6 down" "lo udp 4 up" \
		"lo udp 6 down"; do
		run_cells "$cell 100000000 8"
	done
	for cell in "veth tcp 4 up" "veth tcp 4 down" "lo tcp 4 up" "lo tcp 4 down"; do
		run_cells "$cell 200000000 8"
	done
else
	skip "rates from 10 MB/s on" "emulated processors are too slow"
fi
print_head
cat "$work/table"
finish
