/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the kernel side keeps of the filter for later commands: what was asked for in a network
 * namespace, which adapters have programs, and the lists, each pinned under its number. Called by
 * filter_*.c; one thread; who writes holds the lock on the pin directory. Functions return 0 or
 * negative errno.
 */
#ifndef FW_FILTER_STORE_H
#define FW_FILTER_STORE_H

#include "backend/linux/kernel_side.h"
#include "kernel/linux/filter_slots.h"

struct fw_filter_bound {
	struct fw_filter_binding_key key;
	struct fw_filter_binding binding;
	uint32_t replaced; /* list whose place it took in memory; 0: none. Not kept. */
};

struct fw_filter_slot_row {
	uint32_t number;
	struct fw_filter_slot slot;
};

struct fw_filter_store {
	const struct fw_kernel_side *side;
	uint32_t network_namespace; /* the caller's: inode number */
	uint32_t generation;
	uint64_t cookie;
	struct fw_filter_bound *bindings; /* of this namespace */
	size_t binding_count, binding_capacity;
	struct fw_filter_slot_row *slots; /* of every namespace */
	size_t slot_count, slot_capacity;
};

/* May who found a change under way look again, after so many times from 0 on? Waits a little after the first
 * few, so that many commands which change lists one after another come to their end. */
bool fw_filter_store_again(int tries);

/* Fills *store, whatever was in it; empty on failure. */
int fw_filter_store_read(const struct fw_kernel_side *side, struct fw_filter_store *store);
void fw_filter_store_done(struct fw_filter_store *store);

/* Is a slot that of an adapter of the caller's namespace? */
bool fw_filter_store_is_here(
	const struct fw_filter_store *store, const struct fw_filter_slot *slot);
/* NULL: the adapter has none. */
struct fw_filter_slot_row *fw_filter_store_slot(
	const struct fw_filter_store *store, uint32_t index);

/* Add a binding, or change that of the same name and side, in memory. */
int fw_filter_store_bind(struct fw_filter_store *store, const struct fw_filter_bound *bound);
void fw_filter_store_unbind(struct fw_filter_store *store, size_t place);
/* Put the bindings as they are in memory in force, all of them or none. */
int fw_filter_store_commit(struct fw_filter_store *store);
/* Write one of those in force again. */
void fw_filter_store_rewrite(
	const struct fw_filter_store *store, const struct fw_filter_bound *bound);

/* A slot for an adapter: noted, with counters of 0 and no list. -ENOSPC: all are taken. */
int fw_filter_store_take(struct fw_filter_store *store, uint32_t index, const char *name,
	struct fw_filter_slot_row **row);
int fw_filter_store_note(const struct fw_filter_store *store, const struct fw_filter_slot_row *row);
/* Forget a slot; `row` is then another one. */
void fw_filter_store_free(struct fw_filter_store *store, struct fw_filter_slot_row *row);

/* A descriptor of a list, or negative errno. */
int fw_filter_store_list(uint32_t list);
int fw_filter_store_pin(uint32_t list, int fd);
void fw_filter_store_unpin(uint32_t list);
/* Remove what killed commands left: lists and bindings that nothing in force names. */
void fw_filter_store_sweep(const struct fw_filter_store *store);

#endif
