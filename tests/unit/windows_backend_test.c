/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The backend of the Windows driver before a driver that says what it wants: what is right is handed on, what is not is
 * refused with a message, and nothing is read that was not said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/control.h"
#include "backend/windows/windows_backend.h"
#include "lib/host/host.h"
#include "tests/unit/device_script.h"
#include "tests/unit/event_records.h"

#define USUAL ((struct script_answer){ NULL, SIZE_MAX, FW_OK })

static int setup(void **state)
{
	(void)state;
	device_script_reset();
	return 0;
}

static struct fw_backend *open_backend(void)
{
	struct fw_backend *backend = NULL;
	struct fw_error error;

	assert_int_equal(fw_windows_open(&backend, &error), FW_OK);
	return backend;
}

static void close_backend(struct fw_backend *backend)
{
	backend->ops->close(backend);
	assert_int_equal(device_script.opened, device_script.closed);
}

static struct script_answer answer; /* to the function below it */
static uint32_t answered_function;

static struct script_answer answer_one(uint32_t function, const void *in, uint32_t in_size)
{
	(void)in;
	(void)in_size;
	return function == answered_function ? answer : USUAL;
}

static void answers(uint32_t function, const void *bytes, size_t length)
{
	answer = (struct script_answer){ bytes, length, FW_OK };
	answered_function = function;
	device_script.answer = answer_one;
}

static void opens(void **state)
{
	static const struct fw_control_hello short_hello = { sizeof(short_hello), FW_ABI_MAJOR, 0 };
	static const struct fw_control_hello other = { sizeof(other), FW_ABI_MAJOR + 1, 0 };
	struct fw_backend *backend = NULL;
	struct fw_error error;

	(void)state;
	close_backend(open_backend());
	device_script.open = FW_NOT_FOUND;
	assert_int_equal(fw_windows_open(&backend, &error), FW_NOT_FOUND);
	device_script.open = FW_OK;
	answers(FW_CONTROL_HELLO, &other, sizeof(other));
	assert_int_equal(fw_windows_open(&backend, &error), FW_UNSUPPORTED);
	assert_non_null(strstr(error.text, "unload"));
	answers(FW_CONTROL_HELLO, &short_hello, sizeof(short_hello) - 1);
	assert_int_equal(fw_windows_open(&backend, &error), FW_UNSUPPORTED);
	assert_null(backend);
	assert_int_equal(device_script.opened, device_script.closed);
}

/* Rows numbered from 1 to `total`, `batch` at a time, larger than they need to be. */
static struct {
	uint32_t total, batch;
} ports;

static struct script_answer give_ports(uint32_t function, const void *in, uint32_t in_size)
{
	static uint8_t bytes[65536];
	const struct fw_control_cursor *cursor = in;
	struct fw_control_rows rows = { sizeof(rows) + 8, sizeof(struct fw_port) + 16, 0, 0, 0 };

	if (function != FW_CONTROL_PORTS)
		return USUAL;
	assert_int_equal(in_size, sizeof(*cursor));
	assert_int_equal(cursor->size, sizeof(*cursor));
	rows.after = cursor->after;
	memset(bytes, 0xee, sizeof(bytes));
	while (rows.after < ports.total && rows.count < ports.batch) {
		struct fw_port port = { .connection_id = ++rows.after, .protocol = 6 };

		memset(port.comm, 'x', sizeof(port.comm));
		memcpy(bytes + rows.size + rows.count++ * rows.row_size, &port, sizeof(port));
	}
	memcpy(bytes, &rows, sizeof(rows));
	return (struct script_answer){ bytes, rows.size + rows.count * rows.row_size, FW_OK };
}

static bool count_port(const struct fw_port *port, void *argument)
{
	uint32_t *count = argument;

	assert_int_equal(port->connection_id, ++*count);
	assert_int_equal(strlen(port->comm), FW_COMM_SIZE - 1);
	return port->connection_id != 70;
}

static void lists_in_batches(void **state)
{
	struct fw_backend *backend = open_backend();
	struct fw_error error;
	uint32_t count = 0;

	(void)state;
	device_script.answer = give_ports;
	ports.total = 69;
	ports.batch = 7;
	assert_int_equal(backend->ops->ports(backend, count_port, &count, &error), FW_OK);
	assert_int_equal(count, 69);
	ports.total = 100;
	count = 0;
	assert_int_equal(backend->ops->ports(backend, count_port, &count, &error), FW_STOPPED);
	assert_int_equal(count, 70);
	close_backend(backend);
}

