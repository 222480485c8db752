/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The commands, and what each of them has in common with the others. One thread. */
#ifndef FW_CLI_COMMAND_H
#define FW_CLI_COMMAND_H

#include "flowwatcher/error.h"

#include <stdbool.h>
#include <stdint.h>

struct option;

struct fw_command {
	const char *name;
	const char *summary;		   /* one line for the list of commands */
	const char *help;		   /* what --help prints after the usage line */
	/* argv[0] is the command's name; returns the exit code */
	int (*run)(int argc, char **argv);
	/* One that has a help of its own; NULL: there is none of this name. NULL where no part
	 * has. */
	const struct fw_command *(*part)(const char *name);
};

extern const struct fw_command fw_command_load, fw_command_unload, fw_command_status,
	fw_command_watch, fw_command_stat, fw_command_conns, fw_command_ports, fw_command_doctor,
	fw_command_events, fw_command_record, fw_command_replay, fw_command_block,
	fw_command_unblock, fw_command_limit, fw_command_unlimit, fw_command_rules,
	fw_command_filter, fw_command_deny, fw_command_undeny;

/* NULL: there is none of this name. */
const struct fw_command *fw_command_find(const char *name);

/* Value of FW_OPTION_HELP in a command's long options: print its help and end. */
#define FW_OPTION_HELP 1000
#define FW_END_OPTIONS -1
#define FW_BAD_OPTION  -2 /* a message was printed: return fw_status_exit_code(FW_USAGE) */

/* getopt_long() with messages of our own. `options` begins with the short ones, as getopt wants it
 * but without a colon in front. May be asked on behind a word; all that stands behind '--' is words. */
int fw_command_next_option(const struct fw_command *command, int argc, char **argv,
	const char *short_options, const struct option *options);

/* After the options: complain about arguments where a command takes none. */
bool fw_command_no_arguments(const struct fw_command *command, int argc, char **argv);

/* A command without arguments that has no options but --help and, where `json` is not NULL, --json.
 * -1: go on; else the exit code. */
int fw_command_plain(const struct fw_command *command, int argc, char **argv, bool *json);

/* "flowwatcher watch: <text>; try 'flowwatcher watch --help'"; returns the exit code for bad
 * usage. */
int fw_command_usage_error(const struct fw_command *command, const char *format, ...)
	FW_PRINTF(2, 3);

/* The value of an option was refused: with the hint when it is bad usage. Returns the exit code. */
int fw_command_option_error(const struct fw_command *command, const struct fw_error *error);

/* The value of --count: a number from 1 on. FW_USAGE for anything else; *count is untouched
 * then. */
enum fw_status fw_command_parse_count(const char *text, uint64_t *count, struct fw_error *error);

/* "flowwatcher: <text>"; returns the exit code of the error. */
int fw_command_fail(const struct fw_error *error);

/* Print the command's help; returns the exit code. */
int fw_command_print_help(const struct fw_command *command);

#endif
