/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A snapshot of the kernel side's process rows, sorted by handle, with names that are read once a
 * process. Called by bpf_backend.c; one thread.
 */
#ifndef FW_PROCESS_TABLE_H
#define FW_PROCESS_TABLE_H

#include "backend/linux/kernel_side.h"

struct fw_process_entry {
	struct fw_process_state state;
	struct fw_process *process; /* owned by the table; NULL until described */
};

struct fw_process_table {
	struct fw_process_entry *entries;
	size_t count;
};

/* Read all rows anew. The old content stays when it fails. */
enum fw_status fw_process_table_refresh(struct fw_process_table *table, struct fw_kernel_side *side,
	struct fw_error *error);
/* The entry of a handle; NULL: none. */
struct fw_process_entry *fw_process_table_find(struct fw_process_table *table, uint64_t handle);
/* Who it is: from the kernel side's names, completed from /proc where the path was cut. NULL: no
 * memory. */
const struct fw_process *fw_process_entry_describe(struct fw_process_entry *entry,
	const struct fw_kernel_side *side);
void fw_process_table_done(struct fw_process_table *table);

#endif
