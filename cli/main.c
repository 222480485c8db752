/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/command.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

static const struct fw_command *const commands[] = {
	&fw_command_watch,
	&fw_command_stat,
	&fw_command_conns,
	&fw_command_ports,
	&fw_command_events,
	&fw_command_record,
	&fw_command_replay,
	&fw_command_block,
	&fw_command_unblock,
	&fw_command_deny,
	&fw_command_undeny,
	&fw_command_limit,
	&fw_command_unlimit,
	&fw_command_rules,
	&fw_command_filter,
	&fw_command_load,
	&fw_command_unload,
	&fw_command_status,
	&fw_command_doctor,
};

static int print_overview(void)
{
	printf("FlowWatcher shows and controls what every process of this machine sends and receives.\n\n"
	       "Usage: flowwatcher COMMAND [OPTION...]\n\nCommands:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
	printf("  %-8s %s\n", "help", "explain a command: 'flowwatcher help watch'");
	printf("  %-8s %s\n", "version", "print the version");
	printf("\nExamples:\n"
	       "  flowwatcher watch                    bytes per process, every second\n"
	       "  flowwatcher stat -- curl -s URL      bytes of a command and its descendants\n"
	       "  flowwatcher ports                    who holds which port\n"
	       "  flowwatcher events                   processes, connections, ports as they come\n"
	       "  flowwatcher limit exe:/usr/bin/curl --down 2MB/s\n"
	       "  flowwatcher doctor                   what this kernel offers\n"
	       "\nExit codes: 0 done, 1 failed, 2 usage, 3 not permitted, 4 the kernel lacks\n"
	       "something, 5 events were lost.\n");
	return fw_output_finish();
}

static int print_version(void)
{
	printf("flowwatcher %s\n", FW_VERSION);
	return fw_output_finish();
}

const struct fw_command *fw_command_find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int unknown_command(const char *name)
{
	fprintf(stderr, "flowwatcher: unknown command '%s'; try 'flowwatcher --help'\n", name);
	return fw_status_exit_code(FW_USAGE);
}

static int help(int argc, char **argv)
{
	const struct fw_command *command, *part;

	if (argc < 2)
		return print_overview();
	command = fw_command_find(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	part = argc > 2 && command->part ? command->part(argv[2]) : command;
	if (!part)
		return fw_command_usage_error(command, "there is no '%s'", argv[2]);
	return fw_command_print_help(part);
}

int main(int argc, char **argv)
{
	const struct fw_command *command;

	fw_output_begin();
	if (argc < 2) {
		print_overview();
		return fw_status_exit_code(FW_USAGE);
	}
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help(argc - 1, argv + 1);
	if (!strcmp(argv[1], "version") || !strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return print_version();
	command = fw_command_find(argv[1]);
	return command ? command->run(argc - 1, argv + 1) : unknown_command(argv[1]);
}
