#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: filter_test.sh FLOWWATCHER FWTRAFFIC
# The filter of adapters, by the command: each kind of frame, both directions, each way in;
# counters; sockets; lists that come and go. The topology is in filter_checks.bash. Needs root,
# bash, jq, ip, tc and bpftool. Exit: 0 all passed, 1 something failed, 77 it cannot run here.
set -u
. "$(dirname "$0")/filter_checks.bash"

cat >"$work/list" <<-END
	# what is tested with every kind of frame
	10.0.0.0/8
	192.0.2.77 ; one
	198.51.100.0/25
	203.0.113.5-203.0.113.9
	2001:db8::/32
	fd00:1::5
	fd00:2:0:4000::/50
END
cat >"$work/plain" <<-END
	10.0.0.0/8
	192.0.2.77
	198.51.100.0/25
	203.0.113.5
	203.0.113.6/31
	203.0.113.8/31
	2001:db8::/32
	fd00:1::5
	fd00:2:0:4000::/50
END
edges="--list $work/plain --address edges:$work/plain:12 --address random:0.0.0.0/0:20 --address random:::/0:10"

# Each kind of frame, from addresses in and around the list; what the adapter counted meanwhile.
every_kind() { # DIRECTION [OPTION...]
	local hook=receive before after direction=$1
	shift
	[ "$direction" = in ] || hook=send
	before="$(counter fwraw0 $hook packets) $(counter fwraw0 $hook bytes) $(counter fwraw0 $hook dropped_packets) $(
		counter fwraw0 $hook dropped_bytes) $(dropped_by_prefixes dropped_packets) $(dropped_by_prefixes dropped_bytes)"
	# shellcheck disable=SC2086 # options
	check "$way $direction: exactly what is listed is dropped" "frames_$direction" $edges "$@"
	after="$(counter fwraw0 $hook packets) $(counter fwraw0 $hook bytes) $(counter fwraw0 $hook dropped_packets) $(
		counter fwraw0 $hook dropped_bytes) $(dropped_by_prefixes dropped_packets) $(dropped_by_prefixes dropped_bytes)"
	check "  of enough frames" test "$(found .listed)" -gt 30 -a "$(found .arrived)" -gt 30
	check "  and counted" counted "$before" "$after" \
		"$(found '"\(.sent + .ends) \(.bytes + .ends_bytes) \(.listed) \(.listed_bytes) \(.listed) \(.listed_bytes)"' | tr -d '"')"
}
counted() { # BEFORE AFTER DIFFERENCE: packets and bytes seen, dropped, dropped by prefix
	paste <(tr ' ' '\n' <<<"$1") <(tr ' ' '\n' <<<"$2") <(tr ' ' '\n' <<<"$3") |
		awk '$2 - $1 != $3 { print "# " $2 - $1 " counted, not " $3; bad = 1 } END { exit bad }'
}

ways() {
	for way in native generic tc; do
		if ! set_list --adapter fwraw0 --hook $way "$work/list"; then
			skip "$way" "$(tail -n 1 "$work/err")"
			continue
		fi
		way_in=$(way_of fwraw0 in)
		check "$way is what was asked for" test "$way_in" = "${way/#[ng]/xdp_${way:0:1}}" 
		every_kind in
		every_kind out
		"$fw" filter setdflt --adapter fwraw0 >/dev/null
	done
}

one_direction() {
	way=best
	set_list --adapter fwraw0 --direction out "$work/list"
	check "out only: what comes in passes" frames_in --address 10.1.2.3 --address fd00:1::5
	every_kind out
	set_list --adapter fwraw0 --direction in "$work/other"
	check "each direction has a list of its own: in" frames_in --list "$work/other" \
		--address edges:"$work/other":5 --address 10.1.2.3
	every_kind out
	check "another adapter has none" test "$(way_of fwlan0 in)$(way_of fwlan0 out)" = nonenone
	"$fw" filter setdflt >/dev/null
}

