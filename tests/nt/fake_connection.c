/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Connections of the fake transport: made, taken, ended; what clients send through them. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_internal.h"

/* With the lock held. */
void fake_disassociate(struct fake_file *connection)
{
	if (!connection->address)
		return;
	RemoveEntryList(&connection->in_address);
	connection->address = NULL;
}

static NTSTATUS associate(struct fake_file *connection, PIRP irp, PIO_STACK_LOCATION location)
{
	HANDLE handle = ((TDI_REQUEST_KERNEL_ASSOCIATE *)&location->Parameters)->AddressHandle;
	NTSTATUS status = STATUS_INVALID_HANDLE;
	struct fake_file *address = NULL;
	PFILE_OBJECT file;
	KIRQL irql;

	nt_lock();
	file = nt_handle_body(handle, NT_FILE);
	nt_unlock();
	if (file && (ULONG_PTR)file->FsContext2 == TDI_TRANSPORT_ADDRESS_FILE)
		address = file->FsContext;
	KeAcquireSpinLock(&fake_lock, &irql);
	if (address && connection->address)
		status = STATUS_ADDRESS_ALREADY_ASSOCIATED;
	else if (address && !address->closing) {
		connection->address = address;
		InsertTailList(&address->connections, &connection->in_address);
		status = STATUS_SUCCESS;
	}
	KeReleaseSpinLock(&fake_lock, irql);
	return fake_answer(irp, status, 0);
}

/* Where the client wants to know of the other side. */
static void tell_remote(PTDI_CONNECTION_INFORMATION information, int fd)
{
	UCHAR address[FAKE_ADDRESS_MAX];
	ULONG length = fake_wire_remote(fd, address);

	if (information && information->RemoteAddress && (ULONG)information->RemoteAddressLength >= length)
		memcpy(information->RemoteAddress, address, length);
}

static TDI_REQUEST_KERNEL *request_of(PIRP irp)
{
	return (TDI_REQUEST_KERNEL *)&irp->Tail.Overlay.CurrentStackLocation->Parameters;
}

/* With the lock held. */
static void is_connected(struct fake_file *connection)
{
	connection->connected = true;
	connection->end = connection->told_end = connection->blocked = connection->discard = false;
}

void fake_connected(struct fake_file *connection)
{
	NTSTATUS status = fake_wire_result(connection->fd);
	KIRQL irql;
	PIRP irp;

	KeAcquireSpinLock(&fake_lock, &irql);
	connection->connecting = false;
	irp = fake_queue_take(&connection->sends); /* NULL: it is being cancelled */
	if (irp && NT_SUCCESS(status)) {
		is_connected(connection);
		fake_totals[connection->protocol].connects++;
	} else {
		fake_wire_abort(connection->fd); /* so that it may try again */
		connection->fd = -1;
	}
	KeReleaseSpinLock(&fake_lock, irql);
	if (irp && NT_SUCCESS(status))
		tell_remote(request_of(irp)->ReturnConnectionInformation, connection->fd);
	if (irp)
		fake_complete(irp, status, 0);
}

/* The address's own socket connects, so that the port is the one that was asked for. */
static NTSTATUS connect_out(struct fake_file *connection, PIRP irp)
{
	PTDI_CONNECTION_INFORMATION remote = request_of(irp)->RequestConnectionInformation;
	NTSTATUS status = STATUS_INVALID_ADDRESS;
	KIRQL irql;

	IoMarkIrpPending(irp);
	KeAcquireSpinLock(&fake_lock, &irql);
	if (!connection->address)
		status = STATUS_ADDRESS_NOT_ASSOCIATED;
	else if (connection->connected || connection->connecting)
		status = STATUS_CONNECTION_ACTIVE;
	else if (remote && remote->RemoteAddress) {
		if (connection->fd >= 0)
			close(connection->fd);
		connection->fd = dup(connection->address->fd);
		status = fake_wire_connect(connection->fd, remote->RemoteAddress, (ULONG)remote->RemoteAddressLength);
	}
	if (status == STATUS_SUCCESS || status == STATUS_PENDING) {
		status = STATUS_PENDING;
		connection->connecting = fake_queue(&connection->sends, irp);
	}
	KeReleaseSpinLock(&fake_lock, irql);
	if (status != STATUS_PENDING)
		fake_complete_later(irp, status, 0);
	fake_network_wake();
	return STATUS_PENDING;
}

