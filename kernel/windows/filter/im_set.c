/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/filter/im_set.h"

#include "core/frame_address.h"
#include "core/prefix_order.h"
#include "kernel/windows/nt_memory.h"

/* How core/address_set.h finds a block of ours. */
#define FW_SET_AT set_at
#define PIECE_BITS 14 /* blocks of a piece: 1 MiB */
#define PIECE_BLOCKS (1u << PIECE_BITS)
struct fw_set_block;
static inline struct fw_set_block *set_at(void *set, unsigned int index);

#include "core/address_build.h"
#include "core/address_count.h"

struct fw_im_set {
	volatile LONG references;
	uint32_t blocks;
	struct fw_set_block **pieces;
	struct fw_set_build build; /* of the family that is being built */
	uint32_t ipv4, ipv6;	   /* prefixes it will have */
	uint32_t next6;		   /* block at which IPv6 begins */
	uint32_t before;	   /* prefixes of families that are done */
	uint32_t buckets4;
	bool is_ready;
	uint64_t packets, bytes; /* dropped by it: changed atomically, for both sides of an adapter
				    may do it at once */
};

static volatile LONG blocks_there; /* of all sets: 64 bytes each */

static inline struct fw_set_block *set_at(void *set, unsigned int index)
{
	struct fw_im_set *ours = set;

	if (index >= ours->blocks)
		return NULL;
	return &ours->pieces[index >> PIECE_BITS][index & (PIECE_BLOCKS - 1)];
}

/* More than it can need, wherever its addresses are: the wider they are apart the more buckets
 * there are. */
static uint32_t blocks_most(uint32_t ipv4, uint32_t ipv6)
{
	const struct fw_set_wide none = { 0, 0 }, all = { UINT64_MAX, UINT64_MAX };
	struct fw_set_build build;

	memset(&build, 0, sizeof(build));
	fw_set_lay4(&build, ipv4, FW_SET_FIRST);
	fw_set_split4(&build, 0, UINT32_MAX, build.places.end);
	fw_set_lay6(&build, ipv6, build.index + build.buckets);
	fw_set_split6(&build, none, all, build.places.end);
	return build.index + build.buckets;
}

static void free_pieces(struct fw_im_set *set)
{
	uint32_t count = fw_set_blocks(set->blocks, PIECE_BLOCKS);

	for (uint32_t i = 0; set->pieces && i < count; i++)
		fw_free(set->pieces[i]);
	fw_free(set->pieces);
	InterlockedExchangeAdd(&blocks_there, -(LONG)set->blocks);
}

static bool take_pieces(struct fw_im_set *set)
{
	uint32_t count = fw_set_blocks(set->blocks, PIECE_BLOCKS), rest = set->blocks;

	InterlockedExchangeAdd(&blocks_there, (LONG)set->blocks);
	set->pieces = fw_allocate(count * sizeof(*set->pieces));
	for (uint32_t i = 0; set->pieces && i < count; i++) {
		uint32_t blocks = fw_set_least(rest, PIECE_BLOCKS);

		set->pieces[i] = fw_allocate(blocks * sizeof(struct fw_set_block));
		if (!set->pieces[i])
			return false;
		rest -= blocks;
	}
	return set->pieces != NULL;
}

static struct fw_set_header *header_of(struct fw_im_set *set)
{
	return &set->pieces[0]->header;
}

/* The buckets of a family whose prefixes are all there. */
static bool index4(struct fw_im_set *set)
{
	struct fw_set_build *build = &set->build;
	enum fw_set_step step;

	for (uint32_t i = 0; i < FW_SET_PADS4; i++)
		if (!fw_set_pad4(build, i))
			return false;
	fw_set_split4(build, (uint32_t)build->lowest.low, (uint32_t)(build->next.low - 1),
		build->places.end);
	while ((step = fw_set_index4(build)) == FW_SET_GOES_ON)
		;
	fw_set_describe4(build, header_of(set));
	return step == FW_SET_ENDED;
}

