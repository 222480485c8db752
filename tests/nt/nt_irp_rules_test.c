/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Drivers that break a rule of IRPs, devices, timers, notifications or unloading, one at a time, and are found. A driver
 * below completes requests; the bad one is attached above it or is alone.
 */
#include "nt_check.h"

#define TAG 0x74736554 /* Test */
#define CODE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef NTSTATUS dispatch_routine(PDEVICE_OBJECT device, PIRP irp);

static dispatch_routine *control; /* of the driver that has the name */
static dispatch_routine *filter;  /* above it; NULL: nothing is attached */
static PDEVICE_OBJECT named, upper, lower;
static PDRIVER_OBJECT lower_driver, upper_driver;
static DRIVER_UNLOAD *bad_unload;
static bool flags_not_copied;

static NTSTATUS complete(PIRP irp, NTSTATUS status)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = 0;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return status;
}

static NTSTATUS lower_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
	if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_DEVICE_CONTROL && control)
		return control(device, irp);
	return complete(irp, STATUS_SUCCESS);
}

static NTSTATUS pass(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoSkipCurrentIrpStackLocation(irp);
	return IoCallDriver(lower, irp);
}

static NTSTATUS upper_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
	if (IoGetCurrentIrpStackLocation(irp)->MajorFunction == IRP_MJ_DEVICE_CONTROL && filter)
		return filter(device, irp);
	return pass(device, irp);
}

static void fill(PDRIVER_OBJECT driver, dispatch_routine *routine)
{
	unsigned index;

	for (index = 0; index <= IRP_MJ_MAXIMUM_FUNCTION; index++)
		driver->MajorFunction[index] = routine;
}

static void lower_unload(PDRIVER_OBJECT driver)
{
	(void)driver;
	IoDeleteDevice(named);
	if (bad_unload)
		bad_unload(driver);
}

static NTSTATUS lower_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Lower");

	(void)path;
	fill(driver, lower_dispatch);
	driver->DriverUnload = lower_unload;
	NT_CHECK_EQUAL(IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &named), STATUS_SUCCESS);
	named->Flags |= DO_DIRECT_IO;
	return STATUS_SUCCESS;
}

static void upper_unload(PDRIVER_OBJECT driver)
{
	(void)driver;
	IoDetachDevice(lower);
	IoDeleteDevice(upper);
}

static NTSTATUS upper_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	(void)path;
	fill(driver, upper_dispatch);
	driver->DriverUnload = upper_unload;
	NT_CHECK_EQUAL(IoCreateDevice(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &upper), STATUS_SUCCESS);
	lower = IoAttachDeviceToDeviceStack(upper, named);
	if (!flags_not_copied)
		upper->Flags |= lower->Flags & DO_DIRECT_IO;
	upper->Flags &= ~DO_DEVICE_INITIALIZING;
	return STATUS_SUCCESS;
}

static HANDLE handle;

static void begin(dispatch_routine *below, dispatch_routine *above)
{
	nt_kernel_start(NULL);
	control = below;
	filter = above;
	NT_CHECK_EQUAL(nt_driver_load("Lower", lower_entry, &lower_driver), STATUS_SUCCESS);
	if (above)
		NT_CHECK_EQUAL(nt_driver_load("Upper", upper_entry, &upper_driver), STATUS_SUCCESS);
	NT_CHECK_EQUAL(nt_open("\\Device\\Lower", GENERIC_READ, NULL, 0, &handle), STATUS_SUCCESS);
}

static void end(void)
{
	nt_close(handle);
	if (filter)
		NT_CHECK_EQUAL(nt_driver_unload(upper_driver), STATUS_SUCCESS);
	NT_CHECK_EQUAL(nt_driver_unload(lower_driver), STATUS_SUCCESS);
	nt_kernel_stop();
}

static void run(dispatch_routine *below, dispatch_routine *above)
{
	begin(below, above);
	nt_ioctl(handle, CODE, NULL, 0, NULL, 0, NULL);
	end();
}

/* Late completion by a thread, for requests that pend. */
static PIRP held;

static void complete_held(void *context)
{
	(void)context;
	complete(held, STATUS_SUCCESS);
}

static NTSTATUS pend(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoMarkIrpPending(irp);
	held = irp;
	nt_thread_join(nt_thread_start("late", NULL, complete_held, NULL));
	return STATUS_PENDING;
}

