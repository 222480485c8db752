/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* stat: the bytes of one command and everything it starts. */
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/measured_child.h"
#include "cli/output.h"
#include "cli/stat_report.h"
#include "flowwatcher/counters.h"
#include "flowwatcher/session.h"
#include "lib/grow.h"
#include "lib/host/host.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS		 20
#define MOST_CONNECTIONS 20000

enum { OPTION_JSON = 1, OPTION_NO_WIRE };

struct request {
	bool json;
	bool wire;
	const char *output;
	FILE *file;
};

struct measurement {
	struct fw_session session;
	struct fw_measured_child child;
	uint64_t group;
	bool has_group;
	struct fw_stat_report report;
};

static bool keep_record(const struct fw_record_header *record, void *argument)
{
	struct measurement *measurement = argument;

	if (record->type == FW_RECORD_LOSS)
		measurement->report.lost += ((const struct fw_loss_record *)record)
						    ->lost[FW_RECORD_CONNECTION_CLOSE];
	return fw_connection_delta_record(record, measurement->report.connections);
}

static enum fw_status poll_records(struct measurement *measurement, int timeout_ms,
	struct fw_error *error)
{
	struct fw_backend *backend = measurement->session.backend;
	enum fw_status status =
		backend->ops->poll(backend, timeout_ms, keep_record, measurement, error);

	if (status == FW_STOPPED && error->status != FW_STOPPED)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for the connections");
	return status;
}

/* Everything that must be in place before the command's first instruction. */
static enum fw_status prepare(struct measurement *measurement, char **argv, struct fw_error *error)
{
	static const struct fw_subscription ends = { .types = 1u << FW_RECORD_CONNECTION_CLOSE };
	struct fw_backend *backend = measurement->session.backend;
	enum fw_status status;

	measurement->report.connections = fw_connection_delta_new(true, MOST_CONNECTIONS);
	if (!measurement->report.connections)
		return fw_error_set(error, FW_NO_MEMORY, "no memory to begin with");
	status = backend->ops->subscribe(backend, &ends, error);
	if (status != FW_OK)
		return status;
	status = fw_measured_child_start(&measurement->child, argv, error);
	if (status != FW_OK)
		return status;
	status = backend->ops->group_start(backend, (uint32_t)measurement->child.pid,
		&measurement->group, error);
	if (status != FW_OK)
		return status;
	measurement->has_group = true;
	fw_connection_delta_set_group(measurement->report.connections, measurement->group);
	return FW_OK;
}

static enum fw_status run_child(struct measurement *measurement, char **argv,
	struct fw_error *error)
{
	struct fw_connection_interval interval;
	uint64_t start = fw_monotonic_ns();
	enum fw_status status;

	/* The first snapshot has nothing of the group; what follows counts in full. */
	status = fw_connection_delta_end(measurement->report.connections, fw_host_boot_ns(),
		&interval, error);
	if (status == FW_OK)
		status = fw_measured_child_release(&measurement->child, argv, error);
	while (status == FW_OK && !fw_measured_child_wait(&measurement->child, POLL_MS))
		status = poll_records(measurement, 0, error);
	measurement->report.elapsed_ns = fw_monotonic_ns() - start;
	return status;
}

static bool keep_usage(const struct fw_usage *usage, void *argument)
{
	struct measurement *measurement = argument;
	struct fw_stat_report *report = &measurement->report;
	struct fw_usage *processes;

	if (usage->group != measurement->group)
		return true;
	processes = fw_grow(report->processes, report->process_count, &report->process_capacity,
		sizeof(*processes));
	if (!processes)
		return false;
	report->processes = processes;
	processes[report->process_count++] = *usage;
	fw_counters_add(&report->total, &usage->counters);
	return true;
}

static enum fw_status collect(struct measurement *measurement, struct fw_error *error)
{
	struct fw_backend *backend = measurement->session.backend;
	struct fw_stat_report *report = &measurement->report;
	struct fw_connection_interval interval;
	struct fw_usage_summary summary;
	enum fw_status status;

	status = poll_records(measurement, 0, error);
	if (status == FW_OK)
		status = backend->ops->connections(backend, fw_connection_delta_add,
			report->connections, error);
	if (status == FW_OK)
		status = poll_records(measurement, 0, error);
	if (status == FW_OK)
		status = fw_connection_delta_end(report->connections, fw_host_boot_ns(), &interval,
			error);
	if (status == FW_OK)
		status = backend->ops->usage(backend, keep_usage, measurement, &summary, error);
	if (status == FW_STOPPED && error->status != FW_STOPPED)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for the processes");
	if (status == FW_OK)
		status = backend->ops->group_departed(backend, measurement->group,
			&report->departed, error);
	if (status != FW_OK)
		return status;
	fw_counters_add(&report->total, &report->departed);
	report->has_wire = summary.has_wire;
	report->time_ns = summary.time_ns;
	report->exit_code = fw_measured_child_exit_code(&measurement->child);
	return FW_OK;
}

