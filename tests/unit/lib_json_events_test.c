/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The JSON of every record: the fields of the contract, and texts that come back to the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/record_check.h"
#include "flowwatcher/json_events.h"
#include "flowwatcher/json_objects.h"
#include "flowwatcher/text_codec.h"
#include "tests/unit/event_records.h"
#include "tests/unit/json_expect.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Through text and back, as a reader sees it. */
static struct json_object *parsed(const struct fw_record_header *record)
{
	const struct fw_record_header *whole = NULL;

	assert_int_equal(fw_record_whole(record, record->size, &whole), FW_OK);
	assert_true(fw_json_event_is_known(record->type));
	return round_trip(fw_json_event(record));
}

static void expect_absent(struct json_object *object, const char *key)
{
	if (json_object_object_get_ex(object, key, NULL))
		fail_msg("'%s' in %s", key, json_object_to_json_string(object));
}

static void expect_true(struct json_object *object, const char *key)
{
	assert_true(json_object_get_boolean(field(object, key)));
}

static void expect_head(struct json_object *object, const char *type)
{
	expect_text(object, "type", type);
	expect_number(object, "schema", FW_JSON_SCHEMA);
	expect_number(object, "sequence", 7);
	assert_int_equal(strlen(json_object_get_string(field(object, "time"))), 30);
}

/* An array of strings, written with a ',' behind each. */
static void expect_array(struct json_object *object, const char *key, const char *items)
{
	struct json_object *array = field(object, key);
	char text[256] = "";

	assert_true(json_object_is_type(array, json_type_array));
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		strcat(text, json_object_get_string(json_object_array_get_idx(array, i)));
		strcat(text, ",");
	}
	assert_string_equal(text, items);
}

static const struct create_event curl = {
	.pid = 42,
	.parent_pid = 41,
	.start_ns = 9007199254740993ull, /* not a double */
	.parent_start_ns = 3,
	.cause = FW_CREATE_EXEC,
	.comm = "curl",
	.exe = "/usr/bin/curl",
	.directory = "/root",
	.cgroup = "/system.slice/docker-" ID ".scope",
	.command_line = "curl\0-H\0a b\nc",
	.command_line_length = 14,
};

static void process_create(void **state)
{
	struct json_object *object = parsed(create_record(&curl));

	(void)state;
	expect_head(object, "process_create");
	expect_number(object, "pid", 42);
	expect_number(object, "parent_pid", 41);
	expect_number(object, "start_ns", 9007199254740993ull);
	expect_number(object, "parent_start_ns", 3);
	assert_int_equal(strlen(json_object_get_string(field(object, "start"))), 30);
	expect_text(object, "cause", "exec");
	expect_text(object, "exe", "/usr/bin/curl");
	expect_text(object, "command_line", "curl -H a b\nc");
	expect_array(object, "arguments", "curl,-H,a b\nc,");
	expect_text(object, "directory", "/root");
	expect_number(object, "uid", 0);
	expect_text(object, "user", "root");
	expect_text(object, "comm", "curl");
	expect_text(object, "cgroup", curl.cgroup);
	expect_text(object, "unit", "docker-" ID ".scope");
	expect_text(object, "container", ID);
	expect_absent(object, "existing");
	expect_absent(object, "cut");
	expect_absent(object, "kernel_thread");
	expect_absent(object, "arguments_base64");
	expect_absent(object, "command_line_base64");
	json_object_put(object);
}

static void process_create_unknown(void **state)
{
	const struct create_event event = { .pid = 2, .cause = FW_CREATE_FOUND, .uid = UINT32_MAX,
		.flags = FW_PROCESS_KERNEL };
	struct fw_record_header *record = create_record(&event);
	struct json_object *object;

	(void)state;
	record->flags = FW_RECORD_EXISTING;
	object = parsed(record);
	expect_text(object, "cause", "found");
	expect_true(object, "existing");
	expect_true(object, "kernel_thread");
	expect_null(object, "parent_pid");
	expect_null(object, "parent_start_ns");
	expect_null(object, "start");
	expect_null(object, "uid");
	expect_null(object, "user");
	expect_null(object, "unit");
	expect_null(object, "container");
	expect_text(object, "exe", "");
	expect_text(object, "command_line", "");
	expect_array(object, "arguments", "");
	expect_text(object, "directory", "");
	expect_text(object, "cgroup", "");
	json_object_put(object);
}

