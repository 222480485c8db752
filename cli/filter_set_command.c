/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* filter set: the lists of a file put in force, all of them or none. */
#include "cli/filter_state.h"
#include "cli/filter_options.h"
#include "cli/filter_report.h"
#include "cli/filter_source.h"

#include <stdio.h>
#include <stdlib.h>

/* The lists are in force: nothing that fails from here on may look as if they were not. */
static enum fw_status report(const struct fw_filter_options *options,
	const struct fw_filter_file *file, struct fw_backend *backend, struct fw_error *error)
{
	struct fw_adapters adapters = { 0 };
	enum fw_status status = fw_adapters_fill(&adapters, backend, NULL, error);

	if (status == FW_OK && !fw_filter_report_file(file, &adapters, options->json, false))
		status = FW_NO_MEMORY;
	fw_adapters_done(&adapters);
	if (status == FW_OK)
		return FW_OK;
	return fw_error_set(error, status, "the lists of %.200s are in force, but not for which "
					   "adapters could be told; see 'flowwatcher filter enum'",
		fw_filter_source_name(file->source));
}

static enum fw_status put_in_force(const struct fw_filter_options *options,
	const struct fw_filter_file *file, struct fw_error *error)
{
	struct fw_filter_change *changes = fw_filter_source_changes(file);
	struct fw_session session;
	enum fw_status status;

	if (!changes)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu lists", file->count);
	status = fw_filter_session_open(&session, error);
	if (status != FW_OK)
		goto free_changes;
	status = fw_filter_lists_set(session.backend, changes, file->count, options->way, error);
	if (status == FW_OK)
		status = report(options, file, session.backend, error);
	fw_session_close(&session);
free_changes:
	free(changes);
	return status;
}

/* What a dry run would be refused is said, and the lists all the same. */
static enum fw_status dry_run(const struct fw_filter_options *options,
	const struct fw_filter_file *file, struct fw_error *error)
{
	if (fw_filter_source_guard(options, file, error) != FW_OK)
		fprintf(stderr, "flowwatcher: %s\n", error->text);
	if (fw_filter_report_file(file, NULL, options->json, true))
		return FW_OK;
	return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu lists", file->count);
}

static enum fw_status set(const struct fw_filter_options *options, struct fw_error *error)
{
	struct fw_filter_file file = { 0 };
	enum fw_status status = fw_filter_source_read(options, options->words[0], &file, error);

	if (status == FW_OK)
		status = fw_filter_source_choose(options, &file, error);
	if (status == FW_OK && options->dry_run)
		status = dry_run(options, &file, error);
	else if (status == FW_OK)
		status = fw_filter_source_guard(options, &file, error);
	if (status == FW_OK && !options->dry_run)
		status = put_in_force(options, &file, error);
	fw_filter_file_done(&file);
	return status;
}

static int run_set(int argc, char **argv)
{
	static const struct option options[] = {
		FW_FILTER_ADAPTER_OPTION,
		FW_FILTER_DIRECTION_OPTION,
		{ "hook", required_argument, NULL, FW_FILTER_HOOK },
		FW_FILTER_FILE_OPTIONS,
		{ "force", no_argument, NULL, FW_FILTER_FORCE },
		{ "dry-run", no_argument, NULL, FW_FILTER_DRY_RUN },
		FW_FILTER_COMMON_OPTIONS,
		{ 0 },
	};
	struct fw_filter_options parsed = { 0 };
	struct fw_error error = { FW_OK, "" };
	int code = fw_filter_options_parse(&fw_command_filter_set, argc, argv, options, &parsed);

	if (code < 0)
		code = fw_filter_options_one(&fw_command_filter_set, &parsed, "file");
	if (code >= 0)
		return code;
	return fw_filter_finish(&fw_command_filter_set, set(&parsed, &error), &error);
}

const struct fw_command fw_command_filter_set = {
	.name = "filter set",
	.help = "[OPTION...] FILE\n\n"
		"Puts the lists of a file in the place of those of the same adapters and directions, all\n"
		"of them or none. '-' is standard input.\n\n"
		"      --adapter NAME    what the list is for where the file names none: eth0, or a\n"
		"                        pattern for all there are and that will be: 'veth*', '*'; of a\n"
		"                        file that names adapters only the list for this one\n"
		"      --direction WAY   in (by source), out (by destination) or both, where the file\n"
		"                        does not say; default: both\n"
		"      --hook WHERE      best (default), native (XDP), generic (XDP) or tc: where to see\n"
		"                        what is received\n"
		"      --format FORMAT   " FW_FILTER_FORMATS "\n"
		"      --skip-bad        leave out lines that are wrong, else they refuse the file\n"
		"      --force           also every address, the peer of this SSH session, the gateway\n"
		"      --dry-run         only say what would be in force\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher filter set /etc/flowwatcher/filter\n"
		"  ipset save bad | flowwatcher filter set --adapter 'eth*' --direction in -\n",
	.run = run_set,
};
