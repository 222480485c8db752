/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Finding rules among many: those that ask the same (same target and action and, of blocks, same
 * peers and directions), those with some ids, and those of an action. Called by rule_change.c and
 * rule_limits.c; any thread. */
#ifndef FW_RULE_INDEX_H
#define FW_RULE_INDEX_H

#include "kernel/linux/rule_maps.h"

struct fw_rule_place {
	uint64_t identity;
	size_t place;
};

/* Over an array that is the caller's and stays where it is. */
struct fw_rule_index {
	const struct fw_rule *first;
	size_t stride; /* bytes from one rule to the next */
	size_t count;
	struct fw_rule_place *places;
};

#define FW_RULE_NOWHERE SIZE_MAX

/* False: no memory. Release with fw_rule_index_done(), which accepts an all-zero one. */
bool fw_rule_index_init(struct fw_rule_index *index, const struct fw_rule *first, size_t stride,
	size_t count);
void fw_rule_index_done(struct fw_rule_index *index);

/* Place of the first other rule that asks the same as `rule`, which may be one of the array; or
 * FW_RULE_NOWHERE. */
size_t fw_rule_index_find(const struct fw_rule_index *index, const struct fw_rule *rule);

/*
 * Mark in `picked` (parallel to the rules, which are in order of their ids) each rule that has one
 * of these ids; one may be named more than once. Returns FW_RULE_NOWHERE, or the place in `ids` of
 * the first that no rule has.
 */
size_t fw_rule_index_pick(const struct fw_rule_index *index, const uint32_t *ids, size_t count,
	bool *picked);

/* Is one of the rules of this action? `stride`: bytes from one rule to the next. */
bool fw_rules_have(const struct fw_rule *first, size_t stride, size_t count,
	enum fw_rule_action action);

#endif
