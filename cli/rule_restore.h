/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* rules restore: the rules of a file in force, all of them or none. One thread. */
#ifndef FW_CLI_RULE_RESTORE_H
#define FW_CLI_RULE_RESTORE_H

#include "flowwatcher/error.h"

#include <stdbool.h>

struct fw_rule_restore {
	const char *path; /* "-": standard input */
	bool replace;	  /* rules that are there and not in the file are taken back */
	bool force;	  /* also those that match what the caller hangs on */
	bool dry_run;	  /* only check, and say what would be */
};

/* Says on standard output how many rules there were. FW_MALFORMED names file, line and text. */
enum fw_status fw_rule_restore(const struct fw_rule_restore *restore, struct fw_error *error);

#endif
