/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/rule_make.h"

#include "cli/output.h"
#include "cli/rule_list.h"
#include "cli/rule_match.h"
#include "cli/rule_target.h"
#include "cli/rule_text.h"
#include "flowwatcher/json_objects.h"
#include "flowwatcher/json_rules.h"
#include "flowwatcher/rule_draft.h"
#include "lib/host/host.h"
#include "lib/host/rule_action.h"

#include <stdio.h>
#include <stdlib.h>

struct request {
	struct fw_rule_draft draft;
	struct fw_rule rules[FW_RULE_PEERS];
	size_t count;
	bool dry_run;
	bool json;
};

static const char *name_of(const struct option *options, int value)
{
	while (options->name && options->val != value)
		options++;
	return options->name;
}

static enum fw_status take_target(struct request *request, const char *text, struct fw_error *error)
{
	char *absolute = fw_rule_target_absolute(text, error);
	enum fw_status status;

	if (!absolute)
		return error->status;
	status = fw_rule_draft_target(&request->draft, absolute, error);
	free(absolute);
	return status;
}

/* -1, or the exit code after a message or the help. Options may stand before and behind the
 * target. */
static int parse(const struct fw_command *command, const struct option *options, int argc,
	char **argv, struct request *request)
{
	struct fw_error error = { FW_OK, "" };
	enum fw_status status = FW_OK;

	while (status == FW_OK) {
		int option = fw_command_next_option(command, argc, argv, "", options);

		if (option == FW_OPTION_HELP)
			return fw_command_print_help(command);
		if (option == FW_BAD_OPTION)
			return fw_status_exit_code(FW_USAGE);
		if (option == FW_END_OPTIONS && optind >= argc)
			break;
		if (option == FW_END_OPTIONS)
			status = take_target(request, argv[optind++], &error);
		else if (option >= FW_RULE_WORD)
			status = fw_rule_draft_option(
				&request->draft, name_of(options, option), optarg, &error);
		request->dry_run |= option == FW_RULE_DRY_RUN;
		request->json |= option == FW_RULE_JSON;
	}
	if (status == FW_OK)
		status = fw_rule_draft_check(&request->draft, &error);
	return status == FW_OK ? -1 : fw_command_option_error(command, &error);
}

/* Would it cut the caller off? In a dry run only said. */
static enum fw_status guard(const struct request *request, struct fw_error *error)
{
	struct fw_rule_lifeline *lifeline;
	enum fw_status status;

	if (request->draft.force)
		return FW_OK;
	lifeline = fw_rule_lifeline_new(error);
	if (!lifeline)
		return error->status;
	status = fw_rule_lifeline_check(lifeline, &request->draft.rule, error);
	fw_rule_lifeline_free(lifeline);
	if (status != FW_FAILED || !request->dry_run)
		return status;
	fprintf(stderr, "flowwatcher: %s\n", error->text);
	return FW_OK;
}

static bool print_matches_json(const struct fw_rule *rule, const struct fw_rule_match *match)
{
	for (size_t i = 0; i < match->count; i++)
		if (!fw_json_print_line(fw_json_match(rule, &match->processes[i])))
			return false;
	return true;
}

static enum fw_status dry_run(const struct request *request, struct fw_error *error)
{
	struct fw_rule_match match;
	enum fw_status status = fw_rule_match(&request->draft.rule, &match, error);
	bool complete = true;

	if (status == FW_OK && request->json)
		complete = print_matches_json(&request->draft.rule, &match);
	else if (status == FW_OK)
		complete = fw_rule_print_match(&match);
	fw_rule_match_done(&match);
	return complete ? status : fw_error_set(error, FW_NO_MEMORY, "no memory for the processes");
}

static void tell(const char *what, const struct fw_rule *rule)
{
	char words[FW_RULE_WORDS_SIZE];

	fprintf(stderr, "flowwatcher: %s rule %u: %s\n", what, rule->id,
		fw_rule_words(rule, words, sizeof(words)));
}

/* What a new rule means to those that were there before. */
static void tell_others(const struct fw_rule *made, const struct fw_rule_list *before)
{
	if (fw_rule_list_find(before, made->id)) {
		tell("there was already", made);
		return;
	}
	for (size_t i = 0; i < before->count; i++) {
		const struct fw_rule *other = &before->rows[i].rule;

		if (!fw_rule_same_target(made, other))
			continue;
		if (made->action == FW_RULE_LIMIT && other->action == FW_RULE_LIMIT)
			tell("it took the place of", other);
		else if (made->action == FW_RULE_LIMIT && fw_rule_blocks_all(other))
			tell("the limit has no effect as long as there is", other);
		else if (fw_rule_blocks_all(made) && other->action == FW_RULE_LIMIT)
			tell("as long as the block is there, no effect has", other);
	}
}

