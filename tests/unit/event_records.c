/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tests/unit/event_records.h"

#include <stdio.h>
#include <string.h>

static union {
	struct fw_record_header header;
	char bytes[RECORD_SIZE];
} buffer;

struct fw_record_header *record_of(uint16_t type, size_t size)
{
	memset(buffer.bytes, 0, size);
	buffer.header.type = type;
	buffer.header.size =
		(uint32_t)((size + FW_RECORD_ALIGN - 1) & ~(size_t)(FW_RECORD_ALIGN - 1));
	buffer.header.sequence = 7;
	buffer.header.time_ns = 5000000000ull;
	return &buffer.header;
}

static void append(struct fw_record_text *text, size_t *used, const char *bytes, size_t length)
{
	if (!bytes)
		return;
	memcpy(buffer.bytes + *used, bytes, length);
	*text = (struct fw_record_text){ (uint32_t)*used, (uint32_t)length };
	*used += length;
	buffer.header.size =
		(uint32_t)((*used + FW_RECORD_ALIGN - 1) & ~(size_t)(FW_RECORD_ALIGN - 1));
}

static size_t length_of(const char *text)
{
	return text ? strlen(text) : 0;
}

struct fw_record_header *create_record(const struct create_event *event)
{
	struct fw_process_create_record *record =
		(void *)record_of(FW_RECORD_PROCESS_CREATE, sizeof(*record));
	size_t used = sizeof(*record);

	record->start_ns = event->start_ns;
	record->parent_start_ns = event->parent_start_ns;
	record->pid = event->pid;
	record->parent_pid = event->parent_pid;
	record->uid = event->uid;
	record->flags = event->flags;
	record->cause = event->cause;
	snprintf(record->comm, sizeof(record->comm), "%s", event->comm ? event->comm : "");
	append(&record->exe, &used, event->exe, length_of(event->exe));
	append(&record->command_line, &used, event->command_line, event->command_line_length);
	append(&record->directory, &used, event->directory, length_of(event->directory));
	append(&record->cgroup, &used, event->cgroup, length_of(event->cgroup));
	return &record->header;
}

struct fw_record_header *exit_record(uint32_t pid, uint64_t start_ns, const char *comm)
{
	struct fw_process_exit_record *record =
		(void *)record_of(FW_RECORD_PROCESS_EXIT, sizeof(*record));

	record->pid = pid;
	record->start_ns = start_ns;
	record->uid = UINT32_MAX;
	snprintf(record->comm, sizeof(record->comm), "%s", comm);
	return &record->header;
}

struct fw_record_header *thread_record(uint16_t type, uint32_t pid, uint64_t start_ns, uint32_t tid)
{
	struct fw_thread_record *record = (void *)record_of(type, sizeof(*record));

	record->pid = pid;
	record->tid = tid;
	record->process_start_ns = start_ns;
	record->start_ns = start_ns + 1;
	strcpy(record->comm, "worker");
	return &record->header;
}

struct fw_record_header *image_record(uint32_t pid, const char *path)
{
	struct fw_image_record *record = (void *)record_of(FW_RECORD_IMAGE_LOAD, sizeof(*record));
	size_t used = sizeof(*record);

	record->pid = pid;
	record->tid = pid;
	record->address = 0x7f0000001000ull;
	record->size = 0x2000;
	append(&record->path, &used, path, length_of(path));
	return &record->header;
}

struct fw_record_header *connection_record(uint16_t type, uint32_t pid, uint64_t start_ns,
	const char *comm)
{
	struct fw_connection_record *record = (void *)record_of(type, sizeof(*record));

	record->connection = (struct fw_connection){
		.id = 77,
		.opened_ns = 4000000000ull,
		.closed_ns = type == FW_RECORD_CONNECTION_CLOSE ? 4500000000ull : 0,
		.owner_pid = pid,
		.owner_start_ns = start_ns,
		.counters = { 1, 2, 3, 4 },
		.local_address = { 192, 0, 2, 1 },
		.remote_address = { 198, 51, 100, 7 },
		.local_port = 40000,
		.remote_port = 443,
		.protocol = 6,
		.family = FW_FAMILY_IPV4,
		.state = FW_STATE_ESTABLISHED,
	};
	snprintf(record->connection.comm, sizeof(record->connection.comm), "%s", comm);
	return &record->header;
}

struct fw_record_header *port_record(
	uint16_t type, uint32_t pid, uint64_t start_ns, const char *comm)
{
	struct fw_port_record *record = (void *)record_of(type, sizeof(*record));

	record->port = (struct fw_port){
		.connection_id = 77,
		.owner_pid = pid,
		.owner_start_ns = start_ns,
		.protocol = 17,
		.port = 53,
		.family = FW_FAMILY_IPV6,
		.address = { [15] = 1 },
	};
	snprintf(record->port.comm, sizeof(record->port.comm), "%s", comm);
	return &record->header;
}

struct fw_record_header *blocked_record(uint32_t pid, uint64_t start_ns, const char *comm,
	uint8_t operation)
{
	struct fw_blocked_record *record = (void *)record_of(FW_RECORD_BLOCKED, sizeof(*record));

	record->pid = pid;
	record->start_ns = start_ns;
	record->uid = UINT32_MAX;
	record->rule = 3;
	record->connection_id = 77;
	record->network_namespace = 4026531840u;
	record->protocol = 6;
	record->family = FW_FAMILY_IPV6;
	record->local_address[15] = 1;
	record->remote_address[15] = 2;
	record->local_port = 40000;
	record->remote_port = 443;
	record->operation = operation;
	snprintf(record->comm, sizeof(record->comm), "%s", comm);
	return &record->header;
}
