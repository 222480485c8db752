/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a rule's target is right now: the process's start, the executable's file. One thread. */
#ifndef FW_RULE_RESOLVE_H
#define FW_RULE_RESOLVE_H

#include "backend/linux/kernel_side.h"
#include "flowwatcher/error.h"

/* Fill start_ns, or device and inode (0 where there is no such file). FW_NOT_FOUND: the process is
 * gone. */
enum fw_status fw_rule_resolve(const struct fw_kernel_side *side, struct fw_rule *rule,
	struct fw_error *error);

#endif
