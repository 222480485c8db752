#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#   one namespace, the sender's            one for each filter
#   fwsN  ──────────────────────────────  fwr  198.18.0.1/15     the filter; what passes ends in a UDP socket
#
# The measurements of filters, in namespaces that bench/filters.bash made: started by it, with
# $here, $state, $tools, $flowwatcher, $rounds and $frames set. Leaves $state/filters.md. All
# filters of a size are in place at the same time, each in its own namespace, so that rounds can go
# from one to the next; the sender, the wire and what receives run on one processor, in the sender's
# time.
set -u

fw=$flowwatcher fwpacket=$tools/../tests/live/fwpacket work=$state/filters
lookup=$tools/bench_filter_lookup
. "$here/filter_peers.bash"

sizes='1 1000 100000 1000000'
pool=65536 # addresses of a stream
cpu=$(($(nproc) - 1))
unset FLOWWATCHER_BPFFS # a bpffs of our own is at the usual place

say() { printf '%s\n' "$*" >&2; }
fail() { say "bench: $1"; exit 1; }

# --- the lists: three of four are single addresses, spread evenly; no two meet
make_list() { # SIZE
	awk -v size="$1" 'BEGIN {
		for (i = 0; i < size; i++) {
			a = 16777216 + int(i * (1800000000 / size)) + i * 31 % 97
			if (i % 4 == 1) printf "%d.%d.%d.0/24\n", int(a / 16777216), int(a / 65536) % 256, int(a / 256) % 256
			else printf "%d.%d.%d.%d\n", int(a / 16777216), int(a / 65536) % 256, int(a / 256) % 256, a % 256
		}
	}' >"$work/list.$1"
	# One that can be replaced by, as large.
	sed '$d' "$work/list.$1" >"$work/other.$1" && echo 192.0.2.1 >>"$work/other.$1"
	# All that one peer can have, and that cannot replace it.
	sed "1!{ \$ d }" "$work/list.$1" | grep -v / >"$work/single.$1"
}

in_tool() { # TOOL COMMAND...
	nsenter --net="/run/netns/$1" "${@:2}"
}

sinks=()
make_namespace() { # TOOL
	ip netns add "$1" && ip link add "s$1" type veth peer name fwr netns "$1" || return
	echo 1 >"/proc/sys/net/ipv6/conf/s$1/disable_ipv6"
	ip link set "s$1" up arp off
	# shellcheck disable=SC2016
	in_tool "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/fwr/disable_ipv6
		for all in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >"$all"; done
		ip link set lo up; ip addr add 198.18.0.1/15 dev fwr; ip link set fwr up; ip route add default dev fwr'
	"$fwpacket" count --to-netns "/run/netns/$1" --port 9 >"$work/sink" 2>&1 &
	sinks+=($!)
	mac_of[$1]=$(ip -n "$1" -j link show dev fwr | jq -r '.[0].address')
}

# Packets that came through: of IP, to a socket; of what is sent, on the wire.
passed() { # TOOL
	case $1 in
	*_out) ip -n "$1" -j -s link show dev fwr | jq '.[0].stats64.tx.packets' ;;
	*) in_tool "$1" awk '$1 == "Ip:" && $2 ~ /^[0-9]/ { print $10 }' /proc/net/snmp ;;
	esac
}

# load TOOL STREAM SIZE: one JSON line of fwpacket.
load() {
	local stream=$2 common=(--kinds udp4 --count "$frames" --cpu "$cpu" --seed 7)

	[ "$1" = xdp_filter ] && [ "$2" = in ] && stream=single
	common+=(--address "in:$work/$stream.stream:$pool")
	case $1 in
	*_out) "$fwpacket" load --netns "/run/netns/$1" --device fwr --side destination \
		"${common[@]}" ;;
	*) "$fwpacket" load --device "s$1" --other 198.18.0.1 --to "${mac_of[$1]}" "${common[@]}" ;;
	esac
}

measure_one() { # ROUND TOOL STREAM SIZE
	local before=$(($(passed "$2"))) line

	line=$(load "$2" "$3" "$4") || return
	jq -cn --argjson line "$line" --argjson passed $(($(passed "$2") - before)) \
		--argjson round "$1" --arg tool "$2" \
		--arg stream "$3" --argjson size "$4" \
		'{ round: $round, tool: $tool, stream: $stream, size: $size, passed: ($passed / ($line.sent + $line.refused)),
		ns: ($line.cpu_ns / ($line.sent + $line.refused)) }' >>"$state/filters.json"
}

# Milliseconds that a command takes; empty: it failed.
milliseconds() {
	local began=${EPOCHREALTIME/[.,]/}

	"$@" >"$work/out" 2>"$work/err" || { say "$*: $(tail -n 1 "$work/err")"; return 1; }
	echo $(((${EPOCHREALTIME/[.,]/} - began) / 1000))
}

