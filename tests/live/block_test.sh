#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: block_test.sh FLOWWATCHER FWTRAFFIC [SCENARIO...]
# After `block` has returned, not one payload byte of the subject passes, in either direction, over any kind of
# socket; connections that were there are cut so that both ends learn of it. fwblock moves the bytes and keeps
# the ledger; what was sent after the block is told apart from what lay in a queue. Needs root, bash, jq and
# a kernel that allows BPF. Exit: 0 all passed, 1 something failed, 77 it cannot run here.
set -u
[ $# -ge 2 ] || { echo "usage: block_test.sh FLOWWATCHER FWTRAFFIC [SCENARIO...]" >&2; exit 2; }
fw=$(realpath "$1") fwblock=$(dirname "$(realpath "$2")")/fwblock
shift 2
. "$(dirname "$0")/live_checks.bash"
needs_nothing_loaded

loaded=
clean_up_more() { [ -z "$loaded" ] || "$fw" unload >/dev/null; }

# Can calls themselves be refused here?
has_calls=$("$fw" doctor --json |
	jq -rs 'any(.[]; .name == "fmod_ret/security_socket_recvmsg" and .state == "used")')

# Where calls cannot be refused (packet sockets pass no hook of cgroups; a socket that somebody else used last
# is known to be ours only after the first receive).
only_by_calls() {
	case $1 in
	packet_* | *_exec[46] | *_inherited[46] | *_passed[46] | *_passed_queued[46]) return 0 ;;
	esac
	return 1
}

explain() { sed 's/^/    /' "$work/ledger" "$work/messages"; }

# run_blocked SCENARIO FLAGS: 77 if this kernel cannot do it; the ledger is in $work/ledger.
run_blocked() {
	local subject result pid target arguments=()
	rm -f "$work"/{ready,go,ledger,messages}
	if [[ ,$2, == *,exe,* ]]; then
		cp "$fwblock" "$work/subject"
		arguments=(--subject-program "$work/subject")
	fi
	"$fwblock" run --own-netns --ready "$work/ready" --go "$work/go" "${arguments[@]}" "$1" \
		>"$work/ledger" 2>"$work/messages" &
	subject=$!
	children+=("$subject")
	until_true is_ready "$subject"
	if [ -s "$work/ready" ]; then
		read -r _ pid <"$work/ready"
		target=pid:$pid
		[[ ,$2, != *,exe,* ]] || target=exe:$work/subject
		"$fw" block "$target" >>"$work/messages" 2>&1 || return 1
		touch "$work/go"
	fi
	wait "$subject"
	result=$?
	"$fw" unblock --all >>"$work/messages" 2>&1
	return "$result"
}

is_ready() { [ -s "$work/ready" ] || ! kill -0 "$1" 2>/dev/null; }
# Without jq, whose start takes an emulated processor half a second.
has_leaked_nothing() { grep -q '"leaked":0,' "$work/ledger"; }
both_have_learned() { grep -q '"subject_learned":"' "$work/ledger" && ! grep -q '_learned":"nothing"' "$work/ledger"; }

# A connection that exists is cut: of those that are quiet, both ends see it.
has_two_ends() {
	case $1 in
	tcp_existing? | tcp_accepted? | tcp_queued_up? | tcp_queued_down? | uring? | sendfile? | zerocopy?) return 0 ;;
	esac
	return 1
}

scenario() { # NAME FLAGS
	if [ "$has_calls" != true ] && only_by_calls "$1"; then
		skip "$1: nothing passes" "this kernel cannot refuse calls (fmod_ret), see doctor"
		return
	fi
	run_blocked "$1" "$2"
	case $? in
	77) skip "$1" "$(tail -n 1 "$work/messages")" ; return ;;
	0) ;;
	*) check "$1 runs" false ; return ;;
	esac
	case $1 in
	tcp_orphan?) check_by_path "$1: nothing passes" has_leaked_nothing ;;
	*) check "$1: nothing passes" has_leaked_nothing ;;
	esac
	if has_two_ends "$1"; then
		check "$1: both ends learn" both_have_learned
	fi
}

"$fw" load || exit 1
loaded=yes
"$fwblock" list | cut -f1,2 >"$work/scenarios"
while read -r name flags <&3; do
	[ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
	scenario "$name" "$flags"
done 3<"$work/scenarios"
check "no rule is left" eval '[ -z "$("$fw" rules --json)" ]'
finish
