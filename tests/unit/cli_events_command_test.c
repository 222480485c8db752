/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The command `events` against a stand-in for the kernel side: what it asks for, prints, and ends
 * with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "cli/event_types.h"
#include "flowwatcher/session.h"
#include "tests/unit/command_run.h"
#include "tests/unit/event_records.h"

#define BIT FW_EVENT_TYPE_BIT

/* What the stand-in has, and what it was asked. */
static struct {
	int queued;	 /* records that the first poll delivers */
	int left;	 /* records that only drain() delivers */
	bool malformed;	 /* the first record is */
	bool unknown;	 /* the first record is of a newer version's type */
	bool no_file;	 /* the first record is an image without a file */
	uint64_t types;	 /* that it has */
	uint64_t lost;	 /* process creations, told before the other records */
	enum fw_status poll_status; /* of the second poll */

	int polls, drained, delivered;
	bool events;
	struct fw_subscription subscription;
} kernel;

static bool deliver_loss(fw_record_fn record, void *argument)
{
	struct fw_loss_record *loss;

	if (!kernel.lost)
		return true;
	loss = (void *)record_of(FW_RECORD_LOSS, sizeof(*loss));
	loss->lost[FW_RECORD_PROCESS_CREATE] = kernel.lost;
	return record(&loss->header, argument);
}

static struct fw_record_header *next_record(void)
{
	struct fw_record_header *record = thread_record(FW_RECORD_THREAD_CREATE, PID(1), 5, 43);

	if (kernel.delivered++ == 0 && kernel.malformed) {
		struct fw_image_record *image = (void *)image_record(PID(1), "/lib/libc.so.6");

		image->path.length = RECORD_SIZE;
		return &image->header;
	}
	if (kernel.delivered == 1 && kernel.no_file) {
		struct fw_image_record *image = (void *)image_record(PID(1), "[vdso]");

		image->flags = FW_EVENT_NO_FILE;
		return &image->header;
	}
	if (kernel.delivered == 1 && kernel.unknown)
		record->type = FW_RECORD_TYPE_COUNT + 3;
	return record;
}

static bool deliver(int *count, fw_record_fn record, void *argument)
{
	while (*count > 0) {
		--*count;
		if (!record(next_record(), argument))
			return false;
	}
	return true;
}

static uint64_t stand_in_record_types(struct fw_backend *backend, struct fw_error *why)
{
	(void)backend;
	if (kernel.types != fw_event_types_all())
		fw_error_set(why, FW_UNSUPPORTED, "the stand-in lacks some");
	return kernel.types;
}

static enum fw_status stand_in_subscribe(struct fw_backend *backend,
	const struct fw_subscription *subscription, struct fw_error *error)
{
	(void)backend;
	(void)error;
	kernel.subscription = *subscription;
	return FW_OK;
}

static enum fw_status stand_in_poll(struct fw_backend *backend, int timeout_ms, fw_record_fn record,
	void *argument, struct fw_error *error)
{
	(void)backend;
	assert_true(timeout_ms >= 0);
	if (kernel.polls++ > 0)
		return kernel.poll_status == FW_OK ?
			       FW_OK :
			       fw_error_set(error, kernel.poll_status, "the stand-in ends it");
	if (!deliver_loss(record, argument) || !deliver(&kernel.queued, record, argument))
		return FW_STOPPED;
	return FW_OK;
}

static enum fw_status stand_in_drain(
	struct fw_backend *backend, fw_record_fn record, void *argument, struct fw_error *error)
{
	(void)backend;
	(void)error;
	kernel.drained++;
	if (!deliver(&kernel.queued, record, argument) || !deliver(&kernel.left, record, argument))
		return FW_STOPPED;
	return FW_OK;
}

static void stand_in_report(struct fw_backend *backend, struct fw_reader_report *report)
{
	(void)backend;
	report->delivered[FW_RECORD_THREAD_CREATE] = (uint64_t)kernel.delivered;
	report->produced[FW_RECORD_THREAD_CREATE] = (uint64_t)kernel.delivered;
	report->produced[FW_RECORD_PROCESS_CREATE] = kernel.lost;
	report->lost[FW_RECORD_PROCESS_CREATE] = kernel.lost;
}

static struct fw_backend_ops ops;
static struct fw_backend backend = { &ops };

enum fw_status fw_session_open(const struct fw_session_options *options, struct fw_session *session,
	struct fw_error *error)
{
	(void)error;
	assert_true(options->needs_counters);
	kernel.events = options->events;
	*session = (struct fw_session){ .backend = &backend };
	return FW_OK;
}

