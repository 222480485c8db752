#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: usage_test.sh FLOWWATCHER
# Bad usage of every command: one line that names what is wrong and where help is, exit code 2,
# nothing on standard output. Then help and version, and output that cannot be written. Needs no
# privilege.
set -u
program=$(realpath "$1") || exit 1
export LC_ALL=C.UTF-8

passed=0
failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

verdict() { # NAME FINDING: an empty second argument is a pass
	if [ -z "$2" ]; then
		passed=$((passed + 1))
		echo "ok $1"
	else
		failed=$((failed + 1))
		echo "not ok $1: $2"
		sed 's/^/    /' "$work/err"
	fi
}

run() { # ARGUMENTS...: sets $code
	timeout 20 "$program" "$@" >"$work/out" 2>"$work/err" </dev/null
	code=$?
}

# refused CODE TEXT ARGUMENTS...: ends with CODE and says TEXT in one line
refused() {
	want=$1
	text=$2
	shift 2
	run "$@"
	finding=
	[ "$code" -eq "$want" ] || finding="exit code $code instead of $want"
	[ -s "$work/out" ] && finding="$finding, something on standard output"
	[ "$(wc -l <"$work/err")" -eq 1 ] || finding="$finding, not one line of message"
	grep -qF -- "$text" "$work/err" || finding="$finding, no '$text' in the message"
	verdict "flowwatcher $*" "$finding"
}

# bad TEXT COMMAND ARGUMENTS...: refused as bad usage, with the hint of the command
bad() {
	refused 2 "$@"
	grep -qF "try 'flowwatcher $2 --help'" "$work/err" ||
		verdict "flowwatcher $2: hint" "no hint to --help"
}

# The same for a subcommand of filter: bad_filter TEXT SUBCOMMAND ARGUMENTS...
bad_filter() {
	text=$1
	shift
	refused 2 "$text" filter "$@"
	grep -qF "try 'flowwatcher filter $1 --help'" "$work/err" ||
		verdict "flowwatcher filter $1: hint" "no hint to --help"
}

rule_commands='block unblock deny undeny limit unlimit rules'
long=$(printf '%05000d' 0 | tr 0 9)

refused 2 "unknown command 'wach'" wach
refused 2 "unknown command ''" ''
refused 2 "unknown command '--frobnicate'" --frobnicate
refused 2 "unknown command 'nothing'" help nothing
refused 2 "there is no 'nothing'; try 'flowwatcher filter --help'" help filter nothing

for command in load unload status watch stat conns ports events record replay doctor \
	$rule_commands; do
	bad "unknown option '--frobnicate'" $command --frobnicate
	bad "unknown option '-x'" $command -x
done
for command in load unload status watch conns ports events doctor; do
	bad "unexpected argument 'extra'" $command extra
done

for interval in '' 0 0.05 99ms -1 1x 1e3 abc 25h 99999999999999999999 ' 1' nan "$long"; do
	bad "" watch -i "$interval"
done
bad "interval '0.05' is not between" watch --interval 0.05
bad "'1x' is not a duration" watch -i 1x
for count in '' 0 -1 1.5 x 18446744073709551616 ' 1' "$long"; do
	bad "count" watch -c "$count"
	bad "count" events -c "$count"
done
bad "option '-i' needs a value" watch -i
bad "option '--interval' needs a value" watch --interval
bad "option '--target' needs a value" watch --target
bad "--by 'host'" watch --by host
bad "--classic" watch --classic --by connection
for command in watch conns ports events; do
	bad "backend 'xdp'" $command --backend xdp
	bad "is not a target" $command --target 80
	bad "is not a process id" $command --target pid:0
	bad "is not a process id" $command -p abc
	bad "is not a process id" $command -p -1
	bad "is not a process id" $command -p ''
	bad "does not begin with '/'" $command --target exe:curl
	bad "does not begin with '/'" $command --target cgroup:a
	bad "suffix" $command --target unit:ssh
	bad "there is no user" $command --target 'user:no such user'
	bad "" $command --target "exe:/$long"
	bad "" $command -p "$long"
done
for types in '' , process, ,process proces Process loss 10 "$long"; do
	bad "is no type of events; there are: process (process_create, process_exit)" events \
		--types "$types"
