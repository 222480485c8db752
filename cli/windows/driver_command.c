/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* load, unload, status on Windows: the driver flowwatcher.sys as a service. */
#include "backend/windows/windows_backend.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/windows/filter_driver.h"
#include "flowwatcher/duration.h"
#include "flowwatcher/format.h"
#include "flowwatcher/json_objects.h"

#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_MS 1000000u

/* How long unload waits for requests that are on their way, and how often it asks. */
#define SETTLE_NS 3000000000u
#define STEP_NS	  50000000u

#define WATCHED (FW_CONTROL_HAS_TCP | FW_CONTROL_HAS_UDP | FW_CONTROL_HAS_RAW | FW_CONTROL_HAS_TCP6 | \
	FW_CONTROL_HAS_UDP6 | FW_CONTROL_HAS_RAW6)

static const struct device_name {
	uint32_t bit;
	const char *name;
} devices[] = {
	{ FW_CONTROL_HAS_TCP, "tcp" },
	{ FW_CONTROL_HAS_UDP, "udp" },
	{ FW_CONTROL_HAS_RAW, "rawip" },
	{ FW_CONTROL_HAS_TCP6, "tcp6" },
	{ FW_CONTROL_HAS_UDP6, "udp6" },
	{ FW_CONTROL_HAS_RAW6, "rawip6" },
};

/* Bypassed by an unload that was refused: watch again. What is ready to go cannot be kept, so it is loaded anew. */
static enum fw_status resume(struct fw_error *error)
{
	struct fw_control_status status;
	enum fw_status result = fw_windows_driver_status(&status, error);

	if (result != FW_OK)
		return result;
	if (!(status.state & FW_CONTROL_BYPASS))
		return fw_error_set(error, FW_EXISTS,
			"the driver is loaded already; 'flowwatcher status' says since when");
	if (!(status.state & FW_CONTROL_UNLOADABLE))
		return fw_windows_switch(FW_CONTROL_START, &status, error);
	result = fw_driver_service_stop(error);
	return result == FW_OK ? fw_driver_service_start(error) : result;
}

static enum fw_status load(uint32_t dump_ms, struct fw_error *error)
{
	enum fw_status status = fw_driver_service_start(error);

	if (status == FW_EXISTS)
		status = resume(error);
	if (status == FW_OK && dump_ms)
		status = fw_windows_dump(dump_ms, error);
	return status;
}

static enum fw_status parse_dump(const char *text, uint32_t *dump_ms, struct fw_error *error)
{
	uint64_t ns;
	enum fw_status status = fw_duration_parse(text, &ns, error);

	if (status != FW_OK)
		return status;
	if (ns / NS_PER_MS < FW_CONTROL_DUMP_MIN_MS || ns / NS_PER_MS > FW_CONTROL_DUMP_MAX_MS)
		return fw_error_set(error, FW_USAGE, "time '%.60s' is not between 10ms and 24h", text);
	*dump_ms = (uint32_t)(ns / NS_PER_MS);
	return FW_OK;
}

static int run_load(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dump", required_argument, NULL, 'D' },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};
	struct fw_error error = { FW_OK, "" };
	uint32_t dump_ms = 0;
	int option;

	while ((option = fw_command_next_option(&fw_command_load, argc, argv, "", options)) !=
		FW_END_OPTIONS) {
		if (option == FW_OPTION_HELP)
			return fw_command_print_help(&fw_command_load);
		if (option == FW_BAD_OPTION)
			return fw_status_exit_code(FW_USAGE);
		if (parse_dump(optarg, &dump_ms, &error) != FW_OK)
			return fw_command_option_error(&fw_command_load, &error);
	}
	if (!fw_command_no_arguments(&fw_command_load, argc, argv))
		return fw_status_exit_code(FW_USAGE);
	if (load(dump_ms, &error) != FW_OK)
		return fw_command_fail(&error);
	fw_filter_driver_note();
	return 0;
}

static enum fw_status refuse_unload(const struct fw_control_status *status, struct fw_error *error)
{
	if (status->state & FW_CONTROL_COVERED)
		return fw_error_set(error, FW_FAILED,
			"the driver cannot be removed yet: another driver has attached its filter above; remove "
			"that one and run 'flowwatcher unload' again, or 'flowwatcher load' to watch on");
	return fw_error_set(error, FW_FAILED,
		"the driver cannot be removed yet: %u addresses, %u connections, %u handlers and %u requests "
		"that were opened while it watched are in use. It passes everything on meanwhile; end "
		"their programs and run 'flowwatcher unload' again, or 'flowwatcher load' to watch on",
		status->addresses, status->connections, status->handlers, status->requests);
}

/* The driver says itself when nothing of it is in use any more. */
static enum fw_status settle(struct fw_error *error)
{
	uint64_t end = fw_monotonic_ns() + SETTLE_NS;
	struct fw_control_status status;

	for (;;) {
		enum fw_status result = fw_windows_switch(FW_CONTROL_STOP, &status, error);

		if (result != FW_OK || status.state & FW_CONTROL_UNLOADABLE)
			return result;
		if (fw_monotonic_ns() > end || fw_interrupt_wait(fw_monotonic_ns() + STEP_NS))
			return refuse_unload(&status, error);
	}
}

