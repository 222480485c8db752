#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#   prog ──── fork, exec, images, exit ────> events ────> JSON ────> jq
#   probe ─── says that events listens, and that it has told all before
#
# Usage: event_filter_test.sh FLOWWATCHER
# Targets and trees let through what is theirs, from the first event to the last, and nothing else;
# and arguments come as they are, to the byte. Needs root, bash, jq and a kernel that allows BPF.
# Exit: 0 all passed, 1 something failed, 77 it cannot run here.
set -u

[ $# -ge 1 ] || { echo "usage: event_filter_test.sh FLOWWATCHER" >&2; exit 2; }
fw=$(realpath "$1")
limit=60
[ -z "${FW_IN_VM-}" ] || limit=300 # emulated processors
tries=$((limit * 7))
. "$(dirname "$0")/live_checks.bash"
explain() {
	sed 's/^/# /' "$work/err" 2>/dev/null
	tail -n 5 "$work/out" | cut -c 1-500 | sed 's/^/# /'
}
cp "$BASH" "$work/probe" && cp "$BASH" "$work/prog" || exit 1
: >"$work/out"

probes() { grep -c '"comm":"probe"' "$work/out"; }
probe_is_told() { # COUNT: more of its events than that
	"$work/probe" -c :
	[ "$(probes)" -gt "$1" ]
}

prefix=$(path_prefix "$work/probe" -c :)

# listen OPTION...: events in the background, its pid in $listener; returns when it listens.
# Whatever the filter is, the probe passes.
listen() {
	: >"$work/out"
	"$fw" events --json --target "exe:$prefix$work/probe" "$@" >"$work/out" 2>"$work/err" &
	listener=$!
	children+=("$listener")
	until_true probe_is_told 0
}

# Events come in order, so once a later probe is told all before it is. The exit code is that of
# events.
end() {
	until_true probe_is_told "$(probes)"
	kill -TERM "$listener"
	wait "$listener"
}

holds() { jq -se "$@" "$work/out" >/dev/null; }
count_is() { # NUMBER FILTER
	local found
	found=$(jq -s "[.[] | select($2)] | length" "$work/out")
	[ "$found" = "$1" ] || { echo "# $found of $2"; return 1; }
}
# shellcheck disable=SC2016 # jq's
agrees='(last | .produced as $p | .delivered as $d | .lost as $l |
	all($p | keys[]; $p[.] == ($d[.] // 0) + ($l[.] // 0)))'

# --- one process, all of its life
listen --target "exe:$prefix$work/prog"
odd=$'a b\nc' bytes=$'\xff\xfe'
"$work/prog" -c 'exec sh -c "exit 3"' "$odd" '' "$bytes"
end
check "events ends with exit code 0" test $? -eq 0
run="select(.type == \"process_create\" and .cause == \"exec\" and .exe == \"$prefix$work/prog\")"
pid=$(jq -s "[.[] | $run] | last.pid" "$work/out")
check "the program is told" test "$pid" != null
check "  with its parent" holds "[.[] | $run] | last.parent_pid == $$"
check "  and directory" holds "[.[] | $run] | last.directory == \"$prefix$PWD\""
check "  and arguments, to the byte" holds "[.[] | $run] | last |
	.arguments[2:5] == [\"exec sh -c \\\"exit 3\\\"\", \"a b\\nc\", \"\"] and
	.arguments_base64[5] == \"$(printf %s "$bytes" | base64)\""
check "  and the program that it runs then" count_is 1 \
	".pid == $pid and .type == \"process_create\" and .comm == \"sh\""
check "  and its images" holds "any(.[]; .pid == $pid and .type == \"image_load\" and
	(.path | endswith(\".so.6\")) and .size > 0)"
check "  and its end" count_is 1 ".pid == $pid and .type == \"process_exit\" and .exit_code == 3"
# A probe that the filter finds running when it begins is told whole, so with its creation as a copy of this shell.
others=$(jq -s '[.[] | select(.comm == "probe").pid] as $probes |
	[.[] | select(.comm == "bash" and (.pid | IN($probes[]) | not))] | length' "$work/out")
check "nothing of others" test "$others" = 0
check "sums agree" holds "$agrees"

# --- a tree: children to come, orphans, and nobody else
mkfifo "$work/go"
bash -c 'read -r go; ( ("$1" -c "sleep 0.2; exit 41"; :) & ); "$1" -c "kill -KILL \$\$"; exit 42' \
	bash "$work/prog" <"$work/go" 2>"$work/err" &
root=$!
children+=("$root")
exec 8>"$work/go"
listen --tree "$root" --types process
"$work/prog" -c 'exit 40'
echo >&8
exec 8>&-
wait "$root" 2>/dev/null
ended() { "$work/probe" -c :; jq -se 'any(.[]; .exit_code == 41)' "$work/out" >/dev/null 2>&1; }
until_true ended
end
check "a tree: its root" count_is 1 ".pid == $root and .exit_code == 42"
check "  its child, ended by a signal" count_is 1 '.signal_name == "SIGKILL" and .exit_code == 137'
check "  its orphan" count_is 1 '.exit_code == 41'
check "  and nobody else" count_is 0 '.exit_code == 40'

# --- ends
spawn() { while :; do "$work/prog" -c :; done; }
spawn &
spawner=$!
children+=("$spawner")
timeout "$limit" "$fw" events --json -c 5 --types process >"$work/out" 2>"$work/err"
check "a count ends it" test $? -eq 0
check "  after so many events" count_is 5 '.type != "events_report"'
kill "$spawner"
wait "$spawner" 2>/dev/null

finish
