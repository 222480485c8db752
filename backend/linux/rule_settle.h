/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What follows when rules have changed in the maps: processes and sockets are brought to what holds
 * now. Under the lock of rule_change.c.
 */
#ifndef FW_RULE_SETTLE_H
#define FW_RULE_SETTLE_H

#include "backend/linux/kernel_side.h"
#include "flowwatcher/error.h"

/* The rules as they are reach every process there is. */
enum fw_status fw_rules_reach(struct fw_kernel_side *side, struct fw_error *error);

/* And every socket, if a block may have come (`cuts`). A command that is killed before this is done
 * leaves it to the next one, and until then the kernel side asks whoever acts. */
enum fw_status fw_rules_settle(struct fw_kernel_side *side, bool cuts, struct fw_error *error);

/* Do what a killed command left to be done. */
enum fw_status fw_rules_catch_up(struct fw_kernel_side *side, struct fw_error *error);

/* Without rules nothing of them is left to run, also when they ended by themselves or a command was
 * killed before it made one. */
void fw_rules_let_go(struct fw_kernel_side *side);

#endif
