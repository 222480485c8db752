/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* filter: lists of addresses whose packets an adapter drops. */
#include "cli/command.h"
#include "cli/filter_options.h"

#include <string.h>

static const struct {
	const char *name;
	const struct fw_command *command;
} subcommands[] = {
	{ "enum", &fw_command_filter_enum },	 { "set", &fw_command_filter_set },
	{ "get", &fw_command_filter_get },	 { "add", &fw_command_filter_add },
	{ "remove", &fw_command_filter_remove }, { "setdflt", &fw_command_filter_setdflt },
	{ "stats", &fw_command_filter_stats },	 { "test", &fw_command_filter_test },
	{ "check", &fw_command_filter_check },	 { "follow", &fw_command_filter_follow },
	{ "query", &fw_command_filter_query },
};

static const struct fw_command *find(const char *name)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(subcommands); i++)
		if (!strcmp(name, subcommands[i].name))
			return subcommands[i].command;
	return NULL;
}

static int run_filter(int argc, char **argv)
{
	const struct fw_command *command;

	if (argc < 2)
		return fw_command_usage_error(&fw_command_filter,
			"give one of enum, set, get, add, remove, setdflt, stats, test, check, follow, "
			"query");
	if (!strcmp(argv[1], "--help"))
		return fw_command_print_help(&fw_command_filter);
	command = find(argv[1]);
	if (command)
		return command->run(argc - 1, argv + 1);
	if (argv[1][0] == '-')
		return fw_command_usage_error(&fw_command_filter,
			"unknown option '%s'; options stand behind enum, set, get and so on",
			argv[1]);
	return fw_command_usage_error(&fw_command_filter,
		"'%s' is none of enum, set, get, add, remove, setdflt, stats, test, check, follow, "
		"query",
		argv[1]);
}

const struct fw_command fw_command_filter = {
	.name = "filter",
	.summary = "drop packets of adapters by lists of addresses",
	.help = "enum|set|get|add|remove|setdflt|stats|test|check|follow|query [OPTION...]\n\n"
		"What an adapter receives from an address of its list, or sends to one, is dropped in\n"
		"the kernel, with no program running. 'flowwatcher filter set --help' and so on have\n"
		"the options of each.\n\n"
		"  enum                  adapters, and whether and where they are filtered\n"
		"  set FILE              put the lists of a file in force, at once or not at all\n"
		"  get                   the lists in force, as 'set' reads them\n"
		"  add PREFIX...         put prefixes into an adapter's lists\n"
		"  remove PREFIX...      take prefixes out of them\n"
		"  setdflt               no lists any more\n"
		"  stats                 packets seen and dropped; prefixes that drop most\n"
		"  test ADDRESS...       would it be dropped, and by which line of which file\n"
		"  check FILE            what is wrong with a file; needs no kernel side\n"
		"  follow [FILE]         adapters as they come and go, with lists for new ones\n"
		"  query OID...          what the driver of an adapter answers (Windows)\n\n"
		"      --adapter NAME    eth0, or a pattern: 'veth*', '*'\n"
		"      --direction WAY   in (by source), out (by destination), both\n"
		"      --hook WHERE      best, native, generic or tc: where to see what is received\n"
		"      --format FORMAT   of FILE: " FW_FILTER_FORMATS "\n"
		"      --skip-bad        leave out lines that are wrong\n"
		"      --force           also what cuts this machine off\n"
		"      --dry-run         change nothing\n"
		"      --file FILE       test: the lists of a file\n"
		"      --top NUMBER      stats: that many prefixes\n"
		"  -i, --interval TIME   stats: again every so often\n"
		"  -c, --count NUMBER    stats: so many times\n"
		"      --once            follow: lists for those that came, and end\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher filter set --adapter eth0 spamhaus.netset\n"
		"  flowwatcher filter stats --top 10\n"
		"  flowwatcher filter test 192.0.2.7\n",
	.run = run_filter,
	.part = find,
};
