/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The backend that plays a recording, and what the recording says of processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "backend/replay/replay_backend.h"
#include "flowwatcher/target.h"
#include "lib/recording/recording.h"
#include "recording_sample.h"

#define ALL_TYPES (~0ull)

static struct sample sample;
static struct fw_recording recording;
static struct fw_backend *backend;

/* Types of the events that were delivered, in their order. */
static struct {
	uint16_t types[600];
	size_t count;
	size_t most; /* then stop */
} delivered;

static bool note(const struct fw_record_header *record, void *argument)
{
	(void)argument;
	delivered.types[delivered.count++] = record->type;
	return delivered.count < delivered.most;
}

static void play(void)
{
	assert_int_equal(fw_recording_open_fd(&recording, sample_file(sample.bytes, sample.size),
				 "FILE", NULL),
		FW_OK);
	assert_int_equal(fw_replay_open(&recording, &backend, NULL), FW_OK);
	memset(&delivered, 0, sizeof(delivered));
	delivered.most = SIZE_MAX;
}

static int stop(void **state)
{
	(void)state;
	fw_host_use(NULL);
	if (backend)
		backend->ops->close(backend);
	backend = NULL;
	fw_recording_close(&recording);
	return 0;
}

static void subscribe(uint64_t types, bool existing)
{
	struct fw_subscription wanted = { .types = types, .existing = existing };

	assert_int_equal(backend->ops->subscribe(backend, &wanted, NULL), FW_OK);
}

static enum fw_status next(void)
{
	return backend->ops->next(backend, note, NULL, NULL);
}

static bool sum_usage(const struct fw_usage *usage, void *sum)
{
	*(uint64_t *)sum += usage->counters.sent;
	return true;
}

static uint64_t usage_now(struct fw_usage_summary *summary)
{
	uint64_t sum = 0;

	assert_int_equal(backend->ops->usage(backend, sum_usage, &sum, summary, NULL), FW_OK);
	return sum;
}

static bool count_connection(const struct fw_connection *connection, void *sum)
{
	*(uint64_t *)sum += connection->counters.sent;
	return true;
}

static bool stop_at_port(const struct fw_port *port, void *seen)
{
	*(uint16_t *)seen = port->port;
	return false;
}

/* Three snapshots at 2, 4 and 6 s with events between them. */
static void make_sample(void)
{
	sample_begin(&sample);
	sample_info(&sample);
	sample_event(&sample, FW_RECORD_PORT_TAKEN, 1, FW_RECORD_EXISTING, 1);
	sample_create(&sample, 11, "first", 1);
	sample_snapshot(&sample, 11, 100, 2);
	sample_event(&sample, FW_RECORD_CONNECTION_CLOSE, 12, 0, 3);
	sample_loss(&sample, FW_RECORD_PORT_TAKEN, 3, 3);
	sample_snapshot(&sample, 11, 250, 4);
	sample_event(&sample, FW_RECORD_PROCESS_EXIT, 11, 0, 5);
	sample_create(&sample, 11, "second", 5);
	sample_snapshot(&sample, 13, 300, 6);
	sample_bare(&sample, FW_RECORD_NONE, 7);
	sample_bare(&sample, FW_RECORD_EVENT_TYPES - 1, 7);
	sample_event(&sample, FW_RECORD_PORT_RELEASED, 1, 0, 7);
}

static void make_whole_sample(void)
{
	make_sample();
	sample_report(&sample, 7);
	sample_end(&sample);
	play();
}

