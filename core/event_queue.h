/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The queue of one reader of records: a bounded ring of bytes in which records lie one behind the
 * other. What finds no room is counted by its type, and a loss record stands at the place of the
 * gap, so that of every type produced = delivered + lost as soon as the queue is empty. No
 * allocation, clock or lock: whoever owns the queue excludes others. Callable from anywhere.
 *
 * A part of the ring takes ends of processes only: a flood of other records does not push out what
 * a reader needs to forget a process. Records get their sequence numbers as they are taken, a loss
 * as many as were lost.
 */
#ifndef FW_CORE_EVENT_QUEUE_H
#define FW_CORE_EVENT_QUEUE_H

#include "abi/record.h"

struct fw_event_queue {
	uint8_t *ring;
	uint32_t size;	      /* bytes, a multiple of FW_RECORD_ALIGN */
	uint32_t reserved;    /* of these, for ends of processes */
	uint32_t first;	      /* offset of the oldest record */
	uint32_t used;	      /* bytes */
	uint64_t types;	      /* bit (1 << enum fw_record_type): what the reader wants */
	uint64_t sequence;    /* of the last record that was taken */
	uint64_t gap_time_ns; /* of the first record of the gap */
	bool has_gap;	      /* behind the last record of the ring */
	bool is_closed;	      /* takes no more records */
	uint64_t gap[FW_RECORD_EVENT_TYPES];
	uint64_t produced[FW_RECORD_EVENT_TYPES];
	uint64_t delivered[FW_RECORD_EVENT_TYPES];
	uint64_t lost[FW_RECORD_EVENT_TYPES];
};

/* `ring` has `size` bytes, a multiple of FW_RECORD_ALIGN, and outlives the queue. */
void fw_event_queue_init(
	struct fw_event_queue *queue, void *ring, uint32_t size, uint32_t reserved, uint64_t types);

/* Does the reader want records of this type? */
static inline bool fw_event_queue_wants(const struct fw_event_queue *queue, uint16_t type)
{
	return !queue->is_closed && type < FW_RECORD_EVENT_TYPES && queue->types >> type & 1;
}

/* Put a record in, copied, if the reader wants its type. False: there was no room, and it counts as
 * lost. */
bool fw_event_queue_put(struct fw_event_queue *queue, const struct fw_record_header *record);

/* Count a record that could not be made. */
void fw_event_queue_lose(struct fw_event_queue *queue, uint16_t type, uint64_t time_ns);

/* Take as many whole records as `room` bytes hold. Returns bytes; 0: there are none, or the first
 * one is larger. */
uint32_t fw_event_queue_take(struct fw_event_queue *queue, void *buffer, uint32_t room);

/* Is there something to be taken? */
static inline bool fw_event_queue_has(const struct fw_event_queue *queue)
{
	return queue->used || queue->has_gap;
}

/* The number for a record that goes past the ring: what was there before the reader began. */
static inline uint64_t fw_event_queue_number(struct fw_event_queue *queue)
{
	return ++queue->sequence;
}

/* Nothing new from now on; what is in the ring can still be taken. */
static inline void fw_event_queue_close(struct fw_event_queue *queue)
{
	queue->is_closed = true;
}

#endif