static void cut_texts(void **state)
{
	struct create_event event = curl;
	struct json_object *object;

	(void)state;
	event.flags = FW_PROCESS_EXE_CUT | FW_EVENT_COMMAND_LINE_CUT | FW_EVENT_DIRECTORY_CUT |
		      FW_EVENT_CGROUP_CUT;
	event.command_line_length = 13; /* the last argument has no zero byte */
	object = parsed(create_record(&event));
	expect_array(object, "cut", "exe,command_line,directory,cgroup,");
	expect_array(object, "arguments", "curl,-H,a b\nc,");
	json_object_put(object);

	event.flags = FW_EVENT_CGROUP_CUT;
	object = parsed(create_record(&event));
	expect_array(object, "cut", "cgroup,");
	json_object_put(object);
}

/* What a reader makes of "<field>_base64", or else of the field. */
static size_t decode(const char *text, char *bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t group = 0;
	size_t length = 0, bits = 0;

	for (; *text && *text != '='; text++) {
		group = group << 6 | (uint32_t)(strchr(digits, *text) - digits);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		bytes[length++] = (char)(group >> bits);
	}
	return length;
}

static void not_utf8(void **state)
{
	static const char arguments[] = "a\xff\0plain\0\xc3\xa9\0"; /* and an empty one */
	struct create_event event = curl;
	struct json_object *object, *array;
	char bytes[64], joined[64];
	size_t length, total = 0;

	(void)state;
	event.command_line = arguments;
	event.command_line_length = sizeof(arguments);
	event.exe = "/tmp/\xff\xfe";
	event.directory = "/\x80";
	object = parsed(create_record(&event));
	expect_text(object, "command_line", "a\xef\xbf\xbd plain \xc3\xa9 ");
	expect_text(object, "exe", "/tmp/\xef\xbf\xbd\xef\xbf\xbd");
	length = decode(json_object_get_string(field(object, "exe_base64")), bytes);
	assert_int_equal(length, 7);
	assert_memory_equal(bytes, event.exe, 7);
	expect_text(object, "directory_base64", "L4A=");
	length = decode(json_object_get_string(field(object, "command_line_base64")), bytes);
	assert_int_equal(length, sizeof(arguments) - 1);
	assert_memory_equal(bytes, "a\xff plain \xc3\xa9 ", length);

	array = field(object, "arguments_base64");
	assert_int_equal(json_object_array_length(array), 4);
	assert_int_equal(json_object_array_length(field(object, "arguments")), 4);
	for (size_t i = 0; i < 4; i++) {
		length = decode(json_object_get_string(json_object_array_get_idx(array, i)), bytes);
		memcpy(joined + total, bytes, length);
		joined[total + length] = '\0';
		total += length + 1;
	}
	assert_int_equal(total, sizeof(arguments));
	assert_memory_equal(joined, arguments, total);
	json_object_put(object);
}

static void long_command_line(void **state)
{
	const size_t length = 100000;
	char *line = malloc(length);
	struct create_event event = curl;
	struct json_object *object;

	(void)state;
	assert_non_null(line);
	for (size_t i = 0; i < length; i++)
		line[i] = (char)(i % 1000 == 999 ? 0 : 'a' + i % 26);
	event.command_line = line;
	event.command_line_length = length;
	object = parsed(create_record(&event));
	assert_int_equal(json_object_array_length(field(object, "arguments")), 100);
	assert_int_equal(json_object_get_string_len(field(object, "command_line")), length - 1);
	for (size_t i = 0; i + 1 < length; i++)
		if (!line[i])
			line[i] = ' ';
	assert_memory_equal(
		json_object_get_string(field(object, "command_line")), line, length - 1);
	json_object_put(object);
	free(line);
}

