/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What tdi.sys gives: building requests to transports, and mapping a program's. */
#include "include/tdikrnl.h"
#include "nt_irp.h"

void nt_tdi_build(PIRP irp, PDEVICE_OBJECT device, PFILE_OBJECT file, PVOID routine, PVOID context, UCHAR minor,
	const void *parameters, SIZE_T size, PMDL data)
{
	PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);

	memset(next, 0, sizeof(*next));
	next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
	next->MinorFunction = minor;
	next->DeviceObject = device;
	next->FileObject = file;
	memcpy(&next->Parameters, parameters, size);
	if (routine)
		IoSetCompletionRoutine(irp, (PIO_COMPLETION_ROUTINE)routine, context, TRUE, TRUE, TRUE);
	irp->MdlAddress = data;
}

static const struct {
	ULONG code;
	UCHAR minor;
} codes[] = {
	{ IOCTL_TDI_ACCEPT, TDI_ACCEPT },
	{ IOCTL_TDI_CONNECT, TDI_CONNECT },
	{ IOCTL_TDI_DISCONNECT, TDI_DISCONNECT },
	{ IOCTL_TDI_LISTEN, TDI_LISTEN },
	{ IOCTL_TDI_QUERY_INFORMATION, TDI_QUERY_INFORMATION },
	{ IOCTL_TDI_RECEIVE, TDI_RECEIVE },
	{ IOCTL_TDI_RECEIVE_DATAGRAM, TDI_RECEIVE_DATAGRAM },
	{ IOCTL_TDI_SEND, TDI_SEND },
	{ IOCTL_TDI_SEND_DATAGRAM, TDI_SEND_DATAGRAM },
	{ IOCTL_TDI_SET_EVENT_HANDLER, TDI_SET_EVENT_HANDLER },
	{ IOCTL_TDI_SET_INFORMATION, TDI_SET_INFORMATION },
	{ IOCTL_TDI_ASSOCIATE_ADDRESS, TDI_ASSOCIATE_ADDRESS },
	{ IOCTL_TDI_DISASSOCIATE_ADDRESS, TDI_DISASSOCIATE_ADDRESS },
	{ IOCTL_TDI_ACTION, TDI_ACTION },
};

NTSTATUS TdiMapUserRequest(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION location)
{
	unsigned index;

	(void)device;
	(void)irp;
	if (nt_self()->irql != PASSIVE_LEVEL)
		nt_violation(6, "TdiMapUserRequest at IRQL %u", nt_self()->irql);
	nt_enter_unlocked("TdiMapUserRequest", PASSIVE_LEVEL);
	for (index = 0; index < FW_NT_COUNT(codes); index++)
		if (location->Parameters.DeviceIoControl.IoControlCode == codes[index].code) {
			location->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
			location->MinorFunction = codes[index].minor;
			return STATUS_SUCCESS;
		}
	return STATUS_NOT_IMPLEMENTED;
}

/* The request of a driver that waits for an event: nobody else ends it. */
struct built {
	PVOID output, buffer;
	ULONG length, method;
	PKEVENT event;
	PIO_STATUS_BLOCK status;
};

static void built_finish(PIRP irp, void *context)
{
	struct built *built = context;

	*built->status = irp->IoStatus;
	if (built->method == METHOD_BUFFERED && built->output && !NT_ERROR(irp->IoStatus.Status))
		memcpy(built->output, built->buffer, irp->IoStatus.Information);
	KeSetEvent(built->event, IO_NO_INCREMENT, FALSE);
	free(built->buffer);
	free(built);
	nt_irp_delete(irp);
}

PIRP IoBuildDeviceIoControlRequest(ULONG code, PDEVICE_OBJECT device, PVOID input, ULONG input_length, PVOID output,
	ULONG output_length, BOOLEAN internal, PKEVENT event, PIO_STATUS_BLOCK status)
{
	struct built *built;
	PIO_STACK_LOCATION next;
	PIRP irp;

	nt_enter_unlocked("IoBuildDeviceIoControlRequest", PASSIVE_LEVEL);
	if ((code & 3) == METHOD_IN_DIRECT || (code & 3) == METHOD_OUT_DIRECT)
		nt_violation(0, "IoBuildDeviceIoControlRequest with a direct method is not made here");
	if (nt_fails("IoBuildDeviceIoControlRequest"))
		return NULL;
	built = calloc(1, sizeof(*built));
	*built = (struct built){ output, NULL, output_length, code & 3, event, status };
	irp = nt_irp_new(device->StackSize, built_finish, built);
	next = IoGetNextIrpStackLocation(irp);
	next->MajorFunction = internal ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
	next->Parameters.DeviceIoControl.IoControlCode = code;
	next->Parameters.DeviceIoControl.InputBufferLength = input_length;
	next->Parameters.DeviceIoControl.OutputBufferLength = output_length;
	if (built->method == METHOD_NEITHER) {
		next->Parameters.DeviceIoControl.Type3InputBuffer = input;
		irp->UserBuffer = output;
	} else if (input_length || output_length) {
		built->buffer = calloc(1, input_length > output_length ? input_length : output_length);
		if (input)
			memcpy(built->buffer, input, input_length);
		irp->AssociatedIrp.SystemBuffer = built->buffer;
	}
	irp->UserEvent = event;
	irp->UserIosb = status;
	return irp;
}
