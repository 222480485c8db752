#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#      test's own namespaces (network, processes, mounts)
#      lo   fwcmd0 10.9.1.1/24 ── fwcmd1      later: fwlate0 ── fwlate1
#
# Usage: filter_command_test.sh FLOWWATCHER
# The filter command on a real kernel side: what it sets it prints again, changes of many commands
# at once lose none, hooks and lines stay, the lists of a file come with their adapters, who may
# only read reads. Needs root, bash, jq, ip and bpftool. Exit: 0 all passed, 1 something failed, 77
# it cannot run here.
set -u

[ $# -ge 1 ] || { echo "usage: filter_command_test.sh FLOWWATCHER" >&2; exit 2; }
. "$(dirname "$0")/own_namespaces.bash"
fw=$(realpath "$1")
. "$(dirname "$0")/live_checks.bash"
for tool in ip bpftool; do command -v $tool >/dev/null || cannot "needs $tool"; done
mount -t bpf bpf /sys/fs/bpf || cannot "bpffs cannot be mounted"
unset FLOWWATCHER_BPFFS SSH_CONNECTION
needs_nothing_loaded
clean_up_more() { "$fw" unload >/dev/null 2>&1; }
explain() { sed 's/^/# /' "$work/out" "$work/err" 2>/dev/null; }

filter() { "$fw" filter "$@" >"$work/out" 2>"$work/err"; }
fails() { # CODE TEXT ARGUMENTS...
	local want=$1 text=$2
	shift 2
	filter "$@"
	[ $? -eq "$want" ] && grep -qF -- "$text" "$work/err"
}
adapter() { "$fw" filter enum --json --adapter "$1" | jq -e "$2" >/dev/null; }
prefixes() { "$fw" filter get --json | jq -rs '[.[] | select(.type == "filter_prefix")
	| "\(.adapter) \(.direction) \(.prefix)"] | sort | .[]'; }
drops() { "$fw" filter stats --json --top 9 | jq -se "$1" >/dev/null; }

ip link set lo up
ip link add fwcmd0 type veth peer name fwcmd1 || cannot "veth cannot be made"
ip addr add 10.9.1.1/24 dev fwcmd0
ip link set fwcmd0 up
ip link set fwcmd1 up
ip neigh add 10.9.1.2 lladdr 02:00:00:00:00:02 dev fwcmd0
"$fw" load --readers nogroup 2>"$work/err" || cannot "load: $(head -n 1 "$work/err")"

printf 'fwcmd0\n10.9.1.0/30 ; near\n10.9.1.2\n2001:db8::/32\n[fwcmd? out]\n192.0.2.0/24\n' \
	>"$work/list"
check "a file is set" filter set --hook tc "$work/list"
check "what is merged is said" grep -q 'line 3: 10.9.1.2 is in 10.9.1.0/30 of line 2' "$work/err"
check "its adapter has it, by the hook that was asked for" adapter fwcmd0 \
	'.filtered and .in.hook == "tc" and .out.pattern == "fwcmd0"'
check "a pattern's adapter has that list" adapter fwcmd1 \
	'(.in.filtered | not) and .out.pattern == "fwcmd?"'
runs() { # DIRECTION: does status have the program that is there?
	bpftool -j prog show id "$("$fw" status --json |
		jq ".adapters[] | select(.name == \"fwcmd0\").$1 | select(.hook == \"tc\").program")" |
		jq -e ".name == \"fw_filter_$1\"" >/dev/null
}
check "status tells of it" eval 'runs in && runs out'
check "and in words" \
	eval '"$fw" status | grep -q "fwcmd0  in: tc, program [1-9][0-9]*  out: tc, program [1-9]"'
"$fw" filter get >"$work/got"
prefixes >"$work/before"
check "all lists go" filter setdflt
check "nothing is filtered then" [ -z "$(prefixes)" ]
check "status has none" eval '"$fw" status --json | jq -e ".adapters == []" >/dev/null'
check "what was printed is set again" filter set --hook tc "$work/got"
prefixes >"$work/after"
check "and is the same" cmp -s "$work/before" "$work/after"
check "a file again" filter set --hook tc "$work/list"

(exec 3<>/dev/udp/10.9.1.2/9 && for _ in 1 2 3; do printf x >&3; done)
check "what is sent is dropped, and counted by its line" drops 'any(.[]; .type == "filter_prefix" and
	.prefix == "10.9.1.0/30" and .line == 2 and .dropped_packets == 3 and .dropped_bytes == 87)'
check "and by its adapter" drops \
	'any(.[]; .adapter == "fwcmd0" and .hook == "send" and .dropped_packets == 3)'
filter test 10.9.1.2
check "test says so" [ $? -eq 10 ]
filter test --adapter fwcmd1 10.9.1.2
check "and what passes" [ $? -eq 0 ]

