/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The fake kernel finds what it promises to find: each violation is made once by a few lines, and named. */
#include "nt_check.h"

#define TAG 0x74736554 /* Test */

static void start(void)
{
	nt_kernel_start(NULL);
}

static KIRQL old;

/* Levels and locks */
static void waits_at_dispatch(void)
{
	KEVENT event;

	start();
	KeInitializeEvent(&event, NotificationEvent, FALSE);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
}

static void pageable_at_dispatch(void)
{
	start();
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	PAGED_CODE();
}

static void lowers_with_lock(void)
{
	KSPIN_LOCK lock;

	start();
	KeInitializeSpinLock(&lock);
	KeAcquireSpinLock(&lock, &old);
	KeLowerIrql(PASSIVE_LEVEL);
}

static void raises_down(void)
{
	start();
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	KeRaiseIrql(APC_LEVEL, &old);
}

static void lock_twice(void)
{
	KSPIN_LOCK lock;

	start();
	KeInitializeSpinLock(&lock);
	KeAcquireSpinLock(&lock, &old);
	KeAcquireSpinLock(&lock, &old);
}

static void lock_uninitialised(void)
{
	KSPIN_LOCK lock = 0;

	start();
	KeAcquireSpinLock(&lock, &old);
}

static void lock_order(void)
{
	KSPIN_LOCK first, second;
	KIRQL inner;

	start();
	KeInitializeSpinLock(&first);
	KeInitializeSpinLock(&second);
	KeAcquireSpinLock(&first, &old);
	KeAcquireSpinLock(&second, &inner);
	KeReleaseSpinLock(&second, inner);
	KeReleaseSpinLock(&first, old);
	KeAcquireSpinLock(&second, &old);
	KeAcquireSpinLock(&first, &inner);
}

static void lock_not_held(void)
{
	KSPIN_LOCK lock;

	start();
	KeInitializeSpinLock(&lock);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	KeReleaseSpinLockFromDpcLevel(&lock);
}

static void list_twice(void)
{
	LIST_ENTRY head, entry;

	start();
	InitializeListHead(&head);
	InsertTailList(&head, &entry);
	RemoveEntryList(&entry);
	RemoveEntryList(&entry);
}

static void deadlock_by_event(void)
{
	KEVENT event;

	start();
	KeInitializeEvent(&event, SynchronizationEvent, FALSE);
	KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
}

/* Pool */
static void pool_overrun(void)
{
	char *block;

	start();
	block = ExAllocatePoolWithTag(NonPagedPool, 10, TAG);
	memset(block, 0, 10);
	/* Not past what malloc gave: the guard finds it, not ASan. */
	((volatile char *)block)[10] = 1;
	ExFreePoolWithTag(block, TAG);
}

static void pool_wrong_tag(void)
{
	start();
	ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPool, 10, TAG), TAG + 1);
}

#ifndef __SANITIZE_ADDRESS__
static void pool_twice(void)
{
	void *block;

	start();
	block = ExAllocatePoolWithTag(NonPagedPool, 10, TAG);
	ExFreePoolWithTag(block, TAG);
	ExFreePoolWithTag(block, TAG);
}

static void pool_late_write(void)
{
	volatile char *block;

	start();
	block = ExAllocatePoolWithTag(NonPagedPool, 10, TAG);
	ExFreePoolWithTag((void *)block, TAG);
	*block = 1;
	nt_kernel_stop();
}
#endif

static void pool_leak(void)
{
	start();
	if (ExAllocatePoolWithTag(NonPagedPool, 10, TAG))
		nt_kernel_stop();
}

static void paged_pool_at_dispatch(void)
{
	start();
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	ExFreePool(ExAllocatePoolWithTag(PagedPool, 10, TAG));
}

/* Objects and handles */
static void handle_bad(void)
{
	start();
	ZwClose((HANDLE)(uintptr_t)400);
}

#ifndef __SANITIZE_ADDRESS__
static void object_too_often(void)
{
	struct nt_process_options options = { .pid = 100, .quiet = true };
	PEPROCESS process;

	start();
	process = nt_process_create(&options, NULL);
	ObReferenceObject(process);
	ObDereferenceObject(process);
	ObDereferenceObject(process);
	ObReferenceObject(process);
}

#endif

static void object_left(void)
{
	PEPROCESS process;

	start();
	if (NT_SUCCESS(PsLookupProcessByProcessId((HANDLE)4, &process)))
		nt_kernel_stop();
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test_violation("NT-22: a wait at DISPATCH_LEVEL", 22, "KeWaitForSingleObject at IRQL 2", waits_at_dispatch);
	nt_test_violation("NT-22: pageable code at DISPATCH_LEVEL", 22, "pageable", pageable_at_dispatch);
	nt_test_violation("NT-22: the level lowered with a spin lock held", 22, "KeLowerIrql", lowers_with_lock);
	nt_test_violation("NT-22: the level raised downwards", 22, "KeRaiseIrql from 2", raises_down);
	nt_test_violation("NT-22: a spin lock taken twice", 22, "that it holds", lock_twice);
	nt_test_violation("NT-22: a spin lock never initialised", 22, "never initialised", lock_uninitialised);
	nt_test_violation("NT-22: two spin locks in both orders", 22, "the other way round", lock_order);
	nt_test_violation("NT-22: a spin lock given back by who does not hold it", 22, "does not hold", lock_not_held);
	nt_test_violation("NT-22: a list entry removed twice", 22, "links do not match", list_twice);
	nt_test_violation("NT-22: everything waits", 22, "deadlock", deadlock_by_event);
	nt_test_violation("NT-11: written behind a pool block", 11, "behind the end", pool_overrun);
	nt_test_violation("NT-11: a pool block freed by another tag", 11, "freed as", pool_wrong_tag);
#ifndef __SANITIZE_ADDRESS__
	nt_test_violation("NT-11: a pool block freed twice", 11, "freed twice", pool_twice);
	nt_test_violation("NT-11: a pool block written to after it was freed", 11, "after it was freed",
		pool_late_write);
#endif
	nt_test_violation("NT-23: a pool block left", 23, "1 pool blocks are left", pool_leak);
	nt_test_violation("NT-22: paged pool at DISPATCH_LEVEL", 22, "paged pool", paged_pool_at_dispatch);
	nt_test_violation("NT-9: a handle that is none", 9, "ZwClose", handle_bad);
#ifndef __SANITIZE_ADDRESS__
	nt_test_violation("NT-11: an object referenced after its end", 11, "object", object_too_often);
#endif
	nt_test_violation("NT-23: an object left", 23, "objects are left", object_left);
	return nt_tests_end();
}
