/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* limit, unlimit: processes share a rate, up, down or both. */
#include "abi/rule.h"
#include "cli/rule_make.h"
#include "cli/rule_remove.h"

static int run_limit(int argc, char **argv)
{
	static const struct option options[] = {
		{ "up", required_argument, NULL, FW_RULE_WORD },
		{ "down", required_argument, NULL, FW_RULE_WORD + 1 },
		{ "no-children", no_argument, NULL, FW_RULE_WORD + 2 },
		{ "for", required_argument, NULL, FW_RULE_WORD + 3 },
		{ "force", no_argument, NULL, FW_RULE_WORD + 4 },
		{ "dry-run", no_argument, NULL, FW_RULE_DRY_RUN },
		{ "json", no_argument, NULL, FW_RULE_JSON },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};

	return fw_rule_make(&fw_command_limit, FW_RULE_LIMIT, options, argc, argv);
}

static int run_unlimit(int argc, char **argv)
{
	return fw_rule_remove(&fw_command_unlimit, FW_RULE_LIMIT, argc, argv);
}

const struct fw_command fw_command_limit = {
	.name = "limit",
	.summary = "hold what processes send or receive to a rate, now and until 'unlimit'",
	.help = "TARGET --up RATE|--down RATE [OPTION...]\n\n"
		"Processes that match pid:N, exe:/PATH, comm:NAME, cgroup:/PATH, unit:NAME.service or\n"
		"user:NAME share the rate, running connections too. The rule stays in force when every\n"
		"program has ended, until 'unlimit' or 'unload'; it takes the place of one of the same\n"
		"target.\n\n"
		"      --up RATE         what they send: 10MB/s, 800kbit/s, 512KiB/s, unlimited;\n"
		"                        a number alone is bytes a second\n"
		"      --down RATE       what they receive\n"
		"      --no-children     of pid:N not its children\n"
		"      --for TIME        ends by itself: 30s, 10min, 2h, 7d\n"
		"      --dry-run         change nothing, list the running processes that match\n"
		"      --force           also if it matches what this command and its terminal hang on,\n"
		"                        or the first process\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher limit exe:/usr/bin/curl --down 2MB/s\n"
		"  flowwatcher limit pid:4711 --up 800kbit/s --down 8Mbit/s --for 1h\n",
	.run = run_limit,
};

const struct fw_command fw_command_unlimit = {
	.name = "unlimit",
	.summary = "take limits back",
	.help = "TARGET|NUMBER|--all\n\n"
		"Takes back the limit of a target, the one with a number, or all of them.\n\n"
		"      --all             every limit\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher unlimit exe:/usr/bin/curl\n"
		"  flowwatcher unlimit --all\n",
	.run = run_unlimit,
};
