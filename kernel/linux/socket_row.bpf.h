/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Describing a socket: the addresses and state of a `struct sock` in abi/ form. For every kind of
 * BPF program.
 */
#ifndef FW_SOCKET_ROW_BPF_H
#define FW_SOCKET_ROW_BPF_H

#include "kernel/linux/flow.bpf.h"

#include <bpf/bpf_endian.h>

static __always_inline __u8 family_of(__u16 family)
{
	return family == AF_INET ? FW_FAMILY_IPV4 :
	       family == AF_INET6 ? FW_FAMILY_IPV6 :
				    FW_FAMILY_PACKET;
}

/* All reads are probe reads: in the cgroup socket hooks the context is the socket, but the verifier
 * lets it be read neither as a BTF pointer nor, at close, through its UAPI fields. */
static __always_inline void describe_addresses(struct fw_connection *connection, struct sock *sk)
{
	if (connection->family == FW_FAMILY_IPV4) {
		BPF_CORE_READ_INTO((__u32 *)&connection->local_address, sk,
			__sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__u32 *)&connection->remote_address, sk, __sk_common.skc_daddr);
	} else {
		BPF_CORE_READ_INTO(&connection->local_address, sk,
			__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
		BPF_CORE_READ_INTO(&connection->remote_address, sk,
			__sk_common.skc_v6_daddr.in6_u.u6_addr8);
	}
	connection->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	if (!connection->local_port) /* given back already, as the socket ends */
		connection->local_port =
			bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	connection->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
}

/* Everything but counters and owner. */
static __always_inline void describe_socket(struct fw_connection *connection, struct sock *sk)
{
	connection->family = family_of(BPF_CORE_READ(sk, __sk_common.skc_family));
	connection->uid = BPF_CORE_READ(sk, sk_uid.val);
	connection->network_namespace = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	if (connection->family == FW_FAMILY_PACKET) {
		connection->protocol = FW_PROTOCOL_PACKET;
		return;
	}
	connection->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (BPF_CORE_READ(sk, sk_type) == SOCK_STREAM)
		connection->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	describe_addresses(connection, sk);
}

static __always_inline void describe_flow(struct fw_connection *connection,
	const struct fw_flow_state *flow)
{
	connection->id = flow->id;
	connection->opened_ns = flow->opened_ns;
	connection->counters = flow->counters;
}

/* The same with the socket at hand: one that was accepted and has moved nothing has no id yet. */
static __always_inline void describe_flow_of(struct fw_connection *connection,
	const struct fw_flow_state *flow, struct sock *sk)
{
	describe_flow(connection, flow);
	if (!connection->id)
		connection->id = bpf_get_socket_cookie(sk);
}

#endif
