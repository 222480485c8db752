/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Per-socket state, and charging bytes to a socket and to the process that runs. For BPF programs;
 * charge_*() only in process context.
 */
#ifndef FW_FLOW_BPF_H
#define FW_FLOW_BPF_H

#include "kernel/linux/process.bpf.h"

enum fw_direction { FW_SENT, FW_RECEIVED };

static __always_inline bool family_counts(struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;

	return family == AF_INET || family == AF_INET6 || family == AF_PACKET;
}

/*
 * The socket as TCP, or NULL. The type is checked first because a raw socket of protocol TCP is not
 * a tcp_sock, and the bpf_skc_to_tcp_sock() of Linux 6.1 takes it for one.
 */
static __always_inline struct tcp_sock *tcp_of(struct sock *sk)
{
	return sk->sk_type == SOCK_STREAM ? bpf_skc_to_tcp_sock(sk) : 0;
}

static __always_inline bool is_udp(struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_UDP || sk->sk_protocol == IPPROTO_UDPLITE;
}

/* A packet's socket, if it is one that can have state: no request, nor what is left of a
 * connection. NULL: none. */
static __always_inline struct bpf_sock *full_socket_of(struct __sk_buff *skb)
{
	struct bpf_sock *sk = (struct bpf_sock *)skb->sk_pointer;

	return sk ? bpf_sk_fullsock(sk) : 0;
}

/* State of a new socket, or a fresh clone of its listener's (only owner, creator and holder
 * stay). */
static __always_inline void flow_begin(struct fw_flow_state *flow, __u64 self)
{
	if (flow->self) {
		flow->counters = (struct fw_counters){};
		flow->unclaimed_sent = flow->unclaimed_received = 0;
		flow->seen_sequence = flow->urgent_seen = 0;
		flow->sequence_state = FW_SEQUENCE_UNKNOWN;
		flow->flags = FW_FLOW_BORN;
		flow->since_ns = 0;
		flow->last_remote_port = 0;
		flow->told_rule = 0;
	}
	flow->id = 0;
	flow->opened_ns = bpf_ktime_get_boot_ns();
	flow->self = self;
}

/* The same without the socket's id: the kernel gives a connection its cookie only after the first
 * hook that sees it. */
static __always_inline struct fw_flow_state *flow_get_newborn(struct sock *sk)
{
	struct fw_flow_state *flow;

	flow = bpf_sk_storage_get(&flows, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!flow) {
		__sync_fetch_and_add(&machine.flow_failures, 1);
		return 0;
	}
	if (flow->self != (__u64)sk)
		flow_begin(flow, (__u64)sk);
	return flow;
}

/* The state of a socket, made if need be; NULL: no memory (counted). */
static __always_inline struct fw_flow_state *flow_get(struct sock *sk)
{
	struct fw_flow_state *flow = flow_get_newborn(sk);

	if (flow && !flow->id)
		flow->id = bpf_get_socket_cookie(sk);
	return flow;
}

/* Wire bytes that came before anybody owned the flow go to its first owner. */
static __always_inline void claim(struct fw_flow_state *flow, struct fw_process_state *process)
{
	if (flow->unclaimed_sent)
		__sync_fetch_and_add(&process->counters.wire_sent,
			__sync_lock_test_and_set(&flow->unclaimed_sent, 0));
	if (flow->unclaimed_received)
		__sync_fetch_and_add(&process->counters.wire_received,
			__sync_lock_test_and_set(&flow->unclaimed_received, 0));
}

/* The row of the running process, which is the flow's owner from now on; NULL: no room or
 * memory. */
static __always_inline struct fw_process_state *owner_row(struct fw_flow_state *flow, __u64 handle)
{
	struct fw_process_state *process = 0;
	__u32 slot = flow->owner_row;

	if (handle && flow->owner == handle)
		process = row_at(slot, handle);
	if (process)
		return process;
	if (handle == machine.cutter)
		return 0;
	process = process_get(handle, &slot);
	if (!process)
		return 0;
	flow->owner_row = slot;
	flow->owner = handle;
	if (!flow->creator)
		flow->creator = handle;
	return process;
}

static __always_inline void counters_add(struct fw_counters *counters,
	enum fw_direction direction, __u64 bytes)
{
	if (direction == FW_SENT)
		__sync_fetch_and_add(&counters->sent, bytes);
	else
		__sync_fetch_and_add(&counters->received, bytes);
}

static __always_inline void charge_process(struct fw_process_state *process,
	enum fw_direction direction, __u64 bytes)
{
	counters_add(process ? &process->counters : &machine.unattributed, direction, bytes);
}

/* The running process moved `bytes` of payload through the flow (NULL: only the process counts). */
static __always_inline void charge(struct fw_flow_state *flow, enum fw_direction direction,
	__u64 bytes)
{
	struct fw_process_state *process;
	__u32 slot;

	if (!flow) {
		charge_process(process_get(current_handle(), &slot), direction, bytes);
		return;
	}
	process = owner_row(flow, current_handle());
	charge_process(process, direction, bytes);
	counters_add(&flow->counters, direction, bytes);
	if (process)
		claim(flow, process);
}

#endif
