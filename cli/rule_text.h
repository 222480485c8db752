/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rules as text for people. One thread. */
#ifndef FW_CLI_RULE_TEXT_H
#define FW_CLI_RULE_TEXT_H

#include "cli/rule_list.h"
#include "cli/rule_match.h"

#define FW_ENDS_TEXT_SIZE 32

/* "9 min 59 s", "2 d 3 h", of a time still to go. Returns `text`. */
char *fw_rule_ends_text(uint64_t left_ns, char *text, size_t size);

/* "rule 3: block exe:/usr/bin/curl; in force for 2 processes: curl 4711, curl 4712". now_ns: ns
 * since boot. */
void fw_rule_print_made(
	const struct fw_rule *rule, const struct fw_rule_match *match, uint64_t now_ns);

/* The table of `rules`. False: out of memory. */
bool fw_rule_print_table(const struct fw_rule_list *list, uint64_t now_ns);

/* The table of --dry-run. False: out of memory. */
bool fw_rule_print_match(const struct fw_rule_match *match);

#endif
