/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/event_text.h"

#include "cli/event_line.h"
#include "cli/event_process.h"
#include "core/record_check.h"
#include "flowwatcher/command_line.h"
#include "flowwatcher/format.h"
#include "flowwatcher/names.h"
#include "flowwatcher/text_codec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS 1000000u

/* Width of a name as Linux has it; a longer one pushes its line's rest to the right. */
#define COMM_COLUMNS 15

const char *fw_event_text_title(void)
{
	return "TIME          EVENT                 PID  PROGRAM          DETAILS";
}

/* Everything before the details. */
static void put_head(struct fw_event_line *line, const struct fw_record_header *record)
{
	struct fw_event_process process = fw_event_process(record);
	char comm[FW_COMM_SIZE], pid[16] = "-";
	size_t columns;

	fw_text_printable(process.comm[0] ? process.comm : "-",
		process.comm[0] ? strlen(process.comm) : 1, comm, sizeof(comm));
	columns = fw_text_columns(comm);
	if (process.pid)
		snprintf(pid, sizeof(pid), "%u", process.pid);
	fw_event_line_time(line, record->time_ns);
	fw_event_line_add(line, "  %-16s  %7s  %s%*s  ", fw_record_type_name(record->type), pid, comm,
		columns < COMM_COLUMNS ? (int)(COMM_COLUMNS - columns) : 0, "");
}

static void put_process_create(struct fw_event_line *line, const struct fw_record_header *header)
{
	const struct fw_process_create_record *record = (const void *)header;
	const char *arguments = fw_record_text(header, &record->command_line);
	char *command;

	fw_event_line_add(line, "%s", fw_create_cause_name(record->cause));
	if (record->parent_pid)
		fw_event_line_add(line, " by %u", record->parent_pid);
	fw_event_line_add(line, ": ");
	if (!arguments) {
		fw_event_line_program(line, record);
		return;
	}
	command = fw_command_line_quote(fw_arguments_of(arguments, record->command_line.length));
	if (command)
		fw_event_line_add(line, "%s", command);
	else
		line->failed = true;
	free(command);
	if (record->flags & FW_EVENT_COMMAND_LINE_CUT)
		fw_event_line_add(line, " ...");
}

static void put_seconds(struct fw_event_line *line, uint64_t ns)
{
	uint64_t ms = ns / NS_PER_MS;

	fw_event_line_add(line, "%" PRIu64 ".%03u s", ms / 1000, (unsigned int)(ms % 1000));
}

static void put_bytes(struct fw_event_line *line, const struct fw_counters *counters)
{
	char sent[FW_BYTES_TEXT_SIZE], received[FW_BYTES_TEXT_SIZE];

	fw_event_line_add(line, ", %s sent, %s received",
		fw_format_bytes(counters->sent, sent, sizeof(sent)),
		fw_format_bytes(counters->received, received, sizeof(received)));
}

static void put_process_exit(struct fw_event_line *line, const struct fw_record_header *header)
{
	const struct fw_process_exit_record *record = (const void *)header;
	char name[FW_SIGNAL_NAME_SIZE];

	if (record->signal)
		fw_event_line_add(line, "ended by %s%s", fw_signal_name(record->signal, name),
			record->flags & FW_EVENT_CORE_DUMPED ? " (core dumped)" : "");
	else
		fw_event_line_add(line, "code %u", record->exit_code);
	if (record->start_ns && record->start_ns <= header->time_ns) {
		fw_event_line_add(line, " after ");
		put_seconds(line, header->time_ns - record->start_ns);
	}
	put_bytes(line, &record->counters);
}

static void put_thread(struct fw_event_line *line, const struct fw_record_header *header)
{
	fw_event_line_add(line, "tid %u", ((const struct fw_thread_record *)header)->tid);
}

static void put_image(struct fw_event_line *line, const struct fw_record_header *header)
{
	const struct fw_image_record *record = (const void *)header;

	fw_event_line_text(line, header, &record->path);
	fw_event_line_add(line, " at 0x%" PRIx64 ", size 0x%" PRIx64, record->address, record->size);
}

static void put_connection(struct fw_event_line *line, const struct fw_record_header *header)
{
	const struct fw_connection *connection =
		&((const struct fw_connection_record *)header)->connection;
	char protocol[FW_PROTOCOL_NAME_SIZE];
	char local[FW_ADDRESS_TEXT_SIZE], remote[FW_ADDRESS_TEXT_SIZE];

	fw_event_line_add(line, "%s %s -> %s", fw_protocol_name(connection->protocol, protocol),
		fw_format_endpoint(connection->family, connection->local_address,
			connection->local_port, local, sizeof(local)),
		fw_format_endpoint(connection->family, connection->remote_address,
			connection->remote_port, remote, sizeof(remote)));
	if (header->type == FW_RECORD_CONNECTION_CLOSE)
		put_bytes(line, &connection->counters);
}

static void put_port(struct fw_event_line *line, const struct fw_record_header *header)
{
	const struct fw_port *port = &((const struct fw_port_record *)header)->port;
	const char *state = fw_tcp_state_name(port->state);
	char protocol[FW_PROTOCOL_NAME_SIZE], endpoint[FW_ADDRESS_TEXT_SIZE];

	fw_event_line_add(line, "%s %s%s%s", fw_protocol_name(port->protocol, protocol),
		fw_format_endpoint(port->family, port->address, port->port, endpoint,
			sizeof(endpoint)),
		*state ? " " : "", state);
}

static void put_blocked(struct fw_event_line *line, const struct fw_record_header *header)
{
	const struct fw_blocked_record *record = (const void *)header;

	fw_event_line_add(line, "%s by rule %u: ", fw_blocked_operation_name(record->operation),
		record->rule);
	fw_event_line_blocked(line, record, "->");
}

static void put_details(struct fw_event_line *line, const struct fw_record_header *record)
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
	}
}

char *fw_event_text(const struct fw_record_header *record)
{
	struct fw_event_line line;

	if (!fw_event_line_begin(&line))
		return NULL;
	if (record->type == FW_RECORD_LOSS) {
		fw_event_line_time(&line, record->time_ns);
		fw_event_line_add(&line, "  lost:");
		fw_event_line_loss(&line, (const struct fw_loss_record *)record);
	} else {
		put_head(&line, record);
		put_details(&line, record);
	}
	return fw_event_line_end(&line);
}

void fw_event_report_print(FILE *file, const struct fw_reader_report *report)
{
	bool titled = false;

	for (uint16_t type = 0; type < FW_RECORD_EVENT_TYPES; type++) {
		char number[FW_RECORD_TYPE_NAME_SIZE];

		if (!report->produced[type] && !report->delivered[type] && !report->lost[type])
			continue;
		if (!titled)
			fprintf(file, "%-16s  %12s  %12s  %12s\n", "type", "produced", "delivered",
				"lost");
		titled = true;
		fprintf(file, "%-16s  %12" PRIu64 "  %12" PRIu64 "  %12" PRIu64 "\n",
			fw_record_type_text(type, number), report->produced[type],
			report->delivered[type], report->lost[type]);
	}
}
