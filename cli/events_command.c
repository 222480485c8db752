/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* events: what happens to processes, threads, images, connections and ports, as it happens. */
#include "cli/command.h"
#include "cli/event_filter.h"
#include "cli/event_text.h"
#include "cli/event_types.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "core/record_check.h"
#include "flowwatcher/duration.h"
#include "flowwatcher/json_events.h"
#include "flowwatcher/json_objects.h"
#include "flowwatcher/session.h"
#include "flowwatcher/size.h"
#include "lib/host/host.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS	  50
#define NS_PER_MS 1000000u

#define SMALLEST_QUEUE (4u << 10)
#define LARGEST_QUEUE  (1u << 30)

/* A flood that loses records must not be met by reading all of /proc again and again. */
#define LEARN_AGAIN_NS 1000000000u

enum {
	OPTION_TYPES = 1,
	OPTION_TARGET,
	OPTION_TREE,
	OPTION_EXISTING,
	OPTION_ALL_MAPPINGS,
	OPTION_BUFFER,
	OPTION_JSON,
	OPTION_CLASSIC,
	OPTION_FAIL_ON_LOSS,
	OPTION_BACKEND,
	OPTION_NO_WIRE
};

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CLASSIC };

struct request {
	struct fw_session_options session;
	struct fw_event_filter filter;
	enum format format;
	uint64_t types; /* to print; 0: all that there are */
	uint32_t queue_bytes;
	uint64_t count;	      /* events; 0: no end */
	uint64_t duration_ns; /* 0: no end */
	bool existing, all_mappings, fail_on_loss;

	/* While it runs. */
	uint64_t shown;
	uint64_t lost;
	uint64_t learned_ns;  /* when the filter learned last, CLOCK_MONOTONIC */
	bool learn_again;     /* a creation that the filter should have seen was lost */
	bool finished;	      /* no more is printed */
	bool draining;	      /* but the rest is taken nevertheless */
	struct fw_error problem; /* why it finished; FW_OK: for no bad reason */
};

static enum fw_status parse_duration(const char *text, uint64_t *duration_ns,
	struct fw_error *error)
{
	uint64_t parsed;
	enum fw_status status = fw_duration_parse(text, &parsed, error);

	if (status == FW_OK && !parsed)
		return fw_error_set(error, FW_USAGE, "duration '%.60s' is no time at all", text);
	if (status == FW_OK)
		*duration_ns = parsed;
	return status;
}

static enum fw_status parse_buffer(const char *text, uint32_t *queue_bytes, struct fw_error *error)
{
	uint64_t parsed;
	uint32_t rounded = SMALLEST_QUEUE;
	enum fw_status status = fw_size_parse(text, &parsed, error);

	if (status != FW_OK)
		return status;
	if (parsed < SMALLEST_QUEUE || parsed > LARGEST_QUEUE)
		return fw_error_set(error, FW_USAGE, "buffer '%.60s' is not between 4KiB and 1GiB",
			text);
	while (rounded < parsed)
		rounded *= 2;
	*queue_bytes = rounded;
	return FW_OK;
}

static enum fw_status apply_value(int option, struct request *request, struct fw_error *error)
{
	switch (option) {
	case OPTION_TYPES:
		return fw_event_types_parse(optarg, &request->types, error);
	case 'p':
		return fw_selection_add_pid(&request->filter.selection, optarg, error);
	case OPTION_TARGET:
		return fw_selection_add(&request->filter.selection, optarg, error);
	case OPTION_TREE:
		return fw_event_filter_add_tree(&request->filter, optarg, error);
	case OPTION_BUFFER:
		return parse_buffer(optarg, &request->queue_bytes, error);
	case 'c':
		return fw_command_parse_count(optarg, &request->count, error);
	case 'd':
		return parse_duration(optarg, &request->duration_ns, error);
	case OPTION_BACKEND:
		return fw_session_choice_parse(optarg, &request->session.choice, error);
	}
	return FW_OK;
}

static enum fw_status apply_option(int option, struct request *request, struct fw_error *error)
{
	switch (option) {
	case OPTION_JSON:
		request->format = FORMAT_JSON;
		return FW_OK;
	case OPTION_CLASSIC:
		request->format = FORMAT_CLASSIC;
		return FW_OK;
	case OPTION_EXISTING:
		request->existing = true;
		return FW_OK;
	case OPTION_ALL_MAPPINGS:
		request->all_mappings = true;
		return FW_OK;
	case OPTION_FAIL_ON_LOSS:
		request->fail_on_loss = true;
		return FW_OK;
	case OPTION_NO_WIRE:
		request->session.wire = false;
		return FW_OK;
	default:
		return apply_value(option, request, error);
	}
}

