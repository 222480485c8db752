/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_worker.h"

#include "kernel/windows/tdi_flow.h"

static struct {
	KSPIN_LOCK lock; /* below that of the tables and of objects */
	LIST_ENTRY objects;
	LIST_ENTRY requests; /* IRP.Tail.Overlay.ListEntry; theirs we are as long as we keep them
				back */
	PIO_WORKITEM item;
	BOOLEAN running; /* the work item is queued, or its routine runs */
} worker;

/* Words of an IRP that belong to the driver which has it. */
enum {
	WORD_OBJECT,
	WORD_RESUME,
};

NTSTATUS fw_tdi_worker_init(DEVICE_OBJECT *device)
{
	KeInitializeSpinLock(&worker.lock);
	InitializeListHead(&worker.objects);
	InitializeListHead(&worker.requests);
	worker.running = FALSE;
	worker.item = IoAllocateWorkItem(device);
	return worker.item ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

void fw_tdi_worker_done(void)
{
	if (worker.item)
		IoFreeWorkItem(worker.item);
	worker.item = NULL;
}

bool fw_tdi_worker_ready(void)
{
	return worker.item != NULL;
}

bool fw_tdi_worker_busy(void)
{
	bool busy;
	KIRQL irql;

	if (!worker.item)
		return false;
	KeAcquireSpinLock(&worker.lock, &irql);
	busy = worker.running;
	KeReleaseSpinLock(&worker.lock, irql);
	return busy;
}

static struct fw_tdi_object *next_object(void)
{
	struct fw_tdi_object *object = NULL;
	KIRQL irql;

	KeAcquireSpinLock(&worker.lock, &irql);
	if (!IsListEmpty(&worker.objects)) {
		object = CONTAINING_RECORD(
			RemoveHeadList(&worker.objects), struct fw_tdi_object, work);
		object->queued = FALSE;
	}
	KeReleaseSpinLock(&worker.lock, irql);
	return object;
}

/* When there is none, and no object either, the routine is over. */
static IRP *next_request(bool *over)
{
	IRP *irp = NULL;
	KIRQL irql;

	KeAcquireSpinLock(&worker.lock, &irql);
	if (!IsListEmpty(&worker.requests))
		irp = CONTAINING_RECORD(
			RemoveHeadList(&worker.requests), IRP, Tail.Overlay.ListEntry);
	*over = !irp && IsListEmpty(&worker.objects);
	if (*over)
		worker.running = FALSE;
	KeReleaseSpinLock(&worker.lock, irql);
	return irp;
}

static void NTAPI work(DEVICE_OBJECT *device, void *context)
{
	struct fw_tdi_object *object;
	bool over;
	IRP *irp;

	do {
		object = next_object();
		if (object)
			fw_tdi_flow_announce(object);
		fw_tdi_object_put(object);
		irp = next_request(&over);
		if (irp)
			((fw_tdi_resume *)irp->Tail.Overlay.DriverContext[WORD_RESUME])(
				irp->Tail.Overlay.DriverContext[WORD_OBJECT], irp);
	} while (!over);
}

/* With the worker's lock: must the work item be queued? */
static bool start(void)
{
	bool idle = !worker.running;

	worker.running = TRUE;
	return idle;
}

void fw_tdi_worker_announce(struct fw_tdi_object *connection)
{
	bool idle;
	KIRQL irql;

	KeAcquireSpinLock(&worker.lock, &irql);
	if (!connection->queued) {
		fw_tdi_object_hold(connection);
		InsertTailList(&worker.objects, &connection->work);
	}
	connection->queued = TRUE;
	idle = start();
	KeReleaseSpinLock(&worker.lock, irql);
	if (idle)
		IoQueueWorkItem(worker.item, work, DelayedWorkQueue, NULL);
}

void fw_tdi_worker_resume(struct fw_tdi_object *object, IRP *irp, fw_tdi_resume *resume)
{
	bool idle;
	KIRQL irql;

	irp->Tail.Overlay.DriverContext[WORD_OBJECT] = object;
	irp->Tail.Overlay.DriverContext[WORD_RESUME] = (void *)resume;
	KeAcquireSpinLock(&worker.lock, &irql);
	InsertTailList(&worker.requests, &irp->Tail.Overlay.ListEntry);
	idle = start();
	KeReleaseSpinLock(&worker.lock, irql);
	if (idle)
		IoQueueWorkItem(worker.item, work, DelayedWorkQueue, NULL);
}
