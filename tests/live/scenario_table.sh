#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#   fwtraffic NAME ──── real traffic on loopback ────┐
#       │ what its calls returned, by process        │ hooks
#       ▼                                            ▼
#   expected rows ───────── compared ──────── flowwatcher stat, watch, conns
#
# Every scenario against what flowwatcher reports of it, to the byte. Needs root, bash, jq and a kernel
# that allows BPF. Exit: 0 all exact, 1 something differs, 77 it cannot run here.
set -u
shopt -s extglob

usage() {
	cat <<-END
	Usage: scenario_table.sh [OPTION]... FLOWWATCHER FWTRAFFIC [KERNEL-LABEL]
	  --only GLOB    scenarios whose name matches (default: all)
	  --phase WORD   only one of: preopened, stat, private (repeatable)
	  --scale F      volume and counts of the traffic (1)
	  --time N       limit of one scenario in seconds (60; 200 in the tests' machine)
	END
}

only='*' scale=1 seconds=60 phases=''
[[ -z ${FW_IN_VM-} ]] || seconds=200 # emulated processors
while [[ ${1-} == --* ]]; do
	case $1 in
	--only) only=${2?--only needs a pattern} ;;
	--phase) phases+=" ${2?--phase needs a word}" ;;
	--scale) scale=${2?--scale needs a number} ;;
	--time) seconds=${2?--time needs a number} ;;
	--help) usage; exit 0 ;;
	*) usage >&2; exit 2 ;;
	esac
	shift 2
