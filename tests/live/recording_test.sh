#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#   fwtraffic ──── real traffic ────> record ────> FILE ────> replay watch, conns, ports
#       │                                                        │
#   expected bytes ───────────────── compared ───────────────────┘
#
# Usage: recording_test.sh FLOWWATCHER FWTRAFFIC
# What is replayed is what happened, to the byte, also when record is killed or its disk is full.
# Needs root, bash, jq and a kernel that allows BPF. Exit: 0 all passed, 1 something failed, 77 it
# cannot run here.
set -u

[ $# -ge 2 ] || { echo "usage: recording_test.sh FLOWWATCHER FWTRAFFIC" >&2; exit 2; }
fw=$(realpath "$1") traffic=$(realpath "$2")
limit=60
[ -z "${FW_IN_VM-}" ] || limit=300 # emulated processors
tries=$((limit * 7))
. "$(dirname "$0")/live_checks.bash"

holds() { jq -se "any(.[]; $2)" "$1" >/dev/null; }

record() { # FILE OPTION...: in the background, its pid in $recorder
	local file=$1
	shift
	"$fw" record -i 0.1 "$@" "$file" 2>"$work/record.err" &
	recorder=$!
	children+=("$recorder")
	until_true has_snapshots "$file" 2
}

info() { "$fw" replay --info "$1" 2>"$work/err"; }
has_snapshots() { # FILE COUNT: at least
	local count
	count=$(info "$1" | sed -n 's/^holds .* \([0-9]*\) snapshots.*/\1/p')
	[ "${count:-0}" -ge "$2" ]
}
more_snapshots() { # FILE: two that begin from now on, so that what is over by now is in the last
	local count
	count=$(info "$1" | sed -n 's/^holds .* \([0-9]*\) snapshots.*/\1/p')
	until_true has_snapshots "$1" $((count + 2))
}

stop_recorder() { # SIGNAL: the exit code is record's
	kill "-$1" "$recorder"
	wait "$recorder" 2>/dev/null
}

expected_of() { jq -s "[.[] | select(.role == \"$1\")][0].$2" "$work/expected"; }

# The bytes of a process of the traffic, as the totals of the replayed watch have them.
replayed_total() { # FILE ROLE FIELD
	"$fw" replay "$1" watch --json --all 2>"$work/err" |
		jq -s --argjson pid "$(expected_of "$2" pid)" \
			"[.[] | select(.type == \"total\" and .pid == \$pid) | .$3][0] // 0"
}

# The same, added up from the intervals.
replayed_intervals() { # FILE ROLE FIELD
	"$fw" replay "$1" watch --json 2>"$work/err" |
		jq -s --argjson pid "$(expected_of "$2" pid)" \
			"[.[] | select(.type == \"usage\" and .pid == \$pid) | .$3] | add // 0"
}

# And by connection; what stands behind the last interval is totals.
replayed_connections() { # FILE ROLE FIELD
	"$fw" replay "$1" watch --by connection --json 2>"$work/err" |
		jq -s --argjson pid "$(expected_of "$2" pid)" \
			". as \$all | ([range(length) | select(\$all[.].type == \"interval\")] | max) as \$totals |
			 [.[:\$totals][] | select(.type == \"connection\" and .pid == \$pid) | .interval_$3] | add // 0"
}

same() { # HOW FILE ROLE FIELD
	local got want
	got=$("$1" "$2" "$3" "$4") want=$(expected_of "$3" "$4")
	[ "$got" = "$want" ] && [ "$want" -gt 0 ] && return 0
	echo "# $3 $4: $got replayed, $want moved"
	return 1
}

compare() { # WHAT FILE
	local how
	for how in replayed_total replayed_intervals replayed_connections; do
		check "$1: $how, client sent" same "$how" "$2" client sent
		check "$1: $how, server received" same "$how" "$2" server received
	done
}

# --- a recording that ends in order
file=$work/ordered.fwr
check "record begins" record "$file"
"$traffic" -o "$work/expected" tcp4
more_snapshots "$file"
stop_recorder INT
check "record ends with 0 on Ctrl-C" test $? -eq 0
check "  and says what it recorded" grep \
	-q "recorded [0-9]* events and [0-9]* snapshots into $file" "$work/record.err"
check "only its owner can read it" test "$(stat -c %a "$file")" = 600
check "replay of it" exits 0 "$fw" replay "$file" watch
check "  has nothing to complain about" test ! -s "$work/err"
compare "ordered" "$file"
check "ports taken are replayed" exits 0 "$fw" replay "$file" ports --follow --json
check "  with their process" holds "$work/out" \
	".action == \"taken\" and .pid == $(expected_of server pid)"
check "  and released ones" holds "$work/out" '.action == "released"'
produced_is_delivered_and_lost() {
	awk '/^type / { on = 1; next } on && $2 != $3 + $4 { bad = 1 } END { exit bad || !on }' \
		"$work/record.err"
}
check "produced = delivered + lost" produced_is_delivered_and_lost
check "it is not overwritten" exits 1 "$fw" record "$file"
check "  and the message says how" says --force
check "--force overwrites it" exits 0 "$fw" record --force -d 0.2 "$file"
check "  with a whole recording" exits 0 "$fw" replay --info "$file"

# --- connections and ports at the end, with a socket that stays
file=$work/held.fwr
exec 6<>/dev/udp/127.0.0.1/9
echo held >&6
check "record with a socket held" exits 0 "$fw" record -d 0.5 -i 0.1 "$file"
"$fw" replay "$file" conns --json --all -p $$ >"$work/conns" 2>"$work/err"
check "conns shows whose it is" holds "$work/conns" \
	".pid == $$ and .protocol == \"udp\" and .remote_port == 9"
"$fw" replay --at 0 "$file" ports --json --all --udp -p $$ >"$work/ports" 2>"$work/err"
check "ports --at 0 too" holds "$work/ports" ".pid == $$"
exec 6>&-

# --- killed: what was written is there
file=$work/killed.fwr
check "record begins again" record "$file"
"$traffic" -o "$work/expected" tcp4
more_snapshots "$file"
stop_recorder KILL
check "record is killed" test $? -eq 137
check "what it wrote is readable" exits 0 "$fw" replay "$file" watch
check "  with a notice" says 'was cut off'
compare "killed" "$file"

# --- no room, no reader
check "a full disk ends record" exits 1 "$fw" record --force -i 0.1 /dev/full
check "  and is named" says 'writing /dev/full.*No space left'
if mkdir "$work/small" && mount -t tmpfs -o size=16k none "$work/small" 2>"$work/err"; then
	check "a disk that fills up ends record" exits 1 "$fw" record -i 0.1 "$work/small/full.fwr"
	check "  and is named" says "$work/small/full.fwr"
	check "what is on it is readable" exits 0 "$fw" replay "$work/small/full.fwr" watch
	check "  with a notice" says 'was cut off'
	umount "$work/small"
else
	skip "a disk that fills up" "tmpfs cannot be mounted"
fi
timeout "$limit" "$fw" record -i 0.1 - 2>"$work/err" | head -c 3000 >"$work/piped.fwr"
check "a pipe that is closed ends record" test "${PIPESTATUS[0]}" -eq 1
check "  and is named" says 'writing standard output.*Broken pipe'
check "what came through is readable" exits 0 "$fw" replay --info "$work/piped.fwr"
timeout "$limit" "$fw" record -i 0.1 -d 0.5 - >"$work/piped.fwr" 2>"$work/err"
check "through a pipe" exits 0 "$fw" replay "$work/piped.fwr" watch
check "a file that cannot be made leaves no session" exits 1 "$fw" record "$work/none/file"

finish
