/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/driver.h"

#include "kernel/windows/control_device.h"
#include "kernel/windows/event_reader.h"
#include "kernel/windows/event_stream.h"
#include "kernel/windows/nt_optional.h"
#include "kernel/windows/process_notify.h"
#include "kernel/windows/process_row.h"
#include "kernel/windows/rule_registry.h"
#include "kernel/windows/tdi_filter.h"
#include "kernel/windows/usage_dump.h"

static struct {
	DRIVER_OBJECT *object;
	KMUTEX changes; /* of what is below */
	bool is_attached;
	bool is_stopped;
	NTSTATUS attach_status;
	uint64_t since_ns;
} driver;

DRIVER_INITIALIZE DriverEntry;

/* Called by NT when no handle is open any more, and only after fw_driver_stop() let it: nothing of
 * ours is in use. */
static void NTAPI unload(DRIVER_OBJECT *object)
{
	(void)object;
	fw_process_notify_stop();
	fw_usage_dump_done();
	fw_control_device_remove();
	fw_rule_registry_done();
	fw_process_table_done();
}

static void lock(void)
{
	KeWaitForSingleObject(&driver.changes, Executive, KernelMode, FALSE, NULL);
}

static void unlock(void)
{
	KeReleaseMutex(&driver.changes, FALSE);
}

/* NT asks nobody whether a driver can be unloaded, but one without this routine it does not unload.
 */
static void detach(void)
{
	struct fw_control_status status;

	memset(&status, 0, sizeof(status));
	if (driver.is_attached && NT_SUCCESS(fw_tdi_detach(&status)))
		driver.is_attached = false;
	driver.object->DriverUnload = driver.is_attached ? NULL : unload;
}

void fw_driver_stop(void)
{
	lock();
	driver.is_stopped = true;
	if (driver.is_attached)
		fw_tdi_bypass(true);
	detach();
	unlock();
}

static void attach(void)
{
	driver.attach_status = fw_tdi_attach(driver.object);
	driver.is_attached = NT_SUCCESS(driver.attach_status);
}

NTSTATUS fw_driver_start(void)
{
	NTSTATUS status;

	lock();
	if (driver.object->DriverUnload) {
		/* NT may wait with its unload for this very handle to be closed, and asks for the routine only
		 * before it waits. Nothing tells a driver of it. */
		unlock();
		return STATUS_INVALID_DEVICE_STATE;
	}
	if (!driver.is_attached)
		attach();
	if (driver.is_attached)
		fw_tdi_bypass(false);
	driver.is_stopped = false;
	status = driver.attach_status;
	unlock();
	return status;
}

NTSTATUS fw_driver_attach_status(void)
{
	return driver.attach_status;
}

void fw_driver_status(struct fw_control_status *status)
{
	status->since_ns = driver.since_ns;
	status->time_ns = fw_time_boot_ns();
	status->readers = fw_event_stream_readers();
	fw_process_status(status);
	lock();
	if (driver.is_attached)
		fw_tdi_status(status);
	if (driver.is_stopped)
		status->state |= FW_CONTROL_BYPASS;
	if (driver.object->DriverUnload)
		status->state |= FW_CONTROL_UNLOADABLE;
	unlock();
}

static NTSTATUS NTAPI dispatch(DEVICE_OBJECT *device, IRP *irp)
{
	if (fw_tdi_owns(device))
		return fw_tdi_dispatch(device, irp);
	return fw_control_device_dispatch(device, irp);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT object, PUNICODE_STRING registry_path)
{
	NTSTATUS status;

	(void)registry_path;
	memset(&driver, 0, sizeof(driver));
	driver.object = object;
	KeInitializeMutex(&driver.changes, 0);
	for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
		object->MajorFunction[i] = dispatch;
	fw_nt_optional_init();
	driver.since_ns = fw_time_boot_ns();
	fw_event_stream_init();
	status = fw_process_table_init();
	if (!NT_SUCCESS(status))
		return status;
	status = fw_rule_registry_init();
	if (!NT_SUCCESS(status))
		goto table_done;
	status = fw_control_device_create(object);
	if (!NT_SUCCESS(status))
		goto rules_done;
	status = fw_usage_dump_init(fw_control_device_object());
	if (!NT_SUCCESS(status))
		goto device_remove;
	fw_process_notify_start();
	fw_process_find_existing();
	attach(); /* without it processes, threads and images are still told of, and the features
		     say why */
	return STATUS_SUCCESS;

device_remove:
	fw_control_device_remove();
rules_done:
	fw_rule_registry_done();
table_done:
	fw_process_table_done();
	return status;
}
