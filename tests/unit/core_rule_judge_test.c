/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "core/rule_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct fw_rule_ancestor lineage[] = { { 100, 7 }, { 50, 5 }, { 10, 1 } };

static const struct fw_rule_subject curl = {
	.lineage = lineage,
	.generations = 3,
	.exe = "/BIN/CURL",
	.exe_length = 9,
	.comm = "CURL",
	.comm_length = 4,
};

static struct fw_rule_entry entry(uint16_t target, uint32_t pid, uint64_t start_ns, const char *text)
{
	struct fw_rule_entry made = { .rule = { .action = FW_RULE_BLOCK, .target = target,
					      .pid = pid, .start_ns = start_ns,
					      .last_port = UINT16_MAX },
		.text_length = (uint32_t)strlen(text) };

	memcpy(made.text, text, made.text_length);
	return made;
}

static void the_most_specific_target_counts(void **state)
{
	static const struct {
		uint16_t targets[4];
		uint32_t pids[4];
		uint32_t chosen; /* bits */
	} rows[] = {
		{ { FW_RULE_EXE, FW_RULE_COMM }, { 0 }, 1 },
		{ { FW_RULE_COMM, FW_RULE_EXE, FW_RULE_EXE }, { 0 }, 6 },
		{ { FW_RULE_PID, FW_RULE_EXE, FW_RULE_PID }, { 1, 0, 5 }, 4 },
		{ { FW_RULE_PID, FW_RULE_PID, FW_RULE_PID }, { 1, 7, 5 }, 2 },
		{ { FW_RULE_USER, FW_RULE_CGROUP, FW_RULE_COMM }, { 0 }, 4 },
		{ { FW_RULE_PID }, { 8 }, 0 },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(rows); i++) {
		struct fw_rule_choice choice;
		uint32_t chosen = 0;

		fw_rule_choice_init(&choice);
		for (uint16_t j = 0; j < 4 && rows[i].targets[j]; j++) {
			uint32_t pid = rows[i].pids[j];
			uint64_t start = pid == 7 ? 100 : pid * 10;
			bool exe = rows[i].targets[j] == FW_RULE_EXE;
			struct fw_rule_entry made = entry(rows[i].targets[j], pid, start,
				exe ? "/BIN/CURL" : "CURL");

			fw_rule_consider(&choice, &made, j, &curl, 1);
		}
		for (uint32_t j = 0; j < choice.count; j++)
			chosen |= 1u << choice.chosen[j];
		assert_int_equal(chosen, rows[i].chosen);
	}
}

static void a_reused_pid_is_somebody_else(void **state)
{
	struct fw_rule_entry other = entry(FW_RULE_PID, 7, 99, "");
	struct fw_rule_entry parent = entry(FW_RULE_PID, 5, 50, "");

	assert_int_equal(fw_rule_rank(&other, &curl), FW_RULE_NO_RANK);
	assert_int_equal(fw_rule_rank(&parent, &curl), 1);
	parent.rule.flags = FW_RULE_NO_CHILDREN;
	assert_int_equal(fw_rule_rank(&parent, &curl), FW_RULE_NO_RANK);
}

static void nobody_is_unknown(void **state)
{
	struct fw_rule_entry exe = entry(FW_RULE_EXE, 0, 0, ""), pid = entry(FW_RULE_PID, 0, 0, "");
	struct fw_rule_subject unknown = { 0 };

	assert_int_equal(fw_rule_rank(&exe, &unknown), FW_RULE_NO_RANK);
	assert_int_equal(fw_rule_rank(&pid, &unknown), FW_RULE_NO_RANK);
}

/* The one behind comes into force when the one before it ends, and the choice says when that is. */
static void a_rule_ends(void **state)
{
	struct fw_rule_entry exe = entry(FW_RULE_EXE, 0, 0, "/BIN/CURL");
	struct fw_rule_entry comm = entry(FW_RULE_COMM, 0, 0, "CURL");
	struct fw_rule_choice choice;

	exe.rule.ends_ns = 500;
	for (uint64_t now = 499; now <= 500; now++) {
		fw_rule_choice_init(&choice);
		fw_rule_consider(&choice, &comm, 0, &curl, now);
		fw_rule_consider(&choice, &exe, 1, &curl, now);
		assert_int_equal(choice.count, 1);
		assert_int_equal(choice.chosen[0], now < 500 ? 1 : 0);
		assert_int_equal(choice.ends_ns, now < 500 ? 500 : 0);
	}
}

