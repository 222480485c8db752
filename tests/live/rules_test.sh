#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#   probe (a copy of bash) ── connect(), one datagram ──> 127.0.0.1 or 127.0.0.2, port 9
#       │
# does a rule reach it: by each kind of target, with its children, the most specific first, as long
# as it
#   is asked to, after the command that made it was killed, and never again after unload
#
# Usage: rules_test.sh FLOWWATCHER FWTRAFFIC
# Needs root, bash, jq and a kernel that allows BPF. Exit: 0 all passed, 1 something failed, 77 it
# cannot run here.
set -u
[ $# -ge 2 ] || { echo "usage: rules_test.sh FLOWWATCHER FWTRAFFIC" >&2; exit 2; }
fw=$(realpath "$1") fwblock=$(dirname "$(realpath "$2")")/fwblock
. "$(dirname "$0")/live_checks.bash"
needs_nothing_loaded

loaded= cgroup=
clean_up_more() {
	[ -z "$loaded" ] || "$fw" unload >/dev/null
	[ -z "$cgroup" ] || rmdir "$cgroup/inner" "$cgroup" "$work/cgroup/.." 2>/dev/null
	! mountpoint -q "$work/cgroup" || umount "$work/cgroup"
}
explain() { sed 's/^/    /' "$work/out" "$work/err" 2>/dev/null; }

rule() { "$fw" "$@" >"$work/out" 2>"$work/err"; }
fails_with() { # CODE COMMAND...
	local want=$1 code
	shift
	rule "$@"
	code=$?
	[ "$code" -eq "$want" ] || { echo "exit code $code, not $want" >>"$work/err"; return 1; }
}
says() { grep -q -- "$1" "$work/out" "$work/err"; }
rules_are() { [ "$("$fw" rules --json | grep -c .)" -eq "$1" ]; }
clear_rules() { rule rules clear || rule unblock --all; }

cp "$(command -v bash)" "$work/probe"
cp "$(command -v bash)" "$work/other"
# Does a process of this program get a datagram out?
sends() { "$work/${2:-probe}" -c "exec 3<>/dev/udp/${1:-127.0.0.1}/9 && echo x >&3" 2>/dev/null; }
is_blocked() { ! sends "$@"; }

# A probe that lives on: it sends when a line comes and answers 0 or 1.
start_resident() { # NAME COMMAND...
	mkfifo "$work/$1.ask" "$work/$1.answer"
	"$work/probe" -c 'while read -r address <&4; do
			if (exec 3<>/dev/udp/$address/9 && echo x >&3) 2>/dev/null; then sub=0; else sub=1; fi
			if { exec 3<>/dev/udp/$address/9 && echo x >&3; } 2>/dev/null; then own=0; else own=1; fi
			echo "$own $sub" >&5
		done' 4<>"$work/$1.ask" 5<>"$work/$1.answer" &
	resident=$!
	children+=("$resident")
}
ask() { # NAME ADDRESS: own and child's result
	echo "$2" >"$work/$1.ask"
	read -r answer <"$work/$1.answer"
}
resident_is() { # WANT: as "own child"
	ask resident 127.0.0.1
	echo "own child: $answer" >"$work/err"
	[ "$answer" = "$1" ]
}

"$fw" load || exit 1
loaded=yes
attached() { "$fw" status --json | jq .links; }
links=$(attached)
check "without rules it sends" sends

## Targets
check "block exe" rule block "exe:$work/probe"
check "exe: it is blocked" is_blocked
check "exe: another program is not" sends 127.0.0.1 other
ln "$work/probe" "$work/link"
check "exe: nor does another name of the file help" is_blocked 127.0.0.1 link
rm "$work/link"
check "exe: hits are counted" \
	eval '"$fw" rules --json | jq -e ".hits > 0 and .action == \"block\"" >/dev/null'
check "unblock exe" rule unblock "exe:$work/probe"
check "exe: it sends again" sends
check "no hooks are left attached" eval '[ "$(attached)" -eq "$links" ]'

rm "$work/probe"
check "exe that is not there yet" rule block "exe:$work/probe"
cp "$work/other" "$work/probe"
check_by_path "it is blocked when it is there" is_blocked
mv "$work/probe" "$work/old" && cp "$work/other" "$work/probe"
check_by_path "its successor is blocked" is_blocked
clear_rules
rm "$work/old"

check "block comm" rule block comm:probe
check "comm: it is blocked" is_blocked
check "comm: another name is not" sends 127.0.0.1 other
check "comm: renaming helps" "$work/probe" \
	-c 'printf x >/proc/$$/comm && exec 3<>/dev/udp/127.0.0.1/9 && echo x >&3'
clear_rules

start_resident resident
check "a process that runs sends" resident_is "0 0"
check "block pid" rule block "pid:$resident"
check "pid: it is blocked, its children too" resident_is "1 1"
check "pid: others are not" sends
check "unblock pid" rule unblock "pid:$resident"
check "pid: it sends again" resident_is "0 0"
check "block pid --no-children" rule block "pid:$resident" --no-children
check "pid: it is blocked, its children are not" resident_is "1 0"
clear_rules

check "block user" rule block user:nobody
check "user: root is not blocked" sends
as_nobody() {
	setpriv --reuid nobody --regid nogroup \
		--clear-groups bash -c 'exec 3<>/dev/udp/127.0.0.1/9 && echo x >&3' 2>/dev/null
}
check "user: nobody is" eval '! as_nobody'
clear_rules
check "user: nobody sends again" as_nobody

## cgroups: the hierarchy may be mounted nowhere
mkdir "$work/cgroup"
if mount -t cgroup2 none "$work/cgroup" 2>/dev/null &&
	mkdir -p "$work/cgroup/fw-$$.slice/inner.service"; then
	group=$work/cgroup/fw-$$.slice
	in_cgroup() { # GROUP: is a process there blocked?
		! bash -c 'echo $$ >"$0/cgroup.procs" && exec 3<>/dev/udp/127.0.0.1/9 && echo x >&3' "$1" 2>/dev/null
	}
	path=$(bash -c 'echo $$ >"$0/cgroup.procs"; sed -n "s/^0:://p" /proc/self/cgroup' "$group")
	check "block cgroup" rule block "cgroup:$path"
	check "cgroup: who comes into it is blocked" in_cgroup "$group"
	check "cgroup: and below it" in_cgroup "$group/inner.service"
	check "cgroup: others are not" sends
	clear_rules
	check "block unit" rule block unit:inner.service
	check "unit: it is blocked" in_cgroup "$group/inner.service"
	check "unit: what lies around it is not" eval '! in_cgroup "$group"'
	rmdir "$group/inner.service" && mkdir "$group/inner.service"
	check "unit: made anew, it still is" in_cgroup "$group/inner.service"
	clear_rules
	rmdir "$group/inner.service" "$group"
else
	skip "cgroup and unit targets" "no cgroup can be made here"
fi
! mountpoint -q "$work/cgroup" || umount "$work/cgroup"

## Which rule wins, and for what
rule block user:root --to 127.0.0.2 --force
check "a user's rule is about its peer" is_blocked 127.0.0.2
check "and no other" sends 127.0.0.1
rule block "exe:$work/probe" --to 127.0.0.3
check "an executable's rule takes its place" sends 127.0.0.2
check "and is about its own peer" is_blocked 127.0.0.3
rule block "exe:$work/probe" --to 127.0.0.4:9
check "blocks of one target add up: the one" is_blocked 127.0.0.3
check "and the other" is_blocked 127.0.0.4
check "for others the user's rule holds" is_blocked 127.0.0.2 other
clear_rules
rule block "exe:$work/probe" --to 127.0.0.0/8:10-20
check "a port outside is not refused" sends
rule block "exe:$work/probe" --to 127.0.0.0/8:1-9
check "a port inside is" is_blocked
clear_rules
rule block "exe:$work/probe" --only-incoming
check "--only-incoming lets it send" sends
clear_rules
rule block "exe:$work/probe" --allow-loopback
check "--allow-loopback lets it send" sends
clear_rules

rule block "exe:$work/probe" --to 127.0.0.9
is_blocked 127.0.0.9
in_force=$("$fw" rules --json | jq -c '[.id, .hits]')
rule block "exe:$work/probe" --to 127.0.0.9
check "a rule that is there keeps its number" \
	eval '[ "$("$fw" rules --json | jq -c "[.id, .hits]")" = "$in_force" ]'
clear_rules
for last in {1..16}; do echo "block exe:$work/probe --to 127.0.1.$last"; done >"$work/sixteen"
check "16 blocks of a target" rule rules restore "$work/sixteen"
check "and again" rule rules restore "$work/sixteen"
check "are still 16" rules_are 16
check "the 17th is refused" eval '! rule block "exe:$work/probe" --to 127.0.1.17'
check "and said why" says "at most 16"
check "the 16th holds" is_blocked 127.0.1.16
clear_rules

## The nearest ancestor, also of a child that was there when the rule was made
mkfifo "$work/tree"
"$work/probe" \
	-c '"$0" -c "\"$0\" -c \"read -r _ <$1; exec 3<>/dev/udp/127.0.0.8/9 && echo x >&3\"; exit \$?"; exit $?' \
	"$work/probe" "$work/tree" 2>/dev/null &
eldest=$!
children+=("$eldest")
child_of() { tr -d ' ' <"/proc/$1/task/$1/children"; }
has_grandchild() {
	middle=$(child_of "$eldest") && [ -n "$middle" ] && [ -n "$(child_of "$middle")" ]
}
if [ -e /proc/self/task/$$/children ] || [ -e /proc/$$/task/$$/children ]; then
	check "a tree of processes" until_true has_grandchild
	rule block "pid:$eldest" --to 127.0.0.7
	rule block "pid:$middle" --to 127.0.0.8
	echo >"$work/tree"
	check "the rule of the nearest ancestor counts" eval '! wait $eldest'
	clear_rules
else
	kill "$eldest"
	skip "the nearest ancestor" "/proc does not list children here"
fi

## Who began it, of listeners and connections, also of those from before load
moved() { # SCENARIO OPTION WHEN: bytes that passed in spite of a block
	local ready=$work/ready go=$work/go
	rm -f "$ready" "$go"
	"$fwblock" run --own-netns --ready "$ready" --go "$go" "$1" >"$work/out" 2>"$work/err" &
	children+=("$!")
	until_true test -s "$ready"
	read -r _ pid <"$ready"
	[ "$3" = loaded ] || "$fw" load
	"$fw" block "pid:$pid" "$2" >/dev/null 2>>"$work/err" && touch "$go"
	wait "${children[-1]}"
	"$fw" unblock --all >/dev/null
	jq .leaked "$work/out"
}
for when in loaded 'from before load'; do
	for scenario in tcp_accept4 tcp_accepted4 tcp_existing4; do
		[ "$when$scenario" != 'from before loadtcp_accept4' ] || continue
		own=outgoing other=incoming
		[[ $scenario = tcp_existing? ]] || own=incoming other=outgoing
		for option in $own $other; do
			[ "$when" = loaded ] || "$fw" unload
			bytes=$(moved "$scenario" "--only-$option" "$when")
			if [ $option = $own ]; then
				check "$scenario, $when: nothing passes an --only-$option" [ \
					"$bytes" -eq 0 ]
			else
				check "$scenario, $when: an --only-$option does not touch it" \
					[ "$bytes" -gt 0 ]
			fi
		done
	done
done

## Time
check "block --for" rule block "exe:$work/probe" --for 2s
check "it is blocked" is_blocked
check "and ends by itself" until_true sends
check "then it is not listed" rules_are 0
check "and nothing of it is attached" eval '[ "$(attached)" -eq "$links" ]'
start_resident later
rule block user:root --to 127.0.0.1 --force
rule block "exe:$work/probe" --to 127.0.0.5 --for 1s
later_is() { ask later 127.0.0.1 && [ "$answer" = "$1" ]; }
check "a more specific rule holds" later_is "0 0"
check "as it ends the other one comes into force, for who runs" until_true later_is "1 1"
kill "$resident"
clear_rules

## Rules stay without a program
"$fw" block "exe:$work/probe" >"$work/out" 2>&1 &
maker=$!
kill -KILL "$maker" 2>/dev/null
wait "$maker" 2>/dev/null
rule block "exe:$work/probe"
check "after a killed command there is one rule" rules_are 1
check "and it holds" is_blocked
check "twice is once" eval 'rule block "exe:$work/probe" && rules_are 1'

## Events
"$fw" events --types blocked --json >"$work/events" 2>"$work/err" &
reader=$!
children+=("$reader")
until_true readers_are 1
is_blocked
has_event() { jq -es 'any(.[]; .type == "blocked" and .comm == "probe" and .operation == "connect" and
	.remote_address == "127.0.0.1" and .remote_port == 9)' "$work/events" >/dev/null; }
check "a refusal is told" until_true has_event
kill -INT "$reader"
wait "$reader"
clear_rules

## Files
rule block "exe:$work/probe" --to 127.0.0.7
rule block user:nobody --only-outgoing
rule rules save "$work/rules"
clear_rules
check "restore" rule rules restore "$work/rules"
check "both rules are back" rules_are 2
check "and hold" is_blocked 127.0.0.7
echo "block exe:/x --to nonsense" >>"$work/rules"
clear_rules
check "a bad line refuses the whole file" fails_with 1 rules restore "$work/rules"
check "and says which" says "line 4"
check "nothing of it is in force" rules_are 0

## Many
seq 1 10000 | sed 's,^\(.*\)$,block exe:/no/such/program-\1,' >"$work/many"
echo "block exe:$work/probe" >>"$work/many"
check "10,001 rules at once" rule rules restore "$work/many"
check "are all in force" rules_are 10001
check "the last of them too" is_blocked
check "others are not touched" sends 127.0.0.1 other
check "all are taken back" rule rules clear
check "and gone" rules_are 0
check "it sends" sends

seq 1 300 | sed 's,^\(.*\)$,limit exe:/no/such/program-\1 --up 1MB/s,' >"$work/limits"
check "300 limits are too many" fails_with 1 rules restore "$work/limits"
check "and the message says how many there can be" says "255 limits"
check "none of them is in force" rules_are 0

## What must not happen
check "pid 1 is refused" eval '! rule block pid:1'
check "our own process is refused" eval '! rule block pid:$$'
check "nothing came of it" rules_are 0
check "a pid that is gone" eval '! rule block pid:4194000'
check "an unknown user" fails_with 2 block user:no-such-user
clear_rules

## A command that waits while the kernel side is taken away
exec 9<"${FLOWWATCHER_BPFFS:-/sys/fs/bpf}/flowwatcher"
flock 9
"$fw" block "exe:$work/probe" >"$work/out" 2>"$work/err" 9<&- &
waiting=$!
children+=("$waiting")
waits() { grep -q -- "-> FLOCK.* $waiting " /proc/locks; }
check "a second command waits" until_true waits
kill -STOP "$waiting"
until_true is_stopped "$waiting"
exec 9<&-
check "unload does not wait for it" "$fw" unload
check "load" "$fw" load
kill -CONT "$waiting"
check "and it fails" eval '! wait $waiting'
check "and says why" says "not loaded\|unloaded meanwhile"
check "no rule came of it" rules_are 0
check "and nothing is blocked" sends

## unload
rule block "exe:$work/probe"
check "unload with a rule in force" "$fw" unload
loaded=
check "it sends" sends
check "without a kernel side a rule is refused" eval '! rule block "exe:$work/probe"'
check "and the message says what to do" says "flowwatcher load"
finish
