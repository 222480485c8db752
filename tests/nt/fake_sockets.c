/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Sockets of the fake socket layer: opened, bound, connected, used, closed, with the requests that are made for it. */
#include <arpa/inet.h>

#include "fake_socket.h"

struct fake_call *fake_call_new(struct fake_socket *socket, PFILE_OBJECT file, size_t size,
	void (*finish)(PIRP irp, void *context))
{
	struct fake_call *call = calloc(1, sizeof(*call) + size);

	call->socket = socket;
	call->size = size;
	call->reply.RemoteAddress = call->reply_address;
	call->reply.RemoteAddressLength = sizeof(call->reply_address);
	call->irp = nt_irp_new(IoGetRelatedDeviceObject(file)->StackSize, finish, call);
	if (size) {
		nt_failures_pause();
		call->mdl = IoAllocateMdl(call->data, (ULONG)size, FALSE, FALSE, NULL);
		nt_failures_resume();
		MmBuildMdlForNonPagedPool(call->mdl);
	}
	return call;
}

void fake_call_fill(struct fake_call *call, PFILE_OBJECT file, UCHAR minor, const void *parameters, size_t size)
{
	nt_tdi_build(call->irp, IoGetRelatedDeviceObject(file), file, NULL, NULL, minor, parameters, size, call->mdl);
	call->irp->Tail.Overlay.OriginalFileObject = file;
}

void fake_call_free(struct fake_call *call)
{
	if (call->irp)
		nt_irp_delete(call->irp);
	if (call->mdl)
		IoFreeMdl(call->mdl);
	free(call);
}

static void finish(PIRP irp, void *context)
{
	struct fake_call *call = context;

	nt_lock();
	call->status = irp->IoStatus.Status;
	call->information = irp->IoStatus.Information;
	call->done = true;
	nt_unlock();
}

/* What came is put where it belongs before anything that comes later. */
static void finish_receive(PIRP irp, void *context)
{
	struct fake_call *call = context;
	struct fake_socket *socket = call->socket;

	nt_lock();
	call->status = irp->IoStatus.Status;
	if (NT_SUCCESS(call->status)) {
		fake_socket_put_data(socket, call->data, irp->IoStatus.Information);
		if (!fake_wire_is_stream(socket->protocol))
			socket->sizes[socket->size_count++] = irp->IoStatus.Information;
	} else if (fake_wire_is_stream(socket->protocol)) {
		socket->ended = true;
		socket->end_status = call->status;
	}
	call->done = true;
	nt_unlock();
}

static bool is_done(void *context)
{
	return ((struct fake_call *)context)->done;
}

static NTSTATUS call_send(struct fake_call *call, PFILE_OBJECT file)
{
	IoCallDriver(IoGetRelatedDeviceObject(file), call->irp);
	nt_wait_for(is_done, call, NT_FOREVER_MS);
	return call->status;
}

static NTSTATUS call_run(struct fake_call *call, PFILE_OBJECT file, UCHAR minor, const void *parameters, size_t size)
{
	fake_call_fill(call, file, minor, parameters, size);
	return call_send(call, file);
}

NTSTATUS fake_socket_call(struct fake_socket *socket, PFILE_OBJECT file, UCHAR minor, const void *parameters,
	size_t size)
{
	struct fake_call *call = fake_call_new(socket, file, 0, finish);
	NTSTATUS status = call_run(call, file, minor, parameters, size);

	fake_call_free(call);
	return status;
}

/* TRANSPORT_ADDRESS of the loopback, or of any address; returns its length. */
static ULONG address_of(enum fake_protocol protocol, uint16_t port, bool any, UCHAR *address)
{
	bool v6 = protocol >= FAKE_TCP6;
	USHORT length = v6 ? sizeof(TDI_ADDRESS_IP6) : sizeof(TDI_ADDRESS_IP);
	USHORT type = v6 ? TDI_ADDRESS_TYPE_IP6 : TDI_ADDRESS_TYPE_IP, network = htons(port);
	LONG count = 1;

	memset(address, 0, FAKE_ADDRESS_MAX);
	memcpy(address, &count, 4);
	memcpy(address + 4, &length, 2);
	memcpy(address + 6, &type, 2);
	memcpy(address + 8, &network, 2);
	if (!any && v6)
		address[14 + 15] = 1;
	else if (!any) {
		address[10] = 127;
		address[13] = 1;
	}
	return 8u + length;
}

