/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* filter and its subcommands against a stand-in for the kernel side: what they ask of it, print,
 * refuse, and end with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/command_run.h"
#include "tests/unit/filter_double.h"
#include "tests/unit/work_folder.h"

const struct fw_command *const tested_commands[] = { &fw_command_filter, NULL };

static int begin(void **state)
{
	(void)state;
	filter_double_begin();
	return 0;
}

static int end(void **state)
{
	(void)state;
	filter_double_end();
	unlink(path);
	return 0;
}

static void expect_prefix(const struct filter_double_list *list, size_t index, const char *text,
	uint32_t line)
{
	char prefix[FW_FILTER_PREFIX_TEXT_SIZE];

	assert_true(index < list->prefixes.count);
	assert_string_equal(fw_filter_prefix_format(&list->prefixes.prefixes[index], prefix,
				    sizeof(prefix)),
		text);
	assert_int_equal(list->prefixes.prefixes[index].line, line);
}

static void sets(void **state)
{
	const struct filter_double_list *list;

	(void)state;
	write_file("# comment\neth0\n10.1.0.0/16 ; a remark\n192.0.2.7\n10.0.0.0/8\n2001:db8::/32\n"
		   "192.0.2.7\n[veth* in]\n198.51.100.0/24\n");
	assert_int_equal(run("filter set %s", path), 0);
	assert_int_equal(filter_double.sets, 1);
	assert_int_equal(filter_double.way, FW_FILTER_WAY_BEST);
	list = filter_double_list("eth0", FW_FILTER_BOTH);
	assert_int_equal(list->list.direction, FW_FILTER_BOTH);
	assert_int_equal(list->prefixes.count, 3);
	expect_prefix(list, 0, "10.0.0.0/8", 5);
	expect_prefix(list, 1, "192.0.2.7", 4);
	expect_prefix(list, 2, "2001:db8::/32", 6);
	assert_string_equal(list->list.source, path);
	list = filter_double_list("veth*", FW_FILTER_IN);
	assert_int_equal(list->list.direction, FW_FILTER_IN);
	expect(output,
		"eth0 in and out: 3 prefixes (2 IPv4, 1 IPv6), 3 added, 1 duplicates merged, 1 in "
		"wider ones merged; in force for eth0 (in: xdp native, out: tc)\n");
	expect(output, "veth* in: 1 IPv4 prefix, 1 added; no adapter has it yet\n");
	expect(errors, "line 3: 10.1.0.0/16 is in 10.0.0.0/8 of line 5");
	expect(errors, "line 7: 192.0.2.7 stands in line 4 already");
	/* Another adapter's list stays; a direction's alone is replaced. */
	write_file("203.0.113.5-203.0.113.6\n");
	assert_int_equal(run("filter set --hook tc %s --adapter eth0 --direction out", path), 0);
	assert_int_equal(filter_double.way, FW_FILTER_WAY_TC);
	assert_int_equal(filter_double.list_count, 3);
	assert_int_equal(filter_double_list("eth0", FW_FILTER_IN)->prefixes.count, 3);
	expect_prefix(filter_double_list("eth0", FW_FILTER_OUT), 0, "203.0.113.5", 1);
	expect_prefix(filter_double_list("eth0", FW_FILTER_OUT), 1, "203.0.113.6", 1);
	assert_int_equal(run("filter set --json %s --adapter *", path), 0);
	expect(output,
		"{\"type\":\"filter_set\",\"schema\":1,\"adapter\":\"*\",\"direction\":\"both\",");
	expect(output, "\"dry_run\":false,\"ipv4\":2,\"ipv6\":0,\"added\":2,");
	expect(output, "\"adapters\":[\"lo\",\"eth1\"]");
}

