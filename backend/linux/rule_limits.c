/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/rule_limits.h"

#include "backend/linux/rule_index.h"
#include "backend/linux/shaper.h"

#include <stdlib.h>

struct fw_limit fw_rule_limit(const struct fw_rule *rule)
{
	return (struct fw_limit){ .rule = rule->id, .sent_rate = rule->sent_rate,
		.received_rate = rule->received_rate, .ends_ns = rule->ends_ns };
}

static enum fw_status choose_slots(struct fw_limit *limits, const struct fw_rule *rules,
	size_t count, uint64_t committed, uint32_t *slots, struct fw_error *error)
{
	uint32_t slot = 1;

	for (size_t i = 0; i < count; i++) {
		slots[i] = 0;
		if (rules[i].action != FW_RULE_LIMIT || rules[i].id <= committed)
			continue;
		while (slot < FW_LIMIT_SLOTS && limits[slot].rule)
			slot++;
		if (slot == FW_LIMIT_SLOTS)
			return fw_error_set(error, FW_FAILED,
				"there can be %u limits at a time; "
				"'flowwatcher rules' lists those in force",
				FW_LIMIT_SLOTS - 1);
		limits[slot] = fw_rule_limit(&rules[i]);
		slots[i] = slot;
	}
	return FW_OK;
}

enum fw_status fw_rule_limits_prepare(const struct fw_kernel_side *side,
	const struct fw_rule *rules, size_t count, uint64_t committed, uint32_t *slots,
	struct fw_error *error)
{
	struct fw_limit *limits;
	enum fw_status status;

	if (!fw_rules_have(rules, sizeof(*rules), count, FW_RULE_LIMIT))
		return FW_OK;
	limits = fw_shaper_limits(side);
	if (!limits)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for the limits");
	status = choose_slots(limits, rules, count, committed, slots, error);
	if (status == FW_OK) {
		status = fw_shaper_apply(side, limits, error);
		if (status != FW_OK)
			fw_shaper_cover(side, NULL); /* back to those that are published */
	}
	free(limits);
	return status;
}
