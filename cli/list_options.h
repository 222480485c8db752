/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The options that conns and ports share. One thread. */
#ifndef FW_CLI_LIST_OPTIONS_H
#define FW_CLI_LIST_OPTIONS_H

#include "cli/command.h"
#include "cli/selection.h"
#include "flowwatcher/session.h"

#include <getopt.h>

enum {
	FW_LIST_JSON = 1,
	FW_LIST_ALL,
	FW_LIST_TARGET,
	FW_LIST_BACKEND,
	FW_LIST_OWN /* first value a command's own options may have */
};

/* Entries of a command's long options. */
#define FW_LIST_LONG_OPTIONS                                                                   \
	{ "json", no_argument, NULL, FW_LIST_JSON }, { "all", no_argument, NULL, FW_LIST_ALL }, \
		{ "pid", required_argument, NULL, 'p' },                                       \
		{ "target", required_argument, NULL, FW_LIST_TARGET },                         \
		{ "backend", required_argument, NULL, FW_LIST_BACKEND },                       \
		{ "help", no_argument, NULL, FW_OPTION_HELP }

struct fw_list_options {
	struct fw_selection selection;
	struct fw_session_options session;
	bool json;
	bool all;
};

/* Parse until the end or an option of the command's own, which is returned. *code >= 0: return
 * it. */
int fw_list_options_next(const struct fw_command *command, int argc, char **argv,
	const struct option *options, struct fw_list_options *list, int *code);

/* Open the session and print its notice. Returns -1, or the exit code after a message. */
int fw_list_open(const struct fw_list_options *list, struct fw_session *session);

#endif
