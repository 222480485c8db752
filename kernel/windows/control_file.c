/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/control_file.h"

#include "kernel/windows/control_security.h"
#include "kernel/windows/irp_queue.h"

static NTSTATUS on_create(
	const struct fw_control_file_handles *handles, FILE_OBJECT *file, IRP *irp)
{
	NTSTATUS status = fw_control_security_check(irp);

	if (!NT_SUCCESS(status))
		return status;
	file->FsContext = handles->open();
	return file->FsContext ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* NT-24: this handle's requests end, and no others. */
static void on_cleanup(const struct fw_control_file_handles *handles, FILE_OBJECT *file)
{
	if (file->FsContext)
		handles->stop(file->FsContext);
}

static void on_close(const struct fw_control_file_handles *handles, FILE_OBJECT *file)
{
	if (!file->FsContext)
		return;
	handles->stop(file->FsContext); /* in case nobody told of the cleanup */
	handles->close(file->FsContext);
	file->FsContext = NULL;
}

NTSTATUS fw_control_file_dispatch(const struct fw_control_file_handles *handles, IRP *irp)
{
	IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
	FILE_OBJECT *file = location->FileObject;
	NTSTATUS status = STATUS_SUCCESS;

	switch (file ? location->MajorFunction : IRP_MJ_MAXIMUM_FUNCTION) {
	case IRP_MJ_CREATE:
		status = on_create(handles, file, irp);
		break;
	case IRP_MJ_CLEANUP:
		on_cleanup(handles, file);
		break;
	case IRP_MJ_CLOSE:
		on_close(handles, file);
		break;
	case IRP_MJ_DEVICE_CONTROL:
		if (file->FsContext)
			return handles->request(file->FsContext, irp);
		status = STATUS_INVALID_DEVICE_STATE;
		break;
	default:
		status = STATUS_INVALID_DEVICE_REQUEST;
	}
	fw_irp_complete(irp, status, 0);
	return status;
}