/* False: memory ran out. */
static bool print_record(const struct request *request, const struct fw_record_header *record)
{
	char *line;

	if (request->format == FORMAT_JSON)
		return fw_json_print_line(fw_json_event(record));
	line = request->format == FORMAT_CLASSIC ? fw_event_classic(record) : fw_event_text(record);
	if (!line)
		return false;
	if (request->format == FORMAT_TEXT)
		fw_output_cut(line);
	puts(line);
	free(line);
	return true;
}

static void finish(struct request *request, enum fw_status status, const char *text)
{
	request->finished = true;
	if (status != FW_OK && request->problem.status == FW_OK)
		fw_error_set(&request->problem, status, "%s", text);
}

static void note_loss(struct request *request, const struct fw_loss_record *loss)
{
	for (size_t type = 0; type < FW_RECORD_EVENT_TYPES; type++)
		request->lost += loss->lost[type];
	request->learn_again |= loss->lost[FW_RECORD_PROCESS_CREATE] > 0;
}

static bool is_hidden_mapping(const struct request *request, const struct fw_record_header *record)
{
	const struct fw_image_record *image = (const struct fw_image_record *)record;

	return record->type == FW_RECORD_IMAGE_LOAD && !request->all_mappings &&
	       (image->flags & FW_EVENT_NO_FILE);
}

static bool is_shown(struct request *request, const struct fw_record_header *record)
{
	/* First of all, because the filter must see every record. */
	bool passes = fw_event_filter_passes(&request->filter, record);

	if (record->flags & FW_RECORD_EXISTING && !request->existing)
		return false;
	return record->type == FW_RECORD_LOSS ||
	       (passes && (request->types & FW_EVENT_TYPE_BIT(record->type)) &&
		       !is_hidden_mapping(request, record));
}

static void show_record(struct request *request, const struct fw_record_header *record)
{
	if (!fw_json_event_is_known(record->type) || !is_shown(request, record))
		return;
	if (!print_record(request, record) || request->filter.out_of_memory) {
		finish(request, FW_NO_MEMORY, "no memory for the events");
		return;
	}
	if (record->type != FW_RECORD_LOSS)
		request->shown++;
	if (ferror(stdout) || (request->count && request->shown == request->count))
		finish(request, FW_OK, "");
}

static bool take_record(const struct fw_record_header *header, void *argument)
{
	const struct fw_record_header *record;
	struct request *request = argument;

	if (fw_record_whole(header, header->size, &record) != FW_OK) {
		finish(request, FW_MALFORMED,
			"a record is not as it must be: the loaded kernel side may be of another "
			"version; put it in place anew with 'flowwatcher unload' and 'flowwatcher "
			"load'");
		return request->draining;
	}
	if (record->type == FW_RECORD_LOSS)
		note_loss(request, (const struct fw_loss_record *)record);
	if (!request->finished)
		show_record(request, record);
	return !request->finished || request->draining;
}

/* When creations were lost, their processes may still be found where they run. */
static enum fw_status learn_again(struct request *request, struct fw_error *error)
{
	uint64_t now = fw_monotonic_ns();

	if (!request->learn_again || now - request->learned_ns < LEARN_AGAIN_NS)
		return FW_OK;
	request->learn_again = false;
	request->learned_ns = now;
	return fw_event_filter_learn(&request->filter, error);
}

/* What is left until the deadline, at most POLL_MS. */
static int poll_time(uint64_t deadline_ns)
{
	uint64_t now = fw_monotonic_ns();
	uint64_t left_ms = now < deadline_ns ? (deadline_ns - now + NS_PER_MS - 1) / NS_PER_MS : 0;

	return left_ms < POLL_MS ? (int)left_ms : POLL_MS;
}

static enum fw_status read_events(struct request *request, struct fw_backend *backend,
	struct fw_error *error)
{
	uint64_t now = fw_monotonic_ns(), deadline = UINT64_MAX;
	enum fw_status status = FW_OK;