static void refuses_files(void **state)
{
	(void)state;
	write_file("192.0.2.0/24\n");
	assert_int_equal(run("filter set %s", path), 2);
	expect(errors, "names no adapter; give --adapter NAME, or --adapter '*' for all of them");
	write_file("eth0\n192.0.2.1\n192.0.2.1/24\n");
	assert_int_equal(run("filter set %s", path), 1);
	expect(errors, "line 3");
	expect(errors, "192.0.2.0/24");
	assert_string_equal(output, "");
	assert_int_equal(run("filter set --skip-bad %s", path), 0);
	expect(errors, "line 3 column ");
	expect(output, "1 bad lines left out of the file");
	assert_int_equal(filter_double.sets, 1);
	write_file("[eth0]\n192.0.2.1\n[eth1]\n192.0.2.2\n");
	assert_int_equal(run("filter set --adapter eth7 %s", path), 2);
	expect(errors, "has lists for eth0 and others but none for eth7");
	assert_int_equal(run("filter set --adapter eth1 %s", path), 0);
	expect(errors, "1 list of the file for other adapters than eth1 left alone");
	expect_prefix(filter_double_list("eth1", FW_FILTER_BOTH), 0, "192.0.2.2", 4);
	assert_int_equal(filter_double_list("eth0", FW_FILTER_BOTH)->list.id, 1);
	write_file("[eth7]\n192.0.2.1\n[eth1]\n192.0.2.9\n");
	assert_int_equal(run("filter set %s", path), 1);
	expect(errors, "there is no adapter eth7");
	expect_prefix(filter_double_list("eth1", FW_FILTER_BOTH), 0, "192.0.2.2", 4);
	assert_int_equal(run("filter set %s/none", folder), 1);
	assert_int_equal(run("filter set %s", folder), 1);
}

static void dry_run(void **state)
{
	(void)state;
	filter_double.open_status = FW_NOT_FOUND;
	write_file("[eth0]\n192.0.2.1\n");
	assert_int_equal(run("filter set --dry-run %s", path), 0);
	assert_string_equal(output, "would be: eth0 in and out: 1 IPv4 prefix, 1 added\n");
	assert_int_equal(filter_double.opens, 0);
	assert_int_equal(run("filter set --dry-run --json %s", path), 0);
	expect(output, "\"dry_run\":true");
	filter_double.ssh = "192.0.2.1";
	assert_int_equal(run("filter set --dry-run %s", path), 0);
	expect(errors, "from which this SSH session comes");
}

/* Where users know adapters by another name, that does for the name. */
static void aliases(void **state)
{
	(void)state;
	write_file("[Local Area Connection in]\n192.0.2.1\n[eth0 out]\n192.0.2.2\n");
	assert_int_equal(run("filter set %s", path), 0);
	expect_prefix(filter_double_list("eth0", FW_FILTER_IN), 0, "192.0.2.1", 2);
	expect_prefix(filter_double_list("eth0", FW_FILTER_OUT), 0, "192.0.2.2", 4);
	write_file("[Local Area Connection]\n192.0.2.1\n[eth0 out]\n192.0.2.2\n");
	assert_int_equal(run("filter set %s", path), 2);
	expect(errors, "lines 1 and 3 begin lists of the same adapter, eth0, by two names");
	write_file("[Local Area Connection 2]\n192.0.2.1\n");
	assert_int_equal(run("filter set %s", path), 1);
	expect(errors, "there is no adapter Local Area Connection 2");
}

