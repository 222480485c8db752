# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What others notice of a limited process: requests and responses of one byte over TCP, one a
# millisecond, over the same interface. Read by bench/limits_apart.bash.

# What runs beside: a name and a cell, without topology; and the sender that paces itself to the
# same.
bystander_cells=('tcp 4 up 10000000 1' 'tcp 4 down 10000000 1' 'udp 4 up 10000000 1' 'tcp 4 up 100000000 8')
bystander_seconds=2

bystander_ask() { # OUTPUT TOPOLOGY
	local where=()

	[ "$2" = lo ] ||
		where=(--limited-netns "$near_ns" --free-netns "$far_ns" --connect 192.0.2.2)
	"$fwrate" --latency --seconds $bystander_seconds "${where[@]}" --output "$1"
}

# With nothing beside it where no runner is named.
bystander_measure() { # ROUND TOPOLOGY STATE [RUNNER CELL...]
	local beside='' output=$work/bystander

	if [ $# -gt 3 ]; then
		rm -f "$work/beside.go"
		"$4" $((bystander_seconds + 1)) "$work/beside" "$2" "${@:5}" &
		beside=$!
		until [ -e "$work/beside.go" ] || ! kill -0 $beside 2>/dev/null; do sleep 0.05; done
		sleep 0.5 # its steady state
	fi
	bystander_ask "$output" "$2"
	[ -z "$beside" ] || wait $beside
	jq -c --argjson round "$1" --arg place "$2" --arg state "$3" \
		'{ $round, $place, $state, p50_ns, p99_ns }' \
		"$output" >>"$state/bystanders.json"
}

paced_cell() { # SECONDS OUTPUT CELL...
	local cell_options=(--offered "$7") no_limit=yes

	run_cell "$@"
}

unlimited_cell() {
	local no_limit=yes

	run_cell "$@"
}

bystander_place() { # ROUND TOPOLOGY
	local cell title

	bystander_measure "$1" "$2" nothing
	for cell in "${bystander_cells[@]}"; do
		# shellcheck disable=SC2086
		set -- "$1" "$2" $cell
		title="${3^^} $5, $(($6 / 1000000)) MB/s, flows: $7"
		bystander_measure "$1" "$2" "$title, limited" limited_cell "${@:3}"
		bystander_measure "$1" "$2" "$title, paces itself" paced_cell "${@:3}"
	done
	bystander_measure "$1" "$2" 'TCP up, flows: 8, as fast as it goes' unlimited_cell tcp 4 up \
		1000000000000 8
	bystander_measure "$1" "$2" 'nothing again'
}

bystanders_measure() {
	local round place

	: >"$state/bystanders.json"
	"$fw" load || return
	for ((round = 1; round <= rounds; round++)); do
		say "limits: bystanders, round $round of $rounds"
		for place in veth lo; do
			bystander_place "$round" $place
		done
	done
	"$fw" unload >/dev/null
}

bystanders_report() {
	cat <<-END

	### Latency of bystanders

	Requests and responses of one byte by an unlimited process, one a millisecond, over the same interface. Ratios are to
	nothing beside it, paired within a round: median of $rounds, smallest and largest. What a limited process costs them
	is what it differs from a sender that paces itself to the same rate. Of the median request:
	END
	limit_table 'state_table(.p50_ns; "nothing")' "$state/bystanders.json"
	printf '\nOf the slowest of a hundred:\n'
	limit_table 'state_table(.p99_ns; "nothing")' "$state/bystanders.json"
}
