/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Changing and listing the rules of the loaded kernel side: whole changes, one at a time on the
 * machine. A command that is killed at any moment leaves the rules of before or of after. Called by
 * bpf_backend.c.
 */
#ifndef FW_RULE_CHANGE_H
#define FW_RULE_CHANGE_H

#include "backend/backend.h"
#include "backend/linux/kernel_side.h"

/* As the operations of the same names in backend.h. */
enum fw_status fw_rules_add(struct fw_kernel_side *side, struct fw_rule *rules, size_t count,
	struct fw_error *error);
enum fw_status fw_rules_remove(struct fw_kernel_side *side, const uint32_t *ids, size_t count,
	struct fw_error *error);
enum fw_status fw_rules_list(struct fw_kernel_side *side, fw_rule_fn row, void *argument,
	struct fw_error *error);

#endif
