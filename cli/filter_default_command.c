/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* filter setdflt: no lists any more. */
#include "cli/filter_state.h"
#include "cli/filter_options.h"
#include "cli/filter_report.h"

#include <stdlib.h>

static enum fw_status take_away(const struct fw_filter_options *options, struct fw_backend *backend,
	const struct fw_filter_lists *lists, struct fw_error *error)
{
	struct fw_filter_change *changes = calloc(lists->count + 1, sizeof(*changes));
	enum fw_status status;

	if (!changes)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu lists", lists->count);
	for (size_t i = 0; i < lists->count; i++)
		changes[i] = (struct fw_filter_change){
			.adapter = lists->rows[i].adapter,
			.direction = lists->rows[i].direction & options->direction,
			.source = lists->rows[i].source,
		};
	status = fw_filter_lists_set(backend, changes, lists->count, FW_FILTER_WAY_KEEP, error);
	free(changes);
	return status;
}

static enum fw_status report(const struct fw_filter_options *options,
	const struct fw_filter_lists *lists, struct fw_error *error)
{
	for (size_t i = 0; i < lists->count; i++) {
		const struct fw_filter_list *list = &lists->rows[i];
		const struct fw_filter_report gone = {
			.adapter = list->adapter,
			.source = list->source,
			.direction = list->direction & options->direction,
			.removed = (uint64_t)list->ipv4 + list->ipv6,
			.json = options->json,
		};

		if (!fw_filter_report_print(&gone, NULL))
			return fw_error_set(error, FW_NO_MEMORY,
				"the lists are gone, but there is no memory to tell which");
	}
	return FW_OK;
}

static enum fw_status set_default(const struct fw_filter_options *options, struct fw_error *error)
{
	struct fw_filter_lists lists = { 0 };
	struct fw_session session;
	enum fw_status status = fw_filter_session_open(&session, error);

	if (status != FW_OK)
		return status;
	status = fw_filter_lists_ask(&lists, session.backend, options->adapter, options->direction,
		error);
	if (status == FW_OK)
		status = take_away(options, session.backend, &lists, error);
	if (status == FW_OK)
		status = report(options, &lists, error);
	fw_filter_lists_done(&lists);
	fw_session_close(&session);
	return status;
}

static int run_setdflt(int argc, char **argv)
{
	struct fw_filter_options parsed = { 0 };
	struct fw_error error = { FW_OK, "" };
	int code = fw_filter_options_lists(&fw_command_filter_setdflt, argc, argv, &parsed);

	if (code >= 0)
		return code;
	return fw_filter_finish(&fw_command_filter_setdflt, set_default(&parsed, &error), &error);
}

const struct fw_command fw_command_filter_setdflt = {
	.name = "filter setdflt",
	.help = "[--adapter NAME] [--direction in|out|both] [--json]\n\n"
		"Takes away all lists of this network namespace: everything passes.\n\n"
		"      --adapter NAME    only the lists that were set for just this name or pattern\n"
		"      --direction WAY   only what is received (in), or sent (out)\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Example:\n"
		"  flowwatcher filter setdflt --adapter eth0\n",
	.run = run_setdflt,
};
