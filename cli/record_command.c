/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* record: events and snapshots into a file, to be replayed here or elsewhere. */
#include "cli/command.h"
#include "cli/event_text.h"
#include "cli/interrupt.h"
#include "cli/interval.h"
#include "cli/recorder.h"
#include "flowwatcher/duration.h"
#include "flowwatcher/names.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPTION_FORCE = 1, OPTION_NO_WIRE, OPTION_BACKEND, OPTION_FAIL_ON_LOSS };

/* Where the recording goes. */
struct target_file {
	const char *path;
	const char *name; /* for messages */
	int fd;
	bool made;	/* by us: goes again if nothing can be recorded */
	bool is_stream; /* a pipe or terminal: a write may have to wait for its reader */
	bool is_stuck; /* interrupted while nobody read */
};

struct request {
	struct fw_session_options session;
	struct target_file file;
	uint64_t interval_ns;
	uint64_t duration_ns;
	bool force;
	bool fail_on_loss;
};

static enum fw_status parse_duration(
	const char *text, uint64_t *duration_ns, struct fw_error *error)
{
	uint64_t parsed;
	enum fw_status status = fw_duration_parse(text, &parsed, error);

	if (status == FW_OK && !parsed)
		return fw_error_set(error, FW_USAGE, "duration '%s' is no time at all", text);
	if (status == FW_OK)
		*duration_ns = parsed;
	return status;
}

static enum fw_status apply_option(int option, struct request *request, struct fw_error *error)
{
	switch (option) {
	case 'i':
		return fw_interval_parse(optarg, &request->interval_ns, error);
	case 'd':
		return parse_duration(optarg, &request->duration_ns, error);
	case OPTION_FORCE:
		request->force = true;
		return FW_OK;
	case OPTION_NO_WIRE:
		request->session.wire = false;
		return FW_OK;
	case OPTION_BACKEND:
		return fw_session_choice_parse(optarg, &request->session.choice, error);
	case OPTION_FAIL_ON_LOSS:
		request->fail_on_loss = true;
		return FW_OK;
	}
	return FW_OK;
}

static enum fw_status open_path(struct target_file *file, bool force, struct fw_error *error)
{
	/* Command lines are in it: nobody else may read it. */
	file->fd = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
	file->made = file->fd >= 0;
	if (file->fd < 0 && errno == EEXIST && force)
		file->fd = open(file->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (file->fd >= 0)
		return FW_OK;
	if (errno == EEXIST)
		return fw_error_set(error, FW_EXISTS,
			"%s exists already: --force overwrites it", file->path);
	return fw_error_set_errno(error, errno, "opening %s", file->path);
}

static enum fw_status open_file(struct target_file *file, bool force, struct fw_error *error)
{
	struct stat status;

	file->name = file->path;
	if (!strcmp(file->path, "-")) {
		file->name = "standard output";
		file->fd = STDOUT_FILENO;
	} else {
		enum fw_status opened = open_path(file, force, error);

		if (opened != FW_OK)
			return opened;
	}
	file->is_stream = !fstat(file->fd, &status) && !S_ISREG(status.st_mode);
	return FW_OK;
}

/* What was in it goes only when there is something to record. */
static enum fw_status empty_file(const struct target_file *file, struct fw_error *error)
{
	if (file->made || file->is_stream || file->fd == STDOUT_FILENO)
		return FW_OK;
	if (fchmod(file->fd, 0600) || ftruncate(file->fd, 0))
		return fw_error_set_errno(error, errno, "overwriting %s", file->name);
	return FW_OK;
}

/* Some file systems find out at the end that there is no room. */
static enum fw_status close_file(struct target_file *file, struct fw_error *error)
{
	int fd = file->fd;

	file->fd = -1;
	if (fd >= 0 && fd != STDOUT_FILENO && close(fd))
		return fw_error_set_errno(error, errno, "writing %s", file->name);
	return FW_OK;
}

/* A fw_recording_sink_fn. */
static int write_file(void *argument, const void *bytes, size_t size)
{
	struct target_file *file = argument;
	const char *at = bytes;

	while (size) {
		/* No more than a pipe takes without blocking once it is writable. */
		size_t step = file->is_stream && size > PIPE_BUF ? PIPE_BUF : size;
		ssize_t written;

		if (file->is_stream && !fw_interrupt_writable(file->fd)) {
			file->is_stuck = true;
			return ECANCELED;
		}
		written = write(file->fd, at, step);
		if (written < 0 && errno != EINTR && errno != EAGAIN)
			return errno;
		if (written > 0) {
			at += written;
			size -= (size_t)written;
		}
	}
	return 0;
}

static uint64_t lost_of(const struct fw_reader_report *report)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < FW_RECORD_EVENT_TYPES; i++)
		lost += report->lost[i];
	return lost;
}

static void print_report(const struct fw_recorder *recorder)
{
	fprintf(stderr, "flowwatcher: recorded %llu events and %llu snapshots into %s\n",
		(unsigned long long)recorder->events, (unsigned long long)recorder->snapshots,
		recorder->writer->name);
	fw_event_report_print(stderr, &recorder->report);
}

