/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/rule_restore.h"

#include "cli/rule_list.h"
#include "cli/rule_match.h"
#include "cli/rule_target.h"
#include "flowwatcher/rule_file.h"
#include "lib/host/file.h"
#include "lib/host/host.h"
#include "lib/host/rule_action.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const struct fw_rule_restore *restore)
{
	return strcmp(restore->path, "-") ? restore->path : "standard input";
}

static enum fw_status read_rules(const struct fw_rule_restore *restore, struct fw_rule_file *rules,
	struct fw_error *error)
{
	FILE *file = strcmp(restore->path, "-") ? fw_file_open(restore->path) : stdin;
	enum fw_status status;

	if (!file)
		return fw_error_set_errno(error, errno, "opening %.200s", restore->path);
	status = fw_rule_file_read(file, name_of(restore), fw_host_boot_ns(), rules, error);
	if (file != stdin)
		fclose(file);
	return status;
}

/* A rule of the file cannot be made: says where it is. */
static enum fw_status refuse(const struct fw_rule_restore *restore, uint32_t line,
	const struct fw_error *reason, struct fw_error *error)
{
	return fw_error_set(error, reason->status == FW_USAGE ? FW_MALFORMED : reason->status,
		"%.120s line %u: %s", name_of(restore), line, reason->text);
}

static enum fw_status prepare(const struct fw_rule_restore *restore,
	const struct fw_rule_lifeline *lifeline, struct fw_rule_file *rules, struct fw_error *error)
{
	struct fw_error reason = { FW_OK, "" };

	for (size_t i = 0; i < rules->count; i++) {
		struct fw_rule *rule = &rules->rules[i];
		const char *lack = fw_rule_action_lack(rule->action);
		enum fw_status status = lack ? fw_error_set(&reason, FW_UNSUPPORTED, "%s", lack) :
					       fw_rule_target_resolve(rule, false, &reason);

		if (status == FW_OK && !restore->force && !rules->places[i].force)
			status = fw_rule_lifeline_check(lifeline, rule, &reason);
		if (status != FW_OK)
			return refuse(restore, rules->places[i].line, &reason, error);
	}
	return fw_rule_file_check(rules, name_of(restore), error);
}

static int by_id(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

/* Those of `before` that are still there and were not just made or found there. */
static enum fw_status remove_others(const struct fw_rule_file *rules,
	const struct fw_rule_list *before, struct fw_backend *backend, size_t *removed,
	struct fw_error *error)
{
	uint32_t *kept = reallocarray(NULL, rules->count + 1, sizeof(*kept));
	uint32_t *others = reallocarray(NULL, before->count + 1, sizeof(*others));
	struct fw_rule_list now = { 0 };
	enum fw_status status = FW_NO_MEMORY;
	size_t count = 0;

	if (kept && others)
		status = fw_rule_list_fill(&now, backend, error);
	else
		fw_error_set(error, FW_NO_MEMORY, "no memory for %zu rules", before->count);
	if (status == FW_OK) {
		for (size_t i = 0; i < rules->count; i++)
			kept[i] = rules->rules[i].id;
		qsort(kept, rules->count, sizeof(*kept), by_id);
		for (size_t i = 0; i < before->count; i++) {
			uint32_t id = before->rows[i].rule.id;

			if (fw_rule_list_find(&now, id) &&
				!bsearch(&id, kept, rules->count, sizeof(*kept), by_id))
				others[count++] = id;
		}
	}
	if (status == FW_OK && count)
		status = backend->ops->rules_remove(backend, others, count, error);
	if (status == FW_OK)
		*removed = count;
	fw_rule_list_done(&now);
	free(others);
	free(kept);
	return status;
}

/* Add first, so that what is in both is never without a rule. */
static enum fw_status put_in_force(
	const struct fw_rule_restore *restore, struct fw_rule_file *rules, struct fw_error *error)
{
	struct fw_rule_list before = { 0 };
	struct fw_error problem = { FW_OK, "" };
	struct fw_session session;
	enum fw_status status = fw_rule_session_open(&session, error);
	size_t removed = 0;

	if (status != FW_OK)
		return status;
	if (restore->replace)
		status = fw_rule_list_fill(&before, session.backend, error);
	if (status == FW_OK && rules->count)
		status = session.backend->ops->rules_add(
			session.backend, rules->rules, rules->count, error);
	if (status == FW_OK && restore->replace &&
		remove_others(rules, &before, session.backend, &removed, &problem) != FW_OK)
		status = fw_error_set(error, problem.status,
			"the rules of %.120s are in force, and so are those that were before: %s",
			name_of(restore), problem.text);
	fw_rule_list_done(&before);
	fw_session_close(&session);
	if (status != FW_OK)
		return status;
	printf("%zu rules in force", rules->count);
	if (restore->replace)
		printf(", %zu others removed", removed);
	printf("\n");
	return FW_OK;
}

enum fw_status fw_rule_restore(const struct fw_rule_restore *restore, struct fw_error *error)
{
	struct fw_rule_lifeline *lifeline = fw_rule_lifeline_new(error);
	struct fw_rule_file rules = { 0 };
	enum fw_status status;

	if (!lifeline)
		return error->status;
	status = read_rules(restore, &rules, error);
	if (status == FW_OK)
		status = prepare(restore, lifeline, &rules, error);
	if (status == FW_OK && restore->dry_run)
		printf("%zu rules are well formed\n", rules.count);
	else if (status == FW_OK)
		status = put_in_force(restore, &rules, error);
	fw_rule_file_done(&rules);
	fw_rule_lifeline_free(lifeline);
	return status;
}
