/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Every JSON object: the fields of the contract, numbers that survive, bytes that are not text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <json-c/json.h>
#include <string.h>

#include "flowwatcher/json_objects.h"
#include "tests/unit/json_expect.h"

static void expect_head(struct json_object *object, const char *type)
{
	expect_text(object, "type", type);
	expect_number(object, "schema", FW_JSON_SCHEMA);
}

/* "2026-01-01T00:00:00.000000000Z" */
static void expect_time(struct json_object *object, const char *key)
{
	const char *text = json_object_get_string(field(object, key));

	assert_int_equal(strlen(text), 30);
	assert_int_equal(text[10], 'T');
	assert_int_equal(text[19], '.');
	assert_int_equal(text[29], 'Z');
}

static const struct fw_usage_row usage_row = {
	.usage = {
		.process = { .pid = 42, .parent_pid = 1, .start_ns = 12345678901234567ull,
			.uid = 1000, .comm = "curl", .exe = "/usr/bin/curl" },
		.counters = { UINT64_MAX, INT64_MAX, 3, 4 },
	},
	.interval = { 10, 20, 30, 40 },
	.since_first = { 11, 21, 31, 41 },
};

static const struct fw_usage_interval interval = {
	.time_ns = 5000000000ull,
	.interval_ns = 1000000001,
	.since_first_ns = 2000000002,
	.processes = { 1, 2, 3, 4 },
	.unattributed = { 5, 6, 7, 8 },
	.moved = 9,
	.has_wire = true,
};

static void usage(void **state)
{
	struct json_object *object = round_trip(fw_json_usage(&usage_row, &interval));

	(void)state;
	expect_head(object, "usage");
	expect_time(object, "time");
	expect_number(object, "interval_ns", 1000000001);
	expect_number(object, "pid", 42);
	expect_number(object, "start_ns", 12345678901234567ull);
	expect_text(object, "comm", "curl");
	expect_text(object, "exe", "/usr/bin/curl");
	expect_number(object, "uid", 1000);
	expect_number(object, "sent", 10);
	expect_number(object, "received", 20);
	expect_number(object, "wire_sent", 30);
	expect_number(object, "wire_received", 40);
	expect_number(object, "total_sent", UINT64_MAX);
	expect_number(object, "total_received", INT64_MAX);
	json_object_put(object);
}

static void machine(void **state)
{
	static const struct fw_usage_totals totals = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 },
		{ 9, 10, 11, 12 } };
	struct json_object *object = round_trip(fw_json_interval(&interval));

	(void)state;
	expect_head(object, "interval");
	expect_time(object, "time");
	expect_number(object, "processes", 9);
	expect_number(object, "sent", 1);
	expect_number(object, "received", 2);
	expect_number(object, "unattributed_sent", 5);
	expect_number(object, "unattributed_received", 6);
	json_object_put(object);

	object = round_trip(fw_json_total(&usage_row, &interval));
	expect_head(object, "total");
	expect_number(object, "elapsed_ns", 2000000002);
	expect_number(object, "sent", 11);
	json_object_put(object);

	object = round_trip(fw_json_machine_total(&totals, &interval));
	expect_head(object, "machine_total");
	expect_number(object, "sent", 1);
	expect_number(object, "departed_received", 6);
	expect_number(object, "unattributed_wire_received", 12);
	json_object_put(object);
}

static void connection(void **state)
{
	struct fw_connection row = {
		.id = 9007199254740993ull, /* not a double */
		.opened_ns = 1000000000,
		.owner_pid = 42,
		.counters = { 1, 2, 3, 4 },
		.local_address = { 192, 0, 2, 1 },
		.remote_address = { 198, 51, 100, 255 },
		.local_port = 65535,
		.remote_port = 80,
		.protocol = 6,
		.family = FW_FAMILY_IPV4,
		.state = FW_STATE_ESTABLISHED,
		.uid = UINT32_MAX,
		.comm = "curl",
	};
	struct json_object *object = round_trip(fw_json_connection(&row, NULL, 0));

	(void)state;
	expect_head(object, "connection");
	expect_number(object, "id", 9007199254740993ull);
	expect_number(object, "pid", 42);
	expect_text(object, "comm", "curl");
	expect_text(object, "protocol", "tcp");
	expect_text(object, "family", "ipv4");
	expect_text(object, "local_address", "192.0.2.1");
	expect_number(object, "local_port", 65535);
	expect_text(object, "remote_address", "198.51.100.255");
	expect_number(object, "remote_port", 80);
	expect_text(object, "state", "ESTABLISHED");
	expect_time(object, "opened");
	expect_null(object, "closed");
	expect_null(object, "uid");
	assert_false(json_object_object_get_ex(object, "interval_sent", NULL));
	json_object_put(object);

	row.opened_ns = 0;
	row.owner_pid = 0;
	row.family = FW_FAMILY_PACKET;
	row.protocol = FW_PROTOCOL_PACKET;
	object = round_trip(fw_json_connection(&row, &interval.processes, 77));
	expect_null(object, "opened");
	expect_null(object, "pid");
	expect_text(object, "family", "packet");
	expect_text(object, "protocol", "packet");
	expect_text(object, "local_address", "");
	expect_number(object, "interval_ns", 77);
	expect_number(object, "interval_received", 2);
	json_object_put(object);
}

