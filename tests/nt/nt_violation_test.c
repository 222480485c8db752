/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The other violations of the fake kernel, each made once by a few lines (the common ones are in nt_self_test.c and
 * nt_irp_rules_test.c): a check that nobody has seen fail may as well not be there.
 */
#include "kernel/windows/ddk/nt_system.h"
#include "nt_check.h"

#define TAG 0x74736554 /* Test */

static KIRQL old;
static PDRIVER_OBJECT driver;
static PDEVICE_OBJECT device;

static void start(void)
{
	nt_kernel_start(NULL);
}

/* Waiting */
static void event_uninitialised(void)
{
	KEVENT event = { { 0 } };

	start();
	KeSetEvent(&event, 0, FALSE);
}

static void semaphore_beyond(void)
{
	KSEMAPHORE semaphore;

	start();
	KeInitializeSemaphore(&semaphore, 1, 2);
	KeReleaseSemaphore(&semaphore, 0, 2, FALSE);
}

static void mutex_not_held(void)
{
	KMUTEX mutex;

	start();
	KeInitializeMutex(&mutex, 0);
	KeReleaseMutex(&mutex, FALSE);
}

static void waits_for_many(void)
{
	KEVENT events[4];
	PVOID objects[4];

	start();
	for (int i = 0; i < 4; i++) {
		KeInitializeEvent(&events[i], NotificationEvent, TRUE);
		objects[i] = &events[i];
	}
	KeWaitForMultipleObjects(4, objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL);
}

static void fast_mutex_twice(void)
{
	FAST_MUTEX mutex;

	start();
	ExInitializeFastMutex(&mutex);
	ExAcquireFastMutex(&mutex);
	ExAcquireFastMutex(&mutex);
}

static void fast_mutex_not_held(void)
{
	FAST_MUTEX mutex;

	start();
	ExInitializeFastMutex(&mutex);
	ExReleaseFastMutex(&mutex);
}

/* Levels and locks */
static void lowers_upwards(void)
{
	start();
	KeLowerIrql(DISPATCH_LEVEL);
}

static void leaves_no_region(void)
{
	start();
	KeLeaveCriticalRegion();
}

static void dpc_lock_at_passive(void)
{
	KSPIN_LOCK lock;

	start();
	KeInitializeSpinLock(&lock);
	KeAcquireSpinLockAtDpcLevel(&lock);
}

static void releases_to_higher(void)
{
	KSPIN_LOCK lock;

	start();
	KeInitializeSpinLock(&lock);
	KeAcquireSpinLock(&lock, &old);
	KeReleaseSpinLock(&lock, HIGH_LEVEL);
}

static void locks_of_a_kind(void)
{
	KSPIN_LOCK locks[2];

	start();
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	for (int i = 0; i < 2; i++) {
		KeInitializeSpinLock(&locks[i]);
		KeAcquireSpinLockAtDpcLevel(&locks[i]);
	}
}

static void stalls(void)
{
	start();
	KeStallExecutionProcessor(1000);
}

static void list_uninitialised(void)
{
	LIST_ENTRY head = { NULL, NULL }, entry;

	start();
	InsertTailList(&head, &entry);
}

static void raise_and_end(void *context)
{
	KeRaiseIrql(DISPATCH_LEVEL, context);
}

static void thread_ends_raised(void)
{
	start();
	nt_thread_join(nt_thread_start("raised", NULL, raise_and_end, &old));
}

static void sleep_long(void *context)
{
	(void)context;
	nt_sleep_ms(100000);
}

static void thread_left(void)
{
	start();
	nt_thread_start("left", NULL, sleep_long, NULL);
	nt_kernel_stop();
}