static bool any_usage(const struct fw_usage *usage, void *argument)
{
	(void)usage;
	++*(size_t *)argument;
	return true;
}

/* Every lie of a header, with memory that ends where the answer does. */
static void lying_rows(void **state)
{
	static const struct {
		struct fw_control_rows rows;
		size_t length;
	} lies[] = {
		{ { 24, 352, 1, 0, 1 }, 0 },
		{ { 24, 352, 1, 0, 1 }, 23 },
		{ { 24, 352, 1, 0, 1 }, 24 },
		{ { 24, 352, 1, 0, 1 }, 24 + 351 },
		{ { 24, 352, 2, 0, 2 }, 24 + 2 * 352 - 1 },
		{ { 23, 352, 1, 0, 1 }, 24 + 352 },
		{ { 25, 352, 1, 0, 1 }, 24 + 352 },
		{ { 0, 352, 1, 0, 1 }, 24 + 352 },
		{ { UINT32_MAX, 352, 1, 0, 1 }, 24 + 352 },
		{ { 24, 351, 1, 0, 1 }, 24 + 352 },
		{ { 24, 0, 1, 0, 1 }, 24 + 352 },
		{ { 24, 8192, 1, 0, 1 }, 24 + 8192 },
		{ { 24, UINT32_MAX, 1, 0, 1 }, 24 + 352 },
		{ { 24, 352, UINT32_MAX, 0, 1 }, 24 + 352 },
		{ { 24, 352, 1, 0, 0 }, 24 + 352 }, /* would never end */
	};
	struct fw_usage_summary summary;
	struct fw_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct fw_backend *backend = open_backend();
		uint8_t *bytes = calloc(1, lies[i].length + 1);
		size_t count = 0, length = lies[i].length;

		memcpy(bytes, &lies[i].rows, length < sizeof(lies[i].rows) ? length : sizeof(lies[i].rows));
		answers(FW_CONTROL_USAGE, bytes, length);
		assert_int_equal(backend->ops->usage(backend, any_usage, &count, &summary, &error),
			FW_MALFORMED);
		assert_int_equal(count, 0);
		assert_non_null(strstr(error.text, "load"));
		close_backend(backend);
		free(bytes);
	}
}

static struct fw_subscription all_types = { .types = UINT16_MAX };

static void add_read(const void *bytes, size_t length)
{
	uint8_t *copy = malloc(length + 1);

	memcpy(copy, bytes, length);
	device_script.reads[device_script.read_count++] = (struct script_answer){ copy, length, FW_OK };
}

static void free_reads(void)
{
	for (size_t i = 0; i < device_script.read_count; i++)
		free((void *)device_script.reads[i].bytes);
}

static struct fw_backend *subscribe(void)
{
	struct fw_backend *backend = open_backend();
	struct fw_error error;

	assert_int_equal(backend->ops->subscribe(backend, &all_types, &error), FW_OK);
	assert_int_equal(backend->ops->subscribe(backend, &all_types, &error), FW_EXISTS);
	return backend;
}

struct taking {
	size_t count;
	size_t stop_at;
	uint32_t pids[256];
};

static bool take(const struct fw_record_header *record, void *argument)
{
	struct taking *taking = argument;

	assert_int_equal(record->type, FW_RECORD_PROCESS_EXIT);
	taking->pids[taking->count++] = ((const struct fw_process_exit_record *)record)->pid;
	return taking->count != taking->stop_at;
}

/* `count` exits of processes numbered from `first` on in one read. */
static void add_exits(uint32_t first, size_t count)
{
	static uint8_t bytes[65536];
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		const struct fw_record_header *record = exit_record(first + (uint32_t)i, 1, "x");

		memcpy(bytes + length, record, record->size);
		length += record->size;
	}
	add_read(bytes, length);
}

