/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_transfer.h"

#include "kernel/windows/limit_receive.h"
#include "kernel/windows/limit_send.h"
#include "kernel/windows/tdi_attach.h"
#include "kernel/windows/tdi_connection.h"
#include "kernel/windows/tdi_flow.h"
#include "kernel/windows/tdi_judge.h"
#include "kernel/windows/tdi_request.h"
#include "kernel/windows/tdi_worker.h"

static const void *parameters(IRP *irp)
{
	return &IoGetCurrentIrpStackLocation(irp)->Parameters;
}

/* What went through. A message that was too long for its buffer filled it (a warning); an error
 * moved nothing. */
uint64_t fw_tdi_transferred(const IRP *irp)
{
	NTSTATUS status = irp->IoStatus.Status;

	return NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW ? irp->IoStatus.Information
								      : 0;
}

static NTSTATUS NTAPI was_sent(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct fw_tdi_object *object = context;

	fw_tdi_flow_sent(object, fw_tdi_transferred(irp));
	fw_tdi_object_put(object);
	return fw_tdi_watched(irp);
}

static NTSTATUS NTAPI was_received(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct fw_tdi_object *object = context;

	fw_tdi_flow_received(object, fw_tdi_transferred(irp));
	fw_limit_charge_received(object, fw_tdi_transferred(irp), false);
	fw_tdi_object_put(object);
	return fw_tdi_watched(irp);
}

NTSTATUS fw_tdi_send(struct fw_tdi_device *device, IRP *irp)
{
	struct fw_tdi_object *object =
		fw_tdi_object_get(IoGetCurrentIrpStackLocation(irp)->FileObject);

	if (!object)
		return fw_tdi_pass(device, irp);
	if (fw_limit_concerns(object))
		return fw_limit_send(object, irp);
	return fw_tdi_watch(device, irp, was_sent, object);
}

NTSTATUS fw_tdi_send_on(struct fw_tdi_object *object, IRP *irp)
{
	return fw_tdi_watch(object->device, irp, was_sent, object);
}

/* Data that is looked at and stays where it is, is received later. */
static bool is_peek(IRP *irp)
{
	const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);

	if (location->MinorFunction == TDI_RECEIVE_DATAGRAM)
		return ((const TDI_REQUEST_KERNEL_RECEIVEDG *)parameters(irp))->ReceiveFlags &
		       TDI_RECEIVE_PEEK;
	return ((const TDI_REQUEST_KERNEL_RECEIVE *)parameters(irp))->ReceiveFlags &
	       TDI_RECEIVE_PEEK;
}

