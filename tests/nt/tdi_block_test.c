/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a rule refuses: connects, accepts, datagrams both ways, connections that are there already.
 */
#include "tdi_client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONTEXT ((void *)0x44)

static unsigned calls;
static ULONG disconnect_flags;

static void refuse(unsigned operation)
{
	tdi_doubles.refuse_operations = 1u << operation;
	tdi_doubles.refuse_pid = TDI_CLIENT_PID;
}

static void refuses_connects(void **state)
{
	PFILE_OBJECT connection, other;

	tdi_world_start(TDI_ALL4);
	connection = tdi_open_connection(TDI_TCP, NULL);
	refuse(FW_BLOCKED_CONNECT);
	tdi_doubles.refuse_port = 80;
	assert_int_equal(tdi_connect(connection, 80), STATUS_ACCESS_DENIED);
	assert_int_equal(tdi_lower.calls[TDI_CONNECT], 0);
	assert_int_equal(tdi_connect(connection, 81), STATUS_SUCCESS);
	tdi_process(500);
	other = tdi_open_connection(TDI_TCP, NULL);
	assert_int_equal(tdi_connect(other, 80), STATUS_SUCCESS);
	assert_int_equal(tdi_doubles.refused, 1);
	tdi_close(other);
	tdi_close(connection);
	tdi_world_stop();
}

static NTSTATUS on_connect(void *context, LONG remote_length, void *remote, LONG user_length,
	void *user, LONG options_length, void *options, CONNECTION_CONTEXT *connection,
	PIRP *accept)
{
	calls++;
	return STATUS_CONNECTION_REFUSED;
}

static NTSTATUS on_datagram(void *context, LONG source_length, void *source, LONG options_length,
	void *options, ULONG flags, ULONG indicated, ULONG available, ULONG *taken, void *data,
	PIRP *irp)
{
	calls++;
	*taken = available;
	return STATUS_SUCCESS;
}

static NTSTATUS on_chained_datagram(void *context, LONG source_length, void *source,
	LONG options_length, void *options, ULONG flags, ULONG length, ULONG offset, PMDL data,
	void *descriptor)
{
	calls++;
	return STATUS_SUCCESS;
}

static NTSTATUS on_disconnect(void *context, CONNECTION_CONTEXT connection, LONG data_length,
	void *data, LONG length, void *information, ULONG flags)
{
	calls++;
	disconnect_flags = flags;
	return STATUS_SUCCESS;
}

static void refuses_accepts(void **state)
{
	CONNECTION_CONTEXT context;
	uint8_t source[40];
	LONG length = (LONG)tdi_lower_address(source, FW_FAMILY_IPV4, NULL, 99);
	PFILE_OBJECT address;
	PIRP irp = NULL;

	tdi_world_start(TDI_ALL4);
	calls = 0;
	address = tdi_open_address(TDI_TCP, 80);
	tdi_set_handler(address, TDI_EVENT_CONNECT, on_connect, NULL);
	refuse(FW_BLOCKED_ACCEPT);
	assert_int_equal(TDI_RAISE(PTDI_IND_CONNECT, TDI_EVENT_CONNECT, length, source, 0, NULL, 0,
				 NULL, &context, &irp),
		STATUS_CONNECTION_REFUSED);
	assert_int_equal(calls, 0);
	assert_int_equal(tdi_doubles.refused, 1);
	tdi_doubles.refuse_port = 98; /* not that peer */
	TDI_RAISE(PTDI_IND_CONNECT, TDI_EVENT_CONNECT, length, source, 0, NULL, 0, NULL, &context,
		&irp);
	assert_int_equal(calls, 1);
	tdi_close(address);
	tdi_world_stop();
}

