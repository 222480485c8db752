/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* filter follow: adapters as they come and go, with the lists that are theirs. */
#include "cli/filter_state.h"
#include "cli/filter_options.h"
#include "cli/filter_source.h"
#include "cli/filter_words.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/service_ready.h"
#include "flowwatcher/adapter_pattern.h"
#include "flowwatcher/format.h"
#include "flowwatcher/json_filter.h"
#include "flowwatcher/json_objects.h"
#include "flowwatcher/names.h"
#include "lib/grow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 200

struct follow {
	const struct fw_filter_options *options;
	struct fw_filter_file file; /* of whose lists some may have no adapter yet */
	struct fw_backend *backend;
	struct fw_adapters appeared; /* names alone, since events were last asked for */
	bool no_memory;
};

static void print_event(const struct follow *follow, const struct fw_adapter_event *event)
{
	char time[FW_TIME_TEXT_SIZE];

	if (follow->options->json) {
		fw_json_print_line(fw_json_adapter_event(event));
		return;
	}
	fw_format_boot_time(event->time_ns, time, sizeof(time));
	printf("%.12s  %-8s  %s", time + 11, fw_adapter_action_name(event->action), event->name);
	if (event->direction)
		printf("  %s", fw_direction_words(event->direction));
	printf("\n");
}

/* The backend is not asked anew from within its own callback. */
static bool take_event(const struct fw_adapter_event *event, void *argument)
{
	struct follow *follow = argument;
	struct fw_adapters *appeared = &follow->appeared;
	struct fw_adapter *rows;

	if (!follow->options->once)
		print_event(follow, event);
	if (event->action != FW_ADAPTER_APPEARED || !follow->file.count)
		return true;
	rows = fw_grow(appeared->rows, appeared->count, &appeared->capacity, sizeof(*rows));
	follow->no_memory = !rows;
	if (!rows)
		return false;
	appeared->rows = rows;
	memset(&rows[appeared->count], 0, sizeof(*rows));
	memcpy(rows[appeared->count++].name, event->name, sizeof(event->name));
	return true;
}

static bool is_there(const struct fw_adapters *adapters, const char *adapter)
{
	for (size_t i = 0; i < adapters->count; i++)
		if (!strcmp(adapters->rows[i].name, adapter))
			return true;
	return false;
}

/* The lists of the file whose adapters are among these; `patterns`: those of patterns too. */
static enum fw_status set_lists(struct follow *follow, const struct fw_adapters *adapters,
	bool patterns, struct fw_error *error)
{
	struct fw_filter_change *changes = fw_filter_source_changes(&follow->file);
	enum fw_status status;
	size_t count = 0;

	if (!changes)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu lists",
			follow->file.count);
	for (size_t i = 0; i < follow->file.count; i++) {
		bool is_pattern = fw_adapter_is_pattern(changes[i].adapter);

		if (is_pattern ? patterns : is_there(adapters, changes[i].adapter))
			changes[count++] = changes[i];
	}
	status = fw_filter_lists_set(follow->backend, changes, count, follow->options->way, error);
	free(changes);
	return status;
}

static enum fw_status set_first(struct follow *follow, struct fw_error *error)
{
	struct fw_adapters adapters = { 0 };
	enum fw_status status = fw_adapters_fill(&adapters, follow->backend, NULL, error);

	for (size_t i = 0; i < follow->file.count && status == FW_OK && !follow->options->once;
		i++) {
		const char *adapter = follow->file.sections[i].adapter;

		if (!fw_adapter_is_pattern(adapter) && !is_there(&adapters, adapter))
			fprintf(stderr, "flowwatcher: there is no %s yet: it gets its list when it "
					"appears\n",
				adapter);
	}
	if (status == FW_OK)
		status = set_lists(follow, &adapters, true, error);
	fw_adapters_done(&adapters);
	return status;
}

/* One that cannot have its list must not cost the others theirs. */
static void set_appeared(struct follow *follow)
{
	struct fw_error error = { FW_OK, "" };

	for (size_t i = 0; i < follow->appeared.count; i++) {
		const struct fw_adapters one = { .rows = &follow->appeared.rows[i], .count = 1 };

		if (set_lists(follow, &one, false, &error) != FW_OK)
			fprintf(stderr, "flowwatcher: %s\n", error.text);
	}
	follow->appeared.count = 0;
}