done
for buffer in '' 0 4095 1GiB1 1.1GiB 2GiB -1 64K ' 1MiB' x 99999999999999999999 "$long"; do
	bad "" events --buffer "$buffer"
done
bad "buffer '4095' is not between 4KiB and 1GiB" events --buffer 4095
bad "'64K' is not a number of bytes" events --buffer 64K
for duration in '' 0 0s -1 1x ' 1' "$long"; do
	bad "" events -d "$duration"
done
bad "duration '0s' is no time at all" events --duration 0s
for pid in '' 0 -1 abc 1x 2147483648 "$long"; do
	bad "is not a process id" events --tree "$pid"
done
for option in -p --types --tree --buffer -c -d; do
	bad "option '$option' needs a value" events $option
done
bad "no command given" stat
bad "no command given" stat --json --

bad "no file given" record
bad "no file given" record -d 1 ''
bad "unexpected argument 'b'" record a b
bad "is not between" record -i 0.01 "$work/new"
bad "is not a duration" record -d 1x "$work/new"
bad "no time at all" record -d 0 "$work/new"
bad "backend 'xdp'" record --backend xdp "$work/new"
bad "no recording given" replay
bad "is not a duration" replay --at noon "$work/new"
bad "'stat' cannot be replayed" replay "$work/new" stat
bad "unexpected argument 'watch'" replay --info "$work/new" watch

# Rules: targets, peers, rates, times, and what contradicts itself.
for command in block deny limit unblock undeny unlimit; do
	for target in '' 80x curl pid: pid:0 pid:-1 pid:x pid:2147483648 exe: cgroup:a unit:ssh \
		"pid:$long"; do
		bad '' $command "$target"
	done
	bad "there is no user" $command 'user:no such user'
	bad "longer than" $command "comm:$long"
	bad "longer than" $command "exe:/$long"
done
for command in block limit; do
	bad "no target given" $command
	bad "'comm:b' is one target too many" $command comm:a comm:b
	bad "--no-children is for pid: targets" $command comm:a --no-children
	for option in --for $([ $command = block ] && echo --to || echo --up --down); do
		bad "option '$option' needs a value" $command comm:a $option
	done
	for time in '' 0 0s 999ms -1 1x 10mins 3651d 99999999999999999999 "$long"; do
		bad '' $command comm:a --for "$time"
	done
	bad "time '0s' is not between 1s and 3650d" $command comm:a --for 0s
done
bad "no target given" deny
bad "'comm:b' is one target too many" deny comm:a comm:b
bad "unknown option '--no-children'" deny pid:$$ --no-children
bad "unknown option '--to'" deny comm:a --to ::1
bad "time '0s' is not between 1s and 3650d" deny comm:a --for 0s
bad "is a directory" block "exe:$work"
bad "is a directory" limit "exe:$work" --up 1MB/s
bad "unknown option '--up'" block comm:a --up 1MB/s
bad "unknown option '--to'" limit comm:a --to ::1
bad "contradict each other" block comm:a --only-incoming --only-outgoing
for peers in '' : :80 /8 10.0.0.0/33 10.0.0/8 10.0.0.1:0 10.0.0.1:65536 10.0.0.1:9-8 ::/129 '[::1' \
	example.org \
	fe80::1%eth0 "$long"; do
	bad '' block comm:a --to "$peers"
done
bad "write 10.0.0.0/8 for the network, 10.1.2.3 for the address" block comm:a --to 10.1.2.3/8
# shellcheck disable=SC2046 # seventeen times the same two words
bad "one too many" block comm:a $(yes -- '--to ::1' | head -n 17)
for rate in '' 0 -1 -1MB/s 999 10Mb/s 10Mbps '1 MB/s' 1M 2TB/s 1e6 x nan 99999999999999999999 \
	"$long"; do
	bad '' limit comm:a --up "$rate"
	bad '' limit comm:a --down "$rate"
done
bad "rate '0' lets nothing through" limit comm:a --up 0
bad "rate '-1MB/s' is negative" limit comm:a --down -1MB/s
bad "may mean bits or bytes; write MB/s for bytes, Mbit/s for bits" limit comm:a --up 10Mbps
bad "a number alone is bytes a second" limit comm:a --up 999
bad "nothing is limited; give --up RATE" limit comm:a
bad "nothing is limited" limit comm:a --up none --down unlimited
for command in unblock undeny unlimit; do
	bad "give a target, the number of a rule, or --all" $command
	bad "contradict each other" $command --all 3
	bad "is not the number of a rule" $command 0
	bad "is not the number of a rule" $command 4294967296
	bad "unexpected argument '4'" $command 3 4
