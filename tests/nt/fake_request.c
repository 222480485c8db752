/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Requests to the fake transport: answered at once or by another thread, waiting in queues that can be cancelled. */
#include "fake_internal.h"

static uint64_t random_state;
static LIST_ENTRY finished; /* answers for the completer */
static unsigned unfinished; /* of them, the one at work included */

/* A state of its own: parallel threads ask too. */
unsigned fake_random(unsigned below)
{
	uint64_t value = __atomic_add_fetch(&random_state, 0x9e3779b97f4a7c15ull, __ATOMIC_RELAXED) ^ nt_seed();

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ull;
	value = (value ^ value >> 27) * 0x94d049bb133111ebull;
	return (unsigned)((value >> 33) % below);
}

bool fake_chance(unsigned of_100)
{
	return fake_random(100) < of_100;
}

KIRQL fake_raise(void)
{
	KIRQL irql = KeGetCurrentIrql();

	if (irql < DISPATCH_LEVEL && fake_chance(fake_policy.dispatch))
		KeRaiseIrql(DISPATCH_LEVEL, &irql);
	return irql;
}

void fake_complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
	KIRQL irql = fake_raise();

	irp->IoStatus.Status = status;
	irp->IoStatus.Information = information;
	IoCompleteRequest(irp, IO_NETWORK_INCREMENT);
	KeLowerIrql(irql);
}

/* With the lock held. */
static void finish_by_completer(PIRP irp)
{
	InsertTailList(&finished, &irp->Tail.Overlay.ListEntry);
	__atomic_add_fetch(&unfinished, 1, __ATOMIC_RELAXED);
}

void fake_complete_later(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
	KIRQL irql;

	irp->Tail.Overlay.DriverContext[FAKE_DONE_BYTES] = (PVOID)information;
	irp->Tail.Overlay.DriverContext[FAKE_STATUS] = (PVOID)(intptr_t)status;
	KeAcquireSpinLock(&fake_lock, &irql);
	finish_by_completer(irp);
	KeReleaseSpinLock(&fake_lock, irql);
}

NTSTATUS fake_answer(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
	if (fake_chance(fake_policy.pending)) {
		IoMarkIrpPending(irp);
		fake_complete_later(irp, status, information);
		return STATUS_PENDING;
	}
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = information;
	IoCompleteRequest(irp, IO_NETWORK_INCREMENT);
	return status;
}

static bool has_finished(void *context)
{
	(void)context;
	return __atomic_load_n(&unfinished, __ATOMIC_RELAXED) || fake_is_stopping();
}

bool fake_completer_idle(void *context)
{
	(void)context;
	return !__atomic_load_n(&unfinished, __ATOMIC_RELAXED);
}

void fake_completer(void *context)
{
	LIST_ENTRY *entry;
	PIRP irp;
	KIRQL irql;

	(void)context;
	for (;;) {
		nt_wait_for(has_finished, NULL, NT_FOREVER_MS);
		KeAcquireSpinLock(&fake_lock, &irql);
		entry = IsListEmpty(&finished) ? NULL : RemoveHeadList(&finished);
		KeReleaseSpinLock(&fake_lock, irql);
		if (!entry && fake_is_stopping())
			return;
		if (!entry)
			continue;
		irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
		fake_complete(irp, (NTSTATUS)(intptr_t)irp->Tail.Overlay.DriverContext[FAKE_STATUS],
			(ULONG_PTR)irp->Tail.Overlay.DriverContext[FAKE_DONE_BYTES]);
		__atomic_sub_fetch(&unfinished, 1, __ATOMIC_RELAXED);
	}
}

void fake_request_start(void);
void fake_request_start(void)
{
	InitializeListHead(&finished);
	random_state = 0;
	unfinished = 0;
}

static void cancel(PDEVICE_OBJECT device, PIRP irp)
{
	KIRQL irql;
	bool ours;

	(void)device;
	IoReleaseCancelSpinLock(irp->CancelIrql);
	KeAcquireSpinLock(&fake_lock, &irql);
	ours = irp->Tail.Overlay.DriverContext[FAKE_QUEUED] != NULL;
	if (ours)
		RemoveEntryList(&irp->Tail.Overlay.ListEntry);
	irp->Tail.Overlay.DriverContext[FAKE_QUEUED] = NULL;
	KeReleaseSpinLock(&fake_lock, irql);
	fake_complete(irp, STATUS_CANCELLED, 0);
}

bool fake_queue(LIST_ENTRY *queue, PIRP irp)
{
	irp->Tail.Overlay.DriverContext[FAKE_QUEUED] = irp;
	irp->Tail.Overlay.DriverContext[FAKE_DONE_BYTES] = NULL;
	InsertTailList(queue, &irp->Tail.Overlay.ListEntry);
	IoSetCancelRoutine(irp, cancel);
	if (!irp->Cancel || !IoSetCancelRoutine(irp, NULL))
		return true;
	/* Cancelled before, and nobody else will: through the completer, as the lock is held. */
	RemoveEntryList(&irp->Tail.Overlay.ListEntry);
	irp->Tail.Overlay.DriverContext[FAKE_QUEUED] = NULL;
	irp->Tail.Overlay.DriverContext[FAKE_STATUS] = (PVOID)(intptr_t)STATUS_CANCELLED;
	finish_by_completer(irp);
	return false;
}

PIRP fake_queue_take(LIST_ENTRY *queue)
{
	LIST_ENTRY *entry;
	PIRP irp;

	for (entry = queue->Flink; entry != queue; entry = entry->Flink) {
		irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
		/* NULL: its cancel routine was called and will take it out. */
		if (!IoSetCancelRoutine(irp, NULL))
			continue;
		RemoveEntryList(entry);
		irp->Tail.Overlay.DriverContext[FAKE_QUEUED] = NULL;
		return irp;
	}
	return NULL;
}

void fake_queue_fail(LIST_ENTRY *queue, NTSTATUS status)
{
	KIRQL irql;
	PIRP irp;

	for (;;) {
		KeAcquireSpinLock(&fake_lock, &irql);
		irp = fake_queue_take(queue);
		KeReleaseSpinLock(&fake_lock, irql);
		if (!irp)
			return;
		fake_complete(irp, status, 0);
	}
}

/* The part of a chain of descriptors that begins at `offset`, one piece. */
static UCHAR *piece(PMDL mdl, size_t offset, size_t *size)
{
	for (; mdl && offset >= MmGetMdlByteCount(mdl); mdl = mdl->Next)
		offset -= MmGetMdlByteCount(mdl);
	if (!mdl)
		return NULL;
	if (*size > MmGetMdlByteCount(mdl) - offset)
		*size = MmGetMdlByteCount(mdl) - offset;
	return (UCHAR *)MmGetMdlVirtualAddress(mdl) + offset;
}

size_t fake_mdl_put(PMDL mdl, size_t offset, const void *data, size_t size)
{
	size_t done = 0, part;
	UCHAR *at;

	for (; done < size; done += part) {
		part = size - done;
		at = piece(mdl, offset + done, &part);
		if (!at)
			break;
		memcpy(at, (const UCHAR *)data + done, part);
	}
	return done;
}

size_t fake_mdl_get(PMDL mdl, size_t offset, void *data, size_t size)
{
	size_t done = 0, part;
	UCHAR *at;

	for (; done < size; done += part) {
		part = size - done;
		at = piece(mdl, offset + done, &part);
		if (!at)
			break;
		memcpy((UCHAR *)data + done, at, part);
	}
	return done;
}
