/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Event handlers: set, replaced, removed, called late; what they take is counted once. */
#include "tdi_client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONTEXT ((void *)0x11)

/* What the client's handlers do. */
static struct {
	unsigned calls;
	unsigned freed_calls; /* with a context that the client has forgotten */
	NTSTATUS status;
	ULONG take;
	IRP *irp;
	void *descriptor;
	KIRQL irql;
} client;

static int live, forgotten;

static void called(void *context)
{
	client.calls++;
	client.freed_calls += context == &forgotten;
	client.irql = KeGetCurrentIrql();
}

static NTSTATUS on_receive(void *context, CONNECTION_CONTEXT connection, ULONG flags,
	ULONG indicated, ULONG available, ULONG *taken, void *data, PIRP *irp)
{
	called(context);
	*taken = client.take;
	*irp = client.irp;
	return client.status;
}

static NTSTATUS on_datagram(void *context, LONG source_length, void *source, LONG options_length,
	void *options, ULONG flags, ULONG indicated, ULONG available, ULONG *taken, void *data,
	PIRP *irp)
{
	called(context);
	*taken = client.take;
	*irp = client.irp;
	return client.status;
}

static NTSTATUS on_chained(void *context, CONNECTION_CONTEXT connection, ULONG flags, ULONG length,
	ULONG offset, PMDL data, void *descriptor)
{
	called(context);
	client.descriptor = descriptor;
	return client.status;
}

static NTSTATUS on_chained_datagram(void *context, LONG source_length, void *source,
	LONG options_length, void *options, ULONG flags, ULONG length, ULONG offset, PMDL data,
	void *descriptor)
{
	called(context);
	client.descriptor = descriptor;
	return client.status;
}

static NTSTATUS on_connect(void *context, LONG remote_length, void *remote, LONG user_length,
	void *user, LONG options_length, void *options, CONNECTION_CONTEXT *connection,
	PIRP *accept)
{
	called(context);
	*connection = CONTEXT;
	*accept = client.irp;
	return client.status;
}

static NTSTATUS on_disconnect(void *context, CONNECTION_CONTEXT connection, LONG data_length,
	void *data, LONG length, void *information, ULONG flags)
{
	called(context);
	return STATUS_SUCCESS;
}

