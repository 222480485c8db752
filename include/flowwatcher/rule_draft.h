/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A rule while it is put together from the words of a command line or of a line in a file of rules.
 * The same words mean the same in both. Callable from any thread; one thread uses one draft.
 *
 * Sequence: a draft with rule.action set and all else 0; fw_rule_draft_target() and
 * fw_rule_draft_option() in any order; fw_rule_draft_check(); fw_rule_draft_expand().
 */
#ifndef FLOWWATCHER_RULE_DRAFT_H
#define FLOWWATCHER_RULE_DRAFT_H

#include "flowwatcher/rule_words.h"

#define FW_RULE_PEERS 16 /* blocks of one target that the kernel side keeps */

struct fw_rule_draft {
	struct fw_rule rule; /* but for its peers and its end */
	struct fw_prefix peers[FW_RULE_PEERS];
	size_t peer_count;
	uint64_t lasts_ns; /* 0: for good */
	bool force;	   /* whatever it matches */
};

enum fw_status fw_rule_draft_target(struct fw_rule_draft *draft, const char *text,
	struct fw_error *error);

enum fw_rule_option { FW_RULE_OPTION_NONE, FW_RULE_OPTION_ALONE, FW_RULE_OPTION_VALUE };

/* Has a rule of this action an option of this name ("to", without dashes), and does it take a
 * value? */
enum fw_rule_option fw_rule_draft_has_option(uint16_t action, const char *name);

/* Take such an option; `value` is NULL for one that takes none. */
enum fw_status fw_rule_draft_option(
	struct fw_rule_draft *draft, const char *name, const char *value, struct fw_error *error);

/* After all words: does something lack, does something contradict? */
enum fw_status fw_rule_draft_check(const struct fw_rule_draft *draft, struct fw_error *error);

/* The rules that it stands for: one, or one for each --to. now_ns: ns since boot. Returns how
 * many. */
size_t fw_rule_draft_expand(const struct fw_rule_draft *draft, uint64_t now_ns,
	struct fw_rule rules[FW_RULE_PEERS]);

#endif
