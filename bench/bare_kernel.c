/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "bare_kernel.h"

#include <sched.h>
#include <time.h>

#define SIZE_ROOM 16 /* before each pool block; its alignment stays */

struct bare_pool bare_pool;
PCREATE_THREAD_NOTIFY_ROUTINE bare_thread_routine;
static bool is_bare;
static KIRQL level; /* one thread runs while the kernel is bare */

void bare_kernel_on(bool on)
{
	is_bare = on;
}

bool bare_kernel_is_on(void)
{
	return is_bare;
}

BARE_WRAP(void, nt_point, void)
{
	if (!is_bare)
		__real_nt_point();
}

BARE_WRAP(void, nt_list_check, const LIST_ENTRY *entry, const char *operation)
{
	if (!is_bare)
		__real_nt_list_check(entry, operation);
}

IO_STACK_LOCATION *bare_request_init(struct bare_request *request, UCHAR major, UCHAR minor,
	FILE_OBJECT *file, PIO_COMPLETION_ROUTINE done)
{
	IRP *irp = &request->irp;
	IO_STACK_LOCATION *location = &request->stack[BARE_LOCATIONS - 1];

	irp->StackCount = BARE_LOCATIONS;
	irp->CurrentLocation = BARE_LOCATIONS + 1;
	irp->Tail.Overlay.CurrentStackLocation = location + 1;
	irp->PendingReturned = FALSE;
	location->MajorFunction = major;
	location->MinorFunction = minor;
	location->FileObject = file;
	location->CompletionRoutine = done;
	location->Context = request;
	location->Control = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL;
	return location;
}

BARE_WRAP(NTSTATUS, IoCallDriver, PDEVICE_OBJECT device, PIRP irp)
{
	IO_STACK_LOCATION *location;

	if (!is_bare)
		return __real_IoCallDriver(device, irp);
	irp->CurrentLocation--;
	location = --irp->Tail.Overlay.CurrentStackLocation;
	location->DeviceObject = device;
	return device->DriverObject->MajorFunction[location->MajorFunction](device, irp);
}

static bool wants(const IO_STACK_LOCATION *location, const IRP *irp)
{
	UCHAR when = NT_SUCCESS(irp->IoStatus.Status) ? SL_INVOKE_ON_SUCCESS : SL_INVOKE_ON_ERROR;

	if (irp->Cancel)
		when |= SL_INVOKE_ON_CANCEL;
	return location->CompletionRoutine && location->Control & when;
}

static void complete(IRP *irp)
{
	while (irp->CurrentLocation <= irp->StackCount) {
		IO_STACK_LOCATION *left = irp->Tail.Overlay.CurrentStackLocation;
		bool is_top = irp->CurrentLocation == irp->StackCount;

		irp->PendingReturned = (left->Control & SL_PENDING_RETURNED) != 0;
		irp->CurrentLocation++;
		irp->Tail.Overlay.CurrentStackLocation++;
		if (wants(left, irp)) {
			if (left->CompletionRoutine(is_top ? NULL : left[1].DeviceObject, irp,
				    left->Context) == STATUS_MORE_PROCESSING_REQUIRED)
				return;
		} else if (irp->PendingReturned && !is_top) {
			left[1].Control |= SL_PENDING_RETURNED;
		}
	}
}

BARE_WRAP(void, IoCompleteRequest, PIRP irp, CCHAR boost)
{
	if (is_bare)
		complete(irp);
	else
		__real_IoCompleteRequest(irp, boost);
}

BARE_WRAP(PIO_STACK_LOCATION, IoGetCurrentIrpStackLocation, PIRP irp)
{
	return is_bare ? irp->Tail.Overlay.CurrentStackLocation
		       : __real_IoGetCurrentIrpStackLocation(irp);
}

BARE_WRAP(PIO_STACK_LOCATION, IoGetNextIrpStackLocation, PIRP irp)
{
	return is_bare ? irp->Tail.Overlay.CurrentStackLocation - 1
		       : __real_IoGetNextIrpStackLocation(irp);
}

BARE_WRAP(void, IoSkipCurrentIrpStackLocation, PIRP irp)
{
	if (!is_bare) {
		__real_IoSkipCurrentIrpStackLocation(irp);
		return;
	}
	irp->CurrentLocation++;
	irp->Tail.Overlay.CurrentStackLocation++;
}

BARE_WRAP(void, IoCopyCurrentIrpStackLocationToNext, PIRP irp)
{
	IO_STACK_LOCATION *current = irp->Tail.Overlay.CurrentStackLocation;

	if (!is_bare) {
		__real_IoCopyCurrentIrpStackLocationToNext(irp);
		return;
	}
	memcpy(current - 1, current, offsetof(IO_STACK_LOCATION, CompletionRoutine));
	current[-1].Control = 0;
}