/* The connection that a listen brought is ended, the listener told. */
static void refuses_listens(void **state)
{
	TDI_CONNECTION_INFORMATION information = { 0 };
	TDI_REQUEST_KERNEL parameters = { .ReturnConnectionInformation = &information };
	TDI_REQUEST_KERNEL_ACCEPT accept = { NULL, NULL };
	uint8_t bytes[40];
	PFILE_OBJECT connection;

	tdi_world_start(TDI_ALL4);
	connection = tdi_open_connection(TDI_TCP, NULL);
	information.RemoteAddress = bytes;
	information.RemoteAddressLength = sizeof(bytes);
	refuse(FW_BLOCKED_ACCEPT);
	assert_int_equal(tdi_send_request(connection, TDI_LISTEN, &parameters, sizeof(parameters)),
		STATUS_CONNECTION_REFUSED);
	assert_int_equal(tdi_lower.calls[TDI_DISCONNECT], 1);
	assert_int_equal(tdi_lower.disconnect_flags, TDI_DISCONNECT_ABORT);
	tdi_settle();
	/* An accept of what was never offered to us. */
	assert_int_equal(tdi_send_request(connection, TDI_ACCEPT, &accept, sizeof(accept)),
		STATUS_CONNECTION_REFUSED);
	assert_int_equal(tdi_lower.calls[TDI_ACCEPT], 0);
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_OPEN), 0);
	tdi_close(connection);
	tdi_world_stop();
}

static void refuses_datagrams_sent(void **state)
{
	TDI_REQUEST_KERNEL_SENDDG parameters = { 10, NULL };
	PFILE_OBJECT address;

	tdi_world_start(TDI_ALL4);
	address = tdi_open_address(TDI_UDP, 53);
	refuse(FW_BLOCKED_SEND);
	tdi_doubles.refuse_port = 9;
	assert_int_equal(tdi_datagram(address, TDI_SEND_DATAGRAM, 10, 9), STATUS_ACCESS_DENIED);
	assert_int_equal(tdi_lower.calls[TDI_SEND_DATAGRAM], 0);
	assert_int_equal(tdi_datagram(address, TDI_SEND_DATAGRAM, 10, 10), STATUS_SUCCESS);
	assert_int_equal(tdi_doubles.sent[TDI_CLIENT_PID / 100], 10);
	/* To the peer that was fixed before. */
	tdi_connect(address, 9);
	assert_int_equal(
		tdi_send_request(address, TDI_SEND_DATAGRAM, &parameters, sizeof(parameters)),
		STATUS_ACCESS_DENIED);
	tdi_close(address);
	tdi_world_stop();
}

static void refuses_datagram_events(void **state)
{
	uint8_t source[40];
	LONG length = (LONG)tdi_lower_address(source, FW_FAMILY_IPV4, NULL, 99);
	PFILE_OBJECT address;
	ULONG taken = 5;
	PIRP irp = NULL;

	tdi_world_start(TDI_ALL4);
	calls = 0;
	address = tdi_open_address(TDI_UDP, 53);
	tdi_set_handler(address, TDI_EVENT_RECEIVE_DATAGRAM, on_datagram, NULL);
	tdi_set_handler(address, TDI_EVENT_CHAINED_RECEIVE_DATAGRAM, on_chained_datagram, NULL);
	refuse(FW_BLOCKED_RECEIVE);
	assert_int_equal(TDI_RAISE(PTDI_IND_RECEIVE_DATAGRAM, TDI_EVENT_RECEIVE_DATAGRAM, length,
				 source, 0, NULL, 0, 50, 50, &taken, NULL, &irp),
		STATUS_DATA_NOT_ACCEPTED);
	assert_int_equal(taken, 0);
	assert_int_equal(
		TDI_RAISE(PTDI_IND_CHAINED_RECEIVE_DATAGRAM, TDI_EVENT_CHAINED_RECEIVE_DATAGRAM, 0,
			NULL, 0, NULL, 0, 33, 0, NULL, NULL),
		STATUS_DATA_NOT_ACCEPTED);
	assert_int_equal(calls, 0);
	assert_int_equal(tdi_doubles.received[TDI_CLIENT_PID / 100], 0);
	tdi_close(address);
	tdi_world_stop();
}