static void events_in_order(void **state)
{
	struct taking taking = { .stop_at = 25 };
	struct fw_backend *backend;
	struct fw_error error;

	(void)state;
	for (uint32_t i = 0; i < 12; i++)
		add_exits(1 + i * 10, 10);
	add_read("", 0);
	backend = subscribe();
	assert_int_equal(device_script.reads_begun, 8);
	/* Stopped within a read, the rest of which comes next time. */
	assert_int_equal(backend->ops->poll(backend, 0, take, &taking, &error), FW_STOPPED);
	assert_int_equal(taking.count, 25);
	assert_int_equal(backend->ops->poll(backend, 0, take, &taking, &error), FW_OK);
	assert_int_equal(taking.count, 120);
	for (uint32_t i = 0; i < 120; i++)
		assert_int_equal(taking.pids[i], i + 1);
	assert_int_equal(backend->ops->poll(backend, 0, take, &taking, &error), FW_NOT_FOUND);
	assert_int_equal(backend->ops->drain(backend, take, &taking, &error), FW_OK);
	close_backend(backend);
	free_reads();
}

static void nothing_yet(void **state)
{
	struct taking taking = { .count = 0 };
	struct fw_backend *backend = subscribe();
	struct fw_error error;

	(void)state;
	assert_int_equal(backend->ops->poll(backend, 0, take, &taking, &error), FW_OK);
	assert_int_equal(taking.count, 0);
	/* A driver that pends for ever is not waited for for ever. */
	assert_int_equal(backend->ops->drain(backend, take, &taking, &error), FW_FAILED);
	assert_int_equal(device_script.last_function, FW_CONTROL_DRAIN);
	close_backend(backend);
}

static void drains(void **state)
{
	struct taking taking = { .count = 0 };
	struct fw_backend *backend;
	struct fw_error error;

	(void)state;
	add_exits(1, 3);
	add_exits(4, 3);
	add_read("", 0);
	backend = subscribe();
	assert_int_equal(backend->ops->drain(backend, take, &taking, &error), FW_OK);
	assert_int_equal(taking.count, 6);
	close_backend(backend);
	free_reads();
}

/* Cut at every place, and with every size in the header: told, or understood, and never read too far. */
static void lying_records(void **state)
{
	struct fw_process_create_record lie;
	struct taking taking;
	struct fw_error error;

	(void)state;
	for (uint32_t size = 1; size < sizeof(lie); size += 3) {
		struct fw_backend *backend;

		device_script_reset();
		memset(&taking, 0, sizeof(taking));
		memset(&lie, 0xff, sizeof(lie));
		lie.header.size = size % 2 ? size : sizeof(lie);
		lie.header.type = FW_RECORD_PROCESS_CREATE;
		add_read(&lie, size);
		backend = subscribe();
		assert_int_equal(backend->ops->poll(backend, 0, take, &taking, &error),
			FW_MALFORMED);
		assert_int_equal(taking.count, 0);
		close_backend(backend);
		free_reads();
	}
}

static bool keep_path(const struct fw_record_header *record, void *argument)
{
	const struct fw_record_text *text = &((const struct fw_image_record *)record)->path;

	snprintf(argument, 256, "%.*s", (int)text->length, (const char *)record + text->offset);
	return true;
}

static void paths_of_people(void **state)
{
	static const char *const pairs[][2] = {
		{ "\\Device\\HarddiskVolume2\\a\\b.dll", "C:\\a\\b.dll" },
		{ "\\device\\harddiskvolume2\\B.DLL", "C:\\B.DLL" },
		{ "\\Device\\HarddiskVolume21\\x", "D:\\x" },
		{ "\\Device\\HarddiskVolume211\\x", "\\Device\\HarddiskVolume211\\x" },
		{ "\\Device\\HarddiskVolume2", "C:" },
		{ "\\SystemRoot\\system32\\ntdll.dll", "C:\\Windows\\system32\\ntdll.dll" },
		{ "\\Device\\Mup\\server\\share\\x", "\\\\server\\share\\x" },
		{ "\\??\\C:\\x", "C:\\x" },
		{ "x", "x" },
	};
	struct fw_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct fw_record_header *record = image_record(4, pairs[i][0]);
		struct fw_backend *backend;
		char path[256] = "";

		device_script_reset();
		add_read(record, record->size);
		backend = subscribe();
		assert_int_equal(backend->ops->poll(backend, 0, keep_path, path, &error), FW_OK);
		assert_string_equal(path, pairs[i][1]);
		close_backend(backend);
		free_reads();
	}
}

static struct fw_rule sent_rule;