static void refuses_to_cut_off(void **state)
{
	(void)state;
	write_file("[eth0]\n198.51.100.1\n192.0.2.0/24\n");
	filter_double.ssh = "192.0.2.44";
	assert_int_equal(run("filter set %s", path), 1);
	expect(errors, "the list of eth0 has 192.0.2.0/24 (");
	expect(errors,
		"line 3), which contains 192.0.2.44, from which this SSH session comes; --force");
	assert_int_equal(run("filter add --adapter eth0 192.0.2.44"), 1);
	expect(errors, "has 192.0.2.44 (command), which");
	filter_double.ssh = NULL;
	filter_double.desktop = "192.0.2.45";
	assert_int_equal(run("filter set %s", path), 1);
	expect(errors, "192.0.2.45, from which this Remote Desktop session comes; --force");
	filter_double.ssh = "192.0.2.44";
	filter_double.desktop = NULL;
	assert_int_equal(filter_double.sets, 0);
	assert_int_equal(run("filter set --force %s", path), 0);
	/* What is in the list was meant so. */
	assert_int_equal(run("filter add --adapter eth0 203.0.113.1"), 0);
	filter_double.ssh = "2001:db8::9";
	assert_int_equal(run("filter add --adapter eth0 2001:db8::/64"), 1);
	expect(errors, "2001:db8::9");
	assert_int_equal(run("filter add --adapter eth0 2001:db9::/64"), 0);
	filter_double.gateway =
		(struct fw_gateway){ { 198, 51, 100, 254 }, FW_FAMILY_IPV4, "eth1" };
	assert_int_equal(run("filter add --adapter eth0 198.51.100.128/25"), 0);
	assert_int_equal(run("filter add --adapter eth* 198.51.100.128/25"), 1);
	expect(errors,
		"the list of eth* has 198.51.100.128/25 (command), which contains 198.51.100.254, the "
		"gateway of the default route; --force");
	write_file("[eth1]\n0.0.0.0/0\n");
	assert_int_equal(run("filter set %s", path), 1);
	expect(errors, "force");
	assert_int_equal(run("filter add --adapter eth1 0.0.0.0/1 128.0.0.0/1"), 1);
	expect(errors, "every address of a family");
	assert_int_equal(run("filter set --force %s", path), 0);
	expect_prefix(filter_double_list("eth1", FW_FILTER_BOTH), 0, "0.0.0.0/0", 2);
}

/* What `get` prints is what `set` takes. */
static void gets(void **state)
{
	char first[sizeof(output)];

	(void)state;
	assert_int_equal(run("filter get"), 0);
	assert_string_equal(output, "# no list is in force\n");
	write_file("[eth0 in]\n10.0.0.0/8\n192.0.2.1\n[eth0 out]\n2001:db8::/32\n[v*]\n10.1.2.3\n");
	assert_int_equal(run("filter set %s", path), 0);
	assert_int_equal(run("filter get"), 0);
	expect(output, "\n10.0.0.0/8\n192.0.2.1\n");
	strcpy(first, output);
	write_file(first);
	assert_int_equal(run("filter setdflt"), 0);
	assert_int_equal(run("filter get"), 0);
	assert_string_equal(output, "# no list is in force\n");
	assert_int_equal(run("filter set %s", path), 0);
	assert_int_equal(filter_double.list_count, 3);
	expect_prefix(filter_double_list("eth0", FW_FILTER_OUT), 0, "2001:db8::/32", 7);
	assert_int_equal(filter_double_list("v*", FW_FILTER_OUT)->list.direction, FW_FILTER_BOTH);
	assert_int_equal(run("filter get --adapter v* --direction in"), 0);
	expect(output, "[adapter v* in]\n10.1.2.3\n");
	assert_int_equal(run("filter get --adapter eth0 --direction out --json"), 0);
	expect(output, "{\"type\":\"list\",\"schema\":1,");
	expect(output, "\n{\"type\":\"filter_prefix\",\"schema\":1,");
	assert_null(strstr(output, "10.0.0.0/8"));
	assert_int_equal(run("filter get --adapter eth1"), 1);
	expect(errors, "eth1 has no such list; 'flowwatcher filter get'");
	assert_int_equal(run("filter get --adapter eth7"), 1);
	expect(errors, "there is no adapter eth7 here; 'flowwatcher filter enum'");
}

