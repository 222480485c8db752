/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The limits of a change of rules: their slots, and the queues that must be there before a limit is
 * in force. Under the lock of rule_change.c.
 */
#ifndef FW_RULE_LIMITS_H
#define FW_RULE_LIMITS_H

#include "backend/linux/kernel_side.h"
#include "flowwatcher/error.h"

/* Find a slot for each rule that is a new limit, with an id above `committed` (`slots` is parallel
 * to `rules`; 0: none) and put queues with their rates in place beside those that are there. On
 * failure nothing has changed that matters. */
enum fw_status fw_rule_limits_prepare(const struct fw_kernel_side *side,
	const struct fw_rule *rules, size_t count, uint64_t committed, uint32_t *slots,
	struct fw_error *error);

/* What the map says of a limit, for a slot that prepare() chose. */
struct fw_limit fw_rule_limit(const struct fw_rule *rule);

#endif
