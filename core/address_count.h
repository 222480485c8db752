/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Counting packets of a prefix in a set (core/address_set.h), by any number of processors at once, and reading
 * that while they count. Called by the packet programs of the filter, read by the backend. No memory or state of
 * its own.
 *
 * A counter is one word, packets in its lower bits and bytes above, so that a packet is one atomic addition and the
 * counters of a million prefixes fit beside them. Whoever adds to one that is past a bound takes all that it has
 * and adds it to the prefix's *total*, two words of 64 bits. Larger packets, and prefixes without a counter, go to
 * the total at once. So packets and bytes of a prefix are always counter + total, but while somebody moves them:
 * the upper bits of the total's packets say how many are at it.
 */
#ifndef FW_CORE_ADDRESS_COUNT_H
#define FW_CORE_ADDRESS_COUNT_H

#include "core/address_set.h"

#define FW_SET_PACKET_BITS 11 /* of a counter */
#define FW_SET_PACKET_MASK ((1u << FW_SET_PACKET_BITS) - 1)
#define FW_SET_PAST_PACKETS 512u /* from here on it is emptied */
#define FW_SET_PAST_BYTES   (512u << 10)
#define FW_SET_COUNTER_MOST 1535 /* bytes of a packet */
/* Both bounds are powers of two: what is past them has one of these bits. */
#define FW_SET_PAST                                            \
	((FW_SET_PACKET_MASK & ~(FW_SET_PAST_PACKETS - 1)) | \
		~((FW_SET_PAST_BYTES << FW_SET_PACKET_BITS) - 1))

/*
 * Processors that may count at once. Each that has added to a counter past a bound empties it before it adds again;
 * so there are never more additions past a bound than processors, and these must find room.
 */
#define FW_SET_PROCESSORS 1024
FW_STATIC_ASSERT(FW_SET_PAST_PACKETS + FW_SET_PROCESSORS <= FW_SET_PACKET_MASK, "room for packets");
FW_STATIC_ASSERT(FW_SET_PAST_BYTES + (uint64_t)FW_SET_PROCESSORS * FW_SET_COUNTER_MOST <=
			 UINT32_MAX >> FW_SET_PACKET_BITS,
	"room for bytes");

/* One that moves, in the total's packets: 2^53 of these are years. */
#define FW_SET_MOVES ((uint64_t)1 << 53)
FW_STATIC_ASSERT(FW_SET_PROCESSORS <= UINT64_MAX / FW_SET_MOVES, "room for who moves");

/* Packets and bytes of a prefix, two words. `family`: FW_SET_PLACES4 or FW_SET_PLACES6. */
FW_SET_INLINE uint64_t *fw_set_total(void *set, uint32_t family, uint32_t number)
{
	struct fw_set_block *block = FW_SET_AT(set, family);

	if (!block)
		return (uint64_t *)0;
	block = FW_SET_AT(set, block->places.total + number / 4);
	if (!block)
		return (uint64_t *)0;
	return &block->word[fw_set_opaque(number % 4 * 2) & 6]; /* not computed before the check */
}

/* The order is what readers rely on. A result that is used makes a barrier of an addition in BPF. */
FW_SET_INLINE void fw_set_empty_counter(uint32_t *counter, uint64_t *total)
{
	uint64_t packets;
	uint32_t taken;

	fw_set_opaque(__sync_fetch_and_add(&total[0], FW_SET_MOVES));
	taken = __sync_lock_test_and_set(counter, 0);
	packets = taken & FW_SET_PACKET_MASK;
	fw_set_opaque(__sync_fetch_and_add(&total[1], (uint64_t)(taken >> FW_SET_PACKET_BITS)));
	__sync_fetch_and_add(&total[0], packets - FW_SET_MOVES);
}

/* Count a packet for the prefix that was found. `most`: that of the header. */
FW_SET_INLINE void fw_set_count(void *set, uint32_t family, uint32_t most, const struct fw_set_found *found,
	uint32_t bytes)
{
	bool fits = found->counter && bytes <= most;
	uint64_t *total;

	if (fits && !(__sync_fetch_and_add(found->counter, bytes << FW_SET_PACKET_BITS | 1) & FW_SET_PAST))
		return;
	total = fw_set_total(set, family, found->number);
	if (!total)
		return;
	if (fits) {
		fw_set_empty_counter(found->counter, total);
		return;
	}
	__sync_fetch_and_add(&total[0], 1);
	__sync_fetch_and_add(&total[1], bytes);
}

/* What a packet's counter may take on a machine of so many processors; 0: there may be too many for counters. */
FW_SET_INLINE uint16_t fw_set_counter_most(uint32_t processors)
{
	return processors <= FW_SET_PROCESSORS ? FW_SET_COUNTER_MOST : 0;
}

/*
 * Read of one prefix: its total, its counter (0 if it has none), its total again. False: somebody moved what is
 * counted meanwhile, and the sum may be wrong: read all three again. What is right is never less than what was
 * right before.
 */
FW_SET_INLINE bool fw_set_sum(const uint64_t before[2], uint32_t counter, const uint64_t after[2],
	uint64_t *packets, uint64_t *bytes)
{
	*packets = (after[0] & (FW_SET_MOVES - 1)) + (counter & FW_SET_PACKET_MASK);
	*bytes = after[1] + (counter >> FW_SET_PACKET_BITS);
	return before[0] == after[0] && before[1] == after[1] && before[0] < FW_SET_MOVES;
}

#endif
