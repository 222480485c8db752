/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/process_table.h"

#include "lib/host/host.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Entries for at least so many rows, or NULL. */
static struct fw_process_entry *reserve(size_t rows)
{
	return calloc(rows ? rows : 1, sizeof(struct fw_process_entry));
}

/* Copy a row that is in use. The kernel side writes `handle` last when it takes a row and first
 * when it gives it back, so a copy between two equal handles is of one process. */
static bool copy_row(const volatile struct fw_process_state *row, struct fw_process_state *copy)
{
	uint64_t handle = __atomic_load_n(&row->handle, __ATOMIC_ACQUIRE);

	if (!handle)
		return false;
	*copy = *(const struct fw_process_state *)row;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	copy->handle = handle;
	return __atomic_load_n(&row->handle, __ATOMIC_RELAXED) == handle;
}

static size_t read_rows(const struct fw_kernel_side *side, struct fw_process_entry *entries,
	size_t rows)
{
	size_t count = 0;

	for (size_t i = 0; i < rows; i++)
		count += copy_row(&side->rows[i], &entries[count].state);
	return count;
}

static int compare_entries(const void *left, const void *right)
{
	uint64_t a = ((const struct fw_process_entry *)left)->state.handle;
	uint64_t b = ((const struct fw_process_entry *)right)->state.handle;

	return (a > b) - (a < b);
}

/* Take over the descriptions of processes whose name has not changed. */
static void inherit_names(struct fw_process_table *fresh, struct fw_process_table *old)
{
	size_t j = 0;

	for (size_t i = 0; i < fresh->count; i++) {
		struct fw_process_entry *entry = &fresh->entries[i];

		while (j < old->count && old->entries[j].state.handle < entry->state.handle)
			j++;
		if (j == old->count || old->entries[j].state.handle != entry->state.handle)
			continue;
		if (old->entries[j].state.name_version != entry->state.name_version)
			continue;
		entry->process = old->entries[j].process;
		old->entries[j].process = NULL;
	}
}

enum fw_status fw_process_table_refresh(struct fw_process_table *table, struct fw_kernel_side *side,
	struct fw_error *error)
{
	uint64_t used = __atomic_load_n(&side->machine->rows_used, __ATOMIC_ACQUIRE);
	size_t rows = used < FW_MAX_PROCESSES ? used : FW_MAX_PROCESSES;
	struct fw_process_table fresh = { 0 };
	enum fw_status status = fw_kernel_side_map_rows(side, rows, error);

	if (status != FW_OK)
		return status;
	fresh.entries = reserve(rows);
	if (!fresh.entries)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu processes", rows);
	fresh.count = read_rows(side, fresh.entries, rows);
	if (fresh.count)
		qsort(fresh.entries, fresh.count, sizeof(*fresh.entries), compare_entries);
	inherit_names(&fresh, table);
	fw_process_table_done(table);
	*table = fresh;
	return FW_OK;
}

struct fw_process_entry *fw_process_table_find(struct fw_process_table *table, uint64_t handle)
{
	struct fw_process_entry key = { .state.handle = handle };

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
		process->pid = fw_handle_pid(entry->state.handle);
		process->start_ns = entry->state.start_ns;
		process->uid = UINT32_MAX;
		if (!bpf_map_lookup_elem(
			    side->map_fd[FW_MAP_NAMES], &entry->state.handle, &name))
			apply_name(process, &name);
		if (process->flags & FW_PROCESS_EXE_CUT && !entry->state.exited)
			complete_exe(process);
		entry->process = process;
	}
	if (entry->state.exited)
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
