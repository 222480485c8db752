/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Process rows: finding, taking and giving back. For every kind of BPF program.
 *
 * Whoever adds to a row in the instant in which it is given back may add after its counters were
 * moved; what it added stays in the row and is moved when the row is taken again.
 */
#ifndef FW_PROCESS_ROW_BPF_H
#define FW_PROCESS_ROW_BPF_H

#include "kernel/linux/flow_maps.bpf.h"

/* A remembered row, if it is still that process's; `handle` is not 0. */
static __always_inline struct fw_process_state *row_at(__u32 slot, __u64 handle)
{
	struct fw_process_state *row = bpf_map_lookup_elem(&rows, &slot);

	return row && row->handle == handle ? row : 0;
}

/* Row of a process, and where it is; NULL: it has none. */
static __always_inline struct fw_process_state *row_find(__u64 handle, __u32 *slot)
{
	__u32 *found = bpf_map_lookup_elem(&processes, &handle);

	if (!found)
		return 0;
	*slot = *found;
	return bpf_map_lookup_elem(&rows, slot);
}

static __always_inline void counter_move(__u64 *into, __u64 *from)
{
	if (*from)
		__sync_fetch_and_add(into, __sync_lock_test_and_set(from, 0));
}

static __always_inline void counters_move(struct fw_counters *into, struct fw_counters *from)
{
	counter_move(&into->sent, &from->sent);
	counter_move(&into->received, &from->received);
	counter_move(&into->wire_sent, &from->wire_sent);
	counter_move(&into->wire_received, &from->wire_received);
}

static __always_inline struct fw_process_state *row_take(__u32 *slot)
{
	struct fw_process_state *row;

	if (bpf_map_pop_elem(&free_rows, slot))
		*slot = __sync_fetch_and_add(&machine.rows_used, 1);
	row = bpf_map_lookup_elem(&rows, slot);
	if (row)
		counters_move(&machine.departed, &row->counters);
	else
		__sync_fetch_and_sub(&machine.rows_used, 1);
	return row;
}

static __always_inline void row_give_back(struct fw_process_state *row, __u32 slot)
{
	row->handle = 0;
	bpf_map_push_elem(&free_rows, &slot, 0);
}

#endif
