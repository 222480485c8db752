# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What the tests of the generators have in common. To be sourced; `namespaces` may name some to be
# removed at the end.
passed=0
failed=0
skipped=0
namespaces=
work=$(mktemp -d) || exit 1
cleanup() {
	for name in $namespaces; do ip netns del "$name"; done
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

verdict() { # NAME REASON: no reason is a pass
	if [ -z "$2" ]; then
		passed=$((passed + 1))
		echo "ok $1"
	else
		failed=$((failed + 1))
		echo "not ok $1: $2"
	fi
}

skip() { # NAME REASON
	skipped=$((skipped + 1))
	echo "SKIP $1: $2"
}
