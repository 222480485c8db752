/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Events of fuzz_nt_transport: any type of handler, raised with any lengths and contexts, before,
 * while and after it is set; what the client's handlers answer is of the input too. */
#include "fuzz_nt_transport.h"

static struct {
	NTSTATUS status;
	ULONG take;
	struct tdi_request *request; /* that it returns; NULL: none */
	bool returned;
} client;

static NTSTATUS answer(ULONG *taken, PIRP *irp)
{
	if (taken)
		*taken = client.take;
	if (irp && client.request) {
		*irp = client.request->irp;
		client.returned = client.status == STATUS_MORE_PROCESSING_REQUIRED;
	}
	return client.status;
}

static NTSTATUS on_connect(void *context, LONG address_length, void *address, LONG data_length,
	void *data, LONG options_length, void *options, CONNECTION_CONTEXT *connection,
	PIRP *accept)
{
	*connection = NULL;
	return answer(NULL, accept);
}

static NTSTATUS on_disconnect(void *context, CONNECTION_CONTEXT connection, LONG data_length,
	void *data, LONG information_length, void *information, ULONG flags)
{
	return client.status;
}

static NTSTATUS on_error(void *context, NTSTATUS status)
{
	return client.status;
}

static NTSTATUS on_error_ex(void *context, NTSTATUS status, void *buffer)
{
	return client.status;
}

static NTSTATUS on_receive(void *context, CONNECTION_CONTEXT connection, ULONG flags,
	ULONG indicated, ULONG available, ULONG *taken, void *data, PIRP *irp)
{
	return answer(taken, irp);
}

static NTSTATUS on_datagram(void *context, LONG address_length, void *address, LONG options_length,
	void *options, ULONG flags, ULONG indicated, ULONG available, ULONG *taken, void *data,
	PIRP *irp)
{
	return answer(taken, irp);
}

static NTSTATUS on_chained(void *context, CONNECTION_CONTEXT connection, ULONG flags, ULONG length,
	ULONG offset, PMDL data, void *descriptor)
{
	return client.status;
}

static NTSTATUS on_chained_datagram(void *context, LONG address_length, void *address,
	LONG options_length, void *options, ULONG flags, ULONG length, ULONG offset, PMDL data,
	void *descriptor)
{
	return client.status;
}

static NTSTATUS on_send_possible(void *context, void *connection, ULONG available)
{
	return client.status;
}

static void *const handlers[TDI_LOWER_EVENTS] = {
	[TDI_EVENT_CONNECT] = (void *)on_connect,
	[TDI_EVENT_DISCONNECT] = (void *)on_disconnect,
	[TDI_EVENT_ERROR] = (void *)on_error,
	[TDI_EVENT_RECEIVE] = (void *)on_receive,
	[TDI_EVENT_RECEIVE_DATAGRAM] = (void *)on_datagram,
	[TDI_EVENT_RECEIVE_EXPEDITED] = (void *)on_receive,
	[TDI_EVENT_SEND_POSSIBLE] = (void *)on_send_possible,
	[TDI_EVENT_CHAINED_RECEIVE] = (void *)on_chained,
	[TDI_EVENT_CHAINED_RECEIVE_DATAGRAM] = (void *)on_chained_datagram,
	[TDI_EVENT_CHAINED_RECEIVE_EXPEDITED] = (void *)on_chained,
	[TDI_EVENT_ERROR_EX] = (void *)on_error_ex,
};

void fuzz_set_handler(struct fuzz_input *input, PFILE_OBJECT file)
{
	uint8_t choice = fuzz_8(input);
	LONG type = choice & 128 ? (LONG)fuzz_32(input) : choice % TDI_LOWER_EVENTS;
	void *handler = type >= 0 && type < TDI_LOWER_EVENTS ? handlers[type] : (void *)on_error;
	const TDI_REQUEST_KERNEL_SET_EVENT set = { type, choice & 64 ? NULL : handler, NULL };
	struct tdi_request *request = fuzz_request();

	/* Not waited for: the transport may hold it. */
	if (file && request)
		tdi_begin(request, file, TDI_SET_EVENT_HANDLER, &set, sizeof(set));
}

