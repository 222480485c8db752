/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/irp_queue.h"

#define QUEUE_OF(irp) ((irp)->Tail.Overlay.DriverContext[0])
#define IS_QUEUED(irp) ((irp)->Tail.Overlay.DriverContext[2])
#define ENTRY_OF(irp) (&(irp)->Tail.Overlay.ListEntry)
#define IRP_OF(entry) CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry)

void fw_irp_queue_init(struct fw_irp_queue *queue, KSPIN_LOCK *lock)
{
	InitializeListHead(&queue->requests);
	queue->lock = lock;
	queue->count = 0;
}

/* The lock is held. */
static void take_out(struct fw_irp_queue *queue, IRP *irp)
{
	RemoveEntryList(ENTRY_OF(irp));
	IS_QUEUED(irp) = NULL;
	queue->count--;
}

static void NTAPI cancel(DEVICE_OBJECT *device, IRP *irp)
{
	struct fw_irp_queue *queue = QUEUE_OF(irp);
	KIRQL irql;

	(void)device;
	IoReleaseCancelSpinLock(irp->CancelIrql);
	KeAcquireSpinLock(queue->lock, &irql);
	if (IS_QUEUED(irp))
		take_out(queue, irp);
	KeReleaseSpinLock(queue->lock, irql);
	fw_irp_complete(irp, STATUS_CANCELLED, 0);
}

/* The entry is whole before the cancel routine is set: from then on it may run. */
static bool insert(struct fw_irp_queue *queue, IRP *irp, bool is_oldest)
{
	QUEUE_OF(irp) = queue;
	IS_QUEUED(irp) = queue;
	if (is_oldest)
		InsertHeadList(&queue->requests, ENTRY_OF(irp));
	else
		InsertTailList(&queue->requests, ENTRY_OF(irp));
	queue->count++;
	(void)IoSetCancelRoutine(irp, cancel);
	if (!irp->Cancel || !IoSetCancelRoutine(irp, NULL))
		return true; /* or its cancel routine waits for the lock, and completes it */
	take_out(queue, irp);
	return false;
}

bool fw_irp_queue_push(struct fw_irp_queue *queue, IRP *irp)
{
	IoMarkIrpPending(irp); /* NT-18: before anybody else can see it */
	return insert(queue, irp, false);
}

bool fw_irp_queue_push_back(struct fw_irp_queue *queue, IRP *irp)
{
	return insert(queue, irp, true);
}

IRP *fw_irp_queue_pop(struct fw_irp_queue *queue)
{
	while (!IsListEmpty(&queue->requests)) {
		IRP *irp = IRP_OF(queue->requests.Flink);

		take_out(queue, irp);
		if (IoSetCancelRoutine(irp, NULL))
			return irp;
		/* Its cancel routine waits for the lock, finds it taken out, and completes it. */
	}
	return NULL;
}

void fw_irp_complete(IRP *irp, NTSTATUS status, ULONG_PTR information)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = information;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
}

void fw_irp_complete_all(LIST_ENTRY *requests)
{
	while (!IsListEmpty(requests)) {
		IRP *irp = IRP_OF(requests->Flink);

		RemoveEntryList(ENTRY_OF(irp));
		IoCompleteRequest(irp, IO_NO_INCREMENT);
	}
}
