/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "core/token_bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS 1000000ull
#define BURST_NS (20 * MS)

static void costs(void **state)
{
	static const struct {
		uint64_t bytes, rate, ns;
	} rows[] = {
		{ 1000, 1000000, MS },
		{ 0, 1, 0 },
		{ 65536, 64000, 1024 * MS },
		{ 1, 1000000000000ull, 0 },
		{ 1ull << 32, 1000, 4294967296ull * MS },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(rows); i++)
		assert_int_equal(fw_token_bucket_cost_ns(rows[i].bytes, rows[i].rate), rows[i].ns);
}

static void saves_no_more_than_a_burst(void **state)
{
	const uint64_t now = 5000 * MS;

	assert_int_equal(fw_token_bucket_take(0, now, BURST_NS, MS), now - BURST_NS + MS);
	assert_int_equal(fw_token_bucket_take(now - MS, now, BURST_NS, MS), now);
	assert_int_equal(fw_token_bucket_take(now + MS, now, BURST_NS, MS), now + 2 * MS);
	/* Shortly after the clock began. */
	assert_int_equal(fw_token_bucket_take(0, MS, BURST_NS, MS), MS);
}

static void owes(void **state)
{
	assert_int_equal(fw_token_bucket_debt_ns(0, 7), 0);
	assert_int_equal(fw_token_bucket_debt_ns(7, 7), 0);
	assert_int_equal(fw_token_bucket_debt_ns(9, 7), 2);
}

/* Ten seconds of packets that come twice as fast as the rate. */
static void keeps_the_rate(void **state)
{
	const uint64_t rate = 1000000, size = 1000, depth = 100 * MS;
	const uint64_t cost = fw_token_bucket_cost_ns(size, rate);
	uint64_t paid = 0, passed = 0, now = 1000 * MS;

	for (int i = 0; i < 20000; i++, now += MS / 2) {
		if (fw_token_bucket_debt_ns(paid, now) > depth)
			continue;
		paid = fw_token_bucket_take(paid, now, BURST_NS, cost);
		passed += size;
	}
	assert_in_range(
		passed, 10 * rate, 10 * rate + rate * (depth + BURST_NS + MS) / (1000 * MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(costs),
		cmocka_unit_test(saves_no_more_than_a_burst),
		cmocka_unit_test(owes),
		cmocka_unit_test(keeps_the_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
