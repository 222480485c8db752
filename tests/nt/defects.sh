#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Read by the *_defects_test.sh beside it, from the top of the sources: known defects are put back into copies of a driver's
# sources, one at a time, and the test that is named for each is expected to fail. A line of their tables that no longer
# changes its file is a failure too. CC: the compiler.
#
# They set $tests, which begins the names of their test programs (control, of control_events_test), $sources, the folder of
# what the defects are put into, and $around, what goes before and behind a part of a test's name so that the programs
# take it. $seeds, if it is set: of the scheduler, for each scenario of a test that is to fail.
# shellcheck disable=SC2154 # set by who reads this
set -u
compiler=${CC:-cc}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
flags="-std=gnu11 -g -O0 -w -fshort-wchar -fno-strict-aliasing -fsanitize=address,undefined"
flags="$flags -fno-sanitize-recover=undefined -D_GNU_SOURCE -Itests/nt -isystem tests/nt/include"
libraries=-lpthread
fake='tests/nt/nt_*.c tests/nt/ndis_*.c tests/nt/fake_*.c' # the kernel, and what it has above and below a driver
seeds=
passed=0
failed=0

object() { # SOURCE OUTPUT
	# shellcheck disable=SC2086 # several flags
	$compiler $flags -Ikernel/windows/ddk -I. -c "$1" -o "$2"
}

# objects FOLDER SOURCE...: those that are no tests.
objects() {
	into=$folder/$1
	mkdir -p "$into"
	shift
	for source; do
		case $source in
		*_test.c | */nt_*layouts.c | */ndis_player.c | */ndis_through.c) continue ;;
		esac
		object "$source" "$into/$(basename "$source" .c).o" || return 1
	done
}

program() { # TEST OBJECTS...
	name=$1
	shift
	# shellcheck disable=SC2086
	$compiler $flags -o "$folder/program" "$folder/test/$name.o" "$@" "$folder"/rest/*.o $libraries
}

verdict() { # CODE NAME WHY
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok $2"
	else
		failed=$((failed + 1))
		echo "not ok $2: $3"
	fi
}

needs_cmocka() {
	if ! echo '#include <cmocka.h>' | $compiler -include stdarg.h -include setjmp.h -include stddef.h -include stdint.h \
		-E - >/dev/null 2>&1; then
		echo "SKIP the defects: no cmocka: install libcmocka-dev"
		echo "defects: 0 passed, 0 failed, 1 skipped"
		exit 0
	fi
}

# without_defects TEST...: the programs are made, and pass with what is in folder `whole`, or the rest would say nothing.
without_defects() {
	mkdir -p "$folder/test"
	for test; do
		object "tests/nt/${tests}_${test}_test.c" "$folder/test/$test.o" || exit 1
		program "$test" "$folder"/whole/*.o && NT_SEEDS=20 timeout 120 "$folder/program" >"$folder/output" 2>&1
		verdict $? "${tests}_${test}_test without a defect" "it fails"
	done
}

# defect NAME TEST-PROGRAM TEST FILE SED-SCRIPT: the test, of which a part of the name is given, is to fail. FILE is one of
# folder `whole`, of the driver's own or of what both drivers have.
defect() {
	source=$sources/$4.c
	[ -e "$source" ] || source=$sources/../$4.c
	rm -rf "$folder/defect"
	cp -r "$folder/whole" "$folder/defect"
	sed -e "$5" "$source" >"$folder/defect/$4.c"
	if cmp -s "$source" "$folder/defect/$4.c"; then
		verdict 1 "$1" "the source has changed, the defect cannot be put back"
	elif ! object "$folder/defect/$4.c" "$folder/defect/$4.o"; then
		verdict 1 "$1" "does not compile"
	else
		fails "$@"
	fi
}

# core_defect NAME TEST-PROGRAM TEST HEADER SED-SCRIPT FILE: the same, in a header of core/ as FILE of the driver's own sees it.
core_defect() {
	rm -rf "$folder/defect"
	cp -r "$folder/whole" "$folder/defect"
	mkdir "$folder/defect/core"
	sed -e "$5" "core/$4.h" >"$folder/defect/core/$4.h"
	if cmp -s "core/$4.h" "$folder/defect/core/$4.h"; then
		verdict 1 "$1" "the source has changed, the defect cannot be put back"
	elif ! (flags="-I$folder/defect $flags" && object "$sources/$6.c" "$folder/defect/$6.o"); then
		verdict 1 "$1" "does not compile"
	else
		fails "$@"
	fi
}

fails() { # NAME TEST-PROGRAM TEST: with what is in folder `defect`
	if ! program "$2" "$folder"/defect/*.o; then
		verdict 1 "$1" "does not compile"
		return
	fi
	env ${seeds:+NT_SEEDS=$seeds} timeout 60 "$folder/program" "$around$3$around" >"$folder/output" 2>&1
	[ $? -ne 0 ]
	verdict $? "$1" "${tests}_${2}_test \"$3\" passes with it"
}

# Last of all: the sums, and the exit code.
defects_end() {
	echo "defects: $passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
