/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A set of IPv4 and IPv6 prefixes that do not overlap, as an array of 64-byte blocks, and the search in it. Whoever
 * includes this for another kind of memory defines FW_SET_AT first. No memory, clock or state of its own;
 * callable from anywhere. core/address_build.h fills one.
 *
 * Each family has an array of *buckets*, a block each, which split the addresses from the first to the last
 * prefix into equal parts; as many as give each bucket half of the prefixes that it has room for, if they are spread
 * evenly. So the usual search reads the header and one bucket, whatever the size of the set. A bucket that lies
 * inside a prefix says which; one that has more prefixes than room is the root of a search tree: the starts
 * of all prefixes in order, 16 (IPv6: 4) a block, then every 16th of these, every 256th, and so on, so that a search
 * reads one block of each level below. How deep it goes depends only on how many prefixes share the bucket.
 *
 * Prefixes are numbered from 0 in their order, IPv4 and IPv6 each. Numbers in blocks are of the machine's
 * byte order, addresses too.
 *
 *      header | places of IPv4 | of IPv6 | IPv4: starts, lengths, lines, hits, buckets | IPv6: the same
 */
#ifndef FW_CORE_ADDRESS_SET_H
#define FW_CORE_ADDRESS_SET_H

#include "core/types.h"

#define FW_SET_INLINE static inline __attribute__((always_inline))

#define FW_SET_LEVELS4 7  /* 16 prefixes a block: 2^24 prefixes have 6 levels, and one of room */
#define FW_SET_LEVELS6 12 /* 4 a block: 2^22 prefixes have 11 */
#define FW_SET_KEYS4   15 /* prefixes that a bucket has room for */
#define FW_SET_KEYS6   3
#define FW_SET_NOWHERE UINT32_MAX

/* What a bucket holds, in 8 bits: 0 to FW_SET_KEYS: so many prefixes. Else */
#define FW_SET_TREE 0x80u /* | level << 4 (IPv6: << 2) | number of starts it has, to choose a block there */
#define FW_SET_COVER 0xffu /* all of it is in one prefix */

enum fw_set_format {
	FW_SET_EMPTY = 0,
	FW_SET_BUILDING = 1,
	FW_SET_READY = 2,
};

/* Block 0. All zero: a set without prefixes. */
struct fw_set_header {
	uint32_t format; /* enum fw_set_format */
	uint32_t id;	 /* the owner's */
	uint32_t ipv4;	 /* prefixes */
	uint32_t ipv6;
	uint32_t base4;	   /* where bucket 0 begins */
	uint32_t buckets4; /* a power of two, or 0 */
	uint32_t index4;   /* block of bucket 0 */
	uint32_t hits4;	   /* block of the counters */
	uint64_t base6[2]; /* the more significant half first, as of all addresses of IPv6 */
	uint32_t buckets6;
	uint32_t index6;
	uint32_t hits6;
	uint8_t shift4; /* bits of an address below the number of its bucket */
	uint8_t shift6;
	uint16_t reserved;
};

/* Blocks 1 and 2: where the rest is, as numbers of blocks. */
struct fw_set_places {
	uint32_t length; /* 64 a block */
	uint32_t line;	 /* 16 a block */
	uint32_t end;	 /* of all that this family has but buckets */
	uint32_t level[FW_SET_LEVELS6];
	uint32_t reserved;
};

/* The unit in which a set is stored and read: a cache line. */
struct fw_set_block {
	union {
		uint64_t word[8];
		uint32_t half[16];
		uint8_t byte[64];
		struct fw_set_header header;
		struct fw_set_places places;
	};
};
FW_STATIC_ASSERT(sizeof(struct fw_set_header) == 64, "set header layout");
FW_STATIC_ASSERT(sizeof(struct fw_set_places) == 64, "set places layout");
FW_STATIC_ASSERT(sizeof(struct fw_set_block) == 64, "set block layout");

#define FW_SET_PLACES4 1 /* their blocks */
#define FW_SET_PLACES6 2
#define FW_SET_FIRST   3 /* where the rest begins */

/* A set in memory. */
struct fw_set_memory {
	struct fw_set_block *blocks;
	uint32_t count;
};

/* NULL: there is no such block. Sets that come from elsewhere may be wrong in anything; a search reads nothing
 * outside of them and ends. */