static NTSTATUS open_file(enum fake_protocol protocol, const char *name, const void *value, USHORT length,
	HANDLE *handle, PFILE_OBJECT *file)
{
	UCHAR buffer[128] = { 0 };
	FILE_FULL_EA_INFORMATION *ea = (FILE_FULL_EA_INFORMATION *)buffer;
	size_t name_length = strlen(name);
	NTSTATUS status;

	ea->EaNameLength = (UCHAR)name_length;
	ea->EaValueLength = length;
	memcpy(ea->EaName, name, name_length + 1);
	memcpy(ea->EaName + name_length + 1, value, length);
	status = nt_file_open(fake_device_name(protocol), GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, buffer,
		(ULONG)(offsetof(FILE_FULL_EA_INFORMATION, EaName) + name_length + 1 + length), KernelMode, file);
	if (NT_SUCCESS(status))
		*handle = nt_handle_new(*file, false, GENERIC_ALL);
	return status;
}

static NTSTATUS open_connection(struct fake_socket *socket, HANDLE address)
{
	PVOID context = socket->style == FAKE_BY_EVENTS ? socket : NULL;
	TDI_REQUEST_KERNEL_ASSOCIATE request = { address };
	NTSTATUS status = open_file(socket->protocol, TdiConnectionContext, &context, sizeof(context),
		&socket->connection_handle, &socket->connection);

	if (!NT_SUCCESS(status))
		return status;
	return fake_socket_call(socket, socket->connection, TDI_ASSOCIATE_ADDRESS, &request, sizeof(request));
}

static struct fake_socket *socket_new(enum fake_protocol protocol, enum fake_style style)
{
	struct fake_socket *socket = calloc(1, sizeof(*socket));

	socket->protocol = protocol;
	socket->style = style;
	return socket;
}

struct fake_socket *fake_socket_open(enum fake_protocol protocol, enum fake_style style, uint16_t port,
	NTSTATUS *status)
{
	struct fake_socket *socket = socket_new(protocol, style);
	UCHAR address[FAKE_ADDRESS_MAX];
	ULONG length = address_of(protocol, port, true, address);

	*status = open_file(protocol, TdiTransportAddress, address, (USHORT)length, &socket->address_handle,
		&socket->address);
	if (NT_SUCCESS(*status) && style == FAKE_BY_EVENTS)
		*status = fake_socket_handlers(socket, false);
	if (NT_SUCCESS(*status))
		return socket;
	fake_socket_close(socket);
	return NULL;
}

static bool no_requests(void *context)
{
	return !((struct fake_socket *)context)->requests;
}

static struct fake_socket *pop(struct fake_socket **list, unsigned *count)
{
	struct fake_socket *socket = NULL;

	nt_lock();
	if (*count)
		socket = list[--*count];
	nt_unlock();
	return socket;
}

void fake_socket_close(struct fake_socket *socket)
{
	struct fake_socket *other;
	HANDLE connection;

	if (!socket)
		return;
	nt_lock();
	socket->is_closing = true; /* else a spare one may become a taken one that nobody closes */
	nt_unlock();
	while ((other = pop(socket->taken, &socket->taken_count)) != NULL)
		fake_socket_close(other);
	while ((other = pop(socket->spare, &socket->spare_count)) != NULL)
		fake_socket_close(other);
	connection = socket->connection_handle;
	if (connection)
		ZwClose(connection);
	if (socket->address_handle)
		ZwClose(socket->address_handle);
	nt_wait_for(no_requests, socket, NT_FOREVER_MS);
	free(socket->data);
	free(socket);
}

uint16_t fake_socket_port(struct fake_socket *socket)
{
	TDI_REQUEST_KERNEL_QUERY_INFORMATION request = { TDI_QUERY_ADDRESS_INFO, NULL };
	PFILE_OBJECT file = socket->address ? socket->address : socket->connection;
	struct fake_call *call = fake_call_new(socket, file, 4 + FAKE_ADDRESS_MAX, finish);
	uint16_t port = 0;

	if (NT_SUCCESS(call_run(call, file, TDI_QUERY_INFORMATION, &request, sizeof(request))))
		memcpy(&port, call->data + 4 + 8, sizeof(port));
	fake_call_free(call);
	return ntohs(port);
}

NTSTATUS fake_socket_connect(struct fake_socket *socket, uint16_t port)
{
	TDI_REQUEST_KERNEL request = { 0 };
	struct fake_call *call;
	NTSTATUS status = STATUS_SUCCESS;

	if (!socket->connection)
		status = open_connection(socket, socket->address_handle);
	if (!NT_SUCCESS(status))
		return status;
	call = fake_call_new(socket, socket->connection, 0, finish);
	call->remote.RemoteAddress = call->remote_address;
	call->remote.RemoteAddressLength = (LONG)address_of(socket->protocol, port, false, call->remote_address);
	request.RequestConnectionInformation = &call->remote;
	request.ReturnConnectionInformation = &call->reply;
	status = call_run(call, socket->connection, TDI_CONNECT, &request, sizeof(request));
	fake_call_free(call);
	return status;
}

struct fake_socket *fake_socket_spare(struct fake_socket *listener, NTSTATUS *status)
{
	struct fake_socket *socket = socket_new(listener->protocol, listener->style);