static void port(void **state)
{
	static const struct fw_port row = {
		.since_ns = 1000000000,
		.owner_pid = 7,
		.protocol = 17,
		.port = 53,
		.family = FW_FAMILY_IPV6,
		.address = { [15] = 1 },
		.comm = "named",
	};
	struct json_object *object = round_trip(fw_json_port(&row, NULL, 0));

	(void)state;
	expect_head(object, "port");
	expect_text(object, "protocol", "udp");
	expect_text(object, "address", "::1");
	expect_number(object, "port", 53);
	expect_number(object, "pid", 7);
	expect_text(object, "comm", "named");
	expect_time(object, "since");
	assert_false(json_object_object_get_ex(object, "action", NULL));
	json_object_put(object);

	object = round_trip(fw_json_port(&row, "taken", 2000000000));
	expect_text(object, "action", "taken");
	expect_time(object, "time");
	json_object_put(object);
}

static void feature(void **state)
{
	static const char *const names[] = { "used", "available", "missing" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct fw_feature row = { "wire", "cgroup_skb", (enum fw_feature_state)i, "why" };
		struct json_object *object = round_trip(fw_json_feature("bpf", &row));

		expect_head(object, "feature");
		expect_text(object, "backend", "bpf");
		expect_text(object, "group", "wire");
		expect_text(object, "name", "cgroup_skb");
		expect_text(object, "state", names[i]);
		expect_text(object, "reason", "why");
		json_object_put(object);
	}
}

/* Names that are not UTF-8, or hold what JSON must escape, or fill their field. */
static void odd_bytes(void **state)
{
	struct fw_usage_row row = usage_row;
	struct json_object *object;

	(void)state;
	memcpy(row.usage.process.comm, "a\xff\"\\\n\x01", 7);
	memset(row.usage.process.exe, 'e', FW_EXE_SIZE);
	object = round_trip(fw_json_usage(&row, &interval));
	expect_text(object, "comm", "a\xef\xbf\xbd\"\\\n\x01");
	expect_text(object, "comm_base64", "Yf8iXAoB");
	assert_int_equal(json_object_get_string_len(field(object, "exe")), FW_EXE_SIZE);
	assert_false(json_object_object_get_ex(object, "exe_base64", NULL));
	json_object_put(object);

	memcpy(row.usage.process.comm, "\xe2\x82\xac", 4);
	object = round_trip(fw_json_usage(&row, &interval));
	expect_text(object, "comm", "\xe2\x82\xac");
	assert_false(json_object_object_get_ex(object, "comm_base64", NULL));
	json_object_put(object);
}

static void stat_process(void **state)
{
	struct json_object *object = round_trip(fw_json_stat_process(&usage_row.usage));

	(void)state;
	expect_number(object, "pid", 42);
	expect_text(object, "comm", "curl");
	expect_number(object, "received", INT64_MAX);
	json_object_put(object);
}

/* Objects of one snapshot say the same time to the digit, though clocks are read in between. */
static void one_time_a_snapshot(void **state)
{
	struct json_object *first = round_trip(fw_json_interval(&interval));

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct json_object *next = round_trip(fw_json_total(&usage_row, &interval));

		expect_text(next, "time", json_object_get_string(field(first, "time")));
		json_object_put(next);
	}
	json_object_put(first);
}

static void text_objects(void **state)
{
	struct json_object *text = fw_json_text("a\xff" "b");

	(void)state;
	assert_string_equal(json_object_get_string(text), "a" "\xef\xbf\xbd" "b");
	json_object_put(text);
}

static void hex(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x0a, 0xff };
	struct json_object *object = json_object_new_object();

	(void)state;
	fw_json_add_hex(object, "some", bytes, sizeof(bytes));
	fw_json_add_hex(object, "none", bytes, 0);
	assert_string_equal(json_object_get_string(json_object_object_get(object, "some")), "000aff");
	assert_string_equal(json_object_get_string(json_object_object_get(object, "none")), "");
	json_object_put(object);
}

static void null_objects(void **state)
{
	static const struct fw_counters none;

	(void)state;
	fw_json_add_hex(NULL, "x", (const uint8_t *)"x", 1);
	fw_json_add_number(NULL, "x", 1);
	fw_json_add_bool(NULL, "x", true);
	fw_json_add_time(NULL, "x", 0);
	fw_json_add_time(NULL, "x", 1);
	fw_json_add_text(NULL, "x", "\xff", 1);
	fw_json_add_counters(NULL, "x", &none);
	assert_false(fw_json_print_line(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usage),
		cmocka_unit_test(machine),
		cmocka_unit_test(connection),
		cmocka_unit_test(port),
		cmocka_unit_test(feature),
		cmocka_unit_test(odd_bytes),
		cmocka_unit_test(stat_process),
		cmocka_unit_test(one_time_a_snapshot),
		cmocka_unit_test(text_objects),
		cmocka_unit_test(hex),
		cmocka_unit_test(null_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
