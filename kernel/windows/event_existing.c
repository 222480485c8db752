/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "abi/process_event.h"
#include "kernel/windows/event_reader.h"
#include "kernel/windows/process_row.h"
#include "kernel/windows/tdi_filter.h"

/* Each kind makes its next record in a zeroed buffer of so many bytes; false: there are no more. */
#define FW_EXISTING_MOST 512u

static uint32_t padded(uint32_t bytes)
{
	return (bytes + FW_RECORD_ALIGN - 1) & ~(FW_RECORD_ALIGN - 1);
}

static void make_create(
	const struct fw_process_state *process, struct fw_process_create_record *record)
{
	const struct fw_process *row = &process->process;
	uint32_t length = 0;

	while (length < FW_EXE_SIZE && row->exe[length])
		length++;
	record->header.size = padded((uint32_t)sizeof(*record) + length);
	record->start_ns = row->start_ns;
	record->header.time_ns = row->start_ns;
	record->pid = row->pid;
	record->parent_pid = row->parent_pid;
	record->uid = row->uid;
	record->flags = row->flags;
	record->cause = FW_CREATE_FOUND;
	memcpy(record->comm, row->comm, sizeof(record->comm));
	if (length) {
		record->exe.offset = sizeof(*record);
		record->exe.length = length;
		memcpy(record + 1, row->exe, length);
	}
}

static bool next_process(uint64_t *after, struct fw_record_header *header)
{
	struct fw_process_state *process;

	while ((process = fw_process_next(*after)) != NULL) {
		bool runs = fw_process_runs(process);

		*after = fw_process_number(process);
		if (runs)
			make_create(process, (struct fw_process_create_record *)(void *)header);
		fw_process_put(process);
		if (runs)
			return true;
	}
	return false;
}

static bool next_connection(uint64_t *after, struct fw_record_header *header)
{
	struct fw_connection_record *record = (struct fw_connection_record *)(void *)header;

	header->size = sizeof(*record);
	if (!fw_tdi_next_connection(after, &record->connection))
		return false;
	header->time_ns = record->connection.opened_ns;
	return true;
}

static bool next_port(uint64_t *after, struct fw_record_header *header)
{
	struct fw_port_record *record = (struct fw_port_record *)(void *)header;

	header->size = sizeof(*record);
	if (!fw_tdi_next_port(after, &record->port))
		return false;
	header->time_ns = record->port.since_ns;
	return true;
}

static const struct {
	uint16_t type;
	bool (*next)(uint64_t *after, struct fw_record_header *record);
} kinds[] = {
	{ FW_RECORD_PROCESS_CREATE, next_process },
	{ FW_RECORD_CONNECTION_OPEN, next_connection },
	{ FW_RECORD_PORT_TAKEN, next_port },
};

uint32_t fw_event_existing(struct fw_event_reader *reader, void *buffer, uint32_t room)
{
	uint32_t filled = 0;

	while (reader->existing_kind < FW_ARRAY_SIZE(kinds) && room - filled >= FW_EXISTING_MOST) {
		struct fw_record_header *record = (void *)((uint8_t *)buffer + filled);
		uint16_t type = kinds[reader->existing_kind].type;

		memset(record, 0, FW_EXISTING_MOST);
		record->type = type;
		record->flags = FW_RECORD_EXISTING;
		if (!(reader->queue.types >> type & 1) ||
			!kinds[reader->existing_kind].next(&reader->existing_after, record)) {
			reader->existing_kind++;
			reader->existing_after = 0;
			continue;
		}
		record->sequence = fw_event_queue_number(&reader->queue);
		filled += record->size;
	}
	return filled;
}