static enum fw_status record_session(struct request *request, struct fw_session *session,
	uint64_t *lost, struct fw_error *error)
{
	struct fw_recording_writer writer;
	struct fw_recorder recorder = {
		.session = session,
		.writer = &writer,
		.interval_ns = request->interval_ns,
		.duration_ns = request->duration_ns,
	};
	enum fw_status status = fw_recording_writer_init(&writer, write_file, &request->file,
		request->file.name, error);

	if (status != FW_OK)
		return status;
	status = fw_recorder_run(&recorder, error);
	if (status != FW_OK && request->file.is_stuck)
		fw_error_set(error, status,
			"ended while the reader of %s took nothing: the recording "
			"is incomplete",
			request->file.name);
	if (status != FW_OK && !recorder.events && !recorder.snapshots && request->file.made)
		unlink(request->file.path);
	if (status == FW_OK)
		status = close_file(&request->file, error);
	if (status == FW_OK)
		print_report(&recorder);
	*lost = lost_of(&recorder.report);
	fw_recording_writer_done(&writer);
	return status;
}

static enum fw_status open_session(struct request *request, struct fw_session *session,
	struct fw_error *error)
{
	enum fw_status status = fw_session_open(&request->session, session, error);

	if (status != FW_OK)
		return status;
	if (session->notice[0])
		fprintf(stderr, "flowwatcher: %s\n", session->notice);
	status = empty_file(&request->file, error);
	if (status != FW_OK)
		fw_session_close(session);
	return status;
}

static int run_request(struct request *request)
{
	struct fw_error error = { FW_OK, "" };
	struct fw_session session = { 0 };
	uint64_t lost = 0;
	enum fw_status status = open_file(&request->file, request->force, &error);

	if (status != FW_OK)
		return fw_command_fail(&error);
	if (!fw_interrupt_begin())
		status = fw_error_set_errno(&error, errno, "preparing for signals");
	if (status == FW_OK)
		status = open_session(request, &session, &error);
	if (status == FW_OK) {
		status = record_session(request, &session, &lost, &error);
		fw_session_close(&session);
	} else if (request->file.made) {
		unlink(request->file.path);
	}
	close_file(&request->file, NULL);
	if (status != FW_OK)
		return fw_command_fail(&error);
	return fw_status_exit_code(request->fail_on_loss && lost ? FW_LOST : FW_OK);
}

static int take_file(struct request *request, int argc, char **argv)
{
	if (optind >= argc || !*argv[optind])
		return fw_command_usage_error(&fw_command_record,
			"no file given to record into ('-' is standard output)");
	request->file.path = argv[optind++];
	if (!fw_command_no_arguments(&fw_command_record, argc, argv))
		return fw_status_exit_code(FW_USAGE);
	if (!strcmp(request->file.path, "-") && isatty(STDOUT_FILENO))
		return fw_command_usage_error(&fw_command_record,
			"a recording is nothing for a terminal: name a file or redirect");
	return -1;
}

static int run_record(int argc, char **argv)
{
	static const struct option options[] = {
		{ "interval", required_argument, NULL, 'i' },
		{ "duration", required_argument, NULL, 'd' },
		{ "force", no_argument, NULL, OPTION_FORCE },
		{ "no-wire", no_argument, NULL, OPTION_NO_WIRE },
		{ "backend", required_argument, NULL, OPTION_BACKEND },
		{ "fail-on-loss", no_argument, NULL, OPTION_FAIL_ON_LOSS },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};
	struct request request = {
		.session = { .wire = true, .events = true },
		.file = { .fd = -1 },
		.interval_ns = FW_DEFAULT_INTERVAL_NS,
		.duration_ns = UINT64_MAX,
	};
	struct fw_error error;
	int option, code;

	while ((option = fw_command_next_option(&fw_command_record, argc, argv, "i:d:", options)) !=
		FW_END_OPTIONS) {
		if (option == FW_OPTION_HELP)
			return fw_command_print_help(&fw_command_record);
		if (option == FW_BAD_OPTION)
			return fw_status_exit_code(FW_USAGE);
		if (apply_option(option, &request, &error) != FW_OK)
			return fw_command_option_error(&fw_command_record, &error);
	}
	code = take_file(&request, argc, argv);
	return code < 0 ? run_request(&request) : code;
}

const struct fw_command fw_command_record = {
	.name = "record",
	.summary = "write all that happens into a file, to be replayed here or elsewhere",
	.help = "[OPTION...] FILE\n\n"
		"Records every event, and what every process, connection and port has, once an\n"
		"interval. Ends with Ctrl-C. FILE '-' is standard output. The file holds command\n"
		"lines of all users: only its owner may read it.\n\n"
		"  -i, --interval TIME   between snapshots, 0.1s to 24h (default 1s)\n"
		"  -d, --duration TIME   end after this time\n"
		"      --force           overwrite a file that exists\n"
		"      --no-wire         do not count IP packets (in a private copy)\n"
		"      --backend WHAT    auto (default), bpf or sockdiag\n"
		"      --fail-on-loss    exit code 5 if events were lost\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher record -d 1m problem.fwr\n"
		"  flowwatcher record - | zstd >problem.fwr.zst\n",
	.run = run_record,
};