	if (request->duration_ns && request->duration_ns < UINT64_MAX - now)
		deadline = now + request->duration_ns;
	while (status == FW_OK && !fw_interrupt_came() && fw_output_is_read()) {
		int timeout_ms = poll_time(deadline);

		status = backend->ops->poll(backend, timeout_ms, take_record, request, error);
		if (!fw_output_flush() || request->finished || !timeout_ms)
			break;
		if (status == FW_OK)
			status = learn_again(request, error);
	}
	if (status == FW_NOT_FOUND || (status == FW_STOPPED && request->finished))
		return FW_OK;
	return status;
}

static void print_report(struct request *request, struct fw_backend *backend)
{
	struct fw_reader_report report = { 0 };
	uint64_t lost = 0;

	if (!backend->ops->report)
		return;
	backend->ops->report(backend, &report);
	for (size_t type = 0; type < FW_RECORD_EVENT_TYPES; type++)
		lost += report.lost[type];
	if (lost > request->lost)
		request->lost = lost;
	if (request->format == FORMAT_JSON) {
		fw_json_print_line(
			fw_json_events_report(&report, fw_host_boot_ns(), request->shown));
	} else {
		fw_output_flush();
		fw_event_report_print(stderr, &report);
	}
}

static enum fw_status end_events(struct request *request, struct fw_backend *backend,
	struct fw_error *error)
{
	enum fw_status status = FW_OK;

	request->draining = true;
	request->finished |= !fw_output_flush();
	if (backend->ops->drain)
		status = backend->ops->drain(backend, take_record, request, error);
	if (status == FW_OK)
		print_report(request, backend);
	return status;
}

/* All types there are here, where nobody asked for certain ones; what is missing is said. Returns
 * those to subscribe to: what the filter would like to see besides may be missing too. */
static uint64_t choose_types(struct request *request, struct fw_backend *backend)
{
	struct fw_error why = { FW_OK, "" };
	uint64_t available = fw_event_types_all();

	if (backend->ops->record_types)
		available &= backend->ops->record_types(backend, &why);
	if (!request->types && why.text[0])
		fprintf(stderr, "flowwatcher: going on without some events: %s\n", why.text);
	if (!request->types)
		request->types = available;
	return request->types | (fw_event_filter_types(&request->filter) & available);
}

static enum fw_status subscribe(struct request *request, struct fw_backend *backend, uint64_t types,
	struct fw_error *error)
{
	const struct fw_subscription subscription = {
		.types = types,
		.queue_bytes = request->queue_bytes,
		/* The system cannot be asked about the processes of a recording. */
		.existing = request->existing || (request->filter.is_recorded &&
						  fw_event_filter_is_used(&request->filter)),
	};
	enum fw_status status;

	if (!backend->ops->subscribe)
		return fw_error_set(error, FW_UNSUPPORTED,
			"events need the kernel side: leave out --backend sockdiag");
	if (fw_event_filter_is_used(&request->filter) && backend->ops->knows_pids &&
		!backend->ops->knows_pids(backend))
		return fw_error_set(error, FW_UNSUPPORTED,
			"-p, --target and --tree cannot be told here: events have the process ids of "
			"the machine, and this is a pid namespace of its own; run it outside");
	/* Before and after, so that no process which begins meanwhile is missed with its
	 * children. */
	status = fw_event_filter_learn(&request->filter, error);
	if (status == FW_OK)
		status = backend->ops->subscribe(backend, &subscription, error);
	if (status == FW_OK)
		status = fw_event_filter_learn(&request->filter, error);
	request->learned_ns = fw_monotonic_ns();
	return status;
}

static enum fw_status run_events_on(struct request *request, struct fw_backend *backend,
	struct fw_error *error)
{
	enum fw_status status =
		subscribe(request, backend, choose_types(request, backend), error);

	if (status == FW_OK && request->format == FORMAT_TEXT)
		fw_output_title(fw_event_text_title());
	if (status != FW_OK)
		return status;
	status = read_events(request, backend, error);
	if (status != FW_OK)
		print_report(request, backend); /* all that came was taken */
	if (status == FW_OK && request->problem.status == FW_OK)
		status = end_events(request, backend, error);
	if (status == FW_OK && request->problem.status != FW_OK)
		return fw_error_set(error, request->problem.status, "%s", request->problem.text);
	return status;
}