/* A service without its device has stopped already, and is only to be deleted. */
static enum fw_status unload(struct fw_error *error)
{
	enum fw_status status = settle(error);

	if (status != FW_OK && status != FW_NOT_FOUND)
		return status;
	return fw_driver_service_stop(error);
}

static int run_unload(int argc, char **argv)
{
	int code = fw_command_plain(&fw_command_unload, argc, argv, NULL);
	struct fw_error error = { FW_OK, "" };

	if (code >= 0)
		return code;
	return unload(&error) == FW_OK ? 0 : fw_command_fail(&error);
}

static void print_json(const struct fw_control_status *status, bool loaded)
{
	struct json_object *object = fw_json_new("status");

	fw_json_add_bool(object, "loaded", loaded);
	if (loaded) {
		fw_json_add_bool(object, "wire", false);
		fw_json_add_bool(object, "bypass", status->state & FW_CONTROL_BYPASS);
		fw_json_add_bool(object, "unloadable", status->state & FW_CONTROL_UNLOADABLE);
		for (size_t i = 0; i < FW_ARRAY_SIZE(devices); i++)
			fw_json_add_bool(object, devices[i].name, status->state & devices[i].bit);
		fw_json_add_time(object, "since", status->since_ns);
		fw_json_add_number(object, "processes", status->processes);
		fw_json_add_number(object, "readers", status->readers);
		fw_json_add_number(object, "addresses", status->addresses);
		fw_json_add_number(object, "connections", status->connections);
		fw_json_add_number(object, "handlers", status->handlers);
		fw_json_add_number(object, "requests", status->requests);
		fw_json_add_number(object, "failures", status->failures);
	}
	fw_filter_driver_json(object);
	fw_json_print_line(object);
}

static void print_text(const struct fw_control_status *status, bool loaded)
{
	char since[FW_TIME_TEXT_SIZE];

	if (!loaded) {
		puts("not loaded; 'flowwatcher load' puts the driver in place");
		return;
	}
	printf("loaded      since %s%s\n", fw_format_boot_time(status->since_ns, since, sizeof(since)),
		status->state & FW_CONTROL_BYPASS ? ", but STOPPED: everything is passed on unseen" : "");
	printf("counting    payload of");
	for (size_t i = 0; i < FW_ARRAY_SIZE(devices); i++)
		if (status->state & devices[i].bit)
			printf(" %s", devices[i].name);
	puts(status->state & WATCHED ? "" : " nothing: no transport is attached");
	printf("in use      %u addresses, %u connections, %u handlers, %u requests\n", status->addresses,
		status->connections, status->handlers, status->requests);
	printf("processes   %u known\n", status->processes);
	printf("readers     %u\n", status->readers);
	if (status->failures)
		printf("FAILURES    %llu objects found no memory\n", (unsigned long long)status->failures);
}

static int run_status(int argc, char **argv)
{
	struct fw_control_status status;
	struct fw_error error;
	enum fw_status result;
	bool json = false;
	int code;

	code = fw_command_plain(&fw_command_status, argc, argv, &json);
	if (code >= 0)
		return code;
	result = fw_windows_driver_status(&status, &error);
	if (result != FW_OK && result != FW_NOT_FOUND)
		return fw_command_fail(&error);
	if (json) {
		print_json(&status, result == FW_OK);
	} else {
		print_text(&status, result == FW_OK);
		fw_filter_driver_print();
	}
	return fw_output_finish();
}

const struct fw_command fw_command_load = {
	.name = "load",
	.summary = "put the driver in place; counting goes on with no program running",
	.help = "[--dump TIME]\n\n"
		"Create the service flowwatcher for the flowwatcher.sys beside this program, and start\n"
		"it. From then on every process is counted. Sockets that are open already are not seen.\n"
		"The packet filter fwfilter.sys is no part of this: its fwfilter.inf installs it, and\n"
		"docs/windows-filter.md says how.\n\n"
		"  --dump TIME  every process's bytes to the debugger, each TIME, as the classic\n"
		"               monitor did\n"
		"  --help       this text\n\n"
		"Examples:\n"
		"  flowwatcher load && flowwatcher status\n"
		"  flowwatcher load --dump 1s\n",
	.run = run_load,
};

const struct fw_command fw_command_unload = {
	.name = "unload",
	.summary = "remove the driver without a trace",
	.help = "\n\nStop the driver and delete its service. Refused as long as sockets that were opened\n"
		"while it watched are in use: it then passes everything on unseen, and says what they are.\n"
		"The packet filter fwfilter.sys and its lists stay.\n\n"
		"  --help      this text\n\n"
		"Example:\n"
		"  flowwatcher unload\n",
	.run = run_unload,
};

const struct fw_command fw_command_status = {
	.name = "status",
	.summary = "are the drivers loaded, since when, and what do they hold",
	.help = "[--json]\n\n"
		"  --json      one JSON object\n"
		"  --help      this text\n\n"
		"Example:\n"
		"  flowwatcher status --json\n",
	.run = run_status,
};
