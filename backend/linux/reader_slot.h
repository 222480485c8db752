/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A reader's place in the kernel side: the slot with its counters, and the queues that the programs
 * fill. Called by record_reader.c; one thread.
 */
#ifndef FW_READER_SLOT_H
#define FW_READER_SLOT_H

#include "backend/linux/kernel_side.h"

struct ring_buffer;

struct fw_reader_slot {
	struct fw_kernel_side *side;
	struct ring_buffer *rings;
	int ring_fd[FW_QUEUE_COUNT]; /* -1: not needed */
	int slot;		     /* -1: none */
	bool produces;
};

/* What a queue's record is handed to: 0 goes on, negative stops. */
typedef int (*fw_slot_record_fn)(void *context, void *data, size_t size);

/* All of `types` (bits) are produced into queues of `queue_bytes` (a power of two) from this call's
 * return on. Release with fw_reader_slot_leave() even if it fails. */
enum fw_status fw_reader_slot_enter(struct fw_reader_slot *slot, struct fw_kernel_side *side,
	uint64_t types, uint32_t queue_bytes, fw_slot_record_fn record, void *context,
	struct fw_error *error);
/* Hand over what is queued; the number of records, or what `record` returned, or negative errno. */
int fw_reader_slot_consume(struct fw_reader_slot *slot);
/* Readable when much is waiting. */
int fw_reader_slot_fd(const struct fw_reader_slot *slot);
/* Produce no more. When it returns, no program is in the middle of it. */
void fw_reader_slot_retire(struct fw_reader_slot *slot);
/* Take what was lost and is not in the queues as loss records; after retiring. False: nothing
 * was. */
bool fw_reader_slot_take_gap(struct fw_reader_slot *slot, struct fw_loss_record *loss);
/* Add what the programs counted. */
void fw_reader_slot_count(const struct fw_reader_slot *slot, struct fw_reader_report *report);
void fw_reader_slot_leave(struct fw_reader_slot *slot);

/* Free the queues of readers that were killed. */
void fw_reader_slot_sweep(struct fw_kernel_side *side);

#endif
