#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#   ┌── netns A ──────────┐      ┌── netns R ─────────────────┐      ┌── netns B ──────────┐
#   │ fwtraffic's client  │      │ forwards, may drop         │      │ fwtraffic's server  │
#   │ va 10.77.1.2        ├──────┤ ra 10.77.1.1  10.77.2.1 rb ├──────┤ vb 10.77.2.2        │
#   │    fd77:1::2        │      │    fd77:1::1  fd77:2::1    │      │    fd77:2::2        │
#   └─────────────────────┘      └─ from_a to_a ── from_b ────┘      └─ to_b ──────────────┘
#
# The IP bytes that flowwatcher (in neither of them) charges to client and server, against nftables
# counters of the same packets on the far side of each one's link. An nftables counter adds up IP
# lengths, but takes a packet that is still to be segmented for one with one header; so each is
# placed where packets are single: A's offloads are on or off, all others' are off.
#
# The client ends its direction first and waits for the server's end, so no packet finds TIME-WAIT:
# those have no owner. Usage: wire_test.sh FLOWWATCHER FWTRAFFIC. Exit: 0 exact, 1 not, 77 it cannot
# run here.
set -u
[[ $# -ge 2 ]] || { echo "usage: ${0##*/} FLOWWATCHER FWTRAFFIC" >&2; exit 2; }
[[ $(id -u) == 0 ]] || { echo 'SKIP: needs root, for network namespaces'; exit 77; }
flowwatcher=$(realpath "$1") fwtraffic=$(realpath "$2")
seconds=60
[[ -z ${FW_IN_VM-} ]] || seconds=300 # emulated processors
a=fwa$$ r=fwr$$ b=fwb$$
passed=0 failed=0 skipped=0 loaded=''
work=$(mktemp -d) || exit 1

clean_up() {
	local name
	[[ -z $loaded ]] || "$flowwatcher" unload >/dev/null 2>&1
	for name in "$a" "$r" "$b"; do
		ip netns delete "$name" 2>/dev/null
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

pretty() { printf '[+] %s\n' "$*" >&2; }
in_a() { pretty "A: $*"; ip netns exec "$a" "$@"; }
in_r() { pretty "R: $*"; ip netns exec "$r" "$@"; }
in_b() { pretty "B: $*"; ip netns exec "$b" "$@"; }

cannot() {
	echo "SKIP: $1"
	exit 77
}

# --- the topology --------------------------------------------------------------------------------
make_links() {
	local name
	for name in "$a" "$r" "$b"; do
		ip netns add "$name" || return 1
		ip -n "$name" link set lo up
	done
	ip -n "$a" link add va type veth peer name ra netns "$r" || return 1
	ip -n "$b" link add vb type veth peer name rb netns "$r" || return 1
	ip -n "$a" link set va up && ip -n "$b" link set vb up || return 1
	ip -n "$r" link set ra up && ip -n "$r" link set rb up || return 1
}

make_addresses() {
	in_a ip address add 10.77.1.2/24 dev va && in_a ip address add fd77:1::2/64 dev va nodad &&
		in_b ip address add 10.77.2.2/24 dev vb &&
		in_b ip address add fd77:2::2/64 dev vb nodad &&
		in_r ip address add 10.77.1.1/24 dev ra &&
		in_r ip address add fd77:1::1/64 dev ra nodad &&
		in_r ip address add 10.77.2.1/24 dev rb &&
		in_r ip address add fd77:2::1/64 dev rb nodad &&
		in_a ip route add default via 10.77.1.1 &&
		in_a ip -6 route add default via fd77:1::1 &&
		in_b ip route add default via 10.77.2.1 &&
		in_b ip -6 route add default via fd77:2::1 &&
		in_r sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward &&
			echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
}

make_counters() {
	in_r nft -f - <<-END && in_b nft -f - <<-'END2'
	table inet count {
		counter from_a { }
		counter to_a { }
		counter from_b { }
		chain in {
			type filter hook prerouting priority -300
			meta l4proto ipv6-icmp accept
			iifname "ra" counter name from_a
			iifname "rb" counter name from_b
		}
		chain out {
			type filter hook postrouting priority 300
			meta l4proto ipv6-icmp accept
			oifname "ra" counter name to_a
		}
	}
	END
	table inet count {
		counter to_b { }
		chain in {
			type filter hook prerouting priority -300
			meta l4proto ipv6-icmp accept
			iifname "vb" counter name to_b
		}
	}
	END2
}

# Only data, so that the end of a connection stays in order.
start_dropping() {
	in_r nft -f - <<-'END'
	table inet lossy {
		chain forward {
			type filter hook forward priority 0
			meta length > 500 numgen inc mod 20 == 7 drop
		}
	}
	END
}

# --- measuring -----------------------------------------------------------------------------------
counters() {
	{
		ip netns exec "$r" nft -j list counters
		ip netns exec "$b" nft -j list counters
	} | jq -s '[.[].nftables[].counter | select(. != null) | {(.name): .bytes}] | add'
}

reset_counters() {
	ip netns exec "$r" nft reset counters >/dev/null &&
		ip netns exec "$b" nft reset counters >/dev/null
}

header() {
	printf '%-18s %-12s %-8s %12s %12s %12s %12s  %s\n' \
		scenario offloads process 'nft sent' reported 'nft received' reported exact
}

# Differences go behind the verdict: reported minus counted, sent/received.
report_row() { # scenario offloads role expected_sent got_sent expected_received got_received
	local verdict=yes
	if [[ $4 != "$5" || $6 != "$7" ]]; then
		verdict="NO ($(($5 - $4))/$(($7 - $6)))"
	fi
	printf '%-18s %-12s %-8s %12s %12s %12s %12s  %s\n' "$1" "$2" "$3" "$4" "$5" "$6" "$7" \
		"$verdict"
	[[ $verdict == yes ]]
}

# Rows of both ends: role, counted sent, reported sent, counted received, reported received.
measured_rows() { # sent_counter
	jq -rn --slurpfile ends "$work/ends" --slurpfile watch "$work/watch" --slurpfile count \
		"$work/count" \
		--arg sent "$1" '
		$count[0] as $n
		| {client: [$n[$sent], $n.to_a], server: [$n.from_b, $n.to_b]} as $wire
		| $ends[] as $row | ([$watch[] | select(.type == "usage" and .pid == $row.pid)] | last) as $got
		| [$row.role, $wire[$row.role][0], $got.total_wire_sent, $wire[$row.role][1],
			$got.total_wire_received]
		| @tsv'
}

run_scenario() { # name server-address
	reset_counters
	"$fwtraffic" --time "$seconds" -o "$work/ends" \
		--client-netns "/run/netns/$a" --server-netns "/run/netns/$b" --address "$2" "$1" \
		</dev/null >"$work/out" 2>"$work/err"
}

# Both ends may be gone while acknowledgements and retransmissions are still on their way: the
# counters are read until they rest, and what the kernel side holds of the two processes after that.
settle() {
	local last=''
	for _ in {1..50}; do
		counters >"$work/count"
		[[ $(<"$work/count") != "$last" ]] || break
		last=$(<"$work/count")
		"$flowwatcher" watch --json --all -c 1 -i 0.3 >"$work/watch"
	done
}

address_of() { # scenario
	[[ $1 == *6 ]] && echo fd77:2::2 || echo 10.77.2.2
}

# A packet that finds its socket gone (a late acknowledgement or retransmission, where processors
# are slow) has no owner: such a run says nothing and is repeated. More reported than counted is
# never that.
MOST_RUNS=4

# TCP's counters of what A sends differ by where segments are single; see the head of this file.
measure() { # scenario offloads sent_counter
	local code role sent got_sent received got_received good=yes rows=0 less='' run=${4:-1}
	run_scenario "$1" "$(address_of "$1")"
	code=$?
	if [[ $code == 77 ]]; then
		printf '%-18s %-12s SKIP: %s\n' "$1" "$2" "$(tr '\n' ' ' <"$work/err")"
		((++skipped))
		return
	fi
	if [[ $code != 0 ]]; then
		printf '%-18s %-12s NO: exit %s: %s\n' "$1" "$2" "$code" \
			"$(tr '\n' ' ' <"$work/err")"
		((++failed))
		return
	fi
	settle
	while read -r role sent got_sent received got_received; do
		((++rows))
		report_row "$1" "$2" "$role" "$sent" "$got_sent" "$received" "$got_received" ||
			good=''
		((got_sent > sent || got_received > received)) && less=never
		((got_sent < sent || got_received < received)) && [[ ! $less ]] && less=yes
	done < <(measured_rows "$3")
	if [[ $less == yes ]] && ((run < MOST_RUNS)); then
		echo "again: packets that found no socket"
		measure "$1" "$2" "$3" $((run + 1))
		return
	fi
	if [[ $good && $rows -gt 0 ]]; then ((++passed)); else ((++failed)); fi
}

# Off: every packet on the link is one segment. Software segmentation stays on, so that the stack
# above still hands down large ones. Checksum offload stays on: Linux 6.1 refuses UDP_SEGMENT
# without.
offload() { # netns interface on|off
	pretty "offloads of $2 $3"
	ip netns exec "$1" ethtool -K "$2" tso "$3" tx-udp-segmentation "$3" gro "$3" >/dev/null
}

# --- the runs ------------------------------------------------------------------------------------
make_links || cannot 'network namespaces or veth pairs are not possible here'
make_addresses || cannot 'the addresses of the test cannot be set'
make_counters || cannot 'nftables counters are not possible here'
command -v ethtool >/dev/null || cannot 'needs ethtool'
if ! { offload "$r" ra off && offload "$r" rb off && offload "$b" vb off &&
	offload "$a" va off; }; then
	cannot 'the offloads of a veth cannot be switched'
fi
"$flowwatcher" load >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
loaded=yes

tcp='tcp_half_close tcp_request4 tcp_request6 tcp_drip sendfile_tcp4 sendfile_tcp6 zerocopy_tcp4
	zerocopy_tcp6 splice_from_tcp6 uring_send_zc'
udp='udp4 udp6 udp_unconnected4 udp_mmsg6 udp_empty4 udp_gso4 udp_gso6'
header
for scenario in $tcp $udp; do
	measure "$scenario" off from_a
done
offload "$a" va on
for scenario in $tcp $udp; do
	measure "$scenario" on to_b
done
offload "$a" va off
# Datagrams of many fragments, each with headers of its own.
for scenario in udp_large4 udp_large6 sendfile_udp4; do
	measure "$scenario" fragments from_a
done
if start_dropping; then
	for scenario in sendfile_tcp4 sendfile_tcp6 tcp_half_close; do
		measure "$scenario" off,loss from_a
	done
else
	echo 'SKIP: no numgen in nftables here: nothing is dropped, nothing retransmitted'
	((++skipped))
fi
"$flowwatcher" unload >/dev/null && loaded=''
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 ]]
