/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Records of several queues brought into the order of their time: copies are kept until everything
 * that may be older has come. Pure memory; one thread.
 */
#ifndef FW_RECORD_MERGE_H
#define FW_RECORD_MERGE_H

#include "abi/record.h"
#include "core/status.h"

struct fw_merge_entry {
	uint64_t time_ns;
	size_t offset; /* in `bytes`; among equal times the order of arrival */
};

/* All zero is an empty one. */
struct fw_record_merge {
	unsigned char *bytes;
	size_t used, capacity;
	struct fw_merge_entry *entries;
	size_t count, entry_capacity;
	bool is_sorted;
};

/* The record may be changed; false stops. */
typedef bool (*fw_merge_fn)(struct fw_record_header *record, void *argument);

/* Copy a record (its size is a multiple of 8). False: no memory, nothing was added. */
bool fw_record_merge_add(struct fw_record_merge *merge, const struct fw_record_header *record);
/* Hand over what happened until then, the oldest first, and forget it; the number of records. Stops
 * behind the record for which `record` returned false: *stopped. */
size_t fw_record_merge_release(struct fw_record_merge *merge, uint64_t until_ns, fw_merge_fn record,
	void *argument, bool *stopped);
/* Look at all that is held, in no particular order. */
void fw_record_merge_each(struct fw_record_merge *merge, fw_merge_fn record, void *argument);
void fw_record_merge_done(struct fw_record_merge *merge);

#endif
