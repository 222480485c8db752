/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The processes a command is about: -p/--pid and --target, given any number of times. One
 * thread. */
#ifndef FW_CLI_SELECTION_H
#define FW_CLI_SELECTION_H

#include "flowwatcher/target.h"

struct fw_selection {
	struct fw_target *targets;
	size_t count, capacity;
};

/* FW_USAGE: not a target; FW_NOT_FOUND: a pid that does not exist. */
enum fw_status fw_selection_add(struct fw_selection *selection, const char *target,
	struct fw_error *error);
/* The same for the value of --pid. */
enum fw_status fw_selection_add_pid(struct fw_selection *selection, const char *pid,
	struct fw_error *error);
void fw_selection_done(struct fw_selection *selection);

/* An empty selection has every process. */
bool fw_selection_has(const struct fw_selection *selection, const struct fw_process *process);

/* The same for a process that is known by its pid and name only; the rest is asked of the
 * system. */
bool fw_selection_has_pid(const struct fw_selection *selection, uint32_t pid, const char *comm);

#endif