	socket->shares_address = true;
	*status = open_connection(socket, listener->address_handle);
	if (NT_SUCCESS(*status))
		return socket;
	fake_socket_close(socket);
	return NULL;
}

NTSTATUS fake_socket_listen(struct fake_socket *socket, unsigned backlog)
{
	struct fake_socket *spare;
	NTSTATUS status = STATUS_SUCCESS;

	if (socket->style == FAKE_BY_REQUESTS)
		return status;
	for (; backlog && socket->spare_count < FAKE_BACKLOG; backlog--) {
		spare = fake_socket_spare(socket, &status);
		if (!spare)
			return status;
		nt_lock();
		socket->spare[socket->spare_count++] = spare;
		nt_unlock();
	}
	return fake_socket_handlers(socket, true);
}

static bool has_taken(void *context)
{
	return ((struct fake_socket *)context)->taken_count;
}

static struct fake_socket *accept_by_event(struct fake_socket *listener, unsigned milliseconds, NTSTATUS *status)
{
	struct fake_socket *socket = NULL;

	*status = STATUS_TIMEOUT;
	if (!nt_wait_for(has_taken, listener, milliseconds))
		return NULL;
	nt_lock();
	socket = listener->taken[0];
	memmove(listener->taken, listener->taken + 1, --listener->taken_count * sizeof(socket));
	nt_unlock();
	nt_wait_for(no_requests, socket, NT_FOREVER_MS);
	*status = STATUS_SUCCESS;
	return socket;
}

static struct fake_socket *accept_by_request(struct fake_socket *listener, unsigned milliseconds, NTSTATUS *status)
{
	struct fake_socket *socket = fake_socket_spare(listener, status);
	TDI_REQUEST_KERNEL request = { 0 };
	struct fake_call *call;

	if (!socket)
		return NULL;
	call = fake_call_new(socket, socket->connection, 0, finish);
	request.ReturnConnectionInformation = &call->reply;
	fake_call_fill(call, socket->connection, TDI_LISTEN, &request, sizeof(request));
	IoCallDriver(IoGetRelatedDeviceObject(socket->connection), call->irp);
	/* Nobody came: closing cancels the request. */
	if (!nt_wait_for(is_done, call, milliseconds)) {
		ZwClose(socket->connection_handle);
		socket->connection_handle = NULL;
	}
	nt_wait_for(is_done, call, NT_FOREVER_MS);
	*status = call->status;
	fake_call_free(call);
	if (NT_SUCCESS(*status) && socket->connection_handle)
		return socket;
	fake_socket_close(socket);
	return NULL;
}

struct fake_socket *fake_socket_accept(struct fake_socket *listener, unsigned milliseconds, NTSTATUS *status)
{
	return listener->style == FAKE_BY_EVENTS ? accept_by_event(listener, milliseconds, status) :
						   accept_by_request(listener, milliseconds, status);
}

static NTSTATUS send_flagged(struct fake_socket *socket, const void *data, size_t size, ULONG flags, size_t *sent)
{
	TDI_REQUEST_KERNEL_SEND request = { (ULONG)size, flags };
	struct fake_call *call = fake_call_new(socket, socket->connection, size, finish);
	NTSTATUS status;

	memcpy(call->data, data, size);
	status = call_run(call, socket->connection, TDI_SEND, &request, sizeof(request));
	if (sent)
		*sent = NT_SUCCESS(status) ? call->information : 0;
	if (NT_SUCCESS(status))
		socket->sent += call->information;
	fake_call_free(call);
	return status;
}

NTSTATUS fake_socket_send(struct fake_socket *socket, const void *data, size_t size, size_t *sent)
{
	return send_flagged(socket, data, size, 0, sent);
}

NTSTATUS fake_socket_send_urgent(struct fake_socket *socket, unsigned char byte)
{
	return send_flagged(socket, &byte, 1, TDI_SEND_EXPEDITED, NULL);
}

/* Asks the transport for what it has. */
static NTSTATUS ask(struct fake_socket *socket)
{
	TDI_REQUEST_KERNEL_RECEIVE request = { 2000, TDI_RECEIVE_NORMAL };
	struct fake_call *call = fake_call_new(socket, socket->connection, 2000, finish_receive);
	NTSTATUS status = call_run(call, socket->connection, TDI_RECEIVE, &request, sizeof(request));

	fake_call_free(call);
	return status;
}

static bool may_receive(void *context)
{
	const struct fake_socket *socket = context;

	return socket->length || socket->ended || socket->pull;
}

/* What is here, up to `size`; with the lock held. */
static size_t take(struct fake_socket *socket, void *data, size_t size)
{
	if (size > socket->length)
		size = socket->length;
	memcpy(data, socket->data, size);
	memmove(socket->data, socket->data + size, socket->length - size);
	socket->length -= size;
	return size;
}

