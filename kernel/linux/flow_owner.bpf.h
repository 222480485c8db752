/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Whose a socket is when a rule asks, and who began its connection. For every kind of BPF program;
 * what takes a packet's socket, for those that see packets.
 */
#ifndef FW_FLOW_OWNER_BPF_H
#define FW_FLOW_OWNER_BPF_H

#include "kernel/linux/multipath.bpf.h"
#include "kernel/linux/verdict.bpf.h"

/* Who touched the flow last; before anybody did, who made it, or had it when counting began. */
static __always_inline __u64 owner_of(const struct fw_flow_state *flow)
{
	if (flow->owner)
		return flow->owner;
	return flow->creator ? flow->creator : flow->holder;
}

static __always_inline __u8 stream_begun(const struct fw_flow_state *flow, __u32 state)
{
	if (flow->flags & FW_FLOW_CONNECTED || state == TCP_SYN_SENT)
		return BEGUN_HERE;
	if (flow->flags & FW_FLOW_ACCEPTED || state == TCP_LISTEN || state == TCP_SYN_RECV)
		return BEGUN_THERE;
	return BEGUN_UNKNOWN;
}

static __always_inline struct fw_flow_state *packet_flow(struct bpf_sock *sk)
{
	struct fw_flow_state *flow;

	flow = bpf_sk_storage_get(&flows, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (flow && flow->self != (__u64)sk)
		flow_begin(flow, (__u64)sk);
	return flow;
}

/* The address is read back because the verifier allows no arithmetic on the pointer itself. */
static __always_inline struct sock *packet_socket(const struct fw_flow_state *flow)
{
	return (struct sock *)*(volatile __u64 *)&flow->self;
}

/* The same of a packet's socket. Subflows of multipath TCP are the kernel's own sockets, and their
 * connection's. */
static __always_inline __u64 packet_owner(struct bpf_sock *sk, struct fw_flow_state *flow)
{
	if (!flow->owner)
		flow->owner = multipath_owner(sk);
	return owner_of(flow);
}

/*
 * The process that runs sends this packet itself, unless it is the kernel's own, or TCP sends what
 * waited and nobody has the socket locked. So a socket that was handed on is judged by who uses it
 * now.
 */
static __always_inline bool is_sent_by_current(struct bpf_sock *sk, struct sock *socket)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->flags & PF_KTHREAD || !task->tgid)
		return false;
	return sk->type != SOCK_STREAM || BPF_CORE_READ(socket, sk_lock.owned);
}

#endif
