/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Finding rules among many: by id, and by action. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "backend/linux/rule_index.h"

#define RULES 5

static struct fw_rule_state rules[RULES];
static struct fw_rule_index by_identity;

static int begin(void **state)
{
	static const uint32_t ids[RULES] = { 2, 3, 7, 1000, UINT32_MAX };

	(void)state;
	memset(rules, 0, sizeof(rules));
	for (size_t i = 0; i < RULES; i++)
		rules[i].rule = (struct fw_rule){ .id = ids[i], .action = FW_RULE_BLOCK,
			.target = FW_RULE_USER, .uid = (uint32_t)i };
	return fw_rule_index_init(&by_identity, &rules->rule, sizeof(*rules), RULES) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	fw_rule_index_done(&by_identity);
	return 0;
}

/* `wanted`: a letter for each rule, x: it is picked. */
static void expect_picked(const uint32_t *ids, size_t count, const char *wanted)
{
	bool picked[RULES] = { false };

	assert_true(fw_rule_index_pick(&by_identity, ids, count, picked) == FW_RULE_NOWHERE);
	for (size_t i = 0; i < RULES; i++)
		assert_int_equal(picked[i], wanted[i] == 'x');
}

static void picks(void **state)
{
	(void)state;
	for (size_t i = 0; i < RULES; i++) {
		char wanted[] = "-----";

		wanted[i] = 'x';
		expect_picked(&rules[i].rule.id, 1, wanted);
	}
	expect_picked(NULL, 0, "-----");
	expect_picked((const uint32_t[]){ 1000, 2 }, 2, "x--x-");
	expect_picked((const uint32_t[]){ UINT32_MAX, 7, 3, 1000, 2 }, 5, "xxxxx");
}

/* A rule that is named twice is one rule. */
static void picks_once(void **state)
{
	(void)state;
	expect_picked((const uint32_t[]){ 7, 7, 7, 7, 7, 7 }, 6, "--x--");
	expect_picked((const uint32_t[]){ 2, 1000, 2 }, 3, "x--x-");
}

static void misses(void **state)
{
	static const uint32_t unknown[] = { 0, 1, 4, 8, 999, 1001, UINT32_MAX - 1 };
	const struct fw_rule_index none = { 0 };
	bool picked[RULES] = { false };

	(void)state;
	for (size_t i = 0; i < FW_ARRAY_SIZE(unknown); i++) {
		const uint32_t ids[] = { 3, unknown[i], 5 };

		assert_int_equal(fw_rule_index_pick(&by_identity, ids, 3, picked), 1);
		assert_int_equal(fw_rule_index_pick(&none, ids, 3, picked), 0);
	}
}

static void has_actions(void **state)
{
	(void)state;
	assert_true(fw_rules_have(&rules->rule, sizeof(*rules), RULES, FW_RULE_BLOCK));
	assert_false(fw_rules_have(&rules->rule, sizeof(*rules), RULES, FW_RULE_LIMIT));
	rules[RULES - 1].rule.action = FW_RULE_LIMIT;
	assert_true(fw_rules_have(&rules->rule, sizeof(*rules), RULES, FW_RULE_LIMIT));
	assert_false(fw_rules_have(&rules->rule, sizeof(*rules), RULES - 1, FW_RULE_LIMIT));
	assert_false(fw_rules_have(NULL, sizeof(*rules), 0, FW_RULE_BLOCK));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(picks),
		TEST(picks_once),
		TEST(misses),
		TEST(has_actions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
