/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A set of IPv4 and IPv6 prefixes that do not overlap, as an array of 64-byte blocks, and the search in it. Whoever
 * includes this for another kind of memory defines FW_SET_AT first. No memory, clock or state of its own;
 * callable from anywhere. core/address_build.h fills one, core/address_count.h counts in it.
 *
 * Each family has an array of *buckets*, a block each, which split the addresses from the first to the last
 * prefix into equal parts; as many as give each bucket about half of the prefixes that it has room for, if they are
 * spread evenly. So the usual search reads the header and one bucket, whatever the size of the set. A bucket that lies
 * inside a prefix says so; one that has more prefixes than room is the root of a search tree: the starts
 * of all prefixes in order, 16 (IPv6: 4) a block, then every 16th of these, every 256th, and so on, so that a search
 * reads one block of each level below. How deep it goes depends only on how many prefixes share the bucket.
 *
 * A bucket has a head, its prefixes, and a counter for each of them, so that a packet is counted where it was found:
 * what large sets cost is the memory that is in no cache. In IPv4 a bucket of at most 2^FW_SET_SHORT_BITS addresses is
 * short: it has the prefixes in 16 bits each. They are *lanes* of 64-bit words, and a word is searched at once.
 *
 *      short:  head, 10 x 16 bits, 10 counters       long:  head, 7 x 32 bits, 7 counters, 1 word
 *      IPv6:   head, 3 counters, 3 x 128 bits
 *
 * Prefixes are numbered from 0 in their order, IPv4 and IPv6 each. Numbers in blocks are of the machine's
 * byte order, addresses too.
 *
 *      header | places of IPv4 | of IPv6 | IPv4: starts, lengths, lines, totals, buckets | IPv6: the same
 */
#ifndef FW_CORE_ADDRESS_SET_H
#define FW_CORE_ADDRESS_SET_H

#include "core/types.h"

#define FW_SET_INLINE static inline __attribute__((always_inline))

#define FW_SET_LEVELS4 7  /* 16 prefixes a block: 2^24 prefixes have 6 levels, and one of room */
#define FW_SET_LEVELS6 12 /* 4 a block: 2^22 prefixes have 11 */
#define FW_SET_KEYS4_SHORT 10 /* prefixes that a bucket has room for */
#define FW_SET_KEYS4_LONG  7
#define FW_SET_KEYS6	   3
#define FW_SET_SHORT_BITS  14 /* with the bit that tells a prefix's length and one that no address has, 16 */
#define FW_SET_NOWHERE	   UINT32_MAX

/* The head of a bucket: the number of its first prefix, and above 24 bits its kind. 0 to FW_SET_KEYS: so many
 * prefixes. Else */
#define FW_SET_TREE 0x80u /* | level << 4 (IPv6: << 2) | number of starts it has, to choose a block there */
#define FW_SET_COVER 0xffu /* all of it is in one prefix, whose counter is in its first bucket */
#define FW_SET_BEGINS 15   /* the word that tells the number of that one */

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
	uint8_t shift4; /* bits of an address below the number of its bucket */
	uint8_t shift6;
	uint16_t most; /* bytes of a packet that a counter takes: core/address_count.h */
	uint64_t base6[2]; /* the more significant half first, as of all addresses of IPv6 */
	uint32_t buckets6;
	uint32_t index6;
	uint32_t reserved[2];
};

