/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Names of adapters and patterns: what they stand for, and which of several counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/types.h"
#include "flowwatcher/adapter_pattern.h"

static void matches(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool expected;
	} vectors[] = {
		{ "eth0", "eth0", true },
		{ "eth0", "eth1", false },
		{ "eth0", "eth00", false },
		{ "eth00", "eth0", false },
		{ "eth?", "eth0", true },
		{ "eth?", "eth", false },
		{ "eth?", "eth10", false },
		{ "*", "eth0", true },
		{ "*", "", true },
		{ "?", "", false },
		{ "", "", true },
		{ "", "a", false },
		{ "veth*", "veth", true },
		{ "veth*", "veth12ab", true },
		{ "veth*", "vet", false },
		{ "*.100", "eth0.100", true },
		{ "*.100", "eth0.1001", false },
		{ "*.100", "a.100.100", true },
		{ "br-*-?", "br-a-b-c", true },
		{ "br-*-?", "br-a-b-cc", false },
		{ "**", "x", true },
		{ "*a*b*c", "xxaxxbxxc", true },
		{ "*a*b*c", "xxaxxcxxb", false },
		{ "a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			false },
	};

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++)
		if (fw_adapter_matches(vectors[i].pattern, vectors[i].name) != vectors[i].expected)
			fail_msg("'%s' and '%s'", vectors[i].pattern, vectors[i].name);
	assert_true(fw_adapter_is_pattern("veth*"));
	assert_true(fw_adapter_is_pattern("eth?"));
	assert_false(fw_adapter_is_pattern("eth0"));
	assert_false(fw_adapter_is_pattern(""));
}

static void precedence(void **state)
{
	/* Each before all that follow. */
	static const char *const order[] = { "veth12", "veth1*", "veth?*", "veth*", "ve*", "*" };

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(order); i++)
		for (size_t j = 0; j < FW_ARRAY_SIZE(order); j++)
			if (fw_adapter_precedes(order[i], order[j]) != (i < j))
				fail_msg("'%s' and '%s'", order[i], order[j]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(precedence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
