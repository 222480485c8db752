/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One handle's subscription: its queue of records and its pending reads, under one lock, so that no
 * record is without a reader that waits for it. Called by control_handle.c at PASSIVE_LEVEL, and by
 * event_stream.c at any up to DISPATCH_LEVEL. Lock order: the list of readers, then a reader.
 */
#ifndef FW_NT_EVENT_READER_H
#define FW_NT_EVENT_READER_H

#include "abi/control.h"
#include "core/event_queue.h"
#include "kernel/windows/irp_queue.h"

struct fw_event_reader {
	KSPIN_LOCK lock; /* of all below */
	struct fw_event_queue queue;
	struct fw_irp_queue pending;
	bool is_subscribed;
	bool is_stopped;     /* its handle was closed */
	bool is_listed;	     /* records are put into its queue */
	bool tells_existing; /* what exists comes first, and was not all told yet */
	bool is_filling;     /* somebody puts it into requests, and owns the two below */
	uint32_t existing_kind;
	uint64_t existing_after; /* the last row of this kind that was told */
};

void fw_event_reader_init(struct fw_event_reader *reader);

/* No more records, and every request ends. When it returns nobody else uses the reader but dispatch
 * routines that are under way for its handle. May be called again. */
void fw_event_reader_stop(struct fw_event_reader *reader);

/* Give back its memory; the handle's file object has no requests any more. */
void fw_event_reader_done(struct fw_event_reader *reader);

NTSTATUS fw_event_reader_subscribe(
	struct fw_event_reader *reader, const struct fw_control_subscription *subscription);

/* Takes the request over, whatever it returns; `buffer` has `length` bytes, FW_CONTROL_READ_MIN at
 * least. */
NTSTATUS fw_event_reader_read(struct fw_event_reader *reader, IRP *irp, void *buffer);

NTSTATUS fw_event_reader_drain(struct fw_event_reader *reader);
NTSTATUS fw_event_reader_report(struct fw_event_reader *reader, struct fw_control_report *report);

/* With the reader's lock held: give requests what the queue has, and collect them for
 * fw_irp_complete_all(). */
void fw_event_reader_serve(struct fw_event_reader *reader, LIST_ENTRY *done);

/* event_stream.c: put in the list of readers and take out. */
NTSTATUS fw_event_stream_add(struct fw_event_reader *reader);
void fw_event_stream_remove(struct fw_event_reader *reader);
void fw_event_stream_init(void);
uint32_t fw_event_stream_readers(void);
/* What is wanted has changed. */
void fw_event_stream_settle(void);

/* event_existing.c, PASSIVE_LEVEL: records of what exists, from where the reader is. 0: that was
 * all. */
uint32_t fw_event_existing(struct fw_event_reader *reader, void *buffer, uint32_t room);

#endif
