/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From a 64-bit hash to numbers of entries in the caller's array, by open addressing. The caller
 * compares keys. For the delta tables of lib/; one thread.
 */
#ifndef FW_HASH_INDEX_H
#define FW_HASH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fw_hash_slot {
	uint32_t hash;
	uint32_t entry_plus_one; /* 0: the slot is empty */
};

/* All-zero is an empty index. */
struct fw_hash_index {
	struct fw_hash_slot *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t used;
};

struct fw_hash_cursor {
	size_t at;
	uint32_t hash;
};

void fw_hash_index_done(struct fw_hash_index *index);
void fw_hash_index_clear(struct fw_hash_index *index);

/* false: out of memory, or more than UINT32_MAX - 1 entries; nothing changed. */
bool fw_hash_index_insert(struct fw_hash_index *index, uint64_t hash, uint32_t entry);

/* Begin a search; fw_hash_index_next() then gives each entry that may have the key. */
struct fw_hash_cursor fw_hash_index_find(const struct fw_hash_index *index, uint64_t hash);
bool fw_hash_index_next(const struct fw_hash_index *index, struct fw_hash_cursor *cursor,
	uint32_t *entry);

/* Spread keys that are small or in sequence over 64 bits. */
uint64_t fw_hash_mix(uint64_t a, uint64_t b);

#endif