static enum fw_status next(struct follow *follow, int timeout_ms, struct fw_error *error)
{
	enum fw_status status = follow->backend->ops->filter_follow(follow->backend, timeout_ms,
		take_event, follow, error);

	if (follow->no_memory)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for the adapters that appear");
	return status;
}

/* Events are asked for first, so that an adapter that comes meanwhile is not missed. */
static enum fw_status begin(struct follow *follow, struct fw_error *error)
{
	enum fw_status status = follow->options->once ? FW_OK : next(follow, 0, error);

	if (status == FW_OK)
		status = follow->backend->ops->filter_settle(follow->backend, error);
	/* Who may only read can follow, too. */
	if (status == FW_DENIED && !follow->options->once && !follow->file.count)
		status = FW_OK;
	if (status == FW_OK && follow->file.count)
		status = set_first(follow, error);
	if (status == FW_OK)
		fw_service_ready();
	return status;
}

static enum fw_status follow_on(struct follow *follow, struct fw_error *error)
{
	enum fw_status status = FW_OK;

	while (status == FW_OK && !fw_interrupt_came()) {
		status = next(follow, WAIT_MS, error);
		if (status == FW_OK)
			set_appeared(follow);
		if (!fw_output_flush() || !fw_output_is_read())
			break;
	}
	return status;
}

static enum fw_status run_session(struct follow *follow, struct fw_error *error)
{
	struct fw_session session;
	enum fw_status status = fw_filter_session_open(&session, error);

	if (status != FW_OK)
		return status;
	follow->backend = session.backend;
	status = begin(follow, error);
	if (status == FW_OK && !follow->options->once)
		status = follow_on(follow, error);
	fw_adapters_done(&follow->appeared);
	fw_session_close(&session);
	return status;
}

static enum fw_status run_request(const struct fw_filter_options *options, struct fw_error *error)
{
	struct follow follow = { .options = options };
	enum fw_status status = FW_OK;

	if (!options->once && !fw_interrupt_begin())
		return fw_error_set_errno(error, errno, "preparing for signals");
	if (options->word_count)
		status = fw_filter_source_read(options, options->words[0], &follow.file, error);
	if (status == FW_OK)
		status = fw_filter_source_choose(options, &follow.file, error);
	if (status == FW_OK)
		status = fw_filter_source_guard(options, &follow.file, error);
	if (status == FW_OK)
		status = run_session(&follow, error);
	fw_filter_file_done(&follow.file);
	return status;
}

static int run_follow(int argc, char **argv)
{
	static const struct option options[] = {
		{ "once", no_argument, NULL, FW_FILTER_ONCE },
		{ "hook", required_argument, NULL, FW_FILTER_HOOK },
		FW_FILTER_FILE_OPTIONS,
		{ "force", no_argument, NULL, FW_FILTER_FORCE },
		FW_FILTER_COMMON_OPTIONS,
		{ 0 },
	};
	struct fw_filter_options parsed = { 0 };
	struct fw_error error = { FW_OK, "" };
	int code = fw_filter_options_parse(&fw_command_filter_follow, argc, argv, options, &parsed);

	if (code < 0 && parsed.word_count)
		code = fw_filter_options_one(&fw_command_filter_follow, &parsed, "file");
	if (code >= 0)
		return code;
	return fw_filter_finish(&fw_command_filter_follow, run_request(&parsed, &error), &error);
}

const struct fw_command fw_command_filter_follow = {
	.name = "filter follow",
	.help = "[OPTION...] [FILE]\n\n"
		"Prints adapters as they appear and vanish, until Ctrl-C, and gives those that appear\n"
		"the lists whose pattern names them. With a file it sets the lists of that first, and\n"
		"those of adapters that are not there as soon as they are. Lists stay when it ends.\n\n"
		"      --once            lists for the adapters that have come, and end\n"
		"      --hook WHERE      best (default), native (XDP), generic (XDP) or tc: where to see\n"
		"                        what is received, for lists of the file\n"
		"      --format FORMAT   of the file: " FW_FILTER_FORMATS "\n"
		"      --skip-bad        leave out lines that are wrong, else they refuse the file\n"
		"      --force           also every address, the peer of this SSH session, the gateway\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Example:\n"
		"  flowwatcher filter follow /etc/flowwatcher/filter\n",
	.run = run_follow,
};
