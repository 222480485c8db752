/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* watch: what every process (or connection) sends and receives, interval by interval. */
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/interval.h"
#include "cli/output.h"
#include "cli/watch_view.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_JSON = 1, OPTION_CLASSIC, OPTION_TARGET, OPTION_ALL, OPTION_BY, OPTION_NO_WIRE,
	OPTION_BACKEND };

struct arguments {
	struct fw_session_options session;
	const struct fw_watch_view *view;
};

static enum fw_status parse_view(const char *text, const struct fw_watch_view **view,
	struct fw_error *error)
{
	if (!strcmp(text, "process"))
		*view = &fw_watch_by_process;
	else if (!strcmp(text, "connection"))
		*view = &fw_watch_by_connection;
	else
		return fw_error_set(error, FW_USAGE, "--by '%s' is neither process nor connection",
			text);
	return FW_OK;
}

static enum fw_status apply_option(int option, struct fw_watch *watch, struct arguments *arguments,
	struct fw_error *error)
{
	switch (option) {
	case 'i':
		return fw_interval_parse(optarg, &watch->interval_ns, error);
	case 'c':
		return fw_command_parse_count(optarg, &watch->count, error);
	case 'p':
		return fw_selection_add_pid(&watch->selection, optarg, error);
	case OPTION_TARGET:
		return fw_selection_add(&watch->selection, optarg, error);
	case OPTION_BY:
		return parse_view(optarg, &arguments->view, error);
	case OPTION_BACKEND:
		return fw_session_choice_parse(optarg, &arguments->session.choice, error);
	case OPTION_JSON:
		watch->format = FW_WATCH_JSON;
		return FW_OK;
	case OPTION_CLASSIC:
		watch->format = FW_WATCH_CLASSIC;
		return FW_OK;
	case OPTION_ALL:
		watch->all = true;
		return FW_OK;
	case OPTION_NO_WIRE:
		arguments->session.wire = false;
		return FW_OK;
	}
	return FW_OK;
}

enum fw_status fw_watch_advance(struct fw_watch *watch, fw_record_fn record, void *argument,
	bool *over, struct fw_error *error)
{
	struct fw_backend *backend = watch->session.backend;
	enum fw_status status = backend->ops->next(backend, record, argument, error);

	*over = status == FW_NOT_FOUND || fw_interrupt_came();
	return status == FW_NOT_FOUND ? FW_OK : status;
}

static enum fw_status run_intervals(struct fw_watch *watch, const struct fw_watch_view *view,
	struct fw_error *error)
{
	uint64_t deadline = fw_monotonic_ns();
	bool over = false;
	enum fw_status status = FW_OK;

	for (uint64_t done = 0; status == FW_OK && (!watch->count || done < watch->count); done++) {
		deadline = fw_interval_next(deadline, watch->interval_ns);
		status = view->wait(watch, deadline, &over, error);
		if (status != FW_OK)
			break;
		if (over)
			return view->totals(watch, error);
		status = view->interval(watch, error);
		if (!fw_output_flush())
			break;
	}
	return status;
}

static int run_view(struct fw_watch *watch, const struct fw_watch_view *view)
{
	struct fw_error error = { FW_OK, "" };
	enum fw_status status = view->begin(watch, &error);

	if (status == FW_OK)
		status = run_intervals(watch, view, &error);
	view->end(watch);
	if (status != FW_OK)
		return fw_command_fail(&error);
	return fw_output_finish();
}

static int run_session(struct fw_watch *watch, const struct arguments *arguments)
{
	struct fw_error error;
	int code;

	if (watch->format == FW_WATCH_CLASSIC && arguments->view != &fw_watch_by_process)
		return fw_command_usage_error(&fw_command_watch,
			"--classic knows processes only, not --by connection");
	if (!fw_interrupt_begin()) {
		fw_error_set_errno(&error, errno, "preparing for signals");
		return fw_command_fail(&error);
	}
	if (fw_session_open(&arguments->session, &watch->session, &error) != FW_OK)
		return fw_command_fail(&error);
	if (watch->session.notice[0])
		fprintf(stderr, "flowwatcher: %s\n", watch->session.notice);
	code = run_view(watch, arguments->view);
	fw_session_close(&watch->session);
	return code;
}

static int run_watch(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "classic", no_argument, NULL, OPTION_CLASSIC },
		{ "interval", required_argument, NULL, 'i' },
		{ "count", required_argument, NULL, 'c' },
		{ "pid", required_argument, NULL, 'p' },
		{ "target", required_argument, NULL, OPTION_TARGET },
		{ "all", no_argument, NULL, OPTION_ALL },
		{ "by", required_argument, NULL, OPTION_BY },
		{ "no-wire", no_argument, NULL, OPTION_NO_WIRE },
		{ "backend", required_argument, NULL, OPTION_BACKEND },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};
	struct fw_watch watch = { .interval_ns = FW_DEFAULT_INTERVAL_NS };
	struct arguments arguments = { .session.wire = true, .view = &fw_watch_by_process };
	struct fw_error error;
	int option, code = -1;

	while (code < 0 && (option = fw_command_next_option(&fw_command_watch, argc, argv, "i:c:p:",
				    options)) != FW_END_OPTIONS) {
		if (option == FW_OPTION_HELP)
			code = fw_command_print_help(&fw_command_watch);
		else if (option == FW_BAD_OPTION)
			code = fw_status_exit_code(FW_USAGE);
		else if (apply_option(option, &watch, &arguments, &error) != FW_OK)
			code = fw_command_option_error(&fw_command_watch, &error);
	}
	if (code < 0 && !fw_command_no_arguments(&fw_command_watch, argc, argv))
		code = fw_status_exit_code(FW_USAGE);
	if (code < 0)
		code = run_session(&watch, &arguments);
	fw_selection_done(&watch.selection);
	return code;
}

const struct fw_command fw_command_watch = {
	.name = "watch",
	.summary = "bytes that every process sends and receives, interval by interval",
	.help = "[OPTION...]\n\n"
		"Ctrl-C prints the totals since start. When nothing is loaded, a private copy of the\n"
		"kernel side is used; without the rights for that, what inet_diag and /proc tell.\n\n"
		"  -i, --interval TIME   0.1s to 24h: 1, 0.5, 250ms, 2s, 1m (default 1s)\n"
		"  -c, --count N         end after N intervals\n"
		"  -p, --pid PID         only this process; may be repeated\n"
		"      --target TARGET   only pid:N, exe:/PATH, comm:NAME, cgroup:/PATH,\n"
		"                        unit:NAME.service, user:NAME; may be repeated\n"
		"      --all             processes without traffic in the interval too\n"
		"      --by WHAT         process (default) or connection\n"
		"      --json            one JSON object a line\n"
		"      --classic         the classic monitor's lines\n"
		"      --no-wire         do not count IP packets (in a private copy)\n"
		"      --backend WHAT    auto (default), bpf or sockdiag\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher watch\n"
		"  flowwatcher watch -i 5 --target user:www-data\n"
		"  flowwatcher watch --json -c 1 | jq 'select(.type==\"usage\")'\n"
		"  flowwatcher watch --by connection -p 1234\n",
	.run = run_watch,
};