NTSTATUS fake_socket_receive(struct fake_socket *socket, void *data, size_t size, size_t *received)
{
	NTSTATUS end;
	bool must_ask;

	for (;;) {
		if (socket->style == FAKE_BY_EVENTS)
			nt_wait_for(may_receive, socket, NT_FOREVER_MS);
		nt_lock();
		*received = socket->length ? take(socket, data, size) : 0;
		must_ask = !*received && !socket->ended;
		socket->pull = socket->pull && !must_ask;
		end = socket->end_status;
		nt_unlock();
		if (!must_ask)
			break;
		ask(socket);
	}
	return *received || end == STATUS_GRACEFUL_DISCONNECT ? STATUS_SUCCESS : end;
}

static NTSTATUS disconnect(struct fake_socket *socket, ULONG flags)
{
	TDI_REQUEST_KERNEL request = { flags, NULL, NULL, NULL };

	return fake_socket_call(socket, socket->connection, TDI_DISCONNECT, &request, sizeof(request));
}

NTSTATUS fake_socket_shutdown(struct fake_socket *socket)
{
	return disconnect(socket, TDI_DISCONNECT_RELEASE);
}

NTSTATUS fake_socket_abort(struct fake_socket *socket)
{
	return disconnect(socket, TDI_DISCONNECT_ABORT);
}

NTSTATUS fake_socket_send_to(struct fake_socket *socket, uint16_t port, const void *data, size_t size)
{
	struct fake_call *call = fake_call_new(socket, socket->address, size, finish);
	TDI_REQUEST_KERNEL_SENDDG request = { (ULONG)size, &call->remote };
	NTSTATUS status;

	memcpy(call->data, data, size);
	call->remote.RemoteAddress = call->remote_address;
	call->remote.RemoteAddressLength = (LONG)address_of(socket->protocol, port, false, call->remote_address);
	status = call_run(call, socket->address, TDI_SEND_DATAGRAM, &request, sizeof(request));
	if (NT_SUCCESS(status))
		socket->sent += call->information;
	fake_call_free(call);
	return status;
}

static bool has_datagram(void *context)
{
	return ((struct fake_socket *)context)->size_count;
}

static NTSTATUS ask_datagram(struct fake_socket *socket, unsigned milliseconds)
{
	struct fake_call *call = fake_call_new(socket, socket->address, 65536, finish_receive);
	TDI_REQUEST_KERNEL_RECEIVEDG request = { 65536, &call->remote, &call->reply, TDI_RECEIVE_NORMAL };
	NTSTATUS status;

	fake_call_fill(call, socket->address, TDI_RECEIVE_DATAGRAM, &request, sizeof(request));
	IoCallDriver(IoGetRelatedDeviceObject(socket->address), call->irp);
	if (!nt_wait_for(is_done, call, milliseconds)) {
		IoCancelIrp(call->irp);
		nt_wait_for(is_done, call, NT_FOREVER_MS);
	}
	status = call->status;
	fake_call_free(call);
	return status;
}

NTSTATUS fake_socket_receive_from(struct fake_socket *socket, void *data, size_t size, size_t *received,
	unsigned milliseconds)
{
	size_t whole;
	bool came;

	if (socket->style == FAKE_BY_REQUESTS)
		ask_datagram(socket, milliseconds);
	came = nt_wait_for(has_datagram, socket, socket->style == FAKE_BY_REQUESTS ? 0 : milliseconds);
	if (!came)
		return STATUS_TIMEOUT;
	nt_lock();
	whole = socket->sizes[0];
	*received = whole < size ? whole : size;
	memcpy(data, socket->data, *received);
	memmove(socket->data, socket->data + whole, socket->length - whole);
	socket->length -= whole;
	memmove(socket->sizes, socket->sizes + 1, --socket->size_count * sizeof(socket->sizes[0]));
	nt_unlock();
	return STATUS_SUCCESS;
}

NTSTATUS fake_socket_toggle(struct fake_socket *socket, int event, struct fake_socket *told)
{
	NTSTATUS status = fake_socket_handler(socket, event, false);

	if (NT_SUCCESS(status))
		status = fake_socket_handler(socket, event, true);
	nt_lock();
	told->pull = true;
	nt_unlock();
	return status;
}

uint64_t fake_socket_sent(const struct fake_socket *socket)
{
	return socket->sent;
}

uint64_t fake_socket_received(const struct fake_socket *socket)
{
	uint64_t received;

	nt_lock();
	received = socket->received;
	nt_unlock();
	return received;
}

PFILE_OBJECT fake_socket_address_file(struct fake_socket *socket)
{
	return socket->address;
}

PFILE_OBJECT fake_socket_connection_file(struct fake_socket *socket)
{
	return socket->connection;
}
