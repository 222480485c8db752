/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* ports: which process holds which port, and --follow: as they are taken and released. */
#include "cli/interrupt.h"
#include "cli/list_options.h"
#include "cli/output.h"
#include "cli/text_table.h"
#include "cli/user_name.h"
#include "flowwatcher/format.h"
#include "flowwatcher/json_objects.h"
#include "flowwatcher/names.h"
#include "flowwatcher/text_codec.h"
#include "lib/grow.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS 50

#define PROTOCOL_TCP	 6
#define PROTOCOL_UDP	 17
#define PROTOCOL_UDPLITE 136

enum { OPTION_FOLLOW = FW_LIST_OWN, OPTION_TCP, OPTION_UDP, OPTION_FAIL_ON_LOSS };

struct request {
	struct fw_list_options list;
	bool follow, tcp, udp, fail_on_loss;

	struct fw_port *ports; /* to list */
	size_t count, capacity;
	uint64_t lost; /* changes, while following */
};

static bool is_tcp(uint16_t protocol)
{
	return protocol == PROTOCOL_TCP || protocol == FW_PROTOCOL_MPTCP;
}

static bool is_udp(uint16_t protocol)
{
	return protocol == PROTOCOL_UDP || protocol == PROTOCOL_UDPLITE;
}

static bool is_wanted(const struct request *request, const struct fw_port *port)
{
	bool tcp = is_tcp(port->protocol), udp = is_udp(port->protocol);

	if (!tcp && !udp)
		return false;
	if ((request->tcp || request->udp) && !((request->tcp && tcp) || (request->udp && udp)))
		return false;
	return fw_selection_has_pid(&request->list.selection, port->owner_pid, port->comm);
}

/* Ports that others can reach: listening TCP, UDP without a fixed peer. */
static bool is_open(const struct fw_port *port)
{
	return is_tcp(port->protocol) ? port->state == FW_STATE_LISTEN :
					port->state != FW_STATE_ESTABLISHED;
}

static void text_row(struct fw_text_table *table, const struct fw_port *port)
{
	char protocol[FW_PROTOCOL_NAME_SIZE], address[FW_ADDRESS_TEXT_SIZE],
		since[FW_TIME_TEXT_SIZE];

	fw_text_table_cell(table, "%s", fw_protocol_name(port->protocol, protocol));
	fw_text_table_cell(table, "%s",
		fw_format_address(port->family, port->address, address, sizeof(address)));
	fw_text_table_cell(table, "%u", port->port);
	fw_text_table_cell(table, "%s", fw_tcp_state_name(port->state));
	if (port->owner_pid)
		fw_text_table_cell(table, "%u", port->owner_pid);
	else
		fw_text_table_cell(table, "-");
	fw_text_table_cell(table, "%s", fw_user_name(port->uid));
	fw_text_table_cell(table, "%s", port->comm);
	if (port->since_ns)
		fw_text_table_cell(table, "%.19sZ",
			fw_format_boot_time(port->since_ns, since, sizeof(since)));
	else
		fw_text_table_cell(table, "-");
}

static bool keep_port(const struct fw_port *port, void *argument)
{
	struct request *request = argument;
	struct fw_port *ports;

	if (!is_wanted(request, port) || (!request->list.all && !is_open(port)))
		return true;
	ports = fw_grow(request->ports, request->count, &request->capacity, sizeof(*ports));
	if (!ports)
		return false;
	request->ports = ports;
	ports[request->count++] = *port;
	return true;
}

static int by_port(const void *left, const void *right)
{
	const struct fw_port *a = left, *b = right;
	int difference = is_udp(a->protocol) - is_udp(b->protocol);

	if (!difference)
		difference = a->port - b->port;
	if (!difference)
		difference = a->protocol - b->protocol;
	if (!difference)
		difference = a->family - b->family;
	if (!difference)
		difference = memcmp(a->address, b->address, sizeof(a->address));
	if (!difference)
		difference = (a->owner_pid > b->owner_pid) - (a->owner_pid < b->owner_pid);
	return difference;
}

