/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_connection.h"

#include "kernel/windows/limit_receive.h"
#include "kernel/windows/limit_send.h"
#include "kernel/windows/tdi_attach.h"
#include "kernel/windows/tdi_flow.h"
#include "kernel/windows/tdi_judge.h"
#include "kernel/windows/tdi_request.h"
#include "kernel/windows/tdi_tell.h"
#include "kernel/windows/tdi_worker.h"

/* A TDI_ASSOCIATE_ADDRESS that is under way. */
struct association {
	struct fw_tdi_object *connection;
	struct fw_tdi_object *address;
};

/* The parameters of all of these requests begin alike; those of an accept lack the first word. */
static const TDI_REQUEST_KERNEL *parameters(IRP *irp)
{
	return (const TDI_REQUEST_KERNEL *)&IoGetCurrentIrpStackLocation(irp)->Parameters;
}

/* The object of the request's file if it is of this kind: a reference, or NULL. */
static struct fw_tdi_object *requested(IRP *irp, enum fw_tdi_kind kind)
{
	struct fw_tdi_object *object =
		fw_tdi_object_get(IoGetCurrentIrpStackLocation(irp)->FileObject);

	if (object && object->kind == kind)
		return object;
	fw_tdi_object_put(object);
	return NULL;
}

bool fw_tdi_information_read(const IRP *irp, const TDI_CONNECTION_INFORMATION *information,
	struct fw_tdi_endpoint *remote)
{
	return irp->RequestorMode == KernelMode && information &&
	       fw_tdi_endpoint_read(
		       information->RemoteAddress, information->RemoteAddressLength, remote);
}

/* The address object that a handle means, a reference. A handle that is none is the lower driver's
 * to refuse. */
static struct fw_tdi_object *address_of(const IRP *irp, HANDLE handle)
{
	struct fw_tdi_object *address;
	FILE_OBJECT *file;

	if (!NT_SUCCESS(ObReferenceObjectByHandle(
		    handle, 0, FW_FILE_OBJECT_TYPE, irp->RequestorMode, (void **)&file, NULL)))
		return NULL;
	address = fw_tdi_object_get(file);
	ObDereferenceObject(file);
	if (address && address->kind == FW_TDI_ADDRESS)
		return address;
	fw_tdi_object_put(address);
	return NULL;
}

static NTSTATUS NTAPI was_associated(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct association *association = context;

	if (NT_SUCCESS(irp->IoStatus.Status)) {
		fw_tdi_object_associate(association->connection, association->address);
		fw_tdi_flow_local(association->connection, association->address);
	}
	fw_tdi_object_put(association->address);
	fw_tdi_object_put(association->connection);
	ExFreePoolWithTag(association, FW_TDI_TAG);
	return fw_tdi_watched(irp);
}

NTSTATUS fw_tdi_associate(struct fw_tdi_device *device, IRP *irp)
{
	const TDI_REQUEST_KERNEL_ASSOCIATE *request =
		(const TDI_REQUEST_KERNEL_ASSOCIATE *)&IoGetCurrentIrpStackLocation(irp)
			->Parameters;
	struct fw_tdi_object *connection = requested(irp, FW_TDI_CONNECTION);
	struct fw_tdi_object *address = connection ? address_of(irp, request->AddressHandle) : NULL;
	struct association *association;

	if (!address) {
		fw_tdi_object_put(connection);
		return fw_tdi_pass(device, irp);
	}
	association = ExAllocatePoolWithTag(NonPagedPool, sizeof(*association), FW_TDI_TAG);
	if (!association) {
		fw_tdi_object_put(address);
		fw_tdi_object_put(connection);
		return fw_tdi_refuse(irp, STATUS_INSUFFICIENT_RESOURCES);
	}
	association->connection = connection;
	association->address = address;
	return fw_tdi_watch(device, irp, was_associated, association);
}

/* A connection begins: what is left of the one before is nothing to it. */
static void begin_flow(struct fw_tdi_object *connection, const struct fw_tdi_endpoint *remote,
	enum fw_tcp_state state)
{
	fw_limit_abort(connection, STATUS_CONNECTION_ABORTED);
	fw_tdi_flow_begin(connection, remote, state);
}

