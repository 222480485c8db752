/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * TCP keeps a receive window full of data in a limit's queue, and who has more there gets more of
 * the rate. The window that is advertised to whoever sends under a limit is made smaller: in what
 * a limited receiver sends out, and in what comes in for a limited sender. All connections of a
 * limit get the same, so they have equal shares, and the queue stays short however many there are.
 * For the shaper's programs.
 *
 * The size is found by trying: smaller while packets wait long, larger while they do not. The
 * receiver itself goes on accepting what it would have accepted.
 */
#ifndef FW_WINDOW_BPF_H
#define FW_WINDOW_BPF_H

#include "kernel/linux/limit.bpf.h"
#include "kernel/linux/packet.bpf.h"

#define WINDOW_SHORT_NS 80000000ull  /* the queue could do with more */
#define WINDOW_LONG_NS 200000000ull  /* it is too long */
#define WINDOW_PERIOD_NS 50000000ull /* between two steps, and no less than the queue is long */
#define WINDOW_IDLE_NS 1000000000ull /* after that nobody knows how many connections go on */
#define WINDOW_LEAST 2048u	     /* bytes */
#define WINDOW_MOST (64u << 20)
#define WINDOW_SEGMENTS 2u /* with less than one, a sender would wait for a time-out */
#define WINDOW_OFFSET 14u  /* in the TCP header */
#define WINDOW_CHECKSUM_OFFSET 16u

/* What a packet may advertise. */
struct window {
	__u32 bytes; /* 0: whatever it does */
	__u32 scale; /* RFC 7323 */
};

static __always_inline __u32 window_within(__u64 window)
{
	if (window > WINDOW_MOST)
		return WINDOW_MOST;
	return window < WINDOW_LEAST ? WINDOW_LEAST : window;
}

/* What takes 4 ms: many connections may begin at once. */
static __always_inline __u32 window_first(__u64 rate)
{
	return window_within(rate / 1024);
}

/* One step at a time, by whoever comes first. */
static __always_inline __u32 window_of(struct fw_limit_flow *flow, __u64 rate, __u64 now)
{
	__u64 stepped = flow->window_ns, paid = flow->paid_ns;
	__u64 debt = fw_token_bucket_debt_ns(paid, now);
	__u32 window = flow->window;

	if (!window || paid + WINDOW_IDLE_NS < now)
		window = window_first(rate);
	if (now - stepped < WINDOW_PERIOD_NS + debt ||
		__sync_val_compare_and_swap(&flow->window_ns, stepped, now) != stepped)
		return window;
	if (debt > WINDOW_LONG_NS)
		window -= window / 4;
	else if (debt < WINDOW_SHORT_NS)
		window += (debt ? window / 8 : window / 2) + 512;
	flow->window = window_within(window);
	return flow->window;
}

/* The window of a limit's direction for segments of `segment` bytes. */
static __always_inline __u32 window_bytes(const struct limit_use *use, bool sent, __u32 segment)
{
	struct fw_limit_state *state = bpf_map_lookup_elem(&limit_states, &use->slot);
	__u64 rate = sent ? use->sent_rate : use->received_rate;
	__u32 window;

	if (!state || !rate)
		return 0;
	window = window_of(sent ? &state->sent : &state->received, rate, bpf_ktime_get_ns());
	return window > WINDOW_SEGMENTS * segment ? window : WINDOW_SEGMENTS * segment;
}

/* Of a SYN the window is never scaled, and the segments are not known yet. */
static __always_inline struct tcp_sock *window_socket(struct bpf_sock *sk, __u8 tcp_flags)
{
	if (tcp_flags & PACKET_TCP_SYN || sk->type != SOCK_STREAM)
		return 0;
	return bpf_skc_to_tcp_sock(sk);
}

/* What a socket may advertise to the sender of what its limited process receives. */
static __always_inline struct window window_to(
	struct bpf_sock *sk, const struct limit_use *use, __u8 tcp_flags)
{
	struct tcp_sock *tcp = window_socket(sk, tcp_flags);
	struct window window = {};
	__u32 segment = 0;

	if (tcp) {
		segment = BPF_CORE_READ(tcp, inet_conn.icsk_ack.rcv_mss);
		window.scale = BPF_CORE_READ_BITFIELD(tcp, rx_opt.rcv_wscale);
	}
	window.bytes = window_bytes(use, false, segment);
	return window;
}

/* What a socket's peer may advertise to it, whose limited process sends. */
static __always_inline struct window window_from(
	struct bpf_sock *sk, const struct limit_use *use, __u8 tcp_flags)
{
	struct tcp_sock *tcp = window_socket(sk, tcp_flags);
	struct window window = {};
	__u32 segment = 0;

	if (tcp) {
		segment = BPF_CORE_READ(tcp, mss_cache);
		window.scale = BPF_CORE_READ_BITFIELD(tcp, rx_opt.snd_wscale);
	}
	window.bytes = window_bytes(use, true, segment);
	return window;
}

/* `offset` is that of the TCP header in the packet. */
static __always_inline void window_clamp(struct __sk_buff *skb, __u32 offset, struct window window)
{
	__u32 most = (window.bytes + (1u << window.scale) - 1) >> window.scale;
	__be16 before, after;

	if (!most || bpf_skb_load_bytes(skb, offset + WINDOW_OFFSET, &before, sizeof(before)) ||
		bpf_ntohs(before) <= most)
		return;
	after = bpf_htons(most);
	bpf_l4_csum_replace(skb, offset + WINDOW_CHECKSUM_OFFSET, before, after, sizeof(after));
	bpf_skb_store_bytes(skb, offset + WINDOW_OFFSET, &after, sizeof(after), 0);
}

#endif
