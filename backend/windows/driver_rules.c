/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/windows/driver_rules.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "abi/control.h"
#include "backend/windows/device_rows.h"
#include "backend/windows/driver_abilities.h"
#include "backend/windows/record_tidy.h"
#include "lib/host/host.h"

/* What this driver has no way to do is refused before anything is asked of it. */
static enum fw_status check_rule(const struct fw_rule *rule, struct fw_error *error)
{
	if (rule->target != FW_RULE_PID && rule->target != FW_RULE_EXE && rule->target != FW_RULE_COMM)
		return fw_error_set(error, FW_UNSUPPORTED,
			"not on Windows: rules about cgroups, units and users; give pid:, exe: or comm:");
	return FW_OK;
}

static bool has_action(const struct fw_rule *rules, size_t count, uint16_t action)
{
	for (size_t i = 0; i < count; i++)
		if (rules[i].action == action)
			return true;
	return false;
}

static enum fw_status check_denials(struct fw_device_channel *channel, const struct fw_rule *rules, size_t count,
	struct fw_error *error)
{
	return has_action(rules, count, FW_RULE_DENY) ? fw_driver_check_denials(channel, error) : FW_OK;
}

/* As the driver is to have it; what the caller gave stays as it is. */
static enum fw_status prepare(const struct fw_drive_table *drives, const struct fw_rule *from,
	struct fw_rule *rule, struct fw_error *error)
{
	struct fw_process process;
	enum fw_status status = check_rule(from, error);

	*rule = *from;
	if (rule->action == FW_RULE_LIMIT)
		rule->last_port = UINT16_MAX; /* a limit is about every peer */
	if (status == FW_OK && rule->target == FW_RULE_PID) {
		status = fw_host_process(rule->pid, &process, error);
		rule->start_ns = process.start_ns;
	}
	if (status != FW_OK || rule->target != FW_RULE_EXE)
		return status;
	memset(rule->text, 0, sizeof(rule->text));
	if (!fw_nt_path_from_dos(drives, from->text, rule->text, sizeof(rule->text)))
		return fw_error_set(error, FW_USAGE,
			"'%.100s' is no path with a drive that fits a rule; give another target, as comm:",
			from->text);
	return FW_OK;
}

/* What came back is the driver's word for what is in force. */
static enum fw_status take_answer(const struct fw_control_rules *asked, uint32_t asked_size,
	const struct fw_control_rules *answer, uint32_t length, struct fw_error *error)
{
	const struct fw_rule *made = (const void *)(answer + 1);

	if (length < asked_size || answer->size != sizeof(*answer) || answer->count != asked->count)
		goto malformed;
	for (uint32_t i = 0; i < answer->count; i++)
		if (!made[i].id)
			goto malformed;
	return FW_OK;
malformed:
	return fw_error_set(error, FW_MALFORMED,
		"the driver's answer to new rules is not as it must be; see 'flowwatcher rules' for what is in "
		"force, and load a driver of this version");
}

/* What check_rule() lets pass every driver takes, but that the first ones had no limits. */
static enum fw_status call_add(struct fw_device_channel *channel, const struct fw_control_rules *asked, void *answer,
	uint32_t size, uint32_t *returned, struct fw_error *error)
{
	enum fw_status status = fw_device_call(channel, FW_CONTROL_RULES_ADD, asked, size, answer, size, returned,
		"adding rules", error);

	if (status != FW_UNSUPPORTED || !has_action((const void *)(asked + 1), asked->count, FW_RULE_LIMIT))
		return status;
	return fw_error_set(error, FW_UNSUPPORTED,
		"the loaded driver limits no rates, it is older than this program; 'flowwatcher unload' it, then "
		"'flowwatcher load' this one. 'flowwatcher block' cuts a process off meanwhile");
}

enum fw_status fw_driver_rules_add(struct fw_device_channel *channel, const struct fw_drive_table *drives,
	struct fw_rule *rules, size_t count, struct fw_error *error)
{
	const struct fw_control_rules header = { .size = sizeof(header), .count = (uint32_t)count };
	uint32_t size = (uint32_t)(sizeof(header) + count * sizeof(*rules)), returned;
	struct fw_control_rules *asked, *answer;
	struct fw_rule *sent;
	enum fw_status status = FW_OK;

	if (count > FW_CONTROL_RULES_AT_ONCE)
		return fw_error_set(error, FW_USAGE, "%zu rules are more than the %d the driver takes at once",
			count, FW_CONTROL_RULES_AT_ONCE);
	asked = calloc(2, size);
	if (!asked)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu rules", count);
	answer = (void *)((uint8_t *)asked + size);
	*asked = header;
	sent = (void *)(asked + 1);
	for (size_t i = 0; i < count && status == FW_OK; i++)
		status = prepare(drives, &rules[i], &sent[i], error);
	if (status == FW_OK)
		status = check_denials(channel, rules, count, error);
	if (status == FW_OK)
		status = call_add(channel, asked, answer, size, &returned, error);
	if (status == FW_OK)
		status = take_answer(asked, size, answer, returned, error);
	if (status == FW_OK) {
		memcpy(rules, answer + 1, count * sizeof(*rules));
		for (size_t i = 0; i < count; i++)
			fw_rule_tidy(&rules[i], drives);
	}
	free(asked);
	return status;
}

enum fw_status fw_driver_rules_remove(struct fw_device_channel *channel, const uint32_t *ids,
	size_t count, struct fw_error *error)
{
	uint32_t size = (uint32_t)(sizeof(struct fw_control_rule_ids) + count * sizeof(*ids)), returned;
	struct fw_control_rule_ids *asked;
	enum fw_status status;

	if (count > FW_CONTROL_RULES_MAX)
		return fw_error_set(error, FW_NOT_FOUND, "there are never as many as %zu rules", count);
	asked = malloc(size);
	if (!asked)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu rules", count);
	asked->size = sizeof(*asked);
	asked->count = (uint32_t)count;
	memcpy(asked + 1, ids, count * sizeof(*ids));
	status = fw_device_call(channel, FW_CONTROL_RULES_REMOVE, asked, size, NULL, 0, &returned,
		"removing rules", error);
	free(asked);
	return status;
}

struct listing {
	const struct fw_drive_table *drives;
	fw_rule_fn row;
	void *argument;
};

static bool hand_rule(void *row, void *argument)
{
	const struct listing *listing = argument;
	struct fw_control_rule *rule = row;

	fw_rule_tidy(&rule->rule, listing->drives);
	return listing->row(&rule->rule, &rule->counters, listing->argument);
}

enum fw_status fw_driver_rules(struct fw_device_channel *channel, const struct fw_drive_table *drives,
	fw_rule_fn row, void *argument, struct fw_error *error)
{
	struct listing listing = { drives, row, argument };
	const struct fw_rows_request request = {
		.function = FW_CONTROL_RULES,
		.row_size = sizeof(struct fw_control_rule),
		.what = "listing the rules",
		.row = hand_rule,
		.argument = &listing,
	};

	return fw_device_rows(channel, &request, error);
}
