#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#      test's own namespaces (network, mounts)                 namespace `peer`
#      fwlow0  10.8.0.1/24 fd08::1/64  ──────────────────────  fwlow1  10.8.0.2/24 fd08::2/64
#      fwkind  10.8.1.1/24 fd08:1::1/64  ── above, below or ──  fwkind  10.8.1.2/24 fd08:1::2/64
#                                            through fwlow0
#
# Usage: filter_kinds_test.sh FLOWWATCHER FWTRAFFIC
# The filter on every kind of adapter that the kernel can make: it drops what it should in both
# directions and for both families, passes the rest, tells the sender nothing, leaves nothing behind,
# and does not keep the adapter from going. A kind that this kernel lacks is skipped by name.
# Needs root, bash, jq, ip, nsenter and ping. Exit: 0 all passed, 1 something failed, 77 it cannot run here.
set -u

[ $# -ge 2 ] || { echo "usage: filter_kinds_test.sh FLOWWATCHER FWTRAFFIC" >&2; exit 2; }
. "$(dirname "$0")/own_namespaces.bash"
fw=$(realpath "$1")
packet=$(realpath "$(dirname "$2")")/fwpacket
. "$(dirname "$0")/live_checks.bash"
for tool in ip nsenter ping jq; do command -v $tool >/dev/null || cannot "needs $tool"; done
mount -t tmpfs none /run && mkdir -p /run/netns || cannot "no mounts of its own"
mount -t bpf bpf /sys/fs/bpf || cannot "bpffs cannot be mounted"
unset FLOWWATCHER_BPFFS SSH_CONNECTION
needs_nothing_loaded
clean_up_more() { "$fw" unload >/dev/null 2>&1; }
explain() { sed 's/^/#   /' "$work/out" "$work/err" 2>/dev/null | tail -n 8; }
: >"$work/out"
: >"$work/err"

in_peer() { nsenter --net=/run/netns/peer "$@"; }
filter() { "$fw" filter "$@" >"$work/out" 2>"$work/err"; }
reaches() { ping -nqc 1 -W 1 "$1" >"$work/out" 2>&1; }
# Does an adapter come to be ready, whatever it does before (duplicate addresses, carrier)?
reachable() { tries=20 until_true reaches "$1"; }
unreachable() { ! reaches "$1"; }
# What was dropped since the list was set, of that direction.
dropped() { # ADAPTER receive|send
	"$fw" filter stats --json | jq -s --arg adapter "$1" --arg hook "$2" '[.[] |
		select(.type == "filter_stats" and .adapter == $adapter and .hook == $hook)
		.dropped_packets] | add // 0'
}
drops_more() { # ADAPTER receive|send ADDRESS
	local before
	before=$(dropped "$1" "$2")
	unreachable "$3" && [ "$(dropped "$1" "$2")" -gt "$before" ]
}
dropped_since() { [ "$(dropped "$2" "$3")" -ge $(($1 + 3)) ]; } # BEFORE ADAPTER receive|send
# IP in IEEE 802.3 frames: Linux neither sends nor takes any, so what counts is counted.
drops_snap() { # ADAPTER receive|send ADDRESS
	local before kind=snap4 from=() device=$1 side=destination
	[ "${3#*:}" = "$3" ] || kind=snap6
	[ "$2" = send ] || { from=(in_peer); device=${1/fwlow0/fwlow1}; side=source; }
	before=$(dropped "$1" "$2")
	"${from[@]}" "$packet" load --device "$device" --side $side --kinds $kind --address "$3" --count 3 \
		>"$work/out" 2>"$work/err" && until_true dropped_since "$before" "$1" "$2"
}
has_ethernet() { [ "$1" != lo ] && [ "$(ip -j link show "$1" | jq -r '.[0].link_type')" = ether ]; }
hooks() { "$fw" filter enum --json --adapter "$1" | jq -r '"\(.in.hook) in, \(.out.hook) out"'; }
list() { printf '%s\n' "${@:2}" >"$work/$1"; }
is_bare() { # no program of ours on it
	! { ip -d link show "$1"; tc filter show dev "$1" egress; tc filter show dev "$1" ingress; } \
		2>/dev/null | grep -q 'fw_filter\|flowwatcher'
}

