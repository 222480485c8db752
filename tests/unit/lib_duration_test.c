/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Lengths of time: every unit, fractions, and texts that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "abi/flow.h"
#include "flowwatcher/duration.h"

static void accepts(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} vectors[] = {
		{ "0", 0 },
		{ "1", 1000000000 },
		{ "1s", 1000000000 },
		{ "0.5", 500000000 },
		{ ".5", 500000000 },
		{ "250ms", 250000000 },
		{ "10us", 10000 },
		{ "1.5us", 1500 },
		{ "1.5m", 90000000000ull },
		{ "10min", 600000000000ull },
		{ "1.5min", 90000000000ull },
		{ "24h", 86400000000000ull },
		{ "7d", 604800000000000ull },
		{ "0.5d", 43200000000000ull },
		{ "0.000000001", 1 },
		{ "0.0000000019", 1 },
		{ "0.1", 100000000 },
		{ "0.3h", 1080000000000ull },
		{ "00001", 1000000000 },
		{ "1.000000000000000000000000000001", 1000000000 },
		{ "18446744073", 18446744073000000000ull },
		{ "18446744073.709551615", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		uint64_t ns = 42;

		assert_int_equal(fw_duration_parse(vectors[i].text, &ns, NULL), FW_OK);
		if (ns != vectors[i].ns)
			fail_msg("'%s' gave %llu", vectors[i].text, (unsigned long long)ns);
	}
}

static void refuses(void **state)
{
	static const char *const vectors[] = { "", " ", "s", ".", "1.", "1.s", "-1", "+1", " 1",
		"1 ", "1 s", "1x", "1S", "1e3", "0x10", "1.2.3", "1ms2", "nan", "inf", "\xff",
		"18446744073.709551616", "18446744074", "18446744073709551616",
		"99999999999999999999999999", "5124096h", "10mins", "10Min", "min", "1D",
		"213504d" };

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_error error = { FW_OK, "" };
		uint64_t ns = 42;

		if (fw_duration_parse(vectors[i], &ns, &error) != FW_USAGE)
			fail_msg("'%s' was accepted", vectors[i]);
		assert_int_equal(ns, 42);
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
