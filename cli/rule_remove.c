/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/rule_remove.h"

#include "cli/output.h"
#include "cli/rule_target.h"
#include "flowwatcher/names.h"
#include "flowwatcher/rule_words.h"
#include "lib/host/rule_action.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_ALL = 1 };

struct request {
	uint16_t action;
	bool all;
	const char *text;	/* target or number as given; NULL: none */
	uint32_t id;		/* 0: by target */
	struct fw_rule literal; /* as given */
	struct fw_rule real;	/* with the real path of exe: */
};

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static enum fw_status take_id(struct request *request, struct fw_error *error)
{
	unsigned long long id;

	errno = 0;
	id = strtoull(request->text, NULL, 10);
	if (errno || id == 0 || id > UINT32_MAX)
		return fw_error_set(error, FW_USAGE, "'%.60s' is not the number of a rule",
			request->text);
	request->id = (uint32_t)id;
	return FW_OK;
}

static enum fw_status take_target(struct request *request, struct fw_error *error)
{
	char *absolute = fw_rule_target_absolute(request->text, error);
	enum fw_status status;

	if (!absolute)
		return error->status;
	status = fw_rule_set_target(&request->literal, absolute, error);
	free(absolute);
	request->real = request->literal;
	/* A rule made when the path was another file has the path alone, so a failure is none. */
	if (status == FW_OK)
		fw_rule_target_resolve(&request->real, false, NULL);
	return status;
}

static enum fw_status check(struct request *request, struct fw_error *error)
{
	if (request->all && request->text)
		return fw_error_set(error, FW_USAGE, "--all and '%.100s' contradict each other",
			request->text);
	if (request->all)
		return FW_OK;
	if (!request->text)
		return fw_error_set(error, FW_USAGE,
			"give a target, the number of a rule, or --all");
	return is_number(request->text) ? take_id(request, error) : take_target(request, error);
}

static int parse(const struct fw_command *command, int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, OPTION_ALL },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};
	struct fw_error error;

	for (;;) {
		int option = fw_command_next_option(command, argc, argv, "", options);

		if (option == FW_OPTION_HELP)
			return fw_command_print_help(command);
		if (option == FW_BAD_OPTION)
			return fw_status_exit_code(FW_USAGE);
		if (option == FW_END_OPTIONS && optind >= argc)
			break;
		if (option == FW_END_OPTIONS && request->text)
			return fw_command_usage_error(command, "unexpected argument '%s'",
				argv[optind]);
		if (option == FW_END_OPTIONS)
			request->text = argv[optind++];
		request->all |= option == OPTION_ALL;
	}
	if (check(request, &error) != FW_OK)
		return fw_command_option_error(command, &error);
	return -1;
}

static bool is_meant(const struct request *request, const struct fw_rule *rule)
{
	if (rule->action != request->action)
		return false;
	if (request->id)
		return rule->id == request->id;
	return request->all || fw_rule_same_target(rule, &request->literal) ||
	       fw_rule_same_target(rule, &request->real);
}

/* Why nothing is meant; FW_OK for --all, which is done then. */
static enum fw_status explain(const struct request *request, const struct fw_rule_list *list,
	struct fw_error *error)
{
	const char *action = fw_rule_action_name(request->action);
	const struct fw_rule_row *other = request->id ? fw_rule_list_find(list, request->id) : NULL;
	char words[FW_RULE_WORDS_SIZE];

	if (request->all)
		return FW_OK;
	if (other)
		return fw_error_set(error, FW_NOT_FOUND, "rule %u is no %s: %.300s", request->id,
			action, fw_rule_words(&other->rule, words, sizeof(words)));
	return fw_error_set(error, FW_NOT_FOUND,
		"there is no %s %s%.200s; 'flowwatcher rules' lists what is in force", action,
		request->id ? "with the number " : "of ", request->text);
}

/* Leaves those that are meant in the list. */
static enum fw_status choose(const struct request *request, struct fw_rule_list *list,
	struct fw_error *error)
{
	enum fw_status status = FW_OK;
	size_t meant = 0;

	for (size_t i = 0; i < list->count; i++)
		meant += is_meant(request, &list->rows[i].rule);
	if (!meant)
		status = explain(request, list, error);
	meant = 0;
	for (size_t i = 0; i < list->count; i++)
		if (is_meant(request, &list->rows[i].rule))
			list->rows[meant++] = list->rows[i];
	list->count = meant;
	return status;
}

enum fw_status fw_rule_remove_all(struct fw_backend *backend, const struct fw_rule_list *list,
	struct fw_error *error)
{
	uint32_t *ids = reallocarray(NULL, list->count + 1, sizeof(*ids));
	char words[FW_RULE_WORDS_SIZE];
	enum fw_status status = FW_OK;

	if (!ids)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu rules", list->count);
	for (size_t i = 0; i < list->count; i++)
		ids[i] = list->rows[i].rule.id;
	if (list->count)
		status = backend->ops->rules_remove(backend, ids, list->count, error);
	free(ids);
	for (size_t i = 0; i < list->count && status == FW_OK; i++)
		printf("removed rule %u: %s\n", list->rows[i].rule.id,
			fw_rule_words(&list->rows[i].rule, words, sizeof(words)));
	return status;
}

static enum fw_status take_back(const struct request *request, struct fw_error *error)
{
	struct fw_rule_list list = { 0 };
	const char *lack = fw_rule_action_lack(request->action);
	struct fw_session session;
	enum fw_status status;

	if (lack)
		return fw_error_set(error, FW_UNSUPPORTED, "%s", lack);
	status = fw_rule_session_open(&session, error);
	if (status != FW_OK)
		return status;
	status = fw_rule_list_fill(&list, session.backend, error);
	if (status == FW_OK)
		status = choose(request, &list, error);
	if (status == FW_OK)
		status = fw_rule_remove_all(session.backend, &list, error);
	fw_rule_list_done(&list);
	fw_session_close(&session);
	return status;
}

int fw_rule_remove(const struct fw_command *command, uint16_t action, int argc, char **argv)
{
	struct request request = { .action = action };
	struct fw_error error = { FW_OK, "" };
	int code = parse(command, argc, argv, &request);

	if (code >= 0)
		return code;
	if (take_back(&request, &error) != FW_OK)
		return fw_command_fail(&error);
	return fw_output_finish();
}
