/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What unblock, unlimit and undeny have in common: rules taken back by target, by number, or all of
 * them. One thread. */
#ifndef FW_CLI_RULE_REMOVE_H
#define FW_CLI_RULE_REMOVE_H

#include "cli/command.h"
#include "cli/rule_list.h"

/* Run the command: only rules of this action (enum fw_rule_action). Returns the exit code. */
int fw_rule_remove(const struct fw_command *command, uint16_t action, int argc, char **argv);

/* Take these rules back in one go, or do nothing for none, and say which on standard output. */
enum fw_status fw_rule_remove_all(struct fw_backend *backend, const struct fw_rule_list *list,
	struct fw_error *error);

#endif
