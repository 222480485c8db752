/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Work items, and threads that drivers make. */
#include <setjmp.h>

#include "nt_internal.h"

#define WORKERS 2

struct _IO_WORKITEM {
	LIST_ENTRY entry;
	PDEVICE_OBJECT device;
	PIO_WORKITEM_ROUTINE routine;
	void *context;
	bool queued;
};

static LIST_ENTRY queue;
static LONG items, system_threads;
static unsigned running;

PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT device)
{
	PIO_WORKITEM item;

	nt_enter("IoAllocateWorkItem", DISPATCH_LEVEL);
	nt_device_check_alive(device);
	if (nt_fails("IoAllocateWorkItem"))
		return NULL;
	item = calloc(1, sizeof(*item));
	if (!item)
		abort();
	item->device = device;
	__atomic_add_fetch(&items, 1, __ATOMIC_RELAXED);
	return item;
}

void IoFreeWorkItem(PIO_WORKITEM item)
{
	nt_enter("IoFreeWorkItem", DISPATCH_LEVEL);
	nt_lock();
	if (item->queued)
		nt_violation(NT_RULE_UNLOAD, "IoFreeWorkItem of an item that is queued");
	nt_unlock();
	free(item);
	__atomic_sub_fetch(&items, 1, __ATOMIC_RELAXED);
}

/* The device is referenced until the routine has returned. */
void IoQueueWorkItem(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE routine, WORK_QUEUE_TYPE type, PVOID context)
{
	(void)type;
	nt_enter("IoQueueWorkItem", DISPATCH_LEVEL);
	nt_lock();
	if (item->queued)
		nt_violation(NT_RULE_COMPLETION, "IoQueueWorkItem of an item that is queued");
	item->queued = true;
	item->routine = routine;
	item->context = context;
	nt_device_reference(item->device);
	InsertTailList(&queue, &item->entry);
	nt_unlock();
}

static bool has_work(void *context)
{
	(void)context;
	return !IsListEmpty(&queue) || nt_stopping;
}

static void work(void *context)
{
	PDEVICE_OBJECT device;
	struct nt_frame frame;
	PIO_WORKITEM item;

	(void)context;
	nt_lock();
	for (;;) {
		nt_wait_locked(has_work, NULL, NT_FOREVER);
		if (IsListEmpty(&queue))
			break;
		item = CONTAINING_RECORD(RemoveHeadList(&queue), struct _IO_WORKITEM, entry);
		item->queued = false;
		device = item->device;
		running++;
		nt_unlock();
		frame = nt_frame_begin();
		item->routine(device, item->context);
		nt_frame_end(frame, "a work item");
		nt_device_dereference(device);
		nt_lock();
		running--;
	}
	nt_unlock();
}

void nt_work_start(void)
{
	unsigned index;

	InitializeListHead(&queue);
	for (index = 0; index < WORKERS; index++)
		nt_service_start(index ? "worker 1" : "worker 0", work);
}

void nt_work_check(const char *when)
{
	if (__atomic_load_n(&items, __ATOMIC_RELAXED))
		nt_violation(NT_RULE_UNLOAD, "%d work items are left after %s", items, when);
	nt_lock();
	if (running)
		nt_violation(NT_RULE_UNLOAD, "a work item runs after %s", when);
	nt_unlock();
}

struct start {
	PKSTART_ROUTINE routine;
	PVOID context;
};

static __thread jmp_buf end_of_thread;

static void system_thread(void *context)
{
	struct start start = *(struct start *)context;

	free(context);
	pthread_detach(pthread_self());
	if (!setjmp(end_of_thread))
		start.routine(start.context);
	__atomic_sub_fetch(&system_threads, 1, __ATOMIC_RELAXED);
}

NTSTATUS PsCreateSystemThread(PHANDLE handle, ULONG access, POBJECT_ATTRIBUTES attributes, HANDLE process,
	PCLIENT_ID client, PKSTART_ROUTINE routine, PVOID context)
{
	struct start *start;
	PETHREAD thread;

	(void)attributes;
	nt_enter_unlocked("PsCreateSystemThread", PASSIVE_LEVEL);
	if (process || client)
		nt_violation(0, "PsCreateSystemThread in another process is not made here");
	if (nt_fails("PsCreateSystemThread"))
		return STATUS_INSUFFICIENT_RESOURCES;
	start = malloc(sizeof(*start));
	if (!start)
		abort();
	start->routine = routine;
	start->context = context;
	__atomic_add_fetch(&system_threads, 1, __ATOMIC_RELAXED);
	thread = nt_system_thread_new(system_thread, start);
	*handle = nt_handle_new(thread, false, access);
	return STATUS_SUCCESS;
}

NTSTATUS PsTerminateSystemThread(NTSTATUS status)
{
	(void)status;
	if (!nt_enter_unlocked("PsTerminateSystemThread", PASSIVE_LEVEL)->system)
		nt_violation(NT_RULE_LEVEL, "PsTerminateSystemThread of a thread that is not the driver's");
	longjmp(end_of_thread, 1);
}

void nt_thread_check(const char *when)
{
	LONG left = __atomic_load_n(&system_threads, __ATOMIC_RELAXED);

	if (left)
		nt_violation(NT_RULE_UNLOAD, "%d threads of the driver still run after %s", left, when);
}
