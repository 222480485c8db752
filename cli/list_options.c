/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/list_options.h"

#include <stdio.h>

static enum fw_status apply(struct fw_list_options *list, int option, struct fw_error *error)
{
	switch (option) {
	case FW_LIST_JSON:
		list->json = true;
		return FW_OK;
	case FW_LIST_ALL:
		list->all = true;
		return FW_OK;
	case 'p':
		return fw_selection_add_pid(&list->selection, optarg, error);
	case FW_LIST_TARGET:
		return fw_selection_add(&list->selection, optarg, error);
	case FW_LIST_BACKEND:
		return fw_session_choice_parse(optarg, &list->session.choice, error);
	}
	return FW_OK;
}

int fw_list_options_next(const struct fw_command *command, int argc, char **argv,
	const struct option *options, struct fw_list_options *list, int *code)
{
	struct fw_error error;
	int option;

	for (;;) {
		option = fw_command_next_option(command, argc, argv, "p:", options);
		if (option == FW_OPTION_HELP)
			*code = fw_command_print_help(command);
		else if (option == FW_BAD_OPTION)
			*code = fw_status_exit_code(FW_USAGE);
		else if (option == FW_END_OPTIONS || (option >= FW_LIST_OWN && option != 'p'))
			return option;
		else if (apply(list, option, &error) != FW_OK)
			*code = fw_command_option_error(command, &error);
		if (*code >= 0)
			return FW_END_OPTIONS;
	}
}

int fw_list_open(const struct fw_list_options *list, struct fw_session *session)
{
	struct fw_error error;

	if (fw_session_open(&list->session, session, &error) != FW_OK)
		return fw_command_fail(&error);
	if (session->notice[0])
		fprintf(stderr, "flowwatcher: %s\n", session->notice);
	return -1;
}
