# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What the live tests of the kernel side have in common. To be sourced with $fw, the program under
# test, set; `tries` may be set before: how often until_true looks, 20 times a second; `limit`: the
# seconds that a program may take. Ends the test with 77 and the reason where it cannot run.
PATH=$PATH:/usr/sbin:/sbin
passed=0 failed=0 skipped=0
: "${tries:=200}"
children=() # to be killed at the end, however that comes

cannot() {
	echo "$1"
	exit 77
}

[ "$(id -u)" -eq 0 ] || cannot "needs root"
command -v jq >/dev/null || cannot "needs jq"
"$fw" doctor --json | jq -es 'any(.[]; .name == "BPF permitted" and .state == "used")' >/dev/null ||
	cannot "this kernel refuses BPF to us"
work=$(mktemp -d) || exit 1

kill_children() {
	local child
	for child in "${children[@]}"; do
		kill -CONT "$child" 2>/dev/null
		kill -KILL "$child" 2>/dev/null
	done
}

# Of a test that does more, before that.
clean_up_more() { :; }
clean_up() {
	kill_children
	clean_up_more
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# What a test has to show when a check of it fails.
explain() { tail -n 12 "$work/err" 2>/dev/null | sed 's/^/#   /'; }

check() { # WHAT COMMAND...
	local what=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
		echo "ok $what"
	else
		failed=$((failed + 1))
		echo "not ok $what"
		explain
	fi
}

skip() { # WHAT REASON
	skipped=$((skipped + 1))
	echo "ok $1 # SKIP $2"
}

# Its output goes to $work/out and $work/err.
exits() { # CODE COMMAND...: a program where `limit` is set
	local want=$1 code
	shift
	${limit:+timeout "$limit"} "$@" >"$work/out" 2>"$work/err"
	code=$?
	[ "$code" -eq "$want" ] && return 0
	echo "# exit code $code, expected $want: $*"
	return 1
}
says() { grep -q -- "$1" "$work/err"; }

# The kernel side's paths begin at the uppermost mount, which is not the root of a chroot.
in_chroot() { ! cut -d' ' -f5 /proc/self/mountinfo | grep -qx /; }

# As check, where paths of executables mean the same inside and outside.
check_by_path() {
	if in_chroot; then
		skip "$1" "paths of executables are not those of the machine in a chroot"
	else
		check "$@"
	fi
}

finish() {
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" -eq 0 ]
}

# until_true COMMAND...: waits, bounded, for it to succeed.
until_true() {
	local left
	for ((left = tries; left > 0; left--)); do
		"$@" && return 0
		sleep 0.05
	done
	return 1
}

needs_nothing_loaded() {
	! "$fw" status --json | jq -e .loaded >/dev/null || cannot "a kernel side is loaded already"
}

# Without jq, whose start takes an emulated processor half a second: it is asked in loops.
readers_are() { "$fw" status --json | grep -q "\"readers\":$1,"; }
is_stopped() { grep -q '^State:.T' "/proc/$1/status"; }

# What the machine's path of a program has in front of ours: in a chroot, the chroot's.
path_prefix() { # PROGRAM [ARGUMENT...]
	"$fw" events --json --types process_create -d 1.5 >"$work/prefix" 2>"$work/err" &
	local reader=$!
	while kill -0 "$reader" 2>/dev/null; do
		"$@" >"$work/ignored" 2>&1
		sleep 0.1
	done
	wait "$reader"
	jq -rs --arg path "$1" 'map(select(.cause == "exec" and (.exe // "" | endswith($path))))[0].exe // $path
		| rtrimstr($path)' "$work/prefix"
}