static int run_request(struct request *request)
{
	struct fw_error error = { FW_OK, "" };
	struct fw_session session;
	enum fw_status status;
	int code;

	if (!fw_interrupt_begin()) {
		fw_error_set_errno(&error, errno, "preparing for signals");
		return fw_command_fail(&error);
	}
	if (fw_session_open(&request->session, &session, &error) != FW_OK)
		return fw_command_fail(&error);
	request->filter.is_recorded = session.is_replay;
	status = run_events_on(request, session.backend, &error);
	fw_session_close(&session);
	if (status != FW_OK)
		return fw_command_fail(&error);
	code = fw_output_finish();
	return code || !request->fail_on_loss || !request->lost ? code :
								  fw_status_exit_code(FW_LOST);
}

static int run_events(int argc, char **argv)
{
	static const struct option options[] = {
		{ "types", required_argument, NULL, OPTION_TYPES },
		{ "target", required_argument, NULL, OPTION_TARGET },
		{ "pid", required_argument, NULL, 'p' },
		{ "tree", required_argument, NULL, OPTION_TREE },
		{ "since-boot-snapshot", no_argument, NULL, OPTION_EXISTING },
		{ "all-mappings", no_argument, NULL, OPTION_ALL_MAPPINGS },
		{ "buffer", required_argument, NULL, OPTION_BUFFER },
		{ "count", required_argument, NULL, 'c' },
		{ "duration", required_argument, NULL, 'd' },
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "classic", no_argument, NULL, OPTION_CLASSIC },
		{ "fail-on-loss", no_argument, NULL, OPTION_FAIL_ON_LOSS },
		{ "backend", required_argument, NULL, OPTION_BACKEND },
		{ "no-wire", no_argument, NULL, OPTION_NO_WIRE },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};
	struct request request = {
		.session = { .wire = true, .events = true, .needs_counters = true },
	};
	struct fw_error error;
	int option, code = -1;

	while (code < 0 && (option = fw_command_next_option(&fw_command_events, argc, argv,
				    "p:c:d:", options)) != FW_END_OPTIONS) {
		if (option == FW_OPTION_HELP)
			code = fw_command_print_help(&fw_command_events);
		else if (option == FW_BAD_OPTION)
			code = fw_status_exit_code(FW_USAGE);
		else if (apply_option(option, &request, &error) != FW_OK)
			code = fw_command_option_error(&fw_command_events, &error);
	}
	if (code < 0 && !fw_command_no_arguments(&fw_command_events, argc, argv))
		code = fw_status_exit_code(FW_USAGE);
	if (code < 0)
		code = run_request(&request);
	fw_event_filter_done(&request.filter);
	return code;
}

const struct fw_command fw_command_events = {
	.name = "events",
	.summary = "processes, threads, images, connections, ports, blocks, as they come and go",
	.help = "[OPTION...]\n\n"
		"One line an event, in the order of their time, until Ctrl-C. Events that came faster\n"
		"than they were read are counted: produced = delivered + lost, for each type.\n\n"
		"      --types LIST      of process_create, process_exit, thread_create, thread_exit,\n"
		"                        image_load, connection_open, connection_close, port_taken,\n"
		"                        port_released, blocked; or process, thread, image,\n"
		"                        connection, port, all (the default); separated by commas\n"
		"  -p, --pid PID         only of this process; may be repeated\n"
		"      --target TARGET   only of pid:N, exe:/PATH, comm:NAME, cgroup:/PATH,\n"
		"                        unit:NAME.service, user:NAME; may be repeated\n"
		"      --tree PID        of this process and all its descendants, those to come too;\n"
		"                        may be repeated\n"
		"      --since-boot-snapshot\n"
		"                        what exists already first\n"
		"      --all-mappings    image_load also for executable memory without a file\n"
		"      --buffer SIZE     4KiB to 1GiB for events that wait: 64KiB, 8MB\n"
		"  -c, --count N         end after N events\n"
		"  -d, --duration TIME   end after this time: 10, 0.5, 250ms, 1m\n"
		"      --json            one JSON object a line\n"
		"      --classic         the classic process monitor's lines\n"
		"      --fail-on-loss    exit code 5 if events were lost\n"
		"      --no-wire         do not count IP packets (in a private copy)\n"
		"      --backend WHAT    auto (default) or bpf\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher events --types process\n"
		"  flowwatcher events --tree $$ --types process,connection\n"
		"  flowwatcher events --json --types process_create | jq -r .command_line\n",
	.run = run_events,
};
