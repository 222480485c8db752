/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/rule_resolve.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

struct search {
	uint32_t pid;
	uint64_t start_ns; /* 0: not found yet */
};

static bool compare(const void *row, void *argument)
{
	const struct fw_process_create_record *process = row;
	struct search *search = argument;

	if (process->pid == search->pid)
		search->start_ns = process->start_ns;
	return true;
}

/* The kernel side knows a process's start to the nanosecond; /proc rounds it. */
static enum fw_status find_start(const struct fw_kernel_side *side, struct fw_rule *rule,
	struct fw_error *error)
{
	struct search search = { .pid = rule->pid };
	int result = fw_kernel_side_rows(side, FW_ITERATOR_PROCESSES,
		sizeof(struct fw_process_create_record), compare, &search);

	if (result)
		return fw_error_set_errno(error, result, "listing the processes");
	if (!search.start_ns)
		return fw_error_set(error, FW_NOT_FOUND,
			"there is no process %u any more; 'ps' shows those that run", rule->pid);
	rule->start_ns = search.start_ns;
	return FW_OK;
}

/* Device numbers as the kernel packs them inside itself. */
static void find_file(struct fw_rule *rule)
{
	struct stat file;

	rule->device = rule->inode = 0;
	if (stat(rule->text, &file))
		return;
	rule->device = (uint64_t)major(file.st_dev) << 20 | minor(file.st_dev);
	rule->inode = file.st_ino;
}

enum fw_status fw_rule_resolve(const struct fw_kernel_side *side, struct fw_rule *rule,
	struct fw_error *error)
{
	if (rule->target == FW_RULE_PID)
		return find_start(side, rule, error);
	if (rule->target == FW_RULE_EXE)
		find_file(rule);
	return FW_OK;
}