static struct script_answer add_rules(uint32_t function, const void *in, uint32_t in_size)
{
	static uint8_t bytes[4096];

	if (function != FW_CONTROL_RULES_ADD)
		return USUAL;
	assert_int_equal(in_size, sizeof(struct fw_control_rules) + sizeof(struct fw_rule));
	memcpy(bytes, in, in_size);
	memcpy(&sent_rule, bytes + sizeof(struct fw_control_rules), sizeof(sent_rule));
	((struct fw_rule *)(bytes + sizeof(struct fw_control_rules)))->id = 7;
	return (struct script_answer){ bytes, in_size, FW_OK };
}

static void rules_are_translated(void **state)
{
	struct fw_rule rule = { .action = FW_RULE_BLOCK, .target = FW_RULE_EXE, .text = "c:/a/b.exe" };
	struct fw_backend *backend = open_backend();
	struct fw_error error;

	(void)state;
	device_script.answer = add_rules;
	assert_int_equal(backend->ops->rules_add(backend, &rule, 1, &error), FW_OK);
	assert_string_equal(sent_rule.text, "\\Device\\HarddiskVolume2\\a\\b.exe");
	assert_string_equal(rule.text, "C:\\a\\b.exe");
	assert_int_equal(rule.id, 7);
	rule.target = FW_RULE_UNIT;
	assert_int_equal(backend->ops->rules_add(backend, &rule, 1, &error), FW_UNSUPPORTED);
	close_backend(backend);
}

static struct script_answer refuse_rules(uint32_t function, const void *in, uint32_t in_size)
{
	(void)in;
	(void)in_size;
	return function == FW_CONTROL_RULES_ADD ? (struct script_answer){ NULL, 0, FW_UNSUPPORTED } : USUAL;
}

static void limits_are_handed_on(void **state)
{
	struct fw_rule rule = { .action = FW_RULE_LIMIT,
		.target = FW_RULE_COMM,
		.sent_rate = 1000000,
		.received_rate = 2000,
		.text = "curl.exe" };
	struct fw_backend *backend = open_backend();
	struct fw_error error;

	(void)state;
	device_script.answer = add_rules;
	assert_int_equal(backend->ops->rules_add(backend, &rule, 1, &error), FW_OK);
	assert_int_equal(sent_rule.action, FW_RULE_LIMIT);
	assert_int_equal(sent_rule.sent_rate, 1000000);
	assert_int_equal(sent_rule.received_rate, 2000);
	assert_int_equal(sent_rule.first_port, 0);
	assert_int_equal(sent_rule.last_port, UINT16_MAX);
	assert_int_equal(rule.id, 7);
	/* The driver of before says that it does not know how. */
	device_script.answer = refuse_rules;
	assert_int_equal(backend->ops->rules_add(backend, &rule, 1, &error), FW_UNSUPPORTED);
	assert_non_null(strstr(error.text, "limits no rates"));
	assert_non_null(strstr(error.text, "flowwatcher load"));
	rule.action = FW_RULE_BLOCK;
	assert_int_equal(backend->ops->rules_add(backend, &rule, 1, &error), FW_UNSUPPORTED);
	assert_null(strstr(error.text, "limits"));
	close_backend(backend);
}

static void lying_rules(void **state)
{
	struct {
		struct fw_control_rules header;
		struct fw_rule rule;
	} lie = { { sizeof(lie.header), 1 }, { .id = 1 } };
	struct fw_rule rule = { .action = FW_RULE_BLOCK, .target = FW_RULE_COMM, .text = "x" };
	const struct fw_rule before = rule;
	struct fw_backend *backend = open_backend();
	struct fw_error error;

	(void)state;
	answers(FW_CONTROL_RULES_ADD, &lie, sizeof(lie) - 1);
	assert_int_equal(backend->ops->rules_add(backend, &rule, 1, &error), FW_MALFORMED);
	answers(FW_CONTROL_RULES_ADD, &lie, 0);
	assert_int_equal(backend->ops->rules_add(backend, &rule, 1, &error), FW_MALFORMED);
	lie.header.count = 2;
	answers(FW_CONTROL_RULES_ADD, &lie, sizeof(lie));
	assert_int_equal(backend->ops->rules_add(backend, &rule, 1, &error), FW_MALFORMED);
	lie.header.count = 1;
	lie.rule.id = 0;
	assert_int_equal(backend->ops->rules_add(backend, &rule, 1, &error), FW_MALFORMED);
	assert_memory_equal(&rule, &before, sizeof(rule));
	close_backend(backend);
}

