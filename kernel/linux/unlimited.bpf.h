/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Finding out that a packet is nobody's who is limited costs more than all the rest that the shaper
 * does with it; so of connections that is kept for a moment, or until rules or members change. A
 * socket that is handed to a limited process may be free for so long. For the shaper's programs.
 */
#ifndef FW_UNLIMITED_BPF_H
#define FW_UNLIMITED_BPF_H

#include "kernel/linux/flow.bpf.h"
#include "kernel/linux/packet.bpf.h"

#define UNLIMITED_KEPT_NS 10000000ull
#define UNLIMITED_SLOT_BITS 12

struct unlimited_key {
	__u64 mark; /* members_mark() */
	__u64 device; /* its address: tuples and indices of network namespaces may be the same */
	union {
		struct {
			struct bpf_sock_tuple tuple;
			__u32 protocol;
		};
		__u64 word[5];
	};
};

/* Connections from elsewhere, by a hash. Written by any CPU without a lock: what two of them mixed
 * up is at worst nobody's. */
struct unlimited_connection {
	struct unlimited_key key;
	__u64 until_ns;
};

struct unlimited_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << UNLIMITED_SLOT_BITS);
	__type(key, __u32);
	__type(value, struct unlimited_connection);
};
struct unlimited_map unlimited SEC(".maps");

/* Over lo: of both ends, by the one that sends. */
static __always_inline bool is_flow_unlimited(const struct fw_flow_state *flow, __u64 now)
{
	return flow && flow->unlimited_mark == members_mark() && now < flow->unlimited_until_ns;
}

static __always_inline void note_flow_unlimited(struct fw_flow_state *flow, __u64 now)
{
	if (!flow)
		return;
	flow->unlimited_mark = members_mark();
	flow->unlimited_until_ns = now + UNLIMITED_KEPT_NS;
}

/* From elsewhere: of the end that receives. */
static __always_inline void unlimited_key_of(struct __sk_buff *skb, const struct packet *packet,
	struct unlimited_key *key)
{
	key->mark = members_mark();
	key->device = (__u64)BPF_CORE_READ((struct sk_buff *)skb, dev);
	key->tuple = packet->tuple;
	key->protocol = packet->protocol;
}

static __always_inline struct unlimited_connection *unlimited_slot(const struct unlimited_key *key)
{
	__u64 mixed = key->word[0] ^ key->word[1] ^ key->word[2] ^ key->word[3] ^
		      key->word[4];
	__u32 slot = mixed * 0x9e3779b97f4a7c15ull >> (64 - UNLIMITED_SLOT_BITS);

	return bpf_map_lookup_elem(&unlimited, &slot);
}

static __always_inline bool is_unlimited(const struct unlimited_key *key, __u64 now)
{
	const struct unlimited_connection *known = unlimited_slot(key);
	const struct unlimited_key *other = known ? &known->key : 0;

	return other && now < known->until_ns && other->mark == key->mark &&
	       other->device == key->device && other->word[0] == key->word[0] &&
	       other->word[1] == key->word[1] &&
	       other->word[2] == key->word[2] &&
	       other->word[3] == key->word[3] && other->word[4] == key->word[4];
}

static __always_inline void note_unlimited(const struct unlimited_key *key, __u64 now)
{
	struct unlimited_connection *known = unlimited_slot(key);

	if (!known)
		return;
	known->key = *key;
	known->until_ns = now + UNLIMITED_KEPT_NS;
}

#endif
