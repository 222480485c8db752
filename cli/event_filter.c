/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/event_filter.h"

#include "cli/event_process.h"
#include "cli/event_types.h"
#include "core/record_check.h"
#include "lib/grow.h"
#include "lib/host/host.h"

#include <errno.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Start times from /proc have steps of this. */
#define COARSE_START_NS 10000000ull

/* The process that has a pid, or had it last. */
struct known {
	uint32_t pid;
	uint32_t parent_pid; /* 0: not known */
	uint64_t start_ns;   /* 0: not known */
	bool in_tree;
	bool is_target;
	bool departed;
};

static int by_pid(const void *left, const void *right)
{
	uint32_t a = ((const struct known *)left)->pid, b = ((const struct known *)right)->pid;

	return (a > b) - (a < b);
}

static struct known *find(const struct fw_event_filter *filter, uint32_t pid)
{
	const struct known key = { .pid = pid };
	struct known *const *node = tfind(&key, &filter->processes, by_pid);

	return node ? *node : NULL;
}

/* The entry of a pid, which is made if there is none; NULL: out of memory. */
static struct known *take(struct fw_event_filter *filter, uint32_t pid)
{
	struct known *made, *const *node;
	struct known *there = find(filter, pid);

	if (there)
		return there;
	made = calloc(1, sizeof(*made));
	if (made) {
		made->pid = pid;
		node = tsearch(made, &filter->processes, by_pid);
		if (node)
			return made;
	}
	free(made);
	filter->out_of_memory = true;
	return NULL;
}

static void forget(struct fw_event_filter *filter, struct known *known)
{
	tdelete(known, &filter->processes, by_pid);
	free(known);
}

static bool same_start(uint64_t a, uint64_t b)
{
	uint64_t apart = a > b ? a - b : b - a;

	return !a || !b || apart < COARSE_START_NS;
}

/* The entry of this very process, not of another one with its pid. */
static struct known *find_process(const struct fw_event_filter *filter, uint32_t pid,
	uint64_t start_ns)
{
	struct known *known = find(filter, pid);

	return known && same_start(known->start_ns, start_ns) ? known : NULL;
}

static bool is_wanted(const struct known *known)
{
	return known && (known->in_tree || known->is_target);
}

static bool is_root(const struct fw_event_filter *filter, uint32_t pid)
{
	for (size_t i = 0; i < filter->root_count; i++)
		if (filter->roots[i] == pid)
			return true;
	return false;
}

enum fw_status fw_event_filter_add_tree(struct fw_event_filter *filter, const char *pid,
	struct fw_error *error)
{
	struct fw_selection root = { 0 };
	enum fw_status status = fw_selection_add_pid(&root, pid, error);
	uint32_t *roots;

	if (status == FW_OK) {
		roots = fw_grow(
			filter->roots, filter->root_count, &filter->root_capacity, sizeof(*roots));
		if (roots) {
			filter->roots = roots;
			roots[filter->root_count++] = root.targets[0].id;
		} else {
			status = fw_error_set(error, FW_NO_MEMORY, "no memory for --tree %s", pid);
		}
	}
	fw_selection_done(&root);
	return status;
}

void fw_event_filter_done(struct fw_event_filter *filter)
{
	fw_selection_done(&filter->selection);
	free(filter->roots);
	tdestroy(filter->processes, free);
	free(filter->departed);
	memset(filter, 0, sizeof(*filter));
}

bool fw_event_filter_is_used(const struct fw_event_filter *filter)
{
	return filter->selection.count || filter->root_count;
}

uint64_t fw_event_filter_types(const struct fw_event_filter *filter)
{
	if (!fw_event_filter_is_used(filter))
		return 0;
	return FW_EVENT_TYPE_BIT(FW_RECORD_PROCESS_CREATE) |
	       FW_EVENT_TYPE_BIT(FW_RECORD_PROCESS_EXIT);
}

/*
 * A pid that is given means the process that had it then: `may_be_pid` is false for a process that
 * is known to have begun later. `cgroup` may be NULL: the system is asked.
 */
static bool is_target(const struct fw_event_filter *filter, const struct fw_process *process,
	const char *cgroup, bool may_be_pid)
{
	for (size_t i = 0; i < filter->selection.count; i++) {
		const struct fw_target *target = &filter->selection.targets[i];

		if (target->kind == FW_TARGET_PID && !may_be_pid)
			continue;
		if (cgroup ? fw_target_matches_in(target, process, cgroup) :
			     fw_target_matches(target, process))
			return true;
	}
	return false;
}

