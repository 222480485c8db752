/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/rule_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "flowwatcher/names.h"
#include "flowwatcher/rate.h"
#include "flowwatcher/user.h"
#include "lib/host/path.h"

static const uint16_t rule_targets[] = {
	[FW_TARGET_PID] = FW_RULE_PID,
	[FW_TARGET_EXE] = FW_RULE_EXE,
	[FW_TARGET_COMM] = FW_RULE_COMM,
	[FW_TARGET_CGROUP] = FW_RULE_CGROUP,
	[FW_TARGET_UNIT] = FW_RULE_UNIT,
	[FW_TARGET_USER] = FW_RULE_USER,
};

static const struct {
	const char *prefix;
	enum fw_target_kind kind;
} targets[FW_RULE_TARGET_COUNT] = {
	[FW_RULE_PID] = { "pid:", FW_TARGET_PID },
	[FW_RULE_EXE] = { "exe:", FW_TARGET_EXE },
	[FW_RULE_COMM] = { "comm:", FW_TARGET_COMM },
	[FW_RULE_CGROUP] = { "cgroup:", FW_TARGET_CGROUP },
	[FW_RULE_UNIT] = { "unit:", FW_TARGET_UNIT },
	[FW_RULE_USER] = { "user:", FW_TARGET_USER },
};

enum fw_status fw_rule_set_target(struct fw_rule *rule, const char *text, struct fw_error *error)
{
	struct fw_target target;
	enum fw_status status = fw_target_parse(text, &target, error);
	size_t length;

	if (status != FW_OK)
		return status;
	length = strlen(target.text);
	if (target.kind == FW_TARGET_PID || target.kind == FW_TARGET_USER)
		length = 0;
	if (target.kind == FW_TARGET_COMM && length > FW_TARGET_COMM_LENGTH)
		length = FW_TARGET_COMM_LENGTH;
	if (length >= sizeof(rule->text))
		return fw_error_set(error, FW_USAGE,
			"target '%.60s...' is longer than the %d bytes a rule has for it; use another one, "
			"as comm: or unit:",
			text, FW_RULE_TEXT_SIZE - 1);
	rule->target = rule_targets[target.kind];
	rule->pid = target.kind == FW_TARGET_PID ? target.id : 0;
	rule->uid = target.kind == FW_TARGET_USER ? target.id : 0;
	memset(rule->text, 0, sizeof(rule->text));
	memcpy(rule->text, target.text, length);
	return FW_OK;
}

static bool same_start(uint64_t a, uint64_t b)
{
	return !a || !b || a == b;
}

bool fw_rule_same_target(const struct fw_rule *a, const struct fw_rule *b)
{
	if (a->target != b->target)
		return false;
	switch (a->target) {
	case FW_RULE_PID:
		return a->pid == b->pid && same_start(a->start_ns, b->start_ns);
	case FW_RULE_USER:
		return a->uid == b->uid;
	default:
		return fw_path_is_same(a->text, b->text, sizeof(a->text));
	}
}

/* A number that no version knows is nobody's target. */
static bool is_known(const struct fw_rule *rule)
{
	return rule->target < FW_RULE_TARGET_COUNT && targets[rule->target].prefix;
}

void fw_rule_target(const struct fw_rule *rule, struct fw_target *target)
{
	memset(target, 0, sizeof(*target));
	target->kind = is_known(rule) ? targets[rule->target].kind : FW_TARGET_PID;
	if (rule->target == FW_RULE_PID)
		target->id = rule->pid;
	if (rule->target == FW_RULE_USER)
		target->id = rule->uid;
	snprintf(target->text, sizeof(target->text), "%.*s", FW_RULE_TEXT_SIZE - 1, rule->text);
}

char *fw_rule_target_text(const struct fw_rule *rule, char *text, size_t size)
{
	const char *prefix = is_known(rule) ? targets[rule->target].prefix : "unknown:";
	const char *name;

	if (rule->target == FW_RULE_PID) {
		snprintf(text, size, "%s%u", prefix, rule->pid);
	} else if (rule->target != FW_RULE_USER) {
		snprintf(text, size, "%s%.*s", prefix, FW_RULE_TEXT_SIZE - 1, rule->text);
	} else {
		name = fw_user_find_name(rule->uid);
		if (name)
			snprintf(text, size, "%s%s", prefix, name);
		else
			snprintf(text, size, "%s%u", prefix, rule->uid);
	}
	return text;
}

bool fw_rule_peers(const struct fw_rule *rule, struct fw_prefix *peers)
{
	if (rule->prefix_family == FW_FAMILY_NONE)
		return false;
	*peers = (struct fw_prefix){
		.family = rule->prefix_family,
		.length = rule->prefix_length,
		.first_port = rule->first_port,
		.last_port = rule->last_port,
	};
	memcpy(peers->address, rule->prefix, sizeof(peers->address));
	return true;
}

bool fw_rule_blocks_all(const struct fw_rule *rule)
{
	return rule->action == FW_RULE_BLOCK && rule->prefix_family == FW_FAMILY_NONE &&
	       !(rule->flags & (FW_RULE_ONLY_INCOMING | FW_RULE_ONLY_OUTGOING));
}

struct words {
	char *text;
	size_t size, length;
};

static FW_PRINTF(2, 3) void put(struct words *words, const char *format, ...)
{
	va_list arguments;
	int written;

	va_start(arguments, format);
	written = vsnprintf(
		words->text + words->length, words->size - words->length, format, arguments);
	va_end(arguments);
	if (written > 0)
		words->length += (size_t)written;
	if (words->length >= words->size)
		words->length = words->size - 1;
}

static void put_rate(struct words *words, const char *option, uint64_t rate)
{
	char text[FW_RATE_TEXT_SIZE];

	if (rate)
		put(words, " %s %s", option, fw_rate_format(rate, text, sizeof(text)));
}

static void put_flags(struct words *words, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *option;
	} options[] = {
		{ FW_RULE_ONLY_INCOMING, "--only-incoming" },
		{ FW_RULE_ONLY_OUTGOING, "--only-outgoing" },
		{ FW_RULE_ALLOW_LOOPBACK, "--allow-loopback" },
		{ FW_RULE_NO_CHILDREN, "--no-children" },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(options); i++)
		if (flags & options[i].flag)
			put(words, " %s", options[i].option);
}

char *fw_rule_words(const struct fw_rule *rule, char *text, size_t size)
{
	char target[FW_RULE_TARGET_SIZE], quoted[FW_SHELL_QUOTED_SIZE(FW_RULE_TARGET_SIZE)];
	struct words words = { text, size, 0 };
	char peers_text[FW_PREFIX_TEXT_SIZE];
	struct fw_prefix peers;

	if (size == 0)
		return text;
	fw_rule_target_text(rule, target, sizeof(target));
	fw_shell_quote(target, strlen(target), quoted);
	put(&words, "%s %s", fw_rule_action_name(rule->action), quoted);
	if (rule->action == FW_RULE_LIMIT) {
		put_rate(&words, "--up", rule->sent_rate);
		put_rate(&words, "--down", rule->received_rate);
	}
	if (fw_rule_peers(rule, &peers))
		put(&words, " --to %s", fw_prefix_format(&peers, peers_text, sizeof(peers_text)));
	put_flags(&words, rule->flags);
	return text;
}
