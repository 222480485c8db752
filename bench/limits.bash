# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Limits: how exactly, beside whom, at what cost. What is measured lives in namespaces of its own, which end with
# it: a limit covers every network namespace that the command can see, and others are not to feel it. Read by
# bench/run.

limit_rounds=$(((rounds + 3) / 4)) # of what is compared; a figure alone is measured once

limits_need() {
	local program

	for program in ip:iproute2 tc:iproute2 nft:nftables setpriv:util-linux nsenter:util-linux chrt:util-linux; do
		command -v "${program%:*}" >/dev/null ||
			fail "${program%:*} is missing: apt-get install ${program#*:}"
	done
}

# What does not end with the namespaces: the group of one peer.
limits_release() {
	local group

	for group in $(findmnt -rno TARGET -t cgroup2); do
		[ ! -d "$group/flowwatcher-bench" ] || rmdir "$group/flowwatcher-bench"
	done
}

limits_measure() {
	limits_need
	chmod 711 "$state" # one peer runs as another user
	here=$here state=$state tools=$tools flowwatcher=$(realpath "$flowwatcher") rounds=$limit_rounds \
		seconds=$limit_seconds unshare --net --mount --pid --fork --kill-child --mount-proc \
		bash "$here/limits_apart.bash" || fail 'the limits could not be measured'
}
