/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Differences of usage snapshots: exits, reused pids, folded rows, and what nobody owns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "flowwatcher/usage_delta.h"

#define SECOND 1000000000ull

/* A snapshot as a backend would give it, row by row. */
struct snapshot {
	struct fw_usage_delta *delta;
	struct fw_usage_summary summary;
};

static void begin(struct snapshot *snapshot, uint64_t seconds)
{
	snapshot->summary.time_ns = seconds * SECOND;
	fw_usage_delta_begin(snapshot->delta);
}

static void row(struct snapshot *snapshot, uint32_t pid, uint64_t start_ns, uint64_t sent,
	uint64_t received)
{
	struct fw_usage usage = {
		.process = { .pid = pid, .start_ns = start_ns, .comm = "test" },
		.counters = { sent, received, sent * 2, received * 3 },
	};

	assert_true(fw_usage_delta_add(&usage, snapshot->delta));
}

static void departed(struct snapshot *snapshot, uint64_t sent, uint64_t received)
{
	snapshot->summary.departed =
		(struct fw_counters){ sent, received, sent * 2, received * 3 };
}

static struct fw_usage_interval end(struct snapshot *snapshot)
{
	struct fw_usage_interval interval;
	struct fw_error error;

	assert_int_equal(
		fw_usage_delta_end(snapshot->delta, &snapshot->summary, &interval, &error), FW_OK);
	return interval;
}

static void expect(struct snapshot *snapshot, uint32_t pid, uint64_t start_ns, uint64_t sent,
	uint64_t received)
{
	struct fw_usage_row *found = fw_usage_delta_find(snapshot->delta, pid, start_ns);

	assert_non_null(found);
	assert_int_equal(found->interval.sent, sent);
	assert_int_equal(found->interval.received, received);
	assert_int_equal(found->interval.wire_sent, sent * 2);
	assert_int_equal(found->interval.wire_received, received * 3);
}

static int set_up(void **state)
{
	static struct snapshot snapshot;

	memset(&snapshot, 0, sizeof(snapshot));
	snapshot.delta = fw_usage_delta_new();
	*state = &snapshot;
	return snapshot.delta ? 0 : -1;
}

static int tear_down(void **state)
{
	struct snapshot *snapshot = *state;

	fw_usage_delta_free(snapshot->delta);
	return 0;
}

static void first_is_the_base(void **state)
{
	struct snapshot *snapshot = *state;
	struct fw_usage_interval interval;

	begin(snapshot, 5);
	row(snapshot, 1, 10, 1000, 2000);
	departed(snapshot, 7, 7);
	snapshot->summary.unattributed.sent = 9;
	interval = end(snapshot);
	assert_int_equal(interval.interval_ns, 0);
	assert_int_equal(interval.moved, 0);
	assert_int_equal(interval.unattributed.sent, 0);
	expect(snapshot, 1, 10, 0, 0);

	begin(snapshot, 6);
	row(snapshot, 1, 10, 1500, 2000);
	interval = end(snapshot);
	assert_int_equal(interval.interval_ns, SECOND);
	assert_int_equal(interval.time_ns, 6 * SECOND);
	assert_int_equal(interval.moved, 1);
	assert_int_equal(interval.processes.sent, 500);
	assert_int_equal(interval.unattributed.sent, 0);
	expect(snapshot, 1, 10, 500, 0);
	assert_int_equal(fw_usage_delta_find(snapshot->delta, 1, 10)->usage.counters.sent, 1500);
}

static void new_process_counts_whole(void **state)
{
	struct snapshot *snapshot = *state;

	begin(snapshot, 1);
	end(snapshot);
	begin(snapshot, 2);
	row(snapshot, 2, 20, 300, 400);
	assert_int_equal(end(snapshot).moved, 1);
	expect(snapshot, 2, 20, 300, 400);
	begin(snapshot, 3);
	row(snapshot, 2, 20, 300, 400);
	assert_int_equal(end(snapshot).moved, 0);
	expect(snapshot, 2, 20, 0, 0);
}