/* As far as is known: a client without an event handler is not told of the end, nor are we. The
 * lower driver refuses to begin a connection on one that lives, which keeps what it has. */
static bool lives(struct fw_tdi_object *connection)
{
	bool lives;
	KIRQL irql;

	KeAcquireSpinLock(&connection->lock, &irql);
	lives = connection->state == FW_STATE_ESTABLISHED ||
		connection->state == FW_STATE_CLOSE_WAIT ||
		connection->state == FW_STATE_FIN_WAIT_1;
	KeReleaseSpinLock(&connection->lock, irql);
	return lives;
}

static NTSTATUS NTAPI was_disassociated(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct fw_tdi_object *connection = context;

	if (NT_SUCCESS(irp->IoStatus.Status)) {
		fw_limit_abort(connection, STATUS_CONNECTION_ABORTED);
		fw_tdi_flow_over(connection);
		fw_tdi_object_associate(connection, NULL);
	}
	fw_tdi_object_put(connection);
	return fw_tdi_watched(irp);
}

NTSTATUS fw_tdi_disassociate(struct fw_tdi_device *device, IRP *irp)
{
	struct fw_tdi_object *connection = requested(irp, FW_TDI_CONNECTION);

	return connection ? fw_tdi_watch(device, irp, was_disassociated, connection)
			  : fw_tdi_pass(device, irp);
}

/* Connect and accept. The local end is asked for only now that there is a connection. */
static NTSTATUS NTAPI was_connected(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct fw_tdi_object *connection = context;

	if (NT_SUCCESS(irp->IoStatus.Status))
		fw_tdi_flow_established(connection);
	else
		fw_tdi_flow_failed(connection);
	fw_tdi_object_put(connection);
	return fw_tdi_watched(irp);
}

/* The same where one seemed to live: only now it is known that it did not. */
static NTSTATUS was_begun_anew(
	struct fw_tdi_object *connection, IRP *irp, const TDI_CONNECTION_INFORMATION *information)
{
	struct fw_tdi_endpoint remote;
	bool known = fw_tdi_information_read(irp, information, &remote);

	if (NT_SUCCESS(irp->IoStatus.Status)) {
		begin_flow(connection, known ? &remote : NULL, FW_STATE_SYN_SENT);
		fw_tdi_flow_established(connection);
	}
	fw_tdi_object_put(connection);
	return fw_tdi_watched(irp);
}

static NTSTATUS NTAPI was_connected_anew(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	return was_begun_anew(context, irp, parameters(irp)->RequestConnectionInformation);
}

static NTSTATUS NTAPI was_accepted_anew(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	const TDI_REQUEST_KERNEL_ACCEPT *request =
		(const TDI_REQUEST_KERNEL_ACCEPT *)&IoGetCurrentIrpStackLocation(irp)->Parameters;

	return was_begun_anew(context, irp, request->RequestConnectionInformation);
}

/* An address of datagrams that is given a fixed peer. What was asked for is in our own location. */
static NTSTATUS NTAPI peer_was_fixed(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct fw_tdi_object *address = context;
	struct fw_tdi_endpoint remote;
	KIRQL irql;

	if (NT_SUCCESS(irp->IoStatus.Status) &&
		fw_tdi_information_read(
			irp, parameters(irp)->RequestConnectionInformation, &remote)) {
		KeAcquireSpinLock(&address->lock, &irql);
		address->remote = remote;
		address->state = FW_STATE_ESTABLISHED;
		KeReleaseSpinLock(&address->lock, irql);
	}
	fw_tdi_object_put(address);
	return fw_tdi_watched(irp);
}