bool fw_event_filter_add(struct fw_event_filter *filter, const struct fw_process *process)
{
	bool is_reused = find(filter, process->pid);
	bool is_new = !find_process(filter, process->pid, process->start_ns);
	struct known *known = take(filter, process->pid);

	if (!known)
		return false;
	if (!is_new)
		return true;
	*known = (struct known){
		.pid = process->pid,
		.parent_pid = process->parent_pid,
		.start_ns = process->start_ns,
		.in_tree = !is_reused && is_root(filter, process->pid),
		.is_target = is_target(filter, process, NULL, !is_reused),
	};
	return true;
}

struct settling {
	const struct fw_event_filter *filter;
	bool changed;
};

static void join_parents_tree(const void *node, VISIT visit, void *argument)
{
	struct known *known = *(struct known *const *)node;
	struct settling *settling = argument;
	const struct known *parent;

	if ((visit != postorder && visit != leaf) || known->in_tree || known->departed)
		return;
	parent = known->parent_pid ? find(settling->filter, known->parent_pid) : NULL;
	if (!parent || !parent->in_tree)
		return;
	known->in_tree = true;
	settling->changed = true;
}

/* Children may have come before their parents; a round for each generation then. */
void fw_event_filter_settle(struct fw_event_filter *filter)
{
	struct settling settling = { .filter = filter, .changed = filter->root_count > 0 };

	while (settling.changed) {
		settling.changed = false;
		twalk_r(filter->processes, join_parents_tree, &settling);
	}
}

static bool learn_process(const struct fw_process *process, void *filter)
{
	return fw_event_filter_add(filter, process);
}

enum fw_status fw_event_filter_learn(struct fw_event_filter *filter, struct fw_error *error)
{
	enum fw_status status;

	if (!fw_event_filter_is_used(filter))
		return FW_OK;
	status = fw_host_processes(learn_process, filter, error);
	if (status == FW_STOPPED)
		return fw_error_set(error, FW_NO_MEMORY, "no memory to follow processes");
	fw_event_filter_settle(filter);
	return status;
}

/* The end of the path, which is what a field that is too small holds. */
static void copy_exe(const char *exe, uint32_t length, struct fw_process *process)
{
	if (length > FW_EXE_SIZE - 1) {
		exe += length - (FW_EXE_SIZE - 1);
		length = FW_EXE_SIZE - 1;
		process->flags |= FW_PROCESS_EXE_CUT;
	}
	memcpy(process->exe, exe, length);
}

static struct fw_process process_of(const struct fw_process_create_record *record)
{
	struct fw_process process = {
		.pid = record->pid,
		.parent_pid = record->parent_pid,
		.start_ns = record->start_ns,
		.uid = record->uid,
		.flags = record->flags & (FW_PROCESS_EXE_CUT | FW_PROCESS_KERNEL),
	};

	memcpy(process.comm, record->comm, sizeof(process.comm));
	if (record->exe.length)
		copy_exe(fw_record_text(&record->header, &record->exe), record->exe.length,
			&process);
	return process;
}

/* The cgroup's path in `path`, if the record has it whole. */
static bool cgroup_of(const struct fw_process_create_record *record, char path[FW_CGROUP_SIZE])
{
	uint32_t length = record->cgroup.length;

	if (!length || length >= FW_CGROUP_SIZE || (record->flags & FW_EVENT_CGROUP_CUT))
		return false;
	/* Where another hierarchy groups the processes, all are in the root of version 2. */
	if (length == 1)
		return false;
	memcpy(path, fw_record_text(&record->header, &record->cgroup), length);
	path[length] = '\0';
	return true;
}

static bool pass_create(struct fw_event_filter *filter,
	const struct fw_process_create_record *record)
{
	const struct known *before = find_process(filter, record->pid, record->start_ns);
	const struct known *parent =
		record->parent_pid ?
			find_process(filter, record->parent_pid, record->parent_start_ns) :
			NULL;
	bool may_be_pid = !find(filter, record->pid) &&
			  (filter->is_recorded || record->cause != FW_CREATE_FORK);
	struct fw_process process = process_of(record);
	char cgroup[FW_CGROUP_SIZE];
	struct known *known, now = {
		.pid = record->pid,
		.parent_pid = record->parent_pid,
		.start_ns = record->start_ns,
		.in_tree = (before && before->in_tree) || (parent && parent->in_tree) ||
			   (may_be_pid && is_root(filter, record->pid)),
		.is_target = (before && before->is_target) ||
			     is_target(filter, &process,
				     cgroup_of(record, cgroup) ? cgroup : NULL, may_be_pid),
	};

	known = take(filter, record->pid);
	if (known)
		*known = now;
	return is_wanted(&now);
}

