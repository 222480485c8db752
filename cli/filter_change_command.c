/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* filter add, remove: single prefixes of the lists of an adapter, in one step. */
#include "cli/filter_guard.h"
#include "cli/filter_state.h"
#include "cli/filter_options.h"
#include "cli/filter_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_TARGETS 3 /* a list for each direction, or a new one beside one */
#define NEW_SOURCE   "command"
#define MOST_TRIES   50

/* One list to be changed, or a new one. */
struct target {
	struct fw_filter_list list;
	struct fw_prefix_list prefixes; /* as they shall be */
	struct fw_filter_report report;
};

struct request {
	const struct fw_filter_options *options;
	bool removes;
	struct fw_prefix_list wanted;
	struct target targets[MOST_TARGETS];
	size_t count;
};

static enum fw_status take_word(struct request *request, const char *word, struct fw_error *error)
{
	struct fw_filter_prefix prefixes[FW_RANGE_PREFIXES];
	size_t count = 0;
	enum fw_status status = fw_filter_prefix_parse(word, prefixes, &count, error);

	for (size_t i = 0; i < count && status == FW_OK; i++)
		if (!fw_prefix_list_append(&request->wanted, &prefixes[i]))
			status = fw_error_set(error, FW_NO_MEMORY, "no memory for %zu prefixes",
				request->wanted.count);
	return status;
}

/* Copies the adapter, direction and source of `list`. */
static struct target *add_target(struct request *request, const struct fw_filter_list *list)
{
	struct target *target = &request->targets[request->count++];

	target->list = *list;
	target->report = (struct fw_filter_report){
		.adapter = target->list.adapter,
		.source = target->list.source,
		.direction = target->list.direction,
		.json = request->options->json,
		.is_dry = request->options->dry_run,
	};
	return target;
}

static void add_new(struct request *request, uint32_t direction)
{
	struct fw_filter_list list = { .direction = direction, .source = NEW_SOURCE };

	snprintf(list.adapter, sizeof(list.adapter), "%s", request->options->adapter);
	add_target(request, &list);
}

/* The lists there are; where there is none, for `add` a new one that takes no other's place. */
static enum fw_status find_targets(struct request *request, struct fw_backend *backend,
	struct fw_error *error)
{
	const struct fw_filter_options *options = request->options;
	uint32_t asked = options->direction ? options->direction : FW_FILTER_BOTH;
	struct fw_filter_lists lists = { 0 };
	enum fw_status status = fw_filter_lists_fill(&lists, backend, error);
	uint32_t covered = 0;

	if (status == FW_OK)
		fw_filter_lists_choose(&lists, options->adapter, asked);
	for (size_t i = 0; i < lists.count && i < MOST_TARGETS - 1 && status == FW_OK; i++) {
		struct target *target = add_target(request, &lists.rows[i]);

		target->report.direction &= asked;
		covered |= target->report.direction;
		status =
			fw_filter_prefixes_fill(&target->prefixes, backend, target->list.id, error);
		if (status == FW_NOT_FOUND)
			status = FW_EXISTS; /* another one has just taken its place */
	}
	fw_filter_lists_done(&lists);
	if (status == FW_OK && !covered && (request->removes || !fw_adapter_is_free(backend,
							 options->adapter, asked)))
		return fw_filter_none(backend, options->adapter, error);
	if (status == FW_OK && !request->removes && (!covered || options->direction) &&
		(asked & ~covered))
		add_new(request, asked & ~covered);
	return status;
}

static enum fw_status put_in(struct request *request, struct target *target, struct fw_error *error)
{
	struct fw_error reason = { FW_OK, "" };

	for (size_t i = 0; i < request->wanted.count; i++) {
		size_t replaced = 0;
		enum fw_status status = fw_prefix_list_add(&target->prefixes,
			&request->wanted.prefixes[i], &replaced, &reason);

		if (status == FW_OK) {
			target->report.added++;
			target->report.replaced += replaced;
		} else if (status == FW_EXISTS) {
			target->report.contained++;
		} else {
			return fw_error_set(error, status, "%s", reason.text);
		}
	}
	return FW_OK;
}

/* A prefix that is in none of the lists refuses all. */
static enum fw_status take_out(struct request *request, const struct fw_filter_prefix *prefix,
	struct fw_error *error)
{
	struct fw_error reason = { FW_OK, "" }, each;
	enum fw_status status = FW_NOT_FOUND;

