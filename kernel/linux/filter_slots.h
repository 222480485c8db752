/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How the programs at adapters (kernel/linux/filter_packets.bpf.c) and the backend that attaches
 * them (backend/linux/filter_*.c) agree: adapters that have a list, and what was asked for. Part of
 * FW_MAPS_VERSION.
 *
 * Each adapter with a list has a *slot*; its programs are loaded for it and know the number, so
 * that a packet looks up no adapter. `filter_lists` has the list of each slot and direction, at
 * fw_filter_place(); changing a list changes that one element. A *binding* is what was asked for: a
 * list for a name or pattern and a direction. Bindings of a network namespace are written under a
 * new generation and come into force, all of them, when the namespace is given that generation.
 */
#ifndef FW_FILTER_SLOTS_H
#define FW_FILTER_SLOTS_H

#include "kernel/linux/filter_maps.h"

#define FW_FILTER_BINDINGS 16384u
#define FW_FILTER_NAMESPACES 4096u

/* Index of filter_lists and filter_counters. */
enum fw_filter_side { FW_FILTER_SIDE_IN, FW_FILTER_SIDE_OUT, FW_FILTER_SIDES };

static inline uint32_t fw_filter_place(uint32_t slot, enum fw_filter_side side)
{
	return slot * FW_FILTER_SIDES + side;
}

/* By inode number of the namespace, which the kernel may use again. */
struct fw_filter_namespace {
	uint64_t cookie; /* SO_NETNS_COOKIE: not used again until the next boot */
	uint32_t generation;
	uint32_t reserved;
};

struct fw_filter_binding_key {
	uint32_t network_namespace;
	uint32_t generation;
	uint32_t side; /* enum fw_filter_side */
	char adapter[FW_ADAPTER_NAME_SIZE];
};

struct fw_filter_binding {
	uint32_t list;	/* id; its map is pinned under that number */
	uint32_t way;	/* enum fw_filter_way */
	uint32_t index; /* the adapter that is named; 0: a pattern */
	uint32_t reserved;
	uint64_t changed_ns;
	struct fw_filter_hits before; /* of the lists whose place this one took */
	char source[FW_FILTER_SOURCE_SIZE];
};

struct fw_filter_slot_side {
	uint32_t hook;	  /* enum fw_filter_hook */
	uint32_t list;	  /* id; 0: none */
	uint32_t program; /* id of the attached program; 0: none */
	uint32_t way;	  /* enum fw_filter_way, as it was asked for */
	char pattern[FW_ADAPTER_NAME_SIZE];
	char reason[FW_ADAPTER_TEXT_SIZE];
};

struct fw_filter_slot {
	uint64_t cookie; /* of the network namespace */
	uint32_t network_namespace;
	uint32_t index;	 /* of the adapter */
	uint32_t leaves; /* not 0: its adapter is gone; free when its programs are, too */
	uint32_t reserved;
	char name[FW_ADAPTER_NAME_SIZE];
	struct fw_filter_slot_side side[FW_FILTER_SIDES];
};

#endif
