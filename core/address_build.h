/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Building a set of prefixes (core/address_set.h) in blocks of zeros, in steps that are small enough for the kernel's
 * verifier, for each family: fw_set_lay, fw_set_begin, fw_set_add for each prefix, fw_set_pad for each of FW_SET_PADS, fw_set_split,
 * fw_set_index until it has ended, fw_set_describe. A step fails when the prefixes are not in
 * order or the memory is too small. The builder trusts nothing but what it wrote itself. Callable from anywhere; one
 * caller a set.
 */
#ifndef FW_CORE_ADDRESS_BUILD_H
#define FW_CORE_ADDRESS_BUILD_H

#include "core/address_set.h"

#define FW_SET_LOAD4_SHORT 10 /* prefixes two buckets have at most, if evenly spread */
#define FW_SET_LOAD4_LONG  7
#define FW_SET_LOAD6	   4
#define FW_SET_MOST_BITS   21 /* of a bucket's number: 128 MiB of buckets */

#define FW_SET_PADS4 (16 * FW_SET_LEVELS4)
#define FW_SET_PADS6 (4 * FW_SET_LEVELS6)

struct fw_set_build {
	void *set;
	/* 0, which the caller gets from where no verifier can know: Linux 6.1 looks at a loop's body with the values
	 * of its first round only, and takes for certain what follows from them. */
	uint32_t zero;
	uint32_t count;	 /* prefixes of this family */
	uint32_t number; /* of the next one */
	uint32_t bucket; /* the next one */
	uint32_t first;	 /* number of the first prefix in it */
	uint32_t buckets;
	uint32_t index; /* block of bucket 0 */
	uint32_t shift;
	struct fw_set_wide base;
	struct fw_set_wide next; /* no prefix begins before */
	struct fw_set_wide lowest;
	struct fw_set_places places;
};

/* Choose the place of everything but buckets, from block `begin` on; a block has room for 2^bits starts. */
FW_SET_INLINE void fw_set_lay(struct fw_set_build *build, uint32_t count, uint32_t begin, uint32_t bits,
	uint32_t levels)
{
	uint32_t entries = count;

	build->count = count;
	build->number = build->zero;
	build->next.high = build->next.low = build->zero;
	build->lowest.high = build->lowest.low = build->zero;
	for (uint32_t level = 0; level < FW_SET_LEVELS6; level++) {
		uint32_t blocks = (entries + (1u << bits) - 1) >> bits;

		build->places.level[level] = begin;
		if (level >= levels)
			continue;
		/* One start alone needs no level above its own. */
		begin += blocks & (level ? -fw_set_exceeds(entries, 1) : UINT32_MAX);
		entries = blocks;
	}
	build->places.length = begin;
	begin += fw_set_blocks(count, 64);
	build->places.line = begin;
	begin += fw_set_blocks(count, 16);
	build->places.total = begin;
	begin += fw_set_blocks(count, 4);
	build->places.end = begin;
}

FW_SET_INLINE void fw_set_lay4(struct fw_set_build *build, uint32_t count, uint32_t begin)
{
	fw_set_lay(build, count, begin, 4, FW_SET_LEVELS4);
}

FW_SET_INLINE void fw_set_lay6(struct fw_set_build *build, uint32_t count, uint32_t begin)
{
	fw_set_lay(build, count, begin, 2, FW_SET_LEVELS6);
}

/* Write down which places were chosen; `family` is FW_SET_PLACES4 or FW_SET_PLACES6. */
FW_SET_INLINE bool fw_set_begin(const struct fw_set_build *build, uint32_t family)
{
	struct fw_set_block *places = FW_SET_AT(build->set, family);

	if (!places)
		return false;
	places->places = build->places;
	return true;
}

/* Is there an array of this level? */
FW_SET_INLINE bool fw_set_has_level(uint32_t count, uint32_t level, uint32_t bits)
{
	return count && (!level || (count - 1) >> bits * level);
}