check "one prefix is added" filter add --adapter fwcmd0 203.0.113.1
check "the hook stays" adapter fwcmd0 '.in.hook == "tc"'
has_line() {
	"$fw" filter get --json |
		jq -se 'any(.[]; .prefix == "10.9.1.0/30" and .line == 2)' >/dev/null
}
check "lines stay" has_line
# The first opening of a list finds that another command has just replaced it.
replaced_meanwhile() {
	local call
	"$fw" filter get | sed 's/, set .*//' >"$work/before"
	call=$(strace -e trace=bpf "$fw" filter get 2>&1 >/dev/null | grep '^bpf(' | grep -n filter-list- | head -n 1)
	strace -o /dev/null -e trace=bpf -e "inject=bpf:error=ENOENT:when=${call%%:*}" "$fw" filter get |
		sed 's/, set .*//' >"$work/after"
	diff "$work/before" "$work/after" >"$work/err"
}
if command -v strace >/dev/null; then
	check "a list that is replaced while it is read is not left out" replaced_meanwhile
else
	skip "a list that is replaced while it is read" "no strace"
fi
check "a list of a pattern is not pushed aside" fails 1 "give --adapter 'fwcmd?'" \
	add --adapter fwcmd1 --direction out 203.0.113.1
check "what is contained is said" eval \
	'filter add --adapter fwcmd0 10.9.1.1 && grep -q "is in 10.9.1.0/30 already" "$work/err"'
count=$(prefixes | wc -l)
for i in $(seq 16); do
	"$fw" filter add --adapter fwcmd0 "198.51.100.$((2 * i))" >/dev/null 2>>"$work/at_once" &
done
wait
cp "$work/at_once" "$work/err"
check "of sixteen commands at once none is lost" [ "$(prefixes | wc -l)" -eq $((count + 16)) ]
for i in $(seq 16); do
	"$fw" filter remove --adapter fwcmd0 "198.51.100.$((2 * i))" >/dev/null 2>>"$work/at_once" &
done
wait
cp "$work/at_once" "$work/err"
check "nor of sixteen that take back" [ "$(prefixes | wc -l)" -eq "$count" ]
check "what is not there is not removed" fails 1 '10.9.1.0/30' remove --adapter fwcmd0 10.9.1.1
check "one bad line refuses the file" eval 'printf "fwcmd0\n192.0.2.1\n192.0.2.300\n" >"$work/bad" &&
	fails 1 "line 3" set "$work/bad"'
check "and the old list stays" [ "$(prefixes | wc -l)" -eq "$count" ]
ip route add default via 10.9.1.2 dev fwcmd0
check "the gateway is not cut off" fails 1 'the gateway of the default route' add --adapter fwcmd0 \
	10.9.1.2
SSH_CONNECTION='192.0.2.9 1 192.0.2.1 22' check "nor the peer of this session" \
	fails 1 'from which this SSH session comes' add --adapter fwcmd0 192.0.2.8/30
ip route del default

as_reader() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
if command -v setpriv >/dev/null && as_reader test -x "$fw"; then
	as_reader "$fw" filter get --json >"$work/out" 2>"$work/err"
	check "a reader reads" [ $? -eq 0 ]
	as_reader "$fw" filter setdflt >"$work/out" 2>"$work/err"
	check "and changes nothing" [ $? -eq 3 ]
else
	skip "a reader reads" "no setpriv, or the program is out of the reader's reach"
fi

printf '[fwlate0]\n192.0.2.0/24\n[fwlate1 in]\n198.51.100.0/24\n[fw*]\n203.0.113.0/24\n' \
	>"$work/late"
"$fw" filter setdflt >/dev/null
"$fw" filter follow --json "$work/late" >"$work/events" 2>"$work/err" &
follower=$!
children+=("$follower")
is_set() { [ "$("$fw" filter enum --json --adapter fwcmd0 | jq -r .in.pattern)" = 'fw*' ]; }
check "follow sets the lists of its file" until_true is_set
check "and says which have no adapter" grep -q 'there is no fwlate0 yet' "$work/err"
ip link add fwlate0 type veth peer name fwlate1
late_is_set() {
	adapter 'fwlate0' '.in.pattern == "fwlate0" and .out.pattern == "fwlate0"' &&
		adapter 'fwlate1' '.in.pattern == "fwlate1" and .out.pattern == "fw*"'
}
check "adapters that appear get theirs" until_true late_is_set
ip link del fwlate0
has_vanished() {
	jq -se 'any(.[]; .action == "vanished" and .adapter == "fwlate1")' "$work/events" >/dev/null
}
check "one that vanishes is told" until_true has_vanished
kill -TERM $follower
wait $follower
check "follow ends well" [ $? -eq 0 ]
check "its lists stay" is_set

"$fw" filter follow >"$work/events" 2>"$work/err" &
follower=$!
children+=("$follower")
has_told() { grep -q fwtold2 "$work/events"; }
# What comes before it looks for the first time is none that appears; what comes then is told when it has its lists.
tells() {
	for _ in {1..10}; do
		ip link add fwtold type veth peer name fwtold2
		tries=60 until_true has_told && return
		ip link del fwtold
	done
	return 1
}
check "follow again" tells
check "unload" "$fw" unload
wait $follower
check "what followed ends with 1" [ $? -eq 1 ]
check "and says what to do" grep -q "unloaded meanwhile; 'flowwatcher load' puts it in place" \
	"$work/err"
finish
