/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Differences of connection snapshots: closed connections, each counted once however it is seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "flowwatcher/connection_delta.h"

#define SECOND 1000000000ull

static void live(struct fw_connection_delta *delta, uint64_t id, uint64_t sent, uint64_t group)
{
	struct fw_connection connection = {
		.id = id,
		.counters = { .sent = sent, .received = sent * 10 },
		.state = FW_STATE_ESTABLISHED,
		.group = group,
	};

	assert_true(fw_connection_delta_add(&connection, delta));
}

static void closed(struct fw_connection_delta *delta, uint64_t id, uint64_t sent, uint64_t group,
	uint64_t time_ns)
{
	struct fw_connection_record record = {
		.header = { .size = sizeof(record),
			.type = FW_RECORD_CONNECTION_CLOSE,
			.time_ns = time_ns },
		.connection = { .id = id,
			.closed_ns = time_ns,
			.counters = { .sent = sent, .received = sent * 10 },
			.state = FW_STATE_CLOSED,
			.group = group },
	};

	assert_true(fw_connection_delta_record(&record.header, delta));
}

static struct fw_connection_interval end(struct fw_connection_delta *delta, uint64_t seconds)
{
	struct fw_connection_interval interval;
	struct fw_error error;

	assert_int_equal(
		fw_connection_delta_end(delta, seconds * SECOND, &interval, &error), FW_OK);
	assert_int_equal(interval.connections.received, interval.connections.sent * 10);
	return interval;
}

static struct fw_connection_row *find(struct fw_connection_delta *delta, uint64_t id)
{
	for (size_t i = 0; i < fw_connection_delta_count(delta); i++)
		if (fw_connection_delta_row(delta, i)->connection.id == id)
			return fw_connection_delta_row(delta, i);
	return NULL;
}

static int set_up(void **state)
{
	*state = fw_connection_delta_new(false, 0);
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	fw_connection_delta_free(*state);
	return 0;
}

static void live_rows(void **state)
{
	struct fw_connection_delta *delta = *state;
	struct fw_connection_interval interval;

	live(delta, 1, 100, 0);
	assert_int_equal(end(delta, 1).connections.sent, 0);
	live(delta, 1, 130, 0);
	live(delta, 2, 5, 0);
	interval = end(delta, 3);
	assert_int_equal(interval.connections.sent, 35);
	assert_int_equal(interval.interval_ns, 2 * SECOND);
	assert_int_equal(interval.moved, 2);
	assert_int_equal(find(delta, 1)->interval.sent, 30);
	assert_int_equal(find(delta, 2)->interval.sent, 5);
	live(delta, 1, 130, 0);
	live(delta, 2, 5, 0);
	assert_int_equal(end(delta, 4).moved, 0);
}

static void close_brings_the_rest(void **state)
{
	struct fw_connection_delta *delta = *state;

	live(delta, 1, 100, 0);
	end(delta, 1);
	closed(delta, 1, 140, 0, SECOND + 5);
	assert_int_equal(end(delta, 2).connections.sent, 40);
	assert_true(find(delta, 1)->closed);
	assert_int_equal(find(delta, 1)->connection.state, FW_STATE_CLOSED);
	assert_int_equal(end(delta, 3).connections.sent, 0);
	for (uint64_t second = 4; second < 9; second++)
		end(delta, second);
	assert_null(find(delta, 1));
}

static void lived_between_snapshots(void **state)
{
	struct fw_connection_delta *delta = *state;

	end(delta, 1);
	closed(delta, 7, 55, 0, SECOND + 1);
	assert_int_equal(end(delta, 2).connections.sent, 55);
}

/* The record first, then a snapshot that still shows the socket, even an interval later. */
static void seen_after_close(void **state)
{
	struct fw_connection_delta *delta = *state;

	end(delta, 1);
	closed(delta, 1, 70, 0, SECOND + 1);
	live(delta, 1, 70, 0);
	assert_int_equal(end(delta, 2).connections.sent, 70);
	assert_int_equal(find(delta, 1)->connection.state, FW_STATE_CLOSED);
	live(delta, 1, 70, 0);
	assert_int_equal(end(delta, 3).connections.sent, 0);
	assert_true(find(delta, 1)->closed);
}

/* Gone from the snapshot, its record read only an interval later. */
static void close_comes_late(void **state)
{
	struct fw_connection_delta *delta = *state;

	end(delta, 1);
	live(delta, 1, 70, 0);
	end(delta, 2);
	assert_int_equal(end(delta, 3).moved, 0);
	assert_int_equal(end(delta, 4).moved, 0);
	closed(delta, 1, 75, 0, 2 * SECOND + 1);
	assert_int_equal(end(delta, 5).connections.sent, 5);
}

