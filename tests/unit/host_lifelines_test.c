/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The texts that say what the reach of this machine hangs on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/host/lifelines.h"

#define MOST 8

static struct fw_gateway gateways[MOST];
static size_t count, most;

static bool keep(const struct fw_gateway *gateway, void *argument)
{
	(void)argument;
	gateways[count++] = *gateway;
	return count < most;
}

static bool read_text(bool (*read)(FILE *, fw_gateway_fn, void *), const char *text)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	bool all;

	assert_non_null(file);
	count = 0;
	most = MOST;
	all = read(file, keep, NULL);
	fclose(file);
	return all;
}

static void expect_gateway(size_t index, uint8_t family, const char *address, const char *adapter)
{
	uint8_t bytes[16] = { 0 };

	assert_true(index < count);
	assert_int_equal(
		inet_pton(family == FW_FAMILY_IPV4 ? AF_INET : AF_INET6, address, bytes), 1);
	assert_int_equal(gateways[index].family, family);
	assert_memory_equal(gateways[index].address, bytes, sizeof(bytes));
	assert_string_equal(gateways[index].adapter, adapter);
}

static void ipv4_routes(void **state)
{
	char text[1024];

	(void)state;
	snprintf(text, sizeof(text),
		"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
		"eth0\t00000000\t%08X\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
		"eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
		"ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n"
		"eth1\t0000000A\t%08X\t0003\t0\t0\t0\t000000FF\t0\t0\t0\n"
		"wan7\t00000000\t%08X\t0003\t0\t0\t0\t00000000\t0\t0\t0",
		inet_addr("192.0.2.1"), inet_addr("10.0.0.1"), inet_addr("198.51.100.254"));
	assert_true(read_text(fw_gateways_read_ipv4, text));
	assert_int_equal(count, 2);
	expect_gateway(0, FW_FAMILY_IPV4, "192.0.2.1", "eth0");
	expect_gateway(1, FW_FAMILY_IPV4, "198.51.100.254", "wan7");
}

static void ipv6_routes(void **state)
{
	(void)state;
	assert_true(read_text(fw_gateways_read_ipv6,
		"fd000000000000000000000000000000 40 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"fe80000000000000000000000000ab01 00000400 00000003 00000000 00000003     eth0\n"
		"00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		"00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n"));
	assert_int_equal(count, 1);
	expect_gateway(0, FW_FAMILY_IPV6, "fe80::ab01", "eth0");
}

static void odd_routes(void **state)
{
	static const char *const texts[] = { " ", "\n\n", "eth0\n", "eth0\t0\t0\t3\n",
		"eth0 00000000 zz 0003 0 0 0 00000000\n", "a b c d e f g h i j k l m n o p\n" };

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(texts); i++) {
		assert_true(read_text(fw_gateways_read_ipv4, texts[i]));
		assert_int_equal(count, 0);
		assert_true(read_text(fw_gateways_read_ipv6, texts[i]));
		assert_int_equal(count, 0);
	}
}

static void peers(void **state)
{
	static const char *const none[] = { "", " ", "x", "10.0.0", "10.0.0.1:22 1 2 3",
		"00000000000000000000000000000000000000000000000000000 1 2 3" };
	static const struct {
		const char *value, *address;
		uint8_t family;
	} some[] = {
		{ "192.0.2.1 50000 198.51.100.1 22", "192.0.2.1", FW_FAMILY_IPV4 },
		{ "2001:db8::7 50000 2001:db8::1 22", "2001:db8::7", FW_FAMILY_IPV6 },
		{ "fe80::7%eth0 50000 fe80::1%eth0 22", "fe80::7", FW_FAMILY_IPV6 },
		{ "::ffff:192.0.2.9 1 ::ffff:192.0.2.1 22", "192.0.2.9", FW_FAMILY_IPV4 },
	};
	uint8_t family = 77, address[16] = { 7 }, bytes[16];

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(none); i++)
		assert_false(fw_ssh_peer_parse(none[i], &family, address));
	assert_int_equal(family, 77);
	assert_int_equal(address[0], 7);
	for (size_t i = 0; i < FW_ARRAY_SIZE(some); i++) {
		memset(bytes, 0, sizeof(bytes));
		inet_pton(some[i].family == FW_FAMILY_IPV4 ? AF_INET : AF_INET6, some[i].address,
			bytes);
		assert_true(fw_ssh_peer_parse(some[i].value, &family, address));
		assert_int_equal(family, some[i].family);
		assert_memory_equal(address, bytes, sizeof(bytes));
	}
}

/* A parent has the variable where the caller has none: as behind sudo. */
static void peer_of_parent(void **state)
{
	uint8_t family, address[16];
	int status, code;
	pid_t child;

	(void)state;
	/* What a process was started with is what others read, so it is put there by exec. */
	child = fork();
	if (!child) {
		setenv("SSH_CONNECTION", "192.0.2.44 1 192.0.2.1 22", 1);
		setenv("FW_TEST_CHILD", "1", 1);
		execl("/proc/self/exe", "parent", NULL);
		_exit(99);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	code = WIFEXITED(status) ? WEXITSTATUS(status) : 98;
	assert_int_equal(code, 44);
	setenv("SSH_CONNECTION", "192.0.2.45 1 192.0.2.1 22", 1);
	assert_true(fw_host_ssh_peer(&family, address));
	assert_int_equal(address[3], 45);
	unsetenv("SSH_CONNECTION");
}

/* The process with the variable: its child has lost it and asks. Exits with the last byte found. */
static int be_parent(void)
{
	uint8_t family, address[16];
	int status;
	pid_t child = fork();

	if (!child) {
		unsetenv("SSH_CONNECTION");
		_exit(fw_host_ssh_peer(&family, address) ? address[3] : 97);
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_routes),
		cmocka_unit_test(ipv6_routes),
		cmocka_unit_test(odd_routes),
		cmocka_unit_test(peers),
		cmocka_unit_test(peer_of_parent),
	};

	if (getenv("FW_TEST_CHILD"))
		return be_parent();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
