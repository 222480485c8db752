/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/rule_draft.h"

#include <string.h>

#include "flowwatcher/duration.h"
#include "flowwatcher/rate.h"

#define SHORTEST_NS 1000000000ull
#define LONGEST_NS  (3650 * 86400ull * 1000000000ull)

enum word { TO, UP, DOWN, FOR, FLAG, FORCE };

static const struct option_word {
	const char *name;
	enum word word;
	uint16_t action; /* 0: of every rule */
	uint32_t flag;
} options[] = {
	{ "to", TO, FW_RULE_BLOCK },
	{ "up", UP, FW_RULE_LIMIT },
	{ "down", DOWN, FW_RULE_LIMIT },
	{ "for", FOR },
	{ "only-incoming", FLAG, FW_RULE_BLOCK, FW_RULE_ONLY_INCOMING },
	{ "only-outgoing", FLAG, FW_RULE_BLOCK, FW_RULE_ONLY_OUTGOING },
	{ "allow-loopback", FLAG, FW_RULE_BLOCK, FW_RULE_ALLOW_LOOPBACK },
	{ "no-children", FLAG, FW_RULE_BLOCK, FW_RULE_NO_CHILDREN },
	{ "no-children", FLAG, FW_RULE_LIMIT, FW_RULE_NO_CHILDREN },
	{ "force", FORCE },
};

static const struct option_word *find(uint16_t action, const char *name)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(options); i++)
		if (strcmp(options[i].name, name) == 0 &&
			(!options[i].action || options[i].action == action))
			return &options[i];
	return NULL;
}

enum fw_rule_option fw_rule_draft_has_option(uint16_t action, const char *name)
{
	const struct option_word *option = find(action, name);

	if (!option)
		return FW_RULE_OPTION_NONE;
	return option->word == FLAG || option->word == FORCE ? FW_RULE_OPTION_ALONE :
							       FW_RULE_OPTION_VALUE;
}

enum fw_status fw_rule_draft_target(struct fw_rule_draft *draft, const char *text,
	struct fw_error *error)
{
	if (draft->rule.target)
		return fw_error_set(error, FW_USAGE,
			"'%.100s' is one target too many; a rule has one", text);
	return fw_rule_set_target(&draft->rule, text, error);
}

static enum fw_status add_peers(
	struct fw_rule_draft *draft, const char *text, struct fw_error *error)
{
	struct fw_prefix peers;
	enum fw_status status = fw_prefix_parse(text, &peers, error);

	if (status != FW_OK)
		return status;
	if (draft->peer_count == FW_RULE_PEERS)
		return fw_error_set(error, FW_USAGE,
			"--to %.80s is one too many; a target has at most %d", text, FW_RULE_PEERS);
	draft->peers[draft->peer_count++] = peers;
	return FW_OK;
}

static enum fw_status set_duration(struct fw_rule_draft *draft, const char *text,
	struct fw_error *error)
{
	uint64_t lasts_ns;
	enum fw_status status = fw_duration_parse(text, &lasts_ns, error);

	if (status != FW_OK)
		return status;
	if (lasts_ns < SHORTEST_NS || lasts_ns > LONGEST_NS)
		return fw_error_set(
			error, FW_USAGE, "time '%.60s' is not between 1s and 3650d", text);
	draft->lasts_ns = lasts_ns;
	return FW_OK;
}

enum fw_status fw_rule_draft_option(
	struct fw_rule_draft *draft, const char *name, const char *value, struct fw_error *error)
{
	const struct option_word *option = find(draft->rule.action, name);

	if (!option)
		return fw_error_set(error, FW_USAGE, "unknown option '--%.60s'", name);
	switch (option->word) {
	case TO:
		return add_peers(draft, value, error);
	case UP:
		return fw_rate_parse(value, &draft->rule.sent_rate, error);
	case DOWN:
		return fw_rate_parse(value, &draft->rule.received_rate, error);
	case FOR:
		return set_duration(draft, value, error);
	case FLAG:
		draft->rule.flags |= option->flag;
		return FW_OK;
	case FORCE:
		draft->force = true;
		return FW_OK;
	}
	return FW_OK;
}

enum fw_status fw_rule_draft_check(const struct fw_rule_draft *draft, struct fw_error *error)
{
	const uint32_t both = FW_RULE_ONLY_INCOMING | FW_RULE_ONLY_OUTGOING;
	const struct fw_rule *rule = &draft->rule;

	if (!rule->target)
		return fw_error_set(error, FW_USAGE,
			"no target given; write for example exe:/usr/bin/curl");
	if ((rule->flags & FW_RULE_NO_CHILDREN) && rule->target != FW_RULE_PID)
		return fw_error_set(error, FW_USAGE,
			"--no-children is for pid: targets; of all others children are matched by what "
			"they are themselves");
	if ((rule->flags & both) == both)
		return fw_error_set(error, FW_USAGE,
			"--only-incoming and --only-outgoing contradict each other; without either both "
			"are blocked");
	if (rule->action == FW_RULE_LIMIT && !rule->sent_rate && !rule->received_rate)
		return fw_error_set(error, FW_USAGE,
			"nothing is limited; give --up RATE, --down RATE or both, as in --down 2MB/s");
	return FW_OK;
}

static void set_peers(struct fw_rule *rule, const struct fw_prefix *peers)
{
	memcpy(rule->prefix, peers->address, sizeof(rule->prefix));
	rule->prefix_family = peers->family;
	rule->prefix_length = peers->length;
	rule->first_port = peers->first_port;
	rule->last_port = peers->last_port;
}

size_t fw_rule_draft_expand(const struct fw_rule_draft *draft, uint64_t now_ns,
	struct fw_rule rules[FW_RULE_PEERS])
{
	size_t count = draft->peer_count ? draft->peer_count : 1;

	for (size_t i = 0; i < count; i++) {
		rules[i] = draft->rule;
		if (rules[i].action == FW_RULE_BLOCK)
			rules[i].last_port = FW_LAST_PORT;
		rules[i].ends_ns = draft->lasts_ns ? now_ns + draft->lasts_ns : 0;
		if (draft->peer_count)
			set_peers(&rules[i], &draft->peers[i]);
	}
	return count;
}
