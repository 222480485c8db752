/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The maps and the shared state, declared for every BPF object; flow_maps.bpf.c defines them (it
 * sets FW_MAPS_HERE to nothing).
 */
#ifndef FW_FLOW_MAPS_BPF_H
#define FW_FLOW_MAPS_BPF_H

#include "kernel/linux/kernel_types.h"

#include <bpf/bpf_helpers.h>

#include "kernel/linux/flow_maps.h"

#ifndef FW_MAPS_HERE
#define FW_MAPS_HERE extern
#endif

/* A listener's state is cloned into its children, so a connection has an owner before its
 * accept. */
struct fw_flows_map {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct fw_flow_state);
};
FW_MAPS_HERE struct fw_flows_map flows SEC(".maps");

/* Process rows. An array because its lookup is an addition that the compiler of the kernel
 * inlines. */
struct fw_rows_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FW_MAX_PROCESSES);
	__type(key, __u32);
	__type(value, struct fw_process_state);
};
FW_MAPS_HERE struct fw_rows_map rows SEC(".maps");

/* Where the row of a process is, by handle. */
struct fw_processes_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FW_MAX_PROCESSES);
	__type(key, __u64);
	__type(value, __u32);
};
FW_MAPS_HERE struct fw_processes_map processes SEC(".maps");

/* Rows that were given back, the oldest first. */
struct fw_free_rows_map {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, FW_MAX_PROCESSES);
	__type(value, __u32);
};
FW_MAPS_HERE struct fw_free_rows_map free_rows SEC(".maps");

struct fw_names_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FW_MAX_PROCESSES);
	__type(key, __u64);
	__type(value, struct fw_process_name);
};
FW_MAPS_HERE struct fw_names_map names SEC(".maps");

/* Handles of exited processes, a ring: who comes in pushes the oldest out into machine.departed. */
struct fw_exited_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FW_EXITED_KEPT);
	__type(key, __u32);
	__type(value, __u64);
};
FW_MAPS_HERE struct fw_exited_map exited SEC(".maps");

/* The measuring session a process belongs to, inherited at fork. */
struct fw_membership_map {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
};
FW_MAPS_HERE struct fw_membership_map membership SEC(".maps");

/* Measuring sessions by id. */
struct fw_groups_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FW_MAX_GROUPS);
	__type(key, __u64);
	__type(value, struct fw_group_state);
};
FW_MAPS_HERE struct fw_groups_map groups SEC(".maps");

struct fw_ring_map {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

/* Each reader's own queues, put there by the reader: slot * FW_QUEUE_COUNT + enum fw_queue. */
struct fw_readers_map {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, FW_MAX_READERS * FW_QUEUE_COUNT);
	__type(key, __u32);
	__array(values, struct fw_ring_map);
};
FW_MAPS_HERE struct fw_readers_map readers SEC(".maps");

FW_MAPS_HERE struct fw_machine machine;

/* Whatever changes rules or members changes this. */
static __always_inline __u64 members_mark(void)
{
	return machine.rules_generation + machine.members_changed;
}

#endif