static void terminates_another(void)
{
	start();
	PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Timers, DPCs, work */
static void on_dpc(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
	(void)dpc;
	(void)a;
	(void)b;
	if (context)
		KeRaiseIrql(HIGH_LEVEL, &old);
}

static void dpc_uninitialised(void)
{
	KDPC dpc = { 0 };

	start();
	KeInsertQueueDpc(&dpc, NULL, NULL);
}

static void dpc_raises(void)
{
	static KDPC dpc;

	start();
	KeInitializeDpc(&dpc, on_dpc, &dpc);
	KeInsertQueueDpc(&dpc, NULL, NULL);
	KeFlushQueuedDpcs();
}

static void timer_uninitialised(void)
{
	LARGE_INTEGER due = { .QuadPart = -1 };
	KTIMER timer = { { 0 } };

	start();
	KeSetTimer(&timer, due, NULL);
}

/* Memory */
static void pool_of_nothing(void)
{
	start();
	ExFreePool(ExAllocatePoolWithTag(NonPagedPool, 0, TAG));
}

static void pool_without_tag(void)
{
	start();
	ExFreePool(ExAllocatePoolWithTag(NonPagedPool, 1, 0));
}

static void pool_underrun(void)
{
	char *block;

	start();
	block = ExAllocatePoolWithTag(NonPagedPool, 10, TAG);
	((volatile char *)block)[-1] = 1;
	ExFreePoolWithTag(block, TAG);
}

static void frees_no_pool(void)
{
	static char memory[1024] __attribute__((aligned(16)));

	start();
	ExFreePoolWithTag(memory + 512, TAG);
}

static void frees_null(void)
{
	start();
	ExFreePoolWithTag(NULL, TAG);
}

static void paged_pool_freed_at_dispatch(void)
{
	void *block;

	start();
	block = ExAllocatePoolWithTag(PagedPool, 10, TAG);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	ExFreePoolWithTag(block, TAG);
}

static void lookaside_uninitialised(void)
{
	NPAGED_LOOKASIDE_LIST list = { 0 };

	start();
	ExAllocateFromNPagedLookasideList(&list);
}

static void lookaside_in_use(void)
{
	NPAGED_LOOKASIDE_LIST list;

	start();
	ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 32, TAG, 0);
	if (ExAllocateFromNPagedLookasideList(&list))
		ExDeleteNPagedLookasideList(&list);
}

static char data[100];

static PMDL mdl_new(void)
{
	start();
	return IoAllocateMdl(data, sizeof(data), FALSE, FALSE, NULL);
}

static void mdl_of_nothing(void)
{
	MDL mdl = { 0 };

	start();
	IoFreeMdl(&mdl);
}

static void mdl_not_locked(void)
{
	MmGetSystemAddressForMdlSafe(mdl_new(), 16);
}

static void mdl_none_mapped(void)
{
	MDL mdl = { 0 };

	start();
	MmGetSystemAddressForMdlSafe(&mdl, 16);
}

static void mdl_unlocked_twice(void)
{
	PMDL mdl = mdl_new();

	MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
	MmUnlockPages(mdl);
	MmUnlockPages(mdl);
}

static void mdl_left(void)
{
	mdl_new();
	nt_kernel_stop();
}

/* Text */
static void prints_unicode_at_dispatch(void)
{
	UNICODE_STRING text = RTL_CONSTANT_STRING(L"x");

	start();
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	DbgPrint("%wZ", &text);
}

static void prints_unknown(void)
{
	static const char *volatile format = "%y";

	start();
	DbgPrint(format);
}

static void bug_check(void)
{
	start();
	KeBugCheckEx(0xe2, 0, 0, 0, 0);
}

static void started_twice(void)
{
	start();
	start();
}

/* Objects and handles */
static void no_object(void)
{
	static char memory[512] __attribute__((aligned(16)));

	start();
	ObReferenceObject(memory + 256);
}

static void token_for_programs(void)
{
	HANDLE token;

	start();
	ZwOpenProcessTokenEx((HANDLE)(LONG_PTR)-1, 8, 0, &token);
}

static void thread_token_for_programs(void)
{
	HANDLE token;

	start();
	ZwOpenThreadTokenEx((HANDLE)(LONG_PTR)-2, 8, TRUE, 0, &token);
}

/* Devices: a driver with one, which does what `dispatch` does. */
static NTSTATUS (*dispatch)(PIRP irp);

static NTSTATUS on_request(PDEVICE_OBJECT self, PIRP irp)
{
	(void)self;
	if (dispatch && IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_READ)
		return dispatch(irp);
	irp->IoStatus.Status = STATUS_SUCCESS;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return STATUS_SUCCESS;
}

static void on_unload(PDRIVER_OBJECT self)
{
	(void)self;
}