static NTSTATUS listen_for(struct fake_file *connection, PIRP irp)
{
	struct fake_file *address;
	KIRQL irql;

	IoMarkIrpPending(irp);
	KeAcquireSpinLock(&fake_lock, &irql);
	address = connection->address;
	if (address && !address->listening)
		address->listening = !listen(address->fd, 64);
	if (address)
		fake_queue(&address->listens, irp);
	KeReleaseSpinLock(&fake_lock, irql);
	if (!address)
		fake_complete_later(irp, STATUS_ADDRESS_NOT_ASSOCIATED, 0);
	fake_network_wake();
	return STATUS_PENDING;
}

static void listened(PIRP irp, int fd)
{
	struct fake_file *connection = irp->Tail.Overlay.CurrentStackLocation->FileObject->FsContext;
	KIRQL irql;

	tell_remote(request_of(irp)->ReturnConnectionInformation, fd);
	KeAcquireSpinLock(&fake_lock, &irql);
	connection->fd = fd;
	connection->waits_accept = request_of(irp)->RequestFlags & TDI_QUERY_ACCEPT;
	if (!connection->waits_accept)
		is_connected(connection);
	fake_totals[connection->protocol].accepts++;
	KeReleaseSpinLock(&fake_lock, irql);
	fake_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS accept_delayed(struct fake_file *connection, PIRP irp)
{
	NTSTATUS status = STATUS_INVALID_CONNECTION;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	if (connection->waits_accept) {
		connection->waits_accept = false;
		is_connected(connection);
		status = STATUS_SUCCESS;
	}
	KeReleaseSpinLock(&fake_lock, irql);
	fake_network_wake();
	return fake_answer(irp, status, 0);
}

static struct fake_file *with_context(struct fake_file *address, CONNECTION_CONTEXT context)
{
	struct fake_file *connection;
	LIST_ENTRY *entry;

	for (entry = address->connections.Flink; entry != &address->connections; entry = entry->Flink) {
		connection = CONTAINING_RECORD(entry, struct fake_file, in_address);
		if (connection->context == context && !connection->connected && !connection->closing)
			return connection;
	}
	return NULL;
}

static void accepted(struct fake_file *address, CONNECTION_CONTEXT context, PIRP irp, int fd)
{
	struct fake_file *connection;
	KIRQL irql;

	if (!irp)
		nt_violation(13, "a connect handler returned STATUS_MORE_PROCESSING_REQUIRED without a request");
	nt_irp_take(irp, "the transport");
	IoMarkIrpPending(irp);
	KeAcquireSpinLock(&fake_lock, &irql);
	connection = with_context(address, context);
	if (connection) {
		connection->fd = fd;
		is_connected(connection);
		fake_totals[address->protocol].accepts++;
	}
	KeReleaseSpinLock(&fake_lock, irql);
	if (!connection)
		fake_wire_abort(fd);
	fake_complete(irp, connection ? STATUS_SUCCESS : STATUS_INVALID_CONNECTION, 0);
}

static void ask_to_accept(struct fake_file *address, int fd)
{
	CONNECTION_CONTEXT context = NULL;
	struct fake_handler handler;
	UCHAR remote[FAKE_ADDRESS_MAX];
	ULONG length = fake_wire_remote(fd, remote);
	NTSTATUS status = STATUS_CONNECTION_REFUSED;
	PIRP irp = NULL;
	KIRQL irql;

	if (fake_handler_enter(address, TDI_EVENT_CONNECT, &handler)) {
		irql = fake_raise();
		status = ((PTDI_IND_CONNECT)handler.function)(handler.context, (LONG)length, remote, 0, NULL, 0, NULL,
			&context, &irp);
		KeLowerIrql(irql);
		if (status == STATUS_MORE_PROCESSING_REQUIRED)
			accepted(address, context, irp, fd);
		fake_handler_leave(address);
	}
	if (status == STATUS_MORE_PROCESSING_REQUIRED)
		return;
	if (status != STATUS_CONNECTION_REFUSED && status != STATUS_INSUFFICIENT_RESOURCES &&
		status != STATUS_REQUEST_NOT_ACCEPTED)
		nt_violation(13, "a connect handler returned 0x%x", status);
	fake_wire_abort(fd);
	KeAcquireSpinLock(&fake_lock, &irql);
	fake_totals[address->protocol].refusals++;
	KeReleaseSpinLock(&fake_lock, irql);
}

void fake_connection_came(struct fake_file *address)
{
	int fd = accept4(address->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	KIRQL irql;
	PIRP irp;

	if (fd < 0)
		return;
	KeAcquireSpinLock(&fake_lock, &irql);
	irp = fake_queue_take(&address->listens);
	KeReleaseSpinLock(&fake_lock, irql);
	if (irp)
		listened(irp, fd);
	else
		ask_to_accept(address, fd);
}

/* The next part of the oldest send; with the lock held. True: it is finished, and out of the queue. */
static bool send_part(struct fake_file *connection, PIRP irp, NTSTATUS *status)
{
	const TDI_REQUEST_KERNEL_SEND *request = (void *)request_of(irp);
	size_t done = (size_t)irp->Tail.Overlay.DriverContext[FAKE_DONE_BYTES], size = request->SendLength - done;
	int flags = MSG_NOSIGNAL | (request->SendFlags & TDI_SEND_EXPEDITED ? MSG_OOB : 0);
	UCHAR data[FAKE_BUFFER];
	ssize_t count;

	if (size > sizeof(data))
		size = sizeof(data);
	if (size > 1 && fake_chance(fake_policy.partial))
		size = 1 + fake_random((unsigned)size);
	size = fake_mdl_get(irp->MdlAddress, done, data, size);
	count = send(connection->fd, data, size, flags);
	*status = STATUS_SUCCESS;
	if (count >= 0) {
		fake_totals[connection->protocol].sent += (uint64_t)count;
		irp->Tail.Overlay.DriverContext[FAKE_DONE_BYTES] = (PVOID)(done + (size_t)count);
		return done + (size_t)count >= request->SendLength || !size;
	}
	if (errno == EAGAIN)
		return (request->SendFlags & TDI_SEND_NON_BLOCKING) && done;
	*status = fake_wire_status(errno);
	return true;
}

void fake_send_more(struct fake_file *connection)
{
	NTSTATUS status = STATUS_SUCCESS;
	PIRP irp = NULL, first;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	if (!IsListEmpty(&connection->sends) && connection->connected) {
		first = CONTAINING_RECORD(connection->sends.Flink, IRP, Tail.Overlay.ListEntry);
		if (send_part(connection, first, &status))
			irp = fake_queue_take(&connection->sends);
	}
	KeReleaseSpinLock(&fake_lock, irql);
	if (irp)
		fake_complete(irp, status, (ULONG_PTR)irp->Tail.Overlay.DriverContext[FAKE_DONE_BYTES]);
}

static NTSTATUS send_data(struct fake_file *connection, PIRP irp)
{
	NTSTATUS status;
	bool finished;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	if (!connection->connected) {
		KeReleaseSpinLock(&fake_lock, irql);
		return fake_answer(irp, STATUS_INVALID_CONNECTION, 0);
	}
	irp->Tail.Overlay.DriverContext[FAKE_DONE_BYTES] = NULL;
	finished = IsListEmpty(&connection->sends) && send_part(connection, irp, &status);
	if (!finished) {
		size_t done = (size_t)irp->Tail.Overlay.DriverContext[FAKE_DONE_BYTES];

		IoMarkIrpPending(irp);
		if (fake_queue(&connection->sends, irp))
			irp->Tail.Overlay.DriverContext[FAKE_DONE_BYTES] = (PVOID)done;
	}
	KeReleaseSpinLock(&fake_lock, irql);
	if (finished)
		return fake_answer(irp, status, (ULONG_PTR)irp->Tail.Overlay.DriverContext[FAKE_DONE_BYTES]);
	fake_network_wake();
	return STATUS_PENDING;
}

static NTSTATUS receive_data(struct fake_file *connection, PIRP irp)
{
	NTSTATUS status;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	status = connection->connected || connection->length ? STATUS_PENDING :
		 connection->end				 ? connection->end_status :
								   STATUS_INVALID_CONNECTION;
	KeReleaseSpinLock(&fake_lock, irql);
	if (status != STATUS_PENDING)
		return fake_answer(irp, status, 0);
	fake_receive_posted(connection, irp);
	return STATUS_PENDING;
}

/* The other side is gone, or gave its last byte: pending requests end, the handler is told, once. */
void fake_disconnected(struct fake_file *connection, NTSTATUS reason)
{
	struct fake_file *address;
	struct fake_handler handler;
	bool told;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	told = connection->told_end;
	connection->told_end = true;
	connection->end = true;
	connection->end_status = reason;
	if (reason != STATUS_GRACEFUL_DISCONNECT)
		connection->connected = false;
	address = connection->told;
	KeReleaseSpinLock(&fake_lock, irql);
	fake_queue_fail(&connection->receives, reason);
	if (reason != STATUS_GRACEFUL_DISCONNECT)
		fake_queue_fail(&connection->sends, reason);
	if (told || !address || !fake_handler_enter(address, TDI_EVENT_DISCONNECT, &handler))
		return;
	irql = fake_raise();
	((PTDI_IND_DISCONNECT)handler.function)(handler.context, connection->context, 0, NULL, 0, NULL,
		reason == STATUS_GRACEFUL_DISCONNECT ? TDI_DISCONNECT_RELEASE : TDI_DISCONNECT_ABORT);
	KeLowerIrql(irql);
	fake_handler_leave(address);
}

static NTSTATUS disconnect(struct fake_file *connection, PIRP irp)
{
	bool abort = request_of(irp)->RequestFlags & TDI_DISCONNECT_ABORT;
	NTSTATUS status = STATUS_SUCCESS;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	abort |= connection->waits_accept; /* a connection that was offered is refused */
	if (connection->fd < 0 || (!connection->connected && !connection->waits_accept))
		status = STATUS_CONNECTION_INVALID;
	else if (!abort)
		shutdown(connection->fd, SHUT_WR);
	else {
		fake_wire_abort(connection->fd);
		connection->fd = -1;
		connection->connected = connection->waits_accept = false;
		connection->end = connection->told_end = connection->discard = true;
		connection->end_status = STATUS_CONNECTION_ABORTED;
	}
	KeReleaseSpinLock(&fake_lock, irql);
	if (NT_SUCCESS(status) && abort) {
		fake_queue_fail(&connection->receives, STATUS_CONNECTION_ABORTED);
		fake_queue_fail(&connection->sends, STATUS_CONNECTION_ABORTED);
		fake_network_wake();
	}
	return fake_answer(irp, status, 0);
}

NTSTATUS fake_connection_request(struct fake_file *connection, PIRP irp, PIO_STACK_LOCATION location)
{
	KIRQL irql;

	switch (location->MinorFunction) {
	case TDI_ASSOCIATE_ADDRESS:
		return associate(connection, irp, location);
	case TDI_DISASSOCIATE_ADDRESS:
		KeAcquireSpinLock(&fake_lock, &irql);
		fake_disassociate(connection);
		KeReleaseSpinLock(&fake_lock, irql);
		return fake_answer(irp, STATUS_SUCCESS, 0);
	case TDI_CONNECT:
		return connect_out(connection, irp);
	case TDI_LISTEN:
		return listen_for(connection, irp);
	case TDI_ACCEPT:
		return accept_delayed(connection, irp);
	case TDI_DISCONNECT:
		return disconnect(connection, irp);
	case TDI_SEND:
		return send_data(connection, irp);
	case TDI_RECEIVE:
		return receive_data(connection, irp);
	case TDI_QUERY_INFORMATION:
		return fake_query(connection, irp, location);
	default:
		return fake_answer(irp, STATUS_NOT_IMPLEMENTED, 0);
	}
}
