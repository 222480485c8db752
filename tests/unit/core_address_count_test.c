/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Packets and bytes of a prefix: nothing is lost, whoever counts, and readers see no count go down. */
#include "core/address_count.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NUMBER 6 /* of the prefix: its total is in the second block of totals */

static struct fw_set_block blocks[8];
static struct fw_set_memory memory = { blocks, 8 };
static uint32_t *const counter = &blocks[7].half[3];

static int clear(void **state)
{
	memset(blocks, 0, sizeof(blocks));
	blocks[FW_SET_PLACES4].places.total = FW_SET_FIRST;
	return 0;
}

static void count(uint32_t bytes)
{
	struct fw_set_found found = { NUMBER, counter };

	fw_set_count(&memory, FW_SET_PLACES4, FW_SET_COUNTER_MOST, &found, bytes);
}

/* As the backend reads it. */
static bool read_once(uint64_t *packets, uint64_t *bytes)
{
	uint64_t *total = fw_set_total(&memory, FW_SET_PLACES4, NUMBER), before[2], after[2];
	uint32_t counted;

	before[0] = __atomic_load_n(&total[0], __ATOMIC_SEQ_CST);
	before[1] = __atomic_load_n(&total[1], __ATOMIC_SEQ_CST);
	counted = __atomic_load_n(counter, __ATOMIC_SEQ_CST);
	after[0] = __atomic_load_n(&total[0], __ATOMIC_SEQ_CST);
	after[1] = __atomic_load_n(&total[1], __ATOMIC_SEQ_CST);
	return fw_set_sum(before, counted, after, packets, bytes);
}

static void expect(uint64_t packets, uint64_t bytes)
{
	uint64_t found_packets, found_bytes;

	assert_true(read_once(&found_packets, &found_bytes));
	assert_int_equal(found_packets, packets);
	assert_int_equal(found_bytes, bytes);
}

static void counts_every_packet(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 20, 60, 576, 1500, FW_SET_COUNTER_MOST,
		FW_SET_COUNTER_MOST + 1, 65535, UINT32_MAX };
	uint64_t packets = 0, bytes = 0;

	for (size_t i = 0; i < FW_ARRAY_SIZE(sizes); i++)
		for (uint32_t k = 0; k < 5000; k++) {
			count(sizes[i]);
			bytes += sizes[i];
			expect(++packets, bytes);
		}
	for (uint32_t k = 0; k < 50000; k++) {
		count(sizes[k % FW_ARRAY_SIZE(sizes)]);
		bytes += sizes[k % FW_ARRAY_SIZE(sizes)];
	}
	expect(packets + 50000, bytes);
}

static void empties_a_counter_in_time(void **state)
{
	uint32_t left;

	for (uint32_t i = 0; i < 100000; i++) {
		count(i % 2 ? 60 : FW_SET_COUNTER_MOST);
		left = *counter;
		assert_true((left & FW_SET_PACKET_MASK) <= FW_SET_PAST_PACKETS);
		assert_true(left >> FW_SET_PACKET_BITS <= FW_SET_PAST_BYTES + FW_SET_COUNTER_MOST);
	}
}

/* All processors add to it before the first of them empties it. */
static void has_room_for_all_processors(void **state)
{
	uint32_t full = (FW_SET_PAST_BYTES - 1) << FW_SET_PACKET_BITS | (FW_SET_PAST_PACKETS - 1);
	uint64_t packets = FW_SET_PAST_PACKETS - 1, bytes = FW_SET_PAST_BYTES - 1;

	*counter = full;
	for (uint32_t i = 0; i < FW_SET_PROCESSORS; i++)
		__sync_fetch_and_add(counter, FW_SET_COUNTER_MOST << FW_SET_PACKET_BITS | 1);
	expect(packets + FW_SET_PROCESSORS, bytes + FW_SET_PROCESSORS * FW_SET_COUNTER_MOST);
	assert_int_equal(fw_set_counter_most(FW_SET_PROCESSORS), FW_SET_COUNTER_MOST);
	assert_int_equal(fw_set_counter_most(FW_SET_PROCESSORS + 1), 0);
}

/* On a machine of too many processors, and for a prefix that has none. */
static void counts_without_counters(void **state)
{
	struct fw_set_found found = { NUMBER, counter };

	for (uint32_t i = 0; i < 1000; i++)
		fw_set_count(&memory, FW_SET_PLACES4, 0, &found, 60);
	found.counter = NULL;
	for (uint32_t i = 0; i < 1000; i++)
		fw_set_count(&memory, FW_SET_PLACES4, FW_SET_COUNTER_MOST, &found, 60);
	assert_int_equal(*counter, 0);
	expect(2000, 120000);
}

static void says_when_a_count_moves(void **state)
{
	uint64_t still[2] = { 7, 100 }, moving[2] = { 7 + FW_SET_MOVES, 100 }, more[2] = { 8, 100 };
	uint64_t packets, bytes;

	assert_true(fw_set_sum(still, 0, still, &packets, &bytes));
	assert_false(fw_set_sum(moving, 0, moving, &packets, &bytes));
	assert_false(fw_set_sum(still, 0, more, &packets, &bytes));
	assert_false(fw_set_sum(still, 0, moving, &packets, &bytes));
	assert_int_equal(packets, 7);
}

/* A set may be wrong in anything. */
static void survives_a_wrong_total(void **state)
{
	struct fw_set_found found = { UINT32_MAX, counter };

	for (uint32_t i = 0; i < 10000; i++)
		fw_set_count(&memory, FW_SET_PLACES4, FW_SET_COUNTER_MOST, &found, 1500);
}

#define COUNTERS 4
#define EACH	 4000000

static bool counted;

static void *count_many(void *argument)
{
	for (uint32_t i = 0; i < EACH; i++)
		count(i % 100 ? 1 + i % FW_SET_COUNTER_MOST : 9000);
	return NULL;
}

static void *read_many(void *argument)
{
	uint64_t last_packets = 0, last_bytes = 0, packets, bytes, down = 0;

	while (!__atomic_load_n(&counted, __ATOMIC_ACQUIRE)) {
		if (!read_once(&packets, &bytes))
			continue;
		down += packets < last_packets || bytes < last_bytes;
		last_packets = packets;
		last_bytes = bytes;
	}
	return (void *)(uintptr_t)down;
}

static void counts_by_many_at_once(void **state)
{
	pthread_t threads[COUNTERS], reader;
	uint64_t bytes = 0;
	void *down;

	for (uint32_t i = 0; i < EACH; i++)
		bytes += i % 100 ? 1 + i % FW_SET_COUNTER_MOST : 9000;
	__atomic_store_n(&counted, false, __ATOMIC_RELEASE);
	assert_int_equal(pthread_create(&reader, NULL, read_many, NULL), 0);
	for (int i = 0; i < COUNTERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_many, NULL), 0);
	for (int i = 0; i < COUNTERS; i++)
		pthread_join(threads[i], NULL);
	__atomic_store_n(&counted, true, __ATOMIC_RELEASE);
	pthread_join(reader, &down);
	assert_null(down);
	expect(COUNTERS * EACH, COUNTERS * bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(counts_every_packet, clear),
		cmocka_unit_test_setup(empties_a_counter_in_time, clear),
		cmocka_unit_test_setup(has_room_for_all_processors, clear),
		cmocka_unit_test_setup(counts_without_counters, clear),
		cmocka_unit_test_setup(says_when_a_count_moves, clear),
		cmocka_unit_test_setup(survives_a_wrong_total, clear),
		cmocka_unit_test_setup(counts_by_many_at_once, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
