/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Limits where there is no queue of ours (a device or network namespace that is new, a foreign
 * queue on lo): a token bucket that drops. Called from the cgroup_skb programs, which see every
 * packet of a socket before the shaper does on its way out, and after it on its way in.
 */
#ifndef FW_POLICE_BPF_H
#define FW_POLICE_BPF_H

#include "kernel/linux/limit.bpf.h"
#include "kernel/linux/packet.bpf.h"

/* What may come at once, the greater of the two: less and TCP, which sends in bursts, hardly moves.
 */
#define POLICE_BURST_NS 50000000ull
#define POLICE_BURST_BYTES 65536ull

#define PACKET_BROADCAST 1 /* skb->pkt_type */
#define PACKET_MULTICAST 2

/* Does the packet wait in a queue, before or after this? */
static __always_inline bool is_queued(struct __sk_buff *skb, bool sent)
{
	struct fw_shaped_device *device = covered_device(skb);

	if (!device)
		return false;
	if (sent)
		return !(device->flags & FW_SHAPED_NOT_SENT);
	/* The shaper finds no socket for these. */
	return skb->pkt_type != PACKET_BROADCAST && skb->pkt_type != PACKET_MULTICAST;
}

/* False: the packet is beyond the limit of the socket's process and must be dropped. */
static __noinline bool police(struct __sk_buff *skb, const struct fw_member *member, bool sent)
{
	struct packet packet = {};
	struct limit_use use = {};
	__u64 rate, most;

	if (!limit_of_member(member, &use))
		return true;
	rate = sent ? use.sent_rate : use.received_rate;
	if (!rate || is_queued(skb, sent) || !packet_read(skb, skb->len, &packet) ||
		!packet.payload)
		return true;
	most = fw_token_bucket_cost_ns(POLICE_BURST_BYTES, rate);
	return limit_admit(use.slot, sent, rate, packet.payload,
		most > POLICE_BURST_NS ? most : POLICE_BURST_NS);
}

#endif