void fw_session_close(struct fw_session *session)
{
	memset(session, 0, sizeof(*session));
}

static int given(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	kernel.poll_status = FW_NOT_FOUND;
	ops = (struct fw_backend_ops){
		.name = "stand-in",
		.subscribe = stand_in_subscribe,
		.poll = stand_in_poll,
		.drain = stand_in_drain,
		.report = stand_in_report,
	};
	return 0;
}

const struct fw_command *const tested_commands[] = { &fw_command_events, NULL };

static size_t lines_with(const char *text, const char *part)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		count++;
	return count;
}

static void asks(void **state)
{
	(void)state;
	assert_int_equal(run("events"), 0);
	assert_int_equal(kernel.subscription.types, fw_event_types_all());
	assert_int_equal(kernel.subscription.queue_bytes, 0);
	assert_false(kernel.subscription.existing);
	assert_true(kernel.events);
	assert_int_equal(kernel.drained, 1);

	assert_int_equal(
		run("events --types image --types port_taken --buffer 5000 --since-boot-snapshot"),
		0);
	assert_int_equal(kernel.subscription.types,
		BIT(FW_RECORD_IMAGE_LOAD) | BIT(FW_RECORD_PORT_TAKEN));
	assert_int_equal(kernel.subscription.queue_bytes, 8192);
	assert_true(kernel.subscription.existing);

	/* What a filter must see is asked for besides. */
	assert_int_equal(run("events --types image --target comm:curl --buffer 1GiB"), 0);
	assert_int_equal(kernel.subscription.types, BIT(FW_RECORD_IMAGE_LOAD) |
							    BIT(FW_RECORD_PROCESS_CREATE) |
							    BIT(FW_RECORD_PROCESS_EXIT));
	assert_int_equal(kernel.subscription.queue_bytes, 1u << 30);
	assert_int_equal(run("events --buffer 4KiB"), 0);
	assert_int_equal(kernel.subscription.queue_bytes, 4096);
}

static void prints(void **state)
{
	(void)state;
	kernel.queued = 2;
	kernel.left = 1;
	assert_int_equal(run("events"), 0);
	assert_int_equal(lines_with(output, "thread_create"), 3);
	assert_int_equal(lines_with(output, "\n"), 3);
	assert_non_null(strstr(errors, "produced"));
	assert_int_equal(lines_with(errors, "thread_create"), 1);

	given(NULL);
	kernel.queued = 2;
	assert_int_equal(run("events --json"), 0);
	assert_int_equal(lines_with(output, "\"type\":\"thread_create\""), 2);
	assert_int_equal(lines_with(output, "\"type\":\"events_report\""), 1);
	assert_non_null(strstr(output, "\"delivered\":{\"thread_create\":2}"));
	assert_non_null(strstr(output, "\"shown\":2"));
	assert_string_equal(errors, "");

	given(NULL);
	kernel.queued = 1;
	assert_int_equal(run("events --classic"), 0);
	assert_non_null(strstr(output, ": Thread 43 Created in process "));
}

/* The types of the filter and other processes' events are taken, but not shown. */
static void leaves_out(void **state)
{
	(void)state;
	kernel.queued = 2;
	assert_int_equal(run("events --json --types process"), 0);
	assert_int_equal(lines_with(output, "thread_create\","), 0);
	assert_non_null(strstr(output, "\"shown\":0"));

	given(NULL);
	kernel.queued = 2;
	assert_int_equal(run("events --json --target comm:nothing"), 0);
	assert_non_null(strstr(output, "\"shown\":0"));
}

static void mappings(void **state)
{
	(void)state;
	kernel.no_file = true;
	kernel.queued = 2;
	assert_int_equal(run("events --json"), 0);
	assert_int_equal(lines_with(output, "image_load"), 0);
	assert_non_null(strstr(output, "\"shown\":1"));

	given(NULL);
	kernel.no_file = true;
	kernel.queued = 2;
	assert_int_equal(run("events --json --all-mappings"), 0);
	assert_int_equal(lines_with(output, "\"type\":\"image_load\""), 1);
	assert_non_null(strstr(output, "\"shown\":2"));
}

/* Of a kernel that does not offer everything. */
static void some_types(void **state)
{
	(void)state;
	ops.record_types = stand_in_record_types;
	kernel.types = BIT(FW_RECORD_PORT_TAKEN);
	assert_int_equal(run("events"), 0);
	assert_int_equal(kernel.subscription.types, kernel.types);
	assert_non_null(strstr(errors, "the stand-in lacks some"));

	assert_int_equal(run("events --types image --target comm:curl"), 0);
	assert_int_equal(kernel.subscription.types, BIT(FW_RECORD_IMAGE_LOAD));
	assert_null(strstr(errors, "the stand-in lacks some"));

	kernel.types = fw_event_types_all();
	assert_int_equal(run("events"), 0);
	assert_null(strstr(errors, "the stand-in lacks some"));
}

