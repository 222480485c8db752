#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Usage: layers_test.sh [SOURCE-TREE]
# Checks the form of the tree: who may include whom, that every header compiles alone, that file
# names are unique, that every source says its licence and none names a path of somebody's machine.
set -u
cd "${1:-$(dirname "$0")/..}" || exit 1

passed=0
failed=0
skipped=0

# verdict NAME FINDINGS: an empty second argument is a pass.
verdict() {
	if [ -z "$2" ]; then
		passed=$((passed + 1))
		echo "ok $1"
	else
		failed=$((failed + 1))
		echo "not ok $1"
		printf '%s\n' "$2" | sed 's/^/    /'
	fi
}

skip() {
	skipped=$((skipped + 1))
	echo "SKIP $1: $2"
}

# Every file of the project, without leading ./, but not what builds and git put there.
tree() {
	find . \( -name .git -o -path './build*' \) -prune -o -type f -print | sed 's,^\./,,' | sort
}

# allowed FOLDER: a regular expression of what sources below it may include in quotes.
allowed() {
	case $1 in
	abi) echo '^(abi/|core/types\.h$)' ;;
	core) echo '^(abi|core)/' ;;
	kernel/linux) echo '^(abi|core|kernel/linux)/' ;;
	kernel/windows) echo '^(abi|core|kernel/windows)/' ;;
	include/flowwatcher) echo '^((abi|core|flowwatcher)/|backend/backend\.h$)' ;;
	lib) echo '^((abi|core|flowwatcher|lib)/|backend/([a-z]+/[a-z]+_)?backend\.h$)' ;;
	# A `.bpf.h` is the kernel's alone; the plain header beside it is what both sides share.
	backend/linux) echo \
		'^((abi|core|flowwatcher|lib|backend/linux)/|backend/backend\.h$|kernel/linux/[a-z_]+\.h$|flowwatcher(_filter|_commit)?\.skel\.h$)' ;;
	backend/*) echo "^((abi|core|flowwatcher|lib|$1)/|backend/backend\\.h\$)" ;;
	backend) echo '^(abi|core|flowwatcher)/' ;;
	cli) echo '^((abi|core|flowwatcher|lib|cli)/|backend/([a-z]+/[a-z]+_)?backend\.h$)' ;;
	bench) echo '^((abi|core|flowwatcher|lib|kernel/windows)/|[a-z_]+\.h$)' ;;
	tests/*) echo '.' ;;
	*) echo 'NOTHING' ;;
	esac
}

# layer FILE: the folder whose rule holds for it.
layer() {
	case $1 in
	kernel/* | backend/*/* | include/* | tests/*) echo "$1" | cut -d/ -f1-2 ;;
	*) echo "${1%%/*}" ;;
	esac
}

check_includes() {
	tree | grep '\.[ch]$' | while read -r file; do
		pattern=$(allowed "$(layer "$file")")
		sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file" |
			grep -Ev "$pattern" | sed "s,^,$file may not include ,"
	done
}

check_names() {
	tree | sed 's,.*/,,' | grep -Evx 'meson\.build|README\.md|run|\.gitignore' | sort |
		uniq -d |
		sed 's/$/: several files have this name/'
}

# Text that is no program (seeds, captures, manuals) has no room for a licence line; LICENSES covers
# it.
check_licences() {
	tree | grep -E \
		'\.(c|h|sh|bt|py|build|[1-8])$|^(scripts|completions)/|(^|/)run$|^Makefile$' |
		while read -r file; do
			head -n 5 "$file" |
				grep -q 'SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only' ||
				echo "$file: the first lines lack the SPDX line"
		done
}

check_paths() {
	tree | grep -v '^tests/layers_test\.sh$' | while read -r file; do
		grep -InE '(^|[^[:alnum:]_.}$/-])/(home|work|Users)/[[:alnum:]]' "$file" |
			sed "s,^,$file: path of a machine: ,"
	done
}

compile_alone() {
	compiler=$1
	shift
	for header; do
		output=$(printf '#include "%s"\n' "$header" |
			$compiler -x c -std=gnu11 -D_GNU_SOURCE -I. -Iinclude \
			-fsyntax-only - 2>&1) || {
			echo "$header does not compile alone:"
			printf '%s\n' "$output" | head -n 3
		}
	done
}

kernel_headers() { tree | grep -E '^(abi|core|kernel/linux)/.*\.h$'; }
user_headers() {
	tree | grep -E '^(abi|core|include|lib|backend|cli|kernel)/.*\.h$' |
		grep -Ev '^kernel/linux/(.*\.bpf|kernel_types)\.h$|^kernel/windows/|^lib/posix/' |
		sed 's,^include/,,'
}
# The driver's, and what mingw's C library lacks of POSIX.
windows_headers() { tree | grep -E '^(abi|core|kernel/windows|lib/posix)/.*\.h$'; }

verdict 'every include follows the layers' "$(check_includes)"
verdict 'file names are unique' "$(check_names)"
verdict 'every source names its licence' "$(check_licences)"
verdict 'no path of a machine' "$(check_paths)"

if compiler=$(command -v "${CC:-cc}"); then
	# shellcheck disable=SC2046 # the names hold no spaces
	verdict 'user side: every header compiles alone' \
		"$(compile_alone "$compiler" $(user_headers))"
else
	skip 'user side: every header compiles alone' 'no C compiler: install gcc'
fi
if compiler=$(command -v x86_64-w64-mingw32-gcc); then
	ddk="$compiler -D_WIN32_WINNT=0x0501 -DNTDDI_WINVISTA=NTDDI_VISTA -isystem /usr/share/mingw-w64/include/ddk"
	# shellcheck disable=SC2046
	verdict 'windows: every header compiles alone' "$(compile_alone "$ddk" $(windows_headers))"
else
	skip 'windows: every header compiles alone' 'no compiler: install gcc-mingw-w64-x86-64-win32'
fi
clang=$(command -v clang || command -v clang-14)
if [ -z "$clang" ]; then
	skip 'kernel side: every header compiles alone' 'no clang: install clang'
elif ! echo '#include <bpf/bpf_helpers.h>' | $clang -target bpf -E - 2>&1 |
	grep -q bpf_helper_defs; then
	skip 'kernel side: every header compiles alone' 'no BPF headers: install libbpf-dev'
else
	target="$clang -target bpf -ffreestanding -D__TARGET_ARCH_x86"
	# shellcheck disable=SC2046
	verdict 'kernel side: every header compiles alone' \
		"$(compile_alone "$target" $(kernel_headers))"
fi

echo "layers: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
