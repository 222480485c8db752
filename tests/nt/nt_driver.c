/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Loading a driver, unloading it, and what may not be left of it. */
#include <stdio.h>

#include "nt_irp.h"

#define HOOKS 4

struct driver {
	DRIVER_OBJECT object;
	DRIVER_EXTENSION extension;
	UNICODE_STRING registry_path;
	WCHAR name[64], path[128];
	bool unloading; /* as soon as its last handle is closed */
};

static void (*hooks[HOOKS])(PDRIVER_OBJECT driver);

void nt_unload_hook(void (*check)(PDRIVER_OBJECT driver))
{
	unsigned index;

	for (index = 0; index < HOOKS && hooks[index]; index++)
		if (hooks[index] == check)
			return;
	if (index < HOOKS)
		hooks[index] = check;
}

static NTSTATUS refuse(PDEVICE_OBJECT device, PIRP irp)
{
	(void)device;
	irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
	irp->IoStatus.Information = 0;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return STATUS_INVALID_DEVICE_REQUEST;
}

static struct driver *driver_new(const char *name, DRIVER_INITIALIZE *entry)
{
	struct driver *driver = nt_object_new(NT_DRIVER, sizeof(*driver), NULL);
	char text[128];
	unsigned index;

	driver->object.Type = 4;
	driver->object.Size = sizeof(DRIVER_OBJECT);
	driver->object.DriverExtension = &driver->extension;
	driver->object.DriverInit = entry;
	driver->extension.DriverObject = &driver->object;
	snprintf(text, sizeof(text), "\\Driver\\%s", name);
	nt_utf16(text, driver->name, FW_NT_COUNT(driver->name), &driver->object.DriverName);
	snprintf(text, sizeof(text), "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%s", name);
	nt_utf16(text, driver->path, FW_NT_COUNT(driver->path), &driver->registry_path);
	for (index = 0; index <= IRP_MJ_MAXIMUM_FUNCTION; index++)
		driver->object.MajorFunction[index] = refuse;
	return driver;
}

/* Nothing of a driver may be left: not its own things, and nobody who would call it. */
static void outstanding_check(const char *when, PDRIVER_OBJECT driver)
{
	unsigned index;

	nt_device_check(when, driver);
	nt_notify_check(when);
	nt_timer_check(when);
	nt_work_check(when);
	nt_thread_check(when);
	nt_irp_check(when, driver);
	for (index = 0; index < HOOKS; index++)
		if (hooks[index])
			hooks[index](driver);
	nt_pool_check(when);
}

NTSTATUS nt_driver_load(const char *name, DRIVER_INITIALIZE *entry, PDRIVER_OBJECT *object)
{
	struct driver *driver = driver_new(name, entry);
	struct nt_frame frame;
	PDEVICE_OBJECT device;
	NTSTATUS status;

	nt_enter_unlocked("nt_driver_load", PASSIVE_LEVEL);
	frame = nt_frame_begin();
	status = entry(&driver->object, &driver->registry_path);
	nt_frame_end(frame, "DriverEntry");
	if (!NT_SUCCESS(status)) {
		outstanding_check("a DriverEntry that failed", &driver->object);
		nt_object_put(driver);
		return status;
	}
	/* As NT does for the devices that DriverEntry made. */
	nt_lock();
	for (device = driver->object.DeviceObject; device; device = device->NextDevice)
		device->Flags &= ~DO_DEVICE_INITIALIZING;
	nt_unlock();
	*object = &driver->object;
	return status;
}

static bool in_use(PDRIVER_OBJECT driver)
{
	PDEVICE_OBJECT device;

	for (device = driver->DeviceObject; device; device = device->NextDevice)
		if (device->ReferenceCount || device->AttachedDevice)
			return true;
	return false;
}

/* Whether there is a routine was asked before, and is not asked again. */
static void unload(PDRIVER_OBJECT driver)
{
	struct nt_frame frame = nt_frame_begin();

	if (!driver->DriverUnload)
		nt_violation(NT_RULE_UNLOAD, "DriverUnload was taken back while NT waited with the unload");
	driver->DriverUnload(driver);
	nt_frame_end(frame, "DriverUnload");
	outstanding_check("the driver's unload", driver);
	nt_object_put(driver);
}

static struct driver *driver_of(PDRIVER_OBJECT driver)
{
	return CONTAINING_RECORD(driver, struct driver, object);
}

NTSTATUS nt_driver_unload(PDRIVER_OBJECT driver)
{
	nt_enter_unlocked("nt_driver_unload", PASSIVE_LEVEL);
	if (!driver->DriverUnload)
		return STATUS_INVALID_DEVICE_REQUEST;
	if (in_use(driver)) {
		driver_of(driver)->unloading = true;
		return STATUS_PENDING;
	}
	unload(driver);
	return STATUS_SUCCESS;
}

bool nt_driver_is_unloading(PDRIVER_OBJECT driver)
{
	return driver_of(driver)->unloading;
}

void nt_driver_released(PDRIVER_OBJECT driver)
{
	if (!driver_of(driver)->unloading || in_use(driver))
		return;
	driver_of(driver)->unloading = false;
	unload(driver);
}

void nt_driver_reset(void)
{
	memset(hooks, 0, sizeof(hooks));
}
