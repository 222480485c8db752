/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The socket layer's event handlers: what they do with data is up to chance, but nothing is lost. */
#include "fake_socket.h"

#define RETURNED_SIZE 3000

/* With the lock held. */
void fake_socket_put_data(struct fake_socket *socket, const void *data, size_t size)
{
	if (socket->length + size > socket->room) {
		socket->room = (socket->length + size) * 2;
		socket->data = realloc(socket->data, socket->room);
	}
	if (size)
		memcpy(socket->data + socket->length, data, size);
	socket->length += size;
	socket->received += size;
}

static void put(struct fake_socket *socket, const void *data, size_t size)
{
	nt_lock();
	fake_socket_put_data(socket, data, size);
	nt_unlock();
}

static void pull_later(struct fake_socket *socket)
{
	nt_lock();
	socket->pull = true;
	nt_unlock();
}

static void put_datagram(struct fake_socket *socket, const void *data, size_t size)
{
	nt_lock();
	if (socket->size_count < FW_NT_COUNT(socket->sizes)) {
		fake_socket_put_data(socket, data, size);
		socket->sizes[socket->size_count++] = size;
	}
	nt_unlock();
}

/* A request that a handler gave to the transport came back. */
static void returned_finish(PIRP irp, void *context)
{
	struct fake_call *call = context;
	struct fake_socket *socket = call->socket;
	NTSTATUS status = irp->IoStatus.Status;

	if (fake_wire_is_stream(socket->protocol))
		put(socket, call->data, irp->IoStatus.Information);
	else if (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW)
		put_datagram(socket, call->data, irp->IoStatus.Information);
	fake_call_free(call);
	nt_lock();
	if (!NT_SUCCESS(status) && fake_wire_is_stream(socket->protocol)) {
		socket->ended = true;
		socket->end_status = status;
	}
	socket->pull = true; /* there may be more than it took */
	socket->requests--;
	nt_unlock();
}

static PIRP give(struct fake_socket *socket, PFILE_OBJECT file, UCHAR minor)
{
	struct fake_call *call = fake_call_new(socket, file, RETURNED_SIZE, returned_finish);
	TDI_REQUEST_KERNEL_RECEIVE stream = { RETURNED_SIZE, TDI_RECEIVE_NORMAL };
	TDI_REQUEST_KERNEL_RECEIVEDG datagram = { RETURNED_SIZE, &call->remote, &call->reply, TDI_RECEIVE_NORMAL };

	nt_lock();
	socket->requests++;
	nt_unlock();
	if (minor == TDI_RECEIVE)
		fake_call_fill(call, file, minor, &stream, sizeof(stream));
	else
		fake_call_fill(call, file, minor, &datagram, sizeof(datagram));
	IoSetNextIrpStackLocation(call->irp);
	return call->irp;
}

static NTSTATUS on_receive(PVOID context, CONNECTION_CONTEXT connection, ULONG flags, ULONG indicated,
	ULONG available, ULONG *taken, PVOID data, PIRP *irp)
{
	struct fake_socket *socket = connection;
	unsigned choice = fake_random(4);

	(void)context;
	(void)flags;
	if (choice == 0) {
		pull_later(socket);
		*taken = 0;
		return STATUS_DATA_NOT_ACCEPTED;
	}
	*taken = choice == 1 ? indicated : fake_random(indicated + 1);
	put(socket, data, *taken);
	if (*taken == available)
		return STATUS_SUCCESS;
	if (choice == 3) {
		*irp = give(socket, socket->connection, TDI_RECEIVE);
		return STATUS_MORE_PROCESSING_REQUIRED;
	}
	pull_later(socket);
	return STATUS_SUCCESS;
}

static NTSTATUS on_expedited(PVOID context, CONNECTION_CONTEXT connection, ULONG flags, ULONG indicated,
	ULONG available, ULONG *taken, PVOID data, PIRP *irp)
{
	struct fake_socket *socket = connection;

	(void)context;
	(void)flags;
	(void)available;
	(void)data;
	(void)irp;
	nt_lock();
	socket->received += indicated; /* out of band: not among the bytes */
	nt_unlock();
	*taken = indicated;
	return STATUS_SUCCESS;
}

/* Kept for a while and given back from here: what is pending belongs to the client. */
static void give_back(PVOID context)
{
	PVOID descriptor = context;

	TdiReturnChainedReceives(&descriptor, 1);
}

static NTSTATUS on_chained(PVOID context, CONNECTION_CONTEXT connection, ULONG flags, ULONG length, ULONG offset,
	PMDL mdl, PVOID descriptor)
{
	struct fake_socket *socket = connection;

	(void)context;
	if (flags & TDI_RECEIVE_EXPEDITED) {
		nt_lock();
		socket->received += length;
		nt_unlock();
		return STATUS_SUCCESS;
	}
	if (fake_random(4) == 0) {
		pull_later(socket);
		return STATUS_DATA_NOT_ACCEPTED;
	}
	put(socket, (UCHAR *)MmGetMdlVirtualAddress(mdl) + offset, length);
	if (fake_random(2))
		return STATUS_SUCCESS;
	give_back(descriptor);
	return STATUS_PENDING;
}