static void reused_pid_is_another(void **state)
{
	struct snapshot *snapshot = *state;

	begin(snapshot, 1);
	row(snapshot, 3, 30, 1000000, 0);
	end(snapshot);
	begin(snapshot, 2);
	row(snapshot, 3, 30, 1000001, 0);
	row(snapshot, 3, 31, 5, 6);
	assert_int_equal(end(snapshot).processes.sent, 6);
	expect(snapshot, 3, 30, 1, 0);
	expect(snapshot, 3, 31, 5, 6);
	assert_null(fw_usage_delta_find(snapshot->delta, 3, 32));
}

/* A vanished row's last bytes are in `departed` and in no row. */
static void folded_row(void **state)
{
	struct snapshot *snapshot = *state;
	struct fw_usage_interval interval;
	struct fw_usage_totals totals;

	begin(snapshot, 1);
	row(snapshot, 4, 40, 100, 100);
	end(snapshot);
	begin(snapshot, 2);
	row(snapshot, 4, 40, 150, 100);
	end(snapshot);
	begin(snapshot, 3);
	departed(snapshot, 157, 101);
	interval = end(snapshot);
	assert_int_equal(interval.processes.sent, 0);
	assert_int_equal(interval.unattributed.sent, 7);
	assert_int_equal(interval.unattributed.received, 1);
	assert_int_equal(interval.unattributed.wire_sent, 14);
	assert_int_equal(fw_usage_delta_count(snapshot->delta), 0);

	fw_usage_delta_totals(snapshot->delta, &totals);
	assert_int_equal(totals.departed.sent, 50);
	assert_int_equal(totals.unattributed.sent, 7);
	assert_int_equal(totals.listed.sent, 0);
}

static void came_and_went_between(void **state)
{
	struct snapshot *snapshot = *state;

	begin(snapshot, 1);
	departed(snapshot, 10, 10);
	end(snapshot);
	begin(snapshot, 2);
	departed(snapshot, 35, 10);
	assert_int_equal(end(snapshot).unattributed.sent, 25);
}

static void unattributed_grows(void **state)
{
	struct snapshot *snapshot = *state;
	struct fw_usage_interval interval;

	begin(snapshot, 1);
	snapshot->summary.unattributed = (struct fw_counters){ 1, 2, 3, 4 };
	end(snapshot);
	begin(snapshot, 2);
	snapshot->summary.unattributed = (struct fw_counters){ 11, 22, 33, 44 };
	departed(snapshot, 5, 0);
	interval = end(snapshot);
	assert_int_equal(interval.unattributed.sent, 15);
	assert_int_equal(interval.unattributed.received, 20);
	assert_int_equal(interval.unattributed.wire_sent, 40);
	assert_int_equal(interval.unattributed.wire_received, 40);
	assert_int_equal(interval.moved, 0);
}

/* Folded after `departed` was read: missing from both for once, settled in the next interval. */
static void torn_snapshot_is_settled(void **state)
{
	struct snapshot *snapshot = *state;

	begin(snapshot, 1);
	row(snapshot, 5, 50, 100, 100);
	end(snapshot);
	begin(snapshot, 2);
	assert_int_equal(end(snapshot).unattributed.sent, 0);
	begin(snapshot, 3);
	departed(snapshot, 103, 100);
	assert_int_equal(end(snapshot).unattributed.sent, 3);
	begin(snapshot, 4);
	departed(snapshot, 108, 100);
	assert_int_equal(end(snapshot).unattributed.sent, 5);
}