static NTSTATUS succeed(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	return complete(irp, STATUS_SUCCESS);
}

/* What is allowed passes. */
static NTSTATUS go_on(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
	(void)device;
	(void)context;
	if (irp->PendingReturned)
		IoMarkIrpPending(irp);
	return STATUS_SUCCESS;
}

static NTSTATUS watch(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoCopyCurrentIrpStackLocationToNext(irp);
	IoSetCompletionRoutine(irp, go_on, NULL, TRUE, TRUE, TRUE);
	return IoCallDriver(lower, irp);
}

static void good(void)
{
	run(succeed, NULL);
	run(pend, NULL);
	run(succeed, pass);
	run(pend, pass);
	run(succeed, watch);
	run(pend, watch);
}

static NTSTATUS not_marked(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	complete(irp, STATUS_SUCCESS);
	return STATUS_PENDING;
}

static NTSTATUS marked_not_returned(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoMarkIrpPending(irp);
	return complete(irp, STATUS_SUCCESS);
}

static NTSTATUS twice(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	complete(irp, STATUS_SUCCESS);
	IoCompleteRequest(irp, IO_NO_INCREMENT); /* nothing of it is touched: ASan would find that first */
	return STATUS_SUCCESS;
}

static NTSTATUS never_completed(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	(void)irp;
	return STATUS_SUCCESS;
}

static NTSTATUS with_pending(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoMarkIrpPending(irp);
	return complete(irp, STATUS_PENDING);
}

static NTSTATUS other_status(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	complete(irp, STATUS_SUCCESS);
	return STATUS_UNSUCCESSFUL;
}

static NTSTATUS with_lock(PDEVICE_OBJECT device, PIRP irp)
{
	KSPIN_LOCK lock;
	KIRQL irql;

	(void)device;
	KeInitializeSpinLock(&lock);
	KeAcquireSpinLock(&lock, &irql);
	return complete(irp, STATUS_SUCCESS);
}

static NTSTATUS raised(PDEVICE_OBJECT device, PIRP irp)
{
	KIRQL irql;

	(void)device;
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	return complete(irp, STATUS_SUCCESS);
}

static void cancel_nothing(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoReleaseCancelSpinLock(irp->CancelIrql);
}

static NTSTATUS cancel_before_mark(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoSetCancelRoutine(irp, cancel_nothing);
	return complete(irp, STATUS_SUCCESS);
}

static NTSTATUS cancel_left(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoMarkIrpPending(irp);
	IoSetCancelRoutine(irp, cancel_nothing);
	return complete(irp, STATUS_SUCCESS);
}

static void cancel_with_lock(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	(void)irp;
}

static NTSTATUS wait_cancelled(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoMarkIrpPending(irp);
	IoSetCancelRoutine(irp, cancel_with_lock);
	return STATUS_PENDING;
}

static NTSTATUS too_much_information(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	irp->IoStatus.Status = STATUS_SUCCESS;
	irp->IoStatus.Information = 9;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return STATUS_SUCCESS;
}

/* Filters */
static NTSTATUS forgets_pending(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
	(void)device;
	(void)irp;
	(void)context;
	return STATUS_SUCCESS;
}

static NTSTATUS watch_badly(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoCopyCurrentIrpStackLocationToNext(irp);
	IoSetCompletionRoutine(irp, forgets_pending, NULL, TRUE, TRUE, TRUE);
	return IoCallDriver(lower, irp);
}

static NTSTATUS skip_and_watch(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoSkipCurrentIrpStackLocation(irp);
	IoSetCompletionRoutine(irp, go_on, NULL, TRUE, TRUE, TRUE);
	return IoCallDriver(lower, irp);
}

static NTSTATUS not_prepared(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	return IoCallDriver(lower, irp);
}

static NTSTATUS completes_again(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
	(void)context;
	(void)device;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return STATUS_SUCCESS;
}

static NTSTATUS watch_twice(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	IoCopyCurrentIrpStackLocationToNext(irp);
	IoSetCompletionRoutine(irp, completes_again, NULL, TRUE, TRUE, TRUE);
	return IoCallDriver(lower, irp);
}

