/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The filter's devices: attaching, passing, detaching. */
#include "tdi_client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static PDEVICE_OBJECT device_of(const char *name)
{
	return nt_device_find(name, strlen(name));
}

static void attaches_to_all(void **state)
{
	struct fw_control_status status = { 0 };

	tdi_world_start(TDI_ALL);
	fw_tdi_status(&status);
	assert_int_equal(status.state, FW_CONTROL_HAS_TCP | FW_CONTROL_HAS_UDP |
					       FW_CONTROL_HAS_RAW | FW_CONTROL_HAS_TCP6 |
					       FW_CONTROL_HAS_UDP6 | FW_CONTROL_HAS_RAW6);
	tdi_world_stop();
}

static void attaches_to_what_there_is(void **state)
{
	struct fw_control_status status = { 0 };

	tdi_world_start(TDI_ALL4);
	fw_tdi_status(&status);
	assert_int_equal(
		status.state, FW_CONTROL_HAS_TCP | FW_CONTROL_HAS_UDP | FW_CONTROL_HAS_RAW);
	tdi_world_stop();
	tdi_world_start(0);
	status = (struct fw_control_status){ 0 };
	fw_tdi_status(&status);
	assert_int_equal(status.state, 0);
	tdi_world_stop();
}

static void looks_like_what_is_below(void **state)
{
	PDEVICE_OBJECT lower, ours;

	tdi_world_start(TDI_ALL);
	lower = device_of(TDI_TCP6);
	ours = IoGetAttachedDevice(lower);
	assert_true(fw_tdi_owns(ours));
	assert_false(fw_tdi_owns(lower));
	assert_false(fw_tdi_owns(NULL));
	assert_int_equal(ours->StackSize, lower->StackSize + 1);
	assert_int_equal(ours->DeviceType, lower->DeviceType);
	assert_int_equal(ours->Characteristics, lower->Characteristics);
	assert_int_equal(ours->Flags, DO_DIRECT_IO);
	tdi_world_stop();
}

/* Every call that attaching makes fails in turn; what was attached before is gone, or the fake
 * kernel stops the test. */
static void attach_failing(void *context)
{
	struct fw_control_status status;
	unsigned *failures = context;

	nt_kernel_start(NULL);
	tdi_doubles_reset();
	tdi_lower_start(TDI_ALL);
	if (NT_SUCCESS(tdi_filter_load()))
		assert_true(NT_SUCCESS(tdi_filter_unload(&status)));
	else
		(*failures)++;
	nt_failures_pause();
	assert_ptr_equal(IoGetAttachedDevice(device_of(TDI_TCP)), device_of(TDI_TCP));
	tdi_lower_stop();
	nt_kernel_stop();
}

static void undoes_a_failed_attach(void **state)
{
	unsigned failures = 0;

	/* A reference, a device and an attach for each of six, and a work item. */
	assert_int_equal(nt_each_failure(attach_failing, &failures), 19);
	assert_int_equal(failures, 19);
}

static void passes_what_is_not_its_own(void **state)
{
	PFILE_OBJECT file;
	TDI_REQUEST_KERNEL parameters = { 0 };
	uint8_t minor;

	tdi_world_start(TDI_ALL4);
	assert_int_equal(tdi_open(TDI_TCP, NULL, 0, &file), STATUS_SUCCESS);
	for (minor = 0x0c; minor < TDI_LOWER_CLEANUP; minor++) {
		if (minor == TDI_QUERY_INFORMATION)
			continue;
		tdi_lower.status[minor] = STATUS_NOT_SUPPORTED;
		assert_int_equal(tdi_send_request(file, minor, &parameters, sizeof(parameters)),
			STATUS_NOT_SUPPORTED);
		assert_int_equal(tdi_lower.calls[minor], 1);
	}
	tdi_close(file);
	tdi_world_stop();
}

