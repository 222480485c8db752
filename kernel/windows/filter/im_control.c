/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/filter/im_control.h"

#include "kernel/windows/control_security.h"
#include "kernel/windows/filter/im_driver.h"
#include "kernel/windows/filter/im_handle.h"
#include "kernel/windows/filter/im_list.h"

static struct {
	KMUTEX changes; /* of what is below */
	DEVICE_OBJECT *device;
	NDIS_HANDLE handle;
	bool is_secured;
} control;

static NTSTATUS NTAPI dispatch(DEVICE_OBJECT *device, IRP *irp);

static void name_init(UNICODE_STRING *name, const WCHAR *text)
{
	RtlInitUnicodeString(name, text);
}

void fw_im_control_init(void)
{
	memset(&control, 0, sizeof(control));
	KeInitializeMutex(&control.changes, 0);
}

/* NT-1: every major function. The driver object's own table is NDIS's. */
static void create(void)
{
	PDRIVER_DISPATCH routines[IRP_MJ_MAXIMUM_FUNCTION + 1];
	UNICODE_STRING name, link;
	NDIS_STATUS status;

	for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
		routines[i] = dispatch;
	name_init(&name, (const WCHAR *)L"" FW_FILTER_CONTROL_DEVICE_NAME);
	name_init(&link, (const WCHAR *)L"" FW_FILTER_CONTROL_LINK_NAME);
	status = NdisMRegisterDevice(
		fw_im_driver_wrapper(), &name, &link, routines, &control.device, &control.handle);
	if (status != NDIS_STATUS_SUCCESS) {
		control.device = NULL;
		return;
	}
	control.device->Characteristics |= FILE_DEVICE_SECURE_OPEN;
	control.is_secured = NT_SUCCESS(fw_control_security_set(control.device));
}

static void remove_device(void)
{
	if (control.device)
		(void)NdisMDeregisterDevice(control.handle);
	control.device = NULL;
}

static void lock(void)
{
	KeWaitForSingleObject(&control.changes, Executive, KernelMode, FALSE, NULL);
}

static void unlock(void)
{
	KeReleaseMutex(&control.changes, FALSE);
}

void fw_im_control_update(void)
{
	bool is_wanted;

	lock();
	is_wanted = fw_im_adapter_count() || fw_im_lists_count() || fw_im_handles_count();
	if (is_wanted && !control.device)
		create();
	else if (!is_wanted)
		remove_device();
	unlock();
}

void fw_im_control_remove(void)
{
	lock();
	remove_device();
	unlock();
}

bool fw_im_control_is_secured(void)
{
	return control.is_secured;
}

DEVICE_OBJECT *fw_im_control_object(void)
{
	return control.device;
}

static NTSTATUS on_create(FILE_OBJECT *file, IRP *irp)
{
	NTSTATUS status = fw_control_security_check(irp);

	if (!NT_SUCCESS(status))
		return status;
	file->FsContext = fw_im_handle_new();
	return file->FsContext ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* NT-24: this handle's requests end, and no others. */
static void on_cleanup(FILE_OBJECT *file)
{
	struct fw_im_handle *handle = file->FsContext;

	if (handle)
		fw_im_follower_stop(&handle->follower);
}

static void on_close(FILE_OBJECT *file)
{
	on_cleanup(file); /* in case nobody told of it */
	fw_im_handle_put(file->FsContext);
	file->FsContext = NULL;
}

/* Of no other device: NDIS calls it for this one only. */
static NTSTATUS NTAPI dispatch(DEVICE_OBJECT *device, IRP *irp)
{
	IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
	NTSTATUS status = STATUS_SUCCESS;
	FILE_OBJECT *file = location->FileObject;

	(void)device;
	switch (file ? location->MajorFunction : IRP_MJ_MAXIMUM_FUNCTION) {
	case IRP_MJ_CREATE:
		status = on_create(file, irp);
		break;
	case IRP_MJ_CLEANUP:
		on_cleanup(file);
		break;
	case IRP_MJ_CLOSE:
		on_close(file);
		break;
	case IRP_MJ_DEVICE_CONTROL:
		if (file->FsContext)
			return fw_im_handle_request(file->FsContext, irp);
		status = STATUS_INVALID_DEVICE_STATE;
		break;
	default:
		status = STATUS_INVALID_DEVICE_REQUEST;
	}
	fw_irp_complete(irp, status, 0);
	return status;
}