static void process_exit(void **state)
{
	struct fw_process_exit_record *record = (void *)exit_record(42, 4000000000ull, "curl");
	struct json_object *object;

	(void)state;
	record->exit_code = 3;
	record->parent_pid = 41;
	record->uid = 0;
	record->counters = (struct fw_counters){ 1, 2, 3, UINT64_MAX };
	object = parsed(&record->header);
	expect_head(object, "process_exit");
	expect_number(object, "pid", 42);
	expect_number(object, "parent_pid", 41);
	expect_number(object, "start_ns", 4000000000ull);
	expect_number(object, "exit_code", 3);
	expect_number(object, "lifetime_ns", 1000000000);
	expect_number(object, "sent", 1);
	expect_number(object, "received", 2);
	expect_number(object, "wire_sent", 3);
	expect_number(object, "wire_received", UINT64_MAX);
	expect_number(object, "uid", 0);
	expect_text(object, "user", "root");
	expect_text(object, "comm", "curl");
	expect_absent(object, "signal");
	expect_absent(object, "signal_name");
	expect_absent(object, "core_dumped");
	json_object_put(object);

	record->signal = 9;
	record->start_ns = 0;
	object = parsed(&record->header);
	expect_number(object, "exit_code", 137);
	expect_number(object, "signal", 9);
	expect_text(object, "signal_name", "SIGKILL");
	assert_false(json_object_get_boolean(field(object, "core_dumped")));
	expect_absent(object, "lifetime_ns");
	json_object_put(object);

	record->signal = 11;
	record->flags = FW_EVENT_CORE_DUMPED;
	object = parsed(&record->header);
	expect_text(object, "signal_name", "SIGSEGV");
	expect_true(object, "core_dumped");
	json_object_put(object);

	record->signal = (uint32_t)SIGRTMIN + 1;
	object = parsed(&record->header);
	expect_text(object, "signal_name", "SIGRTMIN+1");
	json_object_put(object);

	record->signal = 999;
	object = parsed(&record->header);
	expect_text(object, "signal_name", "999");
	json_object_put(object);
}

static void threads_and_images(void **state)
{
	struct json_object *object = parsed(thread_record(FW_RECORD_THREAD_EXIT, 42, 5, 43));
	struct fw_image_record *image;

	(void)state;
	expect_head(object, "thread_exit");
	expect_number(object, "pid", 42);
	expect_number(object, "tid", 43);
	expect_number(object, "start_ns", 6);
	expect_number(object, "process_start_ns", 5);
	expect_text(object, "comm", "worker");
	json_object_put(object);

	image = (void *)image_record(42, "/lib/libc.so.6");
	image->file_offset = 4096;
	image->build_id_length = 3;
	memcpy(image->build_id, "\x00\xab\x7f", 3);
	image->flags = FW_EVENT_PATH_CUT;
	object = parsed(&image->header);
	expect_head(object, "image_load");
	expect_number(object, "tid", 42);
	expect_number(object, "address", 0x7f0000001000ull);
	expect_number(object, "size", 0x2000);
	expect_number(object, "file_offset", 4096);
	expect_text(object, "path", "/lib/libc.so.6");
	expect_text(object, "build_id", "00ab7f");
	expect_array(object, "cut", "path,");
	expect_absent(object, "no_file");
	json_object_put(object);

	image->build_id_length = 0;
	image->tid = 0;
	image->flags = FW_EVENT_NO_FILE;
	object = parsed(&image->header);
	expect_absent(object, "build_id");
	expect_null(object, "tid");
	expect_true(object, "no_file");
	json_object_put(object);
}

static void connections_and_ports(void **state)
{
	struct fw_connection_record *record =
		(void *)connection_record(FW_RECORD_CONNECTION_CLOSE, 42, 5, "curl");
	struct json_object *object = parsed(&record->header);

	(void)state;
	expect_head(object, "connection_close");
	expect_number(object, "id", 77);
	expect_number(object, "pid", 42);
	expect_text(object, "remote_address", "198.51.100.7");
	expect_number(object, "remote_port", 443);
	expect_number(object, "duration_ns", 500000000);
	json_object_put(object);

	record->connection.opened_ns = 0;
	object = parsed(&record->header);
	expect_absent(object, "duration_ns");
	json_object_put(object);

	object = parsed(connection_record(FW_RECORD_CONNECTION_OPEN, 0, 0, ""));
	expect_head(object, "connection_open");
	expect_null(object, "pid");
	expect_null(object, "closed");
	expect_absent(object, "duration_ns");
	json_object_put(object);

	object = parsed(port_record(FW_RECORD_PORT_TAKEN, 42, 5, "named"));
	expect_head(object, "port_taken");
	expect_text(object, "address", "::1");
	expect_number(object, "port", 53);
	expect_absent(object, "action");
	json_object_put(object);
}

