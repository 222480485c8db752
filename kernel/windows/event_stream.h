/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Records on their way to the handles that subscribed to them: each has a queue of its own
 * (core/event_queue.h) and pending reads under one lock. IRQL <= DISPATCH_LEVEL; callers hold no
 * lock.
 */
#ifndef FW_NT_EVENT_STREAM_H
#define FW_NT_EVENT_STREAM_H

#include <ntddk.h>

#include "abi/record.h"

/* Does anybody want this type? Spares making a record; what it says may be old when it is used. */
bool fw_event_wanted(enum fw_record_type type);

/* Copy a record into each queue that wants it; when 0, header.time_ns is filled in. A full queue
 * counts a loss. */
void fw_event_publish(struct fw_record_header *record);

/* Count one that could not be made, for want of memory, in each queue that wants its type. */
void fw_event_lose(enum fw_record_type type);

/* ns since boot, suspend included. Any IRQL. */
uint64_t fw_time_boot_ns(void);

#endif