/* A control code that is none of TDI, one of TDI, one that is none of either. */
static void maps_user_requests(void **state)
{
	TDI_REQUEST_KERNEL_SEND parameters = { 100, 0 };
	HANDLE handle;
	ULONG_PTR information;

	tdi_world_start(TDI_ALL4);
	assert_int_equal(nt_open(TDI_TCP, FILE_READ_DATA, NULL, 0, &handle), STATUS_SUCCESS);
	nt_ioctl(handle, CTL_CODE(FILE_DEVICE_NETWORK, 1, METHOD_BUFFERED, 0), &parameters,
		sizeof(parameters), NULL, 0, &information);
	assert_int_equal(tdi_lower.device_controls, 1);
	assert_int_equal(nt_ioctl(handle, IOCTL_TDI_ACTION, &parameters, sizeof(parameters), NULL,
				 0, &information),
		STATUS_SUCCESS);
	assert_int_equal(tdi_lower.device_controls, 1);
	assert_int_equal(tdi_lower.calls[TDI_ACTION], 1);
	nt_ioctl(handle, _TDI_CONTROL_CODE(0x70, METHOD_BUFFERED), NULL, 0, NULL, 0, &information);
	assert_int_equal(tdi_lower.device_controls, 2);
	nt_close(handle);
	tdi_world_stop();
}

/* The level decides, not who asks. */
static void maps_at_passive_level_only(void **state)
{
	struct tdi_request request;
	PFILE_OBJECT file;
	IO_STACK_LOCATION *location;
	KIRQL irql;

	tdi_world_start(TDI_ALL4);
	tdi_open(TDI_TCP, NULL, 0, &file);
	tdi_returned(&request, file, 0, NULL, 0); /* an IRP with its first location filled in */
	location = IoGetCurrentIrpStackLocation(request.irp);
	location->MajorFunction = IRP_MJ_DEVICE_CONTROL;
	location->Parameters.DeviceIoControl.IoControlCode = IOCTL_TDI_ACTION;
	IoSkipCurrentIrpStackLocation(request.irp);
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	IoCallDriver(IoGetRelatedDeviceObject(file), request.irp);
	KeLowerIrql(irql);
	tdi_end(&request);
	assert_int_equal(tdi_lower.device_controls, 1);
	assert_int_equal(tdi_lower.calls[TDI_ACTION], 0);
	tdi_close(file);
	tdi_world_stop();
}

static void refuses_direct_sends(void **state)
{
	static const ULONG codes[] = { IOCTL_TDI_QUERY_DIRECT_SEND_HANDLER,
		IOCTL_TDI_QUERY_DIRECT_SENDDG_HANDLER };
	ULONG_PTR information;
	HANDLE handle;
	size_t i;

	tdi_world_start(TDI_ALL4);
	assert_int_equal(nt_open(TDI_UDP, FILE_READ_DATA, NULL, 0, &handle), STATUS_SUCCESS);
	for (i = 0; i < FW_NT_COUNT(codes); i++)
		assert_int_equal(
			nt_ioctl(handle, codes[i], &codes, sizeof(void *), NULL, 0, &information),
			STATUS_NOT_IMPLEMENTED);
	assert_int_equal(tdi_lower.device_controls, 0);
	nt_close(handle);
	tdi_world_stop();
}

static void stays_while_in_use(void **state)
{
	struct fw_control_status status;
	PFILE_OBJECT address;

	tdi_world_start(TDI_ALL4);
	address = tdi_open_address(TDI_UDP, 53);
	assert_int_equal(tdi_filter_unload(&status), STATUS_DEVICE_BUSY);
	assert_int_equal(status.addresses, 1);
	assert_int_equal(status.state & FW_CONTROL_BYPASS, FW_CONTROL_BYPASS);
	/* Bypassed: neither counted nor judged, but still passed on. */
	tdi_doubles.refuse_operations = ~0u;
	assert_int_equal(tdi_datagram(address, TDI_SEND_DATAGRAM, 100, 9), STATUS_SUCCESS);
	assert_int_equal(tdi_doubles.judged, 0);
	assert_int_equal(tdi_doubles.sent[TDI_CLIENT_PID / 100], 0);
	/* And what is opened meanwhile keeps it too. */
	tdi_close(address);
	address = tdi_open_connection(TDI_TCP, NULL);
	assert_int_equal(tdi_filter_unload(&status), STATUS_DEVICE_BUSY);
	assert_int_equal(status.connections, 1);
	fw_tdi_bypass(false);
	tdi_doubles.refuse_operations = 0;
	assert_int_equal(tdi_transfer(address, TDI_SEND, 50, 0), STATUS_SUCCESS);
	assert_int_equal(tdi_doubles.sent[TDI_CLIENT_PID / 100], 50);
	tdi_close(address);
	tdi_world_stop();
}