set_up() { # TOOL SIZE: true if it runs
	local loaded replaced='' memory=''

	loaded=$(milliseconds "load_$1" "$work/list.$2") || { refuse "$1" "$2"; return 1; }
	if [ "$1" != xdp_filter ]; then
		replaced=$(milliseconds "replace_$1" "$work/other.$2") ||
			{ refuse "$1" "$2"; return 1; }
	fi
	! declare -F "memory_$1" >/dev/null || memory=$("memory_$1")
	jq -cn --arg tool "$1" --argjson size "$2" --argjson loaded "${loaded:-null}" \
		--argjson replaced "${replaced:-null}" \
		--argjson memory "${memory:-null}" \
		'{ tool: $tool, size: $size, loaded: $loaded, replaced: $replaced, memory: $memory }' \
		>>"$state/filter_loads.json"
}

# Addresses once for all tools: of the list that has taken the first one's place.
make_streams() { # SIZE
	"$fwpacket" addresses --address "in:$work/other.$1:$pool" >"$work/in.stream" &&
		"$fwpacket" addresses --address "out:$work/other.$1:$pool" >"$work/out.stream" &&
		"$fwpacket" addresses --address "in:$work/single.$1:$pool" >"$work/single.stream"
}

measure_size() { # SIZE
	local tool round stream running=''

	make_streams "$1" || fail 'no addresses'

	for tool in $filter_tools; do
		make_namespace "$tool" || fail "no namespace for $tool"
		if set_up "$tool" "$1"; then running+=" $tool"; fi
	done
	say "filters: $1 prefixes, of$running"
	for ((round = 0; round <= rounds; round++)); do
		for stream in in out; do
			for tool in $running; do
				# The first round warms up.
				measure_one "$round" "$tool" "$stream" "$1"
			done
		done
	done
	kill "${sinks[@]}"
	wait "${sinks[@]}" 2>/dev/null
	sinks=()
	for tool in $filter_tools; do
		! declare -F "remove_$tool" >/dev/null || "remove_$tool" >/dev/null 2>&1
		ip netns del "$tool"
	done
	"$fw" filter setdflt >/dev/null 2>&1
}

prepare() {
	declare -gA mac_of
	mount --make-rprivate / && mkdir -p /run/netns "$work" && mount -t tmpfs tmpfs /run/netns &&
		mount -t bpf bpf /sys/fs/bpf && ip link set lo up || return
	: >"$state/filters.json"
	: >"$state/filter_loads.json"
	for size in $sizes; do make_list "$size"; done
	"$fw" load && peers_prepare
}

table() { # EXPRESSION FILE ARGUMENT...
	local expression=$1 file=$2

	shift 2
	echo
	jq -rs --argjson tools "$filter_names" "$@" \
		"$(cat "$here/limit_tables.jq" "$here/filter_tables.jq") $expression" "$file"
}

report() {
	cat <<-END
	### A packet, dropped and passed

	Nanoseconds of one processor a packet, from AF_PACKET's sendmmsg over veth to where it is dropped, or to a UDP socket
	that throws it away, sender and receiver in one: median of $rounds interleaved rounds of $frames packets, with the least
	and the most. 1e6 by it is packets a millisecond. UDP of 60 bytes from $pool random addresses of the list, or
	between its prefixes. "Nothing" has no filter and drops nothing.
	END
	for stream in in out; do
		printf '\n%s\n' \
			"$([ $stream = in ] && echo 'Dropped: the address is in the list.' || echo 'Passed: it is not.')"
		table 'cost_table($stream)' "$state/filters.json" --arg stream $stream
	done
	printf '\nWhat a filter adds to a packet that it passes, in nanoseconds (within a round):\n'
	table added_table "$state/filters.json"
	printf '\nThe whole as a ratio to flowwatcher at the same hook or the next (within a round):\n'
	for stream in in out; do
		table 'ratio_table($stream)' "$state/filters.json" --arg stream $stream
	done
	printf '\n### Sent packets\n\nThe same where packets are sent and looked up by destination, at egress.\n'
	for stream in in out; do
		table 'sent_table($stream)' "$state/filters.json" --arg stream $stream
	done
	printf '\n### Lists\n\nMilliseconds from the start of the command until the list is in force, and until one as large is in its place.\n'
	table load_table "$state/filter_loads.json"
	printf '%s\n' "$filter_refusals"
	table wrong_table "$state/filters.json"
	[ ! -s "$work/lookup" ] ||
		{ printf '\n### The search alone\n\n```\n'; cat "$work/lookup"; printf '```\n'; }
}

prepare || fail 'no network namespaces here'
for size in $sizes; do
	started=$SECONDS
	measure_size "$size"
	say "filters: $size prefixes took $((SECONDS - started)) s"
done
[ ! -x "$lookup" ] || taskset -c "$cpu" "$lookup" "$rounds" spread >"$work/lookup" 2>&1
"$fw" unload >/dev/null
report >"$state/filters.md"
