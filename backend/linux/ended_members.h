/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Rules for processes that have ended, whose sockets the kernel goes on serving: it still sends
 * what they left. They can be asked for by executable, name and user. Under the lock of
 * rule_change.c.
 */
#ifndef FW_ENDED_MEMBERS_H
#define FW_ENDED_MEMBERS_H

#include "backend/linux/kernel_side.h"
#include "flowwatcher/error.h"

enum fw_status fw_ended_members_find(struct fw_kernel_side *side, struct fw_error *error);

#endif
