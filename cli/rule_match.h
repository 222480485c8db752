/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which running processes a rule is about. One thread. */
#ifndef FW_CLI_RULE_MATCH_H
#define FW_CLI_RULE_MATCH_H

#include "flowwatcher/rule_words.h"

struct fw_rule_match {
	struct fw_process *processes; /* by pid */
	size_t count, capacity;
	bool no_memory;
};

/* Every process that the rule matches, descendants of a pid: target included; kernel threads are
 * left out. Release *match with fw_rule_match_done(), also after a failure. */
enum fw_status fw_rule_match(const struct fw_rule *rule, struct fw_rule_match *match,
	struct fw_error *error);
void fw_rule_match_done(struct fw_rule_match *match);

/* The processes on which the caller hangs: itself, its parents as far as pid 1, and pid 1. */
struct fw_rule_lifeline;

/* NULL: *error says why. */
struct fw_rule_lifeline *fw_rule_lifeline_new(struct fw_error *error);
void fw_rule_lifeline_free(struct fw_rule_lifeline *lifeline);

/* The first of them that the rule matches; NULL: none. */
const struct fw_process *fw_rule_lifeline_hit(const struct fw_rule_lifeline *lifeline,
	const struct fw_rule *rule);

/* FW_FAILED, and which process and which rule, if there is one. */
enum fw_status fw_rule_lifeline_check(const struct fw_rule_lifeline *lifeline,
	const struct fw_rule *rule, struct fw_error *error);

#endif