static NTSTATUS own_goes_on(PDEVICE_OBJECT device, PIRP irp)
{
	PIRP own = IoAllocateIrp(lower->StackSize, FALSE);

	(void)device;
	IoGetNextIrpStackLocation(own)->MajorFunction = IRP_MJ_READ;
	IoSetCompletionRoutine(own, forgets_pending, NULL, TRUE, TRUE, TRUE);
	IoCallDriver(lower, own);
	return pass(device, irp);
}

static NTSTATUS own_is_marked(PDEVICE_OBJECT device, PIRP irp)
{
	IoMarkIrpPending(IoAllocateIrp(lower->StackSize, FALSE));
	return pass(device, irp);
}

#define BAD(name, below, above) \
	static void name(void) \
	{ \
		run(below, above); \
	}
BAD(bad_not_marked, not_marked, NULL)
BAD(bad_marked_not_returned, marked_not_returned, NULL)
BAD(bad_twice, twice, NULL)
BAD(bad_never, never_completed, NULL)
BAD(bad_with_pending, with_pending, NULL)
BAD(bad_other_status, other_status, NULL)
BAD(bad_with_lock, with_lock, NULL)
BAD(bad_raised, raised, NULL)
BAD(bad_cancel_before_mark, cancel_before_mark, NULL)
BAD(bad_cancel_left, cancel_left, NULL)
BAD(bad_forgets, pend, watch_badly)
BAD(bad_skip_and_watch, succeed, skip_and_watch)
BAD(bad_not_prepared, succeed, not_prepared)
BAD(bad_watch_twice, succeed, watch_twice)
BAD(bad_own_goes_on, succeed, own_goes_on)
BAD(bad_own_is_marked, succeed, own_is_marked)

static void bad_cancel_lock(void)
{
	struct nt_request *request;

	begin(wait_cancelled, NULL);
	request = nt_ioctl_start(handle, CODE, NULL, 0, NULL, 0);
	nt_request_cancel(request);
}

static void bad_information(void)
{
	UCHAR output[8];

	begin(too_much_information, NULL);
	nt_ioctl(handle, CODE, NULL, 0, output, sizeof(output), NULL);
}

static void bad_flags(void)
{
	flags_not_copied = true;
	run(succeed, pass);
}

/* Unloading with something outstanding */
static KTIMER timer;
static KDPC dpc;

static void on_timer(PKDPC unused, PVOID context, PVOID a, PVOID b)
{
	(void)unused;
	(void)context;
	(void)a;
	(void)b;
}

static void leave_timer(PDRIVER_OBJECT driver)
{
	LARGE_INTEGER due = { .QuadPart = -1000000000 };

	(void)driver;
	KeInitializeTimer(&timer);
	KeInitializeDpc(&dpc, on_timer, NULL);
	KeSetTimer(&timer, due, &dpc);
}

static void on_process(HANDLE parent, HANDLE pid, BOOLEAN create)
{
	(void)parent;
	(void)pid;
	(void)create;
}

static void leave_callback(PDRIVER_OBJECT driver)
{
	(void)driver;
	PsSetCreateProcessNotifyRoutine(on_process, FALSE);
}

static void sleep_long(PVOID context)
{
	LARGE_INTEGER long_time = { .QuadPart = -1000000000 };

	(void)context;
	KeDelayExecutionThread(KernelMode, FALSE, &long_time);
}

static void leave_thread(PDRIVER_OBJECT driver)
{
	HANDLE thread;

	(void)driver;
	PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, sleep_long, NULL);
	ZwClose(thread);
}

static void leave_pool(PDRIVER_OBJECT driver)
{
	(void)driver;
	if (!ExAllocatePoolWithTag(NonPagedPool, 1, TAG))
		abort();
}

static void leave_irp(PDRIVER_OBJECT driver)
{
	(void)driver;
	if (!IoAllocateIrp(1, FALSE))
		abort();
}

static void leave_link(PDRIVER_OBJECT driver)
{
	UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Lower"), target = RTL_CONSTANT_STRING(L"\\Device\\Lower");

	(void)driver;
	IoCreateSymbolicLink(&link, &target);
}

static void remove_within(HANDLE parent, HANDLE pid, BOOLEAN create)
{
	(void)parent;
	(void)pid;
	(void)create;
	PsSetCreateProcessNotifyRoutine(remove_within, TRUE);
}

