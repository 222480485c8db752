/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The maps of adapters that have a list, declared for every BPF object; flow_maps.bpf.c defines
 * them, and filter_packets.bpf.c, which is an object of its own, those that it is given (both set
 * FW_MAPS_HERE to nothing).
 */
#ifndef FW_FILTER_SLOTS_BPF_H
#define FW_FILTER_SLOTS_BPF_H

#include "kernel/linux/kernel_types.h"

#include <bpf/bpf_helpers.h>

#include "kernel/linux/filter_slots.h"

#ifndef FW_MAPS_HERE
#define FW_MAPS_HERE extern
#endif

/* By fw_filter_place(). */
struct fw_filter_counters_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FW_FILTER_SLOTS *FW_FILTER_SIDES);
	__type(key, __u32);
	__type(value, struct fw_filter_counters);
};
FW_MAPS_HERE struct fw_filter_counters_map filter_counters SEC(".maps");

/* The maps below are the user side's memory; no program looks at them. */
struct fw_filter_slots_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FW_FILTER_SLOTS);
	__type(key, __u32);
	__type(value, struct fw_filter_slot);
};
FW_MAPS_HERE struct fw_filter_slots_map filter_slots SEC(".maps");

struct fw_filter_bindings_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FW_FILTER_BINDINGS);
	__type(key, struct fw_filter_binding_key);
	__type(value, struct fw_filter_binding);
};
FW_MAPS_HERE struct fw_filter_bindings_map filter_bindings SEC(".maps");

struct fw_filter_namespaces_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, FW_FILTER_NAMESPACES);
	__type(key, __u32);
	__type(value, struct fw_filter_namespace);
};
FW_MAPS_HERE struct fw_filter_namespaces_map filter_namespaces SEC(".maps");

#endif
