/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rules (abi/rule.h) as words: their targets, comparing them, and their text. Callable from any
 * thread. */
#ifndef FLOWWATCHER_RULE_WORDS_H
#define FLOWWATCHER_RULE_WORDS_H

#include "abi/rule.h"
#include "flowwatcher/prefix.h"
#include "flowwatcher/target.h"
#include "flowwatcher/text_codec.h"

#define FW_RULE_TARGET_SIZE (FW_RULE_TEXT_SIZE + 16) /* of "exe:/usr/bin/curl" */
#define FW_RULE_WORDS_SIZE  (FW_SHELL_QUOTED_SIZE(FW_RULE_TARGET_SIZE) + 256)

/* Write a target ("exe:/usr/bin/curl") into target, pid, uid and text of a rule; of comm: what
 * Linux keeps of a name. FW_USAGE: it is none, or its text is longer than a rule's; *rule is then
 * untouched. */
enum fw_status fw_rule_set_target(struct fw_rule *rule, const char *text, struct fw_error *error);

/* Are both about the same processes? A pid: rule is compared by pid, and by start_ns where both
 * have it. */
bool fw_rule_same_target(const struct fw_rule *a, const struct fw_rule *b);

/* The target, to ask whether processes match. */
void fw_rule_target(const struct fw_rule *rule, struct fw_target *target);

/* "exe:/usr/bin/curl"; FW_RULE_TARGET_SIZE bytes are enough. Returns `text`. */
char *fw_rule_target_text(const struct fw_rule *rule, char *text, size_t size);

/* Peers of a block. False: every peer; *peers is then untouched. */
bool fw_rule_peers(const struct fw_rule *rule, struct fw_prefix *peers);

/* Does a block refuse everything, both ways and for every peer but perhaps those on loopback? */
bool fw_rule_blocks_all(const struct fw_rule *rule);

/* The rule in the words of the command line, quoted as for a shell: "block exe:/usr/bin/curl --to
 * 10.0.0.0/8"; without when it ends. FW_RULE_WORDS_SIZE bytes are enough. Returns `text`. */
char *fw_rule_words(const struct fw_rule *rule, char *text, size_t size);

#endif