static void vanished_rows_are_dropped(void **state)
{
	struct fw_connection_delta *delta = *state;

	live(delta, 1, 70, 0);
	for (uint64_t second = 1; second < 30; second++)
		end(delta, second);
	assert_int_equal(fw_connection_delta_count(delta), 0);
}

/* Closed before the first snapshot was complete: bytes of another time. */
static void closed_before_first(void **state)
{
	struct fw_connection_delta *delta = *state;

	closed(delta, 1, 500, 0, SECOND / 2);
	assert_int_equal(end(delta, 1).connections.sent, 0);
	closed(delta, 2, 600, 0, SECOND / 2);
	closed(delta, 3, 7, 0, SECOND + 1);
	assert_int_equal(end(delta, 2).connections.sent, 7);
	assert_int_equal(find(delta, 1)->since_first.sent, 0);
	assert_int_equal(find(delta, 2)->since_first.sent, 0);
}

static void losses_are_told(void **state)
{
	struct fw_connection_delta *delta = *state;
	struct fw_loss_record loss = {
		.header = { .size = sizeof(loss), .type = FW_RECORD_LOSS },
		.lost = { [FW_RECORD_CONNECTION_CLOSE] = 12, [FW_RECORD_PORT_TAKEN] = 99 },
	};

	end(delta, 1);
	assert_true(fw_connection_delta_record(&loss.header, delta));
	assert_true(fw_connection_delta_record(&loss.header, delta));
	assert_int_equal(end(delta, 2).lost, 24);
	assert_int_equal(end(delta, 3).lost, 0);
}

/* Records that are no connection, or cut short, are skipped. */
static void odd_records(void **state)
{
	struct fw_connection_delta *delta = *state;
	struct fw_connection_record record = { .header = { .size = sizeof(record) } };
	static const uint16_t types[] = { FW_RECORD_NONE, FW_RECORD_CONNECTION_OPEN,
		FW_RECORD_PORT_TAKEN, FW_RECORD_PORT_RELEASED, 999, 65535 };

	for (size_t i = 0; i < FW_ARRAY_SIZE(types); i++) {
		record.header.type = types[i];
		assert_true(fw_connection_delta_record(&record.header, delta));
	}
	record.header.size = sizeof(record.header);
	record.header.type = FW_RECORD_CONNECTION_CLOSE;
	assert_true(fw_connection_delta_record(&record.header, delta));
	record.header.type = FW_RECORD_LOSS;
	assert_true(fw_connection_delta_record(&record.header, delta));
	assert_int_equal(end(delta, 1).lost, 0);
	assert_int_equal(fw_connection_delta_count(delta), 0);
}

/* A measured command: closed connections stay, only the group's, up to the limit. */
static void measured_group(void **state)
{
	struct fw_connection_delta *delta = fw_connection_delta_new(true, 3);

	(void)state;
	assert_non_null(delta);
	fw_connection_delta_set_group(delta, 9);
	end(delta, 1);
	closed(delta, 1, 10, 9, 1);
	closed(delta, 2, 1000, 8, 2);
	closed(delta, 3, 20, 9, 3);
	live(delta, 1, 10, 9);
	live(delta, 4, 30, 9);
	live(delta, 5, 40, 9);
	live(delta, 6, 5000, 0);
	assert_int_equal(end(delta, 2).connections.sent, 60);
	for (uint64_t second = 3; second < 30; second++)
		end(delta, second);
	assert_int_equal(fw_connection_delta_count(delta), 3);
	assert_int_equal(fw_connection_delta_omitted(delta), 1);
	fw_connection_delta_free(delta);
}

static void many_rows(void **state)
{
	struct fw_connection_delta *delta = *state;

	end(delta, 1);
	for (uint64_t step = 1; step <= 20; step++) {
		for (uint64_t id = 1; id <= 1000; id++) {
			closed(delta, step * 1000 + id, 3, 0, (1 + step) * SECOND);
			live(delta, id, step, 0);
		}
		assert_int_equal(end(delta, 1 + step).connections.sent, 4000);
		assert_true(fw_connection_delta_count(delta) <= 5000);
	}
}

#define DELTA_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DELTA_TEST(live_rows),
		DELTA_TEST(close_brings_the_rest),
		DELTA_TEST(lived_between_snapshots),
		DELTA_TEST(seen_after_close),
		DELTA_TEST(close_comes_late),
		DELTA_TEST(vanished_rows_are_dropped),
		DELTA_TEST(closed_before_first),
		DELTA_TEST(losses_are_told),
		DELTA_TEST(odd_records),
		cmocka_unit_test(measured_group),
		DELTA_TEST(many_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