	for (size_t i = 0; i < request->count; i++) {
		struct fw_prefix_list *list = &request->targets[i].prefixes;

		if (fw_prefix_list_remove(list, prefix, &each) == FW_OK) {
			request->targets[i].report.removed++;
			status = FW_OK;
		} else if (!reason.text[0] || fw_prefix_list_find(list->prefixes, list->count,
							   prefix->family, prefix->address)) {
			reason = each; /* one that contains it says more than none */
		}
	}
	if (status == FW_OK)
		return FW_OK;
	return fw_error_set(error, status, "the list of %.64s: %s", request->options->adapter,
		reason.text);
}

static enum fw_status change_lists(struct request *request, struct fw_error *error)
{
	enum fw_status status = FW_OK;

	for (size_t i = 0; i < request->count && status == FW_OK && !request->removes; i++)
		status = put_in(request, &request->targets[i], error);
	for (size_t i = 0; i < request->wanted.count && status == FW_OK && request->removes; i++)
		status = take_out(request, &request->wanted.prefixes[i], error);
	return status;
}

/* What the lists had before was meant so. */
static enum fw_status guard(const struct request *request, struct fw_error *error)
{
	const char *adapter = request->options->adapter;
	enum fw_status status;

	if (request->removes || request->options->force)
		return FW_OK;
	status = fw_filter_guard(
		adapter, request->wanted.prefixes, request->wanted.count, NEW_SOURCE, error);
	for (size_t i = 0; i < request->count && status == FW_OK; i++) {
		const struct target *target = &request->targets[i];

		if (target->report.added)
			status = fw_filter_guard_everything(adapter, target->prefixes.prefixes,
				target->prefixes.count, error);
	}
	if (status == FW_OK || !request->options->dry_run)
		return status;
	fprintf(stderr, "flowwatcher: %s\n", error->text);
	return FW_OK;
}

static enum fw_status put_in_force(const struct request *request, struct fw_backend *backend,
	struct fw_error *error)
{
	struct fw_filter_change changes[MOST_TARGETS];
	size_t count = 0;

	for (size_t i = 0; i < request->count; i++) {
		const struct target *target = &request->targets[i];

		if (!target->report.added && !target->report.removed)
			continue;
		changes[count++] = (struct fw_filter_change){
			.adapter = target->list.adapter,
			.direction = target->report.direction,
			.source = target->list.source,
			.prefixes = target->prefixes.count ? target->prefixes.prefixes : NULL,
			.count = target->prefixes.count,
			.is_update = true,
			.replaces = target->list.id,
		};
	}
	return fw_filter_lists_set(backend, changes, count, request->options->way, error);
}

static enum fw_status report(struct request *request, struct fw_backend *backend,
	struct fw_error *error)
{
	struct fw_adapters adapters = { 0 };
	enum fw_status status = fw_adapters_fill(&adapters, backend, NULL, error);
	bool complete = true;

	for (size_t i = 0; i < request->count && status == FW_OK && complete; i++) {
		struct target *target = &request->targets[i];

		fw_filter_report_count(&target->report, &target->prefixes);
		complete = fw_filter_report_print(&target->report,
			request->options->dry_run ? NULL : &adapters);
	}
	fw_adapters_done(&adapters);
	if (complete)
		return status;
	return fw_error_set(error, FW_NO_MEMORY, "no memory to tell what is in force");
}

/* Those that were there already are found by what is there now: they are no prefix of their own. */
static void tell_contained(const struct request *request)
{
	char wanted[FW_FILTER_PREFIX_TEXT_SIZE], text[FW_FILTER_PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < request->count; i++) {
		const struct target *target = &request->targets[i];

		for (size_t w = 0; w < request->wanted.count && target->report.contained; w++) {
			const struct fw_filter_prefix *prefix = &request->wanted.prefixes[w];
			const struct fw_filter_prefix *found = fw_prefix_list_find(
				target->prefixes.prefixes, target->prefixes.count, prefix->family,
				prefix->address);

			if (found && fw_filter_prefix_compare(found, prefix) != 0)
				fprintf(stderr, "flowwatcher: %s: %s is in %s already\n",
					target->list.adapter,
					fw_filter_prefix_format(prefix, wanted, sizeof(wanted)),
					fw_filter_prefix_format(found, text, sizeof(text)));
		}
	}
}

static void forget_targets(struct request *request)
{
	for (size_t i = 0; i < request->count; i++)
		fw_prefix_list_done(&request->targets[i].prefixes);
	memset(request->targets, 0, sizeof(request->targets));
	request->count = 0;
}

/* FW_EXISTS: somebody else changed a list meanwhile, and nothing was done. */
static enum fw_status try_change(struct request *request, struct fw_backend *backend,
	struct fw_error *error)
{
	enum fw_status status = find_targets(request, backend, error);