static void snapshot_by_snapshot(void **state)
{
	struct fw_usage_summary summary;
	uint64_t sum = 0;
	uint16_t port = 0;

	(void)state;
	make_whole_sample();
	assert_int_equal(recording.snapshot_count, 3);
	assert_int_equal(usage_now(&summary), 100);
	assert_int_equal(usage_now(&summary), 100);
	assert_int_equal(summary.time_ns, SAMPLE_TIME(2) - 1);
	assert_int_equal(summary.unattributed.sent, 5);
	assert_true(summary.has_wire);
	assert_false(summary.has_udp);
	assert_int_equal(next(), FW_OK);
	assert_int_equal(usage_now(&summary), 250);
	assert_int_equal(backend->ops->connections(backend, count_connection, &sum, NULL), FW_OK);
	assert_int_equal(sum, 250);
	assert_int_equal(backend->ops->ports(backend, stop_at_port, &port, NULL), FW_STOPPED);
	assert_int_equal(port, 80);
	assert_int_equal(next(), FW_OK);
	assert_int_equal(next(), FW_NOT_FOUND);
	assert_int_equal(usage_now(&summary), 300);
	assert_int_equal(delivered.count, 0); /* nobody subscribed */
}

static void snapshot_at_time(void **state)
{
	struct fw_usage_summary summary;

	(void)state;
	make_whole_sample();
	assert_true(fw_recording_go_time(&recording, SAMPLE_TIME(2) - 1));
	assert_int_equal(usage_now(&summary), 100);
	assert_true(fw_recording_go_time(&recording, SAMPLE_TIME(2)));
	assert_int_equal(usage_now(&summary), 250);
	assert_true(fw_recording_go_time(&recording, UINT64_MAX));
	assert_int_equal(usage_now(&summary), 300);
	assert_false(fw_recording_go(&recording, 3));
}

static void events_between_snapshots(void **state)
{
	static const uint16_t first[] = { FW_RECORD_CONNECTION_CLOSE, FW_RECORD_LOSS };
	static const uint16_t second[] = { FW_RECORD_PROCESS_EXIT, FW_RECORD_PROCESS_CREATE };

	(void)state;
	make_whole_sample();
	subscribe(ALL_TYPES, true);
	assert_int_equal(next(), FW_OK);
	assert_int_equal(delivered.count, 2);
	assert_memory_equal(delivered.types, first, sizeof(first));
	delivered.count = 0;
	assert_int_equal(next(), FW_OK);
	assert_int_equal(delivered.count, 2);
	assert_memory_equal(delivered.types, second, sizeof(second));
}

static void poll_to_end(void)
{
	while (backend->ops->poll(backend, 1000, note, NULL, NULL) == FW_OK)
		;
	assert_int_equal(backend->ops->poll(backend, 1000, note, NULL, NULL), FW_NOT_FOUND);
}

static void events_in_order(void **state)
{
	static const uint16_t all[] = { FW_RECORD_PORT_TAKEN, FW_RECORD_PROCESS_CREATE,
		FW_RECORD_CONNECTION_CLOSE, FW_RECORD_LOSS, FW_RECORD_PROCESS_EXIT,
		FW_RECORD_PROCESS_CREATE, FW_RECORD_PORT_RELEASED };

	(void)state;
	make_whole_sample();
	assert_int_equal(backend->ops->poll(backend, 0, note, NULL, NULL), FW_FAILED);
	subscribe(ALL_TYPES, true);
	poll_to_end();
	assert_int_equal(delivered.count, FW_ARRAY_SIZE(all));
	assert_memory_equal(delivered.types, all, sizeof(all));
	assert_int_equal(usage_now(&(struct fw_usage_summary){ 0 }), 100);
}

/* Nothing that existed before, and no loss of types that were not asked for. */
static void only_what_was_asked_for(void **state)
{
	static const uint16_t expected[] = { FW_RECORD_LOSS, FW_RECORD_PORT_RELEASED };

	(void)state;
	make_whole_sample();
	subscribe(1u << FW_RECORD_PORT_TAKEN | 1u << FW_RECORD_PORT_RELEASED, false);
	poll_to_end();
	assert_int_equal(delivered.count, FW_ARRAY_SIZE(expected));
	assert_memory_equal(delivered.types, expected, sizeof(expected));
	stop(NULL);
	play();
	subscribe(1u << FW_RECORD_PROCESS_EXIT, false);
	poll_to_end();
	assert_int_equal(delivered.count, 1);
}

