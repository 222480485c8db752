# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Limits: how exactly, beside whom, at what cost. What is measured lives in namespaces of its own,
# which end with it: a limit covers every network namespace that the command can see, and others are
# not to feel it. Read by bench/run.

limit_rounds=$(((rounds + 3) / 4)) # of what is compared; a figure alone is measured once

limits_need() {
	local program

	for program in ip:iproute2 tc:iproute2 nft:nftables setpriv:util-linux nsenter:util-linux \
		chrt:util-linux; do
		command -v "${program%:*}" >/dev/null ||
			fail "${program%:*} is missing: apt-get install ${program#*:}"
	done
}

limits_pid=0
limit_group=flowwatcher-bench-${state##*.}

# The namespaces end with the process that holds them; the group of one peer does not.
limits_release() {
	local group

	[ "$limits_pid" = 0 ] || kill -KILL "$limits_pid" 2>/dev/null
	for group in $(findmnt -rno TARGET -t cgroup2); do
		[ ! -d "$group/$limit_group" ] || await rmdir "$group/$limit_group"
	done
}

limits_measure() {
	limits_need
	chmod 711 "$state" # one peer runs as another user
	env here="$here" state="$state" tools="$tools" flowwatcher="$(realpath "$flowwatcher")" \
		group="$limit_group" rounds="$limit_rounds" seconds="$limit_seconds" \
		unshare --net --mount --pid --fork --kill-child \
		--mount-proc bash "$here/limits_apart.bash" &
	limits_pid=$!
	wait "$limits_pid" || fail 'the limits could not be measured'
	limits_pid=0
}