/* What every family keeps of a prefix in the same form. */
FW_SET_INLINE bool fw_set_note(struct fw_set_build *build, uint32_t length, uint32_t line)
{
	uint32_t number = build->number;
	struct fw_set_block *lengths = FW_SET_AT(build->set, build->places.length + number / 64);
	struct fw_set_block *lines = FW_SET_AT(build->set, build->places.line + number / 16);

	if (!lengths || !lines)
		return false;
	lengths->byte[number % 64] = (uint8_t)length;
	lines->half[number % 16] = line;
	build->number++;
	return true;
}

/* The next prefix. */
FW_SET_INLINE bool fw_set_add4(struct fw_set_build *build, uint32_t start, uint32_t length, uint32_t line)
{
	uint32_t number = build->number, place = number;
	uint64_t size;

	if (length > 32)
		return false;
	size = 1ull << (32 - length);
	if (start & (size - 1) || start < build->next.low || number >= build->count)
		return false;
	build->next.low = start + size;
	if (!number)
		build->lowest.low = start;
	for (uint32_t level = 0; level < FW_SET_LEVELS4; level++) {
		struct fw_set_block *block;

		if (!fw_set_has_level(build->count, level, 4))
			break;
		block = FW_SET_AT(build->set, build->places.level[level] + place / 16);
		if (!block)
			return false;
		block->half[place % 16] = start;
		if (place % 16)
			break;
		place /= 16;
	}
	return fw_set_note(build, length, line);
}

/* Fill a place behind the last start of a level, if there is one: starts are in order up to a block's end. */
FW_SET_INLINE bool fw_set_pad4(struct fw_set_build *build, uint32_t step)
{
	uint32_t level = step / 16, place = step % 16, last;
	struct fw_set_block *block;

	if (level >= FW_SET_LEVELS4 || !fw_set_has_level(build->count, level, 4))
		return true;
	last = (build->count - 1) >> 4 * level;
	if (place <= last % 16)
		return true;
	block = FW_SET_AT(build->set, build->places.level[level] + last / 16);
	if (!block)
		return false;
	block->half[place] = UINT32_MAX;
	return true;
}

/* How many bits a number has. */
FW_SET_INLINE uint32_t fw_set_bits(uint64_t number)
{
	uint32_t bits = 0;

	for (uint32_t half = 32; half; half /= 2) {
		uint32_t more = half * (1 - fw_set_is_zero(number >> half));

		number >>= more;
		bits += more;
	}
	return bits + (uint32_t)number;
}

/* Bits of a bucket's number, of `bits` in which addresses differ. */
FW_SET_INLINE uint32_t fw_set_index_bits(uint32_t count, uint32_t bits, uint32_t load)
{
	uint32_t wanted = fw_set_bits(fw_set_blocks(2 * count, load) - 1);

	/* Four at least, for a bit of each lane is no address's. */
	wanted = fw_set_least(wanted > 2 ? wanted : 2, FW_SET_MOST_BITS);
	return fw_set_least(wanted, bits);
}

/* Choose how many buckets, from block `begin` on; none for an empty family. `bits`: of an address in which the
 * family's differ. */
FW_SET_INLINE void fw_set_choose(struct fw_set_build *build, uint32_t bits, uint32_t load, uint32_t begin)
{
	uint32_t index_bits = fw_set_index_bits(build->count, bits, load);

	build->shift = bits - index_bits;
	build->buckets = build->count ? 1u << index_bits : 0;
	build->index = begin;
	build->number = build->first = build->bucket = build->zero;
}

/* Choose buckets for addresses from `lowest` to `highest`. */
FW_SET_INLINE void fw_set_split4(struct fw_set_build *build, uint32_t lowest, uint32_t highest,
	uint32_t begin)
{
	uint32_t bits = fw_set_bits(lowest ^ highest);

	if (bits < 2)
		bits = 2;
	build->base.high = 0;
	build->base.low = (uint64_t)lowest >> bits << bits;
	fw_set_choose(build, bits, FW_SET_LOAD4_SHORT, begin);
	/* With more buckets these are short, too. */
	if (build->shift > FW_SET_SHORT_BITS)
		fw_set_choose(build, bits, FW_SET_LOAD4_LONG, begin);
}