/* The request that the client's handler will return: a receive, or the accept of a connection. */
static void prepare(struct fuzz_input *input, LONG type)
{
	static const NTSTATUS answers[] = { STATUS_SUCCESS, STATUS_MORE_PROCESSING_REQUIRED,
		STATUS_DATA_NOT_ACCEPTED, STATUS_PENDING };
	uint8_t choice = fuzz_8(input), minor = TDI_RECEIVE;
	TDI_REQUEST_KERNEL_RECEIVEDG receive = { fuzz_16(input), NULL, NULL, fuzz_8(input) };
	TDI_REQUEST_KERNEL_ACCEPT accept = { NULL, NULL };
	PFILE_OBJECT file = fuzz_file(choice >> 4);

	memset(&client, 0, sizeof(client));
	client.status = answers[choice & 3];
	client.take = fuzz_32(input);
	if (!file || !(choice & 8))
		return;
	client.request = fuzz_request();
	if (!client.request)
		return;
	if (type == TDI_EVENT_CONNECT) {
		tdi_returned(client.request, file, TDI_ACCEPT, &accept, sizeof(accept));
		return;
	}
	if (type == TDI_EVENT_RECEIVE_DATAGRAM)
		minor = TDI_RECEIVE_DATAGRAM;
	tdi_returned(client.request, file, minor, &receive, sizeof(receive));
}

/* The transport goes on with what it was given; what it was not given is the client's own again. */
static void take_returned(IRP *irp)
{
	if (!client.request)
		return;
	if (client.returned) {
		tdi_lower_take(irp);
		return;
	}
	IoFreeIrp(client.request->irp);
	client.request->irp = NULL;
}

struct event {
	void *function, *context; /* the transport's */
	CONNECTION_CONTEXT connection;
	LONG source_length;
	void *source;
	ULONG flags, indicated, available;
	ULONG taken, *taken_at;
	IRP *irp;
};

static void call(LONG type, struct event *event)
{
	CONNECTION_CONTEXT accepted;

	switch (type) {
	case TDI_EVENT_CONNECT:
		((PTDI_IND_CONNECT)event->function)(event->context, event->source_length,
			event->source, -1, NULL, -1, NULL, &accepted, &event->irp);
		break;
	case TDI_EVENT_DISCONNECT:
		((PTDI_IND_DISCONNECT)event->function)(
			event->context, event->connection, -1, NULL, -1, NULL, event->flags);
		break;
	case TDI_EVENT_ERROR:
		((PTDI_IND_ERROR)event->function)(event->context, (NTSTATUS)event->flags);
		break;
	case TDI_EVENT_ERROR_EX:
		((PTDI_IND_ERROR_EX)event->function)(event->context, (NTSTATUS)event->flags, NULL);
		break;
	case TDI_EVENT_SEND_POSSIBLE:
		((PTDI_IND_SEND_POSSIBLE)event->function)(
			event->context, event->connection, event->available);
		break;
	case TDI_EVENT_RECEIVE_DATAGRAM:
		((PTDI_IND_RECEIVE_DATAGRAM)event->function)(event->context, event->source_length,
			event->source, -1, NULL, event->flags, event->indicated, event->available,
			event->taken_at, NULL, &event->irp);
		break;
	case TDI_EVENT_CHAINED_RECEIVE_DATAGRAM:
		((PTDI_IND_CHAINED_RECEIVE_DATAGRAM)event->function)(event->context,
			event->source_length, event->source, -1, NULL, event->flags,
			event->available, event->indicated, NULL, NULL);
		break;
	case TDI_EVENT_CHAINED_RECEIVE:
	case TDI_EVENT_CHAINED_RECEIVE_EXPEDITED:
		((PTDI_IND_CHAINED_RECEIVE)event->function)(event->context, event->connection,
			event->flags, event->available, event->indicated, NULL, NULL);
		break;
	default:
		((PTDI_IND_RECEIVE)event->function)(event->context, event->connection, event->flags,
			event->indicated, event->available, event->taken_at, NULL, &event->irp);
	}
}

/* At the transport's level, with its handler's number or another. */
void fuzz_raise(struct fuzz_input *input, uint8_t which)
{
	LONG type = fuzz_8(input) % TDI_LOWER_EVENTS;
	uint8_t choice = fuzz_8(input);
	struct event event = { .function = tdi_lower.handler[type],
		.context = tdi_lower.handler_context[type] };
	KIRQL irql;

	if (!event.function)
		return;
	prepare(input, type);
	event.connection = (CONNECTION_CONTEXT)(uintptr_t)(choice >> 4);
	event.source = fuzz_address(input, &event.source_length);
	event.flags = fuzz_16(input);
	event.indicated = fuzz_32(input);
	event.available = fuzz_32(input);
	event.taken_at = choice & 1 ? NULL : &event.taken;
	if (choice & 2)
		event.context = (void *)(uintptr_t)(which + fuzz_8(input));
	KeRaiseIrql(choice & 4 ? PASSIVE_LEVEL : DISPATCH_LEVEL, &irql);
	call(type, &event);
	KeLowerIrql(irql);
	take_returned(event.irp);
}