	if (status == FW_OK)
		status = change_lists(request, error);
	if (status == FW_OK)
		status = guard(request, error);
	if (status == FW_OK && !request->options->dry_run)
		status = put_in_force(request, backend, error);
	return status;
}

static enum fw_status change(struct request *request, struct fw_error *error)
{
	struct fw_session session;
	enum fw_status status = fw_filter_session_open(&session, error);

	if (status != FW_OK)
		return status;
	status = FW_EXISTS;
	for (int i = 0; i < MOST_TRIES && status == FW_EXISTS; i++) {
		forget_targets(request);
		status = try_change(request, session.backend, error);
	}
	if (status == FW_OK) {
		tell_contained(request);
		status = report(request, session.backend, error);
	}
	fw_session_close(&session);
	return status;
}

static int check(const struct fw_command *command, const struct fw_filter_options *parsed)
{
	if (!parsed->word_count)
		return fw_command_usage_error(command, "no prefix given");
	if (!parsed->adapter)
		return fw_command_usage_error(command, "no adapter given; give --adapter NAME");
	return -1;
}

static int run(const struct fw_command *command, bool removes, const struct option *options,
	int argc, char **argv)
{
	struct fw_filter_options parsed = { .way = FW_FILTER_WAY_KEEP };
	struct request request = { .options = &parsed, .removes = removes };
	struct fw_error error = { FW_OK, "" };
	enum fw_status status = FW_OK;
	int code = fw_filter_options_parse(command, argc, argv, options, &parsed);

	if (code < 0)
		code = check(command, &parsed);
	if (code >= 0)
		return code;
	for (size_t i = 0; i < parsed.word_count && status == FW_OK; i++)
		status = take_word(&request, parsed.words[i], &error);
	if (status == FW_OK && !removes)
		status = fw_prefix_list_settle(&request.wanted, NULL, NULL, &error);
	if (status == FW_OK)
		status = change(&request, &error);
	forget_targets(&request);
	fw_prefix_list_done(&request.wanted);
	return fw_filter_finish(command, status, &error);
}

static int run_add(int argc, char **argv)
{
	static const struct option options[] = {
		FW_FILTER_ADAPTER_OPTION,
		FW_FILTER_DIRECTION_OPTION,
		{ "hook", required_argument, NULL, FW_FILTER_HOOK },
		{ "force", no_argument, NULL, FW_FILTER_FORCE },
		{ "dry-run", no_argument, NULL, FW_FILTER_DRY_RUN },
		FW_FILTER_COMMON_OPTIONS,
		{ 0 },
	};

	return run(&fw_command_filter_add, false, options, argc, argv);
}

static int run_remove(int argc, char **argv)
{
	static const struct option options[] = {
		FW_FILTER_ADAPTER_OPTION,
		FW_FILTER_DIRECTION_OPTION,
		{ "dry-run", no_argument, NULL, FW_FILTER_DRY_RUN },
		FW_FILTER_COMMON_OPTIONS,
		{ 0 },
	};

	return run(&fw_command_filter_remove, true, options, argc, argv);
}

const struct fw_command fw_command_filter_add = {
	.name = "filter add",
	.help = "--adapter NAME [OPTION...] PREFIX...\n\n"
		"Puts addresses, prefixes or ranges into the lists of an adapter, all of them or none;\n"
		"what was there stays in force meanwhile. Without a list it gets one.\n\n"
		"      --adapter NAME    eth0, or the pattern that the list was set for\n"
		"      --direction WAY   in, out or both; default: the lists that there are, else both\n"
		"      --hook WHERE      best, native (XDP), generic (XDP) or tc: where to see what is\n"
		"                        received; default: as it is, else best\n"
		"      --force           also every address, the peer of this SSH session, the gateway\n"
		"      --dry-run         only say what would be in force\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher filter add --adapter eth0 192.0.2.7 2001:db8::/32\n"
		"  flowwatcher filter add --adapter '*' --direction in 203.0.113.5-203.0.113.9\n",
	.run = run_add,
};

const struct fw_command fw_command_filter_remove = {
	.name = "filter remove",
	.help = "--adapter NAME [OPTION...] PREFIX...\n\n"
		"Takes prefixes out of the lists of an adapter, all of them or none, each as it is\n"
		"listed. A list that has become empty is taken away.\n\n"
		"      --adapter NAME    eth0, or the pattern that the list was set for\n"
		"      --direction WAY   in, out or both; default: the lists that there are\n"
		"      --dry-run         only say what would be in force\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Example:\n"
		"  flowwatcher filter remove --adapter eth0 192.0.2.7\n",
	.run = run_remove,
};
