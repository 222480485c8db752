/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* block, unblock: a process may not move anything, or nothing to some peers or in one direction. */
#include "abi/rule.h"
#include "cli/rule_make.h"
#include "cli/rule_remove.h"

static int run_block(int argc, char **argv)
{
	static const struct option options[] = {
		{ "to", required_argument, NULL, FW_RULE_WORD },
		{ "only-incoming", no_argument, NULL, FW_RULE_WORD + 1 },
		{ "only-outgoing", no_argument, NULL, FW_RULE_WORD + 2 },
		{ "allow-loopback", no_argument, NULL, FW_RULE_WORD + 3 },
		{ "no-children", no_argument, NULL, FW_RULE_WORD + 4 },
		{ "for", required_argument, NULL, FW_RULE_WORD + 5 },
		{ "force", no_argument, NULL, FW_RULE_WORD + 6 },
		{ "dry-run", no_argument, NULL, FW_RULE_DRY_RUN },
		{ "json", no_argument, NULL, FW_RULE_JSON },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};

	return fw_rule_make(&fw_command_block, FW_RULE_BLOCK, options, argc, argv);
}

static int run_unblock(int argc, char **argv)
{
	return fw_rule_remove(&fw_command_unblock, FW_RULE_BLOCK, argc, argv);
}

const struct fw_command fw_command_block = {
	.name = "block",
	.summary = "cut processes off the network, now and until 'unblock'",
	.help = "TARGET [OPTION...]\n\n"
		"Processes that match pid:N, exe:/PATH, comm:NAME, cgroup:/PATH, unit:NAME.service or\n"
		"user:NAME send and receive nothing from now on; their connections are cut. The rule\n"
		"stays in force when every program has ended, until 'unblock' or 'unload'.\n\n"
		"      --to PEERS        only to and from these: 10.0.0.0/8, 192.0.2.1:443,\n"
		"                        [2001:db8::/32]:8000-8999; may be repeated\n"
		"      --only-incoming   only what others begin\n"
		"      --only-outgoing   only what the processes begin\n"
		"      --allow-loopback  not peers in 127.0.0.0/8 and ::1\n"
		"      --no-children     of pid:N not its children\n"
		"      --for TIME        ends by itself: 30s, 10min, 2h, 7d\n"
		"      --dry-run         change nothing, list the running processes that match\n"
		"      --force           also if it matches what this command and its terminal hang on,\n"
		"                        or the first process\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher block exe:/usr/bin/curl\n"
		"  flowwatcher block user:bob --only-outgoing --allow-loopback\n"
		"  flowwatcher block unit:nginx.service --to 203.0.113.0/24 --for 10min\n",
	.run = run_block,
};

const struct fw_command fw_command_unblock = {
	.name = "unblock",
	.summary = "take blocks back",
	.help = "TARGET|NUMBER|--all\n\n"
		"Takes back every block of a target, the one with a number, or all of them.\n\n"
		"      --all             every block\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher unblock exe:/usr/bin/curl\n"
		"  flowwatcher unblock 3\n",
	.run = run_unblock,
};
