/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/event_process.h"

#include <stdio.h>

/* `comm` has up to FW_COMM_SIZE bytes. */
static struct fw_event_process make(uint32_t pid, uint64_t start_ns, const char *comm)
{
	struct fw_event_process process = { .pid = pid, .start_ns = start_ns };

	snprintf(process.comm, sizeof(process.comm), "%.*s", FW_COMM_SIZE - 1, comm);
	return process;
}

struct fw_event_process fw_event_process(const struct fw_record_header *record)
{
	const union {
		const struct fw_record_header *header;
		const struct fw_process_create_record *create;
		const struct fw_process_exit_record *exit;
		const struct fw_thread_record *thread;
		const struct fw_image_record *image;
		const struct fw_connection_record *connection;
		const struct fw_port_record *port;
		const struct fw_blocked_record *blocked;
	} as = { .header = record };

	switch (record->type) {
	case FW_RECORD_PROCESS_CREATE:
		return make(as.create->pid, as.create->start_ns, as.create->comm);
	case FW_RECORD_PROCESS_EXIT:
		return make(as.exit->pid, as.exit->start_ns, as.exit->comm);
	case FW_RECORD_THREAD_CREATE:
	case FW_RECORD_THREAD_EXIT:
		return make(as.thread->pid, as.thread->process_start_ns, as.thread->comm);
	case FW_RECORD_IMAGE_LOAD:
		return make(as.image->pid, 0, "");
	case FW_RECORD_CONNECTION_OPEN:
	case FW_RECORD_CONNECTION_CLOSE:
		return make(as.connection->connection.owner_pid,
			as.connection->connection.owner_start_ns, as.connection->connection.comm);
	case FW_RECORD_PORT_TAKEN:
	case FW_RECORD_PORT_RELEASED:
		return make(as.port->port.owner_pid, as.port->port.owner_start_ns,
			as.port->port.comm);
	case FW_RECORD_BLOCKED:
		return make(as.blocked->pid, as.blocked->start_ns, as.blocked->comm);
	default:
		return (struct fw_event_process){ 0 };
	}
}
