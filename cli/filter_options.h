/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The subcommands of `filter`, and the options that they share. One thread. */
#ifndef FW_CLI_FILTER_OPTIONS_H
#define FW_CLI_FILTER_OPTIONS_H

#include "backend/backend.h"
#include "cli/command.h"
#include "flowwatcher/filter_file.h"

#include <getopt.h>

/* Named "filter set" and so on: their messages and help are their own. */
extern const struct fw_command fw_command_filter_enum, fw_command_filter_set, fw_command_filter_get,
	fw_command_filter_add, fw_command_filter_remove, fw_command_filter_setdflt,
	fw_command_filter_stats, fw_command_filter_test, fw_command_filter_check,
	fw_command_filter_follow, fw_command_filter_query;

/* Values of entries in the subcommands' long options. */
enum {
	FW_FILTER_JSON = 1,
	FW_FILTER_ADAPTER,
	FW_FILTER_DIRECTION,
	FW_FILTER_HOOK,
	FW_FILTER_FORMAT,
	FW_FILTER_SKIP_BAD,
	FW_FILTER_FORCE,
	FW_FILTER_DRY_RUN,
	FW_FILTER_FILE,
	FW_FILTER_TOP,
	FW_FILTER_ONCE,
	/* and 'i', 'c' */
};

/* Entries that most of them have. */
#define FW_FILTER_COMMON_OPTIONS                            \
	{ "json", no_argument, NULL, FW_FILTER_JSON }, \
	{ "help", no_argument, NULL, FW_OPTION_HELP }
#define FW_FILTER_ADAPTER_OPTION { "adapter", required_argument, NULL, FW_FILTER_ADAPTER }
#define FW_FILTER_DIRECTION_OPTION { "direction", required_argument, NULL, FW_FILTER_DIRECTION }
/* Of those that read a file. */
#define FW_FILTER_FILE_OPTIONS                                       \
	{ "format", required_argument, NULL, FW_FILTER_FORMAT }, \
	{ "skip-bad", no_argument, NULL, FW_FILTER_SKIP_BAD }

/* What --format takes, for the help. */
#define FW_FILTER_FORMATS "auto (default), classic, plain, netset, hosts or ipset"

struct fw_filter_options {
	const char *adapter; /* NULL: not given; a name even if an alias was given */
	char named[FW_ADAPTER_NAME_SIZE]; /* what it may point to, so a copy of this needs the original */
	uint32_t direction;  /* bits of enum fw_filter_direction; 0: not given */
	enum fw_filter_way way;
	enum fw_filter_format format;
	bool json, skip_bad, force, dry_run, once;
	const char *file;
	uint64_t top, count, interval_ns; /* 0: not given */
	char **words;			  /* what is no option, in order */
	size_t word_count;
};

/* Options may stand anywhere among the words, which are moved to the front of argv. -1, or the exit
 * code after a message or the help. */
int fw_filter_options_parse(const struct fw_command *command, int argc, char **argv,
	const struct option *options, struct fw_filter_options *parsed);

/* Of those that take lists by --adapter and --direction (both if it is not given), and no words. */
int fw_filter_options_lists(const struct fw_command *command, int argc, char **argv,
	struct fw_filter_options *parsed);

/* Exactly one word, a `what`? -1, or the exit code after a message. */
int fw_filter_options_one(const struct fw_command *command, const struct fw_filter_options *options,
	const char *what);

/* No words? The same. */
int fw_filter_options_none(
	const struct fw_command *command, const struct fw_filter_options *options);

/* After a run: the message of an error and its exit code, or that output could be written. */
int fw_filter_finish(const struct fw_command *command, enum fw_status status,
	const struct fw_error *error);

#endif
