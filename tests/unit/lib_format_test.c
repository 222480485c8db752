/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Text for people, the classic line byte for byte, and names of numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>

#include "flowwatcher/format.h"
#include "flowwatcher/names.h"

static void bytes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} vectors[] = {
		{ 0, "0 B" },
		{ 999, "999 B" },
		{ 1000, "1.00 kB" },
		{ 1004, "1.00 kB" },
		{ 1005, "1.01 kB" },
		{ 9994, "9.99 kB" },
		{ 9995, "10.0 kB" },
		{ 99949, "99.9 kB" },
		{ 99950, "100 kB" },
		{ 999499, "999 kB" },
		{ 999500, "1.00 MB" },
		{ 1234567, "1.23 MB" },
		{ 999999999, "1.00 GB" },
		{ 1000000000000ull, "1.00 TB" },
		{ 1500000000000000ull, "1.50 PB" },
		{ UINT64_MAX, "18.4 EB" },
	};
	char text[FW_BYTES_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++)
		assert_string_equal(fw_format_bytes(vectors[i].bytes, text, sizeof(text)),
			vectors[i].text);
}

static void rates(void **state)
{
	static const struct {
		uint64_t bytes, ns, rate;
	} vectors[] = {
		{ 0, 1000000000, 0 },
		{ 100, 0, 0 },
		{ 100, 1000000000, 100 },
		{ 100, 500000000, 200 },
		{ 100, 2000000000, 50 },
		{ 1, 3000000000ull, 0 },
		{ 2, 3000000000ull, 1 },
		{ 100, 1000000001, 100 },
		{ UINT64_MAX, 1000000000, UINT64_MAX },
		{ UINT64_MAX, 1, UINT64_MAX },
		{ UINT64_MAX, UINT64_MAX, 1000000000 },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++)
		assert_true(fw_rate_per_second(vectors[i].bytes, vectors[i].ns) ==
			    vectors[i].rate);
}

static void endpoints(void **state)
{
	static const struct {
		uint8_t family;
		const char *address;
		uint16_t port;
		const char *text;
	} vectors[] = {
		{ FW_FAMILY_IPV4, "192.0.2.1", 80, "192.0.2.1:80" },
		{ FW_FAMILY_IPV4, "0.0.0.0", 0, "0.0.0.0:*" },
		{ FW_FAMILY_IPV4, "255.255.255.255", 65535, "255.255.255.255:65535" },
		{ FW_FAMILY_IPV6, "2001:db8::1", 443, "[2001:db8::1]:443" },
		{ FW_FAMILY_IPV6, "::", 0, "[::]:*" },
		{ FW_FAMILY_IPV6, "::ffff:192.0.2.1", 1, "[::ffff:192.0.2.1]:1" },
		{ FW_FAMILY_PACKET, NULL, 0, "-" },
		{ FW_FAMILY_NONE, NULL, 9, "-" },
		{ 99, NULL, 9, "-" },
	};
	char text[FW_ADDRESS_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		uint8_t address[16] = { 0 };

		if (vectors[i].address)
			assert_int_equal(inet_pton(vectors[i].family == FW_FAMILY_IPV4 ? AF_INET :
											 AF_INET6,
						 vectors[i].address, address),
				1);
		fw_format_endpoint(vectors[i].family, address, vectors[i].port, text, sizeof(text));
		assert_string_equal(text, vectors[i].text);
		fw_format_address(vectors[i].family, address, text, sizeof(text));
		assert_string_equal(text, vectors[i].address ? vectors[i].address : "");
	}
}

static void times(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} vectors[] = {
		{ 0, "1970-01-01T00:00:00.000000000Z" },
		{ 1, "1970-01-01T00:00:00.000000001Z" },
		{ 1709208000000000001ull, "2024-02-29T12:00:00.000000001Z" },
		{ 1735689599999999999ull, "2024-12-31T23:59:59.999999999Z" },
	};
	char text[FW_TIME_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++)
		assert_string_equal(fw_format_utc(vectors[i].ns, text, sizeof(text)),
			vectors[i].text);
	fw_format_utc(UINT64_MAX, text, sizeof(text));
	assert_int_equal(strlen(text), strlen("2554-07-21T23:34:33.709551615Z"));
}

/* The line of the classic monitor, widths and all. */
static void classic(void **state)
{
	static const struct {
		uint32_t pid;
		uint64_t sent, received, ns;
		const char *line;
	} vectors[] = {
		{ 1588, 239, 8927920, 1000000000,
			"[FlowWatcher] DumpNetworkUsage: Process Id: 1588, Sent:        239 bytes / s "
			"Received:    8927920 bytes / s." },
		{ 1, 0, 0, 1000000000,
			"[FlowWatcher] DumpNetworkUsage: Process Id:    1, Sent:          0 bytes / s "
			"Received:          0 bytes / s." },
		{ 1234567, 12345678901, 1, 1000000000,
			"[FlowWatcher] DumpNetworkUsage: Process Id: 1234567, Sent: 12345678901 "
			"bytes / s Received:          1 bytes / s." },
		{ 42, 500, 1000, 500000000,
			"[FlowWatcher] DumpNetworkUsage: Process Id:   42, Sent:       1000 bytes / s "
			"Received:       2000 bytes / s." },
	};
	char line[FW_CLASSIC_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++)
		assert_string_equal(fw_format_classic(vectors[i].pid, vectors[i].sent,
					    vectors[i].received, vectors[i].ns, line, sizeof(line)),
			vectors[i].line);
}

static void names(void **state)
{
	char buffer[FW_PROTOCOL_NAME_SIZE];

	(void)state;
	assert_string_equal(fw_protocol_name(6, buffer), "tcp");
	assert_string_equal(fw_protocol_name(17, buffer), "udp");
	assert_string_equal(fw_protocol_name(58, buffer), "icmpv6");
	assert_string_equal(fw_protocol_name(136, buffer), "udplite");
	assert_string_equal(fw_protocol_name(FW_PROTOCOL_MPTCP, buffer), "mptcp");
	assert_string_equal(fw_protocol_name(FW_PROTOCOL_PACKET, buffer), "packet");
	assert_string_equal(fw_protocol_name(253, buffer), "253");
	assert_string_equal(fw_protocol_name(65534, buffer), "65534");
	assert_string_equal(fw_family_name(FW_FAMILY_IPV6), "ipv6");
	assert_string_equal(fw_family_name(200), "none");
	assert_string_equal(fw_tcp_state_name(FW_STATE_LISTEN), "LISTEN");
	assert_string_equal(fw_tcp_state_name(FW_STATE_NONE), "");
	for (unsigned int state_number = FW_STATE_COUNT; state_number < 256; state_number++)
		assert_string_equal(fw_tcp_state_name((uint8_t)state_number), "");
	assert_string_equal(fw_record_type_name(FW_RECORD_PORT_TAKEN), "port_taken");
	assert_string_equal(fw_record_type_name(60000), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes),
		cmocka_unit_test(rates),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(times),
		cmocka_unit_test(classic),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
