/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Numbers of bytes: every unit, fractions, and texts that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "abi/flow.h"
#include "flowwatcher/size.h"

static void accepts(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} vectors[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "1B", 1 },
		{ "1kB", 1000 },
		{ "1KB", 1000 },
		{ "64KiB", 65536 },
		{ "8MB", 8000000 },
		{ "1MiB", 1048576 },
		{ "1.5MiB", 1572864 },
		{ ".5KiB", 512 },
		{ "1.9B", 1 },
		{ "2GB", 2000000000 },
		{ "1GiB", 1073741824 },
		{ "3TB", 3000000000000ull },
		{ "1TiB", 1099511627776ull },
		{ "18446744073709551615", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		uint64_t bytes = 42;

		assert_int_equal(fw_size_parse(vectors[i].text, &bytes, NULL), FW_OK);
		if (bytes != vectors[i].bytes)
			fail_msg("'%s' gave %llu", vectors[i].text, (unsigned long long)bytes);
	}
}

static void refuses(void **state)
{
	static const char *const vectors[] = { "", " ", "B", "KiB", ".", "1.", "1.kB", "-1", "+1",
		" 1", "1 ", "1 kB", "1K", "1M", "1kib", "1kbit", "1e3", "0x10", "1.2.3", "1kB/s",
		"nan", "\xff", "18446744073709551616", "18446744073709551615kB", "16777216TiB" };

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_error error = { FW_OK, "" };
		uint64_t bytes = 42;

		if (fw_size_parse(vectors[i], &bytes, &error) != FW_USAGE)
			fail_msg("'%s' was accepted", vectors[i]);
		assert_int_equal(bytes, 42);
		assert_int_equal(error.status, FW_USAGE);
		assert_true(error.text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