FW_SET_INLINE struct fw_set_block *fw_set_memory_at(void *set, uint32_t index)
{
	struct fw_set_memory *memory = (struct fw_set_memory *)set;

	return index < memory->count ? &memory->blocks[index] : (struct fw_set_block *)0;
}

#ifndef FW_SET_AT
#define FW_SET_AT fw_set_memory_at
#endif

/* Hide from the compiler how a word came about: it would make a branch of what must not be one, for which way
 * it goes cannot be foretold. */
FW_SET_INLINE uint64_t fw_set_opaque(uint64_t word)
{
	__asm__("" : "+r"(word));
	return word;
}

/* 1 where a > b, else 0. */
FW_SET_INLINE uint32_t fw_set_exceeds(uint32_t a, uint32_t b)
{
	return (uint32_t)(fw_set_opaque((uint64_t)b - a) >> 63);
}

/* 1 where a word is 0, else 0. */
FW_SET_INLINE uint32_t fw_set_is_zero(uint64_t word)
{
	return (uint32_t)(fw_set_opaque(word | -word) >> 63) ^ 1;
}

/*
 * A prefix of IPv4 as one word: twice its middle, without the top bit. The lowest bit that is set tells its
 * length, what is above it its start; a bucket is never larger than half of all addresses. 0.0.0.0/0 is 0.
 * An address has the word of a prefix of length 32.
 */
FW_SET_INLINE uint32_t fw_set_key4(uint32_t start, uint32_t length)
{
	return (uint32_t)(((uint64_t)start << 1) + ((uint64_t)1 << (32 - length)));
}

/* 1 where the address is not in it, else 0. */
FW_SET_INLINE uint32_t fw_set_key4_lacks(uint32_t key, uint32_t address_key)
{
	return fw_set_exceeds(key ^ address_key, key ^ (key - 1));
}

/* How many of the words 1 to 15 of a block are keys whose prefix does not begin behind the address: two rounds
 * of three, for the words are in order. */
FW_SET_INLINE uint32_t fw_set_keys_until4(const struct fw_set_block *block, uint32_t address_key)
{
	uint32_t place;

#define FW_SET_BEHIND(at) \
	fw_set_exceeds(block->half[at] & (block->half[at] - 1), address_key)
	place = fw_set_opaque(12 - 4 * (FW_SET_BEHIND(4) + FW_SET_BEHIND(8) + FW_SET_BEHIND(12))) & 12;
	return place + 3 - FW_SET_BEHIND(place + 1) - FW_SET_BEHIND(place + 2) - FW_SET_BEHIND(place + 3);
#undef FW_SET_BEHIND
}

/* The same of words that are starts. */
FW_SET_INLINE uint32_t fw_set_starts_until4(const struct fw_set_block *block, uint32_t address)
{
	uint32_t place;

#define FW_SET_BEHIND(at) fw_set_exceeds(block->half[at], address)
	place = fw_set_opaque(12 - 4 * (FW_SET_BEHIND(4) + FW_SET_BEHIND(8) + FW_SET_BEHIND(12))) & 12;
	return place + 3 - FW_SET_BEHIND(place + 1) - FW_SET_BEHIND(place + 2) - FW_SET_BEHIND(place + 3);
#undef FW_SET_BEHIND
}

FW_SET_INLINE uint32_t fw_set_least(uint32_t a, uint32_t b)
{
	return b - ((b - a) & -fw_set_exceeds(b, a));
}

/* Where a level is, whatever a wrong set says its number was. */
FW_SET_INLINE uint32_t fw_set_level(const struct fw_set_places *places, uint32_t level)
{
	const uint32_t *first = &places->length;

	return first[fw_set_opaque(level + 3) & 15];
}
FW_STATIC_ASSERT(offsetof(struct fw_set_places, level) == 3 * sizeof(uint32_t), "levels are found by counting");

/* Is an address in the prefix of this number, which begins at `start`? Neither is in a bucket's words. */
FW_SET_INLINE bool fw_set_holds4(void *set, const struct fw_set_places *places, uint32_t number,
	uint32_t start, uint32_t address)
{
	const struct fw_set_block *lengths = FW_SET_AT(set, places->length + number / 64);

	if (!lengths)
		return false;
	return !((uint64_t)(address ^ start) >> ((32 - lengths->byte[number % 64]) & 63));
}

