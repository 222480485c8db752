/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which limit holds for a socket's process, the account of what went through it, and which devices
 * have queues for it. For BPF programs at tc and cgroup_skb.
 */
#ifndef FW_LIMIT_BPF_H
#define FW_LIMIT_BPF_H

#include "core/token_bucket.h"
#include "kernel/linux/packet.bpf.h"
#include "kernel/linux/process.bpf.h"
#include "kernel/linux/rule_maps.bpf.h"

#define CLOCK_ATTEMPTS 4 /* to move a clock that other CPUs move too */

struct limit_use {
	__u32 slot;
	__u64 sent_rate;
	__u64 received_rate;
};

/* The limit of a member; false: it has none. */
static __always_inline bool limit_of_member(const struct fw_member *member, struct limit_use *use)
{
	struct fw_limit *limit;
	__u32 slot;

	slot = member->limit_slot;
	limit = bpf_map_lookup_elem(&limits, &slot);
	if (!limit || limit->rule != member->limit_rule || has_ended(limit->ends_ns))
		return false;
	use->slot = slot;
	use->sent_rate = limit->sent_rate;
	use->received_rate = limit->received_rate;
	return true;
}

/* The limit of a process; false: it has none. */
static __always_inline bool limit_of(__u64 owner, struct limit_use *use)
{
	struct fw_member *member = bpf_map_lookup_elem(&members, &owner);

	return member && member->limit_rule && limit_of_member(member, use);
}

/* The packet's device, if packets can wait there in a queue of ours; NULL: they cannot. */
static __always_inline struct fw_shaped_device *covered_device(struct __sk_buff *skb)
{
	struct fw_shaped_device_key key = { .device = skb->ifindex };

	key.network_namespace = packet_namespace(skb);
	return bpf_map_lookup_elem(&covered_devices, &key);
}

static __always_inline void limit_count(struct fw_limit_flow *flow, __u64 now, __u32 bytes)
{
	__u64 began = flow->second_ns;

	__sync_fetch_and_add(&flow->bytes, bytes);
	if (now - began < FW_TOKEN_SECOND_NS ||
		__sync_val_compare_and_swap(&flow->second_ns, began, now) != began)
		return;
	if (began)
		flow->rate = fw_token_bucket_cost_ns(flow->bytes - flow->second_bytes, now - began);
	flow->second_bytes = flow->bytes;
}

/* Move the clock on for a packet; returns how long the packet has to wait, or more than `most_ns`
 * if that would be too long: then the clock stays. */
static __always_inline __u64 limit_take(struct fw_limit_flow *flow, __u64 now, __u64 cost,
	__u64 most_ns)
{
	__u64 paid, debt = 0;

#pragma unroll
	for (int i = 0; i < CLOCK_ATTEMPTS; i++) {
		paid = *(volatile __u64 *)&flow->paid_ns;
		debt = fw_token_bucket_debt_ns(paid, now);
		if (debt > most_ns)
			return debt;
		if (__sync_val_compare_and_swap(&flow->paid_ns, paid,
			    fw_token_bucket_take(paid, now, FW_SHAPER_BURST_NS, cost)) == paid)
			return debt;
	}
	return debt;
}

/* Account for a packet of a limit; false: it would have to wait longer than `most_ns` and is
 * dropped. */
static __always_inline bool limit_admit(__u32 slot, bool sent, __u64 rate, __u32 bytes,
	__u64 most_ns)
{
	struct fw_limit_state *state = bpf_map_lookup_elem(&limit_states, &slot);
	__u64 now = bpf_ktime_get_ns(), debt;
	struct fw_limit_flow *flow;

	if (!state || !rate)
		return true;
	flow = sent ? &state->sent : &state->received;
	debt = limit_take(flow, now, fw_token_bucket_cost_ns(bytes, rate), most_ns);
	if (debt) {
		__sync_fetch_and_add(&state->waited, 1);
		__sync_fetch_and_add(&state->waited_bytes, bytes);
	}
	if (debt > most_ns) {
		__sync_fetch_and_add(&state->dropped, 1);
		return false;
	}
	limit_count(flow, now, bytes);
	return true;
}

#endif