static int print_report(const struct request *request, const struct fw_stat_report *report)
{
	FILE *file = request->file ? request->file : request->json ? stdout : stderr;
	bool complete = request->json ? fw_stat_report_json(report, file) :
					fw_stat_report_text(report, file);
	struct fw_error error;
	int code;

	if (!complete) {
		fw_error_set(&error, FW_NO_MEMORY, "no memory to print the result");
		return fw_command_fail(&error);
	}
	if (request->file && (fflush(request->file) || ferror(request->file))) {
		fw_error_set_errno(&error, errno, "writing %s", request->output);
		return fw_command_fail(&error);
	}
	code = fw_output_finish();
	return code ? code : report->exit_code;
}

/* As a shell does it, so that scripts can tell it from the command's own failures. */
static int exec_exit_code(const struct fw_error *error)
{
	fw_command_fail(error);
	return error->status == FW_NOT_FOUND ? 127 : 126;
}

static int measure(const struct request *request, char **argv)
{
	const struct fw_session_options options = { .wire = request->wire, .needs_counters = true };
	struct measurement measurement = { .child = { .go = -1, .failure = -1, .signals = -1 } };
	struct fw_error error = { FW_OK, "" };
	enum fw_status status;
	int code;

	status = fw_session_open(&options, &measurement.session, &error);
	if (status != FW_OK)
		return fw_command_fail(&error);
	measurement.report.argv = argv;
	status = prepare(&measurement, argv, &error);
	if (status == FW_OK)
		status = run_child(&measurement, argv, &error);
	if (status == FW_OK)
		status = collect(&measurement, &error);
	fw_measured_child_done(&measurement.child);
	/* The child is gone: from here on signals are about us again. */
	fw_interrupt_begin();
	if (status == FW_OK)
		code = print_report(request, &measurement.report);
	else
		code = measurement.child.not_executed ? exec_exit_code(&error) :
							fw_command_fail(&error);
	if (measurement.has_group)
		measurement.session.backend->ops->group_stop(measurement.session.backend,
			measurement.group);
	fw_connection_delta_free(measurement.report.connections);
	free(measurement.report.processes);
	fw_session_close(&measurement.session);
	return code;
}

static int run_request(struct request *request, char **argv)
{
	struct fw_error error;
	int code;

	if (request->output) {
		request->file = fopen(request->output, "we");
		if (!request->file) {
			fw_error_set_errno(&error, errno, "opening %s", request->output);
			return fw_command_fail(&error);
		}
	}
	code = measure(request, argv);
	if (request->file)
		fclose(request->file);
	return code;
}

static int run_stat(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "output", required_argument, NULL, 'o' },
		{ "no-wire", no_argument, NULL, OPTION_NO_WIRE },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};
	struct request request = { .wire = true };
	int option;

	while ((option = fw_command_next_option(&fw_command_stat, argc, argv, "o:", options)) !=
		FW_END_OPTIONS) {
		if (option == FW_OPTION_HELP)
			return fw_command_print_help(&fw_command_stat);
		if (option == FW_BAD_OPTION)
			return fw_status_exit_code(FW_USAGE);
		if (option == 'o')
			request.output = optarg;
		request.json |= option == OPTION_JSON;
		request.wire &= option != OPTION_NO_WIRE;
	}
	if (optind >= argc)
		return fw_command_usage_error(&fw_command_stat, "no command given");
	return run_request(&request, argv + optind);
}

const struct fw_command fw_command_stat = {
	.name = "stat",
	.summary = "bytes of a command and all its descendants",
	.help = "[OPTION...] [--] COMMAND [ARGUMENT...]\n\n"
		"Runs COMMAND and prints, when it ends, what it and every process it started sent\n"
		"and received, also those that left its process group or session. The exit code is\n"
		"the command's; 128 and the signal's number when a signal ended it; 127 when it was\n"
		"not found, 126 when it could not be executed.\n\n"
		"      --json            a JSON object on standard output instead of text on\n"
		"                        standard error\n"
		"  -o, --output FILE     write the result there\n"
		"      --no-wire         do not count IP packets (in a private copy)\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher stat -- apt-get update\n"
		"  flowwatcher stat --json -o result.json -- make fetch\n",
	.run = run_stat,
};