/* From a bucket that is the root of a search tree down to the last prefix that does not begin behind the address. */
static inline uint32_t fw_set_descend4(void *set, const struct fw_set_block *bucket, uint32_t count,
	uint32_t address)
{
	const struct fw_set_block *block = FW_SET_AT(set, FW_SET_PLACES4);
	const struct fw_set_places *places;
	uint32_t kind = bucket->half[0] >> 24, level = kind >> 4 & 7, number, start = 0;

	if (!block)
		return FW_SET_NOWHERE;
	places = &block->places;
	number = ((bucket->half[0] & 0xffffff) >> 4 * level) +
		 fw_set_least(fw_set_starts_until4(bucket, address), kind & 15);
	for (uint32_t step = 0; step < FW_SET_LEVELS4 && level; step++) {
		level--;
		block = FW_SET_AT(set, fw_set_level(places, level) + number);
		if (!block)
			return FW_SET_NOWHERE;
		number = 16 * number + fw_set_starts_until4(block, address);
		/* Behind the last start there are words that are never reached but by 255.255.255.255. */
		number = fw_set_least(number, (count - 1) >> 4 * level);
		start = block->half[number & 15];
	}
	return fw_set_holds4(set, places, number, start, address) ? number : FW_SET_NOWHERE;
}

/* The number of the prefix that an address is in, or FW_SET_NOWHERE. `header` is block 0 of the set. */
FW_SET_INLINE uint32_t fw_set_find4(void *set, const struct fw_set_header *header, uint32_t address)
{
	uint32_t index = (address ^ header->base4) >> (header->shift4 & 31), kind, first, place;
	const struct fw_set_block *bucket;

	if (index >= header->buckets4)
		return FW_SET_NOWHERE;
	bucket = FW_SET_AT(set, header->index4 + index);
	if (!bucket)
		return FW_SET_NOWHERE;
	kind = bucket->half[0] >> 24;
	first = bucket->half[0] & 0xffffff;
	if (kind <= FW_SET_KEYS4) {
		place = fw_set_least(fw_set_keys_until4(bucket, address << 1 | 1), kind);
		if (fw_set_key4_lacks(bucket->half[place & 15], address << 1 | 1) | fw_set_is_zero(place))
			return FW_SET_NOWHERE;
		return first + place - 1;
	}
	return kind == FW_SET_COVER ? first : fw_set_descend4(set, bucket, header->ipv4, address);
}

/* IPv6: the same with two words for each of IPv4's. */
struct fw_set_wide {
	uint64_t high, low;
};

FW_SET_INLINE uint32_t fw_set_reaches6(struct fw_set_wide a, struct fw_set_wide b)
{
	return a.high < b.high || (a.high == b.high && a.low <= b.low);
}

/* (a - 1) */
FW_SET_INLINE struct fw_set_wide fw_set_before6(struct fw_set_wide a)
{
	struct fw_set_wide before = { a.high - fw_set_is_zero(a.low), a.low - 1 };

	return before;
}

/* As many low bits as a prefix of this length has below its own. */
FW_SET_INLINE struct fw_set_wide fw_set_host_bits6(uint32_t length)
{
	struct fw_set_wide bits;

	bits.high = length >= 64 ? 0 : UINT64_MAX >> (length & 63);
	bits.low = length <= 64 ? UINT64_MAX : length >= 128 ? 0 : UINT64_MAX >> (length & 63);
	return bits;
}

FW_SET_INLINE struct fw_set_wide fw_set_key6(struct fw_set_wide start, uint32_t length)
{
	struct fw_set_wide bits = fw_set_host_bits6(length), key;

	/* Twice the start, and one more than all of the host bits: they do not meet. */
	key.high = start.high << 1 | start.low >> 63;
	key.low = (start.low << 1) | bits.low;
	key.high |= bits.high;
	key.low++;
	key.high += !key.low;
	return key;
}

/* 1 or 0. */
FW_SET_INLINE uint32_t fw_set_key6_has(struct fw_set_wide key, struct fw_set_wide address_key)
{
	struct fw_set_wide before = fw_set_before6(key);

	return fw_set_is_zero(((key.high ^ address_key.high) & ~(key.high ^ before.high)) |
			      ((key.low ^ address_key.low) & ~(key.low ^ before.low)));
}

/* The number of an address's bucket; too large a number if it is outside of all. */
FW_SET_INLINE uint64_t fw_set_bucket6(struct fw_set_wide base, uint32_t shift, struct fw_set_wide address)
{
	uint64_t high = address.high ^ base.high, low = address.low ^ base.low;

	if (shift >= 64)
		return high >> (shift & 63);
	if (high >> shift)
		return UINT64_MAX;
	return shift ? high << (64 - shift) | low >> shift : low;
}