static void adds(void **state)
{
	const struct filter_double_list *list;

	(void)state;
	assert_int_equal(run("filter add --adapter eth0 192.0.2.1 10.0.0.0-10.0.0.2"), 0);
	assert_string_equal(output, "eth0 in and out: 3 IPv4 prefixes, 3 added; in force for eth0 "
				    "(in: xdp native, out: tc)\n");
	list = filter_double_list("eth0", FW_FILTER_BOTH);
	assert_string_equal(list->list.source, "command");
	expect_prefix(list, 0, "10.0.0.0/31", 0);
	expect_prefix(list, 1, "10.0.0.2", 0);
	/* A wider one takes the place, a narrower one is there already. */
	assert_int_equal(run("filter add --adapter eth0 10.0.0.0/24 192.0.2.1"), 0);
	expect(output, "2 IPv4 prefixes, 1 added, 2 replaced by a wider one, 1 there already");
	assert_string_equal(errors, "");
	assert_int_equal(filter_double.sets, 2);
	assert_int_equal(run("filter add --adapter eth0 10.0.0.7"), 0);
	assert_string_equal(errors, "flowwatcher: eth0: 10.0.0.7 is in 10.0.0.0/24 already\n");
	assert_int_equal(filter_double.sets, 2);
	assert_int_equal(filter_double.way, FW_FILTER_WAY_KEEP);
	/* Lines of a file stay. */
	write_file("[eth1 in]\n198.51.100.1\n198.51.100.9\n");
	assert_int_equal(run("filter set %s", path), 0);
	assert_int_equal(run("filter add --json --adapter eth1 198.51.100.5"), 0);
	expect(output, "\"direction\":\"in\",");
	expect(output, "\"ipv4\":3,\"ipv6\":0,\"added\":1,");
	list = filter_double_list("eth1", FW_FILTER_IN);
	assert_int_equal(list->list.direction, FW_FILTER_IN);
	expect_prefix(list, 0, "198.51.100.1", 2);
	expect_prefix(list, 1, "198.51.100.5", 0);
	expect_prefix(list, 2, "198.51.100.9", 3);
	assert_string_equal(list->list.source, path);
	/* A direction that is asked for gets its list. */
	assert_int_equal(run("filter add --adapter eth1 --direction both 198.51.100.77"), 0);
	assert_int_equal(filter_double_list("eth1", FW_FILTER_IN)->prefixes.count, 4);
	assert_int_equal(filter_double_list("eth1", FW_FILTER_OUT)->prefixes.count, 1);
	assert_int_equal(run("filter add --dry-run --adapter eth1 --direction out 1.2.3.4"), 0);
	expect(output, "would be: eth1 out: 2 IPv4 prefixes, 1 added\n");
	assert_int_equal(filter_double_list("eth1", FW_FILTER_OUT)->prefixes.count, 1);
}

/* What others do meanwhile is not lost. */
static void adds_again(void **state)
{
	(void)state;
	assert_int_equal(run("filter add --adapter eth0 192.0.2.1"), 0);
	filter_double.interferences = 3;
	assert_int_equal(run("filter add --adapter eth0 192.0.2.2"), 0);
	expect(output, "eth0 in and out: 2 IPv4 prefixes, 1 added;");
	assert_int_equal(filter_double.sets, 5);
	filter_double.interferences = 3;
	assert_int_equal(run("filter remove --adapter eth0 192.0.2.1"), 0);
	expect(output, "eth0 in and out: 1 IPv4 prefix, 1 removed;");
	filter_double.interferences = 1000;
	assert_int_equal(run("filter add --adapter eth0 192.0.2.3"), 1);
	assert_string_equal(output, "");
	assert_int_equal(filter_double_list("eth0", FW_FILTER_IN)->prefixes.count, 1);
}

static void adds_not(void **state)
{
	(void)state;
	assert_int_equal(run("filter add --adapter eth7 192.0.2.1"), 1);
	expect(errors, "there is no adapter eth7");
	assert_int_equal(run("filter add --adapter eth* 192.0.2.1"), 0);
	assert_int_equal(run("filter add --adapter eth0 192.0.2.2"), 1);
	expect(errors, "eth0 has no list of its own but that of eth*; give --adapter 'eth*'");
	assert_int_equal(run("filter add --adapter eth* 192.0.2.2"), 0);
	assert_int_equal(filter_double.list_count, 1);
	assert_int_equal(run("filter add --adapter lo 192.0.2.3 x"), 2);
	assert_int_equal(run("filter add --adapter lo 192.0.2.3/24"), 2);
	expect(errors, "192.0.2.0/24");
	filter_double.set_status = FW_DENIED;
	assert_int_equal(run("filter add --adapter lo 192.0.2.3"), 3);
	assert_string_equal(output, "");
}

