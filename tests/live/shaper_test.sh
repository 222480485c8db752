#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#      test's own namespaces (network, processes, mounts)         namespace `peer`
#      lo   fwlan0 10.9.0.1/24 fd09::1/64  ──────────────────  fwlan1 10.9.0.2/24 fd09::2/64   lo
#
# Usage: shaper_test.sh FLOWWATCHER FWTRAFFIC
# The queues of limits: what arrives under them, and that nothing but what was there before is left
# when they are removed. fwshaper and fwgoodput lie beside FWTRAFFIC. Needs root, bash, jq, ip and
# tc. Exit: 0 all passed, 1 something failed, 77 it cannot run here.
set -u

[ $# -ge 2 ] || { echo "usage: shaper_test.sh FLOWWATCHER FWTRAFFIC" >&2; exit 2; }
. "$(dirname "$0")/own_namespaces.bash"
fw=$(realpath "$1") tools=$(realpath "$(dirname "$2")")
shaper=$tools/fwshaper goodput=$tools/fwgoodput
. "$(dirname "$0")/live_checks.bash"
. "$(dirname "$0")/peer_namespace.bash"
for tool in ip tc nsenter; do command -v $tool >/dev/null || cannot "needs $tool"; done
[ -x "$shaper" ] || cannot "needs fwshaper"
needs_nothing_loaded
clean_up_more() {
	"$shaper" remove >/dev/null 2>&1
	"$fw" unload >/dev/null 2>&1
}

has_filter() { # WHERE DEVICE HOOK
	local where=$1
	tc ${where:+-n $where} filter show dev "$2" "$3" | grep -q flowwatcher
}
# Does the process listen to what happens to devices?
has_link_socket() { ls -l "/proc/$1/fd" 2>/dev/null | grep -q socket; }
has_shaper() { ip ${1:+-n $1} link show fwshape0 >/dev/null 2>&1; }
lo_queue_is() { tc qdisc show dev lo | grep -q "^qdisc $1 "; }

# within TOTAL WANTED PERCENT
within() {
	awk -v got="$1" -v want="$2" -v off="$3" \
		'BEGIN { exit !(got >= want * (1 - off / 100) && got <= want * (1 + off / 100)) }'
}

# arrives PROTOCOL ADDRESS RECEIVER SENDER: 1 MB/s for 5 s. RECEIVER and SENDER are command
# prefixes.
port=5100
arrives() {
	local receiver total
	port=$((port + 1))
	rm -f "$work/received"
	$3 "$goodput" receive "$1" "$port" 5 >"$work/received" &
	receiver=$!
	until_true grep -q listening "$work/received"
	$4 "$goodput" send "$1" "$2" "$port" 1 6 >"$work/sent"
	wait "$receiver"
	total=$(tail -n 1 "$work/received" | cut -d' ' -f1)
	within "$total" 5000000 3 && return 0
	echo "# $(tail -n 1 "$work/received"), sent $(cat "$work/sent")"
	return 1
}
limited() { "$shaper" run 1 "$@"; }
limited_in_peer() { in_peer "$shaper" run 1 "$@"; }
freely() { "$@"; }

goodput_checks() {
	local protocol address
	for protocol in tcp udp; do
		for address in 10.9.0.2 fd09::2; do
			check "$protocol to $address is sent at the limit" \
				arrives "$protocol" "$address" in_peer limited
		done
		check "$protocol is received at the limit" arrives "$protocol" 10.9.0.1 limited \
			in_peer
		check "$protocol in another namespace is sent at the limit" \
			arrives "$protocol" 10.9.0.1 freely limited_in_peer
		for address in 127.0.0.1 ::1; do
			check "$protocol to $address is sent at the limit" \
				arrives "$protocol" "$address" freely limited
		done
		check "$protocol over lo is received at the limit" arrives "$protocol" 127.0.0.1 \
			limited freely
	done
	check "nothing was dropped" grep -q 'dropped 0 ' <("$shaper" counters 1)
}

make_peer || cannot "cannot make network namespaces"
"$fw" load || exit 1

# Nobody else's.

until_true eval '! state "" peer | grep -q NO-CARRIER'
state '' peer >"$work/before"
check "a limit is put in force" "$shaper" set 1 1000000 1000000
check "lo has our queue" lo_queue_is htb
check "a device has our programs" has_filter '' fwlan0 egress
check "another namespace has them, too" has_filter peer fwlan1 ingress
check "again is no harm" "$shaper" set 1 1000000 1000000
goodput_checks
check "a limit that ends is no failure" "$shaper" clear 1
check "with the last limit everything goes" is_as_before

# Others have filters and queues of their own.
tc qdisc add dev fwlan0 clsact
tc filter add dev fwlan0 egress pref 7 protocol all u32 match u32 0 0 flowid 1:1
tc filter add dev fwlan0 ingress pref 3 protocol all u32 match u32 0 0 flowid 1:1
tc -n peer qdisc add dev fwlan1 ingress
tc -n peer filter add dev fwlan1 parent ffff: pref 5 protocol ip u32 match u32 0 0 flowid 1:1
tc qdisc add dev lo root pfifo limit 777
state '' peer >"$work/before"
check "a limit beside other filters" "$shaper" set 1 1000000 1000000
check "our program is at egress beside another filter" has_filter '' fwlan0 egress
check "and at ingress, where only that can be" has_filter peer fwlan1 ingress
check "another queue on lo stays" lo_queue_is pfifo
check "tcp beside other filters is sent at the limit" arrives tcp 10.9.0.2 in_peer limited
check "tcp beside other filters is received at the limit" arrives tcp 10.9.0.1 limited in_peer
check "the limit ends" "$shaper" clear 1
check "other filters and queues are as before" is_as_before
tc qdisc del dev fwlan0 clsact
tc -n peer qdisc del dev fwlan1 ingress
tc qdisc del dev lo root

# A filter that comes after ours keeps our clsact alive.
"$shaper" set 1 1000000 1000000
tc filter add dev fwlan0 egress pref 9 protocol all u32 match u32 0 0 flowid 1:1
"$shaper" clear 1
check "clsact stays for somebody's later filter" \
	grep -q 'pref 9 u32' <(tc filter show dev fwlan0 egress)
check "without ours" eval '! has_filter "" fwlan0 egress && ! has_filter "" fwlan0 ingress'
tc qdisc del dev fwlan0 clsact
state '' peer >"$work/before"

# Devices and namespaces come and go.
"$shaper" set 1 1000000 1000000
ip link add fwlate type veth peer name fwlater
ip netns add late
check "new devices are covered" "$shaper" cover
check "a device that came later" has_filter '' fwlate egress
check "a namespace that came later" has_shaper late
ip link del fwlate
ip netns del late
check "devices and namespaces that went are no failure" "$shaper" cover
"$fw" filter follow >/dev/null 2>&1 &
follower=$!
covered_by_follower() {
	ip link add fwsoon type veth peer name fwsooner && until_true has_filter '' fwsoon egress
}
until_true has_link_socket $follower
check "a device that came while adapters are followed" covered_by_follower
kill -INT $follower && wait $follower
ip link del fwsoon
check "the shaper's device that somebody removed" ip link del fwshape0
check "is made again" "$shaper" cover
check "tcp after that is sent at the limit" arrives tcp 10.9.0.2 in_peer limited
"$shaper" clear 1
check "everything is as before" is_as_before

# Killed at any moment. Each attempt lives a little longer.
killed() { # DELAYS COMMAND...
	local delay
	for delay in $1; do
		(timeout --signal=KILL "$delay" "${@:2}") 2>/dev/null
	done
}
killed '0.001 0.003 0.005 0.008 0.012 0.02 0.03' "$shaper" set 1 1000000 1000000
check "after kill -9 a limit is put in force" "$shaper" set 1 1000000 1000000
check "tcp after kill -9 is sent at the limit" arrives tcp 10.9.0.2 in_peer limited
killed '0.001 0.003 0.005 0.008' "$shaper" clear 1
killed '0.001 0.003 0.005 0.008' "$shaper" set 2 1000000 0
check "unload removes queues, too" "$fw" unload
check "everything is as it was before load" is_as_before
"$fw" load && "$shaper" set 1 1000000 0
rm -r "${FLOWWATCHER_BPFFS:-/sys/fs/bpf}"/flowwatcher 2>/dev/null ||
	umount -l "${FLOWWATCHER_BPFFS:-/sys/fs/bpf}"
check "without a kernel side all is removed" "$shaper" remove
check "and as before" is_as_before
finish
