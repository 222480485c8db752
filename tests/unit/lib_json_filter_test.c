/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The JSON objects of `filter`: their fields, and what is null. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <json-c/json.h>
#include <string.h>

#include "flowwatcher/json_filter.h"
#include "tests/unit/json_expect.h"

static const struct fw_adapter adapter = {
	.index = 3,
	.flags = FW_ADAPTER_UP,
	.mtu = 1500,
	.network_namespace = 4026531840u,
	.name = "eth0",
	.driver = "virtio_net",
	.medium = "ethernet",
	.mac = { 0x02, 0, 0, 0, 0, 0xab },
	.mac_length = 6,
	.in = { .hook = FW_FILTER_HOOK_XDP_GENERIC,
		.list = 7,
		.reason = "the driver has no XDP",
		.pattern = "eth*",
		.counters = { 10, 1000, 2, 200 } },
};

static const struct fw_filter_list list = { .adapter = "eth*",
	.source = "/etc/list",
	.direction = FW_FILTER_IN,
	.id = 7,
	.ipv4 = 2,
	.ipv6 = 1,
	.memory_bytes = 4096,
	.hits = { 2, 200 } };

static const struct fw_filter_prefix prefix = {
	.address = { 10, 1 }, .family = FW_FAMILY_IPV4, .length = 16, .line = 5
};

static void an_adapter(void **state)
{
	struct json_object *object = round_trip(fw_json_adapter(&adapter, &prefix, 1)), *in, *out;

	(void)state;
	expect_text(object, "type", "adapter");
	expect_text(object, "name", "eth0");
	expect_number(object, "index", 3);
	expect_number(object, "network_namespace", 4026531840u);
	expect_text(object, "driver", "virtio_net");
	expect_text(object, "medium", "ethernet");
	expect_text(object, "mac", "02:00:00:00:00:ab");
	assert_true(json_object_get_boolean(field(object, "up")));
	assert_false(json_object_get_boolean(field(object, "carrier")));
	assert_false(json_object_get_boolean(field(object, "loopback")));
	assert_true(json_object_get_boolean(field(object, "filtered")));
	expect_null(object, "speed_bps");
	expect_number(object, "mtu", 1500);
	assert_int_equal(json_object_array_length(field(object, "addresses")), 1);
	assert_string_equal(json_object_get_string(json_object_array_get_idx(field(object,
										     "addresses"),
				    0)),
		"10.1.0.0/16");
	in = field(object, "in");
	out = field(object, "out");
	expect_text(in, "hook", "xdp_generic");
	expect_text(in, "reason", "the driver has no XDP");
	expect_text(in, "pattern", "eth*");
	expect_number(in, "list", 7);
	assert_false(json_object_get_boolean(field(out, "filtered")));
	expect_text(out, "hook", "none");
	expect_null(out, "list");
	expect_null(out, "reason");
	json_object_put(object);
}

/* Fields that are full have no terminating zero, and lengths that are wrong read nothing beyond. */
static void a_strange_adapter(void **state)
{
	struct fw_adapter strange;
	struct json_object *object;

	(void)state;
	memset(&strange, 0xff, sizeof(strange));
	object = round_trip(fw_json_adapter(&strange, NULL, 0));
	assert_int_equal(strlen(json_object_get_string(field(object, "mac"))), 3 * 32 - 1);
	expect_text(field(object, "in"), "hook", "unknown");
	json_object_put(object);
	memset(&strange, 0, sizeof(strange));
	object = round_trip(fw_json_adapter(&strange, NULL, 0));
	expect_null(object, "mac");
	expect_null(object, "driver");
	assert_int_equal(json_object_array_length(field(object, "addresses")), 0);
	json_object_put(object);
}

static void a_list(void **state)
{
	struct json_object *object = round_trip(fw_json_filter_list(&list));

	(void)state;
	expect_text(object, "type", "list");
	expect_text(object, "adapter", "eth*");
	expect_text(object, "direction", "in");
	expect_number(object, "id", 7);
	expect_text(object, "source", "/etc/list");
	expect_number(object, "prefixes", 3);
	expect_number(object, "ipv4", 2);
	expect_number(object, "ipv6", 1);
	expect_number(object, "memory_bytes", 4096);
	expect_number(object, "dropped_packets", 2);
	expect_number(object, "dropped_bytes", 200);
	expect_null(object, "changed");
	json_object_put(object);
}

static void a_prefix(void **state)
{
	static const struct fw_filter_hits hits = { 2, 200 };
	struct json_object *object = round_trip(fw_json_filter_prefix(&list, &prefix, &hits));

	(void)state;
	expect_text(object, "type", "filter_prefix");
	expect_text(object, "prefix", "10.1.0.0/16");
	expect_text(object, "family", "ipv4");
	expect_text(object, "source", "/etc/list");
	expect_number(object, "line", 5);
	expect_number(object, "dropped_packets", 2);
	expect_number(object, "dropped_bytes", 200);
	json_object_put(object);
	object = round_trip(fw_json_filter_prefix(&list, &prefix, NULL));
	assert_null(json_object_object_get(object, "dropped_packets"));
	json_object_put(object);
}

static void statistics(void **state)
{
	struct json_object *object = round_trip(fw_json_filter_stats(&adapter, FW_FILTER_IN, 0));

	(void)state;
	expect_text(object, "type", "filter_stats");
	expect_text(object, "adapter", "eth0");
	expect_text(object, "hook", "receive");
	expect_text(object, "way", "xdp_generic");
	expect_number(object, "packets", 10);
	expect_number(object, "bytes", 1000);
	expect_number(object, "dropped_packets", 2);
	expect_number(object, "dropped_bytes", 200);
	json_object_put(object);
	object = round_trip(fw_json_filter_stats(&adapter, FW_FILTER_OUT, 0));
	expect_text(object, "hook", "send");
	expect_number(object, "packets", 0);
	expect_null(object, "list");
	json_object_put(object);
}

static void an_event(void **state)
{
	static const struct fw_adapter_event event = { .index = 9,
		.action = FW_ADAPTER_FILTERED,
		.direction = FW_FILTER_BOTH,
		.name = "veth1" };
	struct json_object *object = round_trip(fw_json_adapter_event(&event));

	(void)state;
	expect_text(object, "type", "adapter_event");
	expect_text(object, "action", "filtered");
	expect_text(object, "adapter", "veth1");
	expect_text(object, "direction", "both");
	expect_number(object, "index", 9);
	json_object_put(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_adapter),
		cmocka_unit_test(a_strange_adapter),
		cmocka_unit_test(a_list),
		cmocka_unit_test(a_prefix),
		cmocka_unit_test(statistics),
		cmocka_unit_test(an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
