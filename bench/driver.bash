# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The Windows drivers in their host build: what they add to a request and to a packet, what an event costs, memory.
# Read by bench/run.

driver_measure() {
	say 'nt: requests, events, memory and limits of the Windows driver'
	[ -x "$tools/bench_driver" ] || fail "no program $tools/bench_driver (is -Dnt disabled in it?)"
	"$tools/bench_driver" $((rounds > 99 ? 99 : rounds)) >"$state/nt.md" ||
		fail 'the Windows driver could not be measured'
	"$tools/bench_packet_filter" $((rounds > 99 ? 99 : rounds)) >>"$state/nt.md" ||
		fail 'the packet filter of Windows could not be measured'
}
