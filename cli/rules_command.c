/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* rules: what is in force; save, restore and clear. */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/rule_list.h"
#include "cli/rule_remove.h"
#include "cli/rule_restore.h"
#include "cli/rule_save.h"
#include "cli/rule_text.h"
#include "flowwatcher/json_objects.h"
#include "flowwatcher/json_rules.h"
#include "lib/host/host.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define MOST_WORDS 2

enum { OPTION_JSON = 1, OPTION_REPLACE, OPTION_FORCE, OPTION_DRY_RUN };

struct request {
	const char *words[MOST_WORDS]; /* save FILE */
	int word_count;
	bool json;
	struct fw_rule_restore restore;
};

static bool print_json(const struct fw_rule_list *list, uint64_t now_ns)
{
	for (size_t i = 0; i < list->count; i++)
		if (!fw_json_print_line(
			    fw_json_rule(&list->rows[i].rule, &list->rows[i].counters, now_ns)))
			return false;
	return true;
}

static enum fw_status list_rules(const struct request *request, struct fw_backend *backend,
	const struct fw_rule_list *list, struct fw_error *error)
{
	uint64_t now_ns = fw_host_boot_ns();

	if (request->json ? print_json(list, now_ns) : fw_rule_print_table(list, now_ns))
		return FW_OK;
	return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu rules", list->count);
}

static enum fw_status save_rules(const struct request *request, struct fw_backend *backend,
	const struct fw_rule_list *list, struct fw_error *error)
{
	return fw_rule_save(list, request->words[1], error);
}

static enum fw_status clear_rules(const struct request *request, struct fw_backend *backend,
	const struct fw_rule_list *list, struct fw_error *error)
{
	return fw_rule_remove_all(backend, list, error);
}

static const struct subcommand {
	const char *name; /* NULL: none is given */
	int words;	  /* itself and its file */
	/* NULL: restore, which opens its session after all else is well */
	enum fw_status (*run)(const struct request *request, struct fw_backend *backend,
		const struct fw_rule_list *list, struct fw_error *error);
} subcommands[] = {
	{ NULL, 0, list_rules },
	{ "save", 2, save_rules },
	{ "restore", 2, NULL },
	{ "clear", 1, clear_rules },
};

/* Options may stand anywhere. -1, or the exit code. */
static int parse(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "replace", no_argument, NULL, OPTION_REPLACE },
		{ "force", no_argument, NULL, OPTION_FORCE },
		{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};

	for (;;) {
		int option = fw_command_next_option(&fw_command_rules, argc, argv, "", options);

		if (option == FW_OPTION_HELP)
			return fw_command_print_help(&fw_command_rules);
		if (option == FW_BAD_OPTION)
			return fw_status_exit_code(FW_USAGE);
		if (option == FW_END_OPTIONS && optind >= argc)
			return -1;
		if (option == FW_END_OPTIONS && request->word_count == MOST_WORDS)
			return fw_command_usage_error(&fw_command_rules, "unexpected argument '%s'",
				argv[optind]);
		if (option == FW_END_OPTIONS)
			request->words[request->word_count++] = argv[optind++];
		request->json |= option == OPTION_JSON;
		request->restore.replace |= option == OPTION_REPLACE;
		request->restore.force |= option == OPTION_FORCE;
		request->restore.dry_run |= option == OPTION_DRY_RUN;
	}
}

/* NULL: a message was printed. */
static const struct subcommand *choose(const struct request *request)
{
	const struct subcommand *chosen = &subcommands[0];

	for (size_t i = 1; request->word_count && i < FW_ARRAY_SIZE(subcommands); i++)
		if (!strcmp(request->words[0], subcommands[i].name))
			chosen = &subcommands[i];
	if (request->word_count && !chosen->name)
		fw_command_usage_error(&fw_command_rules,
			"'%s' is none of save, restore, clear", request->words[0]);
	else if (request->word_count < chosen->words ||
		 (chosen->words == 2 && !*request->words[1]))
		fw_command_usage_error(&fw_command_rules, "no file given for %s", chosen->name);
	else if (request->word_count > chosen->words)
		fw_command_usage_error(&fw_command_rules, "unexpected argument '%s'",
			request->words[chosen->words]);
	else if (request->json && chosen->name)
		fw_command_usage_error(&fw_command_rules, "--json is for the list alone");
	else if (chosen->run && (request->restore.replace || request->restore.force ||
					request->restore.dry_run))
		fw_command_usage_error(&fw_command_rules,
			"--replace, --force and --dry-run are for restore");
	else
		return chosen;
	return NULL;
}

static enum fw_status run_on_list(
	const struct subcommand *subcommand, const struct request *request, struct fw_error *error)
{
	struct fw_rule_list list = { 0 };
	struct fw_session session;
	enum fw_status status = fw_rule_session_open(&session, error);

	if (status != FW_OK)
		return status;
	status = fw_rule_list_fill(&list, session.backend, error);
	if (status == FW_OK)
		status = subcommand->run(request, session.backend, &list, error);
	fw_rule_list_done(&list);
	fw_session_close(&session);
	return status;
}

static int run_rules(int argc, char **argv)
{
	struct request request = { .word_count = 0 };
	struct fw_error error = { FW_OK, "" };
	const struct subcommand *subcommand;
	enum fw_status status;
	int code = parse(argc, argv, &request);

	if (code >= 0)
		return code;
	subcommand = choose(&request);
	if (!subcommand)
		return fw_status_exit_code(FW_USAGE);
	request.restore.path = request.words[1];
	status = subcommand->run ? run_on_list(subcommand, &request, &error) :
				   fw_rule_restore(&request.restore, &error);
	return status == FW_OK ? fw_output_finish() : fw_command_fail(&error);
}

const struct fw_command fw_command_rules = {
	.name = "rules",
	.summary = "the rules in force; save, restore or clear them",
	.help = "[--json]\n"
		"       flowwatcher rules save FILE\n"
		"       flowwatcher rules restore [--replace] [--force] [--dry-run] FILE\n"
		"       flowwatcher rules clear\n\n"
		"Lists the rules in force with what they refused, delayed and let through; writes them\n"
		"into a file, puts those of a file in force, all or none, or takes all back. '-' in\n"
		"place of a file is standard output or input.\n\n"
		"      --json            one JSON object a line\n"
		"      --replace         take back what is in force and not in the file\n"
		"      --force           also rules that match what this command and its terminal hang\n"
		"                        on, or the first process\n"
		"      --dry-run         only check the file\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher rules save /etc/flowwatcher/rules\n"
		"  flowwatcher rules restore --replace /etc/flowwatcher/rules\n"
		"  flowwatcher rules --json | jq 'select(.hits > 0) | .words'\n",
	.run = run_rules,
};
