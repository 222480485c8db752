/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/event_line.h"
#include "cli/event_text.h"

#include "core/record_check.h"
#include "flowwatcher/command_line.h"
#include "flowwatcher/format.h"
#include "flowwatcher/names.h"

#include <inttypes.h>
#include <stdlib.h>

#define SIGNAL_EXIT 128u /* as a shell tells of a command that a signal ended */

static void put_process_create(struct fw_event_line *line, const struct fw_record_header *header)
{
	const struct fw_process_create_record *record = (const void *)header;
	size_t length;
	char *command = fw_command_line_join(fw_arguments_of(
						     fw_record_text(header, &record->command_line),
						     record->command_line.length),
		&length);

	if (!command) {
		line->failed = true;
		return;
	}
	fw_event_line_add(line, "Process %u Created. Command line: ", record->pid);
	if (length)
		fw_event_line_bytes(line, command, length);
	else
		fw_event_line_program(line, record);
	free(command);
}

static void put_process_exit(struct fw_event_line *line, const struct fw_record_header *header)
{
	const struct fw_process_exit_record *record = (const void *)header;

	fw_event_line_add(line, "Process %u Exited. Code: %u", record->pid,
		record->signal ? SIGNAL_EXIT + record->signal : record->exit_code);
}

static void put_thread(struct fw_event_line *line, const struct fw_record_header *header)
{
	const struct fw_thread_record *record = (const void *)header;
	bool created = header->type == FW_RECORD_THREAD_CREATE;

	fw_event_line_add(line, "Thread %u %s process %u", record->tid,
		created ? "Created in" : "Exited from", record->pid);
}

static void put_image(struct fw_event_line *line, const struct fw_record_header *header)
{
	const struct fw_image_record *record = (const void *)header;

	fw_event_line_add(line,
		"Image loaded into process %u at address 0x%" PRIx64 ", size: 0x%" PRIx64 ", name: ",
		record->pid, record->address, record->size);
	fw_event_line_text(line, header, &record->path);
}

static void put_connection(struct fw_event_line *line, const struct fw_record_header *header)
{
	const struct fw_connection *connection =
		&((const struct fw_connection_record *)header)->connection;
	char protocol[FW_PROTOCOL_NAME_SIZE];
	char local[FW_ADDRESS_TEXT_SIZE], remote[FW_ADDRESS_TEXT_SIZE];

	fw_event_line_add(line, "Connection %s process %u: %s %s to %s",
		header->type == FW_RECORD_CONNECTION_OPEN ? "opened by" : "closed of",
		connection->owner_pid, fw_protocol_name(connection->protocol, protocol),
		fw_format_endpoint(connection->family, connection->local_address,
			connection->local_port, local, sizeof(local)),
		fw_format_endpoint(connection->family, connection->remote_address,
			connection->remote_port, remote, sizeof(remote)));
}

static void put_port(struct fw_event_line *line, const struct fw_record_header *header)
{
	const struct fw_port *port = &((const struct fw_port_record *)header)->port;
	char protocol[FW_PROTOCOL_NAME_SIZE], endpoint[FW_ADDRESS_TEXT_SIZE];

	fw_event_line_add(line, "Port %s process %u: %s %s",
		header->type == FW_RECORD_PORT_TAKEN ? "taken by" : "released by",
		port->owner_pid, fw_protocol_name(port->protocol, protocol),
		fw_format_endpoint(port->family, port->address, port->port, endpoint,
			sizeof(endpoint)));
}

static void put_blocked(struct fw_event_line *line, const struct fw_record_header *header)
{
	const struct fw_blocked_record *record = (const void *)header;

	fw_event_line_add(line, "Blocked by rule %u: %s of process %u: ", record->rule,
		fw_blocked_operation_name(record->operation), record->pid);
	fw_event_line_blocked(line, record, "to");
}

static void put_line(struct fw_event_line *line, const struct fw_record_header *record)
{
	switch (record->type) {
	case FW_RECORD_PROCESS_CREATE:
		put_process_create(line, record);
		break;
	case FW_RECORD_PROCESS_EXIT:
		put_process_exit(line, record);
		break;
	case FW_RECORD_THREAD_CREATE:
	case FW_RECORD_THREAD_EXIT:
		put_thread(line, record);
		break;
	case FW_RECORD_IMAGE_LOAD:
		put_image(line, record);
		break;
	case FW_RECORD_CONNECTION_OPEN:
	case FW_RECORD_CONNECTION_CLOSE:
		put_connection(line, record);
		break;
	case FW_RECORD_PORT_TAKEN:
	case FW_RECORD_PORT_RELEASED:
		put_port(line, record);
		break;
	case FW_RECORD_BLOCKED:
		put_blocked(line, record);
		break;
	case FW_RECORD_LOSS:
		fw_event_line_add(line, "Lost:");
		fw_event_line_loss(line, (const struct fw_loss_record *)record);
		break;
	}
}

char *fw_event_classic(const struct fw_record_header *record)
{
	struct fw_event_line line;

	if (!fw_event_line_begin(&line))
		return NULL;
	fw_event_line_time(&line, record->time_ns);
	fw_event_line_add(&line, ": ");
	put_line(&line, record);
	return fw_event_line_end(&line);
}