/* Blocks 1 and 2: where the rest is, as numbers of blocks. */
struct fw_set_places {
	uint32_t length; /* 64 a block */
	uint32_t line;	 /* 16 a block */
	uint32_t end;	 /* of all that this family has but buckets */
	uint32_t level[FW_SET_LEVELS6];
	uint32_t total; /* 4 a block */
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

/* Blocks that `count` things need, `each` a block. */
FW_SET_INLINE uint32_t fw_set_blocks(uint32_t count, uint32_t each)
{
	return (count + each - 1) / each;
}

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
 * A prefix of IPv4 as one word, its key: twice its middle. The lowest bit that is set tells its length, what is
 * above it its start. An address has the key of a prefix of length 32. Buckets have the lower bits of keys, all but
 * the highest of a lane, which is enough: their addresses differ in no others.
 */
FW_SET_INLINE uint32_t fw_set_key4(uint32_t start, uint32_t length)
{
	return (uint32_t)(((uint64_t)start << 1) + ((uint64_t)1 << (32 - length)));
}

FW_SET_INLINE uint32_t fw_set_least(uint32_t a, uint32_t b)
{
	return b - ((b - a) & -fw_set_exceeds(b, a));
}

/* How many of the starts 1 to 15 of a block are not behind the address: two rounds of three, for they are in order. */
FW_SET_INLINE uint32_t fw_set_starts_until4(const struct fw_set_block *block, uint32_t address)
{
	uint32_t place;

#define FW_SET_BEHIND(at) fw_set_exceeds(block->half[at], address)
	place = fw_set_opaque(12 - 4 * (FW_SET_BEHIND(4) + FW_SET_BEHIND(8) + FW_SET_BEHIND(12))) & 12;
	return place + 3 - FW_SET_BEHIND(place + 1) - FW_SET_BEHIND(place + 2) - FW_SET_BEHIND(place + 3);
#undef FW_SET_BEHIND
}

/* How a bucket of IPv4 has its keys: place 1 is the first lane behind the head, which is the lower half of word 0. */
struct fw_set_lanes {
	uint32_t bits;	   /* of a lane: 16 or 32 */
	uint32_t words;	   /* that have lanes */
	uint32_t keys;
	uint32_t counters; /* the word (of 32 bits) before the first counter */
	uint64_t ones;	   /* in each lane 1 */
};

FW_SET_INLINE struct fw_set_lanes fw_set_lanes(bool are_short)
{
	const struct fw_set_lanes of16 = { 16, 3, FW_SET_KEYS4_SHORT, 5, 0x0001000100010001u };
	const struct fw_set_lanes of32 = { 32, 4, FW_SET_KEYS4_LONG, 7, 0x0000000100000001u };

	return are_short ? of16 : of32;
}
FW_STATIC_ASSERT(2 + FW_SET_KEYS4_SHORT == 4 * 3 && 5 + FW_SET_KEYS4_SHORT < 16, "short lanes fit");
FW_STATIC_ASSERT(1 + FW_SET_KEYS4_LONG == 2 * 4 && 7 + FW_SET_KEYS4_LONG < 16, "long lanes fit");

/* A lane of ones without the highest bit. */
FW_SET_INLINE uint32_t fw_set_lane_mask(const struct fw_set_lanes *lanes)
{
	return UINT32_MAX >> (33 - lanes->bits);
}

FW_SET_INLINE uint32_t fw_set_head4(const struct fw_set_block *bucket)
{
	return (uint32_t)bucket->word[0];
}

FW_SET_INLINE uint32_t fw_set_lane(const struct fw_set_block *bucket, const struct fw_set_lanes *lanes,
	uint32_t place)
{
	uint32_t each = 64 / lanes->bits, lane = place + each / 2 - 1;

	return (uint32_t)(bucket->word[lane / each & 3] >> lane % each * lanes->bits) &
	       (UINT32_MAX >> (32 - lanes->bits));
}

/*
 * The place of the key whose prefix an address is in, or 0. The bits above the key's lowest one must be the address's.
 * There is at most one such key; lanes without a key are all ones, which no address is in.
 */
FW_SET_INLINE uint32_t fw_set_find_lane(const struct fw_set_block *bucket, const struct fw_set_lanes *lanes,
	uint32_t address_key)
{
	uint64_t ones = lanes->ones, mask = fw_set_lane_mask(lanes) * ones;
	uint64_t address = (address_key & fw_set_lane_mask(lanes)) * ones;
	uint32_t each = 64 / lanes->bits, place = 0;

#pragma GCC unroll 4
	for (uint32_t i = 0; i < lanes->words; i++) {
		/* The places of its lanes, the last lane's first: a product with one bit moves one to the top. */
		uint64_t places = (each == 4 ? 0x100020003u : 1) + (each * i - (each / 2 - 1)) * ones;
		uint64_t keys = bucket->word[i] | (i ? 0 : UINT32_MAX);
		uint64_t differ = (keys ^ address) & ~(keys ^ (keys - ones));
		uint64_t found = ~(((differ & mask) + mask) | differ) & ~mask; /* lanes of zeros */

		place += (uint32_t)((found >> (lanes->bits - 1)) * places >> (64 - lanes->bits));
	}
	return place;
}

/* What a search finds. */
struct fw_set_found {
	uint32_t number;   /* FW_SET_NOWHERE: no prefix */
	uint32_t *counter; /* NULL: it has only a total */
};

FW_SET_INLINE struct fw_set_found fw_set_found_number(uint32_t number)
{
	struct fw_set_found found = { number, (uint32_t *)0 };

	return found;
}

/* The prefix at a place from 1 on, whose counter is the word `counters` + place. */
FW_SET_INLINE struct fw_set_found fw_set_found_place(struct fw_set_block *bucket, uint32_t head,
	uint32_t counters, uint32_t place)
{
	struct fw_set_found found;

	found.number = (head & 0xffffff) + place - 1;
	found.counter = &bucket->half[fw_set_opaque(counters + place) & 15];
	return found;
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

/* From a bucket that is the root of a search tree down to the last prefix that does not begin behind the address.
 * `place`: how many of its starts do not. */
static inline uint32_t fw_set_descend4(void *set, uint32_t head, uint32_t place, uint32_t count,
	uint32_t address)
{
	const struct fw_set_block *block = FW_SET_AT(set, FW_SET_PLACES4);
	const struct fw_set_places *places;
	uint32_t kind = head >> 24, level = kind >> 4 & 7, number, start = 0;

	if (!block)
		return FW_SET_NOWHERE;
	places = &block->places;
	number = ((head & 0xffffff) >> 4 * level) + fw_set_least(place, kind & 15);
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

/* The prefix that has all of bucket `index`. */
FW_SET_INLINE struct fw_set_found fw_set_find_cover(void *set, struct fw_set_block *bucket, uint32_t head,
	uint32_t index, uint32_t buckets, uint32_t counters)
{
	uint32_t begins = bucket->half[FW_SET_BEGINS];

	if (begins != index)
		bucket = FW_SET_AT(set, buckets + begins);
	if (!bucket)
		return fw_set_found_number(FW_SET_NOWHERE);
	return fw_set_found_place(bucket, head, counters, 1);
}

/* How many of the starts in a bucket that is the root of a search tree are not behind an address. */
FW_SET_INLINE uint32_t fw_set_root_until4(const struct fw_set_block *bucket, const struct fw_set_lanes *lanes,
	uint32_t address)
{
	uint32_t part = address & fw_set_lane_mask(lanes), place = 0;

#pragma GCC unroll 10
	for (uint32_t i = 1; i <= lanes->keys; i++)
		place += 1 - fw_set_exceeds(fw_set_lane(bucket, lanes, i), part);
	return place;
}

FW_SET_INLINE struct fw_set_found fw_set_find_in4(void *set, const struct fw_set_header *header,
	struct fw_set_block *bucket, uint32_t index, struct fw_set_lanes lanes, uint32_t address)
{
	uint32_t head = fw_set_head4(bucket), kind = head >> 24, place;

	if (kind <= lanes.keys) {
		place = fw_set_find_lane(bucket, &lanes, address << 1 | 1);
		if (!place)
			return fw_set_found_number(FW_SET_NOWHERE);
		return fw_set_found_place(bucket, head, lanes.counters, place);
	}
	if (kind == FW_SET_COVER)
		return fw_set_find_cover(set, bucket, head, index, header->index4, lanes.counters);
	place = fw_set_root_until4(bucket, &lanes, address);
	return fw_set_found_number(fw_set_descend4(set, head, place, header->ipv4, address));
}

/* The prefix that an address is in. `header` is block 0 of the set. */
FW_SET_INLINE struct fw_set_found fw_set_find4(void *set, const struct fw_set_header *header,
	uint32_t address)
{
	uint32_t shift = header->shift4 & 31, index = (address ^ header->base4) >> shift;
	struct fw_set_block *bucket;

	if (index >= header->buckets4)
		return fw_set_found_number(FW_SET_NOWHERE);
	bucket = FW_SET_AT(set, header->index4 + index);
	if (!bucket)
		return fw_set_found_number(FW_SET_NOWHERE);
	if (shift <= FW_SET_SHORT_BITS)
		return fw_set_find_in4(set, header, bucket, index, fw_set_lanes(true), address);
	return fw_set_find_in4(set, header, bucket, index, fw_set_lanes(false), address);
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
	uint32_t kind = bucket->half[0] >> 24, level = kind >> 2 & 15, number;

	if (!block)
		return FW_SET_NOWHERE;
	places = &block->places;
	number = ((bucket->half[0] & 0xffffff) >> 2 * level) +
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

FW_SET_INLINE struct fw_set_found fw_set_find6(void *set, const struct fw_set_header *header,
	struct fw_set_wide address)
{
	struct fw_set_wide base = { header->base6[0], header->base6[1] };
	uint64_t index = fw_set_bucket6(base, header->shift6 & 127, address);
	struct fw_set_wide key = { address.high << 1 | address.low >> 63, address.low << 1 | 1 };
	struct fw_set_block *bucket;
	uint32_t kind, found;

	if (index >= header->buckets6)
		return fw_set_found_number(FW_SET_NOWHERE);
	bucket = FW_SET_AT(set, header->index6 + (uint32_t)index);
	if (!bucket)
		return fw_set_found_number(FW_SET_NOWHERE);
	kind = bucket->half[0] >> 24;
	if (kind == FW_SET_COVER)
		return fw_set_find_cover(set, bucket, bucket->half[0], (uint32_t)index, header->index6, 0);
	if (kind > FW_SET_KEYS6)
		return fw_set_found_number(fw_set_descend6(set, bucket, header->ipv6, address));
	found = fw_set_key6_has(fw_set_start6(bucket, 1), key) |
		fw_set_key6_has(fw_set_start6(bucket, 2), key) << 1 |
		fw_set_key6_has(fw_set_start6(bucket, 3), key) << 2;
	found &= (1u << (kind & 3)) - 1;
	if (!found)
		return fw_set_found_number(FW_SET_NOWHERE);
	return fw_set_found_place(bucket, bucket->half[0], 0, 1 + (found >> 1));
}

#endif