static void removes(void **state)
{
	(void)state;
	write_file("[eth0 in]\n10.0.0.0/8\n192.0.2.1\n[eth0 out]\n10.0.0.0/8\n");
	assert_int_equal(run("filter set %s", path), 0);
	assert_int_equal(run("filter remove --adapter eth0 10.1.2.3"), 1);
	expect(errors, "the list of eth0: ");
	expect(errors, "10.0.0.0/8");
	assert_int_equal(run("filter remove --adapter eth0 192.0.2.1 172.16.0.1"), 1);
	assert_int_equal(filter_double.sets, 1);
	assert_int_equal(run("filter remove --adapter eth0 192.0.2.1"), 0);
	assert_string_equal(output,
		"eth0 in: 1 IPv4 prefix, 1 removed; in force for eth0 (in: xdp native)\n"
		"eth0 out: 1 IPv4 prefix; in force for eth0 (out: tc)\n");
	/* The last one takes the list with it. */
	assert_int_equal(run("filter remove --adapter eth0 --direction in 10.0.0.0/8"), 0);
	assert_string_equal(output, "eth0 in: no list any more, 1 removed\n");
	assert_int_equal(filter_double.list_count, 1);
	assert_int_equal(run("filter remove --adapter eth0 --direction in 10.0.0.0/8"), 1);
	expect(errors, "eth0 has no such list");
	assert_int_equal(run("filter remove --adapter eth0 10.0.0.0/8"), 0);
	assert_int_equal(filter_double.list_count, 0);
	assert_int_equal(run("filter remove --adapter eth0 10.0.0.0/8"), 1);
	expect(errors, "eth0 has no such list");
}

static void sets_default(void **state)
{
	(void)state;
	assert_int_equal(run("filter setdflt"), 0);
	assert_int_equal(filter_double.sets, 0);
	write_file("[eth0]\n10.0.0.0/8\n[eth1]\n192.0.2.1\n[v*]\n192.0.2.1\n");
	assert_int_equal(run("filter set %s", path), 0);
	assert_int_equal(run("filter setdflt --adapter eth0 --direction in"), 0);
	assert_string_equal(output, "eth0 in: no list any more, 1 removed\n");
	assert_int_equal(filter_double_list("eth0", FW_FILTER_OUT)->list.direction, FW_FILTER_OUT);
	assert_int_equal(run("filter setdflt --adapter eth7"), 1);
	assert_int_equal(run("filter setdflt --json"), 0);
	assert_int_equal(filter_double.list_count, 0);
	expect(output, "\"adapter\":\"v*\"");
	assert_int_equal(filter_double.sets, 3);
}

static void enumerates(void **state)
{
	(void)state;
	assert_int_equal(run("filter add --adapter eth0 192.0.2.1"), 0);
	assert_int_equal(run("filter enum"), 0);
	expect(output, "INDEX  NAME  ALIAS  DRIVER");
	expect(output,
		"02:00:00:00:00:02  up    1500  xdp native by eth0  tc by eth0  192.0.2.2/24");
	expect(output, "in: the reason of eth0");
	assert_int_equal(run("filter enum --json --adapter eth*"), 0);
	expect(output, "{\"type\":\"adapter\",\"schema\":1,");
	assert_null(strstr(output, "\"lo\""));
	assert_int_equal(run("filter enum --adapter eth7"), 1);
}

