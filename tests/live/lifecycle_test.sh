#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#   load ── watch, stat, conns, ports come and go, are killed, stopped ── unload ── nothing is left
#
# Usage: lifecycle_test.sh FLOWWATCHER FWTRAFFIC
# The kernel side's life and what befalls the commands that use it. Needs root, bash, jq, bpftool
# and a kernel that allows BPF. Exit: 0 all passed, 1 something failed, 77 it cannot run here.
set -u

[ $# -ge 2 ] || { echo "usage: lifecycle_test.sh FLOWWATCHER FWTRAFFIC" >&2; exit 2; }
fw=$(realpath "$1") traffic=$(realpath "$2")
. "$(dirname "$0")/live_checks.bash"
command -v bpftool >/dev/null || cannot "needs bpftool"
needs_nothing_loaded
clean_up_more() {
	"$fw" unload >/dev/null 2>&1
	[ ! -d "$work/readonly" ] || umount "$work/readonly" 2>/dev/null
}

# All programs, maps and links in the kernel, by their ids. Those of others may go at any time, and ours are freed some
# time after the last descriptor of theirs is closed, so what counts is what has come and stays.
objects() {
	local kind
	for kind in prog map link; do
		bpftool -j "$kind" list | jq -r --arg kind "$kind" '.[] | "\($kind) \(.id) \(.name // .type)"'
	done | sort
}
nothing_new() { [ -z "$(comm -13 "$work/objects" <(objects))" ]; }
nothing_left() {
	until_true nothing_new && return 0
	comm -13 "$work/objects" <(objects) | sed 's/^/# left: /'
	return 1
}

links_of_all() { bpftool -j link list | jq '.[].id' | sort; }
pinned_links() {
	local pin
	for pin in "${FLOWWATCHER_BPFFS:-/sys/fs/bpf}"/flowwatcher/link-*; do
		bpftool -j link show pinned "$pin" | jq .id
	done | sort
}

mounts() { grep -c ' bpf ' /proc/self/mounts; }
cgroups() { find /sys/fs/cgroup -type d 2>/dev/null | sort; }
no_new_cgroup() { [ -z "$(comm -13 "$work/cgroups" <(cgroups))" ]; }

background() { # FILE COMMAND...: leaves the pid in $background_pid
	local file=$1
	shift
	: >"$file"
	"$@" >"$file" 2>"$file.err" &
	background_pid=$!
	children+=("$background_pid")
}

has_lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
status_has() { "$fw" status --json | jq -e "$1" >"$work/out"; }
groups_are() { [ "$("$fw" status --json | jq .groups)" -eq "$1" ]; }

run_traffic() { "$traffic" -o "$work/expected" "$@"; }
expected_of() { jq -s "[.[] | select(.role == \"$1\")][0].$2" "$work/expected"; }

# What a fresh look at the loaded kernel side says of a process that has exited since.
totals_of() { # ROLE FIELD
	"$fw" watch --json --all -c 1 -i 0.1 >"$work/watch"
	jq -s --argjson pid "$(expected_of "$1" pid)" \
		"[.[] | select(.type == \"usage\" and .pid == \$pid) | .total_$2][0] // 0" \
		"$work/watch"
}
counts_go_on() {
	run_traffic tcp4 || return 1
	[ "$(totals_of client sent)" = "$(expected_of client sent)" ] &&
		[ "$(totals_of server received)" = "$(expected_of server received)" ]
}

mounts_before=$(mounts)
objects >"$work/objects"
cgroups >"$work/cgroups"

# --- load, status, unload
check "status when nothing is loaded" exits 0 "$fw" status
check "unload of nothing fails" exits 1 "$fw" unload
check "  and says so" says 'nothing is loaded'
check "load" exits 0 "$fw" load
check "status shows it" status_has .loaded
check "a second load fails" exits 1 "$fw" load
check "  and says what to do" says "flowwatcher unload"
check "counting goes on with no program running" counts_go_on
check "no run was missed, nothing failed" status_has '.missed_runs == 0 and .failures == 0'

# --- more processes exit than rows are kept for (FW_EXITED_KEPT): the oldest are folded away
"$fw" stat --json -o "$work/stat" \
	-- bash -c "for i in 1 2 3; do '$traffic' -t 900 -s 15 -o '$work/many'\$i short_lived; done"
many_sent=$(jq -s 'map(.sent) | add' "$work"/many?)
check "more processes exit than rows are kept" test "$(jq '.departed_sent > 0' "$work/stat")" = true
check "  and no byte of the measurement is lost" test "$(jq .sent "$work/stat")" = "$many_sent"
check "rows that were given back count for their next process" counts_go_on

# --- readers that are killed or stopped
background "$work/follow" "$fw" ports --follow --json
check "ports --follow subscribes" until_true readers_are 1
follow=$background_pid
kill -KILL "$follow"; wait "$follow" 2>/dev/null
check "a killed reader gives its place back" until_true readers_are 0

background "$work/stopped" "$fw" watch --by connection --json -i 0.2
stopped=$background_pid
check "watch --by connection subscribes" until_true readers_are 1
kill -STOP "$stopped"
check "  and is stopped" until_true is_stopped "$stopped"
check "a stopped reader does not disturb counting" counts_go_on
kill -CONT "$stopped"; kill -INT "$stopped"; wait "$stopped"
check "it ends in order when it goes on" readers_are 0

background "$work/stat" "$fw" stat -- sleep 600
stat=$background_pid
check "stat measures" until_true groups_are 1
sleeper=$(pgrep -P "$stat")
kill -KILL "$stat"; wait "$stat" 2>/dev/null
kill "$sleeper" 2>/dev/null
"$fw" watch -c 1 -i 0.1 >"$work/out"
check "the measurement of a killed stat is swept" groups_are 0

"$fw" ports --follow --json >"$work/ports" 2>"$work/ports.err" &
follow=$!
children+=("$follow")
until_true readers_are 1
run_traffic tcp4
seen() {
	jq -se 'any(.[]; .action == "taken") and any(.[]; .action == "released")' "$work/ports" \
		>"$work/seen"
}
check "ports --follow tells of ports taken and released" until_true seen
kill -INT "$follow"; wait "$follow"
check "  and ends with 0 on Ctrl-C" test $? -eq 0

# --- unload under a running command
background "$work/watch_unload" "$fw" watch --json -i 0.2
watcher=$background_pid
check "watch runs" until_true has_lines "$work/watch_unload" 1
pinned_links >"$work/links"
check "the kernel side is attached by links" test -s "$work/links"
check "unload while it runs" exits 0 "$fw" unload
links_of_all >"$work/at_once"
check "  and every link has ended as it returns" test -z "$(comm -12 "$work/links" "$work/at_once")"
wait "$watcher"; code=$?
check "watch ends with 1" test "$code" -eq 1
check "  and says why" grep -q 'unloaded' "$work/watch_unload.err"
check "unload leaves no program, map or link" nothing_left
check "unload leaves no mount" test "$(mounts)" = "$mounts_before"
check "unload leaves no cgroup" no_new_cgroup
check "status is as before" exits 0 "$fw" status

# --- private copies
background "$work/private" "$fw" watch --json -i 0.2
private=$background_pid
check "a private watch runs" until_true has_lines "$work/private" 1
kill -KILL "$private"; wait "$private" 2>/dev/null
check "killed, it leaves nothing" nothing_left
background "$work/private" "$fw" stat -- sleep 600
private=$background_pid
until_true pgrep -P "$private" -x sleep >"$work/sleeper"
kill -TERM "$private"; wait "$private"; code=$?
check "stat passes SIGTERM on and ends like its command" test "$code" -eq 143
check "  and leaves nothing" nothing_left

# --- output that ends early
"$fw" watch --json -i 0.1 | head -n 1 >"$work/out"
check "a reader that closes the pipe ends watch quietly" test "${PIPESTATUS[0]}" -eq 0
check "a full disk is an error" exits 1 bash -c "'$fw' doctor >/dev/full"
check "  and says so" says 'No space left'

# --- where things are missing
run_as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
if command -v setpriv >/dev/null && setpriv --help 2>&1 | grep -q reuid; then
	check "without rights load is refused" exits 3 run_as_nobody "$fw" load
	check "  and says what is needed" says CAP_BPF
	check "without rights watch falls back" exits 0 run_as_nobody "$fw" watch -c 1 -i 0.1
	check "  and says so in one line" test "$(wc -l <"$work/err")" -eq 1
	check "without rights stat is refused" exits 3 run_as_nobody "$fw" stat -- true
else
	skip "without rights" "no setpriv with --reuid"
fi
if unshare -m true 2>/dev/null; then
	no_btf="mount -t tmpfs none /sys/kernel/btf"
	check "a kernel without BTF: load" exits 4 unshare -m bash -c "$no_btf; '$fw' load"
	check "  says so" says CONFIG_DEBUG_INFO_BTF
	check "a kernel without BTF: watch falls back" exits 0 unshare \
		-m bash -c "$no_btf; '$fw' watch -c 1 -i 0.1"
	mkdir "$work/readonly"
	check "a bpffs that takes nothing" exits 1 unshare -m bash \
		-c "mount -t bpf -o ro bpf '$work/readonly'; FLOWWATCHER_BPFFS='$work/readonly' '$fw' load"
	check "  names it" says "$work/readonly"
	check "no cgroup2 mounted: load works all the same" exits 0 unshare -m bash -c "
		grep ' cgroup2 ' /proc/self/mounts | cut -d' ' -f2 | xargs -r -n1 umount -l
		mkdir -p '$work/bpffs' && mount -t bpf bpf '$work/bpffs' || exit 1
		export FLOWWATCHER_BPFFS='$work/bpffs'
		'$fw' load && '$fw' status --json | jq -e .wire >/dev/null && '$fw' unload"
	check "  and leaves nothing" nothing_left
else
	skip "kernels and mounts that lack something" "mounts cannot be unshared"
fi
check "a bpffs that is not there" exits 1 env FLOWWATCHER_BPFFS="$work/none" "$fw" load
check "  names it" says "$work/none"

check "at the end nothing is left" nothing_left
finish
