/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Peers: prefixes and ports, how they are written, and texts that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "flowwatcher/prefix.h"

static void accepts(void **state)
{
	static const struct {
		const char *text, *again; /* NULL: the same */
		uint8_t family, length;
		uint16_t first_port, last_port;
	} vectors[] = {
		{ "10.0.0.0/8", NULL, 4, 8, 0, 65535 },
		{ "0.0.0.0/0", NULL, 4, 0, 0, 65535 },
		{ "192.0.2.1", NULL, 4, 32, 0, 65535 },
		{ "192.0.2.1/32", "192.0.2.1", 4, 32, 0, 65535 },
		{ "192.0.2.1:443", NULL, 4, 32, 443, 443 },
		{ "10.0.0.0/8:8000-8999", NULL, 4, 8, 8000, 8999 },
		{ "10.128.0.0/9:1-65535", NULL, 4, 9, 1, 65535 },
		{ "192.0.2.1:5-5", "192.0.2.1:5", 4, 32, 5, 5 },
		{ "::1", NULL, 6, 128, 0, 65535 },
		{ "::/0", NULL, 6, 0, 0, 65535 },
		{ "2001:db8::/32", NULL, 6, 32, 0, 65535 },
		{ "2001:db8:8000::/33", NULL, 6, 33, 0, 65535 },
		{ "2001:DB8:0::1", "2001:db8::1", 6, 128, 0, 65535 },
		{ "[::1]", "::1", 6, 128, 0, 65535 },
		{ "[2001:db8::/32]:443", NULL, 6, 32, 443, 443 },
		{ "[2001:db8::1]:8000-8999", NULL, 6, 128, 8000, 8999 },
		{ "::ffff:192.0.2.1", "192.0.2.1", 4, 32, 0, 65535 },
		{ "[::ffff:10.0.0.0/104]:443", "10.0.0.0/8:443", 4, 8, 443, 443 },
		{ "::ffff:0:0/96", "0.0.0.0/0", 4, 0, 0, 65535 },
		{ "::fffe:0:0/96", NULL, 6, 96, 0, 65535 },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_prefix prefix;
		struct fw_error error = { FW_OK, "" };
		char text[FW_PREFIX_TEXT_SIZE];

		if (fw_prefix_parse(vectors[i].text, &prefix, &error) != FW_OK)
			fail_msg("'%s': %s", vectors[i].text, error.text);
		assert_int_equal(prefix.family, vectors[i].family);
		assert_int_equal(prefix.length, vectors[i].length);
		assert_int_equal(prefix.first_port, vectors[i].first_port);
		assert_int_equal(prefix.last_port, vectors[i].last_port);
		assert_string_equal(fw_prefix_format(&prefix, text, sizeof(text)),
			vectors[i].again ? vectors[i].again : vectors[i].text);
	}
}

static void byte_order(void **state)
{
	static const uint8_t ipv4[16] = { 10, 1, 2, 3 };
	static const uint8_t ipv6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	struct fw_prefix prefix;

	(void)state;
	assert_int_equal(fw_prefix_parse("::ffff:10.1.2.3", &prefix, NULL), FW_OK);
	assert_memory_equal(prefix.address, ipv4, sizeof(ipv4));
	assert_int_equal(fw_prefix_parse("2001:db8::1", &prefix, NULL), FW_OK);
	assert_memory_equal(prefix.address, ipv6, sizeof(ipv6));
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *message;
	} vectors[] = {
		{ "", "is not an address" },
		{ ":443", "is not an address" },
		{ "/8", "is not an address" },
		{ "example.org", "is not an address" },
		{ "10.0.0", "is not an address" },
		{ "10.0.0.256", "is not an address" },
		{ "010.0.0.1", "is not an address" },
		{ " 10.0.0.1", "is not an address" },
		{ "10.0.0.1 ", "is not an address" },
		{ "[::1", "is not an address" },
		{ "::1]", "is not an address" },
		{ "[::1]443", "is not an address" },
		{ "[2001:db8::]/32", "is not an address" },
		{ "fe80::1%eth0", "is not an address" },
		{ ":::", "is not an address" },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee:ffff",
			"is not an address" },
		{ "10.0.0.0/33", "from 0 to 32" },
		{ "10.0.0.0/", "from 0 to 32" },
		{ "10.0.0.0/-1", "from 0 to 32" },
		{ "10.0.0.0/8/8", "from 0 to 32" },
		{ "10.0.0.0/255.0.0.0", "from 0 to 32" },
		{ "::/129", "from 0 to 128" },
		{ "::/4294967297", "from 0 to 128" },
		{ "10.0.0.1:", "is not a port" },
		{ "10.0.0.1:0", "is not a port" },
		{ "10.0.0.1:65536", "is not a port" },
		{ "10.0.0.1:http", "is not a port" },
		{ "10.0.0.1:9-8", "is not a port" },
		{ "10.0.0.1:1-", "is not a port" },
		{ "10.0.0.1:-1", "is not a port" },
		{ "10.0.0.1:1-2-3", "is not a port" },
		{ "[::1]:99999", "is not a port" },
		{ "10.1.2.3/8", "write 10.0.0.0/8 for the network, 10.1.2.3 for the address" },
		{ "10.1.2.3/8:443", "write 10.0.0.0/8:443 for the network" },
		{ "0.0.0.1/0", "write 0.0.0.0/0 for the network" },
		{ "2001:db8::1/64", "write 2001:db8::/64 for the network, 2001:db8::1 for" },
		{ "[2001:db8::1/32]:1", "write [2001:db8::/32]:1 for the network" },
		{ "::ffff:10.0.0.1/104", "write 10.0.0.0/8 for the network, 10.0.0.1 for" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_error error = { FW_OK, "" };
		struct fw_prefix prefix = { .length = 42 };

		if (fw_prefix_parse(vectors[i].text, &prefix, &error) != FW_USAGE)
			fail_msg("'%s' was accepted", vectors[i].text);
		if (!strstr(error.text, vectors[i].message))
			fail_msg("'%s': %s", vectors[i].text, error.text);
		assert_int_equal(prefix.length, 42);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(byte_order),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
