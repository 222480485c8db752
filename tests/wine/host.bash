# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash
# Wine's driver host, for ring2 and filter_load: `wine_host x64|x86` makes a prefix's place and removes it at the end,
# begin_prefix makes the prefix. Its programs are "$wine"; $work is the test's own folder, $log what Wine said.
passed=0
failed=0

finish() {
	timeout 20 "$server" -k >/dev/null 2>&1 </dev/null
	timeout 20 "$server" -w >/dev/null 2>&1 </dev/null
	rm -rf "$work"
}

# cannot WHY: it ends as skipped.
cannot() {
	echo "$1"
	exit 77
}

wine_host() { # x64|x86
	case $1 in
	x64)
		wine=/usr/lib/wine/wine64 server=/usr/lib/wine/wineserver64 WINEARCH=win64
		[ -x "$wine" ] && [ -x "$server" ] || cannot 'no Wine: install wine64'
		;;
	x86)
		wine=/usr/lib/wine/wine server=/usr/lib/wine/wineserver32 WINEARCH=win32
		[ -x "$wine" ] && [ -x "$server" ] ||
			cannot 'no Wine for 32-bit programs: scripts/wine32-root makes a root that has it'
		;;
	*)
		echo "'$1' is neither x64 nor x86" >&2
		exit 2
		;;
	esac
	work=$(mktemp -d) || exit 1
	log=$work/host.log
	WINEPREFIX=$work/prefix WINEDEBUG=-all WINESERVER=$server
	WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe=d'
	export WINEPREFIX WINEARCH WINEDEBUG WINESERVER WINEDLLOVERRIDES
	unset DISPLAY WAYLAND_DISPLAY
	trap finish EXIT
	trap 'exit 1' INT TERM HUP
}

begin_prefix() {
	timeout 150 "$wine" wineboot -i >/dev/null 2>>"$work/boot.log" </dev/null || return 1
	timeout 20 "$server" -k >/dev/null 2>&1 </dev/null
	timeout 20 "$server" -w >/dev/null 2>&1 </dev/null
	# From now on it stays when no program runs.
	timeout 20 "$server" -p >/dev/null 2>>"$log" </dev/null
	timeout 60 "$wine" wineboot >/dev/null 2>>"$work/boot.log" </dev/null
}

# run LIMIT PROGRAM [ARGUMENT...]: output in $work/out, its errors in $work/err and in the log.
run() {
	local limit=$1 code
	shift
	timeout --kill-after=5 "$limit" "$wine" "$@" >"$work/out" 2>"$work/err" </dev/null
	code=$?
	cat "$work/err" >>"$log"
	return $code
}

says() { grep -q -- "$1" "$work/out" "$work/err"; }
service() { run 30 sc.exe "$@"; }

verdict() { # CODE NAME
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok $2"
	else
		failed=$((failed + 1))
		echo "not ok $2"
		head -n 5 "$work/out" "$work/err" 2>/dev/null | sed 's/^/    /'
	fi
}

check() { # NAME COMMAND...
	local name=$1
	shift
	"$@"
	verdict $? "$name"
}

conclude() {
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