/* The level at which a tree's root enters for prefixes `first` to `last`: there they are at most `keys` starts and one.
 * A block has room for 2^bits. */
FW_SET_INLINE uint32_t fw_set_root_level(uint32_t first, uint32_t last, uint32_t keys, uint32_t bits,
	uint32_t levels)
{
	uint32_t level = 1;

	for (uint32_t i = 0; i < levels - 1; i++)
		level += fw_set_exceeds((last >> bits * level) - (first >> bits * level), keys);
	return level;
}

/* Into a lane that is zero. */
FW_SET_INLINE void fw_set_write_lane(struct fw_set_block *bucket, const struct fw_set_lanes *lanes,
	uint32_t place, uint32_t value)
{
	uint32_t each = 64 / lanes->bits, lane = place + each / 2 - 1;

	bucket->word[fw_set_opaque(lane / each) & 3] |= (uint64_t)value << lane % each * lanes->bits;
}

/* Write a bucket whose prefixes are all behind it; those that fit in are in it already, in front. */
FW_SET_INLINE bool fw_set_close4(struct fw_set_build *build, struct fw_set_block *bucket,
	struct fw_set_lanes lanes)
{
	uint32_t first = build->first, count = build->number - first, level, spread, begin;
	uint32_t ones = UINT32_MAX >> (32 - lanes.bits), mask = fw_set_lane_mask(&lanes);
	const struct fw_set_block *block = FW_SET_AT(build->set, FW_SET_PLACES4);

	if (!block)
		return false;
	if (count <= lanes.keys) {
		for (uint32_t i = 1; i <= FW_SET_KEYS4_SHORT; i++)
			if (i > count && i <= lanes.keys)
				fw_set_write_lane(bucket, &lanes, i, ones);
		bucket->word[0] |= count ? first | count << 24 : 0;
		return true;
	}
	level = fw_set_root_level(first, first + count - 1, lanes.keys, 4, FW_SET_LEVELS4);
	spread = ((first + count - 1) >> 4 * level) - (first >> 4 * level);
	if (level >= FW_SET_LEVELS4)
		return false;
	begin = block->places.level[level];
	for (uint32_t i = 0; i < 4; i++)
		if (i < lanes.words)
			bucket->word[i] = 0;
	for (uint32_t i = 1; i <= FW_SET_KEYS4_SHORT; i++) {
		uint32_t place = (first >> 4 * level) + i;

		if (i > lanes.keys)
			break;
		/* Behind the last level there is something else to read. */
		block = FW_SET_AT(build->set, begin + place / 16);
		if (!block)
			return false;
		fw_set_write_lane(bucket, &lanes, i,
			(block->half[place % 16] | -fw_set_exceeds(i, spread)) & mask);
	}
	bucket->word[0] |= first | (FW_SET_TREE | level << 4 | spread) << 24;
	return true;
}

enum fw_set_step { FW_SET_GOES_ON, FW_SET_ENDED, FW_SET_FAILED };

