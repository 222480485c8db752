/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which rules are about a process, and which of them refuses what it is about to do, for a kernel
 * side that has its rules as abi/rule.h describes them. Of the rules of one action that match,
 * those of the most specific target count and no others; of ancestors with rules on their pid the
 * nearest. No allocation, clock or lock; callable from anywhere.
 */
#ifndef FW_CORE_RULE_JUDGE_H
#define FW_CORE_RULE_JUDGE_H

#include "abi/rule.h"

#define FW_RULE_MAX_ANCESTORS 32 /* the process itself is one of them */
#define FW_RULE_MAX_CHOSEN 16	 /* of one target, as on every kernel side */
#define FW_RULE_NO_RANK UINT32_MAX

struct fw_rule_ancestor {
	uint64_t start_ns;
	uint32_t pid;
};

/* Who a rule may be about. Texts are as long as they say and in the form in which the kernel side
 * compares them (on Windows without case); empty: not known, and no rule is about it. */
struct fw_rule_subject {
	const struct fw_rule_ancestor *lineage; /* first the process, then its parent, and so on */
	uint32_t generations;			/* how many of them are known */
	uint32_t exe_length;			/* bytes */
	uint32_t comm_length;
	const char *exe;
	const char *comm;
};

/* A rule as a kernel side keeps it: beside the rule its text as it is to be compared. */
struct fw_rule_entry {
	struct fw_rule rule;
	uint32_t text_length; /* bytes, without a terminating zero */
	char text[FW_RULE_TEXT_SIZE];
};

/* What somebody is about to do. */
struct fw_rule_peer {
	uint8_t address[16]; /* network byte order; IPv4 in the first four bytes */
	uint16_t port;	     /* host byte order */
	uint8_t family;	     /* enum fw_family; FW_FAMILY_NONE: not known */
	uint8_t operation;   /* enum fw_blocked_operation */
	bool is_incoming;    /* what others began */
};

static inline bool fw_rule_has_ended(const struct fw_rule *rule, uint64_t now_ns)
{
	return rule->ends_ns && now_ns >= rule->ends_ns;
}

static inline bool fw_rule_text_is(
	const struct fw_rule_entry *entry, const char *text, uint32_t length)
{
	if (!length || entry->text_length != length)
		return false;
	for (uint32_t i = 0; i < length; i++)
		if (entry->text[i] != text[i])
			return false;
	return true;
}

/* How many generations up the rule's process is; FW_RULE_NO_RANK: it is none of them. */
static inline uint32_t fw_rule_pid_rank(
	const struct fw_rule *rule, const struct fw_rule_subject *subject)
{
	uint32_t last = rule->flags & FW_RULE_NO_CHILDREN ? 1 : subject->generations;

	for (uint32_t i = 0; i < last && i < subject->generations; i++)
		if (subject->lineage[i].pid == rule->pid &&
			subject->lineage[i].start_ns == rule->start_ns)
			return i;
	return FW_RULE_NO_RANK;
}

/* How specific the rule is for this process, the lowest number most; FW_RULE_NO_RANK: it is not
 * about it. */
static inline uint32_t fw_rule_rank(
	const struct fw_rule_entry *entry, const struct fw_rule_subject *subject)
{
	const uint32_t behind_pids = FW_RULE_MAX_ANCESTORS;

	switch (entry->rule.target) {
	case FW_RULE_PID:
		return fw_rule_pid_rank(&entry->rule, subject);
	case FW_RULE_EXE:
		return fw_rule_text_is(entry, subject->exe, subject->exe_length)
			       ? behind_pids + FW_RULE_EXE
			       : FW_RULE_NO_RANK;
	case FW_RULE_COMM:
		return fw_rule_text_is(entry, subject->comm, subject->comm_length)
			       ? behind_pids + FW_RULE_COMM
			       : FW_RULE_NO_RANK;
	default:
		return FW_RULE_NO_RANK;
	}
}

/* Rules of one action that count for a process. */
struct fw_rule_choice {
	uint32_t count;
	uint32_t rank; /* of all of them */
	uint64_t
		ends_ns; /* when the first of them ends by itself, and others may count; 0: never */
	uint16_t chosen[FW_RULE_MAX_CHOSEN]; /* indexes, as fw_rule_consider() was told */
};

static inline void fw_rule_choice_init(struct fw_rule_choice *choice)
{
	choice->count = 0;
	choice->rank = FW_RULE_NO_RANK;
	choice->ends_ns = 0;
}

/* Take the rule with this index in, if it counts beside or above those that were considered before.
 */
static inline void fw_rule_consider(struct fw_rule_choice *choice,
	const struct fw_rule_entry *entry, uint16_t index, const struct fw_rule_subject *subject,
	uint64_t now_ns)
{
	uint32_t rank = fw_rule_has_ended(&entry->rule, now_ns) ? FW_RULE_NO_RANK
								: fw_rule_rank(entry, subject);

	if (rank == FW_RULE_NO_RANK || rank > choice->rank)
		return;
	if (rank < choice->rank)
		fw_rule_choice_init(choice);
	if (choice->count == FW_RULE_MAX_CHOSEN)
		return;
	choice->rank = rank;
	choice->chosen[choice->count++] = index;
	if (entry->rule.ends_ns && (!choice->ends_ns || entry->rule.ends_ns < choice->ends_ns))
		choice->ends_ns = entry->rule.ends_ns;
}

static inline bool fw_rule_is_loopback(const struct fw_rule_peer *peer)
{
	uint8_t others = 0;

	if (peer->family == FW_FAMILY_IPV4)
		return peer->address[0] == 127;
	if (peer->family != FW_FAMILY_IPV6)
		return false;
	for (int i = 0; i < 15; i++)
		others |= peer->address[i];
	return !others && peer->address[15] == 1;
}

static inline bool fw_rule_prefix_has(const struct fw_rule *rule, const struct fw_rule_peer *peer)
{
	uint32_t bits = rule->prefix_length, bytes = bits / 8;
	uint8_t mask = (uint8_t)(0xff00u >> bits % 8);

	if (rule->prefix_family == FW_FAMILY_NONE)
		return true;
	if (rule->prefix_family != peer->family || bits > 128)
		return false;
	for (uint32_t i = 0; i < bytes; i++)
		if (rule->prefix[i] != peer->address[i])
			return false;
	return bits % 8 == 0 || !((rule->prefix[bytes] ^ peer->address[bytes]) & mask);
}

static inline bool fw_rule_port_has(const struct fw_rule *rule, const struct fw_rule_peer *peer)
{
	if (!rule->first_port && rule->last_port == UINT16_MAX)
		return true;
	return peer->port >= rule->first_port && peer->port <= rule->last_port;
}

/* Does a rule that is about the process refuse this? A peer that is not known is in no prefix, and
 * not loopback. */
static inline bool fw_rule_refuses(
	const struct fw_rule *rule, const struct fw_rule_peer *peer, uint64_t now_ns)
{
	uint32_t only = peer->is_incoming ? FW_RULE_ONLY_OUTGOING : FW_RULE_ONLY_INCOMING;

	if (fw_rule_has_ended(rule, now_ns) || rule->flags & only)
		return false;
	if (rule->flags & FW_RULE_ALLOW_LOOPBACK && fw_rule_is_loopback(peer))
		return false;
	return fw_rule_prefix_has(rule, peer) && fw_rule_port_has(rule, peer);
}

#endif