static bool print_table(const struct request *request)
{
	static const struct fw_column columns[] = {
		{ "PROTO", FW_LEFT }, { "ADDRESS", FW_LEFT }, { "PORT", FW_RIGHT },
		{ "STATE", FW_LEFT }, { "PID", FW_RIGHT },    { "USER", FW_LEFT },
		{ "PROGRAM", FW_LEFT }, { "SINCE", FW_LEFT, true },
	};
	struct fw_text_table *table = fw_text_table_new(columns, FW_ARRAY_SIZE(columns));
	bool complete;

	if (!table)
		return false;
	for (size_t i = 0; i < request->count; i++)
		text_row(table, &request->ports[i]);
	complete = fw_text_table_print(table);
	fw_text_table_free(table);
	return complete;
}

static bool print_json(const struct request *request)
{
	for (size_t i = 0; i < request->count; i++)
		if (!fw_json_print_line(fw_json_port(&request->ports[i], NULL, 0)))
			return false;
	return true;
}

static enum fw_status list(struct request *request, struct fw_backend *backend,
	struct fw_error *error)
{
	enum fw_status status = backend->ops->ports(backend, keep_port, request, error);
	bool complete = status == FW_OK;

	if (status != FW_OK && status != FW_STOPPED)
		return status;
	if (complete) {
		if (request->count)
			qsort(request->ports, request->count, sizeof(*request->ports), by_port);
		complete = request->list.json ? print_json(request) : print_table(request);
	}
	free(request->ports);
	return complete ? FW_OK :
			  fw_error_set(error, FW_NO_MEMORY, "no memory for %zu ports",
				  request->count);
}

static void print_change(const struct request *request, const struct fw_port_record *record)
{
	bool taken = record->header.type == FW_RECORD_PORT_TAKEN;
	const struct fw_port *port = &record->port;
	char protocol[FW_PROTOCOL_NAME_SIZE], endpoint[FW_ADDRESS_TEXT_SIZE];
	char time[FW_TIME_TEXT_SIZE], comm[FW_COMM_SIZE];

	if (request->list.json) {
		fw_json_print_line(fw_json_port(port, taken ? "taken" : "released",
			record->header.time_ns));
		return;
	}
	fw_format_boot_time(record->header.time_ns, time, sizeof(time));
	fw_text_printable(port->comm, strnlen(port->comm, sizeof(port->comm)), comm, sizeof(comm));
	printf("%.12s  %-8s  %-7s  %-28s  %u %s\n", time + 11, taken ? "taken" : "released",
		fw_protocol_name(port->protocol, protocol),
		fw_format_endpoint(port->family, port->address, port->port, endpoint,
			sizeof(endpoint)),
		port->owner_pid, comm);
}

static void print_loss(const struct request *request, const struct fw_loss_record *record)
{
	struct json_object *object, *lost;

	if (!request->list.json) {
		printf("lost: %llu taken, %llu released\n",
			(unsigned long long)record->lost[FW_RECORD_PORT_TAKEN],
			(unsigned long long)record->lost[FW_RECORD_PORT_RELEASED]);
		return;
	}
	object = fw_json_new("loss");
	lost = json_object_new_object();
	fw_json_add_time(object, "time", record->header.time_ns);
	fw_json_add_number(lost, "port_taken", record->lost[FW_RECORD_PORT_TAKEN]);
	fw_json_add_number(lost, "port_released", record->lost[FW_RECORD_PORT_RELEASED]);
	json_object_object_add(object, "lost", lost);
	fw_json_print_line(object);
}

static bool follow_record(const struct fw_record_header *header, void *argument)
{
	struct request *request = argument;

	if (header->type == FW_RECORD_LOSS) {
		const struct fw_loss_record *loss = (const struct fw_loss_record *)header;

		request->lost += loss->lost[FW_RECORD_PORT_TAKEN] +
				 loss->lost[FW_RECORD_PORT_RELEASED];
		print_loss(request, loss);
	} else if (header->type == FW_RECORD_PORT_TAKEN ||
		   header->type == FW_RECORD_PORT_RELEASED) {
		const struct fw_port_record *record = (const struct fw_port_record *)header;

		if (is_wanted(request, &record->port))
			print_change(request, record);
	}
	return true;
}

