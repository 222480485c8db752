# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Filters of addresses: what a packet costs that is dropped, or passed, under each, by the size of
# the list; how long a list takes to be loaded and replaced. What is measured lives in namespaces of
# its own. Read by bench/run.

filter_rounds=$(((rounds + 1) / 2))

filters_need() {
	local program

	for program in ip:iproute2 tc:iproute2 nsenter:util-linux taskset:util-linux; do
		command -v "${program%:*}" >/dev/null ||
			fail "${program%:*} is missing: apt-get install ${program#*:}"
	done
}

filters_pid=0

# The namespaces end with the process that holds them.
filters_release() {
	[ "$filters_pid" = 0 ] || kill -KILL "$filters_pid" 2>/dev/null
}

filters_measure() {
	filters_need
	env here="$here" state="$state" tools="$tools" flowwatcher="$(realpath "$flowwatcher")" \
		rounds="$filter_rounds" frames="$filter_frames" \
		unshare --net --mount --pid --fork --kill-child \
		--mount-proc bash "$here/filters_apart.bash" &
	filters_pid=$!
	wait "$filters_pid" || fail 'the filters could not be measured'
	filters_pid=0
}