done
[[ $# -ge 2 ]] || { usage >&2; exit 2; }
[[ $(id -u) == 0 ]] || { echo 'SKIP: needs root'; exit 77; }
flowwatcher=$(realpath "$1") fwtraffic=$(realpath "$2") kernel=${3:-$(uname -r)}
kernel=${kernel%%-*}
compare=$(realpath "${0%/*}/scenario_table.jq")
[[ -n $phases ]] || phases='preopened stat private'

passed=0 failed=0 skipped=0 watcher='' loaded=''
work=$(mktemp -d) || exit 1
declare -A flags=() run_pid=() run_fd=()

clean_up() {
	local name
	[[ -z $watcher ]] || kill "$watcher" 2>/dev/null
	for name in "${!run_pid[@]}"; do
		kill "${run_pid[$name]}" 2>/dev/null
	done
	[[ -z $loaded ]] || "$flowwatcher" unload >/dev/null 2>&1
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

header() {
	printf '%-24s %-11s %-9s %-22s %22s %22s  %s\n' \
		scenario layer kernel process expected reported exact
	printf '%-24s %-11s %-9s %-22s %22s %22s\n' '' '' '' '' sent/received sent/received
}

row() { # scenario layer process expected reported verdict
	printf '%-24s %-11s %-9s %-22s %22s %22s  %s\n' "$1" "$2" "$kernel" "$3" "$4" "$5" "$6"
}

skip() { # scenario layer reason
	row "$1" "$2" - - - "SKIP: $3"
	((++skipped))
}

fail() { # scenario layer reason
	row "$1" "$2" - - - "NO: $3"
	((++failed))
}

# An emulated processor needs most of its time for jq's start: cases are compared many at a time.
MOST_CASES=16
cases=0

joined() { paste -sd, "$1"; }

add_case() { # layer label source expected reported
	printf '{"layer":"%s","label":"%s","source":"%s","expected":[%s],"reported":[%s]}\n' "$1" "$2" "$3" \
		"$(joined "$4")" "$(joined "$5")" >>"$work/cases"
	((++cases < MOST_CASES)) || judge_cases
}

# Prints the rows of the cases and counts each scenario of a layer once.
judge_cases() {
	local layer scenario exact who sent received got_sent got_received difference which
	local -A verdicts=()
	((cases > 0)) || return 0
	jq -r --arg peers "$peers" -f "$compare" "$work/cases" >"$work/rows" || fail '(some)' - 'jq could not compare'
	while IFS=$'\t' read -r layer scenario exact who sent received got_sent got_received; do
		difference='' which="$layer $scenario"
		[[ $exact == yes ]] ||
			difference=" ($((got_sent - sent))/$((got_received - received)))"
		row "$scenario" "$layer" "$who" "$sent/$received" "$got_sent/$got_received" "$exact$difference"
		[[ ${verdicts[$which]-} == no ]] || verdicts[$which]=${exact/NO/no}
	done <"$work/rows"
	for which in "${!verdicts[@]}"; do
		if [[ ${verdicts[$which]} == yes ]]; then ((++passed)); else ((++failed)); fi
	done
	rm "$work/cases"
	cases=0
}

reason_of() { # file with standard error of fwtraffic
	local line reason=''
	while read -r line; do
		[[ $line == SKIP:* && -z $reason ]] && reason=${line#SKIP: }
	done <"$1"
	printf '%s' "${reason:-no reason was given}"
}

# Bounded wait for a condition given as a command.
await() { # seconds command...
	local tries=$(($1 * 20))
	shift
	while ! "$@"; do
		((tries-- > 0)) || return 1
		sleep 0.05
	done
}

has_word() { # file word
	[[ -e $1 && $(<"$1") == *"$2"* ]]
}

ended() { # pid
	! kill -0 "$1" 2>/dev/null
}

# --- one scenario under stat ---------------------------------------------------------------------
stat_scenario() { # layer-suffix name
	local name=$2 layer=payload code
	[[ $1 == private ]] && layer=private
	rm -f "$work/expected" "$work/reported"
	"$flowwatcher" stat --json -o "$work/reported" -- "$fwtraffic" --scale "$scale" --time "$seconds" \
		-o "$work/expected" "$name" >"$work/out" 2>"$work/err" </dev/null
	code=$?
	if [[ $code == 77 ]]; then
		skip "$name" "$layer" "$(reason_of "$work/err")"
	elif [[ $code != 0 || ! -s $work/expected || ! -s $work/reported ]]; then
		fail "$name" "$layer" "exit $code: $(tr '\n' ' ' <"$work/err")"
	else
		add_case "$layer" "$name" stat "$work/expected" "$work/reported"
		[[ ${flags[$name]} != *peers* || $1 == private ]] ||
			add_case connection "$name" stat_connections "$work/expected" "$work/reported"
	fi
}

# --- sockets opened before load ------------------------------------------------------------------
start_run() { # name
	mkfifo "$work/$1.in"
	# shellcheck disable=SC1083,SC2086,SC2093 # bash opens it under a number of its choice
	exec {run_fd[$1]}<>"$work/$1.in"
	"$fwtraffic" --wait --hold --scale "$scale" --time $((seconds * 4)) -o "$work/$1.expected" "$1" \
		<"$work/$1.in" 2>"$work/$1.err" >/dev/null &
	run_pid[$1]=$!
}

stage_or_end() { # name word
	has_word "$work/$1.err" "$2" || ended "${run_pid[$1]}"
}

intervals() {
	local line count=0
	while read -r line; do
		[[ $line != *'"interval"'* ]] || ((++count))
	done <"$work/watch.json"
	printf '%d' "$count"
}

more_intervals() { # than
	(($(intervals) > $1))
}

load() {
	"$flowwatcher" load >"$work/load" 2>&1 || return 1
	loaded=yes
}

unload() {
	"$flowwatcher" unload >"$work/load" 2>&1 || return 1
	loaded=''
}

start_watch() {
	: >"$work/watch.json"
	"$flowwatcher" watch --json -i 0.2 >"$work/watch.json" 2>"$work/watch.err" &
	watcher=$!
	await "$seconds" more_intervals 0
}

stop_watch() {
	await "$seconds" more_intervals $(($(intervals) + 2))
	kill "$watcher" 2>/dev/null
	wait "$watcher"
	watcher=''
}

release_all() {
	local name
	for name in "${!run_fd[@]}"; do
		ended "${run_pid[$name]}" || printf '\n' >&"${run_fd[$name]}"
	done
}

collect_runs() {
	local name code fd
	for name in "${!run_pid[@]}"; do
		await $((seconds * 2)) ended "${run_pid[$name]}"
		wait "${run_pid[$name]}"
		code=$?
		fd=${run_fd[$name]}
		exec {fd}>&-
		case $code in
		0) cat "$work/$name.expected" >>"$work/all.expected" ;;
		77) skip "$name" preopened "$(reason_of "$work/$name.err")" ;;
		*) fail "$name" preopened "fwtraffic: $(tr '\n' ' ' <"$work/$name.err")" ;;
		esac
	done
	run_pid=() run_fd=()
}

# All staged scenarios at once: their sockets are open, then load, then the traffic.
preopened() {
	local name
	: >"$work/all.expected"
	for name in "${names[@]}"; do
		[[ ${flags[$name]} != *staged* ]] || start_run "$name"
	done
	[[ ${#run_pid[@]} -gt 0 ]] || return 0
	for name in "${!run_pid[@]}"; do
		await "$seconds" stage_or_end "$name" READY
	done
	load || { fail '(all staged)' preopened "load: $(<"$work/load")"; return; }
	start_watch || { fail '(all staged)' preopened "watch: $(<"$work/watch.err")"; return; }
	release_all
	for name in "${!run_pid[@]}"; do
		[[ ${flags[$name]} != *hold* ]] || await "$seconds" stage_or_end "$name" HOLD
	done
	"$flowwatcher" conns --json >"$work/conns.json" 2>"$work/conns.err" ||
		fail '(all held)' conns "$(<"$work/conns.err")"
	release_all
	collect_runs
	stop_watch
	add_case preopened '(all staged)' watch "$work/all.expected" "$work/watch.json"
	held_expected >"$work/held.expected"
	[[ ! -s $work/held.expected ]] ||
		add_case conns '(all held)' conns "$work/held.expected" "$work/conns.json"
	judge_cases
}

held_expected() {
	local line name
	while read -r line; do
		name=${line#*\"scenario\":\"}
		name=${name%%\"*}
		[[ ${flags[$name]} != *hold* || ${flags[$name]} != *peers* ]] || printf '%s\n' "$line"
	done <"$work/all.expected"
}

# --- the phases ----------------------------------------------------------------------------------
names=() peers=''
while IFS=$'\t' read -r name flag _; do
	# shellcheck disable=SC2053
	[[ $name == $only ]] || continue
	names+=("$name")
	flags[$name]=$flag
	[[ $flag != *peers* ]] || peers+=" $name"
done < <("$fwtraffic" --list)
[[ ${#names[@]} -gt 0 ]] || { echo "no scenario matches '$only'" >&2; exit 2; }

if "$flowwatcher" status --json 2>/dev/null | jq -e '.loaded' >/dev/null; then
	echo "the kernel side is loaded already: 'flowwatcher unload' first" >&2
	exit 1
fi
header
if [[ " $phases " == *' preopened '* ]]; then
	preopened
fi
if [[ " $phases " == *' stat '* ]]; then
	[[ -n $loaded ]] || load || fail '(all)' payload "load: $(<"$work/load")"
	for name in "${names[@]}"; do
		stat_scenario loaded "$name"
	done
	judge_cases
fi
[[ -z $loaded ]] || unload || fail '(end)' unload "$(<"$work/load")"
if [[ " $phases " == *' private '* ]]; then
	for name in tcp4 udp6 splice_from_tcp4 short_lived; do
		[[ -z ${flags[$name]-} ]] || stat_scenario private "$name"
	done
	judge_cases
fi
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 ]]
