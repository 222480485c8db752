/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The commands that Windows does not have, each with what it has instead. */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

static int refuse(const char *name, const char *why, int argc, char **argv)
{
	const struct fw_command *command = fw_command_find(name);

	if (argc > 1 && !strcmp(argv[1], "--help") && command)
		return fw_command_print_help(command);
	fprintf(stderr, "flowwatcher: not on Windows: %s: %s\n", name, why);
	return fw_status_exit_code(FW_UNSUPPORTED);
}

#define ABSENT(command_name, why)                                                              \
	static int run_##command_name(int argc, char **argv)                                   \
	{                                                                                      \
		return refuse(#command_name, why, argc, argv);                                 \
	}                                                                                      \
	const struct fw_command fw_command_##command_name = {                                  \
		.name = #command_name,                                                         \
		.summary = "not on Windows",                                                   \
		.help = "\n\nNot on Windows: " why ".\n",                                      \
		.run = run_##command_name,                                                     \
	}

ABSENT(stat, "the driver keeps no measuring groups; 'flowwatcher watch --target exe:PATH' shows a program's bytes");
ABSENT(record, "recordings are made on Linux; 'flowwatcher events --json' and 'watch --json' can be kept in files");
ABSENT(replay, "recordings are played on Linux");
