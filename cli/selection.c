/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/selection.h"

#include "lib/grow.h"
#include "lib/host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum fw_status fw_selection_add(struct fw_selection *selection, const char *text,
	struct fw_error *error)
{
	struct fw_target *targets;
	enum fw_status status;

	targets = fw_grow(
		selection->targets, selection->count, &selection->capacity, sizeof(*targets));
	if (!targets)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for target '%s'", text);
	selection->targets = targets;
	status = fw_target_parse(text, &targets[selection->count], error);
	if (status != FW_OK)
		return status;
	if (targets[selection->count].kind == FW_TARGET_PID && !fw_host_source() &&
		!fw_host_has_pid(targets[selection->count].id))
		return fw_error_set(error, FW_NOT_FOUND, "there is no process %u",
			targets[selection->count].id);
	selection->count++;
	return FW_OK;
}

enum fw_status fw_selection_add_pid(struct fw_selection *selection, const char *pid,
	struct fw_error *error)
{
	char target[64];

	if (!*pid || snprintf(target, sizeof(target), "pid:%s", pid) >= (int)sizeof(target))
		return fw_error_set(error, FW_USAGE, "'%.40s' is not a process id", pid);
	return fw_selection_add(selection, target, error);
}

void fw_selection_done(struct fw_selection *selection)
{
	free(selection->targets);
	memset(selection, 0, sizeof(*selection));
}

bool fw_selection_has(const struct fw_selection *selection, const struct fw_process *process)
{
	for (size_t i = 0; i < selection->count; i++)
		if (fw_target_matches(&selection->targets[i], process))
			return true;
	return !selection->count;
}

static bool needs_more_than_name(const struct fw_selection *selection)
{
	for (size_t i = 0; i < selection->count; i++)
		if (selection->targets[i].kind != FW_TARGET_PID &&
			selection->targets[i].kind != FW_TARGET_COMM)
			return true;
	return false;
}

bool fw_selection_has_pid(const struct fw_selection *selection, uint32_t pid, const char *comm)
{
	struct fw_process process = { .pid = pid, .uid = UINT32_MAX };

	if (!selection->count)
		return true;
	/* Asking the system opens several files, so it comes last. */
	if (!needs_more_than_name(selection) || fw_host_process(pid, &process, NULL) != FW_OK)
		snprintf(process.comm, sizeof(process.comm), "%.*s", FW_COMM_SIZE - 1, comm);
	return fw_selection_has(selection, &process);
}
