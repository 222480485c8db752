# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Defects that are put back into copies of the TDI filter's sources, one at a time: what scripts that do it share. Read
# by tests/nt/tdi_defects_test.sh and limit_defects_test.sh at the top of the source tree, with `prefix`, the first word of
# the names of their tests. CC: the compiler.
compiler=${CC:-cc}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
flags="-std=gnu11 -g -O0 -w -fshort-wchar -fno-strict-aliasing -fsanitize=address,undefined"
flags="$flags -fno-sanitize-recover=undefined -D_GNU_SOURCE -Itests/nt -isystem tests/nt/include"
passed=0
failed=0

# object SOURCE INCLUDE-FOLDER OUTPUT
object() {
	# shellcheck disable=SC2086 # several flags
	$compiler $flags -Ikernel/windows/ddk -I"$2" -I. -c "$1" -o "$3"
}

# What stays as it is: the filter as it is, the fake kernel, the helpers and the tests of these names.
build_all() {
	mkdir -p "$folder/filter" "$folder/rest" "$folder/test"
	for source in kernel/windows/tdi_*.c kernel/windows/limit_*.c; do
		object "$source" . "$folder/filter/$(basename "$source" .c).o" || return 1
	done
	for source in tests/nt/nt_*.c tests/nt/fake_*.c tests/nt/tdi_client.c tests/nt/tdi_doubles.c \
		tests/nt/tdi_lower.c; do
		case $source in
		*_test.c | */nt_layouts.c | */nt_check.c) continue ;;
		esac
		object "$source" . "$folder/rest/$(basename "$source" .c).o" || return 1
	done
	for name; do
		object "tests/nt/${prefix}_${name}_test.c" . "$folder/test/$name.o" || return 1
	done
}

# program TEST FILTER-OBJECTS...
program() {
	name=$1
	shift
	# shellcheck disable=SC2086
	$compiler $flags -o "$folder/program" "$folder/test/$name.o" "$@" "$folder"/rest/*.o -lcmocka -lpthread
}

verdict() {
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok $2"
	else
		failed=$((failed + 1))
		echo "not ok $2: $3"
	fi
}

# without_defects TEST...: they have to pass.
without_defects() {
	for name; do
		program "$name" "$folder"/filter/*.o && timeout 120 "$folder/program" >"$folder/output" 2>&1
		verdict $? "${prefix}_${name}_test without a defect" "it fails"
	done
}

# defect NAME TEST FILE SED-SCRIPT
defect() {
	rm -rf "$folder/defect"
	mkdir -p "$folder/defect"
	cp "$folder"/filter/*.o "$folder/defect"
	sed -e "$4" "kernel/windows/$3.c" >"$folder/defect/$3.c"
	if cmp -s "kernel/windows/$3.c" "$folder/defect/$3.c"; then
		verdict 1 "$1" "the source has changed, the defect cannot be put back"
	elif ! object "$folder/defect/$3.c" . "$folder/defect/$3.o" || ! program "$2" "$folder"/defect/*.o; then
		verdict 1 "$1" "does not compile"
	else
		timeout 60 "$folder/program" >"$folder/output" 2>&1
		[ $? -ne 0 ]
		verdict $? "$1" "${prefix}_${2}_test passes with it"
	fi
}

if ! echo '#include <cmocka.h>' | $compiler -include stdarg.h -include setjmp.h -include stddef.h -include stdint.h \
	-E - >/dev/null 2>&1; then
	echo "SKIP the defects: no cmocka: install libcmocka-dev"
	echo "defects: 0 passed, 0 failed, 1 skipped"
	exit 0
fi
