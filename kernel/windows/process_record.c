/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/process_record.h"

#include "abi/control.h"
#include "core/utf16_text.h"
#include "kernel/windows/event_stream.h"
#include "kernel/windows/nt_memory.h"
#include "kernel/windows/nt_text.h"

/* A path of NT has up to 32767 units, a command line too: these are what a record keeps of them. */
#define PATH_BYTES 2048u
#define COMMAND_LINE_BYTES 8192u

/* Append a text behind the record; returns whether not all of it found room in `most` bytes. */
static bool put_text(struct fw_record_header *record, struct fw_record_text *text,
	const UNICODE_STRING *string, bool keeps_end, uint32_t most)
{
	uint32_t units = fw_text_units(string), start = 0;
	char *to = (char *)record + record->size;
	bool cut = false;

	if (!units)
		return false;
	if (keeps_end)
		start = fw_utf16_tail(string->Buffer, units, most);
	text->offset = record->size;
	text->length = fw_utf16_to_utf8(string->Buffer + start, units - start, to, most, &cut);
	record->size += text->length;
	return cut || start;
}

static void pad(struct fw_record_header *record)
{
	while (record->size % FW_RECORD_ALIGN)
		((char *)record)[record->size++] = '\0';
}

static void fill_create(struct fw_process_create_record *record,
	const struct fw_process_state *process, const UNICODE_STRING *image,
	const UNICODE_STRING *command_line)
{
	record->header.size = sizeof(*record);
	record->header.type = FW_RECORD_PROCESS_CREATE;
	record->start_ns = process->process.start_ns;
	record->parent_start_ns =
		process->generations > 1 && process->lineage[1].pid == process->process.parent_pid
			? process->lineage[1].start_ns
			: 0;
	record->pid = process->process.pid;
	record->parent_pid = process->process.parent_pid;
	record->uid = UINT32_MAX;
	record->flags = process->process.flags & ~(uint32_t)FW_PROCESS_EXE_CUT;
	record->cause = FW_CREATE_EXEC;
	memcpy(record->comm, process->process.comm, sizeof(record->comm));
	if (put_text(&record->header, &record->exe, image, true, PATH_BYTES))
		record->flags |= FW_PROCESS_EXE_CUT;
	if (put_text(&record->header, &record->command_line, command_line, false,
		    COMMAND_LINE_BYTES))
		record->flags |= FW_EVENT_COMMAND_LINE_CUT;
	if (record->command_line.length) { /* as everywhere: ended by a zero byte */
		((char *)record)[record->header.size++] = '\0';
		record->command_line.length++;
	}
	pad(&record->header);
}

void fw_process_record_create(const struct fw_process_state *process, const UNICODE_STRING *image,
	const UNICODE_STRING *command_line)
{
	struct fw_process_create_record *record;

	if (!fw_event_wanted(FW_RECORD_PROCESS_CREATE))
		return;
	record = fw_allocate(
		sizeof(*record) + PATH_BYTES + COMMAND_LINE_BYTES + 1 + FW_RECORD_ALIGN);
	if (!record) {
		fw_event_lose(FW_RECORD_PROCESS_CREATE);
		return;
	}
	fill_create(record, process, image, command_line);
	fw_event_publish(&record->header);
	fw_free(record);
}

void fw_process_record_exit(struct fw_process_state *process, uint32_t exit_code)
{
	struct fw_process_exit_record record = { .header = { .size = sizeof(record),
							 .type = FW_RECORD_PROCESS_EXIT },
		.start_ns = process->process.start_ns,
		.counters = fw_process_counters(process),
		.pid = process->process.pid,
		.parent_pid = process->process.parent_pid,
		.uid = UINT32_MAX,
		.flags = process->process.flags | FW_PROCESS_EXITED,
		.exit_code = exit_code };

	memcpy(record.comm, process->process.comm, sizeof(record.comm));
	fw_event_publish(&record.header);
}

void fw_process_record_denied(const struct fw_process_state *process, uint32_t rule)
{
	struct fw_blocked_record record = { .header = { .size = sizeof(record),
						    .type = FW_RECORD_BLOCKED },
		.uid = UINT32_MAX,
		.rule = rule,
		.operation = FW_BLOCKED_START };

	fw_process_describe(process, &record.pid, &record.start_ns, record.comm);
	fw_event_publish(&record.header);
}

void fw_process_record_thread(enum fw_record_type type, const struct fw_process_state *process,
	uint32_t pid, uint32_t tid)
{
	struct fw_thread_record record = {
		.header = { .size = sizeof(record), .type = (uint16_t)type }, .tid = tid
	};

	fw_process_describe(process, &record.pid, &record.process_start_ns, record.comm);
	record.pid = pid;
	fw_event_publish(&record.header);
}

void fw_process_record_image(
	uint32_t pid, uint64_t address, uint64_t size, const UNICODE_STRING *path)
{
	struct fw_image_record *record;

	if (!fw_event_wanted(FW_RECORD_IMAGE_LOAD))
		return;
	record = fw_allocate(sizeof(*record) + PATH_BYTES + FW_RECORD_ALIGN);
	if (!record) {
		fw_event_lose(FW_RECORD_IMAGE_LOAD);
		return;
	}
	record->header.size = sizeof(*record);
	record->header.type = FW_RECORD_IMAGE_LOAD;
	record->pid = pid;
	record->address = address;
	record->size = size;
	if (put_text(&record->header, &record->path, path, true, PATH_BYTES))
		record->flags |= FW_EVENT_PATH_CUT;
	pad(&record->header);
	fw_event_publish(&record->header);
	fw_free(record);
}
