/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* deny, undeny: a process may not begin. Windows alone has it; elsewhere the commands say why not. */
#include "abi/rule.h"
#include "cli/rule_make.h"
#include "cli/rule_remove.h"

static int run_deny(int argc, char **argv)
{
	static const struct option options[] = {
		{ "for", required_argument, NULL, FW_RULE_WORD },
		{ "force", no_argument, NULL, FW_RULE_WORD + 1 },
		{ "dry-run", no_argument, NULL, FW_RULE_DRY_RUN },
		{ "json", no_argument, NULL, FW_RULE_JSON },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};

	return fw_rule_make(&fw_command_deny, FW_RULE_DENY, options, argc, argv);
}

static int run_undeny(int argc, char **argv)
{
	return fw_rule_remove(&fw_command_undeny, FW_RULE_DENY, argc, argv);
}

const struct fw_command fw_command_deny = {
	.name = "deny",
	.summary = "let processes not begin, until 'undeny' (Windows)",
	.help = "TARGET [OPTION...]\n\n"
		"On Windows: processes that match exe:PATH or comm:NAME, and children of pid:N and\n"
		"their children, are not created from now on; what runs goes on. The rule stays in\n"
		"force when every program has ended, until 'undeny' or 'unload'. On Linux it is\n"
		"refused.\n\n"
		"      --for TIME        ends by itself: 30s, 10min, 2h, 7d\n"
		"      --dry-run         change nothing, list the running processes that match\n"
		"      --force           also if it matches what this command and its terminal hang on,\n"
		"                        or the first process\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher deny exe:C:\\Windows\\system32\\curl.exe\n"
		"  flowwatcher deny comm:ftp.exe --for 10min\n",
	.run = run_deny,
};

const struct fw_command fw_command_undeny = {
	.name = "undeny",
	.summary = "take denials back (Windows)",
	.help = "TARGET|NUMBER|--all\n\n"
		"Takes back every denial of a target, the one with a number, or all of them.\n\n"
		"      --all             every denial\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher undeny comm:ftp.exe\n"
		"  flowwatcher undeny 3\n",
	.run = run_undeny,
};
