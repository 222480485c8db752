/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/control_device.h"

#include "kernel/windows/control_handle.h"
#include "kernel/windows/control_security.h"

static struct {
	DEVICE_OBJECT *device;
	bool has_link;
	bool is_secured;
} control;

static void name_init(UNICODE_STRING *name, const WCHAR *text)
{
	RtlInitUnicodeString(name, text);
}

NTSTATUS fw_control_device_create(DRIVER_OBJECT *driver)
{
	UNICODE_STRING name, link;
	NTSTATUS status;

	memset(&control, 0, sizeof(control));
	name_init(&name, (const WCHAR *)L"" FW_CONTROL_DEVICE_NAME);
	name_init(&link, (const WCHAR *)L"" FW_CONTROL_LINK_NAME);
	status = IoCreateDevice(driver, 0, &name, FW_CONTROL_DEVICE_TYPE, FILE_DEVICE_SECURE_OPEN,
		FALSE, &control.device);
	if (!NT_SUCCESS(status))
		return status;
	control.is_secured = NT_SUCCESS(fw_control_security_set(control.device));
	status = IoCreateSymbolicLink(&link, &name);
	if (!NT_SUCCESS(status)) {
		fw_control_device_remove();
		return status;
	}
	control.has_link = true;
	control.device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
	return STATUS_SUCCESS;
}

void fw_control_device_remove(void)
{
	UNICODE_STRING link;

	name_init(&link, (const WCHAR *)L"" FW_CONTROL_LINK_NAME);
	if (control.has_link)
		IoDeleteSymbolicLink(&link);
	control.has_link = false;
	if (control.device)
		IoDeleteDevice(control.device);
	control.device = NULL;
}

bool fw_control_device_owns(const DEVICE_OBJECT *device)
{
	return device == control.device;
}

bool fw_control_device_is_secured(void)
{
	return control.is_secured;
}

DEVICE_OBJECT *fw_control_device_object(void)
{
	return control.device;
}

static NTSTATUS on_create(FILE_OBJECT *file, IRP *irp)
{
	NTSTATUS status = fw_control_security_check(irp);

	if (!NT_SUCCESS(status))
		return status;
	file->FsContext = fw_control_handle_new();
	return file->FsContext ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* NT-24: this handle's requests end, and no others. */
static void on_cleanup(FILE_OBJECT *file)
{
	struct fw_control_handle *handle = file->FsContext;

	if (handle)
		fw_event_reader_stop(&handle->reader);
}

static void on_close(FILE_OBJECT *file)
{
	on_cleanup(file); /* in case nobody told of it */
	fw_control_handle_put(file->FsContext);
	file->FsContext = NULL;
}

NTSTATUS fw_control_device_dispatch(DEVICE_OBJECT *device, IRP *irp)
{
	IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
	NTSTATUS status = STATUS_SUCCESS;
	FILE_OBJECT *file = location->FileObject;

	if (!fw_control_device_owns(device) || !file) {
		fw_irp_complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
		return STATUS_INVALID_DEVICE_REQUEST;
	}
	switch (location->MajorFunction) {
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
			return fw_control_handle_request(file->FsContext, irp);
		status = STATUS_INVALID_DEVICE_STATE;
		break;
	default:
		status = STATUS_INVALID_DEVICE_REQUEST;
	}
	fw_irp_complete(irp, status, 0);
	return status;
}
