/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/rule_match.h"

#include "lib/grow.h"
#include "lib/host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_PARENTS 64

/* A rule while processes are held against it. */
struct question {
	const struct fw_rule *rule;
	struct fw_target target;
};

static void ask(struct question *question, const struct fw_rule *rule)
{
	question->rule = rule;
	fw_rule_target(rule, &question->target);
}

/* `cgroup` may be NULL: the system is asked. */
static bool is_meant(const struct question *question, const struct fw_process *process,
	const char *cgroup)
{
	if (cgroup ? fw_target_matches_in(&question->target, process, cgroup) :
		     fw_target_matches(&question->target, process))
		return true;
	/* Another path of the file matches as well. */
	return question->rule->target == FW_RULE_EXE &&
	       fw_host_process_runs_file(process->pid, question->rule->text);
}

static bool keep(const struct fw_process *process, void *argument)
{
	struct fw_rule_match *match = argument;
	struct fw_process *processes;

	if (process->flags & FW_PROCESS_KERNEL)
		return true;
	processes = fw_grow(match->processes, match->count, &match->capacity, sizeof(*processes));
	match->no_memory = !processes;
	if (!processes)
		return false;
	match->processes = processes;
	processes[match->count++] = *process;
	return true;
}

static int by_pid(const void *left, const void *right)
{
	uint32_t a = ((const struct fw_process *)left)->pid,
		 b = ((const struct fw_process *)right)->pid;

	return (a > b) - (a < b);
}

static size_t find(const struct fw_rule_match *match, uint32_t pid)
{
	const struct fw_process key = { .pid = pid };
	const struct fw_process *found = match->count ?
		bsearch(&key, match->processes, match->count, sizeof(key), by_pid) : NULL;

	return found ? (size_t)(found - match->processes) : match->count;
}

/* Marks those below a marked one, a generation a round. */
static void mark_children(const struct fw_rule_match *match, bool *marked)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < match->count; i++) {
			size_t parent = find(match, match->processes[i].parent_pid);

			if (marked[i] || parent == match->count || !marked[parent])
				continue;
			marked[i] = true;
			changed = true;
		}
	}
}

/* Of all processes those that are meant are left. */
static bool choose(struct fw_rule_match *match, const struct fw_rule *rule)
{
	struct question question;
	bool *marked = calloc(match->count + 1, sizeof(*marked));
	size_t left = 0;

	if (!marked)
		return false;
	ask(&question, rule);
	for (size_t i = 0; i < match->count; i++)
		marked[i] = is_meant(&question, &match->processes[i], NULL);
	if (rule->target == FW_RULE_PID && !(rule->flags & FW_RULE_NO_CHILDREN))
		mark_children(match, marked);
	for (size_t i = 0; i < match->count; i++)
		if (marked[i])
			match->processes[left++] = match->processes[i];
	match->count = left;
	free(marked);
	return true;
}

enum fw_status fw_rule_match(const struct fw_rule *rule, struct fw_rule_match *match,
	struct fw_error *error)
{
	enum fw_status status;

	memset(match, 0, sizeof(*match));
	status = fw_host_processes(keep, match, error);
	if (status == FW_OK && match->count)
		qsort(match->processes, match->count, sizeof(*match->processes), by_pid);
	if (match->no_memory || (status == FW_OK && !choose(match, rule)))
		return fw_error_set(error, FW_NO_MEMORY, "no memory for the processes");
	return status;
}

void fw_rule_match_done(struct fw_rule_match *match)
{
	free(match->processes);
	memset(match, 0, sizeof(*match));
}

struct fw_rule_lifeline {
	struct {
		struct fw_process process;
		char *cgroup; /* NULL: not known */
	} held[MOST_PARENTS + 2];
	size_t count;
};

static bool hold(struct fw_rule_lifeline *lifeline, const struct fw_process *process)
{
	char cgroup[FW_CGROUP_SIZE];
	char *copy = NULL;

	if (fw_host_process_cgroup(process->pid, cgroup, sizeof(cgroup)) == FW_OK) {
		copy = strdup(cgroup);
		if (!copy)
			return false;
	}
	lifeline->held[lifeline->count].process = *process;
	lifeline->held[lifeline->count++].cgroup = copy;
	return true;
}

struct fw_rule_lifeline *fw_rule_lifeline_new(struct fw_error *error)
{
	struct fw_rule_lifeline *lifeline = calloc(1, sizeof(*lifeline));
	uint32_t pid = (uint32_t)getpid();
	struct fw_process process;
	bool complete = lifeline;

	/* Not knowing oneself must not pass for hanging on nothing. */
	if (lifeline && fw_host_process(pid, &process, error) != FW_OK) {
		fw_rule_lifeline_free(lifeline);
		return NULL;
	}
	while (complete && pid && lifeline->count <= MOST_PARENTS) {
		if (fw_host_process(pid, &process, NULL) != FW_OK)
			break;
		complete = hold(lifeline, &process);
		pid = process.parent_pid;
	}
	/* A parent may have ended meanwhile, and then the way ends before it. */
	if (complete && process.pid != 1 && fw_host_process(1, &process, NULL) == FW_OK)
		complete = hold(lifeline, &process);
	if (complete)
		return lifeline;
	fw_rule_lifeline_free(lifeline);
	fw_error_set(error, FW_NO_MEMORY, "no memory for the processes that this command hangs on");
	return NULL;
}

void fw_rule_lifeline_free(struct fw_rule_lifeline *lifeline)
{
	if (!lifeline)
		return;
	for (size_t i = 0; i < lifeline->count; i++)
		free(lifeline->held[i].cgroup);
	free(lifeline);
}

const struct fw_process *fw_rule_lifeline_hit(const struct fw_rule_lifeline *lifeline,
	const struct fw_rule *rule)
{
	struct question question;

	ask(&question, rule);
	for (size_t i = 0; i < lifeline->count; i++)
		if (is_meant(&question, &lifeline->held[i].process, lifeline->held[i].cgroup))
			return &lifeline->held[i].process;
	return NULL;
}

enum fw_status fw_rule_lifeline_check(const struct fw_rule_lifeline *lifeline,
	const struct fw_rule *rule, struct fw_error *error)
{
	const struct fw_process *process = fw_rule_lifeline_hit(lifeline, rule);
	char target[FW_RULE_TARGET_SIZE], comm[FW_COMM_SIZE];
	const char *what;

	if (!process)
		return FW_OK;
	what = process->pid == 1 ? "the first process of the system" :
				   "on which this command and its terminal may hang";
	if (process->pid == (uint32_t)getpid())
		what = "this command itself";
	fw_rule_target_text(rule, target, sizeof(target));
	fw_text_printable(process->comm, strnlen(process->comm, FW_COMM_SIZE), comm, sizeof(comm));
	return fw_error_set(error, FW_FAILED,
		"%.150s matches process %u (%s), %s; --force does it all the same", target,
		process->pid, comm, what);
}
