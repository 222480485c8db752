/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rates: every unit, the bounds, texts that are none, and that what is written is read again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "abi/rule.h"
#include "flowwatcher/rate.h"

static void accepts(void **state)
{
	static const struct {
		const char *text;
		uint64_t rate;
	} vectors[] = {
		{ "1000", 1000 },
		{ "64000", 64000 },
		{ "1000B/s", 1000 },
		{ "1kB/s", 1000 },
		{ "1KB/s", 1000 },
		{ "1.5kB/s", 1500 },
		{ "10MB/s", 10000000 },
		{ "10MB", 10000000 },
		{ "1GB/s", 1000000000 },
		{ "1TB/s", FW_RATE_MAX },
		{ "512KiB/s", 512 << 10 },
		{ "2MiB/s", 2 << 20 },
		{ "1GiB/s", 1 << 30 },
		{ "0.5TiB/s", 1ull << 39 },
		{ "8000bit/s", 1000 },
		{ "8kbit/s", 1000 },
		{ "800kbit/s", 100000 },
		{ "800Kbit", 100000 },
		{ "100Mbit/s", 12500000 },
		{ "2.5Gbit/s", 312500000 },
		{ "8Tbit/s", FW_RATE_MAX },
		{ "8Kibit/s", 1024 },
		{ "1Mibit/s", 131072 },
		{ "1Gibit/s", 134217728 },
		{ "8001bit/s", 1000 },
		{ "unlimited", 0 },
		{ "none", 0 },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		uint64_t rate = 42;

		if (fw_rate_parse(vectors[i].text, &rate, NULL) != FW_OK || rate != vectors[i].rate)
			fail_msg("'%s' gave %llu", vectors[i].text, (unsigned long long)rate);
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *message;
	} vectors[] = {
		{ "", "is not a rate" },
		{ "MB/s", "is not a rate" },
		{ " 1MB/s", "is not a rate" },
		{ "1 MB/s", "is not a rate" },
		{ "1MB/", "is not a rate" },
		{ "1MB/h", "is not a rate" },
		{ "1MBit/s", "is not a rate" },
		{ "1M", "is not a rate" },
		{ "1e6", "is not a rate" },
		{ "0x400", "is not a rate" },
		{ "1.kB/s", "is not a rate" },
		{ "+1MB/s", "is not a rate" },
		{ "/s", "is not a rate" },
		{ "1000/", "is not a rate" },
		{ "Unlimited", "is not a rate" },
		{ "\xff", "is not a rate" },
		{ "-1MB/s", "negative" },
		{ "-1", "negative" },
		{ "10Mb/s", "bits or bytes" },
		{ "10Mbps", "bits or bytes" },
		{ "10mb/s", "bits or bytes" },
		{ "10kb", "bits or bytes" },
		{ "0", "lets nothing through" },
		{ "0kB/s", "lets nothing through" },
		{ "7bit/s", "lets nothing through" },
		{ "999", "a number alone is bytes a second" },
		{ "10", "between 1kB/s and 1TB/s" },
		{ "999B/s", "between 1kB/s and 1TB/s" },
		{ "7999bit/s", "between 1kB/s and 1TB/s" },
		{ "1.1TB/s", "between 1kB/s and 1TB/s" },
		{ "18446744073709551615TB/s", "between 1kB/s and 1TB/s" },
		{ "99999999999999999999999MB/s", "between 1kB/s and 1TB/s" },
		{ "99999999999999999999999", "between 1kB/s and 1TB/s" },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_error error = { FW_OK, "" };
		uint64_t rate = 42;

		if (fw_rate_parse(vectors[i].text, &rate, &error) != FW_USAGE)
			fail_msg("'%s' was accepted", vectors[i].text);
		if (!strstr(error.text, vectors[i].message))
			fail_msg("'%s': %s", vectors[i].text, error.text);
		assert_int_equal(rate, 42);
	}
}

static void formats(void **state)
{
	static const struct {
		uint64_t rate;
		const char *text;
	} vectors[] = {
		{ 0, "unlimited" },
		{ 1000, "1kB/s" },
		{ 1001, "1001B/s" },
		{ 1500, "1500B/s" },
		{ 100000, "100kB/s" },
		{ 10000000, "10MB/s" },
		{ 524288, "512KiB/s" },
		{ 1024000, "1000KiB/s" },
		{ 1ull << 30, "1GiB/s" },
		{ FW_RATE_MAX, "1TB/s" },
	};
	char text[FW_RATE_TEXT_SIZE];
	uint64_t rate;

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		assert_string_equal(fw_rate_format(vectors[i].rate, text, sizeof(text)),
			vectors[i].text);
		assert_int_equal(fw_rate_parse(text, &rate, NULL), FW_OK);
		assert_int_equal(rate, vectors[i].rate);
	}
	fw_rate_format(UINT64_MAX, text, sizeof(text));
	assert_string_equal(text, "18446744073709551615B/s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
