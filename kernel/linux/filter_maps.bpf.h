/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The maps of the adapters' filter, declared for every BPF object; flow_maps.bpf.c defines them (it sets
 * FW_MAPS_HERE to nothing), and so does the object of the packet programs, which uses those of a loaded
 * kernel side instead of its own.
 */
#ifndef FW_FILTER_MAPS_BPF_H
#define FW_FILTER_MAPS_BPF_H

#include "kernel/linux/kernel_types.h"

#include <bpf/bpf_helpers.h>

struct fw_set_block;

/* A block of a list; `list` is an inner map. */
static __always_inline struct fw_set_block *filter_block(void *list, __u32 index)
{
	return bpf_map_lookup_elem(list, &index);
}
#define FW_SET_AT filter_block

#include "core/address_set.h"
#include "kernel/linux/filter_maps.h"

#ifndef FW_MAPS_HERE
#define FW_MAPS_HERE extern
#endif

/* A list. The kernel compares type, sizes and flags when one is put into a map of maps, but not the number
 * of elements (BPF_F_INNER_MAP). */
struct fw_filter_list_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	/* By their sizes: inside a map of maps clang 14 leaves types of values out. */
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct fw_set_block));
};

/* Lists in force: slot * 2 + (0 in, 1 out). */
struct fw_filter_lists_map {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2 * FW_FILTER_SLOTS);
	__type(key, __u32);
	__array(values, struct fw_filter_list_map);
};
FW_MAPS_HERE struct fw_filter_lists_map filter_lists SEC(".maps");

/* The list that fw_filter_commit is to build. */
struct fw_filter_building_map {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct fw_filter_list_map);
};
FW_MAPS_HERE struct fw_filter_building_map filter_building SEC(".maps");

#endif