/* The start at a place of a block of four. */
FW_SET_INLINE struct fw_set_wide fw_set_start6(const struct fw_set_block *block, uint32_t place)
{
	struct fw_set_wide start = { block->word[2 * (place & 3)], block->word[2 * (place & 3) + 1] };

	return start;
}

/* How many of the starts 1 to 3 of a block are not behind the address. */
FW_SET_INLINE uint32_t fw_set_starts_until6(const struct fw_set_block *block, struct fw_set_wide address)
{
	if (!fw_set_reaches6(fw_set_start6(block, 2), address))
		return fw_set_reaches6(fw_set_start6(block, 1), address);
	return 2 + fw_set_reaches6(fw_set_start6(block, 3), address);
}

FW_SET_INLINE bool fw_set_holds6(void *set, const struct fw_set_places *places, uint32_t number,
	struct fw_set_wide start, struct fw_set_wide address)
{
	const struct fw_set_block *lengths = FW_SET_AT(set, places->length + number / 64);
	struct fw_set_wide bits;

	if (!lengths)
		return false;
	bits = fw_set_host_bits6(lengths->byte[number % 64]);
	return (start.high ^ address.high) <= bits.high && (start.low ^ address.low) <= bits.low;
}

static inline uint32_t fw_set_descend6(void *set, const struct fw_set_block *bucket, uint32_t count,
	struct fw_set_wide address)
{
	const struct fw_set_block *block = FW_SET_AT(set, FW_SET_PLACES6);
	const struct fw_set_places *places;
	struct fw_set_wide start = { 0, 0 };
	uint32_t kind = (uint32_t)(bucket->word[0] >> 32), level = kind >> 2 & 15, number;

	if (!block)
		return FW_SET_NOWHERE;
	places = &block->places;
	number = ((uint32_t)bucket->word[0] >> 2 * level) +
		 fw_set_least(fw_set_starts_until6(bucket, address), kind & 3);
	for (uint32_t step = 0; step < FW_SET_LEVELS6 && level; step++) {
		level--;
		block = FW_SET_AT(set, fw_set_level(places, level) + number);
		if (!block)
			return FW_SET_NOWHERE;
		number = 4 * number + fw_set_starts_until6(block, address);
		number = fw_set_least(number, (count - 1) >> 2 * level);
		start = fw_set_start6(block, number & 3);
	}
	return fw_set_holds6(set, places, number, start, address) ? number : FW_SET_NOWHERE;
}

FW_SET_INLINE uint32_t fw_set_find6(void *set, const struct fw_set_header *header,
	struct fw_set_wide address)
{
	struct fw_set_wide base = { header->base6[0], header->base6[1] };
	uint64_t index = fw_set_bucket6(base, header->shift6 & 127, address);
	struct fw_set_wide key = { address.high << 1 | address.low >> 63, address.low << 1 | 1 };
	const struct fw_set_block *bucket;
	uint32_t kind, first, found;

	if (index >= header->buckets6)
		return FW_SET_NOWHERE;
	bucket = FW_SET_AT(set, header->index6 + (uint32_t)index);
	if (!bucket)
		return FW_SET_NOWHERE;
	kind = (uint32_t)(bucket->word[0] >> 32);
	first = (uint32_t)bucket->word[0];
	if (kind > FW_SET_KEYS6)
		return kind == FW_SET_COVER ? first : fw_set_descend6(set, bucket, header->ipv6, address);
	found = fw_set_key6_has(fw_set_start6(bucket, 1), key) |
		fw_set_key6_has(fw_set_start6(bucket, 2), key) << 1 |
		fw_set_key6_has(fw_set_start6(bucket, 3), key) << 2;
	found &= (1u << (kind & 3)) - 1;
	return found ? first + (found >> 1) : FW_SET_NOWHERE;
}

/* Where packets and bytes of a prefix are counted: two words. `hits` is that of its family in the header. */
FW_SET_INLINE uint64_t *fw_set_hits(void *set, uint32_t hits, uint32_t number)
{
	struct fw_set_block *block = FW_SET_AT(set, hits + number / 4);

	if (!block)
		return (uint64_t *)0;
	return &block->word[fw_set_opaque(number % 4 * 2) & 6]; /* not computed before the check */
}

#endif
