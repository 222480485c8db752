#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#   fwevents ── processes, threads, images ── kernel side ── a queue a reader ── events, record
#       └──────────── its ledger ──────────────── compared ────────────────────────┘
#
# Usage: events_test.sh FLOWWATCHER FWTRAFFIC
# Every kind of event is told once and whole; what is lost is counted, exactly, by type and reader.
# The generator of events, fwevents, lies beside FWTRAFFIC. Needs root, bash, jq and a kernel that
# allows BPF. Exit: 0 all passed, 1 something failed, 77 it cannot run here.
set -u

[ $# -ge 2 ] || { echo "usage: events_test.sh FLOWWATCHER FWTRAFFIC" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
fw=$(realpath "$1") traffic=$(realpath "$2") made=$(dirname "$(realpath "$2")")/fwevents
tries=600
. "$here/live_checks.bash"
[ -x "$made" ] || cannot "needs fwevents beside fwtraffic"
needs_nothing_loaded
clean_up_more() { "$fw" unload >/dev/null 2>&1; }

has() { grep -q -- "$1" "$2" 2>/dev/null; }

# Nothing but what is printed is wrong.
is_clean() { # FILE
	[ -s "$1" ] || return 0
	sed 's/^/# /' "$1" | head -n 20
	return 1
}

# reader NAME OPTION...: `events --json` in the background, into $work/NAME; leaves its pid in
# $reader. A private copy would see all the same; the loaded kernel side tells when it reads.
reader() {
	local name=$1 readers
	shift
	readers=$("$fw" status --json | sed -n 's/.*"readers":\([0-9]*\),.*/\1/p')
	"$fw" events --json "$@" >"$work/$name" 2>"$work/$name.err" &
	reader=$!
	children+=("$reader")
	until_true readers_are $((readers + 1))
}

end_reader() { # PID
	kill -INT "$1" 2>/dev/null
	wait "$1"
}

# generator OPTION...: fwevents up to READY; leaves its pid in $generator.
generator() {
	rm -f "$work/go" "$work/ready"
	mkfifo "$work/go" || return 1
	: >"$work/ready"
	"$made" -w -o "$work/made" "$@" <"$work/go" 2>"$work/ready" &
	generator=$!
	children+=("$generator")
	exec 7>"$work/go"
	until_true generator_is_ready
	has READY "$work/ready"
}
generator_is_ready() { has READY "$work/ready" || ! kill -0 "$generator" 2>/dev/null; }
let_go() {
	echo >&7
	exec 7>&-
	wait "$generator"
}

told_exit() { has "\"type\":\"process_exit\".*\"pid\":$1," "$work/$2"; }

# The sums of every reader that ended, as a table.
kernel=$(uname -r)
print_sums() { # WHAT FILE
	jq -rs --arg what "$1" --arg kernel "${kernel%%-*}" '
		def pad(n): tostring | . + (" " * (n - length));
		def left(n): tostring | (" " * (n - length)) + .;
		map(select(.type == "events_report"))[0] | . as $report | (.produced | keys)[] as $type
		| [($what | pad(34)), ($kernel | pad(9)), ($type | pad(17)), ($report.produced[$type] | left(9)),
		   ($report.delivered[$type] // 0 | left(9)), ($report.lost[$type] // 0 | left(9))] | join(" ")' "$2"
}
sums_agree() { # FILE
	jq -rs -f "$here/events_sums.jq" "$1" >"$work/findings" && is_clean "$work/findings"
}
lost_nothing() {
	[ "$(jq -s 'map(select(.type == "events_report"))[0].lost | add // 0' "$1")" -eq 0 ]
}

# --- each kind of event, in each scenario: told once and whole
agrees() {
	grep -v '"type":"events_report"' "$work/seen" | cat "$work/made" - |
		jq -rs --arg prefix "$prefix" -f "$here/events_test.jq" >"$work/findings" &&
		is_clean "$work/findings"
}

run_scenario() { # NAME OPTION...
	local name=$1 code
	generator "$@"
	if ! kill -0 "$generator" 2>/dev/null; then
		wait "$generator"
		if [ $? -eq 77 ]; then
			skip "$name" "$(tail -n 1 "$work/ready")"
		else
			check "$name runs" false
		fi
		exec 7>&-
		return
	fi
	reader seen --tree "$generator"
	let_go
	code=$?
	if [ $code -eq 77 ]; then
		end_reader "$reader"
		skip "$name" "$(tail -n 1 "$work/ready")"
		return
	fi
	check "$name runs" test $code -eq 0
	until_true told_exit "$generator" seen
	end_reader "$reader"
	check "$name: every event is told once and whole" agrees
	check "$name: the sums agree" sums_agree "$work/seen"
	print_sums "$name" "$work/seen" >>"$work/table"
}

check "load" "$fw" load
prefix=$(path_prefix "$made" --list)
for scenario in fork_only fork_exec 'fork_exec -s vfork' 'fork_exec -s spawn' threads fork_bomb \
	mixed \
	long_command_line odd_arguments deep_path exec_script exec_deleted chroot_exec \
	pid_namespace dlopen \
	exec_by_thread leader_exits_first 'exits_concurrently -n 400' killed daemon vfork clone_vm \
	claimed_arguments; do
	if [ "$scenario" = deep_path ] && [ -n "$prefix" ]; then
		skip "$scenario" \
			"in a chroot a path of PATH_MAX bytes is longer than that for the machine"
		continue
	fi
	# shellcheck disable=SC2086 # a scenario and its options
	run_scenario $scenario
done

# --- stress, default buffers: nothing is lost
emulated=$(grep -qi 'qemu\|tcg' /proc/cpuinfo && echo yes)
flood() { # WHAT SCENARIO OPTION...
	local what=$1
	shift
	generator "$@"
	reader seen --types process,thread --tree "$generator"
	let_go
	until_true told_exit "$generator" seen
	end_reader "$reader"
	check "$what: nothing is lost" lost_nothing "$work/seen"
	check "$what: every event is told" agrees
	check "$what: the sums agree" sums_agree "$work/seen"
	print_sums "$what" "$work/seen" >>"$work/table"
}
if [ -n "$emulated" ]; then
	flood "5,000 threads" threads -n 5000
	flood "500 fork and exec" fork_exec -n 500
else
	flood "20,000 threads" threads -n 20000
	flood "4,000 fork and exec, 2,000 a second" fork_exec -n 4000 -r 2000 -s vfork
fi

# --- a stopped reader with tiny buffers: what it loses is counted; another one loses nothing
reader stopped --buffer 8KiB --all-mappings
stopped=$reader
kill -STOP "$stopped"
until_true is_stopped "$stopped"
generator mixed -n 2000
reader other --types process,thread --tree "$generator"
let_go
cp "$work/made" "$work/made.mixed"
"$traffic" -o "$work/moved" tcp4
until_true told_exit "$generator" other
end_reader "$reader"
kill -CONT "$stopped"
fork_is_told() {
	"$made" fork_only -n 1 >"$work/made.last"
	last=$(jq -s 'map(select(.type == "sum"))[0].pid' "$work/made.last")
	sleep 0.2
	told_exit "$last" stopped && has "\"type\":\"process_create\".*\"parent_pid\":$last," "$work/stopped"
}
until_true fork_is_told # once it has caught up: the end of a gap may lie between the two
end_reader "$stopped"
loss_comes_before() { # PID: its creation
	jq -es --argjson pid "$1" '(map(.type == "loss" and .lost.process_create != null) | index(true)) as $loss
		| (map(.type == "process_create" and .parent_pid == $pid) | index(true)) as $later
		| $loss and $later and $loss < $later' "$work/stopped" >"$work/out"
}
check "a stopped reader loses events" \
	test "$(jq -s 'map(select(.type == "loss")) | length' "$work/stopped")" -gt 0
check "  and all of them are counted, at their place" sums_agree "$work/stopped"
produced_all() {
	jq -s --slurpfile made "$work/made.mixed" '
		(map(select(.type == "events_report"))[0].produced) as $produced
		| ($made | map(select(.type == "sum"))[0]) as $sum
		| $produced.process_create >= $sum.processes + $sum.execs and
		  $produced.process_exit >= $sum.exits + 1 and
		  $produced.thread_create >= $sum.threads_created' "$work/stopped" | grep -q true
}
check "  before what was delivered after the gap" loss_comes_before "$last"
check "  as many as were made at least" produced_all
check "  network events among them were not pushed out by the flood" \
	test "$(jq -s 'map(select(.type == "connection_close")) | length' "$work/stopped")" -gt 0
mv "$work/other" "$work/seen"
check "another reader meanwhile loses nothing" lost_nothing "$work/seen"
check "  and is told everything" agrees
print_sums "a stopped reader, 8 KiB" "$work/stopped" >>"$work/table"
print_sums "another one meanwhile" "$work/seen" >>"$work/table"

"$fw" events --json --buffer 4KiB --fail-on-loss -d 60 >"$work/seen" 2>"$work/seen.err" &
reader=$!
children+=("$reader")
until_true readers_are 1
kill -STOP "$reader"
"$made" -n 500 threads >"$work/made"
kill -CONT "$reader"
kill -INT "$reader"
wait "$reader"
check "--fail-on-loss: exit code 5" test $? -eq 5

# --- readers that are killed, unload under a reader
reader killed
kill -KILL "$reader"
wait "$reader" 2>/dev/null
check "a killed reader gives its place back" until_true readers_are 0
# Killed at any moment of their coming and going; there are eight places.
for moment in 0.01 0.03 0.05 0.07 0.09 0.11 0.13 0.15 0.17 0.19; do
	{ timeout -s KILL $moment "$fw" events -d 0.1; } >"$work/out" 2>&1
	{ timeout -s KILL $moment "$fw" events -d 0.05; } >"$work/out" 2>&1
done 2>/dev/null
all_places() {
	local pids=()
	for _ in 1 2 3 4 5 6 7 8; do
		"$fw" events -d 60 >/dev/null 2>"$work/err" &
		pids+=($!)
		children+=($!)
	done
	until_true readers_are 8
	local code=$?
	kill -INT "${pids[@]}"
	wait "${pids[@]}"
	return $code
}
check "  also when it was killed on its way in or out" all_places
reader seen
"$made" fork_only >"$work/made"
"$fw" unload
wait "$reader"
check "unload ends a reader with 1" test $? -eq 1
check "  and a message" has unloaded "$work/seen.err"
check "  after all that was queued" test \
	"$(grep -c '"cause":"fork"' "$work/seen")" -ge "$(jq -s 'map(select(.type == "sum"))[0].processes' "$work/made")"

# --- what existed before: each object once, none missing
"$fw" load || exit 1
churn=$work/churn
"$made" -n 6000 -r 2000 mixed >"$churn" &
churner=$!
children+=("$churner")
"$fw" events --json --types process,image,connection,port --since-boot-snapshot -d 2 >"$work/seen"
wait "$churner"
once() {
	jq -rs '
		def born: select(.type == "process_create" and .cause != "exec");
		(map(born | "\(.pid) \(.start_ns)") | group_by(.) | map(select(length > 1))[:5][]
			| "process \(.[0]) is announced \(length) times"),
		((map(born | {key: "\(.pid) \(.start_ns)", value: true}) | from_entries) as $born
			| map(select(.type == "process_exit") | "\(.pid) \(.start_ns)" | select($born[.] | not))[:5][]
			| "process \(.) ends without having been announced")' "$work/seen" >"$work/findings"
	is_clean "$work/findings"
}
existing_first() {
	jq -es 'map(.existing // false) | (index(false)) as $first
	| .[$first:] | any | not' "$work/seen" >"$work/out"
}
check "a snapshot under churn: each process once, none missing" once
check "  existing ones first" existing_first
check "  with the sums" sums_agree "$work/seen"
own_images() { jq -es --argjson pid $$ '[.[] | select(.type == "image_load" and .pid == $pid and .existing)]
	| length > 1 and all(.build_id)' "$work/seen" >"$work/out"; }
check "  images of processes that run, with their build ids" own_images

# --- connections, and a raw socket of protocol TCP
reader seen --types connection,port
"$traffic" -o "$work/moved" tcp4
closes_agree() {
	jq -rs --slurpfile moved "$work/moved" '. as $events | $moved[] | . as $row
		| ([$events[] | select(.type == "connection_close" and .pid == $row.pid)] | map(.sent) | add) as $sent
		| select($sent != .sent) | "\(.role): \(.sent) bytes sent, \($sent) told"' "$work/seen" >"$work/findings"
	is_clean "$work/findings"
}
close_is_told() { has '"type":"connection_close"' "$work/seen"; }
until_true close_is_told
end_reader "$reader"
check "closed connections carry their bytes" closes_agree
check "  and their sums agree" sums_agree "$work/seen"

# --- a recording of it, replayed
generator mixed -n 200
"$fw" record -i 0.5 "$work/recording" >"$work/out" 2>&1 &
recorder=$!
children+=("$recorder")
until_true readers_are 1
let_go
sleep 0.3
end_reader "$recorder"
"$fw" replay "$work/recording" events --json --tree "$generator" >"$work/seen" 2>"$work/seen.err"
check "a recording, replayed, tells the same" agrees
print_sums "a recording, replayed" "$work/seen" >>"$work/table"
"$fw" replay "$work/recording" events --classic >"$work/out" 2>&1
check "  also in the classic form" grep -q 'Process .* Created. Command line: ' "$work/out"

# --- output that ends early
"$fw" events --since-boot-snapshot 2>/dev/null | head -n 1 >"$work/out"
check "a reader that closes the pipe ends events quietly" test "${PIPESTATUS[0]}" -eq 0
"$fw" events --since-boot-snapshot -d 1 >/dev/full 2>"$work/err"
check "a full disk is an error" test $? -eq 1
check "  and says so" has 'No space left' "$work/err"

echo
printf '%-34s %-9s %-17s %9s %9s %9s\n' 'what happened' kernel type produced delivered lost
cat "$work/table"
finish