/* The next prefix, or the next bucket. */
FW_SET_INLINE enum fw_set_step fw_set_index4(struct fw_set_build *build)
{
	struct fw_set_lanes lanes = fw_set_lanes(build->shift <= FW_SET_SHORT_BITS);
	uint32_t number = build->number, begins, start, length, place;
	struct fw_set_block *bucket, *starts, *lengths;

	if (build->bucket >= build->buckets)
		return FW_SET_ENDED;
	bucket = FW_SET_AT(build->set, build->index + build->bucket);
	if (!bucket)
		return FW_SET_FAILED;
	if (number >= build->count)
		goto close;
	starts = FW_SET_AT(build->set, build->places.level[0] + number / 16);
	lengths = FW_SET_AT(build->set, build->places.length + number / 64);
	if (!starts || !lengths)
		return FW_SET_FAILED;
	start = starts->half[number % 16];
	length = lengths->byte[number % 64];
	begins = (start ^ (uint32_t)build->base.low) >> (build->shift & 31);
	if (begins > build->bucket)
		goto close;
	if (32 - length < build->shift) {
		place = 1 + number - build->first;
		if (place <= lanes.keys)
			fw_set_write_lane(bucket, &lanes, place & 15,
				fw_set_key4(start, length) & fw_set_lane_mask(&lanes));
		build->number++;
		return FW_SET_GOES_ON;
	}
	/* It has this bucket, and perhaps some more, to itself. */
	bucket->word[0] = number | FW_SET_COVER << 24;
	bucket->half[FW_SET_BEGINS] = begins;
	build->bucket++;
	if (build->bucket - begins >= 1u << ((32 - length - build->shift) & 31))
		build->first = ++build->number;
	return FW_SET_GOES_ON;
close:
	if (!fw_set_close4(build, bucket, lanes))
		return FW_SET_FAILED;
	build->bucket++;
	build->first = build->number;
	return FW_SET_GOES_ON;
}

FW_SET_INLINE struct fw_set_wide fw_set_last6(struct fw_set_wide start, uint32_t length)
{
	struct fw_set_wide bits = fw_set_host_bits6(length);

	bits.high |= start.high;
	bits.low |= start.low;
	return bits;
}

FW_SET_INLINE void fw_set_put6(struct fw_set_block *block, uint32_t place, struct fw_set_wide start)
{
	block->word[2 * (place & 3)] = start.high;
	block->word[2 * (place & 3) + 1] = start.low;
}

/* build->next is the last address of the prefix before: behind the last one of all there is none. */
FW_SET_INLINE bool fw_set_add6(struct fw_set_build *build, struct fw_set_wide start, uint32_t length,
	uint32_t line)
{
	uint32_t number = build->number, place = number;
	struct fw_set_wide bits;

	if (length > 128 || number >= build->count)
		return false;
	bits = fw_set_host_bits6(length);
	if (start.high & bits.high || start.low & bits.low)
		return false;
	if (number && fw_set_reaches6(start, build->next))
		return false;
	build->next = fw_set_last6(start, length);
	if (!number)
		build->lowest = start;
	for (uint32_t level = 0; level < FW_SET_LEVELS6; level++) {
		struct fw_set_block *block;

		if (!fw_set_has_level(build->count, level, 2))
			break;
		block = FW_SET_AT(build->set, build->places.level[level] + place / 4);
		if (!block)
			return false;
		fw_set_put6(block, place, start);
		if (place % 4)
			break;
		place /= 4;
	}
	return fw_set_note(build, length, line);
}

FW_SET_INLINE bool fw_set_pad6(struct fw_set_build *build, uint32_t step)
{
	const struct fw_set_wide highest = { UINT64_MAX, UINT64_MAX };
	uint32_t level = step / 4, place = step % 4, last;
	struct fw_set_block *block;

	if (level >= FW_SET_LEVELS6 || !fw_set_has_level(build->count, level, 2))
		return true;
	last = (build->count - 1) >> 2 * level;
	if (place <= last % 4)
		return true;
	block = FW_SET_AT(build->set, build->places.level[level] + last / 4);
	if (!block)
		return false;
	fw_set_put6(block, place, highest);
	return true;
}

FW_SET_INLINE void fw_set_split6(struct fw_set_build *build, struct fw_set_wide lowest,
	struct fw_set_wide highest, uint32_t begin)
{
	uint32_t bits = fw_set_bits(lowest.high ^ highest.high);
	struct fw_set_wide low;

	bits = bits ? 64 + bits : fw_set_bits(lowest.low ^ highest.low);
	if (bits < 2)
		bits = 2;
	low = fw_set_host_bits6(128 - bits);
	build->base.high = lowest.high & ~low.high;
	build->base.low = lowest.low & ~low.low;
	fw_set_choose(build, bits, FW_SET_LOAD6, begin);
}

