/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Files of rules: one rule a line in the words of the command line ("block user:bob
 * --only-outgoing"), '#' begins a comment, quotes as in a shell. Callable from any thread; one
 * thread uses one struct fw_rule_file.
 */
#ifndef FLOWWATCHER_RULE_FILE_H
#define FLOWWATCHER_RULE_FILE_H

#include <stdio.h>

#include "flowwatcher/rule_draft.h"

#define FW_RULE_LINE_SIZE 8192 /* bytes, with the terminating zero */

/*
 * One line, without its end, which is changed. *is_empty: there is no rule in it, and *draft is
 * untouched. FW_USAGE says what is wrong, without naming the line; *draft is then not to be used.
 * Rules about a process id are refused: a file outlives processes.
 */
enum fw_status fw_rule_line_parse(char *line, struct fw_rule_draft *draft, bool *is_empty,
	struct fw_error *error);

struct fw_rule_place {
	uint32_t line; /* from 1 */
	bool force;    /* the line says --force */
};

struct fw_rule_file {
	struct fw_rule *rules; /* as fw_rule_draft_expand() makes them */
	struct fw_rule_place *places;
	size_t count, capacity;
};

/* All rules of a file or none: FW_MALFORMED names file (as `name`), line and text of the first that
 * is wrong. now_ns: ns since boot. *rules is written on FW_OK; release it with
 * fw_rule_file_done(). */
enum fw_status fw_rule_file_read(FILE *file, const char *name, uint64_t now_ns,
	struct fw_rule_file *rules, struct fw_error *error);
void fw_rule_file_done(struct fw_rule_file *rules);

/* FW_MALFORMED: two lines limit the same target. */
enum fw_status fw_rule_file_check(const struct fw_rule_file *rules, const char *name,
	struct fw_error *error);

#endif