static bool keep_feature(const struct fw_feature *feature, void *argument)
{
	struct fw_feature *kept = argument;

	assert_int_equal(strlen(feature->name), 63);
	*kept = *feature;
	return true;
}

/* Answers once; behind its row there are no more. */
static struct script_answer give_feature(uint32_t function, const void *in, uint32_t in_size)
{
	static struct {
		struct fw_control_rows rows;
		struct fw_control_feature feature;
	} answered;
	const struct fw_control_cursor *cursor = in;

	(void)in_size;
	if (function != FW_CONTROL_FEATURES || cursor->after)
		return USUAL;
	memset(&answered, 'x', sizeof(answered));
	answered.rows = (struct fw_control_rows){ sizeof(answered.rows), sizeof(answered.feature), 1, 0, 1 };
	return (struct script_answer){ &answered, sizeof(answered), FW_OK };
}

static void features(void **state)
{
	struct fw_feature kept = { .state = FW_FEATURE_USED };
	struct fw_error error;

	(void)state;
	device_script.answer = give_feature;
	assert_int_equal(fw_windows_features(keep_feature, &kept, &error), FW_OK);
	assert_int_equal(kept.state, FW_FEATURE_MISSING); /* a number that is none */
	assert_int_equal(device_script.opened, device_script.closed);
}

#define WITHOUT_TRANSPORTS "there is no such device"
#define WITHOUT_ASKING	   "this Windows lacks it: no command lines, and rules cannot deny"

/* What the driver of some Windows says, and what follows. */
static struct fw_control_feature told[8];
static uint32_t told_count;

static struct script_answer tell_features(uint32_t function, const void *in, uint32_t in_size)
{
	static uint8_t bytes[sizeof(struct fw_control_rows) + sizeof(told)];
	const struct fw_control_cursor *cursor = in;
	struct fw_control_rows rows = { sizeof(rows), sizeof(told[0]), told_count, 0, told_count };

	if (function == FW_CONTROL_RULES_ADD)
		return add_rules(function, in, in_size);
	if (function != FW_CONTROL_FEATURES || cursor->after)
		return USUAL;
	memcpy(bytes, &rows, sizeof(rows));
	memcpy(bytes + sizeof(rows), told, sizeof(told));
	return (struct script_answer){ bytes, sizeof(rows) + told_count * sizeof(told[0]), FW_OK };
}

static void tell(const char *name, enum fw_feature_state state, const char *reason)
{
	struct fw_control_feature *feature = &told[told_count];

	memset(feature, 0, sizeof(*feature));
	feature->number = ++told_count;
	feature->state = state;
	snprintf(feature->name, sizeof(feature->name), "%s", name);
	snprintf(feature->reason, sizeof(feature->reason), "%s", reason);
	device_script.answer = tell_features;
}

static enum fw_status subscribe_to(uint32_t type, struct fw_error *error)
{
	const struct fw_subscription subscription = { .types = 1ull << type };
	struct fw_backend *backend = open_backend();
	enum fw_status status = backend->ops->subscribe(backend, &subscription, error);

	close_backend(backend);
	return status;
}

static void types_follow_features(void **state)
{
	struct fw_backend *backend = open_backend();
	struct fw_error why = { FW_OK, "" };
	uint64_t types;

	(void)state;
	told_count = 0;
	assert_int_equal(backend->ops->record_types(backend, &why), UINT64_MAX);
	tell("\\Device\\Tcp", FW_FEATURE_MISSING, WITHOUT_TRANSPORTS);
	tell("PsSetCreateProcessNotifyRoutineEx", FW_FEATURE_MISSING, WITHOUT_ASKING);
	tell("PsSetCreateProcessNotifyRoutine", FW_FEATURE_USED, "");
	tell("PsSetCreateThreadNotifyRoutine", FW_FEATURE_MISSING, "full");
	tell("PsSetLoadImageNotifyRoutine", FW_FEATURE_USED, "");
	tell("anything else", FW_FEATURE_MISSING, "of no matter");
	types = backend->ops->record_types(backend, &why);
	assert_int_equal(types & ((1ull << FW_RECORD_TYPE_COUNT) - 2),
		1u << FW_RECORD_LOSS | 1u << FW_RECORD_PROCESS_CREATE | 1u << FW_RECORD_PROCESS_EXIT |
			1u << FW_RECORD_IMAGE_LOAD);
	assert_non_null(strstr(why.text, "no connection and port events: " WITHOUT_TRANSPORTS));
	close_backend(backend);
	assert_int_equal(subscribe_to(FW_RECORD_THREAD_EXIT, &why), FW_UNSUPPORTED);
	assert_string_equal(why.text, "no thread events: full; see 'flowwatcher doctor'");
	assert_int_equal(device_script.reads_begun, 0);
	assert_int_equal(subscribe_to(FW_RECORD_PROCESS_EXIT, &why), FW_OK);
	/* One of several transports is enough. */
	tell("\\Device\\Udp", FW_FEATURE_USED, "");
	assert_int_equal(subscribe_to(FW_RECORD_BLOCKED, &why), FW_OK);
}

