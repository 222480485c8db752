/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_request.h"

#include "kernel/windows/tdi_object.h"

NTSTATUS fw_tdi_pass(struct fw_tdi_device *device, IRP *irp)
{
	IoSkipCurrentIrpStackLocation(irp);
	return IoCallDriver(device->lower, irp);
}

NTSTATUS fw_tdi_watch(
	struct fw_tdi_device *device, IRP *irp, PIO_COMPLETION_ROUTINE routine, void *context)
{
	fw_tdi_request_enter();
	IoCopyCurrentIrpStackLocationToNext(irp);
	IoSetCompletionRoutine(irp, routine, context, TRUE, TRUE, TRUE);
	return IoCallDriver(device->lower, irp);
}

NTSTATUS fw_tdi_watch_pending(
	struct fw_tdi_device *device, IRP *irp, PIO_COMPLETION_ROUTINE routine, void *context)
{
	IoMarkIrpPending(irp);
	fw_tdi_watch(device, irp, routine, context);
	return STATUS_PENDING;
}

bool fw_tdi_watch_returned(
	struct fw_tdi_device *device, IRP *irp, PIO_COMPLETION_ROUTINE routine, void *context)
{
	/* The client made the present location for the lower driver; that gets the next one. */
	if (irp->CurrentLocation <= 1)
		return false;
	fw_tdi_request_enter();
	IoCopyCurrentIrpStackLocationToNext(irp);
	IoSetCompletionRoutine(irp, routine, context, TRUE, TRUE, TRUE);
	IoSetNextIrpStackLocation(irp);
	IoGetCurrentIrpStackLocation(irp)->DeviceObject = device->lower;
	return true;
}

NTSTATUS fw_tdi_watched(IRP *irp)
{
	if (irp->PendingReturned)
		IoMarkIrpPending(irp);
	fw_tdi_request_leave();
	return STATUS_SUCCESS;
}

NTSTATUS fw_tdi_refuse(IRP *irp, NTSTATUS status)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = 0;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return status;
}

static NTSTATUS NTAPI wake(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	KEVENT *event = context;

	KeSetEvent(event, IO_NETWORK_INCREMENT, FALSE);
	return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS call_and_wait(struct fw_tdi_device *device, IRP *irp)
{
	KEVENT event;

	KeInitializeEvent(&event, NotificationEvent, FALSE);
	IoSetCompletionRoutine(irp, wake, &event, TRUE, TRUE, TRUE);
	IoCallDriver(device->lower, irp);
	/* Also when it did not pend: nobody may touch the event after we return. */
	KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
	return irp->IoStatus.Status;
}

NTSTATUS fw_tdi_wait(struct fw_tdi_device *device, IRP *irp)
{
	IoCopyCurrentIrpStackLocationToNext(irp);
	return call_and_wait(device, irp);
}

/* A request of our own for a file of the lower driver; its parameters are the caller's to fill in.
 */
static IRP *own_request(
	struct fw_tdi_device *device, FILE_OBJECT *file, uint8_t minor, IO_STACK_LOCATION **next)
{
	IRP *irp = IoAllocateIrp(device->lower->StackSize, FALSE);

	if (!irp)
		return NULL;
	*next = IoGetNextIrpStackLocation(irp);
	(*next)->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
	(*next)->MinorFunction = minor;
	(*next)->DeviceObject = device->lower;
	(*next)->FileObject = file;
	return irp;
}

static NTSTATUS query_into(struct fw_tdi_device *device, FILE_OBJECT *file, MDL *mdl)
{
	TDI_REQUEST_KERNEL_QUERY_INFORMATION *request;
	IO_STACK_LOCATION *next;
	NTSTATUS status;
	IRP *irp = own_request(device, file, TDI_QUERY_INFORMATION, &next);

	if (!irp)
		return STATUS_INSUFFICIENT_RESOURCES;
	request = (TDI_REQUEST_KERNEL_QUERY_INFORMATION *)&next->Parameters;
	request->QueryType = TDI_QUERY_ADDRESS_INFO;
	request->RequestConnectionInformation = NULL;
	irp->MdlAddress = mdl;
	status = call_and_wait(device, irp);
	irp->MdlAddress = NULL;
	IoFreeIrp(irp);
	return status;
}

NTSTATUS fw_tdi_query_local(
	struct fw_tdi_device *device, FILE_OBJECT *file, struct fw_tdi_endpoint *endpoint)
{
	uint8_t *info = ExAllocatePoolWithTag(NonPagedPool, FW_TDI_ADDRESS_INFO_SIZE, FW_TDI_TAG);
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
	MDL *mdl;

	if (!info)
		return status;
	RtlZeroMemory(info, FW_TDI_ADDRESS_INFO_SIZE);
	mdl = IoAllocateMdl(info, FW_TDI_ADDRESS_INFO_SIZE, FALSE, FALSE, NULL);
	if (mdl) {
		MmBuildMdlForNonPagedPool(mdl);
		status = query_into(device, file, mdl);
		IoFreeMdl(mdl);
	}
	/* What is behind the answer is zero, so how long it is need not be believed. */
	if (NT_SUCCESS(status) &&
		!fw_tdi_endpoint_read(info + FW_TDI_ADDRESS_INFO_OFFSET,
			FW_TDI_ADDRESS_INFO_SIZE - FW_TDI_ADDRESS_INFO_OFFSET, endpoint))
		status = STATUS_INVALID_ADDRESS;
	ExFreePoolWithTag(info, FW_TDI_TAG);
	return status;
}

NTSTATUS fw_tdi_abort(struct fw_tdi_device *device, FILE_OBJECT *file)
{
	TDI_REQUEST_KERNEL *request;
	IO_STACK_LOCATION *next;
	NTSTATUS status;
	IRP *irp = own_request(device, file, TDI_DISCONNECT, &next);

	if (!irp)
		return STATUS_INSUFFICIENT_RESOURCES;
	request = (TDI_REQUEST_KERNEL *)&next->Parameters;
	RtlZeroMemory(request, sizeof(*request));
	request->RequestFlags = TDI_DISCONNECT_ABORT;
	status = call_and_wait(device, irp);
	IoFreeIrp(irp);
	return status;
}