static void same_row_twice(void **state)
{
	struct snapshot *snapshot = *state;

	begin(snapshot, 1);
	row(snapshot, 6, 60, 10, 10);
	end(snapshot);
	begin(snapshot, 2);
	row(snapshot, 6, 60, 15, 10);
	row(snapshot, 6, 60, 17, 10);
	row(snapshot, 6, 60, 15, 10);
	assert_int_equal(end(snapshot).processes.sent, 7);
	assert_int_equal(fw_usage_delta_count(snapshot->delta), 1);
	expect(snapshot, 6, 60, 7, 0);
}

/* Counters never decrease; if one did, it must not become an enormous number. */
static void decrease_is_nothing(void **state)
{
	struct snapshot *snapshot = *state;

	begin(snapshot, 1);
	row(snapshot, 7, 70, 10, 10);
	departed(snapshot, 10, 10);
	end(snapshot);
	begin(snapshot, 2);
	row(snapshot, 7, 70, 4, 11);
	departed(snapshot, 4, 10);
	assert_int_equal(end(snapshot).unattributed.sent, 0);
	expect(snapshot, 7, 70, 0, 1);
	begin(snapshot, 3);
	row(snapshot, 7, 70, 12, 11);
	end(snapshot);
	expect(snapshot, 7, 70, 2, 0);
}

static void name_and_tag(void **state)
{
	struct snapshot *snapshot = *state;
	struct fw_usage usage = { .process = { .pid = 8, .start_ns = 80, .comm = "before" } };
	struct fw_usage_row *found;

	begin(snapshot, 1);
	assert_true(fw_usage_delta_add(&usage, snapshot->delta));
	end(snapshot);
	found = fw_usage_delta_find(snapshot->delta, 8, 80);
	assert_int_equal(found->tag, 0);
	found->tag = 3;

	begin(snapshot, 2);
	strcpy(usage.process.comm, "after");
	usage.process.flags = FW_PROCESS_EXITED;
	assert_true(fw_usage_delta_add(&usage, snapshot->delta));
	row(snapshot, 9, 90, 1, 1);
	end(snapshot);
	found = fw_usage_delta_find(snapshot->delta, 8, 80);
	assert_string_equal(found->usage.process.comm, "after");
	assert_int_equal(found->usage.process.flags, FW_PROCESS_EXITED);
	assert_int_equal(found->tag, 3);
}

/* Half of many rows vanish every interval; the rest must still be found. */
static void many_rows(void **state)
{
	struct snapshot *snapshot = *state;
	struct fw_usage_interval interval;
	uint64_t gone = 0;

	begin(snapshot, 1);
	end(snapshot);
	for (uint32_t step = 1; step <= 8; step++) {
		begin(snapshot, 1 + step);
		for (uint32_t pid = 1; pid <= 5000; pid++) {
			/* Every second process of the step before is folded away. */
			if (step > 1 && pid % 2)
				gone += step - 1;
			row(snapshot, pid, pid % 2 ? step : 1, step, 0);
		}
		departed(snapshot, gone, 0);
		interval = end(snapshot);
		assert_int_equal(fw_usage_delta_count(snapshot->delta), 5000);
		assert_int_equal(interval.moved, 5000);
		assert_int_equal(interval.processes.sent, 2500 * step + 2500);
		assert_int_equal(interval.unattributed.sent, 0);
		expect(snapshot, 4999, step, step, 0);
		expect(snapshot, 5000, 1, 1, 0);
	}
}

static void free_accepts_null(void **state)
{
	(void)state;
	fw_usage_delta_free(NULL);
}

#define DELTA_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DELTA_TEST(first_is_the_base),
		DELTA_TEST(new_process_counts_whole),
		DELTA_TEST(reused_pid_is_another),
		DELTA_TEST(folded_row),
		DELTA_TEST(came_and_went_between),
		DELTA_TEST(unattributed_grows),
		DELTA_TEST(torn_snapshot_is_settled),
		DELTA_TEST(same_row_twice),
		DELTA_TEST(decrease_is_nothing),
		DELTA_TEST(name_and_tag),
		DELTA_TEST(many_rows),
		cmocka_unit_test(free_accepts_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