FW_SET_INLINE bool fw_set_close6(struct fw_set_build *build, struct fw_set_block *bucket)
{
	uint32_t first = build->first, count = build->number - first, level, spread, begin;
	const struct fw_set_block *block = FW_SET_AT(build->set, FW_SET_PLACES6);

	if (!block)
		return false;
	if (count <= FW_SET_KEYS6) {
		bucket->half[0] = first | count << 24;
		return true;
	}
	level = fw_set_root_level(first, first + count - 1, FW_SET_KEYS6, 2, FW_SET_LEVELS6);
	spread = ((first + count - 1) >> 2 * level) - (first >> 2 * level);
	if (level >= FW_SET_LEVELS6)
		return false;
	begin = block->places.level[level];
	for (uint32_t i = 1; i <= FW_SET_KEYS6; i++) {
		uint32_t place = (first >> 2 * level) + i;
		struct fw_set_wide start;

		block = FW_SET_AT(build->set, begin + place / 4);
		if (!block)
			return false;
		start = fw_set_start6(block, place);
		start.high |= -(uint64_t)fw_set_exceeds(i, spread);
		start.low |= -(uint64_t)fw_set_exceeds(i, spread);
		fw_set_put6(bucket, i, start);
	}
	bucket->half[0] = first | (FW_SET_TREE | level << 2 | spread) << 24;
	return true;
}

FW_SET_INLINE enum fw_set_step fw_set_index6(struct fw_set_build *build)
{
	struct fw_set_block *bucket, *starts, *lengths;
	uint32_t number = build->number, length;
	struct fw_set_wide start;
	uint64_t begins;

	if (build->bucket >= build->buckets)
		return FW_SET_ENDED;
	bucket = FW_SET_AT(build->set, build->index + build->bucket);
	if (!bucket)
		return FW_SET_FAILED;
	if (number >= build->count)
		goto close;
	starts = FW_SET_AT(build->set, build->places.level[0] + number / 4);
	lengths = FW_SET_AT(build->set, build->places.length + number / 64);
	if (!starts || !lengths)
		return FW_SET_FAILED;
	start = fw_set_start6(starts, number);
	length = lengths->byte[number % 64];
	begins = fw_set_bucket6(build->base, build->shift & 127, start);
	if (begins > build->bucket)
		goto close;
	if (128 - length < build->shift) {
		if (number - build->first < FW_SET_KEYS6)
			fw_set_put6(bucket, 1 + number - build->first, fw_set_key6(start, length));
		build->number++;
		return FW_SET_GOES_ON;
	}
	bucket->half[0] = number | FW_SET_COVER << 24;
	bucket->half[FW_SET_BEGINS] = (uint32_t)begins;
	build->bucket++;
	if (build->bucket - begins >= 1u << ((128 - length - build->shift) & 31))
		build->first = ++build->number;
	return FW_SET_GOES_ON;
close:
	if (!fw_set_close6(build, bucket))
		return FW_SET_FAILED;
	build->bucket++;
	build->first = build->number;
	return FW_SET_GOES_ON;
}

/* Say where a family is. `header` is block 0. It is searched when its `buckets` says so too, which is for the caller
 * to store when all is there. */
FW_SET_INLINE void fw_set_describe4(const struct fw_set_build *build, struct fw_set_header *header)
{
	header->ipv4 = build->count;
	header->base4 = (uint32_t)build->base.low;
	header->index4 = build->index;
	header->shift4 = (uint8_t)build->shift;
}

FW_SET_INLINE void fw_set_describe6(const struct fw_set_build *build, struct fw_set_header *header)
{
	header->ipv6 = build->count;
	header->base6[0] = build->base.high;
	header->base6[1] = build->base.low;
	header->index6 = build->index;
	header->shift6 = (uint8_t)build->shift;
}

#endif