static NTSTATUS on_error(void *context, NTSTATUS error)
{
	called(context);
	return error == STATUS_UNSUCCESSFUL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static NTSTATUS on_error_ex(void *context, NTSTATUS error, void *buffer)
{
	return on_error(context, error);
}

static NTSTATUS on_send_possible(void *context, void *connection, ULONG available)
{
	called(context);
	return available == 5 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static uint64_t received(void)
{
	return tdi_doubles.received[TDI_CLIENT_PID / 100];
}

static uint32_t handlers(void)
{
	struct fw_control_status status = { 0 };

	fw_tdi_status(&status);
	return status.handlers;
}

static PFILE_OBJECT start(const char *name)
{
	memset(&client, 0, sizeof(client));
	tdi_world_start(TDI_ALL4);
	return tdi_open_address(name, 80);
}

static NTSTATUS raise_receive(LONG type, void *context, ULONG available, ULONG *taken, PIRP *irp)
{
	NTSTATUS status;
	KIRQL irql;

	*taken = 99;
	*irp = NULL;
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	status = TDI_RAISE(PTDI_IND_RECEIVE, type, context, TDI_RECEIVE_NORMAL, available,
		available, taken, NULL, irp);
	KeLowerIrql(irql);
	return status;
}

static NTSTATUS raise_chained(LONG type, ULONG length, void *descriptor)
{
	NTSTATUS status;
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	status = TDI_RAISE(PTDI_IND_CHAINED_RECEIVE, type, CONTEXT, TDI_RECEIVE_NORMAL, length, 0,
		NULL, descriptor);
	KeLowerIrql(irql);
	return status;
}

static void counts_what_handlers_take(void **state)
{
	static const LONG types[] = { TDI_EVENT_RECEIVE, TDI_EVENT_RECEIVE_EXPEDITED };
	PFILE_OBJECT address = start(TDI_TCP), connection = tdi_open_connection(TDI_TCP, CONTEXT);
	struct fw_connection row;
	ULONG taken;
	PIRP irp;
	size_t i;

	tdi_associate(connection, address);
	tdi_connect(connection, 80);
	for (i = 0; i < FW_NT_COUNT(types); i++) {
		assert_int_equal(
			tdi_set_handler(address, types[i], on_receive, &live), STATUS_SUCCESS);
		client.status = STATUS_SUCCESS;
		client.take = 60;
		assert_int_equal(
			raise_receive(types[i], CONTEXT, 100, &taken, &irp), STATUS_SUCCESS);
		assert_int_equal(taken, 60);
		assert_int_equal(client.irql, DISPATCH_LEVEL);
		/* A client that takes nothing has taken nothing, whatever it writes. */
		client.status = STATUS_DATA_NOT_ACCEPTED;
		assert_int_equal(raise_receive(types[i], CONTEXT, 40, &taken, &irp),
			STATUS_DATA_NOT_ACCEPTED);
	}
	assert_int_equal(received(), 120);
	assert_int_equal(tdi_connections(&row, 1), 1);
	assert_int_equal(row.counters.received, 120);
	assert_int_equal(client.calls, 4);
	tdi_close(connection);
	tdi_close(address);
	tdi_world_stop();
}

/* Bytes in the handler, then those of the request it returned, once each; a peeking request has
 * none. */
static void counts_returned_requests(void **state)
{
	PFILE_OBJECT address = start(TDI_TCP), connection = tdi_open_connection(TDI_TCP, CONTEXT);
	TDI_REQUEST_KERNEL_RECEIVE parameters = { 500, TDI_RECEIVE_NORMAL };
	struct tdi_request request;
	ULONG taken;
	PIRP irp;

	tdi_associate(connection, address);
	tdi_set_handler(address, TDI_EVENT_RECEIVE, on_receive, &live);
	client.status = STATUS_MORE_PROCESSING_REQUIRED;
	client.take = 10;
	client.irp =
		tdi_returned(&request, connection, TDI_RECEIVE, &parameters, sizeof(parameters));
	assert_int_equal(
		raise_receive(TDI_EVENT_RECEIVE, CONTEXT, 400, &taken, &irp), client.status);
	assert_ptr_equal(irp, client.irp);
	assert_int_equal(received(), 10);
	tdi_lower_take(irp);
	tdi_lower_complete(TDI_RECEIVE, STATUS_SUCCESS, 390);
	assert_int_equal(tdi_end(&request), STATUS_SUCCESS);
	assert_int_equal(request.information, 390);
	assert_int_equal(received(), 400);

	parameters.ReceiveFlags = TDI_RECEIVE_PEEK;
	client.take = 0;
	client.irp =
		tdi_returned(&request, connection, TDI_RECEIVE, &parameters, sizeof(parameters));
	raise_receive(TDI_EVENT_RECEIVE, CONTEXT, 400, &taken, &irp);
	tdi_lower_take(irp);
	tdi_lower_complete(TDI_RECEIVE, STATUS_SUCCESS, 400);
	tdi_end(&request);
	assert_int_equal(received(), 400);
	tdi_close(connection);
	tdi_close(address);
	tdi_world_stop();
}

static void hands_on_chained_receives(void **state)
{
	static const LONG types[] = { TDI_EVENT_CHAINED_RECEIVE,
		TDI_EVENT_CHAINED_RECEIVE_EXPEDITED };
	PFILE_OBJECT address = start(TDI_TCP);
	size_t i;

	for (i = 0; i < FW_NT_COUNT(types); i++) {
		tdi_set_handler(address, types[i], on_chained, &live);
		client.status = STATUS_SUCCESS;
		assert_int_equal(raise_chained(types[i], 100, &live), STATUS_SUCCESS);
		assert_ptr_equal(client.descriptor, &live);
		client.status = STATUS_PENDING; /* taken; given back later by the client */
		assert_int_equal(raise_chained(types[i], 30, &client), STATUS_PENDING);
		assert_ptr_equal(client.descriptor, &client);
		client.status = STATUS_DATA_NOT_ACCEPTED;
		assert_int_equal(raise_chained(types[i], 7, &live), STATUS_DATA_NOT_ACCEPTED);
	}
	assert_int_equal(client.calls, 6);
	assert_int_equal(received(), 260);
	tdi_close(address);
	tdi_world_stop();
}

static void counts_datagrams(void **state)
{
	PFILE_OBJECT address = start(TDI_UDP);
	uint8_t source[40];
	LONG length = (LONG)tdi_lower_address(source, FW_FAMILY_IPV4, NULL, 99);
	struct fw_connection row;
	ULONG taken = 0;
	PIRP irp = NULL;

	tdi_set_handler(address, TDI_EVENT_RECEIVE_DATAGRAM, on_datagram, &live);
	tdi_set_handler(address, TDI_EVENT_CHAINED_RECEIVE_DATAGRAM, on_chained_datagram, &live);
	client.take = 50;
	assert_int_equal(TDI_RAISE(PTDI_IND_RECEIVE_DATAGRAM, TDI_EVENT_RECEIVE_DATAGRAM, length,
				 source, 0, NULL, 0, 50, 50, &taken, NULL, &irp),
		STATUS_SUCCESS);
	/* Neither address nor options are always there. */
	assert_int_equal(TDI_RAISE(PTDI_IND_RECEIVE_DATAGRAM, TDI_EVENT_RECEIVE_DATAGRAM, 0, NULL,
				 0, NULL, 0, 50, 50, &taken, NULL, &irp),
		STATUS_SUCCESS);
	/* Whatever its length is said to be. */
	assert_int_equal(
		TDI_RAISE(PTDI_IND_CHAINED_RECEIVE_DATAGRAM, TDI_EVENT_CHAINED_RECEIVE_DATAGRAM,
			length, NULL, 0, NULL, 0, 33, 0, NULL, NULL),
		STATUS_SUCCESS);
	assert_int_equal(received(), 133);
	assert_int_equal(tdi_connections(&row, 1), 1);
	assert_int_equal(row.counters.received, 133);
	assert_int_equal(row.protocol, 17);
	tdi_close(address);
	tdi_world_stop();
}

/* Each type of event, with the very function and context that the transport had. */
static void late_events(void **state)
{
	static void *const functions[] = { on_connect, on_disconnect, on_error, on_receive,
		on_datagram, on_receive, on_send_possible, on_chained, on_chained_datagram,
		on_chained, on_error_ex };
	struct tdi_lower old;
	PFILE_OBJECT address = start(TDI_TCP);
	CONNECTION_CONTEXT connection;
	ULONG taken = 99;
	PIRP irp = NULL;
	LONG type;

	for (type = 0; type < TDI_LOWER_EVENTS; type++)
		assert_int_equal(tdi_set_handler(address, type, functions[type], &forgotten),
			STATUS_SUCCESS);
	assert_int_equal(handlers(), TDI_LOWER_EVENTS);
	old = tdi_lower;
	for (type = 0; type < TDI_LOWER_EVENTS; type++)
		assert_int_equal(tdi_set_handler(address, type, NULL, NULL), STATUS_SUCCESS);
	assert_int_equal(handlers(), 0);
	memcpy(tdi_lower.handler, old.handler, sizeof(old.handler));
	memcpy(tdi_lower.handler_context, old.handler_context, sizeof(old.handler_context));
	assert_int_equal(raise_receive(TDI_EVENT_RECEIVE, CONTEXT, 10, &taken, &irp),
		STATUS_DATA_NOT_ACCEPTED);
	assert_int_equal(taken, 0);
	assert_int_equal(raise_receive(TDI_EVENT_RECEIVE_EXPEDITED, CONTEXT, 10, &taken, &irp),
		STATUS_DATA_NOT_ACCEPTED);
	assert_int_equal(
		raise_chained(TDI_EVENT_CHAINED_RECEIVE, 10, NULL), STATUS_DATA_NOT_ACCEPTED);
	assert_int_equal(raise_chained(TDI_EVENT_CHAINED_RECEIVE_EXPEDITED, 10, NULL),
		STATUS_DATA_NOT_ACCEPTED);
	taken = 99;
	assert_int_equal(TDI_RAISE(PTDI_IND_RECEIVE_DATAGRAM, TDI_EVENT_RECEIVE_DATAGRAM, 0, NULL,
				 0, NULL, 0, 5, 5, &taken, NULL, &irp),
		STATUS_DATA_NOT_ACCEPTED);
	assert_int_equal(taken, 0);
	assert_int_equal(
		TDI_RAISE(PTDI_IND_CHAINED_RECEIVE_DATAGRAM, TDI_EVENT_CHAINED_RECEIVE_DATAGRAM, 0,
			NULL, 0, NULL, 0, 5, 0, NULL, NULL),
		STATUS_DATA_NOT_ACCEPTED);
	assert_int_equal(TDI_RAISE(PTDI_IND_CONNECT, TDI_EVENT_CONNECT, 0, NULL, 0, NULL, 0, NULL,
				 &connection, &irp),
		STATUS_CONNECTION_REFUSED);
	assert_int_equal(TDI_RAISE(PTDI_IND_DISCONNECT, TDI_EVENT_DISCONNECT, CONTEXT, 0, NULL, 0,
				 NULL, TDI_DISCONNECT_ABORT),
		STATUS_SUCCESS);
	assert_int_equal(
		TDI_RAISE(PTDI_IND_ERROR, TDI_EVENT_ERROR, STATUS_UNSUCCESSFUL), STATUS_SUCCESS);
	assert_int_equal(
		TDI_RAISE(PTDI_IND_ERROR_EX, TDI_EVENT_ERROR_EX, STATUS_UNSUCCESSFUL, NULL),
		STATUS_SUCCESS);
	assert_int_equal(TDI_RAISE(PTDI_IND_SEND_POSSIBLE, TDI_EVENT_SEND_POSSIBLE, CONTEXT, 5),
		STATUS_SUCCESS);
	assert_int_equal(client.calls, 0);
	assert_int_equal(received(), 0);
	tdi_close(address);
	/* Even when the address is gone altogether. */
	assert_int_equal(raise_receive(TDI_EVENT_RECEIVE, CONTEXT, 10, &taken, &irp),
		STATUS_DATA_NOT_ACCEPTED);
	tdi_world_stop();
}

static void passes_the_other_events(void **state)
{
	PFILE_OBJECT address = start(TDI_TCP);

	tdi_set_handler(address, TDI_EVENT_ERROR, on_error, &live);
	tdi_set_handler(address, TDI_EVENT_ERROR_EX, on_error_ex, &live);
	tdi_set_handler(address, TDI_EVENT_SEND_POSSIBLE, on_send_possible, &live);
	assert_int_equal(
		TDI_RAISE(PTDI_IND_ERROR, TDI_EVENT_ERROR, STATUS_UNSUCCESSFUL), STATUS_SUCCESS);
	assert_int_equal(
		TDI_RAISE(PTDI_IND_ERROR_EX, TDI_EVENT_ERROR_EX, STATUS_UNSUCCESSFUL, NULL),
		STATUS_SUCCESS);
	assert_int_equal(TDI_RAISE(PTDI_IND_SEND_POSSIBLE, TDI_EVENT_SEND_POSSIBLE, CONTEXT, 5),
		STATUS_SUCCESS);
	assert_int_equal(client.calls, 3);
	tdi_close(address);
	tdi_world_stop();
}

static void failed_set_rolls_back(void **state)
{
	PFILE_OBJECT address = start(TDI_TCP);
	ULONG taken;
	PIRP irp;

	tdi_set_handler(address, TDI_EVENT_RECEIVE, on_receive, &live);
	tdi_lower.status[TDI_SET_EVENT_HANDLER] = STATUS_INVALID_PARAMETER;
	assert_int_equal(tdi_set_handler(address, TDI_EVENT_RECEIVE, on_receive, &forgotten),
		STATUS_INVALID_PARAMETER);
	assert_int_equal(
		tdi_set_handler(address, TDI_EVENT_RECEIVE, NULL, NULL), STATUS_INVALID_PARAMETER);
	assert_int_equal(handlers(), 1);
	client.take = 5;
	assert_int_equal(
		raise_receive(TDI_EVENT_RECEIVE, CONTEXT, 5, &taken, &irp), STATUS_SUCCESS);
	assert_int_equal(client.calls, 1);
	assert_int_equal(client.freed_calls, 0);
	assert_int_equal(received(), 5);
	tdi_lower.status[TDI_SET_EVENT_HANDLER] = STATUS_SUCCESS;
	tdi_close(address);
	tdi_world_stop();
}

static void event_in_set(LONG type)
{
	ULONG taken;
	PIRP irp;

	client.take = 20;
	assert_int_equal(TDI_RAISE(PTDI_IND_RECEIVE, type, CONTEXT, TDI_RECEIVE_NORMAL, 20, 20,
				 &taken, NULL, &irp),
		STATUS_SUCCESS);
}

/* The lower driver has the handler and calls it, and we have not heard that it took it. */
static void event_before_the_answer(void **state)
{
	PFILE_OBJECT address = start(TDI_TCP);

	tdi_set_handler(address, TDI_EVENT_RECEIVE, on_receive, &live);
	tdi_lower.in_set = event_in_set;
	tdi_set_handler(address, TDI_EVENT_RECEIVE, on_receive, &live);
	tdi_lower.in_set = NULL;
	assert_int_equal(client.calls, 1);
	assert_int_equal(received(), 20);
	assert_int_equal(handlers(), 1);
	tdi_close(address);
	assert_int_equal(handlers(), 0);
	tdi_world_stop();
}

/* Connections that cannot be told apart by their context: the address is charged, nobody's
 * connection. */
static void contexts_that_are_all_null(void **state)
{
	PFILE_OBJECT address = start(TDI_TCP), first = tdi_open_connection(TDI_TCP, NULL);
	PFILE_OBJECT second = tdi_open_connection(TDI_TCP, NULL);
	TDI_REQUEST_KERNEL_RECEIVE parameters = { 500, TDI_RECEIVE_NORMAL };
	struct fw_connection rows[4];
	ULONG taken;
	PIRP irp;

	tdi_set_handler(address, TDI_EVENT_RECEIVE, on_receive, &live);
	tdi_associate(first, address);
	tdi_associate(second, address);
	tdi_connect(first, 80);
	tdi_connect(second, 81);
	client.take = 11;
	raise_receive(TDI_EVENT_RECEIVE, NULL, 11, &taken, &irp);
	tdi_lower.information[TDI_RECEIVE] = 300;
	tdi_send_request(second, TDI_RECEIVE, &parameters, sizeof(parameters));
	assert_int_equal(received(), 311);
	assert_int_equal(tdi_connections(rows, 4), 2);
	assert_int_equal(rows[0].counters.received, 0);
	assert_int_equal(rows[1].counters.received, 300);
	tdi_close(first);
	/* Now there is only one that it can be. */
	raise_receive(TDI_EVENT_RECEIVE, NULL, 11, &taken, &irp);
	assert_int_equal(tdi_connections(rows, 4), 1);
	assert_int_equal(rows[0].counters.received, 311);
	tdi_close(second);
	tdi_close(address);
	tdi_world_stop();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		{ "NT-13, NT-15, system 1: bytes taken in receive handlers",
			counts_what_handlers_take, NULL, NULL, NULL },
		{ "NT-15: requests that handlers return", counts_returned_requests, NULL, NULL,
			NULL },
		{ "NT-14, system 2, defect 5: chained receives go to their handler",
			hands_on_chained_receives, NULL, NULL, NULL },
		{ "NT-16: datagrams without address", counts_datagrams, NULL, NULL, NULL },
		{ "NT-12, NT-13, system 2, defect 3: events after their handler was removed",
			late_events, NULL, NULL, NULL },
		{ "NT-12: the other events pass", passes_the_other_events, NULL, NULL, NULL },
		{ "NT-12: a set that fails changes nothing", failed_set_rolls_back, NULL, NULL,
			NULL },
		{ "NT-12: an event before the set is answered", event_before_the_answer, NULL, NULL,
			NULL },
		{ "NT-8: connections without context", contexts_that_are_all_null, NULL, NULL,
			NULL },
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
