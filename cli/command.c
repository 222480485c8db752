/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/command.h"

#include "cli/output.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where '--' ended the options. getopt, asked again, would begin anew with the word behind it. */
static char **ended_arguments;
static int ended_at;

int fw_command_next_option(const struct fw_command *command, int argc, char **argv,
	const char *short_options, const struct option *options)
{
	char with_colon[64];
	int at = optind, option;

	if (ended_arguments == argv && at > ended_at)
		return FW_END_OPTIONS;
	ended_arguments = NULL;
	opterr = 0;
	snprintf(with_colon, sizeof(with_colon), "+:%s", short_options);
	option = getopt_long(argc, argv, with_colon, options, NULL);
	if (option == FW_END_OPTIONS && at < argc && !strcmp(argv[at], "--")) {
		ended_arguments = argv;
		ended_at = at;
	}
	if (option != '?' && option != ':')
		return option;
	if (option == ':')
		fw_command_usage_error(command, "option '%s' needs a value", argv[optind - 1]);
	else if (optopt && optopt < 256)
		fw_command_usage_error(command, "unknown option '-%c'", optopt);
	else
		fw_command_usage_error(command, "unknown option '%s'", argv[optind - 1]);
	return FW_BAD_OPTION;
}

bool fw_command_no_arguments(const struct fw_command *command, int argc, char **argv)
{
	if (optind >= argc)
		return true;
	fw_command_usage_error(command, "unexpected argument '%s'", argv[optind]);
	return false;
}

int fw_command_plain(const struct fw_command *command, int argc, char **argv, bool *json)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};
	int option;

	while ((option = fw_command_next_option(command, argc, argv, "",
			json ? options : options + 1)) != FW_END_OPTIONS) {
		if (option == FW_OPTION_HELP)
			return fw_command_print_help(command);
		if (option == FW_BAD_OPTION)
			return fw_status_exit_code(FW_USAGE);
		*json = true;
	}
	return fw_command_no_arguments(command, argc, argv) ? -1 : fw_status_exit_code(FW_USAGE);
}

int fw_command_usage_error(const struct fw_command *command, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "flowwatcher %s: ", command->name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "; try 'flowwatcher %s --help'\n", command->name);
	return fw_status_exit_code(FW_USAGE);
}

int fw_command_option_error(const struct fw_command *command, const struct fw_error *error)
{
	if (error->status == FW_USAGE)
		return fw_command_usage_error(command, "%s", error->text);
	return fw_command_fail(error);
}

enum fw_status fw_command_parse_count(const char *text, uint64_t *count, struct fw_error *error)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || !value)
		return fw_error_set(
			error, FW_USAGE, "count '%.60s' is not a number from 1 on", text);
	*count = value;
	return FW_OK;
}

int fw_command_fail(const struct fw_error *error)
{
	fflush(stdout);
	fprintf(stderr, "flowwatcher: %s\n", error->text);
	return fw_status_exit_code(error->status);
}

int fw_command_print_help(const struct fw_command *command)
{
	printf("Usage: flowwatcher %s %s", command->name, command->help);
	return fw_output_finish();
}
