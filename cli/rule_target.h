/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a rule's target is on this machine: the file that exe: means, the process that pid: means.
 * One thread. */
#ifndef FW_CLI_RULE_TARGET_H
#define FW_CLI_RULE_TARGET_H

#include "flowwatcher/rule_words.h"

/* "exe:curl" -> "exe:/usr/bin/curl" seen from the working directory; other texts stay. On the heap;
 * NULL: *error says why. */
char *fw_rule_target_absolute(const char *text, struct fw_error *error);

/*
 * Put the real path in the place of one with links. `tell`: say so on standard error, and what else
 * is worth knowing (no such file yet, a script). FW_USAGE: a directory, or the real path is too
 * long.
 */
enum fw_status fw_rule_target_resolve(struct fw_rule *rule, bool tell, struct fw_error *error);

/* Put a path in the place of the rule's own, `tell`: and say so. FW_USAGE: it is too long; `others`: which
 * targets do instead ("comm:"). */
enum fw_status fw_rule_target_set_path(struct fw_rule *rule, const char *real, bool tell,
	const char *others, struct fw_error *error);

/* FW_NOT_FOUND: the process of a pid: target has ended, or there is none. */
enum fw_status fw_rule_target_runs(const struct fw_rule *rule, struct fw_error *error);

#endif