/* No more than so many are printed, and all are delivered. */
static void counts(void **state)
{
	(void)state;
	kernel.queued = 5;
	kernel.left = 2;
	kernel.poll_status = FW_OK;
	assert_int_equal(run("events --json -c 3"), 0);
	assert_int_equal(lines_with(output, "\"type\":\"thread_create\""), 3);
	assert_non_null(strstr(output, "\"delivered\":{\"thread_create\":7}"));
	assert_non_null(strstr(output, "\"shown\":3"));
}

static void ends_in_time(void **state)
{
	(void)state;
	kernel.queued = 1;
	kernel.poll_status = FW_OK;
	assert_int_equal(run("events --json -d 1ms"), 0);
	assert_int_equal(lines_with(output, "\"type\":\"thread_create\""), 1);
	assert_int_equal(kernel.drained, 1);
}

static void without_drain_and_report(void **state)
{
	(void)state;
	kernel.queued = 1;
	ops.drain = NULL;
	ops.report = NULL;
	assert_int_equal(run("events --json"), 0);
	assert_int_equal(lines_with(output, "\n"), 1);
	kernel.polls = 0;
	assert_int_equal(run("events"), 0);
	assert_string_equal(errors, "");
}

static void losses(void **state)
{
	(void)state;
	kernel.lost = 3;
	kernel.queued = 1;
	assert_int_equal(run("events --json"), 0);
	assert_int_equal(lines_with(output, "\"type\":\"loss\""), 1);
	assert_non_null(strstr(output, "\"lost\":{\"process_create\":3}"));
	assert_non_null(strstr(output, "\"shown\":1"));

	given(NULL);
	kernel.lost = 3;
	assert_int_equal(run("events --fail-on-loss"), 5);
	assert_non_null(strstr(output, "lost: 3 process_create"));
	assert_non_null(strstr(errors, "process_create"));

	/* A loss that the report alone tells of, and none. */
	given(NULL);
	assert_int_equal(run("events --fail-on-loss"), 0);
	ops.poll = stand_in_poll;
	kernel.polls = 1;
	kernel.lost = 1;
	assert_int_equal(run("events --fail-on-loss"), 5);
}

static void malformed(void **state)
{
	(void)state;
	kernel.malformed = true;
	kernel.queued = 3;
	assert_int_equal(run("events --json"), 1);
	assert_string_equal(output, "");
	assert_non_null(strstr(errors, "not as it must be"));

	given(NULL);
	kernel.malformed = true;
	kernel.left = 2;
	assert_int_equal(run("events --json"), 1);
	assert_non_null(strstr(errors, "not as it must be"));
}

static void newer(void **state)
{
	(void)state;
	kernel.unknown = true;
	kernel.queued = 2;
	assert_int_equal(run("events --json"), 0);
	assert_int_equal(lines_with(output, "\n"), 2); /* the other one, and the report */
	assert_string_equal(errors, "");
}

static void taken_down(void **state)
{
	(void)state;
	kernel.queued = 1;
	kernel.poll_status = FW_FAILED;
	assert_int_equal(run("events --json"), 1);
	assert_int_equal(lines_with(output, "\n"), 2); /* what came, and the sums */
	assert_int_equal(lines_with(output, "events_report"), 1);
	assert_non_null(strstr(errors, "the stand-in ends it"));
}

static void no_records(void **state)
{
	(void)state;
	ops.subscribe = NULL;
	assert_int_equal(run("events"), 4);
	assert_non_null(strstr(errors, "sockdiag"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(asks, given),
		cmocka_unit_test_setup(prints, given),
		cmocka_unit_test_setup(leaves_out, given),
		cmocka_unit_test_setup(mappings, given),
		cmocka_unit_test_setup(some_types, given),
		cmocka_unit_test_setup(counts, given),
		cmocka_unit_test_setup(ends_in_time, given),
		cmocka_unit_test_setup(without_drain_and_report, given),
		cmocka_unit_test_setup(losses, given),
		cmocka_unit_test_setup(malformed, given),
		cmocka_unit_test_setup(newer, given),
		cmocka_unit_test_setup(taken_down, given),
		cmocka_unit_test_setup(no_records, given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