# --- what is in force stays what it was
in_force() {
	"$fw" filter get --json | jq -cs '[.[] | select(.type == "list") | {id, ipv4, ipv6}]'
}
unchanged() { # COMMAND...: fails, and nothing changes
	local before
	before=$(in_force)
	! "$@" >"$work/out" 2>"$work/refusal" && [ "$(in_force)" = "$before" ] &&
		frames_in --list "$work/plain" --address 10.1.2.3 --address 11.1.2.3
}
bad_input() {
	set_list --adapter fwraw0 "$work/list"
	printf '10.0.0.0/8\n10.0.0.1/24\n' >"$work/bad"
	check "a bad line leaves the old list in force" unchanged "$fw" filter set \
		--adapter fwraw0 "$work/bad"
	check "  and is named" grep -q "bad line 2 column 1: .10.0.0.1/24" "$work/refusal"
	head -c 10000000 /dev/urandom >"$work/random"
	check "10 MB of random bytes" unchanged "$fw" filter set --adapter fwraw0 "$work/random"
	check "an empty file" unchanged "$fw" filter set --adapter fwraw0 /dev/null
	echo 0.0.0.0/0 >"$work/all"
	check "everything without --force" unchanged "$fw" filter set --adapter fwraw0 "$work/all"
	check "an adapter that is not there" unchanged "$fw" filter set --adapter fwnone \
		"$work/list"
	check "no such file" unchanged "$fw" filter set --adapter fwraw0 "$work/none"
	check "everything with --force" set_list --adapter fwraw0 --force "$work/all"
	check "  drops everything of IPv4 and nothing else" frames_in --list "$work/all" \
		--address random:0.0.0.0/0:20 --address random:::/0:5
	if command -v setpriv >/dev/null && setpriv --help 2>&1 | grep -q reuid; then
		chmod 755 "$work" && chmod 644 "$work/list"
		check "without rights set is refused" exits 3 setpriv --reuid 65534 --regid 65534 \
			--clear-groups "$fw" filter set --adapter fwraw0 "$work/list"
		check "  and setdflt" exits 3 setpriv --reuid 65534 --regid 65534 \
			--clear-groups "$fw" filter setdflt
	else
		skip "without rights" "no setpriv with --reuid"
	fi
	"$fw" filter setdflt >/dev/null
}

# --- no program is needed; one that is killed leaves a whole list
killed_set() {
	local delay source
	for delay in 0.002 0.005 0.01 0.015 0.02 0.03 0.05; do
		{
			timeout --signal=KILL $delay "$fw" filter set --adapter fwraw0 "$work/list"
			timeout --signal=KILL $delay "$fw" filter set --adapter fwraw0 "$work/other"
		} >"$work/out" 2>&1
		source=$("$fw" filter get --json | jq -rs '[.[] | select(.type == "list").source] | unique | join(" ")')
		case $source in
		'') frames_in --address edges:"$work/plain":5 ;;
		"$work/list") frames_in --list "$work/plain" --address edges:"$work/plain":5 ;;
		"$work/other") frames_in --list "$work/other" --address edges:"$work/plain":5 ;;
		*) echo "# lists of $source"; return 1 ;;
		esac || return 1
	done
}
changes() {
	check "killed at any moment, set leaves a whole list" eval 'killed_set 2>"$work/killed"'
	check "and the next set works" set_list --adapter fwraw0 "$work/list"
	cp "$work/plain" "$work/grown" && echo 11.0.0.0/24 >>"$work/grown"
	check "add" exits 0 "$fw" filter add --adapter fwraw0 11.0.0.0/24
	check "  drops more" frames_in --list "$work/grown" --address edges:"$work/grown":20 \
		--address 11.0.0.5
	check "remove" exits 0 "$fw" filter remove --adapter fwraw0 11.0.0.0/24
	check "  drops less" frames_in --list "$work/plain" --address edges:"$work/grown":20 \
		--address 11.0.0.5
	check "test: dropped is 10" exits 10 "$fw" filter test --adapter fwraw0 10.1.2.3
	check "  and names file and line" grep -q "list.*2\|2.*list" "$work/out"
	check "test: passing is 0" exits 0 "$fw" filter test --adapter fwraw0 11.1.2.3
	check "setdflt" exits 0 "$fw" filter setdflt
	check "  drops nothing" frames_in --address edges:"$work/plain":5
	check "  and leaves no program at the adapter" \
		eval '! bpftool net show dev fwraw0 | grep "id [0-9]"'
}

# --- adapters come and go
adapters() {
	check "a list for a pattern" set_list --adapter 'fwlat*' "$work/list"
	ip link add fwlate0 type veth peer name fwlate1 netns peer
	quiet_device '' fwlate0 && quiet_device in_peer fwlate1
	check "follow --once gives it to an adapter that came later" exits 0 "$fw" filter follow \
		--once
	check "  which drops" exits 0 "$packet" run --netns $there --device fwlate1 \
		--to-netns "$here" --to-device fwlate0 \
		--list "$work/plain" --address edges:"$work/plain":3 --kinds udp4,udp6,two_tags4
	check "another adapter does not" frames_in --address 10.1.2.3
	"$packet" load --netns $there --device fwlate1 --address random:10.0.0.0/8:100 \
		--seconds 20 >"$work/load" 2>&1 &
	children+=($!)
	until_true eval '[ "$(counter fwlate0 receive dropped_packets)" -gt 1000 ]'
	check "an adapter under load is removed" ip link del fwlate0
	check "  and forgotten" until_true eval \
		'! "$fw" filter enum --json | jq -es "any(.[]; .name == \"fwlate0\")" >/dev/null'
	check "  its list stays for the next" test "$(in_force | jq length)" -ge 1
	check "setdflt" exits 0 "$fw" filter setdflt
}

