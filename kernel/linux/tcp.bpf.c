/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * TCP: payload received (wherever the receive position moves), birth, states and end of
 * connections.
 */
#include "kernel/linux/connection.bpf.h"
#include "kernel/linux/receive.bpf.h"

#include <bpf/bpf_tracing.h>

static __always_inline bool socket_flag(struct sock *sk, int flag)
{
	return sk->__sk_common.skc_flags & (1ul << flag);
}

/*
 * Position up to which the application has consumed payload. A read that also ate the FIN (splice
 * and other tcp_read_sock users do) moved copied_seq one further than the payload reaches.
 */
static __always_inline __u32 consumed_sequence(struct sock *sk, struct tcp_sock *tcp)
{
	__u32 position = tcp->copied_seq;

	if (position == tcp->rcv_nxt &&
		socket_flag(sk, bpf_core_enum_value(enum sock_flags, SOCK_DONE)))
		position--;
	return position;
}

/* 1 if the urgent byte was skipped over between two positions: it is read by MSG_OOB or not at
 * all. */
static __always_inline __u32 urgent_hole(struct fw_flow_state *flow, struct sock *sk,
	struct tcp_sock *tcp, __u32 position)
{
	__u32 urgent = tcp->urg_seq;

	if (!urgent || urgent == flow->urgent_seen)
		return 0;
	if ((__s32)(urgent - flow->seen_sequence) < 0 || (__s32)(position - urgent) <= 0)
		return 0;
	flow->urgent_seen = urgent;
	return !socket_flag(sk, bpf_core_enum_value(enum sock_flags, SOCK_URGINLINE));
}

/* While something above TCP reads (a sockmap may come and go), its calls count and the position
 * runs on uncounted. */
static __always_inline void forget_position(struct sock *sk)
{
	struct fw_flow_state *flow = bpf_sk_storage_get(&flows, sk, 0, 0);

	if (!flow)
		return;
	flow->sequence_state = FW_SEQUENCE_UNKNOWN;
	flow->flags &= ~FW_FLOW_BORN;
}

/*
 * Every reader of a TCP socket passes here after taking data, in its own context: recv, splice,
 * io_uring, TCP_ZEROCOPY_RECEIVE. The socket is locked, so the flow's positions have one writer.
 */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(fw_tcp_consumed, struct sock *sk)
{
	struct tcp_sock *tcp = tcp_of(sk);
	struct fw_flow_state *flow;
	__u32 position, bytes;

	if (!tcp)
		return 0;
	if (!is_plain_tcp(sk, tcp)) {
		forget_position(sk);
		return 0;
	}
	flow = flow_get(sk);
	if (!flow)
		return 0;
	position = consumed_sequence(sk, tcp);
	if (flow->sequence_state != FW_SEQUENCE_KNOWN) {
		/* Of a connection from before `load` only what follows counts; of a younger one,
		 * all. */
		flow->seen_sequence = flow->flags & FW_FLOW_BORN ?
					      tcp->rcv_nxt - (__u32)tcp->bytes_received :
					      position;
		flow->sequence_state = FW_SEQUENCE_KNOWN;
	}
	bytes = position - flow->seen_sequence;
	if (!bytes)
		return 0;
	bytes -= urgent_hole(flow, sk, tcp, position);
	flow->seen_sequence = position;
	if (bytes)
		charge(flow, FW_RECEIVED, bytes);
	return 0;
}

/* connect(): the caller owns the connection from its first segment on. */
static __always_inline void begin_connect(struct sock *sk)
{
	struct fw_flow_state *flow = flow_get(sk);

	if (!flow)
		return;
	/* A socket may be connected again after a disconnect: its sequence numbers start anew. */
	flow->sequence_state = FW_SEQUENCE_UNKNOWN;
	flow->flags = (flow->flags | FW_FLOW_BORN | FW_FLOW_CONNECTED) & ~FW_FLOW_ACCEPTED;
	flow->opened_ns = bpf_ktime_get_boot_ns();
	flow_touch(flow);
}

static __always_inline void begin_listen(struct sock *sk)
{
	struct fw_flow_state *flow = flow_get(sk);

	if (!flow)
		return;
	flow_touch(flow);
	if (!(flow->flags & FW_FLOW_PORT_SHOWN))
		port_taken(flow, sk);
}

/* A child of a listener: flow_get_newborn() resets what it inherited. */
static __always_inline void begin_accepted(struct sock *sk)
{
	struct fw_flow_state *flow = flow_get_newborn(sk);

	if (flow)
		flow->flags |= FW_FLOW_BORN | FW_FLOW_ACCEPTED;
}

/* Half of the changes of state are of no interest here. */
static __always_inline bool is_acted_on(int state)
{
	return state < TCP_FIN_WAIT1 || state == TCP_CLOSE || state == TCP_LISTEN;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(fw_tcp_state, struct sock *sk, int old_state, int new_state)
{
	if (!is_acted_on(new_state) || !tcp_of(sk))
		return 0;
	switch (new_state) {
	case TCP_SYN_SENT:
		begin_connect(sk);
		break;
	case TCP_SYN_RECV:
		if (old_state != TCP_SYN_SENT)
			begin_accepted(sk);
		break;
	case TCP_LISTEN:
		begin_listen(sk);
		break;
	case TCP_ESTABLISHED:
		connection_opened(sk);
		break;
	case TCP_CLOSE:
		if (old_state == TCP_LISTEN)
			port_released(sk);
		else
			keep_addresses(sk);
		break;
	}
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(fw_tcp_destroyed, struct sock *sk)
{
	connection_closed(sk);
	return 0;
}