static DRIVER_OBJECT *upper;
static DEVICE_OBJECT *upper_device;

static void upper_unload(DRIVER_OBJECT *driver)
{
	(void)driver;
}

static NTSTATUS upper_pass(DEVICE_OBJECT *device, IRP *irp)
{
	(void)device;
	IoSkipCurrentIrpStackLocation(irp);
	return IoCallDriver(*(DEVICE_OBJECT **)upper_device->DeviceExtension, irp);
}

static NTSTATUS upper_entry(DRIVER_OBJECT *driver, UNICODE_STRING *path)
{
	unsigned index;

	(void)path;
	driver->DriverUnload = upper_unload;
	for (index = 0; index <= IRP_MJ_MAXIMUM_FUNCTION; index++)
		driver->MajorFunction[index] = upper_pass;
	return STATUS_SUCCESS;
}

/* Another driver's filter, attached after ours. */
static DEVICE_OBJECT *attach_above(void)
{
	DEVICE_OBJECT *target, **lower;
	UNICODE_STRING string;

	assert_int_equal(nt_driver_load("upper", upper_entry, &upper), STATUS_SUCCESS);
	RtlInitUnicodeString(&string, (const WCHAR *)L"\\Device\\Tcp");
	assert_int_equal(ObReferenceObjectByName(&string, 0, NULL, 0, *IoDeviceObjectType, KernelMode,
				 NULL, (void **)&target),
		STATUS_SUCCESS);
	assert_int_equal(IoCreateDevice(upper, sizeof(*lower), NULL, target->DeviceType,
				 target->Characteristics, FALSE, &upper_device),
		STATUS_SUCCESS);
	lower = upper_device->DeviceExtension;
	upper_device->Flags |= IoGetAttachedDevice(target)->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO);
	*lower = IoAttachDeviceToDeviceStack(upper_device, target);
	upper_device->Flags &= ~DO_DEVICE_INITIALIZING;
	ObDereferenceObject(target);
	return *lower;
}

/* It would be left with a device of ours that is gone. */
static void stays_below_another(void **state)
{
	struct fw_control_status status;
	DEVICE_OBJECT *ours;
	PFILE_OBJECT address;

	tdi_world_start(TDI_ALL4);
	ours = attach_above();
	assert_int_equal(tdi_filter_unload(&status), STATUS_DEVICE_BUSY);
	assert_int_equal(status.state & FW_CONTROL_COVERED, FW_CONTROL_COVERED);
	fw_tdi_bypass(false);
	address = tdi_open_address(TDI_TCP, 80);
	assert_non_null(address);
	tdi_close(address);
	IoDetachDevice(ours);
	IoDeleteDevice(upper_device);
	tdi_settle();
	assert_int_equal(tdi_filter_unload(&status), STATUS_SUCCESS);
	nt_driver_unload(upper);
	tdi_lower_stop();
	tdi_process_end();
	nt_kernel_stop();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		{ "NT-4, system 1: TCP, UDP and raw IP of both versions", attaches_to_all, NULL,
			NULL, NULL },
		{ "NT-4: a transport that is not there", attaches_to_what_there_is, NULL, NULL,
			NULL },
		{ "NT-2, system 1: looks like the device below", looks_like_what_is_below, NULL,
			NULL, NULL },
		{ "NT-2, system 1: a failed attach undoes the others", undoes_a_failed_attach, NULL,
			NULL, NULL },
		{ "NT-1: what is not ours passes", passes_what_is_not_its_own, NULL, NULL, NULL },
		{ "NT-6, system 1: requests of user mode are mapped", maps_user_requests, NULL,
			NULL, NULL },
		{ "NT-6: mapped at PASSIVE_LEVEL only", maps_at_passive_level_only, NULL, NULL,
			NULL },
		{ "NT-5: no direct sends", refuses_direct_sends, NULL, NULL, NULL },
		{ "NT-23: stays while it is in use", stays_while_in_use, NULL, NULL, NULL },
		{ "NT-23: stays while another filter is above it", stays_below_another, NULL, NULL,
			NULL },
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
