/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Where the policy of a rule's target lies in the kernel side's map. Any thread. */
#ifndef FW_RULE_KEY_H
#define FW_RULE_KEY_H

#include "kernel/linux/rule_maps.h"

#define FW_RULE_KEYS 2

/* Fills the keys of the rule's target and returns how many there are: an executable has two, its
 * path and its file. The rule is complete (start_ns, device, inode). */
size_t fw_rule_keys(const struct fw_rule *rule, struct fw_policy_key keys[FW_RULE_KEYS]);

#endif
