/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* replay: other commands over a recording in place of this machine. */
#include "cli/command.h"
#include "cli/output.h"
#include "flowwatcher/duration.h"
#include "flowwatcher/format.h"
#include "flowwatcher/session.h"
#include "flowwatcher/text_codec.h"
#include "lib/recording/recording.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INFO_TEXT_SIZE 64

enum { OPTION_AT = 1, OPTION_INFO };

struct request {
	const char *path;
	uint64_t at_ns; /* UINT64_MAX: not given */
	bool info;
	const struct fw_command *command;
	bool last; /* the command is about the last snapshot, unless --at says otherwise */
	int argc;  /* of the command */
	char **argv;
};

static enum fw_status choose_command(const char *name, struct request *request,
	struct fw_error *error)
{
	static const struct {
		const char *name;
		bool last;
	} known[] = { { "events", false }, { "watch", false }, { "conns", true },
		{ "ports", true } };

	for (size_t i = 0; i < FW_ARRAY_SIZE(known); i++) {
		if (strcmp(known[i].name, name))
			continue;
		request->command = fw_command_find(name);
		request->last = known[i].last;
		if (request->command)
			return FW_OK;
		return fw_error_set(error, FW_USAGE, "this flowwatcher has no command '%s'", name);
	}
	return fw_error_set(error, FW_USAGE,
		"'%.40s' cannot be replayed; events, watch, conns and ports can", name);
}

/* A name from the recording on a terminal. */
static const char *printable(const char *name, char text[INFO_TEXT_SIZE])
{
	fw_text_printable(name, strlen(name), text, INFO_TEXT_SIZE);
	return text;
}

static void print_info(const struct fw_recording *recording)
{
	const struct fw_recording_info *info = &recording->info;
	size_t count = recording->snapshot_count;
	char begin[FW_TIME_TEXT_SIZE], end[FW_TIME_TEXT_SIZE], text[2][INFO_TEXT_SIZE];
	uint64_t last_ns = count ? recording->snapshots[count - 1].time_ns : info->header.time_ns;

	printf("recorded    %s to %s\n",
		fw_format_boot_time(info->header.time_ns, begin, sizeof(begin)),
		fw_format_boot_time(last_ns, end, sizeof(end)));
	printf("by          flowwatcher %s, backend %s\n", printable(info->product, text[0]),
		printable(info->backend, text[1]));
	printf("on          Linux %s %s\n", printable(info->kernel_release, text[0]),
		printable(info->architecture, text[1]));
	printf("counting    payload%s%s, since %s\n",
		info->flags & FW_RECORDING_UDP ? "" : " of TCP",
		info->flags & FW_RECORDING_WIRE ? " and wire" : "",
		fw_format_boot_time(info->since_ns, begin, sizeof(begin)));
	printf("holds       %" PRIu64 " events, %zu snapshots, %zu processes\n", recording->events,
		count, recording->process_count);
}

/* What is wrong with the recording, after all that could be shown. Returns the exit code. */
static int print_findings(const struct fw_recording *recording)
{
	const char *name = recording->reader.name;

	if (recording->unknown)
		fprintf(stderr,
			"flowwatcher: %s: %" PRIu64
			" records of types that this version does not know "
			"were skipped\n",
			name, recording->unknown);
	if (recording->ending == FW_RECORDING_DAMAGED) {
		fprintf(stderr,
			"flowwatcher: %s: damaged at offset %" PRIu64 "; the %" PRIu64
			" records before it are intact\n",
			name, recording->end.offset, recording->records);
		return fw_status_exit_code(FW_FAILED);
	}
	if (!recording->is_finished || recording->ending == FW_RECORDING_TORN)
		fprintf(stderr,
			"flowwatcher: %s: record was cut off, or still runs; the %" PRIu64
			" records in it are intact\n",
			name, recording->records);
	return fw_status_exit_code(FW_OK);
}

static int run_command(const struct request *request, struct fw_recording *recording)
{
	int code, finding;

	if (request->at_ns != UINT64_MAX || request->last)
		fw_recording_go_time(recording, request->at_ns);
	if (request->at_ns != UINT64_MAX && recording->snapshot_count)
		recording->from = recording->snapshots[recording->current].begin;
	fw_session_replay(recording);
	if (request->info) {
		print_info(recording);
		code = fw_output_finish();
	} else {
		optind = 0; /* getopt begins anew */
		code = request->command->run(request->argc, request->argv);
	}
	fw_session_replay(NULL);
	finding = print_findings(recording);
	return code ? code : finding;
}

static int run_request(const struct request *request)
{
	struct fw_recording recording;
	struct fw_error error;
	int code;

	if (fw_recording_open(&recording, request->path, &error) != FW_OK)
		return fw_command_fail(&error);
	if (!recording.info.types)
		fprintf(stderr, "flowwatcher: %s holds no events: it was recorded without BPF\n",
			request->path);
	code = run_command(request, &recording);
	fw_recording_close(&recording);
	return code;
}

static int take_arguments(struct request *request, int argc, char **argv)
{
	static char *events[] = { "events", NULL };
	struct fw_error error;

	if (optind >= argc)
		return fw_command_usage_error(&fw_command_replay, "no recording given");
	request->path = argv[optind++];
	if (request->info)
		return fw_command_no_arguments(&fw_command_replay, argc, argv) ?
			       -1 :
			       fw_status_exit_code(FW_USAGE);
	request->argc = optind < argc ? argc - optind : 1;
	request->argv = optind < argc ? argv + optind : events;
	if (choose_command(request->argv[0], request, &error) != FW_OK)
		return fw_command_option_error(&fw_command_replay, &error);
	return -1;
}

static int run_replay(int argc, char **argv)
{
	static const struct option options[] = {
		{ "at", required_argument, NULL, OPTION_AT },
		{ "info", no_argument, NULL, OPTION_INFO },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};
	struct request request = { .at_ns = UINT64_MAX };
	struct fw_error error;
	int option, code;

	while ((option = fw_command_next_option(&fw_command_replay, argc, argv, "", options)) !=
		FW_END_OPTIONS) {
		if (option == FW_OPTION_HELP)
			return fw_command_print_help(&fw_command_replay);
		if (option == FW_BAD_OPTION)
			return fw_status_exit_code(FW_USAGE);
		if (option == OPTION_INFO)
			request.info = true;
		else if (fw_duration_parse(optarg, &request.at_ns, &error) != FW_OK)
			return fw_command_option_error(&fw_command_replay, &error);
	}
	code = take_arguments(&request, argc, argv);
	return code < 0 ? run_request(&request) : code;
}

const struct fw_command fw_command_replay = {
	.name = "replay",
	.summary = "run a command over a recording in place of this machine",
	.help = "[OPTION...] FILE [COMMAND [OPTION...]]\n\n"
		"COMMAND is events (default), watch, conns or ports, with its own options. Nothing is\n"
		"waited for, times are those of the recording, and this machine is not asked about\n"
		"processes or users.\n\n"
		"  --at TIME   so long after the beginning: what conns and ports show in place of the\n"
		"              end, and where watch and events begin\n"
		"  --info      say what the recording is instead\n"
		"  --help      this text\n\n"
		"Examples:\n"
		"  flowwatcher replay problem.fwr watch\n"
		"  flowwatcher replay --at 30s problem.fwr ports\n",
	.run = run_replay,
};