static void poll_stops_and_goes_on(void **state)
{
	(void)state;
	make_whole_sample();
	subscribe(ALL_TYPES, true);
	delivered.most = 3;
	assert_int_equal(backend->ops->poll(backend, 0, note, NULL, NULL), FW_STOPPED);
	delivered.most = SIZE_MAX;
	poll_to_end();
	assert_int_equal(delivered.count, 7);
}

/* So that its caller can look at signals in between. */
static void poll_pauses(void **state)
{
	(void)state;
	sample_begin(&sample);
	sample_info(&sample);
	for (int i = 0; i < 300; i++)
		sample_event(&sample, FW_RECORD_THREAD_EXIT, 1, 0, 2);
	sample_end(&sample);
	play();
	subscribe(ALL_TYPES, true);
	assert_int_equal(backend->ops->poll(backend, 0, note, NULL, NULL), FW_OK);
	assert_in_range(delivered.count, 1, 299);
	poll_to_end();
	assert_int_equal(delivered.count, 300);
}

static void recorded_report(void **state)
{
	struct fw_reader_report report;

	(void)state;
	make_whole_sample();
	assert_true(recording.is_finished);
	backend->ops->report(backend, &report);
	assert_int_equal(report.produced[FW_RECORD_PORT_TAKEN], 10);
	assert_int_equal(report.delivered[FW_RECORD_PORT_TAKEN], 7);
	assert_int_equal(report.lost[FW_RECORD_PORT_TAKEN], 3);
}

/* Without a report: what is there was delivered, and losses say the rest. */
static void counted_report(void **state)
{
	struct fw_reader_report report;

	(void)state;
	make_sample();
	sample_end(&sample);
	play();
	assert_false(recording.is_finished);
	backend->ops->report(backend, &report);
	assert_int_equal(report.produced[FW_RECORD_PORT_TAKEN], 3);
	assert_int_equal(report.delivered[FW_RECORD_PORT_TAKEN], 0);
	assert_int_equal(report.lost[FW_RECORD_PORT_TAKEN], 3);
	assert_int_equal(report.delivered[FW_RECORD_PROCESS_CREATE], 2);
}

/* A snapshot that was cut off is none; the events before it are there. */
static void cut_snapshot(void **state)
{
	struct fw_usage_summary summary = { .time_ns = 77 };
	uint64_t sum = 0;
	struct fw_error error;

	(void)state;
	sample_begin(&sample);
	sample_info(&sample);
	sample_event(&sample, FW_RECORD_PORT_TAKEN, 1, 0, 1);
	sample_snapshot(&sample, 11, 100, 2);
	sample_end(&sample);
	sample.size -= 8;
	play();
	assert_int_equal(recording.ending, FW_RECORDING_TORN);
	assert_int_equal(recording.snapshot_count, 0);
	assert_int_equal(backend->ops->usage(backend, sum_usage, &sum, &summary, &error),
		FW_NOT_FOUND);
	assert_string_equal(error.text, "FILE holds no whole snapshot: record was ended too early");
	assert_int_equal(summary.time_ns, 77);
	assert_int_equal(next(), FW_NOT_FOUND);
	subscribe(ALL_TYPES, false);
	poll_to_end();
	assert_int_equal(delivered.count, 1);
}

static void damage_is_the_end(void **state)
{
	(void)state;
	make_whole_sample();
	sample.bytes[recording.snapshots[2].begin.offset + 20] ^= 1;
	stop(NULL);
	play();
	assert_int_equal(recording.ending, FW_RECORDING_DAMAGED);
	assert_int_equal(recording.snapshot_count, 2);
	subscribe(ALL_TYPES, true);
	poll_to_end();
	assert_int_equal(delivered.count, 6);
}