static enum fw_status follow(struct request *request, struct fw_backend *backend, bool is_replay,
	struct fw_error *error)
{
	static const struct fw_subscription changes = {
		.types = 1u << FW_RECORD_PORT_TAKEN | 1u << FW_RECORD_PORT_RELEASED,
	};
	enum fw_status status = backend->ops->subscribe(backend, &changes, error);

	while (status == FW_OK && !fw_interrupt_came()) {
		status = backend->ops->poll(backend, POLL_MS, follow_record, request, error);
		if (!fw_output_flush())
			break;
	}
	if (status == FW_NOT_FOUND && is_replay)
		status = FW_OK; /* the end of the recording */
	if (status == FW_OK && request->lost)
		fprintf(stderr, "flowwatcher: %llu changes were lost: they came faster than they "
				"were read\n",
			(unsigned long long)request->lost);
	return status;
}

static int run_request(struct request *request)
{
	struct fw_error error = { FW_OK, "" };
	struct fw_session session;
	enum fw_status status;
	int code;

	if (request->follow && !fw_interrupt_begin()) {
		fw_error_set_errno(&error, errno, "preparing for signals");
		return fw_command_fail(&error);
	}
	request->list.session.needs_counters = request->follow;
	code = fw_list_open(&request->list, &session);
	if (code >= 0)
		return code;
	if (request->follow && !session.backend->ops->subscribe)
		status = fw_error_set(&error, FW_UNSUPPORTED,
			"--follow needs the kernel side: leave out --backend sockdiag");
	else
		status = request->follow
				 ? follow(request, session.backend, session.is_replay, &error)
				 : list(request, session.backend, &error);
	fw_session_close(&session);
	if (status != FW_OK)
		return fw_command_fail(&error);
	code = fw_output_finish();
	return code || !request->fail_on_loss || !request->lost ? code :
								  fw_status_exit_code(FW_LOST);
}

static int run_ports(int argc, char **argv)
{
	static const struct option options[] = {
		FW_LIST_LONG_OPTIONS,
		{ "follow", no_argument, NULL, OPTION_FOLLOW },
		{ "tcp", no_argument, NULL, OPTION_TCP },
		{ "udp", no_argument, NULL, OPTION_UDP },
		{ "fail-on-loss", no_argument, NULL, OPTION_FAIL_ON_LOSS },
		{ 0 },
	};
	struct request request = { 0 };
	int option, code = -1;

	while ((option = fw_list_options_next(&fw_command_ports, argc, argv, options,
			&request.list, &code)) != FW_END_OPTIONS) {
		request.follow |= option == OPTION_FOLLOW;
		request.tcp |= option == OPTION_TCP;
		request.udp |= option == OPTION_UDP;
		request.fail_on_loss |= option == OPTION_FAIL_ON_LOSS;
	}
	if (code < 0 && !fw_command_no_arguments(&fw_command_ports, argc, argv))
		code = fw_status_exit_code(FW_USAGE);
	if (code < 0)
		code = run_request(&request);
	fw_selection_done(&request.list.selection);
	return code;
}

const struct fw_command fw_command_ports = {
	.name = "ports",
	.summary = "which process holds which port, now or as they change",
	.help = "[OPTION...]\n\n"
		"Listening TCP ports and UDP ports open to anybody; one line for each process that\n"
		"holds one.\n\n"
		"      --follow          print ports as they are taken and released, until Ctrl-C\n"
		"      --fail-on-loss    with --follow: exit code 5 if changes were lost\n"
		"      --tcp, --udp      only these\n"
		"  -p, --pid PID         only of this process; may be repeated\n"
		"      --target TARGET   only of pid:N, exe:/PATH, comm:NAME, cgroup:/PATH,\n"
		"                        unit:NAME.service, user:NAME; may be repeated\n"
		"      --all             ports of connections and of connected UDP sockets too\n"
		"      --json            one JSON object a line\n"
		"      --backend WHAT    auto (default), bpf or sockdiag\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher ports --tcp\n"
		"  flowwatcher ports --follow --json\n",
	.run = run_ports,
};