static bool index6(struct fw_im_set *set)
{
	struct fw_set_build *build = &set->build;
	enum fw_set_step step;

	for (uint32_t i = 0; i < FW_SET_PADS6; i++)
		if (!fw_set_pad6(build, i))
			return false;
	fw_set_split6(build, build->lowest, build->next, build->places.end);
	while ((step = fw_set_index6(build)) == FW_SET_GOES_ON)
		;
	fw_set_describe6(build, header_of(set));
	return step == FW_SET_ENDED;
}

static bool end6(struct fw_im_set *set)
{
	struct fw_set_header *header = header_of(set);

	if (!index6(set))
		return false;
	header->most = fw_set_counter_most(FW_SET_PROCESSORS); /* NT has fewer */
	header->buckets4 = set->buckets4;
	header->buckets6 = set->build.buckets;
	header->format = FW_SET_READY;
	set->is_ready = true;
	return true;
}

/* IPv4 is done: the same builder goes on with IPv6. */
static bool end4(struct fw_im_set *set)
{
	if (!index4(set))
		return false;
	set->buckets4 = set->build.buckets;
	set->before = set->ipv4;
	fw_set_lay6(&set->build, set->ipv6, set->build.index + set->build.buckets);
	if (!fw_set_begin(&set->build, FW_SET_PLACES6))
		return false;
	return set->ipv6 || end6(set);
}

struct fw_im_set *fw_im_set_new(uint32_t ipv4, uint32_t ipv6)
{
	struct fw_im_set *set;

	if (ipv4 > FW_FILTER_MAX_IPV4 || ipv6 > FW_FILTER_MAX_IPV6)
		return NULL;
	set = fw_allocate(sizeof(*set));
	if (!set)
		return NULL;
	set->references = 1;
	set->ipv4 = ipv4;
	set->ipv6 = ipv6;
	set->build.set = set;
	set->blocks = blocks_most(ipv4, ipv6);
	if (!take_pieces(set))
		goto set_put;
	fw_set_lay4(&set->build, ipv4, FW_SET_FIRST);
	if (!fw_set_begin(&set->build, FW_SET_PLACES4) || (!ipv4 && !end4(set)))
		goto set_put;
	return set;

set_put:
	fw_im_set_put(set);
	return NULL;
}

void fw_im_set_get(struct fw_im_set *set)
{
	InterlockedIncrement(&set->references);
}

void fw_im_set_put(struct fw_im_set *set)
{
	if (!set || InterlockedDecrement(&set->references))
		return;
	free_pieces(set);
	fw_free(set);
}