static void counts(void **state)
{
	(void)state;
	write_file("[eth0]\n10.0.0.0/8\n192.0.2.1\n[v*]\n198.51.100.0/24\n");
	assert_int_equal(run("filter set %s", path), 0);
	assert_int_equal(run("filter stats"), 0);
	expect(output, "ADAPTER  HOOK ");
	expect(output, "eth0     receive  xdp native  eth0 ");
	expect(output, "eth0     send     tc ");
	assert_null(strstr(output, "PREFIX"));
	assert_int_equal(run("filter stats --top 2"), 0);
	expect(output, "PREFIX ");
	expect(output, "198.51.100.0/24  v* ");
	expect(output, " line 5\n192.0.2.1 ");
	assert_null(strstr(output, "10.0.0.0/8"));
	assert_int_equal(run("filter stats --top 9 --adapter eth0 --json"), 0);
	expect(output, "{\"type\":\"filter_stats\",\"schema\":1,");
	expect(output, "\"hook\":\"receive\"");
	expect(output, "{\"type\":\"filter_prefix\",\"schema\":1,");
	assert_null(strstr(output, "198.51.100.0"));
	/* In each interval of 2 s the stand-in sees 1000 packets more. */
	filter_double.waits = 9;
	assert_int_equal(run("filter stats -i 2s -c 3 --json --adapter eth0"), 0);
	expect(output, "\"interval_ns\":2000000000,\"interval_packets\":1000,");
	expect(output, "\"interval_dropped_packets\":10,\"interval_dropped_bytes\":640}");
	assert_int_equal(filter_double.waits, 6);
	filter_double.waits = 1;
	assert_int_equal(run("filter stats -i 2s --adapter eth0"), 0);
	expect(output, "PACKETS/s  DROPPED/s  BYTES/s");
	expect(output, " 500 ");
}

/* Where a direction is seen in several places. */
static void counts_places(void **state)
{
	(void)state;
	filter_double.has_places = true;
	assert_int_equal(run("filter stats"), 0);
	expect(output, "ADAPTER  SEEN AT    PACKETS  BYTES  DROPPED  DROPPED BYTES");
	expect(output, "eth0     lookahead        7");
	expect(output, "eth1     packet           7");
	assert_null(strstr(output, "send"));
	assert_int_equal(run("filter stats --json --adapter eth1"), 0);
	expect(output, "{\"type\":\"filter_place\",\"schema\":1,");
	expect(output, "\"adapter\":\"eth1\",\"place\":\"packet\",\"packets\":7,\"bytes\":700,"
		       "\"dropped_packets\":2,\"dropped_bytes\":200}");
	assert_null(strstr(output, "eth0"));
	assert_int_equal(run("filter stats --json -c 1"), 0);
	assert_null(strstr(output, "filter_place"));
}

/* Where drivers are asked. */
static void queries(void **state)
{
	(void)state;
	assert_int_equal(run("filter query --adapter eth0 0x00010104"), 4);
	expect(errors, "not on Linux: filter query");
	filter_double.has_places = true;
	assert_int_equal(run("filter query --adapter eth0 oid_gen_media_in_use 0x20309 13 0"), 0);
	assert_string_equal(output, "0x00010104 OID_GEN_MEDIA_IN_USE: 1851880531\n"
				    "0x00020309 : Stand-in\n"
				    "0x0000000d : 53 74 61 6e 64 2d 69 6e 00 01 02 03 04\n"
				    "0x00000000 :\n");
	assert_int_equal(run("filter query --json --adapter eth0 0x10104 3"), 0);
	expect(output, "\"adapter\":\"eth0\",\"oid\":\"0x00010104\",\"name\":\"OID_GEN_MEDIA_IN_USE\","
		       "\"length\":4,\"bytes\":\"5374616e\",\"number\":1851880531}");
	expect(output, "\"length\":3,\"bytes\":\"537461\",\"number\":null}");
	assert_int_equal(run("filter query --adapter eth7 4"), 1);
	assert_int_equal(run("filter query --adapter eth0 OID_NONE"), 2);
	expect(errors, "'OID_NONE' is no OID");
	assert_int_equal(run("filter query --adapter eth0 0x100000000"), 2);
	assert_int_equal(run("filter query --adapter eth0"), 2);
	assert_int_equal(run("filter query 4"), 2);
}

