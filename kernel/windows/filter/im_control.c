/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/filter/im_control.h"

#include "kernel/windows/control_file.h"
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

/* Not when the device is being taken away: NDIS wants no handle open then. */
static void *open_handle(void)
{
	struct fw_im_handle *handle = NULL;

	lock();
	if (control.device)
		handle = fw_im_handle_new();
	unlock();
	return handle;
}

static void stop_handle(void *handle)
{
	fw_im_follower_stop(&((struct fw_im_handle *)handle)->follower);
}

/* The device may be taken away in its own close: nobody has a handle any more, and NT keeps it
 * until the file is gone. */
static void update_without_handles(void)
{
	if (!fw_im_handles_count())
		fw_im_control_update();
}

static void close_handle(void *handle)
{
	fw_im_handle_put(handle);
	update_without_handles();
}

/* A handle that was closed meanwhile ends with its last request. */
static NTSTATUS request(void *handle, IRP *irp)
{
	NTSTATUS status = fw_im_handle_request(handle, irp);

	update_without_handles();
	return status;
}

/* Of no other device: NDIS calls it for this one only. */
static NTSTATUS NTAPI dispatch(DEVICE_OBJECT *device, IRP *irp)
{
	static const struct fw_control_file_handles handles = { open_handle, stop_handle,
		close_handle, request };

	(void)device;
	return fw_control_file_dispatch(&handles, irp);
}
