# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
#      test's own namespaces (network, processes, mounts)         namespace `peer`
#      lo   fwlan0 10.9.0.1/24 fd09::1/64  ──────────────────  fwlan1 10.9.0.2/24 fd09::2/64   lo
#
# A second host for tests in namespaces of their own, and what there is at the adapters of both. To
# be sourced behind live_checks.bash. `links_but` and `filters_but` may be set: what sed(1) is to
# take out of a state.
there=/run/netns/peer

in_peer() { nsenter --net=$there "$@"; }

make_peer() {
	mount -t tmpfs none /run && mkdir -p /run/netns || return 1
	ip link set lo up
	ip netns add peer || return 1
	ip link add fwlan0 type veth peer name fwlan1 netns peer || return 1
	ip addr add 10.9.0.1/24 dev fwlan0
	ip -6 addr add fd09::1/64 dev fwlan0 nodad
	ip link set fwlan0 up
	ip -n peer addr add 10.9.0.2/24 dev fwlan1
	ip -n peer -6 addr add fd09::2/64 dev fwlan1 nodad
	ip -n peer link set fwlan1 up
	ip -n peer link set lo up
	sysctl -qw net.ipv6.conf.all.accept_ra=0 2>/dev/null
	in_peer sysctl -qw net.ipv6.conf.all.accept_ra=0 2>/dev/null
	return 0
}

devices() { ip "$@" -o link show | sed 's/^[0-9]*: \([^:@]*\).*/\1/'; } # [-n NAMESPACE]

# Adapters, queues and filters, without what the kernel numbers or counts.
state() { # NAMESPACE...: '' is the test's own
	local name device
	for name in "$@"; do
		ip ${name:+-n $name} -o link show | sed -E "s/^[0-9]*: //; ${links_but-}"
		tc ${name:+-n $name} qdisc show | sed 's/^\(qdisc [a-z]* \)[0-9a-f]*:/\1/'
		for device in $(devices ${name:+-n $name}); do
			tc ${name:+-n $name} filter show dev "$device" ingress
			tc ${name:+-n $name} filter show dev "$device" egress
		done |
			sed -E "s/^filter (parent ffff: |ingress |egress )?/filter /; ${filters_but-}"
	done 2>/dev/null
}
is_as_before() {
	state '' peer >"$work/after"
	diff "$work/before" "$work/after" | sed 's/^/# /'
	cmp -s "$work/before" "$work/after"
}