done
bad "'list' is none of save, restore, clear" rules list
bad "no file given for save" rules save
bad "no file given for restore" rules restore --replace
bad "no file given for save" rules save ''
bad "unexpected argument 'b'" rules save a b
bad "unexpected argument 'a'" rules clear a
bad "--json is for the list alone" rules save --json a
bad "are for restore" rules --replace
bad "are for restore" rules clear --force

# Filter: subcommands, adapters, prefixes, files.
filter_commands='enum set get add remove setdflt stats test check follow query'
bad "give one of enum, set, get" filter
bad "unknown option '--json'; options stand behind" filter --json
bad "'list' is none of enum, set, get" filter list
bad "'' is none of" filter ''
for command in $filter_commands; do
	bad_filter "unknown option '--frobnicate'" $command --frobnicate
	bad_filter "unknown option '-x'" $command -x
done
for command in enum get setdflt stats; do
	bad_filter "unexpected argument 'extra'" $command extra
done
for command in set check; do
	bad_filter "no file given" $command
	bad_filter "no file given" $command ''
	bad_filter "unexpected argument 'b'" $command a b
done
bad_filter "unexpected argument 'b'" follow a b
for command in add remove; do
	bad_filter "no prefix given" $command --adapter eth0
	bad_filter "no adapter given; give --adapter NAME" $command 192.0.2.1
	for prefix in '' x 10.0.0.0/33 10.0.0/8 10.0.0.0/ ::/129 '[::1]' example.org fe80::1%eth0 \
		010.1.1.1 \
		10.0.0.9-10.0.0.1 10.0.0.1-::1 10.0.0.1:80 "$long"; do
		bad_filter '' $command --adapter eth0 "$prefix"
	done
	bad_filter "10.0.0.0/8" $command --adapter eth0 10.1.2.3/8
done
for name in '' 'a b' a/b '[a]' "$long"; do
	for command in enum get stats setdflt 'set f' 'add ::1' 'test ::1'; do
		# shellcheck disable=SC2086 # a command and its argument
		bad_filter "is no name of an adapter" $command --adapter "$name"
	done
done
bad_filter "no OID given" query --adapter eth0
bad_filter "no adapter given; give --adapter NAME" query 1
for oid in "" OID_NONE 0x 1x -1x 0x100000000; do
	bad_filter "" query --adapter eth0 -- "$oid"
done
# Behind '--' all is words, however many.
bad_filter "'-1' at character 1" add --adapter eth0 -- ::1 -1 ::2 ::3
bad_filter "unexpected argument 'b'" check -- a b c
refused 2 "one target too many" block -- comm:a comm:b
refused 2 "unexpected argument 'b'" unblock -- comm:a b
bad_filter "is one too many" get --adapter a --adapter b
bad_filter "'up' is no direction; choose in, out or both" get --direction up
bad_filter "'ebpf' is no hook; choose best, native, generic or tc" set --hook ebpf f
bad_filter "'csv' is no format" check --format csv f
bad_filter "--file names no file" test --file '' ::1
bad_filter "are for --file" test --skip-bad ::1
bad_filter "no address given" test
bad_filter "is not one address" test 10.0.0.0/8
bad_filter "is not one address" test 10.0.0.1-10.0.0.2
bad_filter "count" stats --top 0
bad_filter "count" stats -c x
bad_filter "is not between" stats -i 1ms
for option in --adapter --top -i -c; do
	bad_filter "option '$option' needs a value" stats $option
done
printf '192.0.2.1\n' >"$work/list"
bad_filter "$work/list names no adapter; give --adapter NAME, or --adapter '*'" set "$work/list"
bad_filter "$work/list names no adapter" follow "$work/list"
printf '[eth0]\n203.0.113.1\n' >"$work/list"
bad_filter "has lists for eth0 and others but none for eth1" set --adapter eth1 "$work/list"

