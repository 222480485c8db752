/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_attach.h"
#include "kernel/windows/tdi_connection.h"
#include "kernel/windows/tdi_create.h"
#include "kernel/windows/tdi_handler.h"
#include "kernel/windows/tdi_request.h"
#include "kernel/windows/tdi_transfer.h"

typedef NTSTATUS fw_tdi_minor(struct fw_tdi_device *device, IRP *irp);

/* Those that are not here concern no flow, or are not known: they pass. */
static fw_tdi_minor *const minors[] = {
	[TDI_ASSOCIATE_ADDRESS] = fw_tdi_associate,
	[TDI_DISASSOCIATE_ADDRESS] = fw_tdi_disassociate,
	[TDI_CONNECT] = fw_tdi_connect,
	[TDI_LISTEN] = fw_tdi_listen,
	[TDI_ACCEPT] = fw_tdi_accept,
	[TDI_DISCONNECT] = fw_tdi_disconnect,
	[TDI_SEND] = fw_tdi_send,
	[TDI_RECEIVE] = fw_tdi_receive,
	[TDI_SEND_DATAGRAM] = fw_tdi_send_datagram,
	[TDI_RECEIVE_DATAGRAM] = fw_tdi_receive_datagram,
	[TDI_SET_EVENT_HANDLER] = fw_tdi_set_handler,
	[TDI_QUERY_INFORMATION] = fw_tdi_pass,
	[TDI_SET_INFORMATION] = fw_tdi_pass,
	[TDI_ACTION] = fw_tdi_pass,
	[TDI_DIRECT_SEND] = fw_tdi_send,
	[TDI_DIRECT_SEND_DATAGRAM] = fw_tdi_send_datagram,
};

static bool is_direct_query(const IO_STACK_LOCATION *location)
{
	ULONG code = location->Parameters.DeviceIoControl.IoControlCode;

	return code == IOCTL_TDI_QUERY_DIRECT_SEND_HANDLER ||
	       code == IOCTL_TDI_QUERY_DIRECT_SENDDG_HANDLER;
}

/* Its clients would call the lower driver's own function for every send from then on, past us.
 * Those who are told that there is none send requests, as to every transport that has none. */
static NTSTATUS refuse_direct(IRP *irp)
{
	return fw_tdi_refuse(irp, STATUS_NOT_IMPLEMENTED);
}

static NTSTATUS internal_control(struct fw_tdi_device *device, IRP *irp)
{
	const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
	UCHAR minor = location->MinorFunction;

	if (!minor && is_direct_query(location))
		return refuse_direct(irp);
	if (minor >= FW_ARRAY_SIZE(minors) || !minors[minor])
		return fw_tdi_pass(device, irp);
	return minors[minor](device, irp);
}

/* A user's request becomes what a driver would have sent, if it is one of TDI; else it is left
 * alone. */
static NTSTATUS device_control(struct fw_tdi_device *device, IRP *irp)
{
	IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
	ULONG code = location->Parameters.DeviceIoControl.IoControlCode;

	if (is_direct_query(location))
		return refuse_direct(irp);
	if (code >> 16 != FILE_DEVICE_TRANSPORT || KeGetCurrentIrql() != PASSIVE_LEVEL ||
		!NT_SUCCESS(TdiMapUserRequest(device->self, irp, location)))
		return fw_tdi_pass(device, irp);
	return internal_control(device, irp);
}

NTSTATUS fw_tdi_dispatch(DEVICE_OBJECT *device_object, IRP *irp)
{
	struct fw_tdi_device *device = device_object->DeviceExtension;

	switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
	case IRP_MJ_CREATE:
		return fw_tdi_create(device, irp);
	case IRP_MJ_CLEANUP:
		return fw_tdi_cleanup(device, irp);
	case IRP_MJ_CLOSE:
		return fw_tdi_close(device, irp);
	case IRP_MJ_INTERNAL_DEVICE_CONTROL:
		return internal_control(device, irp);
	case IRP_MJ_DEVICE_CONTROL:
		return device_control(device, irp);
	default:
		return fw_tdi_pass(device, irp);
	}
}