# --- sockets
rx_bytes() { in_peer ip -j -s link show dev fwlan1 | jq ".[0].stats64.rx.bytes"; }
passes_more() { # BYTES
	local before
	before=$(rx_bytes)
	until_true eval "[ \$((\$(rx_bytes) - $before)) -gt $1 ]"
}
drops_more() { # PACKETS
	local before
	before=$(counter fwlan0 send dropped_packets)
	until_true eval "[ \$((\$(counter fwlan0 send dropped_packets) - $before)) -ge $1 ]"
}
sockets() { # MTU
	local port=$((5300 + $1 % 1000))
	echo 198.51.100.0/24 >"$work/neutral"
	ip link set fwlan0 mtu "$1" && in_peer ip link set fwlan1 mtu "$1"
	check "MTU $1: set" set_list --adapter fwlan0 "$work/neutral"
	check "  native XDP or a reason" eval '"$fw" filter enum --json --adapter fwlan0 |
		jq -e ".in | .hook == \"xdp_native\" or .reason" >/dev/null'
	rm -f "$work/received"
	in_peer "$goodput" receive tcp $port 30 >"$work/received" &
	children+=($!)
	until_true grep -q listening "$work/received"
	"$goodput" send tcp 10.9.0.2 $port 2 25 >"$work/sent" &
	local sender=$!
	children+=($sender)
	check "  TCP passes" passes_more 3000000
	check "  its peer is added to the list" exits 0 "$fw" filter add --adapter fwlan0 10.9.0.2
	check "  TCP is dropped" drops_more 1
	check "  and taken away again" exits 0 "$fw" filter remove --adapter fwlan0 10.9.0.2
	check "  TCP goes on" passes_more 3000000
	kill $sender 2>/dev/null
	"$fw" filter add --adapter fwlan0 --direction out 10.9.0.2 fd09::2 >/dev/null 2>&1 ||
		"$fw" filter add --adapter fwlan0 10.9.0.2 fd09::2 >/dev/null
	check "  UDP that is dropped looks sent" eval \
		'"$goodput" send udp 10.9.0.2 5302 1 1 >"$work/sent" && [ "$(cut -d" " -f2 "$work/sent")" -eq 0 ]'
	check "  and over IPv6" eval \
		'"$goodput" send udp fd09::2 5302 1 1 >"$work/sent" && [ "$(cut -d" " -f2 "$work/sent")" -eq 0 ]'
	check "  by this list" drops_more 0
	"$fw" filter setdflt >/dev/null
}

# --- others at the same hooks
foreign() {
	tc qdisc add dev fwraw0 clsact
	tc filter add dev fwraw0 ingress pref 3 protocol all u32 match u32 0 0 flowid 1:1
	tc filter add dev fwraw0 egress pref 7 protocol all u32 match u32 0 0 flowid 1:1
	local before
	before=$(tc filter show dev fwraw0 ingress; tc filter show dev fwraw0 egress)
	for way in best tc; do
		check "beside tc filters of others, $way" set_list --adapter fwraw0 --hook $way \
			"$work/list"
		every_kind in --kinds udp4,udp6,tag4
		every_kind out --kinds udp4,udp6,tag4
		"$fw" filter setdflt >/dev/null
		check "  which are as before" test \
			"$(tc filter show dev fwraw0 ingress; tc filter show dev fwraw0 egress)" = \
			"$before"
	done
	tc qdisc del dev fwraw0 clsact
	if ! command -v xdp-filter >/dev/null; then
		skip "beside xdp-filter" "needs xdp-filter (package xdp-tools)"
	elif ! xdp-filter load -m skb fwraw0 >"$work/err" 2>&1; then
		skip "beside xdp-filter" "it does not load here: $(tail -n 1 "$work/err")"
	else
		way=best
		check "beside xdp-filter" set_list --adapter fwraw0 "$work/list"
		every_kind in --kinds udp4,udp6
		"$fw" filter setdflt >/dev/null
		check "  which is still there" eval 'xdp-filter status | grep -q fwraw0'
		xdp-filter unload fwraw0 >/dev/null 2>&1
	fi
}

make_topology || cannot "no veth pairs here"
printf '11.0.0.0/8\n2001:db8:5::/48\n' >"$work/other"
"$fw" load >"$work/err" 2>&1 || { cat "$work/err"; exit 1; }
if ! set_list --adapter fwraw0 "$work/list"; then
	cat "$work/err"
	exit 1
fi
"$fw" filter setdflt >/dev/null
ways
one_direction
bad_input
changes
adapters
sockets 1500
sockets 9000
foreign
set_list --adapter 'fw*' "$work/list"
own_objects >"$work/objects"
check "with lists in force there are programs and maps" \
	test "$(grep -c prog "$work/objects")" -ge 4 -a "$(grep -c map "$work/objects")" -gt 10
check "unload" exits 0 "$fw" unload
check "  leaves none of them" until_true no_objects "$work/objects"
check "  nor a queue" eval '! tc qdisc show | grep -q clsact'
check "  and drops nothing" frames_in --address edges:"$work/plain":5
finish
