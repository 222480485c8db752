/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/windows/windows_backend.h"

#include <stdlib.h>
#include <string.h>

#include "backend/windows/device_channel.h"
#include "backend/windows/device_greeting.h"
#include "backend/windows/device_rows.h"
#include "backend/windows/driver_abilities.h"
#include "backend/windows/driver_rules.h"
#include "backend/windows/inverted_call.h"
#include "backend/windows/record_tidy.h"
#include "lib/host/host.h"

struct windows_backend {
	struct fw_backend base;
	struct fw_device_channel *channel;
	struct fw_inverted_call *events; /* NULL: nobody subscribed */
	struct fw_drive_table drives;
};

static struct windows_backend *self(struct fw_backend *base)
{
	return (struct windows_backend *)base;
}

/* What rows are handed to; one of the callbacks is set. */
struct rows {
	const struct fw_drive_table *drives;
	fw_usage_fn usage;
	fw_connection_fn connection;
	fw_port_fn port;
	void *argument;
};

static bool hand_usage(void *row, void *argument)
{
	const struct rows *rows = argument;
	struct fw_usage *usage = row;

	fw_process_tidy(&usage->process, rows->drives);
	return rows->usage(usage, rows->argument);
}

static bool hand_connection(void *row, void *argument)
{
	const struct rows *rows = argument;
	struct fw_connection *connection = row;

	connection->comm[FW_COMM_SIZE - 1] = '\0';
	return rows->connection(connection, rows->argument);
}

static bool hand_port(void *row, void *argument)
{
	const struct rows *rows = argument;
	struct fw_port *port = row;

	port->comm[FW_COMM_SIZE - 1] = '\0';
	return rows->port(port, rows->argument);
}

static enum fw_status ask_status(struct fw_device_channel *channel, uint32_t function,
	struct fw_control_status *status, struct fw_error *error)
{
	struct fw_control_status answer;
	uint32_t returned;
	enum fw_status result = fw_device_call(channel, function, NULL, 0, &answer, sizeof(answer), &returned,
		"asking the driver for its state", error);

	if (result != FW_OK)
		return result;
	if (returned < sizeof(answer) || answer.size < sizeof(answer))
		return fw_error_set(error, FW_MALFORMED,
			"the driver tells too little of its state; load one of this version");
	*status = answer;
	return FW_OK;
}

static enum fw_status windows_usage(struct fw_backend *base, fw_usage_fn row, void *argument,
	struct fw_usage_summary *summary, struct fw_error *error)
{
	struct rows rows = { .drives = &self(base)->drives, .usage = row, .argument = argument };
	const struct fw_rows_request request = { FW_CONTROL_USAGE, sizeof(struct fw_usage),
		"listing what processes moved", hand_usage, &rows };
	struct fw_control_status state;
	enum fw_status status = fw_device_rows(self(base)->channel, &request, error);

	if (status == FW_OK)
		status = ask_status(self(base)->channel, FW_CONTROL_STATUS, &state, error);
	if (status != FW_OK)
		return status;
	*summary = (struct fw_usage_summary){
		.departed = state.departed,
		.unattributed = state.unattributed,
		.time_ns = state.time_ns,
		.since_ns = state.since_ns,
		.has_udp = true,
	};
	return FW_OK;
}

static enum fw_status windows_connections(struct fw_backend *base, fw_connection_fn row,
	void *argument, struct fw_error *error)
{
	struct rows rows = { .connection = row, .argument = argument };
	const struct fw_rows_request request = { FW_CONTROL_CONNECTIONS, sizeof(struct fw_connection),
		"listing the connections", hand_connection, &rows };

	return fw_device_rows(self(base)->channel, &request, error);
}

static enum fw_status windows_ports(struct fw_backend *base, fw_port_fn row, void *argument,
	struct fw_error *error)
{
	struct rows rows = { .port = row, .argument = argument };
	const struct fw_rows_request request = { FW_CONTROL_PORTS, sizeof(struct fw_port),
		"listing the ports", hand_port, &rows };

	return fw_device_rows(self(base)->channel, &request, error);
}

static uint64_t windows_record_types(struct fw_backend *base, struct fw_error *why)
{
	struct fw_driver_abilities abilities;

	if (fw_driver_abilities_read(self(base)->channel, &abilities, why) != FW_OK)
		return 0;
	return ~fw_driver_missing_types(&abilities, UINT64_MAX, why);
}

static enum fw_status windows_subscribe(struct fw_backend *base,
	const struct fw_subscription *subscription, struct fw_error *error)
{
	struct windows_backend *backend = self(base);
	struct fw_driver_abilities abilities;
	enum fw_status status;

	if (backend->events)
		return fw_error_set(error, FW_EXISTS, "this session reads records already");
	status = fw_driver_abilities_read(backend->channel, &abilities, error);
	if (status != FW_OK)
		return status;
	if (fw_driver_missing_types(&abilities, subscription->types, error))
		return FW_UNSUPPORTED;
	return fw_inverted_call_start(backend->channel, &backend->drives, subscription, &backend->events,
		error);
}

