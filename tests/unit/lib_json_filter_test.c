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
	.alias = "wan",
	.driver = "virtio_net",
	.medium = "ethernet",
	.mac = { 0x02, 0, 0, 0, 0, 0xab },
	.mac_length = 6,
	.in = { .hook = FW_FILTER_HOOK_XDP_GENERIC,
		.list = 7,
		.program = 12,
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
	(void)state;
	expect_fields(fw_json_adapter(&adapter, &prefix, 1),
		"{'type':'adapter','name':'eth0','index':3,'network_namespace':4026531840,"
		"'alias':'wan','driver':'virtio_net','medium':'ethernet','mac':'02:00:00:00:00:ab','up':true,"
		"'carrier':false,'loopback':false,'filtered':true,'speed_bps':null,'mtu':1500,"
		"'addresses':['10.1.0.0/16'],"
		"'in':{'hook':'xdp_generic','reason':'the driver has no XDP','pattern':'eth*','list':7,"
		"'program':12},"
		"'out':{'filtered':false,'hook':'none','list':null,'program':null,'reason':null}}");
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
	expect_null(object, "alias");
	expect_null(object, "driver");
	assert_int_equal(json_object_array_length(field(object, "addresses")), 0);
	json_object_put(object);
}

/* In an object of another type. */
static void a_part(void **state)
{
	(void)state;
	expect_fields(fw_json_adapter_filter(&adapter),
		"{'name':'eth0','in':{'hook':'xdp_generic','list':7,'program':12},"
		"'out':{'filtered':false,'program':null}}");
}

static void a_list(void **state)
{
	(void)state;
	expect_fields(fw_json_filter_list(&list),
		"{'type':'list','adapter':'eth*','direction':'in','id':7,'source':'/etc/list',"
		"'prefixes':3,'ipv4':2,'ipv6':1,'memory_bytes':4096,'dropped_packets':2,"
		"'dropped_bytes':200,'changed':null}");
}

static void a_prefix(void **state)
{
	static const struct fw_filter_hits hits = { 2, 200 };
	struct json_object *object;

	(void)state;
	expect_fields(fw_json_filter_prefix(&list, &prefix, &hits),
		"{'type':'filter_prefix','prefix':'10.1.0.0/16','family':'ipv4','source':'/etc/list',"
		"'line':5,'dropped_packets':2,'dropped_bytes':200}");
	object = round_trip(fw_json_filter_prefix(&list, &prefix, NULL));
	assert_null(json_object_object_get(object, "dropped_packets"));
	json_object_put(object);
}

static void statistics(void **state)
{
	(void)state;
	expect_fields(fw_json_filter_stats(&adapter, FW_FILTER_IN, 0),
		"{'type':'filter_stats','adapter':'eth0','hook':'receive','way':'xdp_generic',"
		"'packets':10,'bytes':1000,'dropped_packets':2,'dropped_bytes':200}");
	expect_fields(fw_json_filter_stats(&adapter, FW_FILTER_OUT, 0),
		"{'hook':'send','packets':0,'list':null}");
}

static void an_event(void **state)
{
	static const struct fw_adapter_event event = { .index = 9,
		.action = FW_ADAPTER_FILTERED,
		.direction = FW_FILTER_BOTH,
		.name = "veth1" };

	(void)state;
	expect_fields(fw_json_adapter_event(&event),
		"{'type':'adapter_event','action':'filtered','adapter':'veth1','direction':'both',"
		"'index':9}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_adapter),
		cmocka_unit_test(a_strange_adapter),
		cmocka_unit_test(a_part),
		cmocka_unit_test(a_list),
		cmocka_unit_test(a_prefix),
		cmocka_unit_test(statistics),
		cmocka_unit_test(an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