static void blocked(void **state)
{
	static const char *const operations[] = { "unknown", "connect", "accept", "send", "receive",
		"cut", "start", "unknown" };
	struct fw_blocked_record *record =
		(void *)blocked_record(42, 5, "curl", FW_BLOCKED_CONNECT);
	struct json_object *object;

	(void)state;
	record->uid = 0;
	object = parsed(&record->header);
	expect_head(object, "blocked");
	expect_number(object, "pid", 42);
	expect_number(object, "start_ns", 5);
	expect_text(object, "comm", "curl");
	expect_number(object, "uid", 0);
	expect_text(object, "user", "root");
	expect_number(object, "rule", 3);
	expect_text(object, "protocol", "tcp");
	expect_text(object, "family", "ipv6");
	expect_text(object, "local_address", "::1");
	expect_number(object, "local_port", 40000);
	expect_text(object, "remote_address", "::2");
	expect_number(object, "remote_port", 443);
	expect_number(object, "connection_id", 77);
	expect_number(object, "network_namespace", 4026531840u);
	json_object_put(object);
	for (uint8_t i = 0; i < FW_ARRAY_SIZE(operations); i++) {
		object = parsed(blocked_record(0, 0, "", i));
		expect_text(object, "operation", operations[i]);
		expect_null(object, "pid");
		expect_null(object, "uid");
		json_object_put(object);
	}
}

static void losses(void **state)
{
	struct fw_loss_record *record = (void *)record_of(FW_RECORD_LOSS, sizeof(*record));
	struct json_object *object, *lost;

	(void)state;
	record->lost[FW_RECORD_PROCESS_CREATE] = 3;
	record->lost[15] = 1; /* of a type that only a newer version knows */
	object = parsed(&record->header);
	expect_head(object, "loss");
	lost = field(object, "lost");
	assert_int_equal(json_object_object_length(lost), 2);
	expect_number(lost, "process_create", 3);
	expect_number(lost, "15", 1);
	json_object_put(object);
}

static void report(void **state)
{
	struct fw_reader_report counts = { 0 };
	struct json_object *object;

	(void)state;
	counts.produced[FW_RECORD_PORT_TAKEN] = 5;
	counts.delivered[FW_RECORD_PORT_TAKEN] = 4;
	counts.lost[FW_RECORD_PORT_TAKEN] = 1;
	object = fw_json_events_report(&counts, 5000000000ull, 2);
	expect_text(object, "type", "events_report");
	expect_number(object, "shown", 2);
	expect_number(field(object, "produced"), "port_taken", 5);
	expect_number(field(object, "delivered"), "port_taken", 4);
	expect_number(field(object, "lost"), "port_taken", 1);
	assert_int_equal(json_object_object_length(field(object, "produced")), 1);
	json_object_put(object);
}

/* Records of a later version: longer than known, or of a type that is not. */
static void newer_records(void **state)
{
	struct fw_record_header *record =
		record_of(FW_RECORD_PROCESS_EXIT, sizeof(struct fw_process_exit_record) + 64);
	struct json_object *object = parsed(record);

	(void)state;
	expect_head(object, "process_exit");
	json_object_put(object);
	assert_false(fw_json_event_is_known(FW_RECORD_NONE));
	assert_false(fw_json_event_is_known(FW_RECORD_TYPE_COUNT));
	assert_false(fw_json_event_is_known(UINT16_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(process_create),
		cmocka_unit_test(process_create_unknown),
		cmocka_unit_test(cut_texts),
		cmocka_unit_test(not_utf8),
		cmocka_unit_test(long_command_line),
		cmocka_unit_test(process_exit),
		cmocka_unit_test(threads_and_images),
		cmocka_unit_test(connections_and_ports),
		cmocka_unit_test(blocked),
		cmocka_unit_test(losses),
		cmocka_unit_test(report),
		cmocka_unit_test(newer_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
