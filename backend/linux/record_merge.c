/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/record_merge.h"

#include "lib/grow.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_BYTES (16u << 20) /* of an empty one; a larger burst gives its memory back */

bool fw_record_merge_add(struct fw_record_merge *merge, const struct fw_record_header *record)
{
	void *bytes = fw_grow_by(merge->bytes, merge->used, record->size, &merge->capacity, 1);
	struct fw_merge_entry *entries;

	if (!bytes)
		return false;
	merge->bytes = bytes;
	entries = fw_grow(merge->entries, merge->count, &merge->entry_capacity, sizeof(*entries));
	if (!entries)
		return false;
	merge->entries = entries;
	memcpy(merge->bytes + merge->used, record, record->size);
	entries[merge->count] = (struct fw_merge_entry){ record->time_ns, merge->used };
	merge->is_sorted = !merge->count || (merge->is_sorted &&
			merge->entries[merge->count - 1].time_ns <= record->time_ns);
	merge->count++;
	merge->used += record->size;
	return true;
}

static int compare_entries(const void *left, const void *right)
{
	const struct fw_merge_entry *a = left, *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

static struct fw_record_header *record_at(const struct fw_record_merge *merge, size_t i)
{
	return (struct fw_record_header *)(merge->bytes + merge->entries[i].offset);
}

/* Drop the first `gone` entries. The kept records move to the front in the order of their time. */
static void compact(struct fw_record_merge *merge, size_t gone)
{
	struct fw_record_merge kept = { 0 };

	if (gone == merge->count) {
		merge->count = merge->used = 0;
		if (merge->capacity > KEPT_BYTES)
			fw_record_merge_done(merge);
		return;
	}
	/* Without memory for the copy all stays where it is: only room is wasted. */
	for (size_t i = gone; i < merge->count; i++) {
		if (fw_record_merge_add(&kept, record_at(merge, i)))
			continue;
		fw_record_merge_done(&kept);
		memmove(merge->entries, merge->entries + gone,
			(merge->count - gone) * sizeof(*merge->entries));
		merge->count -= gone;
		return;
	}
	fw_record_merge_done(merge);
	*merge = kept;
}

size_t fw_record_merge_release(struct fw_record_merge *merge, uint64_t until_ns, fw_merge_fn record,
	void *argument, bool *stopped)
{
	size_t done = 0;

	*stopped = false;
	if (!merge->is_sorted && merge->count)
		qsort(merge->entries, merge->count, sizeof(*merge->entries), compare_entries);
	merge->is_sorted = true;
	while (done < merge->count && !*stopped && merge->entries[done].time_ns <= until_ns)
		*stopped = !record(record_at(merge, done++), argument);
	if (done)
		compact(merge, done);
	return done;
}

void fw_record_merge_each(struct fw_record_merge *merge, fw_merge_fn record, void *argument)
{
	for (size_t i = 0; i < merge->count; i++)
		if (!record(record_at(merge, i), argument))
			return;
}

void fw_record_merge_done(struct fw_record_merge *merge)
{
	free(merge->bytes);
	free(merge->entries);
	memset(merge, 0, sizeof(*merge));
}
