/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "core/event_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RING 4096u
#define ALL  UINT64_MAX

static uint8_t ring[RING];

struct event {
	struct fw_record_header header;
	uint64_t number;
	uint8_t filling[400];
};

static bool put(struct fw_event_queue *queue, uint16_t type, uint32_t size, uint64_t number)
{
	struct event event = { .header = { .size = size, .type = type, .time_ns = number },
		.number = number };

	memset(event.filling, (int)number, sizeof(event.filling));
	return fw_event_queue_put(queue, &event.header);
}

static void in_order(void **state)
{
	struct fw_event_queue queue;
	struct event got[3];

	fw_event_queue_init(&queue, ring, RING, 0, ALL);
	for (uint64_t i = 1; i <= 3; i++)
		assert_true(put(&queue, FW_RECORD_IMAGE_LOAD, sizeof(struct event), i));
	assert_int_equal(fw_event_queue_take(&queue, got, sizeof(got)), sizeof(got));
	for (uint64_t i = 1; i <= 3; i++) {
		assert_int_equal(got[i - 1].number, i);
		assert_int_equal(got[i - 1].header.sequence, i);
	}
	assert_false(fw_event_queue_has(&queue));
	assert_int_equal(fw_event_queue_take(&queue, got, sizeof(got)), 0);
}

static void takes_whole_records_only(void **state)
{
	struct fw_event_queue queue;
	uint8_t room[70];

	fw_event_queue_init(&queue, ring, RING, 0, ALL);
	put(&queue, FW_RECORD_BLOCKED, 32, 1);
	put(&queue, FW_RECORD_BLOCKED, 40, 2);
	assert_int_equal(fw_event_queue_take(&queue, room, 31), 0);
	assert_int_equal(fw_event_queue_take(&queue, room, sizeof(room)), 32);
	assert_int_equal(fw_event_queue_take(&queue, room, sizeof(room)), 40);
}

static void only_what_is_wanted(void **state)
{
	struct fw_event_queue queue;

	fw_event_queue_init(&queue, ring, RING, 0, 1u << FW_RECORD_PROCESS_EXIT);
	assert_true(put(&queue, FW_RECORD_IMAGE_LOAD, 32, 1));
	fw_event_queue_lose(&queue, FW_RECORD_IMAGE_LOAD, 1);
	assert_true(put(&queue, FW_RECORD_EVENT_TYPES + 3, 32, 1));
	assert_false(fw_event_queue_has(&queue));
	assert_int_equal(queue.produced[FW_RECORD_IMAGE_LOAD], 0);
	fw_event_queue_close(&queue);
	put(&queue, FW_RECORD_PROCESS_EXIT, 32, 2);
	assert_false(fw_event_queue_has(&queue));
}

/* A loss stands between what came before it and what came after, and takes the numbers of the lost. */
static void a_gap_has_its_place(void **state)
{
	struct fw_event_queue queue;
	struct fw_loss_record loss;
	struct event event;
	uint8_t rest[RING];

	fw_event_queue_init(&queue, ring, RING, 0, ALL);
	for (uint64_t i = 1; i <= 9; i++)
		assert_true(put(&queue, FW_RECORD_IMAGE_LOAD, sizeof(event), i));
	assert_false(put(&queue, FW_RECORD_IMAGE_LOAD, sizeof(event), 10));
	assert_false(put(&queue, FW_RECORD_THREAD_EXIT, sizeof(event), 11));
	fw_event_queue_lose(&queue, FW_RECORD_THREAD_EXIT, 12);
	assert_int_equal(fw_event_queue_take(&queue, rest, 8 * sizeof(event)), 8 * sizeof(event));
	assert_true(put(&queue, FW_RECORD_THREAD_CREATE, sizeof(event), 13));
	assert_int_equal(fw_event_queue_take(&queue, &event, sizeof(event)), sizeof(event));
	assert_int_equal(event.header.sequence, 9);
	assert_int_equal(fw_event_queue_take(&queue, &loss, sizeof(loss)), sizeof(loss));
	assert_int_equal(loss.header.type, FW_RECORD_LOSS);
	assert_int_equal(loss.header.sequence, 10);
	assert_int_equal(loss.header.time_ns, 10);
	assert_int_equal(loss.lost[FW_RECORD_IMAGE_LOAD], 1);
	assert_int_equal(loss.lost[FW_RECORD_THREAD_EXIT], 2);
	assert_int_equal(fw_event_queue_take(&queue, &event, sizeof(event)), sizeof(event));
	assert_int_equal(event.header.sequence, 13);
	assert_false(fw_event_queue_has(&queue));
}

