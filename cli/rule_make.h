/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What block, limit and deny have in common: a rule from a command line, put in force. One thread. */
#ifndef FW_CLI_RULE_MAKE_H
#define FW_CLI_RULE_MAKE_H

#include "cli/command.h"

#include <getopt.h>

/* Values of entries in the commands' long options; the options of a rule itself (rule_draft.h) have
 * FW_RULE_WORD and more, each another one. */
enum { FW_RULE_DRY_RUN = 1, FW_RULE_JSON, FW_RULE_WORD };

/* Run the command: `action` is an enum fw_rule_action. Returns the exit code. */
int fw_rule_make(const struct fw_command *command, uint16_t action, const struct option *options,
	int argc, char **argv);

#endif
