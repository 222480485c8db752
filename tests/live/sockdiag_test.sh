#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#   ┌── a network namespace of its own ───────────────────────────────────────────┐
#   │ nobody: fwtraffic SCENARIO ── loopback ── fwtraffic       root: fwtraffic   │
#   │                │ what its calls returned                       │            │
#   │                ▼                                               ▼            │
#   │ compared with flowwatcher without BPF: as nobody, in a container, as root   │
#   └─────────────────────────────────────────────────────────────────────────────┘
#
# What the view without BPF reports of TCP, to the byte, who is charged, and what it must not claim.
# Usage: sockdiag_test.sh FLOWWATCHER FWTRAFFIC. Needs root for the namespaces; the commands under
# test run without it. Exit: 0 all as expected, 1 not, 77 it cannot run here.
set -u
[[ $# -ge 2 ]] || { echo "usage: ${0##*/} FLOWWATCHER FWTRAFFIC" >&2; exit 2; }
part=${FW_TEST_PART-outside}
if [[ $part == outside ]]; then
	[[ $(id -u) == 0 ]] || { echo 'SKIP: needs root, for a network namespace of its own'; exit \
		77; }
	unshare --net true 2>/dev/null ||
		{ echo 'SKIP: network namespaces are not permitted'; exit 77; }
	FW_TEST_PART=inside exec unshare --net bash "$0" "$@"
fi
limit=30 nobody=65534
passed=0 failed=0 skipped=0
work=$(mktemp -d) || exit 1
declare -A traffic_pid=() traffic_fd=()
watcher=''

clean_up() {
	local name
	[[ -z $watcher ]] || kill "$watcher" 2>/dev/null
	for name in "${!traffic_pid[@]}"; do
		kill "${traffic_pid[$name]}" 2>/dev/null
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

# Where an ordinary user can reach them, whoever owns the build directory.
chmod 711 "$work"
install -m 755 "$1" "$work/flowwatcher" || exit 1
install -m 755 "$2" "$work/fwtraffic" || exit 1
[[ $part == container ]] || ip link set lo up || exit 1

ok() { printf 'ok %s\n' "$1"; ((++passed)); }
skip() { printf 'SKIP %s: %s\n' "$1" "$2"; ((++skipped)); }
not_ok() { printf 'not ok %s\n' "$1"; sed 's/^/    /' <<<"${2-}"; ((++failed)); }

check() { # what got wanted
	if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1" "got $2, wanted $3"; fi
}

await() { # command...; a bounded wait
	local tries=$((limit * 20))
	while ! "$@"; do
		((tries-- > 0)) || return 1
		sleep 0.05
	done
}

as_nobody=(setpriv --reuid "$nobody" --regid "$nobody" --clear-groups --no-new-privs)
as_root=(env)

# --- fwtraffic and watch, step by step
# -------------------------------------------------------------
start_traffic() { # key scenario user-command...
	local key=$1 scenario=$2
	shift 2
	mkfifo "$work/$key.in"
	: >"$work/$key.err"
	exec {traffic_fd[$key]}<>"$work/$key.in"
	"$@" "$work/fwtraffic" --wait --hold --time $limit "$scenario" <"$work/$key.in" \
		>"$work/$key.expected" 2>"$work/$key.err" &
	traffic_pid[$key]=$!
	await said_or_ended "$key" READY
}

said_or_ended() { # key word
	[[ $(<"$work/$1.err") == *"$2"* ]] || ! kill -0 "${traffic_pid[$1]}" 2>/dev/null
}

go_on() { # key [word to wait for]
	kill -0 "${traffic_pid[$1]}" 2>/dev/null && printf '\n' >&"${traffic_fd[$1]}"
	[[ -z ${2-} ]] || await said_or_ended "$1" "$2"
}

end_traffic() { # key; exit code of fwtraffic
	local fd=${traffic_fd[$1]} code
	await said_or_ended "$1" 'no such word'
	wait "${traffic_pid[$1]}"
	code=$?
	exec {fd}>&-
	unset "traffic_pid[$1]" "traffic_fd[$1]"
	rm -f "$work/$1.in"
	return $code
}

intervals() { grep -c '"type":"interval"' "$work/watch.json"; }
more_intervals() { (($(intervals) > $1)); }
two_more_intervals() { await more_intervals $(($(intervals) + 1)); }

start_watch() { # user-command...
	: >"$work/watch.json"
	"$@" "$work/flowwatcher" watch --json -i 0.2 "${watch_options[@]}" >"$work/watch.json" \
		2>"$work/watch.err" </dev/null &
	watcher=$!
	await more_intervals 0
}

stop_watch() {
	kill -INT "$watcher"
	wait "$watcher"
	watcher=''
}
watch_options=()

# "sent/received" that watch has shown so far for a pid; "none" if it has no row.
reported() { # pid
	jq -rs --argjson pid "$1" 'map(select(.type == "usage" and .pid == $pid))
		| if length == 0 then "none" else "\(map(.sent) | add)/\(map(.received) | add)" end' \
		"$work/watch.json"
}

unattributed() {
	jq -rs 'map(select(.type == "interval"))
		| "\(map(.unattributed_sent) | add)/\(map(.unattributed_received) | add)"' \
		"$work/watch.json"
}

# "pid sent/received" for each process of a scenario.
expected() { jq -r '"\(.pid) \(.sent)/\(.received)"' "$work/$1.expected"; }
expected_sum() { jq -rs '"\(map(.sent) | add)/\(map(.received) | add)"' "$work/$1.expected"; }

# --- what is checked
# ------------------------------------------------------------------------------- Open: all is
# moved, the connections are still there. Closed: they have ended since. Of one that both sides have
# shut down the kernel tells nothing until the last descriptor is closed.
exact_for_own_processes() { # label scenario user-command...
	local label=$1 scenario=$2 pid bytes
	shift 2
	start_traffic own "$scenario" "$@"
	start_watch "$@" || { not_ok "$label: watch begins" "$(<"$work/watch.err")"; return; }
	go_on own HOLD
	two_more_intervals
	cp "$work/watch.json" "$work/live.json"
	go_on own
	end_traffic own || { skip "$label $scenario" \
		"$(grep -m1 SKIP "$work/own.err")"; stop_watch; return; }
	two_more_intervals
	while read -r pid bytes; do
		check "$label $scenario: closed, pid $pid" "$(reported "$pid")" "$bytes"
	done < <(expected own)
	mv "$work/live.json" "$work/watch.json"
	[[ $scenario == *half_close* ]] || while read -r pid bytes; do
		check "$label $scenario: open, pid $pid" "$(reported "$pid")" "$bytes"
	done < <(expected own)
	check "$label $scenario: nothing unattributed" "$(unattributed)" 0/0
	stop_watch
}

says_so_in_one_line() {
	"${as_nobody[@]}" "$work/flowwatcher" watch --json -i 0.1 -c 1 >"$work/out" 2>"$work/err"
	check 'user: watch works' $? 0
	check 'user: and says in one line what it does instead' \
		"$(grep -c 'inet_diag and /proc instead' "$work/err")/$(wc -l <"$work/err")" 1/1
	"${as_nobody[@]}" "$work/flowwatcher" doctor >"$work/out" 2>&1
	check 'user: doctor names what is missing' \
		"$(grep -cE '^ +no +(processes of other users|other network namespaces|wire bytes)' "$work/out")" 3
	"${as_nobody[@]}" "$work/flowwatcher" stat -- true >"$work/out" 2>"$work/err"
	check 'user: stat cannot be had: not permitted' $? 3
}

others_are_unattributed() {
	local pid bytes
	start_traffic theirs tcp4 "${as_root[@]}"
	start_watch "${as_nobody[@]}"
	go_on theirs HOLD
	two_more_intervals
	go_on theirs
	end_traffic theirs
	two_more_intervals
	while read -r pid bytes; do
		check "user: no row for root's pid $pid" "$(reported "$pid")" none
	done < <(expected theirs)
	check "user: root's bytes are unattributed" "$(unattributed)" "$(expected_sum theirs)"
	stop_watch
}

# Bytes from before are not traffic; what comes later is.
begins_at_zero() {
	start_traffic old tcp4 "${as_nobody[@]}"
	go_on old HOLD
	start_watch "${as_nobody[@]}"
	two_more_intervals
	go_on old
	end_traffic old
	two_more_intervals
	check 'user: bytes from before are not traffic' \
		"$(jq -s 'map(select(.type == "usage")) | length' "$work/watch.json") $(unattributed)" '0 0/0'
	stop_watch
}

# Short connections that nobody saw may be missing, or be unattributed: never more than there was.
invents_nothing() {
	local sum all
	watch_options=(--backend sockdiag)
	start_watch "${as_root[@]}"
	"$work/fwtraffic" --scale 0.1 tcp_connections >"$work/short.expected" 2>"$work/short.err"
	two_more_intervals
	all=$(jq -rs 'map(select(.type == "interval"))
		| "\(map(.sent + .unattributed_sent) | add) \(map(.received + .unattributed_received) | add)"' \
		"$work/watch.json")
	sum=$(jq -rs '"\(map(.sent) | add) \(map(.received) | add)"' "$work/short.expected")
	if ((${all% *} <= ${sum% *} && ${all#* } <= ${sum#* })); then
		ok "short connections: seen of the bytes sent and received: $all of $sum"
	else
		not_ok 'short connections: more than there was' "$all of $sum"
	fi
	stop_watch
	watch_options=()
}

lists_ports_and_connections() {
	local pids rows
	start_traffic own tcp4 "${as_nobody[@]}"
	go_on own HOLD
	"${as_nobody[@]}" "$work/flowwatcher" conns --json 2>/dev/null >"$work/conns.json"
	"${as_root[@]}" "$work/flowwatcher" conns --json --backend sockdiag >"$work/conns_root.json"
	"${as_nobody[@]}" "$work/flowwatcher" ports --json 2>/dev/null >"$work/ports.json"
	go_on own
	end_traffic own
	pids=$(expected own | cut -d' ' -f1 | sort -n | paste -sd' ')
	rows=$(jq -r 'select(.protocol == "tcp" and .state == "ESTABLISHED") | .pid' "$work/conns.json" |
		sort -nu | paste -sd' ')
	check 'user: conns names the holders' "$rows" "$pids"
	rows=$(jq -r 'select(.protocol == "tcp" and .state == "ESTABLISHED") | .pid' \
		"$work/conns_root.json" | sort -nu | paste -sd' ')
	check 'root, sockdiag: conns names the same' "$rows" "$pids"
	check 'user: ports names who holds one' \
		"$(jq -rs --arg pids "$pids" 'map(select(.protocol == "tcp") | "\(.pid)")
			| length > 0 and all(.[]; inside($pids))' "$work/ports.json")" true
	check 'user: connection ids are stable and distinct' \
		"$(jq -r 'select(.protocol == "tcp") | .id' "$work/conns.json" | sort | uniq -d | wc -l)" 0
}

udp_is_listed_without_bytes() {
	start_traffic own udp4 "${as_nobody[@]}"
	start_watch "${as_nobody[@]}"
	go_on own HOLD
	"${as_nobody[@]}" "$work/flowwatcher" conns --json --all 2>/dev/null >"$work/conns.json"
	two_more_intervals
	check 'user: udp sockets are listed, without bytes' \
		"$(jq -rs 'map(select(.protocol == "udp")) | "\(length > 0) \(map(.sent + .received) | add)"' \
			"$work/conns.json")" 'true 0'
	check 'user: udp makes no traffic rows' \
		"$(jq -s 'map(select(.type == "usage")) | length' "$work/watch.json")" 0
	go_on own
	end_traffic own
	stop_watch
}

without_proc() {
	local code
	if ! unshare --mount true 2>"$work/err"; then
		skip 'no /proc' "no mount namespace can be made: $(<"$work/err")"
		return
	fi
	unshare --mount bash -c 'mount -t tmpfs none /proc && exec "$@"' - \
		"$work/flowwatcher" watch --backend sockdiag -c 1 >"$work/out" 2>"$work/err"
	code=$?
	check 'no /proc: fails' "$code" 1
	check 'no /proc: and says what to do' "$(grep -c 'mount procfs' "$work/err")" 1
}

# Root in a user namespace: uid 0 with its own processes, and no right to BPF.
in_a_container() {
	local enter=(unshare --user --map-root-user --pid --fork --mount --mount-proc --kill-child)
	local counts
	if ! "${enter[@]}" true 2>"$work/err"; then
		skip 'container' "user namespaces are not permitted: $(<"$work/err")"
		return
	fi
	FW_TEST_PART=container "${enter[@]}" bash "$0" "$work/flowwatcher" "$work/fwtraffic" \
		>"$work/out" 2>&1
	grep -v ' passed, ' "$work/out"
	counts=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' "$work/out")
	[[ -n $counts ]] || { not_ok 'container: the test ended early' \
		"$(tail -n 3 "$work/out")"; return; }
	read -r more_passed more_failed more_skipped <<<"$counts"
	((passed += more_passed, failed += more_failed, skipped += more_skipped))
}

if [[ $part == container ]]; then
	"$work/flowwatcher" watch --json -i 0.1 -c 1 >"$work/out" 2>"$work/err"
	check 'container: watch falls back by itself' \
		"$?/$(grep -c 'inet_diag and /proc instead' "$work/err")" 0/1
	exact_for_own_processes container tcp4 "${as_root[@]}"
	echo "$passed passed, $failed failed, $skipped skipped"
	exit $((failed != 0))
fi
says_so_in_one_line
for scenario in tcp4 tcp6 tcp_one_process4 tcp_half_close tcp_many_sockets6 uring_tcp4; do
	exact_for_own_processes user "$scenario" "${as_nobody[@]}"
done
others_are_unattributed
begins_at_zero
lists_ports_and_connections
udp_is_listed_without_bytes
watch_options=(--backend sockdiag)
exact_for_own_processes 'root, sockdiag' tcp4 "${as_root[@]}"
watch_options=()
invents_nothing
in_a_container
without_proc
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 ]]