static void denials_follow_features(void **state)
{
	struct fw_rule rule = { .action = FW_RULE_DENY, .target = FW_RULE_COMM, .text = "x.exe" };
	struct fw_backend *backend = open_backend();
	struct fw_error error;

	(void)state;
	told_count = 0;
	tell("PsSetCreateProcessNotifyRoutineEx", FW_FEATURE_MISSING, WITHOUT_ASKING);
	assert_int_equal(backend->ops->rules_add(backend, &rule, 1, &error), FW_UNSUPPORTED);
	assert_non_null(strstr(error.text, WITHOUT_ASKING));
	assert_int_equal(rule.id, 0);
	/* The Windows before asks by another routine. */
	told_count = 0;
	tell("PsSetCreateProcessNotifyRoutineEx2", FW_FEATURE_MISSING, "this Windows lacks it");
	tell("PsSetCreateProcessNotifyRoutineEx", FW_FEATURE_USED, "");
	assert_int_equal(backend->ops->rules_add(backend, &rule, 1, &error), FW_OK);
	assert_int_equal(sent_rule.action, FW_RULE_DENY);
	assert_int_equal(rule.id, 7);
	close_backend(backend);
}

static void state_of_driver(void **state)
{
	struct fw_control_status status = { .size = 1 };
	struct fw_error error;

	(void)state;
	assert_int_equal(fw_windows_driver_status(&status, &error), FW_OK);
	answers(FW_CONTROL_STATUS, &status, sizeof(status) - 1);
	assert_int_equal(fw_windows_driver_status(&status, &error), FW_MALFORMED);
	assert_int_equal(device_script.opened, device_script.closed);
}

/* The starts of processes are counted from where the driver counts them. */
static void clock_of_driver(void **state)
{
	static const struct fw_control_status status = { .size = sizeof(status), .boot_utc_ns = 1234567890 };
	struct fw_backend *backend = NULL;
	struct fw_error error;

	(void)state;
	answers(FW_CONTROL_STATUS, &status, sizeof(status));
	close_backend(open_backend());
	assert_int_equal(fw_host_counted_from(), status.boot_utc_ns);
	answers(FW_CONTROL_STATUS, &status, sizeof(status) - 1);
	assert_int_equal(fw_windows_open(&backend, &error), FW_MALFORMED);
	assert_null(backend);
	assert_int_equal(device_script.opened, device_script.closed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(opens, setup),
		cmocka_unit_test_setup(clock_of_driver, setup),
		cmocka_unit_test_setup(lists_in_batches, setup),
		cmocka_unit_test_setup(lying_rows, setup),
		cmocka_unit_test_setup(events_in_order, setup),
		cmocka_unit_test_setup(nothing_yet, setup),
		cmocka_unit_test_setup(drains, setup),
		cmocka_unit_test_setup(lying_records, setup),
		cmocka_unit_test_setup(paths_of_people, setup),
		cmocka_unit_test_setup(rules_are_translated, setup),
		cmocka_unit_test_setup(limits_are_handed_on, setup),
		cmocka_unit_test_setup(lying_rules, setup),
		cmocka_unit_test_setup(features, setup),
		cmocka_unit_test_setup(types_follow_features, setup),
		cmocka_unit_test_setup(denials_follow_features, setup),
		cmocka_unit_test_setup(state_of_driver, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
