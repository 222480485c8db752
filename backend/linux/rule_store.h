/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Rules in the kernel side's maps: put there without being in force, brought into force, taken
 * away. Under the lock of rule_change.c. Results are 0 or negative errno.
 */
#ifndef FW_RULE_STORE_H
#define FW_RULE_STORE_H

#include "backend/linux/kernel_side.h"

/* Every rule, those that are not in force included; in no order. The caller frees *rules. */
int fw_rule_store_read(
	const struct fw_kernel_side *side, struct fw_rule_state **rules, size_t *count);

/* Put a rule with an id above machine.rules_committed in place. -EDQUOT: the target has as many
 * blocks as it can have; -E2BIG: there are as many rules as there can be. On failure nothing of it
 * is left. */
int fw_rule_store_stage(
	const struct fw_kernel_side *side, const struct fw_rule *rule, uint32_t slot);

/* The rules up to `id` are in force, all at once. */
void fw_rule_store_commit(struct fw_kernel_side *side, uint32_t id);

/* Take a rule away, wherever it was. */
void fw_rule_store_remove(const struct fw_kernel_side *side, const struct fw_rule *rule);

/* The slot of a limit; 0: it has none. */
uint32_t fw_rule_store_slot(const struct fw_kernel_side *side, const struct fw_rule *rule);

/* How many processes each rule is in force for: `counts` is parallel to `rules`. */
int fw_rule_store_count_members(const struct fw_kernel_side *side,
	const struct fw_rule_state *rules, size_t count, uint64_t *counts);
/* There are no rules any more: forget who was a member of what. */
void fw_rule_store_forget_members(const struct fw_kernel_side *side);

#endif
