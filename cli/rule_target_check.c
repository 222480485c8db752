/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What rule_target.h says of every system. */
#include "cli/rule_target.h"

#include "lib/host/host.h"

#include <stdio.h>
#include <string.h>

enum fw_status fw_rule_target_set_path(struct fw_rule *rule, const char *real, bool tell,
	const char *others, struct fw_error *error)
{
	if (strlen(real) >= sizeof(rule->text))
		return fw_error_set(error, FW_USAGE,
			"'%.60s' is '%.60s...', which is longer than the %d bytes a rule has for it; use "
			"another target, as %s",
			rule->text, real, FW_RULE_TEXT_SIZE - 1, others);
	if (tell)
		fprintf(stderr, "flowwatcher: %s is %s: the rule is about that\n", rule->text,
			real);
	memset(rule->text, 0, sizeof(rule->text));
	memcpy(rule->text, real, strlen(real));
	return FW_OK;
}

enum fw_status fw_rule_target_runs(const struct fw_rule *rule, struct fw_error *error)
{
	struct fw_process process;
	enum fw_status status;

	if (rule->target != FW_RULE_PID)
		return FW_OK;
	status = fw_host_process(rule->pid, &process, error);
	if (status == FW_OK && !fw_host_process_runs(rule->pid, process.start_ns))
		return fw_error_set(error, FW_NOT_FOUND,
			"process %u has ended (list processes with `%s`)", rule->pid,
			fw_host_list_command);
	return status;
}
