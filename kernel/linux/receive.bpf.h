/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a receive call's result means. TCP without an upper-layer protocol is counted where the
 * receive position moves (tcp.bpf.c), because splice() out of a socket passes no other hook;
 * everything else is counted by the result of the call.
 */
#ifndef FW_RECEIVE_BPF_H
#define FW_RECEIVE_BPF_H

#include "kernel/linux/flow.bpf.h"

/*
 * TCP whose receive position is the application's: no kTLS or MPTCP above it (ULP), and no reader
 * inside the kernel (sk_user_data: sockmap, NVMe, RPC), which would run in nobody's context.
 */
static __always_inline bool is_plain_tcp(struct sock *sk, struct tcp_sock *tcp)
{
	return tcp && !tcp->inet_conn.icsk_ulp_ops && !sk->sk_user_data;
}

/* Set before load: UDP is counted where a datagram is consumed (payload_fexit.bpf.c). */
extern const volatile bool udp_by_consume;

static __always_inline void charge_received(struct sock *sk, long result, int flags)
{
	if (result <= 0 || (flags & (MSG_PEEK | MSG_ERRQUEUE)) || !family_counts(sk))
		return;
	if (!(flags & MSG_OOB) && is_plain_tcp(sk, tcp_of(sk)))
		return;
	if (udp_by_consume && is_udp(sk))
		return;
	charge(flow_get(sk), FW_RECEIVED, result);
}

#endif