static void bad_removal(void)
{
	struct nt_process_options options = { .pid = 100 };

	nt_kernel_start(NULL);
	PsSetCreateProcessNotifyRoutine(remove_within, FALSE);
	nt_process_create(&options, NULL);
}

#define LEFT(name, what) \
	static void name(void) \
	{ \
		bad_unload = what; \
		run(succeed, NULL); \
	}
LEFT(left_timer, leave_timer)
LEFT(left_callback, leave_callback)
LEFT(left_thread, leave_thread)
LEFT(left_pool, leave_pool)
LEFT(left_irp, leave_irp)
LEFT(left_link, leave_link)

static void left_pending(void)
{
	begin(wait_cancelled, NULL);
	nt_ioctl_start(handle, CODE, NULL, 0, NULL, 0);
	named->ReferenceCount = 0; /* a driver that is unloaded by force */
	nt_driver_unload(lower_driver);
}

static void left_attached(void)
{
	begin(succeed, pass);
	named->AttachedDevice = NULL; /* unknown to the check, not to who deletes */
	named->ReferenceCount = 0;
	named->AttachedDevice = upper;
	IoDeleteDevice(named);
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("drivers that follow the rules", good);
	nt_test_violation("NT-18: pending returned, not marked", 18, "did not mark", bad_not_marked);
	nt_test_violation("NT-18: marked, another status returned", 18, "marked an IRP pending", bad_marked_not_returned);
	nt_test_violation("NT-19: completed twice", 19, "completed", bad_twice);
	nt_test_violation("NT-19: never completed", 19, "without completing", bad_never);
	nt_test_violation("NT-19: completed with STATUS_PENDING", 19, "with STATUS_PENDING", bad_with_pending);
	nt_test_violation("NT-19: another status returned than completed", 19, "completed an IRP with", bad_other_status);
	nt_test_violation("NT-22: completed under a spin lock", 22, "spin locks held", bad_with_lock);
	nt_test_violation("NT-22: returned at another level", 22, "a dispatch routine returned at IRQL", bad_raised);
	nt_test_violation("NT-18: a cancel routine before the mark", 18, "before IoMarkIrpPending", bad_cancel_before_mark);
	nt_test_violation("NT-19: completed with a cancel routine", 19, "cancel routine set", bad_cancel_left);
	nt_test_violation("NT-22: a cancel routine keeps its lock", 22, "cancel routine", bad_cancel_lock);
	nt_test_violation("NT-24: more bytes answered than there is room", 24, "with 9", bad_information);
	nt_test_violation("NT-19: pending not handed on", 19, "without IoMarkIrpPending", bad_forgets);
	nt_test_violation("NT-3: skipped and watched", 3, "after IoSkipCurrentIrpStackLocation", bad_skip_and_watch);
	nt_test_violation("NT-3: the next location not filled in", 3, "was not filled in", bad_not_prepared);
	nt_test_violation("NT-19: a completion routine completes and lets go on", 19, "IRP", bad_watch_twice);
	nt_test_violation("NT-19: a driver's own IRP goes on", 19, "to its end", bad_own_goes_on);
	nt_test_violation("NT-19: a driver's own IRP is marked", 19, "that the driver allocated", bad_own_is_marked);
	nt_test_violation("NT-2: flags not copied from below", 2, "has flags", bad_flags);
	nt_test_violation("NT-23: a timer left at unload", 23, "a timer is set", left_timer);
	nt_test_violation("NT-27: a notification routine left at unload", 27, "process notification routine is left",
		left_callback);
	nt_test_violation("NT-27: a notification routine removed by itself", 27, "never ends", bad_removal);
	nt_test_violation("NT-23: a thread left at unload", 23, "threads of the driver", left_thread);
	nt_test_violation("NT-23: a pool block left at unload", 23, "pool blocks", left_pool);
	nt_test_violation("NT-23: an IRP left at unload", 23, "the driver allocated", left_irp);
	nt_test_violation("NT-23: a symbolic link left at unload", 23, "symbolic link", left_link);
	nt_test_violation("NT-23: unloaded while a request pends", 23, "", left_pending);
	nt_test_violation("NT-23: deleted with a device attached above", 23, "attached above", left_attached);
	return nt_tests_end();
}
