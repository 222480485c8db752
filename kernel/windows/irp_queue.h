/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Requests that wait, the oldest first, each of which may be cancelled at any moment. The lock is
 * the owner's, who also keeps the queue until the last request was completed. IRQL <=
 * DISPATCH_LEVEL.
 *
 * While a request waits, Tail.Overlay.DriverContext[0] and [2] are the queue's and [1] its owner's.
 */
#ifndef FW_NT_IRP_QUEUE_H
#define FW_NT_IRP_QUEUE_H

#include <ntddk.h>

#include <stdbool.h>

#include "core/types.h"

struct fw_irp_queue {
	LIST_ENTRY requests;
	KSPIN_LOCK *lock;
	uint32_t count;
};

void fw_irp_queue_init(struct fw_irp_queue *queue, KSPIN_LOCK *lock);

/* With the lock held; the request is marked pending. False: it was cancelled before it could wait,
 * and the caller completes it, without the lock, with STATUS_CANCELLED. Either way the dispatch
 * routine returns STATUS_PENDING. */
bool fw_irp_queue_push(struct fw_irp_queue *queue, IRP *irp);
/* The same for one that had been taken out, and is the oldest. */
bool fw_irp_queue_push_back(struct fw_irp_queue *queue, IRP *irp);

/* With the lock held: take out the oldest that is not being cancelled. It cannot be cancelled any
 * more. */
IRP *fw_irp_queue_pop(struct fw_irp_queue *queue);

/* Complete requests that were collected by their Tail.Overlay.ListEntry, each with its IoStatus. No
 * lock held. */
void fw_irp_complete_all(LIST_ENTRY *requests);

void fw_irp_complete(IRP *irp, NTSTATUS status, ULONG_PTR information);

#endif