static uint32_t big_endian(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static struct fw_set_wide address6(const uint8_t *bytes)
{
	struct fw_set_wide wide;

	wide.high = (uint64_t)big_endian(bytes) << 32 | big_endian(bytes + 4);
	wide.low = (uint64_t)big_endian(bytes + 8) << 32 | big_endian(bytes + 12);
	return wide;
}

bool fw_im_set_add(struct fw_im_set *set, const struct fw_filter_prefix *prefix)
{
	bool is4 = !set->is_ready && set->before < set->ipv4;

	if (set->is_ready || !fw_prefix_is_sound(prefix) ||
		prefix->family != (is4 ? FW_FAMILY_IPV4 : FW_FAMILY_IPV6))
		return false;
	if (is4) {
		if (!fw_set_add4(
			    &set->build, big_endian(prefix->address), prefix->length, prefix->line))
			return false;
		return set->build.number < set->ipv4 || end4(set);
	}
	if (!fw_set_add6(&set->build, address6(prefix->address), prefix->length, prefix->line))
		return false;
	return set->build.number < set->ipv6 || end6(set);
}

bool fw_im_set_is_full(const struct fw_im_set *set)
{
	return set->is_ready;
}

static struct fw_set_found find(struct fw_im_set *set, const struct fw_frame_address *found)
{
	const struct fw_set_header *header = header_of(set);

	if (found->family == FW_FAMILY_IPV4)
		return fw_set_find4(set, header, big_endian(found->address));
	return fw_set_find6(set, header, address6(found->address));
}

bool fw_im_set_drops(struct fw_im_set *set, const struct fw_frame_address *address)
{
	struct fw_set_found found;

	if (address->family == FW_FAMILY_NONE)
		return false;
	found = find(set, address);
	if (found.number == FW_SET_NOWHERE)
		return false;
	fw_set_count(set, address->family == FW_FAMILY_IPV4 ? FW_SET_PLACES4 : FW_SET_PLACES6,
		header_of(set)->most, &found, address->bytes);
	__sync_fetch_and_add(&set->packets, 1);
	__sync_fetch_and_add(&set->bytes, address->bytes);
	return true;
}

void fw_im_set_number(struct fw_im_set *set, uint32_t id)
{
	header_of(set)->id = id;
}

uint32_t fw_im_set_id(const struct fw_im_set *set)
{
	return set->pieces[0]->header.id;
}

void fw_im_set_describe(struct fw_im_set *set, struct fw_filter_list *list)
{
	list->id = fw_im_set_id(set);
	list->ipv4 = set->ipv4;
	list->ipv6 = set->ipv6;
	list->memory_bytes = (uint64_t)set->blocks * sizeof(struct fw_set_block);
	list->hits.packets = __sync_fetch_and_add(&set->packets, 0); /* whole, on x86 too */
	list->hits.bytes = __sync_fetch_and_add(&set->bytes, 0);
}

/* What it has counted, as said in core/address_count.h: again while somebody moves it, but not for
 * ever. */
static void read_hits(struct fw_im_set *set, uint32_t family, struct fw_set_found found,
	struct fw_filter_hits *hits)
{
	uint64_t *total = fw_set_total(set, family, found.number);

	for (int i = 0; total && i < 1000; i++) {
		uint64_t before[2], after[2];
		uint32_t counter;

		before[0] = __sync_fetch_and_add(&total[0], 0);
		before[1] = __sync_fetch_and_add(&total[1], 0);
		counter = found.counter ? __sync_fetch_and_add(found.counter, 0) : 0;
		after[0] = __sync_fetch_and_add(&total[0], 0);
		after[1] = __sync_fetch_and_add(&total[1], 0);
		if (fw_set_sum(before, counter, after, &hits->packets, &hits->bytes))
			return;
	}
}

static void write_address(uint8_t *bytes, uint32_t word)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

static void write_start(struct fw_im_set *set, const struct fw_set_places *places, uint32_t number,
	struct fw_filter_prefix *prefix)
{
	bool is4 = prefix->family == FW_FAMILY_IPV4;
	const struct fw_set_block *block = set_at(set, places->level[0] + number / (is4 ? 16 : 4));
	struct fw_set_wide start;

	if (is4) {
		write_address(prefix->address, block->half[number % 16]);
		return;
	}
	start = fw_set_start6(block, number);
	write_address(prefix->address, (uint32_t)(start.high >> 32));
	write_address(prefix->address + 4, (uint32_t)start.high);
	write_address(prefix->address + 8, (uint32_t)(start.low >> 32));
	write_address(prefix->address + 12, (uint32_t)start.low);
}

bool fw_im_set_row(struct fw_im_set *set, uint64_t place, struct fw_filter_control_prefix *row)
{
	bool is4 = place < set->ipv4;
	uint32_t number = (uint32_t)(is4 ? place : place - set->ipv4);
	uint32_t family = is4 ? FW_SET_PLACES4 : FW_SET_PLACES6;
	const struct fw_set_places *places = &set_at(set, family)->places;
	struct fw_frame_address first = { { 0 }, is4 ? FW_FAMILY_IPV4 : FW_FAMILY_IPV6, 0 };

	if (!set->is_ready || place >= (uint64_t)set->ipv4 + set->ipv6)
		return false;
	row->prefix.family = (uint8_t)first.family;
	row->prefix.length = set_at(set, places->length + number / 64)->byte[number % 64];
	row->prefix.line = set_at(set, places->line + number / 16)->half[number % 16];
	write_start(set, places, number, &row->prefix);
	fw_frame_copy(&first, row->prefix.address, 16);
	read_hits(set, family, find(set, &first),
		&row->hits); /* its first address finds its counter */
	return true;
}

uint64_t fw_im_set_memory(void)
{
	return (uint64_t)(uint32_t)blocks_there * sizeof(struct fw_set_block);
}
