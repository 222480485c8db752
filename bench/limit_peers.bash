# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The same work under other limiters, one after the other within a round, and what it costs the
# processor. Read by bench/limits_apart.bash.

# Rates that all of them can express: trickle counts in 1024 bytes, wondershaper in 1000 bits.
peer_cells=(
	'tcp up 1024000 1' 'tcp up 10240000 8' 'tcp up 102400000 8' 'tcp down 102400000 8'
	'udp up 102400000 1' 'udp down 10240000 1'
)
peer_tools='paced flowwatcher trickle htb wondershaper'
peer_names='{"paced": "paces itself", "flowwatcher": "flowwatcher", "trickle": "trickle",
	"htb": "cgroup and HTB", "wondershaper": "wondershaper"}'
peer_refusals=''
peer_group=/sys/fs/cgroup/$group # of version 2, in a mount namespace of its own
peer_port=7000
peer_seconds=3

in_near() { nsenter --net="/run/netns/$near_ns" "$@"; }

# kbit/s on the wire that carry a payload: 1448 of 1514 bytes of TCP, 1400 of 1442 of UDP.
wire_kbit() { # PROTOCOL RATE
	if [ "$1" = tcp ]; then
		echo $(($2 * 8 * 1514 / 1448 / 1000))
	else
		echo $(($2 * 8 * 1442 / 1400 / 1000))
	fi
}

# Packets that a process of the group sends are put into a class by their priority, which is the
# class's handle.
htb_up() { # KBIT
	in_near tc qdisc add dev near root handle 1: htb &&
		in_near tc class add dev near parent 1: classid 1:10 htb rate "${1}kbit" burst 64k \
		cburst 64k quantum 60000 &&
		in_near nft -f - <<-END
		table inet bench {
			chain out {
				type filter hook output priority 0;
				socket cgroupv2 level 1 "${peer_group##*/}" meta priority set 1:10
			}
		}
		END
}

# What arrives has no socket yet where it can be queued: the ports have to be known.
htb_down() { # KBIT
	ip -n "$near_ns" link add bench-ifb type ifb &&
		ip -n "$near_ns" link set bench-ifb up txqueuelen 1000 &&
		in_near tc qdisc add dev near handle ffff: ingress &&
		in_near tc filter add dev near parent ffff: protocol all u32 match u32 0 0 \
			action mirred egress redirect dev bench-ifb &&
		in_near tc qdisc add dev bench-ifb root handle 2: htb &&
		in_near tc class add dev bench-ifb parent 2: classid 2:10 htb rate "${1}kbit" \
		burst 64k cburst 64k quantum 60000 &&
		in_near tc filter add dev bench-ifb parent 2: protocol ip u32 match ip sport \
		$peer_port 0xfff0 flowid 2:10
}

htb_remove() {
	in_near nft delete table inet bench
	in_near tc qdisc del dev near root
	in_near tc qdisc del dev near ingress
	ip -n "$near_ns" link del bench-ifb
} 2>/dev/null

# Two cgroup2 mounts at one place show one hierarchy: the machine's. nft looks for groups here only.
group_prepare() {
	mount -t cgroup2 cgroup2 /sys/fs/cgroup && mkdir -p "$peer_group"
}

# A command in the group.
in_group() {
	(
		echo $BASHPID >"$peer_group/cgroup.procs"
		exec "$@"
	)
}

wondershaper_start() { # KBIT
	PATH=$PATH:/sbin in_near wondershaper near "$1" "$1" >"$work/wondershaper.out" 2>&1
	in_near tc -s qdisc show dev near | grep -q ' root ' && in_near tc qdisc show dev near |
		grep -qE 'cbq|htb'
}

# Runs fwrate on a cell, by the command in $front if there is one, with $cell_options besides.
peer_rate() { # OUTPUT PROTOCOL DIRECTION RATE FLOWS
	"${front[@]}" "${peer_program:-$fwrate}" --protocol "$2" --direction "$3" --target "$4" \
		--flows "$5" \
		--seconds $peer_seconds --warmup 1 --port $peer_port --connect 192.0.2.2 \
		--limited-netns "$near_ns" --free-netns "$far_ns" "${cell_options[@]}" \
		--output "$1" >/dev/null 2>"$1.err"
	echo 0 >"$1.dropped"
}

run_trickle() { # OUTPUT CELL...
	local front=("${trickle_front[@]}" trickle -s)

	# The other direction has a limit too where none is named.
	case $3 in
	up) front+=(-u $(($4 / 1024)) -d 100000000) ;;
	down) front+=(-d $(($4 / 1024)) -u 100000000) ;;
	esac
	peer_rate "$@"
}

run_flowwatcher() {
	"$fw" load && limited_cell $peer_seconds "$1" veth "$2" 4 "$3" "$4" "$5"
	"$fw" unload >/dev/null
}