static bool print_made(const struct request *request, const struct fw_rule_list *now,
	const struct fw_rule_match *match)
{
	const struct fw_rule_counters none = { 0 };

	for (size_t i = 0; i < request->count; i++) {
		const struct fw_rule *rule = &request->rules[i];
		const struct fw_rule_row *row = fw_rule_list_find(now, rule->id);

		if (!request->json)
			fw_rule_print_made(rule, match, fw_host_boot_ns());
		else if (!fw_json_print_line(fw_json_rule(row ? &row->rule : rule,
				 row ? &row->counters : &none, fw_host_boot_ns())))
			return false;
	}
	return !request->json || print_matches_json(&request->rules[0], match);
}

/* The rules are in force: nothing that fails from here on may look as if they were not. */
static enum fw_status report(struct request *request, struct fw_backend *backend,
	const struct fw_rule_list *before, struct fw_error *error)
{
	struct fw_rule_list now = { 0 };
	struct fw_rule_match match = { 0 };
	struct fw_error ignored;
	enum fw_status status = fw_rule_match(&request->rules[0], &match, &ignored);

	if (status == FW_OK && request->json)
		status = fw_rule_list_fill(&now, backend, &ignored);
	if (status == FW_OK && !print_made(request, &now, &match))
		status = FW_NO_MEMORY;
	for (size_t i = 0; i < request->count; i++)
		tell_others(&request->rules[i], before);
	fw_rule_match_done(&match);
	fw_rule_list_done(&now);
	if (status == FW_OK)
		return FW_OK;
	return fw_error_set(error, status,
		"rule %u is in force, but what it matches could not be listed; see 'flowwatcher rules'",
		request->rules[0].id);
}

/* The number of a process in a pid namespace of its own is another process's in the machine. */
static enum fw_status check_pid(const struct request *request, struct fw_backend *backend,
	struct fw_error *error)
{
	if (request->draft.rule.target != FW_RULE_PID || !backend->ops->knows_pids ||
		backend->ops->knows_pids(backend))
		return FW_OK;
	return fw_error_set(error, FW_UNSUPPORTED,
		"pid:%u cannot be told here: rules have the process ids of the machine, and this is a pid "
		"namespace of its own; run it outside, or name exe:, cgroup: or another target",
		request->draft.rule.pid);
}

static enum fw_status put_in_force(struct request *request, struct fw_error *error)
{
	struct fw_rule_list before = { 0 };
	struct fw_session session;
	enum fw_status status = fw_rule_session_open(&session, error);

	if (status != FW_OK)
		return status;
	status = check_pid(request, session.backend, error);
	if (status == FW_OK)
		status = fw_rule_list_fill(&before, session.backend, error);
	if (status == FW_OK) {
		request->count = fw_rule_draft_expand(&request->draft, fw_host_boot_ns(),
			request->rules);
		status = session.backend->ops->rules_add(session.backend, request->rules,
			request->count, error);
	}
	if (status == FW_OK)
		status = report(request, session.backend, &before, error);
	fw_rule_list_done(&before);
	fw_session_close(&session);
	return status;
}

static enum fw_status check_action(uint16_t action, struct fw_error *error)
{
	const char *lack = fw_rule_action_lack(action);

	return lack ? fw_error_set(error, FW_UNSUPPORTED, "%s", lack) : FW_OK;
}

int fw_rule_make(const struct fw_command *command, uint16_t action, const struct option *options,
	int argc, char **argv)
{
	struct request request = { .draft.rule.action = action };
	struct fw_error error = { FW_OK, "" };
	enum fw_status status;
	int code = parse(command, options, argc, argv, &request);

	if (code >= 0)
		return code;
	status = check_action(action, &error);
	if (status == FW_OK)
		status = fw_rule_target_resolve(&request.draft.rule, true, &error);
	if (status == FW_OK)
		status = fw_rule_target_runs(&request.draft.rule, &error);
	if (status == FW_OK)
		status = guard(&request, &error);
	if (status == FW_OK)
		status = request.dry_run ? dry_run(&request, &error)
					 : put_in_force(&request, &error);
	if (status != FW_OK)
		return fw_command_option_error(command, &error);
	return fw_output_finish();
}
