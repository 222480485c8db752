/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/json_rules.h"

#include <json-c/json.h>
#include <string.h>

#include "flowwatcher/json_objects.h"
#include "flowwatcher/names.h"
#include "flowwatcher/rule_words.h"
#include "flowwatcher/user.h"

static void add_text(struct json_object *object, const char *key, const char *text)
{
	if (text)
		fw_json_add_text(object, key, text, strlen(text));
	else if (object)
		json_object_object_add(object, key, NULL);
}

static const char *direction(const struct fw_rule *rule)
{
	if (rule->flags & FW_RULE_ONLY_INCOMING)
		return "incoming";
	return rule->flags & FW_RULE_ONLY_OUTGOING ? "outgoing" : "both";
}

/* What only blocks have. */
static void add_block(struct json_object *object, const struct fw_rule *rule)
{
	char text[FW_PREFIX_TEXT_SIZE];
	struct fw_prefix peers;

	add_text(object, "to",
		fw_rule_peers(rule, &peers) ? fw_prefix_format(&peers, text, sizeof(text)) : NULL);
	add_text(object, "direction", direction(rule));
	fw_json_add_bool(object, "allow_loopback", rule->flags & FW_RULE_ALLOW_LOOPBACK);
}

/* What only one kind of target has. */
static void add_target(struct json_object *object, const struct fw_rule *rule)
{
	if (rule->target == FW_RULE_PID) {
		fw_json_add_number(object, "pid", rule->pid);
		fw_json_add_number(object, "start_ns", rule->start_ns);
		fw_json_add_bool(object, "children", !(rule->flags & FW_RULE_NO_CHILDREN));
		fw_json_add_bool(object, "process_gone", rule->flags & FW_RULE_PROCESS_GONE);
	}
	if (rule->target == FW_RULE_USER)
		fw_json_add_number(object, "uid", rule->uid);
	if (rule->target == FW_RULE_EXE)
		fw_json_add_bool(object, "file_exists", rule->device || rule->inode);
}

static void add_counters(struct json_object *object, const struct fw_rule_counters *counters)
{
	fw_json_add_number(object, "hits", counters->hits);
	fw_json_add_number(object, "bytes", counters->bytes);
	fw_json_add_number(object, "dropped", counters->dropped);
	fw_json_add_number(object, "sent", counters->sent);
	fw_json_add_number(object, "received", counters->received);
	fw_json_add_number(object, "current_sent_rate", counters->sent_rate);
	fw_json_add_number(object, "current_received_rate", counters->received_rate);
	fw_json_add_number(object, "processes", counters->processes);
}

struct json_object *fw_json_rule(
	const struct fw_rule *rule, const struct fw_rule_counters *counters, uint64_t time_ns)
{
	char target[FW_RULE_TARGET_SIZE], words[FW_RULE_WORDS_SIZE];
	struct json_object *object = fw_json_new("rule");

	fw_json_add_time(object, "time", time_ns);
	fw_json_add_number(object, "id", rule->id);
	add_text(object, "action", fw_rule_action_name(rule->action));
	add_text(object, "target", fw_rule_target_text(rule, target, sizeof(target)));
	fw_json_add_id(object, "sent_rate", rule->sent_rate, 0);
	fw_json_add_id(object, "received_rate", rule->received_rate, 0);
	add_counters(object, counters);
	fw_json_add_time(object, "made", rule->made_ns);
	fw_json_add_time(object, "ends", rule->ends_ns);
	if (rule->action == FW_RULE_BLOCK)
		add_block(object, rule);
	add_target(object, rule);
	add_text(object, "words", fw_rule_words(rule, words, sizeof(words)));
	return object;
}

struct json_object *fw_json_match(const struct fw_rule *rule, const struct fw_process *process)
{
	struct json_object *object = fw_json_new("match");
	char target[FW_RULE_TARGET_SIZE];

	add_text(object, "action", fw_rule_action_name(rule->action));
	add_text(object, "target", fw_rule_target_text(rule, target, sizeof(target)));
	fw_json_add_number(object, "pid", process->pid);
	fw_json_add_id(object, "parent_pid", process->parent_pid, 0);
	fw_json_add_number(object, "start_ns", process->start_ns);
	fw_json_add_bounded(object, "comm", process->comm, sizeof(process->comm));
	fw_json_add_bounded(object, "exe", process->exe, sizeof(process->exe));
	fw_json_add_id(object, "uid", process->uid, UINT32_MAX);
	add_text(object, "user", fw_user_find_name(process->uid));
	return object;
}