static void no_more_than_there_is_room_for(void **state)
{
	struct fw_rule_entry exe = entry(FW_RULE_EXE, 0, 0, "/BIN/CURL");
	struct fw_rule_choice choice;

	fw_rule_choice_init(&choice);
	for (uint16_t i = 0; i < 2 * FW_RULE_MAX_CHOSEN; i++)
		fw_rule_consider(&choice, &exe, i, &curl, 1);
	assert_int_equal(choice.count, FW_RULE_MAX_CHOSEN);
}

static void peers(void **state)
{
	static const struct {
		struct fw_rule rule;
		struct fw_rule_peer peer;
		bool refused;
	} rows[] = {
		{ { .last_port = 65535 }, { .family = 0 }, true },
		{ { .last_port = 65535, .prefix_family = 4, .prefix = { 10 }, .prefix_length = 8 },
			{ { 10, 9, 8, 7 }, 80, 4 }, true },
		{ { .last_port = 65535, .prefix_family = 4, .prefix = { 10 }, .prefix_length = 8 },
			{ { 11, 9, 8, 7 }, 80, 4 }, false },
		{ { .last_port = 65535, .prefix_family = 4, .prefix = { 10 }, .prefix_length = 8 },
			{ { 10 }, 80, 6 }, false },
		{ { .last_port = 65535, .prefix_family = 4, .prefix = { 10 }, .prefix_length = 8 },
			{ { 0 }, 80, 0 }, false },
		{ { .last_port = 65535, .prefix_family = 4, .prefix = { 0 }, .prefix_length = 0 },
			{ { 9 }, 80, 4 }, true },
		{ { .last_port = 65535, .prefix_family = 4, .prefix = { 10, 128 },
			  .prefix_length = 9 },
			{ { 10, 127 }, 80, 4 }, false },
		{ { .last_port = 65535, .prefix_family = 4, .prefix = { 10, 128 },
			  .prefix_length = 9 },
			{ { 10, 200 }, 80, 4 }, true },
		{ { .last_port = 65535, .prefix_family = 4, .prefix = { 1, 2, 3, 4 },
			  .prefix_length = 32 },
			{ { 1, 2, 3, 4 }, 80, 4 }, true },
		{ { .last_port = 65535, .prefix_family = 6, .prefix = { 1 }, .prefix_length = 255 },
			{ { 1 }, 80, 6 }, false },
		{ { .first_port = 80, .last_port = 81 }, { { 1 }, 82, 4 }, false },
		{ { .first_port = 80, .last_port = 81 }, { { 1 }, 81, 4 }, true },
		{ { .first_port = 80, .last_port = 81 }, { { 1 }, 80, 4 }, true },
		{ { .first_port = 80, .last_port = 81 }, { { 1 }, 79, 4 }, false },
		{ { .last_port = 65535, .flags = FW_RULE_ALLOW_LOOPBACK }, { { 127, 5 }, 1, 4 },
			false },
		{ { .last_port = 65535, .flags = FW_RULE_ALLOW_LOOPBACK },
			{ { [15] = 1 }, 1, 6 }, false },
		{ { .last_port = 65535, .flags = FW_RULE_ALLOW_LOOPBACK },
			{ { [14] = 1, [15] = 1 }, 1, 6 }, true },
		{ { .last_port = 65535, .flags = FW_RULE_ALLOW_LOOPBACK }, { { 128 }, 1, 4 },
			true },
		{ { .last_port = 65535, .flags = FW_RULE_ALLOW_LOOPBACK }, { { 127 }, 1, 0 },
			true },
		{ { .last_port = 65535, .flags = FW_RULE_ONLY_INCOMING }, { { 1 }, 1, 4 }, false },
		{ { .last_port = 65535, .flags = FW_RULE_ONLY_INCOMING },
			{ { 1 }, 1, 4, .is_incoming = true }, true },
		{ { .last_port = 65535, .flags = FW_RULE_ONLY_OUTGOING },
			{ { 1 }, 1, 4, .is_incoming = true }, false },
		{ { .last_port = 65535, .ends_ns = 1000 }, { { 1 }, 1, 4 }, false },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(rows); i++)
		if (fw_rule_refuses(&rows[i].rule, &rows[i].peer, 1000) != rows[i].refused)
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_most_specific_target_counts),
		cmocka_unit_test(a_reused_pid_is_somebody_else),
		cmocka_unit_test(nobody_is_unknown),
		cmocka_unit_test(a_rule_ends),
		cmocka_unit_test(no_more_than_there_is_room_for),
		cmocka_unit_test(peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
