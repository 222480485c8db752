/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Sets of prefixes against a search that is too simple to be wrong. */
#include "core/address_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef unsigned __int128 wide;

#define MOST 60000

struct item {
	wide start;
	uint32_t length;
};

/* A list of one family, and the set that was built of it. */
struct list {
	uint32_t bits; /* of an address: 32 or 128 */
	uint32_t count;
	struct item items[MOST];
	struct fw_set_memory memory;
};

static struct list list;
static uint64_t seed;

static uint64_t draw(void)
{
	seed += 0x9e3779b97f4a7c15ull;
	return (seed ^ seed >> 31) * 0xbf58476d1ce4e5b9ull ^ seed >> 17;
}

static wide draw_address(void)
{
	return list.bits == 32 ? draw() >> 32 : (wide)draw() << 64 | draw();
}

static wide highest(void)
{
	return list.bits == 32 ? UINT32_MAX : ~(wide)0;
}

static wide host_bits(uint32_t length)
{
	return length ? ((wide)1 << (list.bits - length)) - 1 : highest();
}

static wide last_of(const struct item *item)
{
	return item->start | host_bits(item->length);
}

static struct fw_set_wide split(wide address)
{
	return (struct fw_set_wide){ (uint64_t)(address >> 64), (uint64_t)address };
}

static void begin(uint32_t bits)
{
	list.bits = bits;
	list.count = 0;
}

/* The first place for a prefix of this length from `start` on; false: there is none. */
static bool append(wide start, uint32_t length)
{
	wide bits = host_bits(length);

	if (list.count && start <= last_of(&list.items[list.count - 1]))
		start = last_of(&list.items[list.count - 1]) + 1;
	if (list.count && !start)
		return false;
	if ((start + bits) < start || (start + bits) > highest())
		return false;
	start = (start + bits) & ~bits;
	if (list.count == MOST)
		return false;
	list.items[list.count++] = (struct item){ start, length };
	return true;
}

static bool build4(struct fw_set_build *build, struct fw_set_header *header)
{
	enum fw_set_step step = FW_SET_GOES_ON;

	fw_set_lay4(build, list.count, FW_SET_FIRST);
	if (!fw_set_begin(build, FW_SET_PLACES4))
		return false;
	for (uint32_t i = 0; i < list.count; i++)
		if (!fw_set_add4(build, (uint32_t)list.items[i].start, list.items[i].length, i + 1))
			return false;
	for (uint32_t i = 0; i < FW_SET_PADS4; i++)
		if (!fw_set_pad4(build, i))
			return false;
	fw_set_split4(build, (uint32_t)build->lowest.low, (uint32_t)(build->next.low - 1),
		build->places.end);
	while (step == FW_SET_GOES_ON)
		step = fw_set_index4(build);
	fw_set_describe4(build, header);
	header->buckets4 = build->buckets;
	return step == FW_SET_ENDED;
}

static bool build6(struct fw_set_build *build, struct fw_set_header *header)
{
	enum fw_set_step step = FW_SET_GOES_ON;

	fw_set_lay6(build, list.count, FW_SET_FIRST);
	if (!fw_set_begin(build, FW_SET_PLACES6))
		return false;
	for (uint32_t i = 0; i < list.count; i++)
		if (!fw_set_add6(build, split(list.items[i].start), list.items[i].length, i + 1))
			return false;
	for (uint32_t i = 0; i < FW_SET_PADS6; i++)
		if (!fw_set_pad6(build, i))
			return false;
	fw_set_split6(build, build->lowest, build->next, build->places.end);
	while (step == FW_SET_GOES_ON)
		step = fw_set_index6(build);
	fw_set_describe6(build, header);
	header->buckets6 = build->buckets;
	return step == FW_SET_ENDED;
}

static uint32_t needed_blocks(void)
{
	const struct item *first = &list.items[0], *last = &list.items[list.count ? list.count - 1 : 0];
	struct fw_set_build build = { 0 };

	if (list.bits == 32) {
		fw_set_lay4(&build, list.count, FW_SET_FIRST);
		fw_set_split4(&build, list.count ? (uint32_t)first->start : 0,
			list.count ? (uint32_t)last_of(last) : 0, build.places.end);
	} else {
		fw_set_lay6(&build, list.count, FW_SET_FIRST);
		fw_set_split6(&build, split(list.count ? first->start : 0),
			split(list.count ? last_of(last) : 0), build.places.end);
	}
	return build.index + build.buckets;
}

static bool build_in(uint32_t blocks)
{
	struct fw_set_build build = { .set = &list.memory };

	free(list.memory.blocks);
	list.memory.count = blocks;
	list.memory.blocks = aligned_alloc(64, ((size_t)blocks + 1) * 64);
	assert_non_null(list.memory.blocks);
	memset(list.memory.blocks, 0, (size_t)blocks * 64);
	return list.bits == 32 ? build4(&build, &list.memory.blocks[0].header) :
				 build6(&build, &list.memory.blocks[0].header);
}

static struct fw_set_found find_with_counter(wide address)
{
	const struct fw_set_header *header = &list.memory.blocks[0].header;

