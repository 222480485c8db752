/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/process_table.h"

#include "lib/host/host.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256

struct batch {
	uint64_t *keys;
	struct fw_process_state *values;
	uint32_t capacity;
};

static bool batch_resize(struct batch *batch, uint32_t capacity)
{
	uint64_t *keys = realloc(batch->keys, capacity * sizeof(*keys));
	struct fw_process_state *values;

	if (keys)
		batch->keys = keys;
	values = realloc(batch->values, capacity * sizeof(*values));
	if (values)
		batch->values = values;
	if (!keys || !values)
		return false;
	batch->capacity = capacity;
	return true;
}

static bool append(struct fw_process_table *table, const struct batch *batch, uint32_t count)
{
	size_t needed = table->count + count;

	if (needed > table->capacity) {
		size_t capacity = needed * 2;
		struct fw_process_entry *entries =
			realloc(table->entries, capacity * sizeof(*entries));

		if (!entries)
			return false;
		table->entries = entries;
		table->capacity = capacity;
	}
	for (uint32_t i = 0; i < count; i++)
		table->entries[table->count++] = (struct fw_process_entry){
			.handle = batch->keys[i],
			.state = batch->values[i],
		};
	return true;
}

/*
 * The kernel hands out whole hash buckets, so a bucket larger than the buffer (ENOSPC) asks for a
 * larger buffer, with the same position.
 */
static int read_rows(int map, struct fw_process_table *table, struct batch *batch)
{
	uint32_t position = 0, count;
	bool first = true;
	int result;

	for (;;) {
		count = batch->capacity;
		result = bpf_map_lookup_batch(map, first ? NULL : &position, &position, batch->keys,
			batch->values, &count, NULL);
		if (result && errno == ENOSPC) {
			if (!batch_resize(batch, batch->capacity * 2))
				return -ENOMEM;
			continue;
		}
		if (result && errno != ENOENT)
			return -errno;
		if (!append(table, batch, count))
			return -ENOMEM;
		if (result)
			return 0;
		first = false;
	}
}

static int compare_entries(const void *left, const void *right)
{
	uint64_t a = ((const struct fw_process_entry *)left)->handle;
	uint64_t b = ((const struct fw_process_entry *)right)->handle;

	return (a > b) - (a < b);
}

/* Take over the descriptions of processes whose name has not changed. */
static void inherit_names(struct fw_process_table *fresh, struct fw_process_table *old)
{
	size_t j = 0;

	for (size_t i = 0; i < fresh->count; i++) {
		struct fw_process_entry *entry = &fresh->entries[i];

		while (j < old->count && old->entries[j].handle < entry->handle)
			j++;
		if (j == old->count || old->entries[j].handle != entry->handle)
			continue;
		if (old->entries[j].state.name_version != entry->state.name_version)
			continue;
		entry->process = old->entries[j].process;
		old->entries[j].process = NULL;
	}
}

enum fw_status fw_process_table_refresh(struct fw_process_table *table,
	const struct fw_kernel_side *side, struct fw_error *error)
{
	struct fw_process_table fresh = { 0 };
	struct batch batch = { 0 };
	int result = -ENOMEM;

	if (batch_resize(&batch, FIRST_CAPACITY))
		result = read_rows(side->map_fd[FW_MAP_PROCESSES], &fresh, &batch);
	free(batch.keys);
	free(batch.values);
	if (result) {
		free(fresh.entries);
		return fw_error_set_errno(error, result, "reading the process counters");
	}
	if (fresh.count)
		qsort(fresh.entries, fresh.count, sizeof(*fresh.entries), compare_entries);
	inherit_names(&fresh, table);
	fw_process_table_done(table);
	*table = fresh;
	return FW_OK;
}

struct fw_process_entry *fw_process_table_find(struct fw_process_table *table, uint64_t handle)
{
	struct fw_process_entry key = { .handle = handle };

	if (!table->count)
		return NULL;
	return bsearch(&key, table->entries, table->count, sizeof(key), compare_entries);
}

static void apply_name(struct fw_process *process, const struct fw_process_name *name)
{
	uint32_t offset = name->path_offset < FW_EXE_SIZE ? name->path_offset : FW_EXE_SIZE - 1;

	process->parent_pid = name->parent_pid;
	process->uid = name->uid;
	process->flags |= name->flags;
	memcpy(process->comm, name->comm, sizeof(name->comm));
	process->comm[sizeof(name->comm) - 1] = 0;
	memcpy(process->exe, name->path + offset, FW_EXE_SIZE - 1 - offset);
}

/* A path the kernel side could not hold whole is asked of /proc while the process lives. */
static void complete_exe(struct fw_process *process)
{
	char exe[4096];

	if (fw_host_process_exe(process->pid, exe, sizeof(exe)) != FW_OK)
		return;
	if (strlen(exe) >= sizeof(process->exe))
		return;
	strcpy(process->exe, exe);
	process->flags &= ~(uint32_t)FW_PROCESS_EXE_CUT;
}

const struct fw_process *fw_process_entry_describe(struct fw_process_entry *entry,
	const struct fw_kernel_side *side)
{
	struct fw_process_name name;
	struct fw_process *process = entry->process;

	if (!process) {
		process = calloc(1, sizeof(*process));
		if (!process)
			return NULL;
		process->pid = entry->state.pid;
		process->start_ns = entry->state.start_ns;
		process->uid = UINT32_MAX;
		if (bpf_map_lookup_elem(side->map_fd[FW_MAP_NAMES], &entry->handle, &name) == 0)
			apply_name(process, &name);
		if (process->flags & FW_PROCESS_EXE_CUT && !entry->state.exited_ns)
			complete_exe(process);
		entry->process = process;
	}
	if (entry->state.exited_ns)
		process->flags |= FW_PROCESS_EXITED;
	return process;
}

void fw_process_table_done(struct fw_process_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->entries[i].process);
	free(table->entries);
	memset(table, 0, sizeof(*table));
}