/* One that is marked pending, so that it can wait until its bytes are paid for. */
static NTSTATUS received_late(struct fw_tdi_object *object, IRP *irp, bool was_below)
{
	uint64_t bytes = is_peek(irp) ? 0 : fw_tdi_transferred(irp);

	fw_tdi_flow_received(object, bytes);
	if (fw_limit_hold_received(object, irp, bytes, was_below))
		return STATUS_MORE_PROCESSING_REQUIRED;
	fw_tdi_object_put(object);
	fw_tdi_request_leave();
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI was_received_late(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	return received_late(context, irp, false);
}

static NTSTATUS NTAPI was_received_below(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	return received_late(context, irp, true);
}

/* In the location that the lower driver gets. */
static void shorten(struct fw_tdi_object *object, IO_STACK_LOCATION *location)
{
	TDI_REQUEST_KERNEL_RECEIVE *request = (TDI_REQUEST_KERNEL_RECEIVE *)&location->Parameters;
	uint32_t most = fw_limit_most_received(object);

	if (location->MinorFunction == TDI_RECEIVE && most && request->ReceiveLength > most)
		request->ReceiveLength = most;
}

NTSTATUS fw_tdi_receive_on(struct fw_tdi_object *object, IRP *irp)
{
	IoMarkIrpPending(irp);
	fw_tdi_request_enter();
	IoCopyCurrentIrpStackLocationToNext(irp);
	shorten(object, IoGetNextIrpStackLocation(irp));
	IoSetCompletionRoutine(irp, was_received_below, object, TRUE, TRUE, TRUE);
	IoCallDriver(object->device->lower, irp);
	return STATUS_PENDING;
}

NTSTATUS fw_tdi_receive(struct fw_tdi_device *device, IRP *irp)
{
	struct fw_tdi_object *object =
		fw_tdi_object_get(IoGetCurrentIrpStackLocation(irp)->FileObject);
	NTSTATUS status;

	if (!object)
		return fw_tdi_pass(device, irp);
	if (fw_limit_concerns(object) && fw_limit_receive(object, irp, &status))
		return status;
	if (!is_peek(irp))
		return fw_tdi_watch(device, irp, was_received, object);
	fw_tdi_object_put(object);
	return fw_tdi_pass(device, irp);
}

NTSTATUS fw_tdi_send_datagram(struct fw_tdi_device *device, IRP *irp)
{
	const TDI_REQUEST_KERNEL_SENDDG *request = parameters(irp);
	struct fw_tdi_object *object =
		fw_tdi_object_get(IoGetCurrentIrpStackLocation(irp)->FileObject);
	struct fw_tdi_endpoint remote;
	bool known;

	if (!object)
		return fw_tdi_pass(device, irp);
	known = fw_tdi_information_read(irp, request->SendDatagramInformation, &remote) ||
		fw_tdi_flow_remote(object, &remote);
	if (fw_tdi_refused(object, known ? &remote : NULL, FW_BLOCKED_SEND, request->SendLength)) {
		fw_tdi_object_put(object);
		return fw_tdi_refuse(irp, FW_TDI_REFUSED);
	}
	if (fw_limit_concerns(object))
		return fw_limit_send(object, irp);
	return fw_tdi_watch(device, irp, was_sent, object);
}

static NTSTATUS NTAPI was_datagram_received(DEVICE_OBJECT *device, IRP *irp, void *context);

/* The datagram that filled the buffer was refused; the request waits for the next one. */
static void receive_again(struct fw_tdi_object *object, IRP *irp)
{
	if (irp->Cancel) {
		fw_tdi_object_put(object);
		fw_tdi_refuse(irp, STATUS_CANCELLED);
		fw_tdi_request_leave();
		return;
	}
	IoCopyCurrentIrpStackLocationToNext(irp);
	IoSetCompletionRoutine(irp, was_datagram_received, object, TRUE, TRUE, TRUE);
	IoCallDriver(object->device->lower, irp);
}

static bool is_datagram_refused(struct fw_tdi_object *object, IRP *irp)
{
	const TDI_REQUEST_KERNEL_RECEIVEDG *request = parameters(irp);
	struct fw_tdi_endpoint remote;
	bool known = fw_tdi_information_read(irp, request->ReturnDatagramInformation, &remote) ||
		     fw_tdi_flow_remote(object, &remote);

	return fw_tdi_refused(
		object, known ? &remote : NULL, FW_BLOCKED_RECEIVE, irp->IoStatus.Information);
}

static NTSTATUS NTAPI was_datagram_received(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct fw_tdi_object *object = context;
	bool arrived =
		NT_SUCCESS(irp->IoStatus.Status) || irp->IoStatus.Status == STATUS_BUFFER_OVERFLOW;

	if (arrived && is_datagram_refused(object, irp)) {
		fw_tdi_worker_resume(object, irp, receive_again);
		return STATUS_MORE_PROCESSING_REQUIRED;
	}
	return was_received_late(device, irp, context); /* marked pending when it was sent */
}

NTSTATUS fw_tdi_receive_datagram(struct fw_tdi_device *device, IRP *irp)
{
	struct fw_tdi_object *object =
		fw_tdi_object_get(IoGetCurrentIrpStackLocation(irp)->FileObject);

	return object ? fw_tdi_watch_pending(device, irp, was_datagram_received, object)
		      : fw_tdi_pass(device, irp);
}

/* The event was judged, so a datagram need not be. */
void fw_tdi_receive_returned(struct fw_tdi_device *device, IRP *irp)
{
	struct fw_tdi_object *object;

	if (is_peek(irp))
		return;
	object = fw_tdi_object_get(IoGetCurrentIrpStackLocation(irp)->FileObject);
	if (!object)
		return;
	IoMarkIrpPending(irp); /* the location is ours now */
	if (!fw_tdi_watch_returned(device, irp, was_received_late, object)) {
		fw_tdi_count_failure();
		fw_tdi_object_put(object);
		return;
	}
	shorten(object, IoGetCurrentIrpStackLocation(irp));
}