# Nothing is loaded below an empty directory.
mkdir "$work/bpffs"
FLOWWATCHER_BPFFS=$work/bpffs
export FLOWWATCHER_BPFFS
not_loaded="the kernel side is not loaded; run 'flowwatcher load' first"
if "$program" status 2>&1 | grep -q '^not loaded'; then
	want=1
	"$program" rules 2>&1 | grep -q 'built without eBPF' &&
		want=4 not_loaded='built without eBPF'
	refused $want "$not_loaded" block comm:no-such
	refused $want "$not_loaded" limit comm:no-such --up 1MB/s
	refused $want "$not_loaded" unblock comm:a
	refused $want "$not_loaded" unlimit 3
	refused $want "$not_loaded" rules
	refused $want "$not_loaded" rules clear
	refused $want "$not_loaded" rules save "$work/new"
	refused $want "$not_loaded" filter enum
	refused $want "$not_loaded" filter set "$work/list"
	refused $want "$not_loaded" filter get
	refused $want "$not_loaded" filter add --adapter lo 192.0.2.1
	refused $want "$not_loaded" filter remove --adapter lo 192.0.2.1
	refused $want "$not_loaded" filter setdflt
	refused $want "$not_loaded" filter stats
	refused $want "$not_loaded" filter test 192.0.2.1
	refused $want "$not_loaded" filter query --adapter lo 0x00010107
	refused $want "$not_loaded" filter follow
	refused $want "$not_loaded" filter follow --once "$work/list"
fi
unset FLOWWATCHER_BPFFS
# What this system does not have is refused whatever is loaded.
refused 4 "not on Linux: deny" deny comm:no-such --dry-run
refused 4 "'flowwatcher block' cuts them off the network" undeny --all
printf 'block comm:a\ndeny comm:b\n' >"$work/rules"
refused 4 "$work/rules line 2: not on Linux: deny" rules restore --dry-run "$work/rules"
printf 'deny comm:b --to ::1\n' >"$work/rules"
refused 1 "$work/rules line 1" rules restore --dry-run "$work/rules"
refused 1 "process 2147483647 is not running" block pid:2147483647
refused 1 "process 2147483647 is not running" limit pid:2147483647 --up 1MB/s
refused 1 "matches process $$ (" block pid:$$
refused 1 "--force does it all the same" limit pid:1 --up 1MB/s
refused 1 "this command itself" block "user:$(id -u)"
refused 1 "opening $work/none: No such file" rules restore "$work/none"
refused 1 "reading $work: Is a directory" rules restore "$work"
refused 1 "$work/none" filter set "$work/none"
refused 1 "$work" filter check "$work"
printf 'eth0\n192.0.2.1\n192.0.2.300\n' >"$work/list"
refused 1 "$work/list" filter set --dry-run "$work/list"
grep -q 'line 3.*192\.0\.2\.300' "$work/err"
verdict 'flowwatcher filter set: the place of what is wrong' "$([ $? -eq 0 ] || echo 'not named')"
printf 'eth0\n0.0.0.0/0\n' >"$work/list"
refused 1 "force" filter set --dry-run "$work/list"
printf 'eth0\n192.0.2.1\n192.0.2.0/24\n' >"$work/list"
run filter set --dry-run "$work/list"
verdict 'flowwatcher filter set --dry-run' "$([ "$code" -eq 0 ] &&
	grep -qx 'would be: eth0 in and out: 1 IPv4 prefix, 1 added, 1 in wider ones merged' \
	"$work/out" ||
	echo "exit code $code")"
run filter test --file "$work/list" 192.0.2.9
verdict 'flowwatcher filter test --file: dropped' "$([ "$code" -eq 10 ] &&
	grep -qx "192.0.2.9: eth0 in and out: dropped by 192.0.2.0/24, $work/list line 3" \
	"$work/out" ||
	echo "exit code $code")"
run filter test --file "$work/list" --json 198.51.100.1
verdict 'flowwatcher filter test --file: passes' "$([ "$code" -eq 0 ] || echo "exit code $code")"
run filter check "$work/list"
verdict 'flowwatcher filter check' "$([ "$code" -eq 0 ] || echo "exit code $code")"
printf 'block comm:a\nblock nothing\n' >"$work/rules"
refused 1 "$work/rules line 2: 'block nothing': 'nothing' is not a target" rules restore \
	"$work/rules"