make_low() {
	ip link set lo up
	ip netns add peer && in_peer ip link set lo up || return 1
	ip link add fwlow0 type veth peer name fwlow1 netns peer || return 1
	ip addr add 10.8.0.1/24 dev fwlow0 && ip -6 addr add fd08::1/64 dev fwlow0 nodad
	in_peer ip addr add 10.8.0.2/24 dev fwlow1 && in_peer ip -6 addr add fd08::2/64 dev fwlow1 nodad
	ip link set fwlow0 up && in_peer ip link set fwlow1 up
}

# Addresses and carrier for both ends of a kind. IPv6 is not for all of them.
make_up() {
	ip addr add 10.8.1.1/24 dev fwkind && in_peer ip addr add 10.8.1.2/24 dev fwkind || return 1
	ip link set fwkind up && in_peer ip link set fwkind up || return 1
	[ "$1" = v4 ] && return 0
	ip -6 addr add fd08:1::1/64 dev fwkind nodad && in_peer ip -6 addr add fd08:1::2/64 dev fwkind nodad
}

remove_kind() {
	ip link del fwkind 2>/dev/null
	in_peer ip link del fwkind 2>/dev/null
	ip link del fwlow0 2>/dev/null
	ip netns del peer 2>/dev/null
	return 0
}

# What must hold for an adapter over which the addresses are reached.
filtered() { # KIND ADAPTER ADDRESS...
	local kind=$1 adapter=$2 address
	shift 2
	list far "$@"
	list other 192.0.2.0/24 2001:db8::/32
	for address; do check "$kind: $address is reached" reachable "$address"; done
	check "$kind: what is sent is filtered" filter set --adapter "$adapter" --direction out "$work/far"
	for address; do
		check "$kind: nothing is sent to $address" drops_more "$adapter" send "$address"
	done
	! has_ethernet "$adapter" || for address; do
		check "$kind: nor in IEEE 802.3 frames to $address" drops_snap "$adapter" send "$address"
	done
	check "$kind: the sender is told nothing" not_told "$1"
	check "$kind: what is received is filtered in its place" \
		filter set --force --adapter "$adapter" --direction in "$work/far"
	filter set --force --adapter "$adapter" --direction out "$work/other"
	echo "# $kind: $(hooks "$adapter")"
	for address; do
		check "$kind: nothing comes from $address" drops_more "$adapter" receive "$address"
	done
	! has_ethernet "$adapter" || for address; do
		check "$kind: nor in IEEE 802.3 frames from $address" drops_snap "$adapter" receive "$address"
	done
	check "$kind: another list takes its place" filter set --adapter "$adapter" "$work/other"
	for address; do check "$kind: $address is reached past it" reachable "$address"; done
	check "$kind: no list any more" filter setdflt --adapter "$adapter"
	check "$kind: nothing of ours is left on it" is_bare "$adapter"
	filter set --adapter "$adapter" "$work/far"
}

# ping asks for errors (IP_RECVERR), which is when the kernel tells of packets that a filter drops.
not_told() {
	ping -nc 1 -W 1 "$1" >"$work/out" 2>&1
	! grep -qi 'buffer\|sendmsg' "$work/out"
}

# Make both ends of a kind, filter one of them, and take it away with its list.
kind() { # NAME v4|v6 MAKER
	local name=$1 families=$2 addresses=(10.8.1.2)
	[ "$families" = v6 ] && addresses+=(fd08:1::2)
	if ! make_low 2>"$work/err"; then
		cannot "veth cannot be made: $(head -n 1 "$work/err")"
	fi
	if ! "$3" 2>"$work/err" || ! make_up "$families" 2>>"$work/err"; then
		skip "$name" "$(head -n 1 "$work/err")"
		remove_kind
		return
	fi
	filtered "$name" fwkind "${addresses[@]}"
	check "$name: it can be removed" ip link del fwkind
	remove_kind
}