static void host_answers_from_it(void **state)
{
	struct fw_process process;
	char cgroup[64];

	(void)state;
	make_whole_sample();
	fw_host_use(&recording.host);
	assert_int_equal(fw_host_boot_ns(), SAMPLE_TIME(2));
	next();
	assert_int_equal(fw_host_boot_ns(), SAMPLE_TIME(4));
	assert_int_equal(fw_host_boot_to_utc_ns(7), SAMPLE_BOOT_UTC + 7);
	assert_int_equal(fw_host_process(1, &process, NULL), FW_NOT_FOUND);
	assert_false(fw_host_process_runs(1, 0));
	/* The latest process with this pid, by its create record. */
	assert_int_equal(fw_host_process(11, &process, NULL), FW_OK);
	assert_string_equal(process.comm, "second");
	assert_string_equal(process.exe, "/bin/second");
	assert_int_equal(process.uid, 1000);
	assert_int_equal(fw_host_process_cgroup(11, cgroup, sizeof(cgroup)), FW_OK);
	assert_string_equal(cgroup, "/a.slice/second.service");
	assert_int_equal(fw_host_process_cgroup(11, cgroup, 8), FW_FAILED);
	assert_int_equal(fw_host_process_exe(11, cgroup, sizeof(cgroup)), FW_OK);
	assert_string_equal(cgroup, "/bin/second");
	/* One that only a snapshot has. */
	assert_int_equal(fw_host_process(13, &process, NULL), FW_OK);
	assert_string_equal(process.exe, "/bin/proc");
	assert_int_equal(fw_host_process_cgroup(13, cgroup, sizeof(cgroup)), FW_NOT_FOUND);
}

static bool matches(const char *text, uint32_t pid)
{
	struct fw_target target;
	struct fw_process process;

	assert_int_equal(fw_target_parse(text, &target, NULL), FW_OK);
	assert_int_equal(fw_host_process(pid, &process, NULL), FW_OK);
	return fw_target_matches(&target, &process);
}

static void targets_match_it(void **state)
{
	(void)state;
	make_whole_sample();
	fw_host_use(&recording.host);
	assert_true(matches("cgroup:/a.slice", 11));
	assert_true(matches("unit:second.service", 11));
	assert_false(matches("unit:first.service", 11));
	assert_true(matches("exe:/bin/second", 11));
	assert_false(matches("cgroup:/", 13));
}

/* While a row is in use, a question about its process must not move it away. */
static bool ask_about_owner(const struct fw_connection *connection, void *argument)
{
	struct fw_connection before = *connection;
	struct fw_process process;

	(void)argument;
	assert_int_equal(fw_host_process(11, &process, NULL), FW_OK);
	assert_memory_equal(connection, &before, sizeof(before));
	return true;
}

static void rows_stay_while_asked(void **state)
{
	(void)state;
	sample_begin(&sample);
	sample_info(&sample);
	sample_create(&sample, 11, "first", 1);
	sample_padding(&sample);
	sample_snapshot(&sample, 12, 1, 2);
	sample_end(&sample);
	play();
	fw_host_use(&recording.host);
	assert_int_equal(backend->ops->connections(backend, ask_about_owner, NULL, NULL), FW_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(snapshot_by_snapshot, stop),
		cmocka_unit_test_teardown(snapshot_at_time, stop),
		cmocka_unit_test_teardown(events_between_snapshots, stop),
		cmocka_unit_test_teardown(events_in_order, stop),
		cmocka_unit_test_teardown(only_what_was_asked_for, stop),
		cmocka_unit_test_teardown(poll_stops_and_goes_on, stop),
		cmocka_unit_test_teardown(poll_pauses, stop),
		cmocka_unit_test_teardown(recorded_report, stop),
		cmocka_unit_test_teardown(counted_report, stop),
		cmocka_unit_test_teardown(cut_snapshot, stop),
		cmocka_unit_test_teardown(damage_is_the_end, stop),
		cmocka_unit_test_teardown(host_answers_from_it, stop),
		cmocka_unit_test_teardown(targets_match_it, stop),
		cmocka_unit_test_teardown(rows_stay_while_asked, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
