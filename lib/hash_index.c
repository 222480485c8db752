/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/hash_index.h"

#include <stdlib.h>
#include <string.h>

#define SMALLEST_CAPACITY 64u

void fw_hash_index_done(struct fw_hash_index *index)
{
	free(index->slots);
	memset(index, 0, sizeof(*index));
}

void fw_hash_index_clear(struct fw_hash_index *index)
{
	if (index->slots)
		memset(index->slots, 0, index->capacity * sizeof(*index->slots));
	index->used = 0;
}

static void place(struct fw_hash_slot *slots, size_t capacity, struct fw_hash_slot slot)
{
	size_t at = slot.hash & (capacity - 1);

	while (slots[at].entry_plus_one)
		at = (at + 1) & (capacity - 1);
	slots[at] = slot;
}

static bool grow(struct fw_hash_index *index)
{
	size_t capacity = index->capacity ? index->capacity * 2 : SMALLEST_CAPACITY;
	struct fw_hash_slot *slots = calloc(capacity, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < index->capacity; i++)
		if (index->slots[i].entry_plus_one)
			place(slots, capacity, index->slots[i]);
	free(index->slots);
	index->slots = slots;
	index->capacity = capacity;
	return true;
}

bool fw_hash_index_insert(struct fw_hash_index *index, uint64_t hash, uint32_t entry)
{
	if (entry == UINT32_MAX)
		return false;
	if (index->used >= index->capacity / 2 && !grow(index))
		return false;
	place(index->slots, index->capacity, (struct fw_hash_slot){ (uint32_t)hash, entry + 1 });
	index->used++;
	return true;
}

struct fw_hash_cursor fw_hash_index_find(const struct fw_hash_index *index, uint64_t hash)
{
	size_t at = index->capacity ? (uint32_t)hash & (index->capacity - 1) : 0;

	return (struct fw_hash_cursor){ .at = at, .hash = (uint32_t)hash };
}

bool fw_hash_index_next(const struct fw_hash_index *index, struct fw_hash_cursor *cursor,
	uint32_t *entry)
{
	/* At most half of the slots are taken, so an empty one ends the walk. */
	while (index->capacity && index->slots[cursor->at].entry_plus_one) {
		const struct fw_hash_slot *slot = &index->slots[cursor->at];

		cursor->at = (cursor->at + 1) & (index->capacity - 1);
		if (slot->hash == cursor->hash) {
			*entry = slot->entry_plus_one - 1;
			return true;
		}
	}
	return false;
}

/* The finaliser of MurmurHash3, over both words. */
uint64_t fw_hash_mix(uint64_t a, uint64_t b)
{
	uint64_t hash = a * 0x9e3779b97f4a7c15ull ^ b;

	hash ^= hash >> 33;
	hash *= 0xff51afd7ed558ccdull;
	hash ^= hash >> 33;
	hash *= 0xc4ceb9fe1a85ec53ull;
	hash ^= hash >> 33;
	return hash;
}