static enum fw_status windows_poll(struct fw_backend *base, int timeout_ms, fw_record_fn record,
	void *argument, struct fw_error *error)
{
	if (!self(base)->events)
		return fw_error_set(error, FW_FAILED, "no subscription to poll");
	return fw_inverted_call_poll(self(base)->events, timeout_ms, record, argument, error);
}

static enum fw_status windows_drain(struct fw_backend *base, fw_record_fn record, void *argument,
	struct fw_error *error)
{
	if (!self(base)->events)
		return FW_OK;
	return fw_inverted_call_drain(self(base)->events, record, argument, error);
}

static void windows_report(struct fw_backend *base, struct fw_reader_report *report)
{
	struct fw_control_report answer;
	uint32_t returned;

	if (!self(base)->events ||
		fw_device_call(self(base)->channel, FW_CONTROL_REPORT, NULL, 0, &answer, sizeof(answer),
			&returned, "asking for the report", NULL) != FW_OK ||
		returned < sizeof(answer) || answer.size < sizeof(answer))
		return;
	memcpy(report->produced, answer.produced, sizeof(report->produced));
	memcpy(report->delivered, answer.delivered, sizeof(report->delivered));
	memcpy(report->lost, answer.lost, sizeof(report->lost));
}

static int windows_poll_fd(struct fw_backend *base)
{
	(void)base;
	return -1;
}

static enum fw_status windows_rules_add(struct fw_backend *base, struct fw_rule *rules, size_t count,
	struct fw_error *error)
{
	return fw_driver_rules_add(self(base)->channel, &self(base)->drives, rules, count, error);
}

static enum fw_status windows_rules_remove(struct fw_backend *base, const uint32_t *ids, size_t count,
	struct fw_error *error)
{
	return fw_driver_rules_remove(self(base)->channel, ids, count, error);
}

static enum fw_status windows_rules(struct fw_backend *base, fw_rule_fn row, void *argument,
	struct fw_error *error)
{
	return fw_driver_rules(self(base)->channel, &self(base)->drives, row, argument, error);
}

static void windows_close(struct fw_backend *base)
{
	struct windows_backend *backend = self(base);

	if (!backend)
		return;
	fw_device_close(backend->channel);
	fw_inverted_call_free(backend->events);
	free(backend);
}

static const struct fw_backend_ops windows_ops = {
	.name = "windows",
	.description = "the driver: payload of TCP, UDP and raw IP of every process",
	.close = windows_close,
	.usage = windows_usage,
	.connections = windows_connections,
	.ports = windows_ports,
	.record_types = windows_record_types,
	.subscribe = windows_subscribe,
	.poll = windows_poll,
	.drain = windows_drain,
	.report = windows_report,
	.poll_fd = windows_poll_fd,
	.rules_add = windows_rules_add,
	.rules_remove = windows_rules_remove,
	.rules = windows_rules,
};

/* Processes are told apart by their starts: the driver's and the host's have to be counted from the same moment. */
static enum fw_status take_clock(struct fw_device_channel *channel, struct fw_error *error)
{
	struct fw_control_status state;
	enum fw_status status = ask_status(channel, FW_CONTROL_STATUS, &state, error);

	if (status == FW_OK)
		fw_host_count_from(state.boot_utc_ns);
	return status;
}

enum fw_status fw_windows_open(struct fw_backend **backend, struct fw_error *error)
{
	struct windows_backend *made = calloc(1, sizeof(*made));
	enum fw_status status;

	if (!made)
		return fw_error_set(error, FW_NO_MEMORY, "no memory to open the driver");
	made->base.ops = &windows_ops;
	status = fw_device_greet(FW_DEVICE_FLOWS, &made->channel, error);
	if (status != FW_OK)
		goto free_made;
	status = take_clock(made->channel, error);
	if (status != FW_OK)
		goto close_channel;
	fw_drive_table_read(&made->drives);
	*backend = &made->base;
	return FW_OK;

close_channel:
	fw_device_close(made->channel);
free_made:
	free(made);
	return status;
}

enum fw_status fw_windows_switch(uint32_t function, struct fw_control_status *status,
	struct fw_error *error)
{
	struct fw_device_channel *channel;
	enum fw_status result = fw_device_greet(FW_DEVICE_FLOWS, &channel, error);

	if (result != FW_OK)
		return result;
	result = ask_status(channel, function, status, error);
	fw_device_close(channel);
	return result;
}

enum fw_status fw_windows_driver_status(struct fw_control_status *status, struct fw_error *error)
{
	return fw_windows_switch(FW_CONTROL_STATUS, status, error);
}

enum fw_status fw_windows_dump(uint32_t interval_ms, struct fw_error *error)
{
	const struct fw_control_dump dump = { sizeof(dump), interval_ms };
	struct fw_device_channel *channel;
	uint32_t returned;
	enum fw_status status = fw_device_greet(FW_DEVICE_FLOWS, &channel, error);

	if (status != FW_OK)
		return status;
	status = fw_device_call(channel, FW_CONTROL_DUMP, &dump, sizeof(dump), NULL, 0, &returned,
		"setting the periodic dump", error);
	fw_device_close(channel);
	return status;
}

enum fw_status fw_windows_features(fw_feature_fn feature, void *argument, struct fw_error *error)
{
	return fw_device_features(FW_DEVICE_FLOWS, feature, argument, error);
}