static NTSTATUS on_disconnect(PVOID context, CONNECTION_CONTEXT connection, LONG data_length, PVOID data,
	LONG information_length, PVOID information, ULONG flags)
{
	struct fake_socket *socket = connection;

	(void)context;
	(void)data_length;
	(void)data;
	(void)information_length;
	(void)information;
	nt_lock();
	socket->ended = true;
	socket->end_status = flags & TDI_DISCONNECT_ABORT ? STATUS_CONNECTION_RESET : STATUS_GRACEFUL_DISCONNECT;
	nt_unlock();
	return STATUS_SUCCESS;
}

static void accepted(PIRP irp, void *context)
{
	struct fake_call *call = context;
	struct fake_socket *connection = call->socket;
	NTSTATUS status = irp->IoStatus.Status;

	fake_call_free(call);
	nt_lock();
	connection->end_status = status;
	connection->ended = !NT_SUCCESS(status);
	connection->requests--;
	nt_unlock();
}

static NTSTATUS on_connect(PVOID context, LONG address_length, PVOID address, LONG data_length, PVOID data,
	LONG options_length, PVOID options, CONNECTION_CONTEXT *connection, PIRP *irp)
{
	struct fake_socket *listener = context, *spare = NULL;
	TDI_REQUEST_KERNEL_ACCEPT request = { NULL, NULL };
	struct fake_call *call;

	(void)address_length;
	(void)address;
	(void)data_length;
	(void)data;
	(void)options_length;
	(void)options;
	nt_lock();
	if (!listener->is_closing && listener->spare_count && listener->taken_count < FAKE_BACKLOG) {
		spare = listener->spare[--listener->spare_count];
		spare->requests++;
		listener->taken[listener->taken_count++] = spare;
	}
	nt_unlock();
	if (!spare)
		return STATUS_CONNECTION_REFUSED;
	call = fake_call_new(spare, spare->connection, 0, accepted);
	fake_call_fill(call, spare->connection, TDI_ACCEPT, &request, sizeof(request));
	IoSetNextIrpStackLocation(call->irp);
	*connection = spare;
	*irp = call->irp;
	return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS on_datagram(PVOID context, LONG address_length, PVOID address, LONG options_length, PVOID options,
	ULONG flags, ULONG indicated, ULONG available, ULONG *taken, PVOID data, PIRP *irp)
{
	struct fake_socket *socket = context;

	(void)address_length;
	(void)address;
	(void)options_length;
	(void)options;
	(void)flags;
	if (indicated < available || fake_random(3) == 0) {
		*irp = give(socket, socket->address, TDI_RECEIVE_DATAGRAM);
		return STATUS_MORE_PROCESSING_REQUIRED;
	}
	put_datagram(socket, data, indicated);
	*taken = indicated;
	return STATUS_SUCCESS;
}

static NTSTATUS on_chained_datagram(PVOID context, LONG address_length, PVOID address, LONG options_length,
	PVOID options, ULONG flags, ULONG length, ULONG offset, PMDL mdl, PVOID descriptor)
{
	(void)address_length;
	(void)address;
	(void)options_length;
	(void)options;
	(void)flags;
	(void)descriptor;
	put_datagram(context, (UCHAR *)MmGetMdlVirtualAddress(mdl) + offset, length);
	return STATUS_SUCCESS;
}

static const struct {
	int event;
	bool stream, datagram, listener;
	PVOID handler;
} handlers[] = {
	{ TDI_EVENT_CONNECT, false, false, true, (PVOID)on_connect },
	{ TDI_EVENT_DISCONNECT, true, false, true, (PVOID)on_disconnect },
	{ TDI_EVENT_RECEIVE, true, false, true, (PVOID)on_receive },
	{ TDI_EVENT_RECEIVE_EXPEDITED, true, false, true, (PVOID)on_expedited },
	{ TDI_EVENT_CHAINED_RECEIVE, true, false, true, (PVOID)on_chained },
	{ TDI_EVENT_CHAINED_RECEIVE_EXPEDITED, true, false, true, (PVOID)on_chained },
	{ TDI_EVENT_RECEIVE_DATAGRAM, false, true, false, (PVOID)on_datagram },
	{ TDI_EVENT_CHAINED_RECEIVE_DATAGRAM, false, true, false, (PVOID)on_chained_datagram },
};

static NTSTATUS set(struct fake_socket *socket, int event, PVOID handler)
{
	TDI_REQUEST_KERNEL_SET_EVENT request = { event, handler, handler ? socket : NULL };

	return fake_socket_call(socket, socket->address, TDI_SET_EVENT_HANDLER, &request, sizeof(request));
}

NTSTATUS fake_socket_handler(struct fake_socket *socket, int event, bool on)
{
	unsigned index;

	for (index = 0; index < FW_NT_COUNT(handlers); index++)
		if (handlers[index].event == event)
			return set(socket, event, on ? handlers[index].handler : NULL);
	return STATUS_INVALID_PARAMETER;
}

NTSTATUS fake_socket_handlers(struct fake_socket *socket, bool listens)
{
	bool stream = fake_wire_is_stream(socket->protocol);
	NTSTATUS status = STATUS_SUCCESS;
	unsigned index;

	for (index = 0; index < FW_NT_COUNT(handlers) && NT_SUCCESS(status); index++)
		if (stream ? (listens ? handlers[index].event == TDI_EVENT_CONNECT : handlers[index].stream) :
			     handlers[index].datagram)
			status = set(socket, handlers[index].event, handlers[index].handler);
	return status;
}
