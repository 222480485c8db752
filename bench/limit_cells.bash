# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Goodput against target. Read by bench/limits_apart.bash.

declare -A cell_reach=() # bytes a second of a topology, protocol and number of flows without a limit

cell_slow_seconds=11 # below 10 MB/s, where a second has few packets

# One JSON line a cell. $1: OUTPUT, then the cell.
cell_line() {
	local output=$1 figures=null

	shift
	[ -s "$output" ] || say "limits: $* failed: $(tail -n 1 "$output.err")"
	[ ! -s "$output" ] || figures=$(cell_figure "$output" . 2>/dev/null) || figures=null
	cell_json "$figures" null "$@"
}

# $1: figures, $2: reach, then the cell.
cell_json() {
	jq -cn --argjson f "$1" --argjson reach "$2" --args '$ARGS.positional as [$topology, $protocol, $family,
		$direction, $rate, $flows] | { $topology, $protocol, family: ($family | tonumber), $direction,
		rate: ($rate | tonumber), flows: ($flows | tonumber) } + if $reach then { $reach }
		elif $f then { percent: $f[0], worst: $f[1], jain: $f[2], resent: $f[3], dropped: $f[4] }
		else { failed: true } end' "${@:3}" >>"$state/cells.json"
}

# Cells at the same time, each a string.
cells_together() {
	local i runs=("$@") pids=()

	for i in "${!runs[@]}"; do
		# shellcheck disable=SC2086
		limited_cell "$seconds" "$work/cell$i" ${runs[i]} &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in "${!runs[@]}"; do
		# shellcheck disable=SC2086
		cell_line "$work/cell$i" ${runs[i]}
		rm -f "$work/cell$i" "$work/cell$i".*
	done
}

# Leaves in $reach what goes through without a limit; once more where it is less than is needed.
find_reach() { # TOPOLOGY PROTOCOL FLOWS RATE
	local key="$1 $2 $3" try measured

	for ((try = 0; try < 2; try++)); do
		reach=${cell_reach[$key]:-0}
		[ "$reach" -le "$4" ] || return 0
		no_limit=yes run_cell 2 "$work/reach" "$1" "$2" 4 up 1000000000000 "$3" || continue
		measured=$(jq .goodput "$work/reach")
		[ "$measured" -le "$reach" ] || cell_reach[$key]=$measured
	done
	reach=${cell_reach[$key]:-0}
}

cell_alone() {
	find_reach "$1" "$2" "$6" "$5"
	if [ "$reach" -gt "$5" ]; then
		cells_together "$*"
	else
		cell_json null "$reach" "$@"
	fi
}

# Calls $1 with every cell of a rate, over veth and lo; IPv6 beside it over veth, with as many flows
# as $4 has last.
each_cell() { # COMMAND RATE FLOWS IPV6-FLOWS
	local topology protocol direction flows

	for topology in veth lo; do
		for protocol in tcp udp; do
			for direction in up down; do
				for flows in $3; do
					"$1" "$topology" "$protocol" 4 "$direction" "$2" "$flows"
				done
				[ $topology = lo ] ||
					"$1" "$topology" "$protocol" 6 "$direction" "$2" "$4"
			done
		done
	done
}

collect_cell() { collected+=("$*"); }

cells_measure() {
	local collected=() rate

	say 'limits: cells'
	: >"$state/cells.json"
	"$fw" load || return
	each_cell collect_cell 64000 1 1
	seconds=$cell_slow_seconds cells_together "${collected[@]}"
	collected=()
	each_cell collect_cell 1000000 '1 8' 8
	seconds=$cell_slow_seconds cells_together "${collected[@]}"
	for rate in 10000000 100000000 200000000; do
		say "limits: cells of $((rate / 1000000)) MB/s"
		each_cell cell_alone $rate '1 8 64' 8
	done
	"$fw" unload >/dev/null
}

cells_report() {
	local topology

	cat <<-END
	### Goodput against target

	Payload that arrives, in percent of the rate, over $((seconds - 1)) s after a first one; the second that is
	furthest from it; Jain's index of the flows; segments that were sent again; packets that the limit had to
	drop. Below 10 MB/s the cells of one rate run at the same time, for $((cell_slow_seconds - 1)) s; from 10 MB/s on one at a time.
	Direction is that of the limited process.

	END
	jq -rs "$(cat "$here/limit_tables.jq") cell_summary" "$state/cells.json"
	for topology in veth lo; do
		printf '\nOver %s:\n' $topology
		limit_table cell_table "$state/cells.json" --arg topology $topology
	done
}
