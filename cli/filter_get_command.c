/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* filter get: the lists in force, as a file that `filter set` takes again. */
#include "cli/filter_state.h"
#include "cli/filter_options.h"
#include "cli/filter_words.h"
#include "flowwatcher/filter_file.h"
#include "flowwatcher/format.h"
#include "flowwatcher/json_filter.h"
#include "flowwatcher/json_objects.h"
#include "flowwatcher/text_codec.h"

#include <stdio.h>
#include <string.h>

struct printing {
	const struct fw_filter_list *list;
	bool json;
	bool failed;
};

static bool print_prefix(const struct fw_filter_prefix *prefix, const struct fw_filter_hits *hits,
	void *argument)
{
	struct printing *printing = argument;

	if (!printing->json)
		fw_filter_file_write_prefix(stdout, prefix, NULL);
	else
		printing->failed =
			!fw_json_print_line(fw_json_filter_prefix(printing->list, prefix, hits));
	return !printing->failed;
}

static void print_head(const struct fw_filter_list *list, uint32_t direction)
{
	char words[FW_PREFIXES_WORDS_SIZE], source[FW_FILTER_SOURCE_SIZE], time[FW_TIME_TEXT_SIZE];

	fw_text_printable(list->source, strlen(list->source), source, sizeof(source));
	printf("# %s, from %s, set %s\n",
		fw_prefixes_words(list->ipv4, list->ipv6, words, sizeof(words)), source,
		fw_format_boot_time(list->changed_ns, time, sizeof(time)));
	fw_filter_file_write_section(stdout, list->adapter, direction);
}

static enum fw_status print_list(struct fw_backend *backend, struct printing *printing,
	uint32_t direction, struct fw_error *error)
{
	const struct fw_filter_list *list = printing->list;
	enum fw_status status;

	if (printing->json)
		printing->failed = !fw_json_print_line(fw_json_filter_list(list));
	else
		print_head(list, direction);
	if (printing->failed)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for the list of %s",
			list->adapter);
	status = backend->ops->filter_prefixes(backend, list->id, print_prefix, printing, error);
	if (printing->failed)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for the list of %s",
			list->adapter);
	return status;
}

static enum fw_status print_lists(const struct fw_filter_options *options,
	struct fw_backend *backend, const struct fw_filter_lists *lists, struct fw_error *error)
{
	enum fw_status status = FW_OK;

	if (!lists->count && !options->json)
		printf("# no list is in force\n");
	for (size_t i = 0; i < lists->count && status == FW_OK; i++) {
		struct printing printing = { &lists->rows[i], options->json, false };

		status = print_list(
			backend, &printing, lists->rows[i].direction & options->direction, error);
	}
	return status;
}

static enum fw_status get(const struct fw_filter_options *options, struct fw_error *error)
{
	struct fw_filter_lists lists = { 0 };
	struct fw_session session;
	enum fw_status status = fw_filter_session_view(&session, error);

	if (status != FW_OK)
		return status;
	status = fw_filter_lists_ask(&lists, session.backend, options->adapter, options->direction,
		error);
	if (status == FW_OK)
		status = print_lists(options, session.backend, &lists, error);
	fw_filter_lists_done(&lists);
	fw_session_close(&session);
	return status;
}

static int run_get(int argc, char **argv)
{
	struct fw_filter_options parsed = { 0 };
	struct fw_error error = { FW_OK, "" };
	int code = fw_filter_options_lists(&fw_command_filter_get, argc, argv, &parsed);

	if (code >= 0)
		return code;
	return fw_filter_finish(&fw_command_filter_get, get(&parsed, &error), &error);
}

const struct fw_command fw_command_filter_get = {
	.name = "filter get",
	.help = "[--adapter NAME] [--direction in|out|both] [--json]\n\n"
		"The lists in force, as 'flowwatcher filter set' reads them.\n\n"
		"      --adapter NAME    only the lists that were set for just this name or pattern\n"
		"      --direction WAY   only what is received (in), or sent (out)\n"
		"      --json            one JSON object a line: each list, then its prefixes\n"
		"      --help            this text\n\n"
		"Example:\n"
		"  flowwatcher filter get >/etc/flowwatcher/filter\n",
	.run = run_get,
};
