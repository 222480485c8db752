/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* rules save: the rules in force into a file that rules restore reads. One thread. */
#ifndef FW_CLI_RULE_SAVE_H
#define FW_CLI_RULE_SAVE_H

#include "cli/rule_list.h"

/* Into a file that is there whole or not at all, readable by its owner alone; "-": standard output.
 * Rules about a process id and rules that end by themselves are left out, and how many is said on
 * standard error. */
enum fw_status fw_rule_save(
	const struct fw_rule_list *list, const char *path, struct fw_error *error);

#endif