NTSTATUS fw_tdi_connect(struct fw_tdi_device *device, IRP *irp)
{
	struct fw_tdi_object *object =
		fw_tdi_object_get(IoGetCurrentIrpStackLocation(irp)->FileObject);
	struct fw_tdi_endpoint remote;
	bool known = fw_tdi_information_read(
		irp, parameters(irp)->RequestConnectionInformation, &remote);

	if (!object)
		return fw_tdi_pass(device, irp);
	if (fw_tdi_refused(object, known ? &remote : NULL, FW_BLOCKED_CONNECT, 0)) {
		fw_tdi_object_put(object);
		return fw_tdi_refuse(irp, FW_TDI_REFUSED);
	}
	if (object->kind != FW_TDI_CONNECTION)
		return fw_tdi_watch(device, irp, peer_was_fixed, object);
	if (lives(object))
		return fw_tdi_watch(device, irp, was_connected_anew, object);
	begin_flow(object, known ? &remote : NULL, FW_STATE_SYN_SENT);
	return fw_tdi_watch(device, irp, was_connected, object);
}

/* A peer that a rule refuses has connected to a TDI_LISTEN: the connection ends, the listener hears
 * that it came to nothing. */
static void refuse_listen(struct fw_tdi_object *connection, IRP *irp)
{
	FILE_OBJECT *file = fw_tdi_object_file(connection);

	if (file) {
		fw_tdi_abort(connection->device, file);
		ObDereferenceObject(file);
	}
	fw_tdi_flow_failed(connection);
	fw_tdi_object_put(connection);
	fw_tdi_refuse(irp, FW_TDI_REFUSED_INCOMING);
	fw_tdi_request_leave();
}

static NTSTATUS NTAPI was_listened(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct fw_tdi_object *connection = context;
	struct fw_tdi_endpoint remote;
	bool known =
		fw_tdi_information_read(irp, parameters(irp)->ReturnConnectionInformation, &remote);

	if (!NT_SUCCESS(irp->IoStatus.Status)) {
		fw_tdi_flow_failed(connection);
	} else if (fw_tdi_refused(connection, known ? &remote : NULL, FW_BLOCKED_ACCEPT, 0)) {
		fw_tdi_worker_resume(connection, irp, refuse_listen);
		return STATUS_MORE_PROCESSING_REQUIRED;
	} else {
		fw_tdi_flow_begin(connection, known ? &remote : NULL, FW_STATE_SYN_RECEIVED);
		/* Else a TDI_ACCEPT decides. */
		if (!(parameters(irp)->RequestFlags & TDI_QUERY_ACCEPT))
			fw_tdi_flow_established(connection);
	}
	fw_tdi_object_put(connection);
	fw_tdi_request_leave(); /* marked pending when it was sent */
	return STATUS_SUCCESS;
}

NTSTATUS fw_tdi_listen(struct fw_tdi_device *device, IRP *irp)
{
	struct fw_tdi_object *connection = requested(irp, FW_TDI_CONNECTION);
	struct fw_tdi_object *address;
	KIRQL irql;

	if (!connection)
		return fw_tdi_pass(device, irp);
	if (!lives(connection))
		fw_limit_abort(connection, STATUS_CONNECTION_ABORTED);
	address = fw_tdi_object_address(connection);
	if (address) {
		KeAcquireSpinLock(&address->lock, &irql);
		address->state = FW_STATE_LISTEN;
		KeReleaseSpinLock(&address->lock, irql);
	}
	fw_tdi_object_put(address);
	return fw_tdi_watch_pending(device, irp, was_listened, connection);
}

/* Was the connection offered, by a TDI_LISTEN or an event? Then it was judged. */
static bool was_offered(struct fw_tdi_object *connection)
{
	bool offered;
	KIRQL irql;

	KeAcquireSpinLock(&connection->lock, &irql);
	offered = connection->state == FW_STATE_SYN_RECEIVED;
	KeReleaseSpinLock(&connection->lock, irql);
	return offered;
}