	return list.bits == 32 ? fw_set_find4(&list.memory, header, (uint32_t)address) :
				 fw_set_find6(&list.memory, header, split(address));
}

static uint32_t find(wide address)
{
	return find_with_counter(address).number;
}

/* By halving. */
static uint32_t expect(wide address)
{
	uint32_t low = 0, high = list.count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (last_of(&list.items[middle]) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < list.count && list.items[low].start <= address ? low : FW_SET_NOWHERE;
}

static void check(wide address)
{
	uint32_t found = find(address), expected = expect(address);

	if (found != expected)
		fail_msg("%u prefixes of %u bits: %016llx%016llx is in %d, not in %d", list.count,
			list.bits, (unsigned long long)(address >> 64), (unsigned long long)address,
			(int)expected, (int)found);
}

/* Each prefix has a counter of its own, or none. All are written to: they must be in nobody's way. */
static void mark_counters(void)
{
	for (uint32_t i = 0; i < list.count; i++) {
		uint32_t *counter = find_with_counter(list.items[i].start).counter;

		assert_ptr_equal(counter, find_with_counter(last_of(&list.items[i])).counter);
		if (!counter)
			continue;
		assert_int_equal(*counter, 0);
		*counter = UINT32_MAX - i;
	}
	for (uint32_t i = 0; i < list.count; i++) {
		uint32_t *counter = find_with_counter(list.items[i].start).counter;

		if (counter)
			assert_int_equal(*counter, UINT32_MAX - i);
	}
}

/* What is built has every prefix where it is, up to its ends, and nothing else. */
static void check_list(void)
{
	assert_true(build_in(needed_blocks()));
	mark_counters();
	for (uint32_t i = 0; i < list.count; i++) {
		wide first = list.items[i].start, last = last_of(&list.items[i]);

		check((first - 1) & highest());
		check(first);
		check(first + (last - first) / 2);
		check(last);
		check((last + 1) & highest());
		check((first ^ (wide)1 << draw() % list.bits) & highest());
	}
	for (uint32_t i = 0; i < 20000; i++)
		check(draw_address());
	check(0);
	check(highest());
	check(highest() / 2);
	check(highest() / 2 + 1);
}

static void every_count(uint32_t bits)
{
	for (uint32_t count = 0; count < 80; count++) {
		begin(bits);
		for (uint32_t i = 0; i < count; i++)
			append(i * (highest() / (count + 1)), bits - (uint32_t)(draw() % 9));
		check_list();
	}
}

static void spread(uint32_t bits)
{
	static const uint32_t counts[] = { 15, 16, 17, 255, 256, 257, 1000, 4097, 30000 };

	for (size_t i = 0; i < FW_ARRAY_SIZE(counts); i++) {
		wide step = highest() / counts[i];

		begin(bits);
		for (uint32_t k = 0; k < counts[i]; k++)
			append(step * k + draw_address() % step, bits - (uint32_t)(draw() % 6));
		check_list();
	}
}

/* In ranges of any size, in which buckets are of any size: of IPv4 short and long ones. */
static void ranges(uint32_t bits)
{
	for (uint32_t range = 10; range < bits && range < 40; range++) {
		wide step = ((wide)1 << range) / 700;

		begin(bits);
		for (uint32_t k = 0; k < 700; k++)
			append(((wide)11 << (bits - 4)) + step * k + draw_address() % (step + 1),
				bits - (uint32_t)(draw() % 4));
		check_list();
		for (uint32_t i = 0; i < 20000; i++)
			check(((wide)11 << (bits - 4)) + draw_address() % ((wide)1 << range));
	}
}

/* Short ones too: they cover many buckets. */
static void mixed_lengths(uint32_t bits)
{
	for (int round = 0; round < 60; round++) {
		uint32_t shortest = 1 + (uint32_t)(draw() % bits), tries = (uint32_t)(draw() % 3000);
		wide at = draw_address() >> draw() % bits;

		begin(bits);
		for (uint32_t i = 0; i < tries; i++) {
			at += draw_address() >> draw() % bits >> 4;
			if (at > highest() ||
				!append(at, shortest + (uint32_t)(draw() % (bits - shortest + 1))))
				break;
			at = last_of(&list.items[list.count - 1]);
		}
		check_list();
	}
}

/* Many in few places, as nobody would spread them who wishes well. */
static void clusters(uint32_t bits)
{
	static const struct {
		uint32_t places, each, step;
	} rows[] = {
		{ 1, MOST, 1 }, { 1, MOST, 2 }, { 4, 15000, 1 }, { 4, 15000, 3 }, { 40, 1500, 2 },
		{ 3000, 17, 1 }, { 3000, 16, 2 }, { 1, 17, 1 }, { 2, 17, 2 }, { 200, 280, 200 },
	};

	for (size_t row = 0; row < FW_ARRAY_SIZE(rows); row++) {
		begin(bits);
		for (uint32_t place = 0; place < rows[row].places; place++)
			for (uint32_t i = 0; i < rows[row].each; i++)
				append(highest() / (rows[row].places + 1) * (place + 1) + i * rows[row].step,
					bits);
		assert_int_equal(list.count, rows[row].places * rows[row].each);
		check_list();
	}
}

/* One far away from each half of what is left, down to the last bit. */
static void nested(uint32_t bits)
{
	begin(bits);
	append(0, bits);
	for (uint32_t length = bits; length > 0; length--)
		append((wide)1 << (bits - length), length);
	assert_int_equal(list.count, bits + 1);
	check_list();
	for (uint32_t i = 0; i < list.count; i++)
		list.items[i].length = bits;
	check_list();
}

static void edges(uint32_t bits)
{
	begin(bits);
	append(0, 0);
	check_list();
	assert_int_equal(find(draw_address()), 0);
	begin(bits);
	append(0, 1);
	append(highest() / 2 + 1, 1);
	check_list();
	for (uint32_t length = 1; length <= bits; length++) {
		begin(bits);
		append(0, length);
		check_list();
		append(highest() - host_bits(length), length);
		check_list();
		begin(bits);
		append(highest() - host_bits(length), length);
		check_list();
	}
	/* The last address of all in the search tree of a bucket. */
	begin(bits);
	append(0, bits);
	for (uint32_t i = 100; i--;)
		append(highest() - i, bits);
	check_list();
	list.count--;
	check_list();
}

static void both(void (*test)(uint32_t bits))
{
	test(32);
	test(128);
}

static void finds_with_every_count(void **state)
{
	both(every_count);
}

static void finds_what_is_spread(void **state)
{
	both(spread);
}

static void finds_in_any_range(void **state)
{
	both(ranges);
}

static void finds_mixed_lengths(void **state)
{
	both(mixed_lengths);
}

static void finds_in_clusters(void **state)
{
	both(clusters);
}

static void finds_nested(void **state)
{
	both(nested);
}

static void finds_at_the_edges(void **state)
{
	both(edges);
}

static bool builds(void)
{
	return build_in(100);
}

static void refuse(uint32_t bits)
{
	begin(bits);
	list.count = 2;
	list.items[0] = (struct item){ 16, bits };
	list.items[1] = (struct item){ 17, bits };
	assert_true(builds());
	list.items[1].start = 16;
	assert_false(builds());
	list.items[1].start = 15;
	assert_false(builds());
	list.items[0] = (struct item){ 16, bits - 4 };
	list.items[1] = (struct item){ 31, bits };
	assert_false(builds());
	list.items[1].start = 32;
	assert_true(builds());
	list.items[0].start = 17;
	assert_false(builds());
	list.items[0] = (struct item){ 16, bits + 1 };
	assert_false(builds());
	list.items[0] = (struct item){ highest(), bits };
	list.items[1] = (struct item){ 0, bits };
	assert_false(builds());
	list.items[0] = (struct item){ 0, 0 };
	list.items[1] = (struct item){ highest(), bits };
	assert_false(builds());
}

static void refuses_what_is_not_in_order(void **state)
{
	both(refuse);
}

/* In any memory that is too small it fails, and what is then there can be searched. */
static void needs_its_room(uint32_t bits)
{
	begin(bits);
	for (uint32_t i = 0; i < 300; i++)
		append(i * 3, bits);
	for (uint32_t blocks = 3; blocks < needed_blocks(); blocks++) {
		assert_false(build_in(blocks));
		for (int i = 0; i < 100; i++)
			find(draw_address());
	}
}

static void fails_without_room(void **state)
{
	both(needs_its_room);
}

/* A set of random words leads a search nowhere but to an end. */
static void survives_nonsense(void **state)
{
	begin(32);
	append(1, 32);
	for (int round = 0; round < 2000; round++) {
		assert_true(build_in(40));
		for (uint32_t i = 0; i < 40 * 16; i++)
			list.memory.blocks[i / 16].half[i % 16] =
				(uint32_t)(round % 2 ? draw() : draw() % 64);
		list.memory.blocks[0].header.buckets4 = list.memory.blocks[0].header.buckets6 = UINT32_MAX;
		for (int i = 0; i < 50; i++) {
			find(draw_address());
			fw_set_find6(&list.memory, &list.memory.blocks[0].header, split(draw_address()));
		}
	}
}

static void one_prefix_is_small(void **state)
{
	begin(32);
	append(0x0a000000, 8);
	assert_true(needed_blocks() < 12);
	begin(128);
	append((wide)0x20010db8 << 96, 32);
	assert_true(needed_blocks() < 12);
}

static int release(void **state)
{
	free(list.memory.blocks);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_with_every_count),
		cmocka_unit_test(finds_what_is_spread),
		cmocka_unit_test(finds_in_any_range),
		cmocka_unit_test(finds_mixed_lengths),
		cmocka_unit_test(finds_in_clusters),
		cmocka_unit_test(finds_nested),
		cmocka_unit_test(finds_at_the_edges),
		cmocka_unit_test(refuses_what_is_not_in_order),
		cmocka_unit_test(fails_without_room),
		cmocka_unit_test(survives_nonsense),
		cmocka_unit_test(one_prefix_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
