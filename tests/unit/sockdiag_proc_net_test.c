/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The parser of /proc/net tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>

#include "backend/sockdiag/proc_net.h"

#define LINE4                                                                                      \
	"   1: 0100007F:07E8 0200007F:CDED 01 00000000:00000000 00:00000000 00000000  1000       " \
	" 0 "                                                                                      \
	"4711 3 00000000219a2c23 20 4 30 10 -1\n"

static bool parse(
	const char *line, uint8_t family, uint16_t protocol, struct fw_diag_socket *socket)
{
	return fw_proc_net_parse(line, strlen(line), family, protocol, socket);
}

static void reads_tcp(void **state)
{
	const uint8_t local[4] = { 127, 0, 0, 1 }, remote[4] = { 127, 0, 0, 2 };
	struct fw_diag_socket socket;

	assert_true(parse(LINE4, FW_FAMILY_IPV4, IPPROTO_TCP, &socket));
	assert_int_equal(socket.cookie, 4711);
	assert_int_equal(socket.inode, 4711);
	assert_int_equal(socket.uid, 1000);
	assert_int_equal(socket.state, FW_STATE_ESTABLISHED);
	assert_int_equal(socket.local_port, 2024);
	assert_int_equal(socket.remote_port, 52717);
	assert_memory_equal(socket.local_address, local, 4);
	assert_memory_equal(socket.remote_address, remote, 4);
	assert_false(socket.tcp.has_acked);
}

static void reads_tcp6(void **state)
{
	const char line[] = "  13: 00000000000000000000000001000000:0050 "
			    "B80D0120000000000000000001000000:0001 0A "
			    "00000000:00000000 00:00000000 00000000     0        0 12 1";
	struct fw_diag_socket socket;

	assert_true(parse(line, FW_FAMILY_IPV6, IPPROTO_TCP, &socket));
	assert_memory_equal(socket.local_address, &in6addr_loopback, 16);
	assert_int_equal(socket.remote_address[0], 0x20);
	assert_int_equal(socket.remote_address[3], 0xb8);
	assert_int_equal(socket.local_port, 80);
	assert_int_equal(socket.state, FW_STATE_LISTEN);
}

static void raw_has_a_protocol_for_a_port(void **state)
{
	struct fw_diag_socket socket;

	assert_true(parse("  1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 "
			  "00000000     0        0 99 2 0000000000000000 0",
		FW_FAMILY_IPV4, IPPROTO_RAW, &socket));
	assert_int_equal(socket.protocol, IPPROTO_ICMP);
	assert_int_equal(socket.local_port, 0);
	assert_int_equal(socket.state, FW_STATE_NONE);
}

static void refuses(void **state)
{
	static const char *const lines[] = {
		"",
		"\n",
		"sl local_address rem_address st tx_queue rx_queue tr tm->when uid inode",
		"1: 0100007F:07E8 0200007F:CDED 01 0:0 0:0 0 x 0 4711",
		"1: 0100007F:07E8 0200007F:CDED 01 0:0 0:0 0 0 0 18446744073709551616",
		"1: 0100007F:07E8 0200007F:CDED 01 0:0 0:0 0 4294967296 0 1",
		"1: 0100007F:7E8 0200007F:CDED 01 0:0 0:0 0 0 0 1",
		"1: 0100007F:07E80 0200007F:CDED 01 0:0 0:0 0 0 0 1",
		"1: 0100007F 0200007F:CDED 01 0:0 0:0 0 0 0 1",
		"1: 0100007G:07E8 0200007F:CDED 01 0:0 0:0 0 0 0 1",
		"1: 0100007F:07E8 0200007F:CDED 1 0:0 0:0 0 0 0 1",
		"1: 0100007F:07E8 0200007F:CDED 01 0:0 0:0 0 0 0",
		"1: 0123456789012345678901234567890123456789012345678:1 0:0 1 0 0 0 0 0 0 1",
	};
	const struct fw_diag_socket untouched = { .uid = 3 };

	for (size_t i = 0; i < FW_ARRAY_SIZE(lines); i++) {
		struct fw_diag_socket socket = untouched;

		assert_false(parse(lines[i], FW_FAMILY_IPV4, IPPROTO_TCP, &socket));
		assert_memory_equal(&socket, &untouched, sizeof(socket));
	}
	struct fw_diag_socket socket;

	assert_false(parse(LINE4, FW_FAMILY_IPV6, IPPROTO_TCP, &socket));
}

static void every_cut_is_harmless(void **state)
{
	const char line[] = LINE4;

	for (size_t length = 0; length < strlen(line); length++) {
		struct fw_diag_socket socket;

		fw_proc_net_parse(line, length, FW_FAMILY_IPV4, IPPROTO_TCP, &socket);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_tcp),
		cmocka_unit_test(reads_tcp6),
		cmocka_unit_test(raw_has_a_protocol_for_a_port),
		cmocka_unit_test(refuses),
		cmocka_unit_test(every_cut_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