static NTSTATUS entry(PDRIVER_OBJECT self, PUNICODE_STRING path)
{
	UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Bad");

	(void)path;
	for (unsigned index = 0; index <= IRP_MJ_MAXIMUM_FUNCTION; index++)
		self->MajorFunction[index] = on_request;
	self->DriverUnload = on_unload;
	return IoCreateDevice(self, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
}

static void load(void)
{
	start();
	NT_CHECK_EQUAL(nt_driver_load("Bad", entry, &driver), STATUS_SUCCESS);
}

static PDEVICE_OBJECT another(DEVICE_TYPE type)
{
	PDEVICE_OBJECT made;

	NT_CHECK_EQUAL(IoCreateDevice(driver, 0, NULL, type, 0, FALSE, &made), STATUS_SUCCESS);
	return made;
}

/* Own requests */
static NTSTATUS keep(PDEVICE_OBJECT self, PIRP irp, PVOID context)
{
	(void)self;
	(void)irp;
	(void)context;
	return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP own_irp(CCHAR count, UCHAR major)
{
	PIRP irp = IoAllocateIrp(count, FALSE);

	IoGetNextIrpStackLocation(irp)->MajorFunction = major;
	IoSetCompletionRoutine(irp, keep, NULL, TRUE, TRUE, TRUE);
	return irp;
}

static void send_to(PDEVICE_OBJECT target)
{
	IoCallDriver(target, own_irp(3, IRP_MJ_READ));
}

static void device_not_ready(void)
{
	load();
	send_to(another(FILE_DEVICE_UNKNOWN));
}

static void filter_of_other_type(void)
{
	PDEVICE_OBJECT filter;

	load();
	filter = another(FILE_DEVICE_TRANSPORT);
	IoAttachDeviceToDeviceStack(filter, device);
	filter->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
	send_to(filter);
}

static void filter_without_characteristics(void)
{
	PDEVICE_OBJECT filter;

	load();
	device->Characteristics = FILE_DEVICE_SECURE_OPEN;
	filter = another(FILE_DEVICE_UNKNOWN);
	IoAttachDeviceToDeviceStack(filter, device);
	filter->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
	send_to(filter);
}

static void no_device(void)
{
	static char memory[4096] __attribute__((aligned(16)));

	load();
	send_to((PDEVICE_OBJECT)(void *)(memory + 2048));
}

static void hold_device(void)
{
	UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Bad");
	void *body;

	load();
	NT_CHECK_EQUAL(ObReferenceObjectByName(&name, 0, NULL, 0, *IoDeviceObjectType, KernelMode, NULL, &body),
		STATUS_SUCCESS);
	IoDeleteDevice(device);
}

static void deleted_is_used(void)
{
	hold_device();
	send_to(device);
}

static void deleted_twice(void)
{
	hold_device();
	IoDeleteDevice(device);
}

static void deleted_while_attached(void)
{
	PDEVICE_OBJECT filter;

	load();
	filter = another(FILE_DEVICE_UNKNOWN);
	IoAttachDeviceToDeviceStack(filter, device);
	IoDeleteDevice(filter);
}

static void detached_twice(void)
{
	load();
	IoDetachDevice(device);
}

static void device_left(void)
{
	load();
	nt_driver_unload(driver);
}

static void unload_taken_back(void)
{
	HANDLE handle;

	load();
	NT_CHECK_EQUAL(nt_open("\\Device\\Bad", GENERIC_READ, NULL, 0, &handle), STATUS_SUCCESS);
	NT_CHECK_EQUAL(nt_driver_unload(driver), STATUS_PENDING);
	driver->DriverUnload = NULL;
	nt_close(handle);
}

static void handle_as_kernel(void)
{
	HANDLE handle;
	void *file;

	load();
	NT_CHECK_EQUAL(nt_open("\\Device\\Bad", GENERIC_READ, NULL, 0, &handle), STATUS_SUCCESS);
	ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &file, NULL);
}

static void do_work(PDEVICE_OBJECT self, PVOID context)
{
	(void)self;
	if (context)
		KeEnterCriticalRegion();
}

static void work_queued_twice(void)
{
	PIO_WORKITEM item;

	load();
	item = IoAllocateWorkItem(device);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	for (int i = 0; i < 1000; i++) /* until no worker is faster */
		IoQueueWorkItem(item, do_work, DelayedWorkQueue, NULL);
}

static void work_freed_queued(void)
{
	load();
	for (int i = 0; i < 1000; i++) {
		PIO_WORKITEM item = IoAllocateWorkItem(device);

		IoQueueWorkItem(item, do_work, DelayedWorkQueue, NULL);
		IoFreeWorkItem(item);
	}
}

static void work_left(void)
{
	load();
	IoAllocateWorkItem(device);
	IoDeleteDevice(device);
	nt_driver_unload(driver);
}

static void region_kept(void)
{
	PIO_WORKITEM item;

	load();
	item = IoAllocateWorkItem(device);
	IoQueueWorkItem(item, do_work, DelayedWorkQueue, item);
	nt_sleep_ms(10);
}

/* Requests */
static void irp_without_locations(void)
{
	start();
	IoAllocateIrp(0, FALSE);
}

static void irp_none(void)
{
	static char memory[4096] __attribute__((aligned(16)));

	start();
	IoFreeIrp((PIRP)(void *)(memory + 2048));
}

static void irp_freed_twice(void)
{
	PIRP irp;

	start();
	irp = IoAllocateIrp(1, FALSE);
	IoFreeIrp(irp);
	IoFreeIrp(irp);
}

static void current_of_unsent(void)
{
	start();
	IoGetCurrentIrpStackLocation(IoAllocateIrp(1, FALSE));
}

static void skips_unsent(void)
{
	start();
	IoSkipCurrentIrpStackLocation(IoAllocateIrp(1, FALSE));
}

static PIRP used_up(void)
{
	PIRP irp;

	start();
	irp = IoAllocateIrp(1, FALSE);
	IoSetNextIrpStackLocation(irp);
	return irp;
}

static void no_next(void)
{
	IoGetNextIrpStackLocation(used_up());
}

static void no_next_to_set(void)
{
	IoSetNextIrpStackLocation(used_up());
}

static void no_location_to_call(void)
{
	PIRP irp;

	load();
	irp = IoAllocateIrp(1, FALSE);
	IoSetNextIrpStackLocation(irp);
	IoCallDriver(device, irp);
}

static void skipped_and_copied(void)
{
	PIRP irp;

	start();
	irp = IoAllocateIrp(3, FALSE);
	IoSetNextIrpStackLocation(irp);
	IoSetNextIrpStackLocation(irp);
	IoSkipCurrentIrpStackLocation(irp);
	IoCopyCurrentIrpStackLocationToNext(irp);
}

static void watched_unprepared(void)
{
	start();
	IoSetCompletionRoutine(IoAllocateIrp(1, FALSE), keep, NULL, TRUE, TRUE, TRUE);
}

static void cancel_nothing(PDEVICE_OBJECT self, PIRP irp)
{
	(void)self;
	IoReleaseCancelSpinLock(irp->CancelIrql);
}

static void sent_with_cancel_routine(void)
{
	PIRP irp;

	load();
	irp = own_irp(1, IRP_MJ_READ);
	IoSetCancelRoutine(irp, cancel_nothing);
	IoCallDriver(device, irp);
}

static void no_dispatch_routine(void)
{
	load();
	driver->MajorFunction[IRP_MJ_READ] = NULL;
	device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
	send_to(device);
}

static NTSTATUS free_and_go_on(PDEVICE_OBJECT self, PIRP irp, PVOID context)
{
	(void)self;
	(void)context;
	IoFreeIrp(irp);
	return STATUS_SUCCESS;
}

static void freed_by_its_routine(void)
{
	PIRP irp;

	load();
	irp = IoAllocateIrp(1, FALSE);
	IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
	IoSetCompletionRoutine(irp, free_and_go_on, NULL, TRUE, TRUE, TRUE);
	IoCallDriver(device, irp);
}

static NTSTATUS pend(PIRP irp)
{
	IoMarkIrpPending(irp);
	return STATUS_PENDING;
}

static void freed_while_below(void)
{
	PIRP irp;

	dispatch = pend;
	load();
	irp = own_irp(1, IRP_MJ_READ);
	IoCallDriver(device, irp);
	IoFreeIrp(irp);
}

/* What a dispatch routine does with a request that a program sent. */
static NTSTATUS skip_and_complete(PIRP irp)
{
	IoSkipCurrentIrpStackLocation(irp);
	IoSkipCurrentIrpStackLocation(irp);
	return STATUS_SUCCESS;
}

static NTSTATUS complete_skipped(PIRP irp)
{
	irp->IoStatus.Status = STATUS_SUCCESS;
	IoSkipCurrentIrpStackLocation(irp);
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return STATUS_SUCCESS;
}

static NTSTATUS complete_with_more(PIRP irp)
{
	irp->IoStatus.Status = STATUS_MORE_PROCESSING_REQUIRED;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS free_foreign(PIRP irp)
{
	IoFreeIrp(irp);
	return STATUS_SUCCESS;
}

static NTSTATUS reuse_foreign(PIRP irp)
{
	IoReuseIrp(irp, STATUS_SUCCESS);
	return STATUS_SUCCESS;
}

static NTSTATUS keep_lock(PIRP irp)
{
	static KSPIN_LOCK lock;

	irp->IoStatus.Status = STATUS_SUCCESS;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	KeInitializeSpinLock(&lock);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	KeAcquireSpinLockAtDpcLevel(&lock);
	return STATUS_SUCCESS;
}

/* Sent twice as deep, so that there is a location above. */
static void through(NTSTATUS (*routine)(PIRP irp))
{
	PIRP irp;

	dispatch = routine;
	load();
	irp = IoAllocateIrp(3, FALSE);
	IoSetNextIrpStackLocation(irp);
	IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
	IoSetCompletionRoutine(irp, keep, NULL, TRUE, TRUE, TRUE);
	IoCallDriver(device, irp);
}

/* From a program, whose requests are no driver's. */
static NTSTATUS on_control(PDEVICE_OBJECT self, PIRP irp)
{
	(void)self;
	return dispatch(irp);
}

static void from_program(NTSTATUS (*routine)(PIRP irp))
{
	HANDLE handle;

	dispatch = routine;
	load();
	driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = on_control;
	NT_CHECK_EQUAL(nt_open("\\Device\\Bad", GENERIC_READ, NULL, 0, &handle), STATUS_SUCCESS);
	nt_ioctl(handle, CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS), NULL, 0, NULL, 0,
		NULL);
}

#define BAD(name, way, routine) \
	static void name(void) \
	{ \
		way(routine); \
	}
BAD(skipped_twice, through, skip_and_complete)
BAD(completed_skipped, through, complete_skipped)
BAD(completed_with_more, through, complete_with_more)
BAD(returned_with_lock, through, keep_lock)
BAD(freed_foreign, from_program, free_foreign)
BAD(reused_foreign, from_program, reuse_foreign)

static const struct {
	int rule;
	const char *part;
	void (*test)(void);
	const char *name;
} rows[] = {
	{ 22, "never initialised", event_uninitialised, "an event never initialised" },
	{ 22, "beyond its limit", semaphore_beyond, "a semaphore beyond its limit" },
	{ 22, "a mutex that it does not hold", mutex_not_held, "a mutex given back by who does not hold it" },
	{ 22, "without wait blocks", waits_for_many, "a wait for many without blocks" },
	{ 22, "takes a fast mutex that it holds", fast_mutex_twice, "a fast mutex taken twice" },
	{ 22, "fast mutex that it does not hold", fast_mutex_not_held, "a fast mutex given back by who does not hold it" },
	{ 22, "KeLowerIrql from 0", lowers_upwards, "the level lowered upwards" },
	{ 22, "without KeEnterCriticalRegion", leaves_no_region, "a critical region left that was not entered" },
	{ 22, "left a critical region", region_kept, "a critical region kept" },
	{ 22, "AtDpcLevel at IRQL 0", dpc_lock_at_passive, "a spin lock of DPCs taken below their level" },
	{ 22, "was not saved", releases_to_higher, "a spin lock given back to a level that was not saved" },
	{ 22, "the other way round", locks_of_a_kind, "two spin locks of one kind, in no order" },
	{ 22, "returned at IRQL 2", returned_with_lock, "a dispatch routine keeps a spin lock" },
	{ 22, "for 1000 microseconds", stalls, "a stall of a millisecond" },
	{ 22, "never initialised or linked", list_uninitialised, "a list never initialised" },
	{ 22, "a thread ended at IRQL 2", thread_ends_raised, "a thread ends at a raised level" },
	{ 22, "not the driver's", terminates_another, "a thread of another ended" },
	{ 22, "a DPC that was never", dpc_uninitialised, "a DPC never initialised" },
	{ 22, "a DPC returned", dpc_raises, "a DPC returns at another level" },
	{ 22, "a timer that was never", timer_uninitialised, "a timer never initialised" },
	{ 22, "0 bytes", pool_of_nothing, "a pool block of nothing" },
	{ 22, "without a tag", pool_without_tag, "a pool block without tag" },
	{ 22, "paged pool freed", paged_pool_freed_at_dispatch, "paged pool freed at DISPATCH_LEVEL" },
	{ 22, "no MDL", mdl_none_mapped, "what is no MDL mapped" },
	{ 22, "not locked", mdl_not_locked, "an MDL mapped that is not locked" },
	{ 22, "not locked", mdl_unlocked_twice, "an MDL unlocked twice" },
	{ 22, "Unicode string at IRQL 2", prints_unicode_at_dispatch, "a Unicode string printed at DISPATCH_LEVEL" },
	{ 11, "before the begin", pool_underrun, "written before a pool block" },
	{ 11, "no pool block", frees_no_pool, "what is no pool block freed" },
	{ 11, "NULL", frees_null, "NULL freed" },
	{ 11, "not initialised", lookaside_uninitialised, "a lookaside list never initialised" },
	{ 11, "what is no object", no_object, "what is no object referenced" },
	{ 9, "programs can use", token_for_programs, "a handle of a process token for programs" },
	{ 9, "programs can use", thread_token_for_programs, "a handle of a thread token for programs" },
	{ 9, "without a type", handle_as_kernel, "a program's handle referenced as the kernel" },
	{ 2, "DO_DEVICE_INITIALIZING", device_not_ready, "a device that is not ready gets requests" },
	{ 2, "another device type", filter_of_other_type, "a filter of another type" },
	{ 2, "lacks characteristics", filter_without_characteristics, "a filter without characteristics" },
	{ 2, "no device", no_device, "what is no device called" },
	{ 1, "no dispatch routine", no_dispatch_routine, "a request without routine" },
	{ 23, "a deleted device", deleted_is_used, "a deleted device called" },
	{ 23, "or deleted", deleted_twice, "a device deleted twice" },
	{ 23, "is not detached", deleted_while_attached, "a filter deleted that is attached" },
	{ 23, "nothing attached", detached_twice, "detached from what has nothing attached" },
	{ 23, "is left after", device_left, "a device left at unload" },
	{ 23, "was taken back", unload_taken_back, "the unload routine taken back while NT waits" },
	{ 23, "MDLs are left", mdl_left, "an MDL left" },
	{ 23, "objects are left", thread_left, "a thread left" },
	{ 23, "work items are left", work_left, "a work item left at unload" },
	{ 23, "IoFreeWorkItem", work_freed_queued, "a work item freed that is queued" },
	{ 23, "entries in use", lookaside_in_use, "a lookaside list deleted in use" },
	{ 19, "IoQueueWorkItem", work_queued_twice, "a work item queued twice" },
	{ 19, "what is no MDL", mdl_of_nothing, "what is no MDL freed" },
	{ 19, "what is no IRP", irp_none, "what is no IRP freed" },
	{ 19, "completed or freed", irp_freed_twice, "an IRP freed twice" },
	{ 19, "still has the IRP", freed_while_below, "an IRP freed that somebody below has" },
	{ 19, "IoFreeIrp of an IRP that is not", freed_foreign, "an IRP of another freed" },
	{ 19, "IoReuseIrp of an IRP that is not", reused_foreign, "an IRP of another used again" },
	{ 19, "freed its IRP", freed_by_its_routine, "a completion routine frees its IRP and lets it go on" },
	{ 19, "cancel routine set", sent_with_cancel_routine, "sent on with a cancel routine" },
	{ 19, "after IoSkip", completed_skipped, "completed after it was skipped" },
	{ 19, "STATUS_MORE_PROCESSING_REQUIRED", completed_with_more, "completed with STATUS_MORE_PROCESSING_REQUIRED" },
	{ 3, "0 stack locations", irp_without_locations, "an IRP without stack locations" },
	{ 3, "was not sent", current_of_unsent, "the location of an IRP that was not sent" },
	{ 3, "is not the driver's", skips_unsent, "a location skipped of an IRP that was not sent" },
	{ 3, "is not the driver's", skipped_twice, "a location skipped twice" },
	{ 3, "is left", no_next, "the next location where none is left" },
	{ 3, "is left", no_next_to_set, "the next location taken where none is left" },
	{ 3, "is left in the IRP", no_location_to_call, "sent on where no location is left" },
	{ 3, "skipped and copied", skipped_and_copied, "a location skipped and copied" },
	{ 3, "is filled in", watched_unprepared, "watched before the next location is filled in" },
	{ 0, "does not know", prints_unknown, "printed as NT cannot" },
	{ 0, "KeBugCheckEx", bug_check, "a bug check" },
	{ 0, "while one runs", started_twice, "the kernel started twice" },
};

int main(int argc, char **argv)
{
	char name[128];

	nt_tests_begin(argc, argv);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(name, sizeof(name), rows[i].rule ? "NT-%d: %s" : "%.0d%s", rows[i].rule, rows[i].name);
		nt_test_violation(name, rows[i].rule, rows[i].part, rows[i].test);
	}
	return nt_tests_end();
}