BARE_WRAP(void, IoSetCompletionRoutine, PIRP irp, PIO_COMPLETION_ROUTINE routine, PVOID context,
	BOOLEAN success, BOOLEAN error, BOOLEAN cancel)
{
	IO_STACK_LOCATION *next = irp->Tail.Overlay.CurrentStackLocation - 1;

	if (!is_bare) {
		__real_IoSetCompletionRoutine(irp, routine, context, success, error, cancel);
		return;
	}
	next->CompletionRoutine = routine;
	next->Context = context;
	next->Control =
		(UCHAR)((success ? SL_INVOKE_ON_SUCCESS : 0) | (error ? SL_INVOKE_ON_ERROR : 0) |
			(cancel ? SL_INVOKE_ON_CANCEL : 0));
}

BARE_WRAP(void, IoMarkIrpPending, PIRP irp)
{
	if (is_bare)
		irp->Tail.Overlay.CurrentStackLocation->Control |= SL_PENDING_RETURNED;
	else
		__real_IoMarkIrpPending(irp);
}

BARE_WRAP(PDRIVER_CANCEL, IoSetCancelRoutine, PIRP irp, PDRIVER_CANCEL routine)
{
	return is_bare ? __atomic_exchange_n(&irp->CancelRoutine, routine, __ATOMIC_SEQ_CST)
		       : __real_IoSetCancelRoutine(irp, routine);
}

/* The lowest bit of a lock's word says that it is taken, to the fake kernel too. */
static void acquire(PKSPIN_LOCK lock)
{
	while (__atomic_fetch_or(lock, 1, __ATOMIC_ACQUIRE) & 1)
		sched_yield();
}

static void release(PKSPIN_LOCK lock)
{
	uint64_t value = __atomic_load_n(lock, __ATOMIC_RELAXED);

	__atomic_store_n(lock, value & ~(uint64_t)1, __ATOMIC_RELEASE);
}

BARE_WRAP(KIRQL, KeAcquireSpinLockRaiseToDpc, PKSPIN_LOCK lock)
{
	KIRQL old = level;

	if (!is_bare)
		return __real_KeAcquireSpinLockRaiseToDpc(lock);
	level = DISPATCH_LEVEL;
	acquire(lock);
	return old;
}

BARE_WRAP(void, KeReleaseSpinLock, PKSPIN_LOCK lock, KIRQL irql)
{
	if (!is_bare) {
		__real_KeReleaseSpinLock(lock, irql);
		return;
	}
	release(lock);
	level = irql;
}

BARE_WRAP(void, KeAcquireSpinLockAtDpcLevel, PKSPIN_LOCK lock)
{
	if (is_bare)
		acquire(lock);
	else
		__real_KeAcquireSpinLockAtDpcLevel(lock);
}

BARE_WRAP(void, KeReleaseSpinLockFromDpcLevel, PKSPIN_LOCK lock)
{
	if (is_bare)
		release(lock);
	else
		__real_KeReleaseSpinLockFromDpcLevel(lock);
}

static ULONGLONG ticks(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (ULONGLONG)now.tv_sec * 10000000 + (ULONGLONG)now.tv_nsec / 100;
}

BARE_WRAP(ULONGLONG, KeQueryInterruptTime, void)
{
	return is_bare ? ticks() : __real_KeQueryInterruptTime();
}

BARE_WRAP(PVOID, ExAllocatePoolWithTag, POOL_TYPE type, SIZE_T size, ULONG tag)
{
	uint8_t *block = __real_ExAllocatePoolWithTag(type, size + SIZE_ROOM, tag);

	if (!block)
		return NULL;
	memcpy(block, &size, sizeof(size));
	bare_pool.bytes += size;
	bare_pool.blocks++;
	bare_pool.allocations++;
	return block + SIZE_ROOM;
}

/* Where the pool's own block begins. */
static void *forget(PVOID memory)
{
	uint8_t *block = (uint8_t *)memory - SIZE_ROOM;
	SIZE_T size;

	memcpy(&size, block, sizeof(size));
	bare_pool.bytes -= size;
	bare_pool.blocks--;
	return block;
}

BARE_WRAP(void, ExFreePoolWithTag, PVOID memory, ULONG tag)
{
	__real_ExFreePoolWithTag(forget(memory), tag);
}

BARE_WRAP(void, ExFreePool, PVOID memory)
{
	__real_ExFreePool(forget(memory));
}

BARE_WRAP(NTSTATUS, PsSetCreateThreadNotifyRoutine, PCREATE_THREAD_NOTIFY_ROUTINE routine)
{
	bare_thread_routine = routine;
	return __real_PsSetCreateThreadNotifyRoutine(routine);
}
