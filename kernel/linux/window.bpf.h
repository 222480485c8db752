/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * TCP senders elsewhere keep a receive window full of data in a limit's queue. The window that
 * limited processes advertise is made smaller on its way out, so that the queue stays short however
 * many connections share it. For the shaper's program at egress.
 *
 * The size is found by trying, one for all connections of a limit: smaller while packets wait long,
 * larger while they do not. The receiver itself goes on accepting what it would have accepted.
 */
#ifndef FW_WINDOW_BPF_H
#define FW_WINDOW_BPF_H

#include "kernel/linux/limit.bpf.h"
#include "kernel/linux/packet.bpf.h"

#define WINDOW_SHORT_NS 80000000ull  /* the queue could do with more */
#define WINDOW_LONG_NS 200000000ull  /* it is too long */
#define WINDOW_PERIOD_NS 50000000ull /* between two steps, and no less than the queue is long */
#define WINDOW_LEAST 4096u	     /* bytes */
#define WINDOW_MOST (64u << 20)
#define FLAGS_OFFSET 13u
#define WINDOW_OFFSET 14u /* in the TCP header */
#define CHECKSUM_OFFSET 16u
#define SYN_FLAG 0x02

static __always_inline __u32 window_within(__u64 window)
{
	if (window > WINDOW_MOST)
		return WINDOW_MOST;
	return window < WINDOW_LEAST ? WINDOW_LEAST : window;
}

/* What takes a 64th of a second: many connections may begin at once. */
static __always_inline __u32 window_first(__u64 rate)
{
	return window_within(rate / 64);
}

/* One step at a time, by whoever comes first. */
static __always_inline __u32 window_of(struct fw_limit_state *state, __u64 rate, __u64 now)
{
	__u64 stepped = state->window_ns;
	__u64 debt = fw_token_bucket_debt_ns(state->received.paid_ns, now);
	__u32 window = state->window;

	if (!window)
		window = window_first(rate);
	if (now - stepped < WINDOW_PERIOD_NS + debt ||
		__sync_val_compare_and_swap(&state->window_ns, stepped, now) != stepped)
		return window;
	if (debt > WINDOW_LONG_NS)
		window -= window / 4;
	else if (debt < WINDOW_SHORT_NS)
		window += (debt ? window / 8 : window / 2) + 512;
	state->window = window_within(window);
	return state->window;
}

static __always_inline __u32 window_scale(struct bpf_sock *sk)
{
	struct tcp_sock *tcp = sk->type == SOCK_STREAM ? bpf_skc_to_tcp_sock(sk) : 0;

	return tcp ? BPF_CORE_READ_BITFIELD(tcp, rx_opt.rcv_wscale) : 0;
}

/* `offset` is that of the TCP header in the packet. */
static __always_inline void window_clamp(struct __sk_buff *skb, struct bpf_sock *sk, __u32 offset,
	struct fw_limit_state *state, __u64 rate)
{
	__u32 most = window_of(state, rate, bpf_ktime_get_ns());
	__be16 before, after;
	__u8 flags;

	if (bpf_skb_load_bytes(skb, offset + FLAGS_OFFSET, &flags, sizeof(flags)) ||
		bpf_skb_load_bytes(skb, offset + WINDOW_OFFSET, &before, sizeof(before)))
		return;
	if (!(flags & SYN_FLAG)) /* RFC 7323: the window of a SYN is never scaled */
		most >>= window_scale(sk);
	if (!most)
		most = 1;
	if (bpf_ntohs(before) <= most)
		return;
	after = bpf_htons(most);
	bpf_l4_csum_replace(skb, offset + CHECKSUM_OFFSET, before, after, sizeof(after));
	bpf_skb_store_bytes(skb, offset + WINDOW_OFFSET, &after, sizeof(after), 0);
}

#endif