printf 'block comm:a\0b\n' >"$work/rules"
refused 1 "line 1: 'block comm:a': there is a zero byte" rules restore --dry-run "$work/rules"
refused 1 "/dev/zero line 1: '': the line is too long" rules restore /dev/zero
printf 'limit comm:a --up 1MB/s\nlimit comm:a --down 1MB/s\n' >"$work/rules"
refused 1 "line 1 limits this target already" rules restore "$work/rules"
printf '# fine\nblock comm:a --to ::1 --to 10.0.0.0/8\nlimit comm:a --up=1MB/s\n' >"$work/rules"
run rules restore --dry-run "$work/rules"
verdict 'flowwatcher rules restore --dry-run' \
	"$([ "$code" -eq 0 ] && grep -qx '3 rules are well formed' "$work/out" || echo "exit code $code")"
run block --dry-run --no-children pid:$$
verdict 'flowwatcher block --dry-run' \
	"$([ "$code" -eq 0 ] && grep -Eq "^ *$$ " "$work/out" || echo "exit code $code")"
run block --dry-run --json comm:no-such-process exe:
verdict 'flowwatcher block --dry-run of two targets' \
	"$([ "$code" -eq 2 ] || echo "exit code $code")"

# Things that are well formed but do not exist, or are something else.
refused 1 "there is no process 2147483647" watch -p 2147483647
refused 1 "there is no process 2147483647" events -p 2147483647
refused 1 "there is no process 2147483647" events --tree 2147483647
refused 4 "leave out --backend sockdiag" events --backend sockdiag
: >"$work/empty"
printf 'some text, longer than the header' >"$work/text"
refused 1 "opening $work/none/new" record --backend sockdiag "$work/none/new"
refused 1 "$work/empty exists already: --force" record --backend sockdiag "$work/empty"
refused 1 "opening $work: Is a directory" record --force --backend sockdiag "$work"
refused 1 "opening the recording $work/none" replay "$work/none" watch
refused 1 "$work is a directory" replay "$work" watch
refused 1 "not a regular file" replay /dev/null watch
refused 1 "$work/empty is empty" replay "$work/empty" watch
refused 1 "$work/text is not a recording" replay "$work/text" watch
[ -e "$work/new" ]
verdict 'flowwatcher record: bad usage makes no file' "$([ $? -ne 0 ] || echo 'it is there')"

# A recording without privilege: snapshots, for its owner alone, played without waiting.
run record --backend sockdiag -i 0.1 -d 0.3 "$work/recording"
finding=
[ "$code" -eq 0 ] || finding="exit code $code"
[ "$(stat -c %a "$work/recording")" = 600 ] || finding="$finding, its mode is not 0600"
verdict 'flowwatcher record' "$finding"
for words \
	in 'watch --json' 'watch --by connection --json' 'conns --json --all' 'ports --json --all' \
	'--at 0.1 watch' '--info'; do
	case $words in
	--at*) set -- --at 0.1 "$work/recording" watch ;;
	--info) set -- --info "$work/recording" ;;
	# shellcheck disable=SC2086 # a command and its options
	*) set -- "$work/recording" $words ;;
	esac
	run replay "$@"
	verdict "flowwatcher replay: $words" "$([ "$code" -eq 0 ] || echo "exit code $code")"
done
run replay "$work/recording" watch --json -p 2147483647
verdict 'flowwatcher replay: a process that does not exist here' \
	"$([ "$code" -eq 0 ] || echo "exit code $code")"
head -c 600 "$work/recording" >"$work/cut"
run replay "$work/cut" --info # a command's place
verdict 'flowwatcher replay: an option in place of the command' \
	"$([ "$code" -eq 2 ] || echo "exit code $code")"
run replay --info "$work/cut"
finding=
[ "$code" -eq 0 ] || finding="exit code $code"
grep -q 'was cut off' "$work/err" || finding="$finding, no notice"
verdict 'flowwatcher replay: a recording that was cut off' "$finding"
size=$(stat -c %s "$work/recording")
{
	head -c $((size - 100)) "$work/recording"
	printf x
	tail -c 99 "$work/recording"
} >"$work/damaged"
run replay "$work/damaged" watch --json
finding=
[ "$code" -eq 1 ] || finding="exit code $code"
[ -s "$work/out" ] || finding="$finding, nothing of what is intact"
grep -Eq 'damaged at offset [0-9]+; the [0-9]+ records before it are intact' "$work/err" ||
	finding="$finding, no message"