static void a_gap_at_the_end_is_told(void **state)
{
	struct fw_event_queue queue;
	struct fw_loss_record loss;

	fw_event_queue_init(&queue, ring, RING, 0, ALL);
	fw_event_queue_lose(&queue, FW_RECORD_PROCESS_EXIT, 5);
	assert_true(fw_event_queue_has(&queue));
	assert_int_equal(fw_event_queue_take(&queue, &loss, sizeof(loss) - 1), 0);
	assert_int_equal(fw_event_queue_take(&queue, &loss, sizeof(loss)), sizeof(loss));
	assert_int_equal(loss.lost[FW_RECORD_PROCESS_EXIT], 1);
	assert_false(fw_event_queue_has(&queue));
}

static void ends_of_processes_have_room_of_their_own(void **state)
{
	struct fw_event_queue queue;
	int ends = 0;

	fw_event_queue_init(&queue, ring, RING, RING / 4, ALL);
	while (put(&queue, FW_RECORD_IMAGE_LOAD, 64, 1))
		;
	assert_in_range(queue.used, RING - RING / 4 - 63, RING - RING / 4);
	while (put(&queue, FW_RECORD_PROCESS_EXIT, 64, 1))
		ends++;
	assert_int_equal(ends, (RING / 4 - sizeof(struct fw_loss_record)) / 64);
	assert_int_equal(queue.lost[FW_RECORD_IMAGE_LOAD], 1);
}

struct sums {
	uint64_t delivered[FW_RECORD_EVENT_TYPES];
	uint64_t lost[FW_RECORD_EVENT_TYPES];
	uint64_t sequence;
	uint64_t number;
};

static void add_records(struct sums *sums, const uint8_t *bytes, uint32_t length)
{
	for (uint32_t at = 0; at < length;) {
		const struct event *event = (const void *)(bytes + at);
		const struct fw_loss_record *loss = (const void *)event;

		assert_int_equal(event->header.sequence, sums->sequence + 1);
		if (event->header.type == FW_RECORD_LOSS) {
			for (int type = 0; type < FW_RECORD_EVENT_TYPES; type++) {
				sums->lost[type] += loss->lost[type];
				sums->sequence += loss->lost[type];
			}
		} else {
			sums->delivered[event->header.type]++;
			sums->sequence++;
			assert_true(event->number > sums->number);
			sums->number = event->number;
			for (uint32_t i = 32; i < event->header.size; i++)
				assert_int_equal(((const uint8_t *)event)[i],
					(uint8_t)event->number);
		}
		at += event->header.size;
	}
}

/* Whatever is put and taken, in all sizes and around the ring's end: the sums agree, of every type. */
static void sums_agree(void **state)
{
	struct fw_event_queue queue;
	struct sums sums = { 0 };
	uint32_t random = 1;
	uint64_t produced[FW_RECORD_EVENT_TYPES] = { 0 };
	static uint64_t taken[2048 / sizeof(uint64_t)];

	fw_event_queue_init(&queue, ring, RING, 512, ALL);
	for (uint64_t i = 1; i <= 200000; i++) {
		uint16_t type;
		uint32_t length;

		random = random * 1664525u + 1013904223u;
		type = (uint16_t)(6 + (random >> 10) % 5);
		put(&queue, type, 32 + (random >> 16) % 46 * 8, i);
		produced[type]++;
		if (random >> 28 >= 4)
			continue;
		length = fw_event_queue_take(&queue, taken, 160 + (random >> 8) % 1800);
		add_records(&sums, (const uint8_t *)taken, length);
	}
	while (fw_event_queue_has(&queue))
		add_records(&sums, (const uint8_t *)taken,
			fw_event_queue_take(&queue, taken, sizeof(taken)));
	for (int type = 0; type < FW_RECORD_EVENT_TYPES; type++) {
		assert_int_equal(produced[type], queue.produced[type]);
		assert_int_equal(queue.produced[type], queue.delivered[type] + queue.lost[type]);
		assert_int_equal(sums.delivered[type], queue.delivered[type]);
		assert_int_equal(sums.lost[type], queue.lost[type]);
	}
	assert_true(queue.lost[FW_RECORD_IMAGE_LOAD] > queue.lost[FW_RECORD_PROCESS_EXIT]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order),
		cmocka_unit_test(takes_whole_records_only),
		cmocka_unit_test(only_what_is_wanted),
		cmocka_unit_test(a_gap_has_its_place),
		cmocka_unit_test(a_gap_at_the_end_is_told),
		cmocka_unit_test(ends_of_processes_have_room_of_their_own),
		cmocka_unit_test(sums_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
