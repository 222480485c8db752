#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#      test's own namespaces (network, processes, mounts)         namespace `peer`
#      lo   fwlan0 10.9.0.1/24 fd09::1/64  ──────────────────  fwlan1 10.9.0.2/24 fd09::2/64   lo
#
# Usage: filter_attach_test.sh FLOWWATCHER FWTRAFFIC
# The filter of adapters: where it attaches, what it judges, with whom it gets along, and that
# nothing is left of it. fwfilter and fwframes lie beside FWTRAFFIC. Needs root, bash, jq, ip and
# tc. Exit: 0 all passed, 1 something failed, 77 it cannot run here.
set -u

[ $# -ge 2 ] || { echo "usage: filter_attach_test.sh FLOWWATCHER FWTRAFFIC" >&2; exit 2; }
. "$(dirname "$0")/own_namespaces.bash"
fw=$(realpath "$1") tools=$(realpath "$(dirname "$2")")
filter=$tools/fwfilter frames=$tools/fwframes
. "$(dirname "$0")/live_checks.bash"
. "$(dirname "$0")/peer_namespace.bash"
for tool in ip tc nsenter; do command -v $tool >/dev/null || cannot "needs $tool"; done
[ -x "$filter" ] || cannot "needs fwfilter"
# The kernel side, and what libxdp keeps, in a bpffs that nobody else has.
mount -t bpf bpf /sys/fs/bpf || cannot "bpffs cannot be mounted"
unset FLOWWATCHER_BPFFS
needs_nothing_loaded
clean_up_more() { "$fw" unload >/dev/null 2>&1; }

# What the filter itself changes at a link, and the numbers of programs.
links_but='s/<.*> //; s/ state [A-Z]*//; s/prog\/xdp id [0-9]*.*//'
filters_but='s/ id [0-9]+.*//'

# Of this kernel side, which others may have beside it.
know_counters() {
	counters=$(bpftool -j map show pinned /sys/fs/bpf/flowwatcher/filter_counters | jq .id)
}
programs() {
	bpftool -j prog show | jq "[.[] | select((.map_ids // []) | index($counters))] | length"
}
no_programs() { until_true eval '[ "$(programs)" -eq 0 ]'; }

# The line of one adapter. [NAMESPACE-COMMAND...] fwfilter adapters
row() { "$filter" adapters | awk -v name="$1" '$2 == name'; }
hook_in() { [ "$(row "$1" | awk '{ print $3 }')" = "$2" ]; }
hook_out() { [ "$(row "$1" | awk '{ print $7 }')" = "$2" ]; }
dropped_in() { row "$1" | awk '{ print $6 }'; }
dropped_out() { row "$1" | awk '{ print $10 }'; }
seen_in() { row "$1" | awk '{ print $5 }'; }

# drops N COMMAND...: the adapter fwlan0 drops N more that come in while COMMAND runs.
drops() {
	local wanted=$1 before
	shift
	before=$(dropped_in fwlan0)
	"$@" || return 1
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$wanted" -ne 0 ] && [ $(($(dropped_in fwlan0) - before)) -eq "$wanted" ] &&
			return
		sleep 0.05
	done
	[ $(($(dropped_in fwlan0) - before)) -eq "$wanted" ] ||
		echo "# dropped $(($(dropped_in fwlan0) - before)), not $wanted"
	[ $(($(dropped_in fwlan0) - before)) -eq "$wanted" ]
}
sends() { in_peer "$frames" fwlan1 "$@"; }
reaches() { in_peer ping -nqc 1 -W 1 "$1" >/dev/null 2>&1; }
reaches_from_here() { ping -nqc 1 -W 1 "$1" >/dev/null 2>&1; }
fails() { ! "$@" >"$work/out" 2>&1; }
refused_with() { # CODE WORD COMMAND...
	local code=$1 word=$2
	shift 2
	"$@" >"$work/out" 2>&1
	[ $? -eq "$code" ] && grep -q "$word" "$work/out"
}
set_both() { "$filter" set best fwlan0 both 10.9.0.2 fd09::2; }
explain() { head -n 3 "$work/out" | sed 's/^/#   /'; }
: >"$work/out"

command -v ping >/dev/null || cannot "needs ping"
make_peer || cannot "no veth pairs here"
state '' peer >"$work/before"
"$fw" load || exit 1
know_counters

echo "-- one adapter, both directions"
check set "$filter" set best fwlan0 both 192.0.2.0/24 fd00:dead::/32
check "a native hook or a reason" eval 'hook_in fwlan0 native || row fwlan0 | grep -q "native XDP"'
check "tc for what is sent" hook_out fwlan0 tc
check "others pass" reaches 10.9.0.1
for kind in plain vlan qinq ad fragment jumbo snap oui; do
	check "$kind IPv4 dropped" drops 3 sends $kind 192.0.2.7 10.9.0.1 3
	check "$kind IPv6 dropped" drops 3 sends $kind fd00:dead::7 fd09::1 3
	check "$kind of others passes" drops 0 sends $kind 198.51.100.7 10.9.0.1 3
done
for kind in three short version arp llc; do
	check "$kind passes" drops 0 sends $kind 192.0.2.7 10.9.0.1 3
done
check "by source only" drops 0 sends plain 198.51.100.7 192.0.2.7 3
check "hits by prefix" \
	eval '[ "$("$filter" prefixes 1 | awk "/^192.0.2.0\/24/ { print \$2 }")" -eq 24 ]'

echo "-- sent, by destination"
before=$(dropped_out fwlan0)
ip route add 192.0.2.0/24 via 10.9.0.2
check "ping is not answered" fails ping -nqc 2 -i 0.2 -W 1 192.0.2.9
check "both were dropped" eval '[ $(($(dropped_out fwlan0) - before)) -eq 2 ]'
check "the sender is not told" \
	eval 'printf x >/dev/udp/192.0.2.9/9 && ! ss -tin state syn-sent 2>/dev/null | grep -q lost'
ip route del 192.0.2.0/24

echo "-- replaced, added to, taken away"
check "another list" set_both
check "drops the peer" fails reaches 10.9.0.1
check "and its IPv6" fails in_peer ping -nqc 1 -W 1 fd09::1
check "counters of the adapter stay" eval '[ "$(dropped_in fwlan0)" -ge 42 ]'
check "what was dropped before counts for the list" \
	eval '[ "$("$filter" lists | awk "{ print \$6 }")" -ge 42 ]'
check "other list sent" "$filter" set best fwlan0 out 203.0.113.0/24
check "two lists" eval '[ "$("$filter" lists | wc -l)" -eq 2 ]'
check "in stays" fails reaches 10.9.0.1
check "in is cleared" "$filter" clear fwlan0 in
check "peer is back" reaches 10.9.0.1
check "out stays" hook_out fwlan0 tc
check "out is cleared" "$filter" clear fwlan0 out
check "nothing is left" is_as_before
check "no program is left" no_programs

echo "-- ways"
for way in native generic tc; do
	if "$filter" set $way fwlan0 in 10.9.0.2 2>"$work/out"; then
		check "$way" hook_in fwlan0 $way
		check "$way drops" fails reaches 10.9.0.1
	else
		skip "$way" "$(cat "$work/out")"
	fi
done
check "lo" "$filter" set best lo both 127.0.0.5
check "lo has generic XDP or tc" eval 'hook_in lo generic || hook_in lo tc'
check "lo drops" fails reaches_from_here 127.0.0.5
check "lo passes" reaches_from_here 127.0.0.1
check "lo cleared" "$filter" clear lo both
check cleared "$filter" clear fwlan0 both
check "nothing is left" is_as_before

echo "-- all or none"
check "refused: no adapter" refused_with 1 nonesuch "$filter" set best fwlan0 both 10.9.0.2 -- \
	nonesuch in 10.9.0.3
check "refused: overlap" refused_with 1 sorted "$filter" set best fwlan0 both 10.9.0.2 -- lo \
	in 10.0.0.0/8 10.9.0.0/16
check "nothing was set" eval '[ -z "$("$filter" lists)" ]'
check "nothing is left" is_as_before

echo "-- others at the same places"
tc qdisc add dev fwlan0 clsact
tc filter add dev fwlan0 egress prio 3 protocol all u32 match u32 0 0 classid 1:1
tc filter add dev fwlan0 ingress prio 3 protocol all u32 match u32 0 0 classid 1:1
state '' peer >"$work/before_others"
cp "$work/before" "$work/before_plain"
cp "$work/before_others" "$work/before"
check "beside filters of others" "$filter" set tc fwlan0 both 10.9.0.2 203.0.113.0/24
check "drops before them" fails reaches 10.9.0.1
check cleared "$filter" clear fwlan0 both
check "theirs stay" is_as_before
tc qdisc del dev fwlan0 clsact
cp "$work/before_plain" "$work/before"
tc qdisc add dev fwlan0 ingress
check "an ingress queue is in the way of what is sent" refused_with 4 ingress "$filter" set best \
	fwlan0 out 10.9.0.2
check "not of what is received" "$filter" set tc fwlan0 in 10.9.0.2
check cleared "$filter" clear fwlan0 in
tc qdisc del dev fwlan0 ingress
check "nothing is left" is_as_before

echo "-- XDP programs of others"
their_drops() { # those of xdp-filter
	sends plain 10.9.0.77 10.9.0.1 2
	xdp-filter status 2>/dev/null | grep -q '10.9.0.77 *src *2\b'
}
chains() {
	"$fw" doctor --json | jq -es 'any(.[]; .name == "XDP dispatcher" and .state == "used")' \
		>/dev/null
}
if ! command -v xdp-filter >/dev/null ||
	! xdp-filter load -f ipv4 -m native fwlan0 >"$work/out" 2>&1; then
	skip "XDP programs of others" "xdp-filter does not load: $(head -n 1 "$work/out")"
elif chains; then
	xdp-filter ip -m src 10.9.0.77
	check "behind theirs" "$filter" set best fwlan0 in 192.0.2.0/24
	check "native, too" hook_in fwlan0 native
	check "ours drops" drops 3 sends plain 192.0.2.7 10.9.0.1 3
	check "theirs does" their_drops
	check "theirs goes first" xdp-filter unload fwlan0
	check "ours stays" drops 3 sends plain 192.0.2.7 10.9.0.1 3
	check "before theirs" xdp-filter load -f ipv4 -m native fwlan0
	xdp-filter ip -m src 10.9.0.77
	check "ours drops" drops 3 sends plain 192.0.2.7 10.9.0.1 3
	check "theirs does" their_drops
	check "ours goes first" "$filter" clear fwlan0 in
	check "theirs stays" eval 'xdp-filter status | grep -q fwlan0'
	xdp-filter unload fwlan0
	check "nothing is left" is_as_before
	check "no program is left" no_programs
	vanishes() {
		ip link add fwgone0 type veth peer name fwgone1 &&
			"$filter" set native fwgone0 in 192.0.2.0/24 && ip link del fwgone0 &&
			"$filter" settle && until_true no_programs
	}
	check "an adapter with both vanishes" vanishes
	check "no dispatcher is left" \
		eval '[ -z "$(ls /sys/fs/bpf/xdp 2>/dev/null | grep dispatch)" ]'
else
	check "theirs is alone: tc" "$filter" set best fwlan0 in 192.0.2.0/24
	check "and says so" eval 'hook_in fwlan0 tc && row fwlan0 | grep -q "without a dispatcher"'
	check "ours drops" drops 3 sends plain 192.0.2.7 10.9.0.1 3
	check "not native then" refused_with 4 dispatcher "$filter" set native fwlan0 \
		in 192.0.2.0/24
	check "what was stays" hook_in fwlan0 tc
	check cleared "$filter" clear fwlan0 in
	check "theirs stays" eval 'ip link show fwlan0 | grep -q prog/xdp'
	xdp-filter unload fwlan0
	check "nothing is left" is_as_before
fi

echo "-- MTU"
if ip link set fwlan0 mtu 9000 2>/dev/null && ip -n peer link set fwlan1 mtu 9000; then
	check "jumbo" "$filter" set best fwlan0 in 10.9.0.2 192.0.2.0/24
	check "jumbo frames dropped" drops 3 sends jumbo 192.0.2.7 10.9.0.1 3
	check cleared "$filter" clear fwlan0 both
fi
ip link set fwlan0 mtu 1500
ip -n peer link set fwlan1 mtu 1500

echo "-- patterns"
check "a pattern" "$filter" set best 'fwtry*' both 10.8.0.0/16
check "a longer one" "$filter" set best 'fwtry1*' in 10.7.0.0/16
ip link add fwtry0 type veth peer name fwother0
ip link add fwtry10 type veth peer name fwother1
check settle "$filter" settle
check "later adapters are filtered" \
	eval '[ "$(row fwtry0 | awk "{ print (\$4 == \$8 && \$4 > 0) }")" = 1 ]'
check "the longest pattern counts" \
	eval '[ "$(row fwtry10 | awk "{ print (\$4 != \$8 && \$4 > 0 && \$8 > 0) }")" = 1 ]'
check "others are not" eval '[ "$(row fwother0 | awk "{ print \$4 + \$8 }")" = 0 ]'
check "its own name before both" "$filter" set best fwtry10 in 10.6.0.0/16
check "own list" eval \
	'[ "$("$filter" lists | awk "\$3 == \"fwtry10\" { print \$1 }")" = "$(row fwtry10 | awk "{ print \$4 }")" ]'
ip link set fwtry10 name fwnamed
check settle "$filter" settle
check "a renamed adapter keeps its own list" eval '"$filter" lists | grep -q " in fwnamed "'
ip link del fwnamed
check settle "$filter" settle
check "what was set for it is gone" eval '! "$filter" lists | grep -q fwnamed'
check "removing an adapter is not held up" ip link del fwtry0
check settle "$filter" settle
"$filter" clear 'fwtry*' both && "$filter" clear 'fwtry1*' in
check "nothing is left" is_as_before
check "no program is left" no_programs

echo "-- followed"
"$filter" set best 'fwtry*' both 10.8.0.0/16
"$filter" follow 60000 >"$work/events" & # ended below
children+=($!)
follower=$!
until_true grep -q following "$work/events"
ip link add fwtry7 type veth peer name fwother7
check "appeared" until_true grep -q '^appeared .* fwtry7 ' "$work/events"
check "filtered" until_true grep -q '^filtered .* fwtry7 both' "$work/events"
ip link del fwtry7
check "vanished" until_true grep -q '^vanished .* fwtry7 ' "$work/events"
kill $follower
wait $follower 2>/dev/null
"$filter" clear 'fwtry*' both

echo "-- a second namespace with the same adapter numbers"
ip netns add second
ip -n second link add name fwlan0 index "$(ip -o link show fwlan0 | cut -d: -f1)" type veth peer \
	name fwlan9 index 77
check "list here" set_both
check "list there" nsenter --net=/run/netns/second "$filter" set best fwlan0 both 10.1.0.0/16
check "one list here" eval '[ "$("$filter" lists | wc -l)" -eq 1 ]'
check "another there" eval \
	'[ "$(nsenter --net=/run/netns/second "$filter" lists | cut -d" " -f1)" != "$("$filter" lists | cut -d" " -f1)" ]'
check "the peer is dropped here" fails reaches 10.9.0.1
ip netns del second

check "cleared" "$filter" clear fwlan0 both
check "slots of a namespace that is gone are free" until_true eval '"$filter" settle; no_programs'
check "nothing is left" is_as_before

echo "-- killed"
for moment in 1 2 3 4 5 6 7 8 9 10 12 14 16 18 20 25 30 40; do
	"$filter" set best fwlan0 both 10.9.0.2 fd09::2 -- lo both 127.0.0.5 >/dev/null 2>&1 &
	sleep "0.0$(printf %02d "$moment")"
	kill -KILL $! 2>/dev/null
	wait $! 2>/dev/null
	lists=$("$filter" lists | wc -l)
	[ "$lists" -eq 0 ] || [ "$lists" -eq 2 ] || break
	"$filter" settle
	[ "$lists" -eq 0 ] && hooked=- || hooked=tc
	hook_out fwlan0 "$hooked" && hook_out lo "$hooked" || break
	"$filter" clear fwlan0 both && "$filter" clear lo both || break
done
check "all or nothing is in force whenever it was killed" [ "$moment" -eq 40 ]
check "and nothing is left" is_as_before
check "no program is left" no_programs

echo "-- who may"
if command -v capsh >/dev/null && chmod 755 "$work"; then
	"$filter" set best fwlan0 both 192.0.2.0/24
	check "others may not read" fails capsh --user=nobody -- -c "$filter lists"
	"$fw" unload
	check "load for a group" "$fw" load --readers nogroup
	know_counters
	"$filter" set best fwlan0 both 192.0.2.0/24
	cp "$filter" "$work/fwfilter" && chmod 755 "$work/fwfilter"
	check "the group reads lists" capsh --user=nobody -- -c "$work/fwfilter lists" 
	check "and adapters" capsh --user=nobody -- -c "$work/fwfilter adapters"
	check "and prefixes" capsh --user=nobody -- -c "$work/fwfilter prefixes 1"
	check "but changes nothing" refused_with 3 root capsh --user=nobody -- \
		-c "$work/fwfilter clear fwlan0 both"
else
	skip "who may" "needs capsh"
fi

echo "-- unload"
"$filter" set best fwlan0 both 10.9.0.2 -- lo both 127.0.0.5 -- '*' in 10.250.0.0/16
nsenter --net=/run/netns/peer "$filter" set best '*' both 10.250.0.0/16
check unload "$fw" unload
check "nothing is left" is_as_before
check "no program is left" no_programs
check "the peer is back" reaches 10.9.0.1

echo "-- unload of another version"
# The version of the maps is the first number of the state that all share.
make_other_version() {
	local machine=/sys/fs/bpf/flowwatcher/machine value
	value=$(bpftool -j map lookup pinned $machine key 0 0 0 0 | jq -r '.value[4:] | join(" ")') || return 1
	# shellcheck disable=SC2086 # bytes
	bpftool map update pinned $machine key 0 0 0 0 value 99 0 0 0 $value
}
"$fw" load && know_counters
"$filter" set best fwlan0 both 10.9.0.2 -- lo both 127.0.0.5
nsenter --net=/run/netns/peer "$filter" set tc '*' both 10.250.0.0/16
"$fw" limit comm:fwnone --up 1MB/s --down 1MB/s >"$work/out" 2>&1
"$fw" watch --json >"$work/watch" 2>"$work/out" &
watcher=$!
children+=("$watcher")
until_true test -s "$work/watch"
check "a version that is not known" make_other_version
check "is not used" refused_with 1 "flowwatcher unload" "$fw" filter get
check "but unloaded" "$fw" unload
wait $watcher
check "who used it ends" [ $? -eq 1 ]
check "nothing is left" is_as_before
check "no program is left" no_programs
check "the peer is back" reaches 10.9.0.1

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