both_ends() { ip link add fwkind "$@" && in_peer ip link add fwkind "$@"; }
make_vlan() {
	ip link add link fwlow0 name fwkind type vlan id 7 &&
		in_peer ip link add link fwlow1 name fwkind type vlan id 7
}
make_stacked_vlan() {
	ip link add link fwlow0 name fwouter type vlan proto 802.1ad id 8 && ip link set fwouter up &&
		ip link add link fwouter name fwkind type vlan id 7 &&
		in_peer ip link add link fwlow1 name fwouter type vlan proto 802.1ad id 8 &&
		in_peer ip link set fwouter up &&
		in_peer ip link add link fwouter name fwkind type vlan id 7
}
make_over() { # KIND...: an end of it on each side of the pair below
	ip link add link fwlow0 name fwkind type "$@" &&
		in_peer ip link add link fwlow1 name fwkind type "$@"
}
make_macvlan() { make_over macvlan mode bridge; }
make_ipvlan() { make_over ipvlan mode l2; }
make_bridge() {
	ip addr flush dev fwlow0 && in_peer ip addr flush dev fwlow1 && both_ends type bridge &&
		ip link set fwlow0 master fwkind && in_peer ip link set fwlow1 master fwkind
}
make_bond() {
	ip addr flush dev fwlow0 && in_peer ip addr flush dev fwlow1 && both_ends type bond mode active-backup &&
		ip link set fwlow0 down && ip link set fwlow0 master fwkind &&
		in_peer ip link set fwlow1 down && in_peer ip link set fwlow1 master fwkind
}
make_tunnel() { # KIND ARGUMENTS...: over the addresses of the pair below
	local kind=$1
	shift
	ip link add fwkind type "$kind" "$@" local 10.8.0.1 remote 10.8.0.2 &&
		in_peer ip link add fwkind type "$kind" "$@" local 10.8.0.2 remote 10.8.0.1
}
make_vxlan() { make_tunnel vxlan id 7 dstport 4789; }
make_gre() { make_tunnel gre; }
make_gretap() { make_tunnel gretap; }
make_ipip() { make_tunnel ipip; }
make_ip6gre() {
	ip link add fwkind type ip6gre local fd08::1 remote fd08::2 &&
		in_peer ip link add fwkind type ip6gre local fd08::2 remote fd08::1
}
make_geneve() {
	ip link add fwkind type geneve id 7 remote 10.8.0.2 &&
		in_peer ip link add fwkind type geneve id 7 remote 10.8.0.1
}
make_wireguard() {
	command -v wg >/dev/null || { echo "no wg here" >&2; return 1; }
	both_ends type wireguard || return 1
	wg genkey >"$work/near.key" && wg genkey >"$work/far.key"
	wg set fwkind private-key "$work/near.key" listen-port 51820 \
		peer "$(wg pubkey <"$work/far.key")" endpoint 10.8.0.2:51820 \
		allowed-ips 0.0.0.0/0,::/0 &&
		in_peer wg set fwkind private-key "$work/far.key" listen-port 51820 \
			peer "$(wg pubkey <"$work/near.key")" endpoint 10.8.0.1:51820 \
			allowed-ips 0.0.0.0/0,::/0
}

"$fw" load 2>"$work/err" || cannot "load: $(head -n 1 "$work/err")"

make_low || cannot "veth cannot be made"
filtered veth fwlow0 10.8.0.2 fd08::2
# What goes past the queues of an adapter goes past its filter of sent packets: documented, and shown.
filter set --adapter fwlow0 --direction out "$work/far"
passes_by() {
	local before
	before=$(dropped fwlow0 send)
	"$packet" load --device fwlow0 --side destination --address 10.8.0.2 --other 10.8.0.1 \
		--count 5 "$@" >"$work/out" 2>"$work/err" || return 1
	echo $(($(dropped fwlow0 send) - before)) >"$work/dropped"
}
check "frames of a packet socket are sent" passes_by
check "and dropped" [ "$(cat "$work/dropped")" -eq 5 ]
check "frames past the queue are sent" passes_by --bypass
check "and seen by no filter" [ "$(cat "$work/dropped")" -eq 0 ]
remove_kind

ip link set lo up
filtered lo lo 127.0.0.7
filter setdflt

kind vlan v6 make_vlan
kind 'vlan in vlan' v6 make_stacked_vlan
kind macvlan v6 make_macvlan
kind ipvlan v6 make_ipvlan
kind bridge v6 make_bridge
kind bond v6 make_bond
kind vxlan v6 make_vxlan
kind geneve v6 make_geneve
kind gretap v6 make_gretap
kind gre v6 make_gre
kind ip6gre v6 make_ip6gre
kind ipip v4 make_ipip
kind wireguard v6 make_wireguard

nothing_is_left() {
	"$fw" unload >"$work/out" 2>"$work/err" && ls -A /sys/fs/bpf >"$work/out" &&
		! grep -vxE 'xdp|(progs|maps)\.debug' "$work/out"
}
check "unload leaves nothing" nothing_is_left
finish
