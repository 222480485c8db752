/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The texts of addresses that the Windows build has of its own, held against those of this system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>

int posix_inet_pton(int family, const char *text, void *address);
const char *posix_inet_ntop(int family, const void *address, char *text, unsigned int size);

static uint64_t random_state = 88172645463325252ull;

static uint32_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 16);
}

static void same_parse(int family, const char *text)
{
	uint8_t ours[16] = { 0 }, theirs[16] = { 0 };
	int parsed = inet_pton(family, text, theirs);

	if (posix_inet_pton(family, text, ours) != parsed)
		fail_msg("'%s' is %s", text, parsed ? "an address" : "none");
	if (parsed)
		assert_memory_equal(ours, theirs, sizeof(ours));
}

static void texts(void **state)
{
	static const char *const words[] = { "", ":", "::", ":::", "1", "1:", ":1", "::1", "1::", "1::2",
		"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1::2::3",
		"12345::", "::g", "::ffff:1.2.3.4", "::1.2.3", "1.2.3.4", "::1.2.3.4:5", "1:2:3:4:5:6:1.2.3.4",
		"1:2:3:4:5:6:7:1.2.3.4", "01.2.3.4", "1.2.3.256", "1.2.3.4.", ".1.2.3", "1..2.3", "1.2.3.0",
		"0.0.0.0", "00.0.0.0", "ABCD::EF", "1:2:3:4:5:6:7:", "1.2.3.0004", "::0001", " 1.2.3.4" };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		same_parse(AF_INET, words[i]);
		same_parse(AF_INET6, words[i]);
	}
}

static void random_texts(void **state)
{
	static const char letters[] = "0123:::..af";
	char text[24];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		size_t length = next_random() % (sizeof(text) - 1);

		for (size_t j = 0; j < length; j++)
			text[j] = letters[next_random() % (sizeof(letters) - 1)];
		text[length] = '\0';
		same_parse(i % 2 ? AF_INET : AF_INET6, text);
	}
}

/* glibc also writes the addresses of RFC 4291 2.5.5.1 with dots, which RFC 5952 leaves open. */
static int is_compatible(const uint8_t *address)
{
	static const uint8_t zeros[12];

	return !memcmp(address, zeros, sizeof(zeros));
}

static void addresses(void **state)
{
	char ours[INET6_ADDRSTRLEN], theirs[INET6_ADDRSTRLEN];
	uint8_t address[16], again[16];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		for (size_t j = 0; j < 16; j++)
			address[j] = next_random() % 3 ? 0 : (uint8_t)next_random();
		if (i % 16 == 0) {
			memset(address, 0, 10);
			memset(address + 10, 0xff, 2);
		}
		assert_non_null(posix_inet_ntop(AF_INET6, address, ours, sizeof(ours)));
		inet_ntop(AF_INET6, address, theirs, sizeof(theirs));
		if (!is_compatible(address))
			assert_string_equal(ours, theirs);
		assert_int_equal(posix_inet_pton(AF_INET6, ours, again), 1);
		assert_memory_equal(address, again, sizeof(again));
		assert_non_null(posix_inet_ntop(AF_INET, address, ours, sizeof(ours)));
		inet_ntop(AF_INET, address, theirs, sizeof(theirs));
		assert_string_equal(ours, theirs);
	}
	assert_null(posix_inet_ntop(AF_INET, address, ours, 7));
	assert_null(posix_inet_ntop(99, address, ours, sizeof(ours)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(random_texts),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
