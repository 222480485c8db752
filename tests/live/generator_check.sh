#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: generator_check.sh FWEVENTS
# That the ledgers of fwevents contradict neither themselves nor what the scenarios are made to do,
# and that nothing is left behind. No privilege needed; scenarios that need it are skipped.
set -u
fwevents=$1
. "$(dirname "$0")/generator_verdicts.sh"
mkdir "$work/tmp"
export TMPDIR="$work/tmp"

# What must hold of any ledger; prints what does not.
# shellcheck disable=SC2016 # names of jq
consistent='
map(select(.type == "process")) as $rows | map(select(.type == "sum")) as $sums | $sums[0] as $sum
| (if ($sums | length) == 1 then empty else "there must be one line of sums" end),
  (if ($rows | map(.pid) | unique | length) == ($rows | length) then empty else "pids occur twice" end),
  (if $rows[0].role == "main" and $rows[0].pid == $sum.pid then empty else "the first row is not main" end),
  ($rows[] | select(.pid < 1 or .execs_by_thread > .execs) | "impossible: \(del(.arguments))"),
  ($rows[1:][] | select(.parent_pid as $pid | all($rows[]; .pid != $pid)) | "no row of the parent of \(.pid)"),
  (if ($rows | length) == 1 then empty else
   ($rows[] | . as $row | select(.forks != ($rows[1:] | map(select(.parent_pid == $row.pid)) | length))
	| "forks of \(.pid) are not its children"),
   (if $sum.processes == ($rows | length) - 1 then empty else "processes are not the rows" end),
   (if $sum.execs == ($rows | map(.execs) | add) then empty else "execs are not those of the rows" end) end),
  (if $sum.processes == $sum.exits then empty else "not all processes ended" end),
  (if $sum.threads_created == $sum.threads_exited then empty else "not all threads ended" end),
  ($rows[] | select(.execs > 0 and (.exe // "" | startswith("/") | not)) | "no path of what \(.pid) runs")'

scenario() { # NAME, jq condition, options
	name=$1
	condition=$2
	shift 2
	"$fwevents" -o "$work/ledger" "$@" "$name" 2>"$work/error"
	case $? in
	0) verdict "$name $*" "$(
		jq -rs "$consistent" "$work/ledger" 2>&1
		jq -es "$condition" "$work/ledger" >"$work/condition" 2>&1 ||
			echo "not so: $condition"
		ls "$TMPDIR"
	)" ;;
	77)
		skipped=$((skipped + 1))
		echo "SKIP $name: $(tail -n 1 "$work/error")"
		;;
	*) verdict "$name $*" "it failed: $(cat "$work/error")" ;;
	esac
}

refused() { # NAME, options
	name=$1
	shift
	"$fwevents" "$@" >"$work/output" 2>&1
	if [ $? -eq 2 ]; then wrong=''; else wrong="no usage error: $(cat "$work/output")"; fi
	verdict "$name" "$wrong"
}

ended_in_time() {
	"$fwevents" --time 1 --rate 5 "$@" >"$work/output" 2>&1
	if [ $? -eq 1 ]; then wrong=$(ls "$TMPDIR"); else wrong='not kept'; fi
	verdict "time limit: $*" "$wrong"
}

waits() {
	rm -f "$work/ledger"
	mkfifo "$work/go"
	"$fwevents" --wait -o "$work/ledger" -n 3 fork_only <"$work/go" 2>"$work/error" &
	pid=$!
	exec 9>"$work/go"
	tries=0
	while ! grep -q READY "$work/error" && [ $tries -lt 200 ]; do
		sleep 0.05
		tries=$((tries + 1))
	done
	[ ! -e "$work/ledger" ] || early='it did not wait'
	echo >&9
	exec 9>&-
	wait $pid || early='it failed'
	verdict 'waits for a line' "${early-}"
}

sum='.[-1]'
scenario threads "$sum.threads_created == 200 and $sum.processes == 0" -n 200
scenario threads "$sum.threads_created == 3" -n 3 -r 100
for start in fork vfork spawn; do
	scenario fork_exec "$sum.processes == 20 and $sum.execs == 20" -n 20 -s $start
done
scenario fork_only "$sum.processes == 20 and $sum.execs == 0" -n 20
scenario fork_bomb "$sum.processes == 2 + 4 + 8" -D 3 -W 2
scenario mixed "[$sum | .processes, .execs, .threads_created] == [30, 10, 10]" -n 40
scenario long_command_line \
	'map(select(.arguments) | .arguments | map(length) | add) | length == 5 and (.[1] == 100013) and .[4] > 100000'
scenario odd_arguments \
	'.[1].arguments[3] == "line\nbreak" and .[2].arguments_base64[1] == "//4=" and .[3].arguments == [""]'
scenario deep_path '.[1].exe | length == 4095'
scenario exec_script '.[1].arguments[1] == "-x  one word"'
scenario exec_deleted 'length == 4'
scenario chroot_exec '.[1].exe | endswith("/root/program")'
scenario pid_namespace '.[2].pid_inside == 1 and .[2].exit_code == 6'
scenario dlopen \
	'map(select(.type == "image")) | length == 5 and (map(.path) | unique | length == 5) and all(.address > 0 and .size >= 4096 and (.build_id | length == 40))' -n 5
scenario exec_by_thread '.[1] | .execs_by_thread == 1 and .threads == 3'
scenario leader_exits_first 'map(.exit_code)[1:3] == [0, 9]'
scenario exits_concurrently "$sum.threads_created == 70" -n 10
scenario killed \
	'[.[1:8][] | [.exit_code, .signal]] == [[0,0],[7,0],[255,0],[0,11],[0,6],[0,15],[0,9]]'
scenario daemon '.[3].exit_code == 4'
scenario claimed_arguments '.[1].forks == 5 and .[0].forks == 1'
scenario vfork '.[1].exit_code == 3 and .[2].execs == 1'
scenario clone_vm 'map(.exit_code)[1:4] == [5, 5, 0]'
waits
ended_in_time -n 1000 fork_only
ended_in_time -n 1000 dlopen
ended_in_time -n 500 exits_concurrently
refused 'an unknown scenario' nothing
refused 'a number where none is taken' -n 3 vfork
refused 'a tree without bounds' -D 60 fork_bomb
echo "generator: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