static void tests_addresses(void **state)
{
	(void)state;
	assert_int_equal(run("filter test 192.0.2.1"), 0);
	assert_string_equal(output, "192.0.2.1: passes, there is no list for any adapter\n");
	write_file("[eth0 in]\n192.0.2.0/24\n[*]\n2001:db8::/32\n");
	assert_int_equal(run("filter set %s", path), 0);
	assert_int_equal(run("filter test 192.0.2.77 2001:db8::1 --adapter eth0"), 10);
	expect(output, "192.0.2.77: eth0 in: dropped by 192.0.2.0/24, ");
	expect(output, " line 2\n");
	expect(output, "2001:db8::1: eth0 in: passes\n");
	expect(output, "192.0.2.77: eth0 out: passes\n");
	expect(output, "2001:db8::1: eth0 out: dropped by 2001:db8::/32");
	assert_int_equal(run("filter test --adapter eth0 --direction out ::ffff:192.0.2.7"), 0);
	assert_string_equal(output, "192.0.2.7: eth0 out: passes\n");
	assert_int_equal(run("filter test --json 2001:db8::1"), 10);
	expect(output, "\"adapter\":\"lo\",\"direction\":\"both\",\"dropped\":true,"
		       "\"prefix\":\"2001:db8::/32\",");
	expect(output, "\"dropped\":false,\"prefix\":null,");
	assert_int_equal(run("filter test --adapter eth7 192.0.2.1"), 1);
	assert_int_equal(run("filter test 192.0.2.0/24"), 2);
	expect(errors, "'192.0.2.0/24' is not one address");
	assert_int_equal(run("filter test nothing"), 2);
	/* Of a file, without the kernel side. */
	filter_double.open_status = FW_NOT_FOUND;
	assert_int_equal(run("filter test --file %s 2001:db8::1", path), 10);
	assert_int_equal(
		run("filter test --file %s --adapter eth0 --direction in 2001:db8::1", path), 0);
	assert_int_equal(
		run("filter test --file %s --adapter lo --direction in 2001:db8::1", path), 10);
	write_file("203.0.113.9\n0.0.0.0/0\n");
	assert_int_equal(run("filter test --file %s 203.0.113.9", path), 10);
	expect(output, "203.0.113.9: any adapter in and out: dropped by 0.0.0.0/0, ");
	assert_int_equal(run("filter test 203.0.113.9"), 1);
	expect(errors, "the stand-in is not loaded");
}

static void checks(void **state)
{
	(void)state;
	filter_double.open_status = FW_NOT_FOUND;
	write_file("192.0.2.1\n192.0.2.1\n");
	assert_int_equal(run("filter check %s", path), 0);
	expect(output, ":2: 192.0.2.1 stands in line 1 already\n");
	expect(output,
		"would be: (no adapter) in and out: 1 IPv4 prefix, 1 added, 1 duplicates merged\n");
	write_file("192.0.2.1\n192.0.2.999\n192.0.2.0/24\n10.0.0.1/8\n");
	assert_int_equal(run("filter check %s", path), 1);
	expect(output, ":2:");
	expect(output, ":4:");
	expect(output, ":1: 192.0.2.1 is in 192.0.2.0/24 of line 3\n");
	expect(errors, "2 of 4 lines are wrong; 'filter set' refuses the file");
	assert_int_equal(run("filter check --json %s", path), 1);
	expect(output, "{\"type\":\"filter_note\",\"schema\":1,\"kind\":\"wrong\",");
	expect(output, "\"kind\":\"contained\",");
	expect(output, "\"kept\":\"192.0.2.0/24\",\"kept_line\":3}");
	expect(output, "{\"type\":\"filter_set\",");
	write_file("");
	assert_int_equal(run("filter check %s", path), 1);
	assert_string_equal(output, "");
	assert_int_equal(filter_double.opens, 0);
}

static void add_event(uint32_t action, const char *name, uint32_t direction)
{
	struct fw_adapter_event *event = &filter_double.events[filter_double.event_count++];

	*event = (struct fw_adapter_event){ .action = action, .index = 9, .direction = direction };
	snprintf(event->name, sizeof(event->name), "%s", name);
}

