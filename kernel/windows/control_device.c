/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/control_device.h"

#include "kernel/windows/control_file.h"
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

static void *open_handle(void)
{
	return fw_control_handle_new();
}

static void stop_handle(void *handle)
{
	fw_event_reader_stop(&((struct fw_control_handle *)handle)->reader);
}

static void close_handle(void *handle)
{
	fw_control_handle_put(handle);
}

static NTSTATUS request(void *handle, IRP *irp)
{
	return fw_control_handle_request(handle, irp);
}

NTSTATUS fw_control_device_dispatch(DEVICE_OBJECT *device, IRP *irp)
{
	static const struct fw_control_file_handles handles = { open_handle, stop_handle,
		close_handle, request };

	if (!fw_control_device_owns(device)) {
		fw_irp_complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
		return STATUS_INVALID_DEVICE_REQUEST;
	}
	return fw_control_file_dispatch(&handles, irp);
}