verdict 'flowwatcher replay: a damaged recording' "$finding"
run record --force --backend sockdiag -d 0.1 /dev/full
finding=
[ "$code" -eq 1 ] || finding="exit code $code"
grep -q 'writing /dev/full.*: No space left' "$work/err" || finding="$finding, no message"
verdict 'flowwatcher record on a full disk' "$finding"

for command in load unload status watch stat conns ports events record replay doctor filter \
	$rule_commands; do
	run $command --help
	finding=
	[ "$code" -eq 0 ] || finding="exit code $code"
	grep -q "^Usage: flowwatcher $command" "$work/out" || finding="$finding, no usage line"
	grep -q '^Example' "$work/out" || finding="$finding, no example"
	cp "$work/out" "$work/help"
	run help $command
	cmp -s "$work/out" "$work/help" || finding="$finding, 'help $command' is something else"
	verdict "flowwatcher $command --help" "$finding"
done
for command in $filter_commands; do
	run filter $command --help
	finding=
	[ "$code" -eq 0 ] || finding="exit code $code"
	grep -q "^Usage: flowwatcher filter $command" "$work/out" ||
		finding="$finding, no usage line"
	grep -q '^Example' "$work/out" || finding="$finding, no example"
	cp "$work/out" "$work/help"
	run help filter $command
	cmp -s "$work/out" "$work/help" ||
		finding="$finding, 'help filter $command' is something else"
	verdict "flowwatcher filter $command --help" "$finding"
done
for word in --help -h help; do
	run $word
	[ "$code" -eq 0 ] && [ -s "$work/out" ]
	verdict "flowwatcher $word" "$([ $? -eq 0 ] || echo "exit code $code")"
done
for word in --version -V version; do
	run $word
	finding=
	[ "$code" -eq 0 ] || finding="exit code $code"
	grep -Eq '^flowwatcher [0-9]+\.[0-9]+' "$work/out" || finding="$finding, no version"
	verdict "flowwatcher $word" "$finding"
done
run
verdict 'flowwatcher alone' "$([ "$code" -eq 2 ] || echo "exit code $code")"

# A full disk, a closed descriptor, a reader that has seen enough.
for command in --help version 'watch --help' 'doctor --json'; do
	# shellcheck disable=SC2086 # a command and its option
	timeout 20 "$program" $command >/dev/full 2>"$work/err"
	code=$?
	finding=
	[ $code -eq 1 ] || finding="exit code $code"
	grep -q 'No space left' "$work/err" || finding="$finding, no message"
	verdict "flowwatcher $command on a full disk" "$finding"
	# shellcheck disable=SC2086
	timeout 20 "$program" $command >&- 2>"$work/err"
	code=$?
	verdict "flowwatcher $command with standard output closed" \
		"$([ $code -eq 1 ] || echo "exit code $code")"
done
mkfifo "$work/pipe"
: >"$work/err"
sh -c ': <"$1"' reader "$work/pipe" & # opens the pipe and goes
"$program" --help >"$work/pipe" 2>"$work/err"
code=$?
wait
verdict 'flowwatcher --help to a reader that left' "$([ $code -eq 0 ] || echo "exit code $code")"

# A reader that stops reading: an interruption ends the command all the same, here the JSON of every
# process known, again and again, into a pipe that nobody empties.
exec 7<>"$work/pipe"
"$program" watch --backend sockdiag --json -i 0.1 >&7 2>"$work/err" &
watcher=$!
tries=0
# Fill what is left of the pipe, so that the next write must wait.
head -c 65536 /dev/zero | timeout 5 dd of="$work/pipe" bs=4096 oflag=nonblock 2>/dev/null
kill -TERM $watcher
while kill -0 $watcher 2>/dev/null && [ $tries -lt 200 ]; do
	tries=$((tries + 1))
	sleep 0.1 # polls for the end of the command
done
if [ $tries -lt 200 ]; then
	wait $watcher
	verdict 'flowwatcher watch, SIGTERM while its reader takes nothing' ''
else
	kill -KILL $watcher
	verdict 'flowwatcher watch, SIGTERM while its reader takes nothing' 'did not end'
fi
exec 7>&-

echo "usage: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