static void follows(void **state)
{
	(void)state;
	add_event(FW_ADAPTER_APPEARED, "eth7", 0);
	add_event(FW_ADAPTER_FILTERED, "eth7", FW_FILTER_BOTH);
	add_event(FW_ADAPTER_VANISHED, "eth1", 0);
	assert_int_equal(run("filter follow"), 0);
	assert_int_equal(filter_double.settles, 1);
	expect(output, "  appeared  eth7\n");
	expect(output, "  filtered  eth7  in and out\n");
	expect(output, "  vanished  eth1\n");
	filter_double.events_told = 0;
	assert_int_equal(run("filter follow --json"), 0);
	expect(output, "{\"type\":\"adapter_event\",\"schema\":1,");
	/* Nothing is waited for. */
	filter_double.events_told = 0;
	assert_int_equal(run("filter follow --once"), 0);
	assert_string_equal(output, "");
	assert_int_equal(filter_double.events_told, 0);
	assert_int_equal(filter_double.settles, 3);
	filter_double.follow_status = FW_STOPPED;
	assert_int_equal(run("filter follow"), 0);
	filter_double.follow_status = FW_FAILED;
	assert_int_equal(run("filter follow"), 1);
}

/* A file's lists at once, and of adapters that are not there when they appear. */
static void follows_file(void **state)
{
	(void)state;
	write_file("[eth0]\n10.0.0.0/8\n[eth7 in]\n192.0.2.1\n[v*]\n198.51.100.1\n");
	add_event(FW_ADAPTER_VANISHED, "other", 0);
	assert_int_equal(run("filter follow %s", path), 0);
	expect(errors, "there is no eth7 yet: it gets its list when it appears");
	assert_int_equal(filter_double.sets, 1);
	assert_int_equal(filter_double.list_count, 2);
	filter_double_list("eth0", FW_FILTER_BOTH);
	filter_double_list("v*", FW_FILTER_BOTH);
	add_event(FW_ADAPTER_APPEARED, "v7", 0);
	add_event(FW_ADAPTER_APPEARED, "eth7", 0);
	assert_int_equal(run("filter follow %s", path), 0);
	assert_int_equal(filter_double.sets, 3);
	expect_prefix(filter_double_list("eth7", FW_FILTER_IN), 0, "192.0.2.1", 4);
	/* One that is wrong changes nothing. */
	write_file("[eth0]\n10.0.0.0/99\n");
	assert_int_equal(run("filter follow %s", path), 1);
	write_file("10.0.0.0/8\n");
	assert_int_equal(run("filter follow %s", path), 2);
	expect(errors, "names no adapter");
	assert_int_equal(filter_double.sets, 3);
}

static void failures(void **state)
{
	static const char *const commands[] = { "enum", "get", "setdflt", "stats", "test ::1",
		"follow", "follow --once", "add --adapter lo ::1", "remove --adapter lo ::1" };

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(commands); i++) {
		filter_double.has_no_filter = false;
		filter_double.open_status = FW_NOT_FOUND;
		assert_int_equal(run("filter %s", commands[i]), 1);
		expect(errors, "the stand-in is not loaded");
		filter_double.open_status = FW_DENIED;
		assert_int_equal(run("filter %s", commands[i]), 3);
		filter_double.open_status = FW_OK;
		filter_double.has_no_filter = true;
		assert_int_equal(run("filter %s", commands[i]), 4);
		expect(errors, "filters no adapters");
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(sets),
		TEST(refuses_files),
		TEST(dry_run),
		TEST(aliases),
		TEST(refuses_to_cut_off),
		TEST(gets),
		TEST(adds),
		TEST(adds_again),
		TEST(adds_not),
		TEST(removes),
		TEST(sets_default),
		TEST(enumerates),
		TEST(counts),
		TEST(counts_places),
		TEST(queries),
		TEST(tests_addresses),
		TEST(checks),
		TEST(follows),
		TEST(follows_file),
		TEST(failures),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