/* A receive that got a refused datagram gets the next one instead. */
static void refuses_datagrams_received(void **state)
{
	TDI_CONNECTION_INFORMATION information = { 0 };
	TDI_REQUEST_KERNEL_RECEIVEDG parameters = { 100, NULL, &information, 0 };
	struct tdi_request request;
	uint8_t bytes[40];
	PFILE_OBJECT address;
	unsigned i;

	tdi_world_start(TDI_ALL4);
	address = tdi_open_address(TDI_UDP, 53);
	information.RemoteAddress = bytes;
	information.RemoteAddressLength = sizeof(bytes);
	tdi_lower.hold[TDI_RECEIVE_DATAGRAM] = true;
	refuse(FW_BLOCKED_RECEIVE);
	tdi_begin(&request, address, TDI_RECEIVE_DATAGRAM, &parameters, sizeof(parameters));
	for (i = 0; i < 3; i++) {
		assert_true(tdi_lower_complete(TDI_RECEIVE_DATAGRAM, STATUS_SUCCESS, 40));
		while (!tdi_lower_holds(TDI_RECEIVE_DATAGRAM))
			nt_sleep_ms(1);
		assert_false(request.done);
	}
	tdi_doubles.refuse_operations = 0;
	assert_true(tdi_lower_complete(TDI_RECEIVE_DATAGRAM, STATUS_SUCCESS, 25));
	assert_int_equal(tdi_end(&request), STATUS_SUCCESS);
	assert_int_equal(request.information, 25);
	assert_int_equal(tdi_doubles.received[TDI_CLIENT_PID / 100], 25);
	/* One that its client has cancelled is not sent again. */
	refuse(FW_BLOCKED_RECEIVE);
	tdi_begin(&request, address, TDI_RECEIVE_DATAGRAM, &parameters, sizeof(parameters));
	IoCancelIrp(request.irp);
	assert_true(tdi_lower_complete(TDI_RECEIVE_DATAGRAM, STATUS_SUCCESS, 40));
	assert_int_equal(tdi_end(&request), STATUS_CANCELLED);
	tdi_close(address);
	tdi_world_stop();
}

static void cuts_connections(void **state)
{
	struct fw_connection row;
	PFILE_OBJECT address, connection, other;

	tdi_world_start(TDI_ALL4);
	calls = 0;
	address = tdi_open_address(TDI_TCP, 1234);
	connection = tdi_open_connection(TDI_TCP, CONTEXT);
	tdi_associate(connection, address);
	tdi_set_handler(address, TDI_EVENT_DISCONNECT, on_disconnect, NULL);
	tdi_connect(connection, 80);
	tdi_process(500);
	other = tdi_open_connection(TDI_TCP, NULL);
	tdi_connect(other, 80);
	tdi_settle();
	fw_tdi_cut_refused(); /* nothing is refused yet */
	assert_int_equal(tdi_lower.calls[TDI_DISCONNECT], 0);
	refuse(FW_BLOCKED_CUT);
	fw_tdi_cut_refused();
	assert_int_equal(tdi_lower.calls[TDI_DISCONNECT], 1);
	assert_int_equal(tdi_lower.disconnect_flags, TDI_DISCONNECT_ABORT);
	assert_int_equal(calls, 1);
	assert_int_equal(disconnect_flags, TDI_DISCONNECT_ABORT);
	assert_int_equal(tdi_connections(&row, 1), 1);
	assert_int_equal(row.owner_pid, 500);
	fw_tdi_cut_refused(); /* once is enough */
	assert_int_equal(tdi_lower.calls[TDI_DISCONNECT], 1);
	tdi_close(other);
	tdi_close(connection);
	tdi_close(address);
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_CLOSE), 2);
	tdi_world_stop();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		{ "block: connects", refuses_connects, NULL, NULL, NULL },
		{ "block: accepts by event", refuses_accepts, NULL, NULL, NULL },
		{ "block: accepts by listen", refuses_listens, NULL, NULL, NULL },
		{ "block: datagrams sent", refuses_datagrams_sent, NULL, NULL, NULL },
		{ "NT-16, block: datagrams received by event", refuses_datagram_events, NULL, NULL,
			NULL },
		{ "NT-18, block: datagrams received by request", refuses_datagrams_received, NULL,
			NULL, NULL },
		{ "block: connections that are there", cuts_connections, NULL, NULL, NULL },
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
