/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/recording/recorded_process.h"

#include <stdlib.h>
#include <string.h>

#include "core/record_check.h"
#include "lib/grow.h"

static struct fw_recorded_process *find_entry(const struct fw_recording *recording, uint32_t pid)
{
	struct fw_hash_cursor cursor =
		fw_hash_index_find(&recording->process_index, fw_hash_mix(pid, 0));
	uint32_t entry;

	while (fw_hash_index_next(&recording->process_index, &cursor, &entry))
		if (recording->processes[entry].pid == pid)
			return &recording->processes[entry];
	return NULL;
}

static struct fw_recorded_process *add_entry(struct fw_recording *recording, uint32_t pid)
{
	struct fw_recorded_process *processes = fw_grow(recording->processes,
		recording->process_count, &recording->process_capacity, sizeof(*processes));

	if (!processes)
		return NULL;
	recording->processes = processes;
	if (!fw_hash_index_insert(&recording->process_index, fw_hash_mix(pid, 0),
		    (uint32_t)recording->process_count))
		return NULL;
	processes[recording->process_count] = (struct fw_recorded_process){ .pid = pid };
	return &processes[recording->process_count++];
}

bool fw_recorded_process_note(struct fw_recording *recording, const struct fw_record_header *record,
	const struct fw_recording_place *place)
{
	const struct fw_recording_usage *row = (const void *)record;
	const struct fw_process_create_record *create = (const void *)record;
	bool is_row = record->type == FW_RECORDING_USAGE;
	uint32_t pid = is_row ? row->usage.process.pid : create->pid;
	struct fw_recorded_process *entry;

	/* Its pid may be another process's by now. */
	if (is_row && row->usage.process.flags & FW_PROCESS_EXITED)
		return true;
	entry = find_entry(recording, pid);
	if (!entry)
		entry = add_entry(recording, pid);
	if (!entry)
		return false;
	if (is_row) {
		entry->usage = *place;
	} else {
		entry->create = *place;
		entry->usage = (struct fw_recording_place){ 0 };
	}
	return true;
}

/* The record at a place that was noted; NULL: it cannot be read any more. */
static const struct fw_record_header *read_at(struct fw_recording *recording,
	const struct fw_recording_place *place)
{
	const struct fw_record_header *record = NULL;
	enum fw_recording_find find = FW_RECORDING_END;

	recording->lookup.place = *place;
	if (fw_recording_reader_next(&recording->lookup, &find, &record, NULL) != FW_OK)
		return NULL;
	return find == FW_RECORDING_FOUND ? record : NULL;
}

static void from_create(const struct fw_process_create_record *create, struct fw_process *process)
{
	const char *exe = fw_record_text(&create->header, &create->exe);
	size_t length = exe ? create->exe.length : 0;

	memset(process, 0, sizeof(*process));
	process->pid = create->pid;
	process->parent_pid = create->parent_pid;
	process->start_ns = create->start_ns;
	process->uid = create->uid;
	process->flags = create->flags & (FW_PROCESS_EXE_CUT | FW_PROCESS_KERNEL);
	memcpy(process->comm, create->comm, sizeof(process->comm));
	if (length >= FW_EXE_SIZE) {
		exe += length - (FW_EXE_SIZE - 1);
		length = FW_EXE_SIZE - 1;
		process->flags |= FW_PROCESS_EXE_CUT;
	}
	if (length)
		memcpy(process->exe, exe, length);
}

/* Only the place of its lookup reader changes. */
static struct fw_recording *recording_of(const struct fw_host_source *source)
{
	return (struct fw_recording *)((uintptr_t)source - offsetof(struct fw_recording, host));
}

enum fw_status fw_recorded_process_find(const struct fw_host_source *source, uint32_t pid,
	struct fw_process *process)
{
	struct fw_recording *recording = recording_of(source);
	const struct fw_recorded_process *entry = find_entry(recording, pid);
	const struct fw_record_header *record;

	if (!entry)
		return FW_NOT_FOUND;
	record = read_at(recording, entry->usage.offset ? &entry->usage : &entry->create);
	if (!record)
		return FW_FAILED;
	if (record->type == FW_RECORDING_USAGE)
		*process = ((const struct fw_recording_usage *)record)->usage.process;
	else
		from_create((const struct fw_process_create_record *)record, process);
	return FW_OK;
}

enum fw_status fw_recorded_process_cgroup(const struct fw_host_source *source, uint32_t pid,
	char *cgroup, size_t size)
{
	struct fw_recording *recording = recording_of(source);
	const struct fw_recorded_process *entry = find_entry(recording, pid);
	const struct fw_process_create_record *create;
	const char *text;

	if (!entry || !entry->create.offset)
		return FW_NOT_FOUND;
	create = (const void *)read_at(recording, &entry->create);
	if (!create)
		return FW_FAILED;
	text = fw_record_text(&create->header, &create->cgroup);
	if (!text || create->flags & FW_EVENT_CGROUP_CUT)
		return FW_NOT_FOUND;
	if (create->cgroup.length >= size)
		return FW_FAILED;
	memcpy(cgroup, text, create->cgroup.length);
	cgroup[create->cgroup.length] = '\0';
	return FW_OK;
}