NTSTATUS fw_tdi_accept(struct fw_tdi_device *device, IRP *irp)
{
	const TDI_REQUEST_KERNEL_ACCEPT *request =
		(const TDI_REQUEST_KERNEL_ACCEPT *)&IoGetCurrentIrpStackLocation(irp)->Parameters;
	struct fw_tdi_object *connection = requested(irp, FW_TDI_CONNECTION);
	struct fw_tdi_endpoint remote;
	bool known;

	if (!connection)
		return fw_tdi_pass(device, irp);
	if (was_offered(connection))
		return fw_tdi_watch(device, irp, was_connected, connection);
	known = fw_tdi_information_read(irp, request->RequestConnectionInformation, &remote);
	if (fw_tdi_refused(connection, known ? &remote : NULL, FW_BLOCKED_ACCEPT, 0)) {
		fw_tdi_object_put(connection);
		return fw_tdi_refuse(irp, FW_TDI_REFUSED_INCOMING);
	}
	if (lives(connection))
		return fw_tdi_watch(device, irp, was_accepted_anew, connection);
	begin_flow(connection, known ? &remote : NULL, FW_STATE_SYN_RECEIVED);
	return fw_tdi_watch(device, irp, was_connected, connection);
}

void fw_tdi_accept_returned(
	struct fw_tdi_device *device, IRP *irp, const struct fw_tdi_endpoint *remote)
{
	struct fw_tdi_object *connection = requested(irp, FW_TDI_CONNECTION);

	if (!connection)
		return;
	begin_flow(connection, remote, FW_STATE_SYN_RECEIVED);
	if (fw_tdi_watch_returned(device, irp, was_connected, connection))
		return;
	/* Nobody will tell us whether it came about; that it did is what is likely. */
	fw_tdi_flow_established(connection);
	fw_tdi_object_put(connection);
}

static NTSTATUS NTAPI was_disconnected(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct fw_tdi_object *connection = context;

	if (NT_SUCCESS(irp->IoStatus.Status))
		fw_tdi_flow_ended_here(connection, parameters(irp)->RequestFlags);
	fw_tdi_object_put(connection);
	return fw_tdi_watched(irp);
}

NTSTATUS fw_tdi_disconnect(struct fw_tdi_device *device, IRP *irp)
{
	struct fw_tdi_object *connection = requested(irp, FW_TDI_CONNECTION);

	if (!connection)
		return fw_tdi_pass(device, irp);
	/* What was sent before goes before, however slowly; or not at all. */
	if (parameters(irp)->RequestFlags & TDI_DISCONNECT_ABORT)
		fw_limit_abort(connection, STATUS_CONNECTION_ABORTED);
	else if (fw_limit_file_of(connection) &&
		 parameters(irp)->RequestFlags & TDI_DISCONNECT_RELEASE)
		return fw_limit_disconnect(connection, irp);
	return fw_tdi_disconnect_on(connection, irp);
}

NTSTATUS fw_tdi_disconnect_on(struct fw_tdi_object *connection, IRP *irp)
{
	return fw_tdi_watch(connection->device, irp, was_disconnected, connection);
}

/* Did somebody else end it meanwhile? */
static bool end_cut(struct fw_tdi_object *connection)
{
	bool mine;
	KIRQL irql;

	KeAcquireSpinLock(&connection->lock, &irql);
	mine = connection->state != FW_STATE_CLOSED;
	connection->state = FW_STATE_CLOSED;
	KeReleaseSpinLock(&connection->lock, irql);
	return mine;
}

/* The lower driver does not tell a client of an end that came from above; a client that only waits
 * for events would wait for ever. */
void fw_tdi_connection_tell_end(struct fw_tdi_object *connection, ULONG flags)
{
	struct fw_tdi_tell tell;

	if (!fw_tdi_tell_begin(&tell, connection, TDI_EVENT_DISCONNECT))
		return;
	((PTDI_IND_DISCONNECT)tell.handler->function)(
		tell.handler->context, connection->context, 0, NULL, 0, NULL, flags);
	fw_tdi_tell_end(&tell);
}

void fw_tdi_connection_cut(struct fw_tdi_object *connection)
{
	FILE_OBJECT *file = fw_tdi_object_file(connection);

	if (!file)
		return;
	/* Without memory it lives on, and keeps what it has. */
	if (NT_SUCCESS(fw_tdi_abort(connection->device, file))) {
		fw_limit_abort(connection, STATUS_CONNECTION_ABORTED);
		if (end_cut(connection))
			fw_tdi_connection_tell_end(connection, TDI_DISCONNECT_ABORT);
	}
	ObDereferenceObject(file);
}