run_htb() {
	local front=(in_group)

	"htb_$3" "$(wire_kbit "$2" "$4")" && peer_rate "$@"
	htb_remove
}

run_wondershaper() {
	wondershaper_start "$(wire_kbit "$2" "$4")" && peer_rate "$@"
	PATH=$PATH:/sbin in_near wondershaper clear near >/dev/null 2>&1
}

run_paced() {
	local cell_options=(--offered "$4")

	peer_rate "$@"
}

run_none() { peer_rate "$@"; }

# One JSON line: what it came to, in the words of the table's column.
peer_line() { # FILE ROUND TOOL TITLE OUTPUT
	local figures=null

	figures=$(cell_figure "$5" . 2>/dev/null) || figures=null
	jq -cn --argjson f "${figures:-null}" --slurpfile run "$5" --argjson round "$2" --arg tool \
		"$3" --arg cell "$4" \
		'$run[0] as $r | { $round, $tool, $cell } + if $f and $r then { percent: $f[0], worst: $f[1], jain: $f[2],
		resent: $f[3], machine: ($r.machine_cpu_ns / $r.received), goodput: ($r.goodput / 1e6),
		own: (($r.limited_cpu_ns + $r.free_cpu_ns) / $r.received) } else { note: "fails" } end' >>"$1"
}

peer_measure() { # ROUND TOOL CELL...
	local front=() title output=$work/peer

	title="${3^^} $4, $(awk -v r="$5" 'BEGIN { print r / 1e6 }') MB/s, flows: $6"
	: >"$output"
	"run_$2" "$output" "${@:3}"
	peer_line "$state/peers.json" "$1" "$2" "$title" "$output"
}

# Keep the ones that work here, and remember why the others do not.
peers_prepare() {
	group_prepare || return
	if ! command -v trickle >/dev/null; then
		peer_tools=${peer_tools/trickle/}
		peer_refusals+=$'\n- trickle is not installed: apt-get install trickle'
	fi
	if ! wondershaper_start 8000; then
		peer_tools=${peer_tools/wondershaper/}
		peer_refusals+=$'\n'"- wondershaper does not run on this kernel: $(head -n 1 "$work/wondershaper.out")
  It needs the queueing disciplines cbq and sfq and the action police."
	fi
	PATH=$PATH:/sbin in_near wondershaper clear near >/dev/null 2>&1
	peer_names=$(jq -c --arg tools "$peer_tools" 'with_entries(select(.key | IN($tools | split(" ")[])))' \
		<<<"$peer_names")
}

peers_measure() {
	local round cell tool

	trickle_front=() front=()
	: >"$state/peers.json"
	peers_prepare || return
	start_spinners
	for ((round = 1; round <= rounds; round++)); do
		say "limits: peers, round $round of $rounds"
		for cell in "${peer_cells[@]}"; do
			for tool in $peer_tools; do
				# shellcheck disable=SC2086
				peer_measure "$round" "$tool" $cell
			done
		done
		for cell in 'tcp up 1000000 1' 'udp up 1000000 1'; do
			# shellcheck disable=SC2086
			peer_line_unlimited "$round" $cell
		done
	done
	stop_spinners
}

peer_line_unlimited() { # ROUND CELL...
	run_none "$work/peer" "${@:2}"
	peer_line "$state/unlimited.json" "$1" none "${2^^}" "$work/peer"
}

peer_table() { limit_table "tool_table($1; $2)" "$state/peers.json" --argjson tools "$peer_names"; }

peers_report() {
	cat <<-END

	### Beside other limiters

	The same work over veth, IPv4, under each in its best configuration; $rounds interleaved rounds of
	$((peer_seconds - 1)) s after a first one, median with the smallest and the largest. "Paces itself" is the sender
	at that rate without a limiter. Goodput in percent of the rate:
	END
	peer_table .percent 1
	printf '\nThe worst second, in percent of the rate:\n'
	peer_table .worst 1
	printf '\nFairness between the flows (Jain):\n'
	peer_table .jain 3
	printf '\nSegments sent again, in percent:\n'
	peer_table .resent 2
	[ -z "$peer_refusals" ] || printf '%s\n' "$peer_refusals"
	cat <<-END

	### CPU per gigabyte

	Seconds of a processor for a gigabyte of payload in the same runs. All that the machine did, both ends, interrupts
	and kernel threads, sampled by the tick while a spinner of the lowest priority keeps each processor awake; below
	100 MB/s it is too little to be sampled:
	END
	limit_table 'map(select(.cell | contains("102.4"))) | tool_table(.machine; 2)' \
		"$state/peers.json" \
		--argjson tools "$peer_names"
	printf '\nOf the two processes alone, where packets that leave later are not in it:\n'
	peer_table .own 2
	printf '\nWithout any limit, as fast as it goes:\n'
	limit_table 'unlimited_table' "$state/unlimited.json"
}