/* Forgets the process that departed as many exits ago as are remembered. */
static void remember_exit(struct fw_event_filter *filter, struct known *known)
{
	struct fw_event_filter_exit *slot, before;
	struct known *oldest;

	if (!filter->departed)
		filter->departed = calloc(FW_EVENT_FILTER_DEPARTED, sizeof(*filter->departed));
	if (!filter->departed) {
		filter->out_of_memory = true;
		return;
	}
	slot = &filter->departed[filter->departed_next++ % FW_EVENT_FILTER_DEPARTED];
	before = *slot;
	oldest = before.pid ? find(filter, before.pid) : NULL;
	*slot = (struct fw_event_filter_exit){ known->pid, known->start_ns };
	known->departed = true;
	if (oldest && oldest != known && oldest->departed && oldest->start_ns == before.start_ns)
		forget(filter, oldest);
}

/* A process whose creation was not seen: what the system knows, else what the record tells. */
static struct known ask(const struct fw_event_filter *filter, const struct fw_event_process *owner,
	uint32_t uid)
{
	bool is_reused = find(filter, owner->pid);
	struct fw_process process;
	const struct known *parent;
	struct known answer = { .pid = owner->pid, .start_ns = owner->start_ns };
	bool runs = owner->pid && fw_host_process(owner->pid, &process, NULL) == FW_OK &&
		    same_start(process.start_ns, owner->start_ns);

	if (!runs) {
		process = (struct fw_process){ .pid = owner->pid, .uid = uid,
			.flags = FW_PROCESS_EXITED };
		memcpy(process.comm, owner->comm, sizeof(process.comm));
	}
	parent = process.parent_pid ? find(filter, process.parent_pid) : NULL;
	answer.parent_pid = process.parent_pid;
	answer.in_tree = (parent && !parent->departed && parent->in_tree) ||
			 (!is_reused && is_root(filter, owner->pid));
	answer.is_target = is_target(filter, &process, NULL, !is_reused);
	answer.departed = !runs;
	return answer;
}

static bool pass_other(struct fw_event_filter *filter, const struct fw_event_process *owner,
	uint32_t uid)
{
	struct known *known = find_process(filter, owner->pid, owner->start_ns), *there;
	struct known answer;

	if (known)
		return is_wanted(known);
	answer = ask(filter, owner, uid);
	there = find(filter, owner->pid);
	/* What an earlier process with the pid left behind does not push out the one that has it
	 * now. */
	if (owner->pid && (!there || there->start_ns < answer.start_ns)) {
		known = take(filter, owner->pid);
		if (known)
			*known = answer;
		if (known && answer.departed)
			remember_exit(filter, known);
	}
	return is_wanted(&answer);
}

static bool pass_exit(struct fw_event_filter *filter, const struct fw_process_exit_record *record)
{
	struct fw_event_process owner = fw_event_process(&record->header);
	bool passes = pass_other(filter, &owner, record->uid);
	struct known *known = find_process(filter, owner.pid, owner.start_ns);

	if (known && !known->departed)
		remember_exit(filter, known);
	return passes;
}

bool fw_event_filter_passes(struct fw_event_filter *filter, const struct fw_record_header *record)
{
	struct fw_event_process owner;

	if (record->type == FW_RECORD_LOSS || record->type == FW_RECORD_NONE ||
		record->type >= FW_RECORD_TYPE_COUNT)
		return false;
	if (!fw_event_filter_is_used(filter))
		return true;
	if (record->type == FW_RECORD_PROCESS_CREATE)
		return pass_create(filter, (const struct fw_process_create_record *)record);
	if (record->type == FW_RECORD_PROCESS_EXIT)
		return pass_exit(filter, (const struct fw_process_exit_record *)record);
	owner = fw_event_process(record);
	return pass_other(filter, &owner,
		record->type == FW_RECORD_BLOCKED ? ((const struct fw_blocked_record *)record)->uid
						  : UINT32_MAX);
}
