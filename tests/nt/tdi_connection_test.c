/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Connections: made, offered, accepted, ended, and what is told of them. */
#include "tdi_client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONTEXT ((void *)0x33)

static PFILE_OBJECT address, connection;

static void start(void)
{
	tdi_world_start(TDI_ALL4);
	address = tdi_open_address(TDI_TCP, 1234);
	connection = tdi_open_connection(TDI_TCP, CONTEXT);
	assert_int_equal(tdi_associate(connection, address), STATUS_SUCCESS);
}

static void stop(void)
{
	tdi_close(connection);
	tdi_close(address);
	tdi_world_stop();
}

static uint8_t state_now(void)
{
	struct fw_connection rows[4];
	unsigned i, count = tdi_connections(rows, 4);

	for (i = 0; i < count; i++)
		if (rows[i].state != FW_STATE_LISTEN)
			return rows[i].state;
	return FW_STATE_NONE;
}

static NTSTATUS disconnect(uint32_t flags)
{
	TDI_REQUEST_KERNEL parameters = { .RequestFlags = flags };

	return tdi_send_request(connection, TDI_DISCONNECT, &parameters, sizeof(parameters));
}

static void tells_begin_and_end(void **state)
{
	const struct fw_connection *open, *close;
	static const uint8_t remote[16] = { 192, 0, 2, 9 }, local[16] = { 10, 0, 0, 1 };

	start();
	assert_int_equal(tdi_connect(connection, 443), STATUS_SUCCESS);
	tdi_settle();
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_OPEN), 1);
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_CLOSE), 0);
	assert_int_equal(state_now(), FW_STATE_ESTABLISHED);
	tdi_transfer(connection, TDI_SEND, 100, 0);
	tdi_close(connection);
	connection = NULL;
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_CLOSE), 1);
	open = &tdi_doubles_record(FW_RECORD_CONNECTION_OPEN, 0)->connection.connection;
	close = &tdi_doubles_record(FW_RECORD_CONNECTION_CLOSE, 0)->connection.connection;
	assert_int_equal(open->id, close->id);
	assert_memory_equal(open->remote_address, remote, 16);
	assert_memory_equal(open->local_address, local, 16);
	assert_int_equal(open->remote_port, 443);
	assert_int_equal(open->local_port, 1234);
	assert_int_equal(open->family, FW_FAMILY_IPV4);
	assert_int_equal(open->protocol, 6);
	assert_int_equal(open->owner_pid, TDI_CLIENT_PID);
	assert_int_equal(open->creator_pid, TDI_CLIENT_PID);
	assert_int_equal(open->state, FW_STATE_ESTABLISHED);
	assert_int_equal(open->closed_ns, 0);
	assert_int_equal(close->opened_ns, open->opened_ns);
	assert_true(close->closed_ns >= close->opened_ns);
	assert_int_equal(close->counters.sent, 100);
	assert_int_equal(close->state, FW_STATE_CLOSED);
	stop();
}

static void asks_only_after_success(void **state)
{
	unsigned before;

	start();
	before = tdi_lower.calls[TDI_QUERY_INFORMATION];
	tdi_lower.status[TDI_CONNECT] = STATUS_CONNECTION_REFUSED;
	assert_int_equal(tdi_connect(connection, 443), STATUS_CONNECTION_REFUSED);
	tdi_settle();
	assert_int_equal(tdi_lower.calls[TDI_QUERY_INFORMATION], before);
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_OPEN), 0);
	assert_int_equal(state_now(), FW_STATE_NONE);
	tdi_lower.status[TDI_CONNECT] = STATUS_SUCCESS;
	assert_int_equal(tdi_connect(connection, 443), STATUS_SUCCESS);
	tdi_settle();
	assert_int_equal(tdi_lower.calls[TDI_QUERY_INFORMATION], before + 1);
	stop();
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_CLOSE), 1);
}

/* The query is under way when the connection ends, and another begins on the same object. */
static void ends_while_asked(void **state)
{
	unsigned i;

	start();
	tdi_lower.hold[TDI_QUERY_INFORMATION] = true;
	for (i = 0; i < 3; i++) {
		assert_int_equal(tdi_connect(connection, (uint16_t)(100 + i)), STATUS_SUCCESS);
		nt_sleep_ms(2);
	}
	while (tdi_lower_complete(TDI_QUERY_INFORMATION, STATUS_SUCCESS, 0))
		nt_sleep_ms(2);
	tdi_lower.hold[TDI_QUERY_INFORMATION] = false;
	tdi_settle();
	tdi_close(connection);
	connection = NULL;
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_OPEN), 3);
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_CLOSE), 3);
	for (i = 0; i < 3; i++) {
		const struct fw_connection *open =
			&tdi_doubles_record(FW_RECORD_CONNECTION_OPEN, i)->connection.connection;
		const struct fw_connection *close =
			&tdi_doubles_record(FW_RECORD_CONNECTION_CLOSE, i)->connection.connection;

		assert_int_equal(open->id, close->id);
		assert_int_equal(open->remote_port, 100 + i);
		assert_int_equal(close->remote_port, 100 + i);
		/* An end never comes before its beginning. */
		assert_true((const void *)open < (const void *)close);
	}
	stop();
}

static IRP *accept_irp;
static NTSTATUS accept_status;

static NTSTATUS on_connect(void *context, LONG remote_length, void *remote, LONG user_length,
	void *user, LONG options_length, void *options, CONNECTION_CONTEXT *connection_context,
	PIRP *accept)
{
	*connection_context = CONTEXT;
	*accept = accept_irp;
	return accept_status;
}

static NTSTATUS raise_connect(PIRP *irp)
{
	static const uint8_t remote[4] = { 198, 51, 100, 7 };
	uint8_t bytes[40];
	LONG length = (LONG)tdi_lower_address(bytes, FW_FAMILY_IPV4, remote, 5555);
	CONNECTION_CONTEXT context = NULL;
	NTSTATUS status;
	KIRQL irql;

	*irp = NULL;
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	status = TDI_RAISE(PTDI_IND_CONNECT, TDI_EVENT_CONNECT, length, bytes, 0, NULL, 0, NULL,
		&context, irp);
	KeLowerIrql(irql);
	return status;
}

static void accepts_by_event(void **state)
{
	TDI_REQUEST_KERNEL_ACCEPT parameters = { NULL, NULL };
	const struct fw_connection *open;
	struct tdi_request request;
	struct fw_port port;
	PIRP irp;

	start();
	tdi_set_handler(address, TDI_EVENT_CONNECT, on_connect, NULL);
	assert_int_equal(tdi_ports(&port, 1), 1);
	assert_int_equal(port.state, FW_STATE_LISTEN);
	accept_irp =
		tdi_returned(&request, connection, TDI_ACCEPT, &parameters, sizeof(parameters));
	accept_status = STATUS_MORE_PROCESSING_REQUIRED;
	assert_int_equal(raise_connect(&irp), STATUS_MORE_PROCESSING_REQUIRED);
	assert_ptr_equal(irp, accept_irp);
	assert_int_equal(state_now(), FW_STATE_SYN_RECEIVED);
	tdi_lower_take(irp);
	tdi_lower_complete(TDI_ACCEPT, STATUS_SUCCESS, 0);
	assert_int_equal(tdi_end(&request), STATUS_SUCCESS);
	tdi_settle();
	assert_int_equal(state_now(), FW_STATE_ESTABLISHED);
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_OPEN), 1);
	open = &tdi_doubles_record(FW_RECORD_CONNECTION_OPEN, 0)->connection.connection;
	assert_int_equal(open->remote_address[0], 198);
	assert_int_equal(open->remote_port, 5555);
	assert_int_equal(open->local_port, 1234);
	stop();
}

static void accept_may_fail(void **state)
{
	TDI_REQUEST_KERNEL_ACCEPT parameters = { NULL, NULL };
	struct tdi_request request;
	PIRP irp;

	start();
	tdi_set_handler(address, TDI_EVENT_CONNECT, on_connect, NULL);
	accept_irp =
		tdi_returned(&request, connection, TDI_ACCEPT, &parameters, sizeof(parameters));
	accept_status = STATUS_MORE_PROCESSING_REQUIRED;
	raise_connect(&irp);
	tdi_lower_take(irp);
	tdi_lower_complete(TDI_ACCEPT, STATUS_CONNECTION_RESET, 0);
	assert_int_equal(tdi_end(&request), STATUS_CONNECTION_RESET);
	tdi_settle();
	assert_int_equal(state_now(), FW_STATE_NONE);
	/* And the client may say no. */
	accept_irp = NULL;
	accept_status = STATUS_CONNECTION_REFUSED;
	assert_int_equal(raise_connect(&irp), STATUS_CONNECTION_REFUSED);
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_OPEN), 0);
	stop();
}

static void listens(void **state)
{
	TDI_CONNECTION_INFORMATION information = { 0 };
	TDI_REQUEST_KERNEL parameters = { .ReturnConnectionInformation = &information };
	TDI_REQUEST_KERNEL_ACCEPT accept = { NULL, NULL };
	const struct fw_connection *open;
	struct tdi_request request;
	uint8_t bytes[40];

	start();
	information.RemoteAddress = bytes;
	information.RemoteAddressLength = sizeof(bytes);
	memcpy(tdi_lower.remote, "\xc0\x00\x02\x08", 4);
	/* Established by the listen itself. */
	tdi_lower.hold[TDI_LISTEN] = true;
	tdi_begin(&request, connection, TDI_LISTEN, &parameters, sizeof(parameters));
	tdi_lower_complete(TDI_LISTEN, STATUS_SUCCESS, 0);
	assert_int_equal(tdi_end(&request), STATUS_SUCCESS);
	tdi_settle();
	assert_int_equal(state_now(), FW_STATE_ESTABLISHED);
	/* By an accept afterwards. */
	tdi_lower.hold[TDI_LISTEN] = false;
	parameters.RequestFlags = TDI_QUERY_ACCEPT;
	assert_int_equal(tdi_send_request(connection, TDI_LISTEN, &parameters, sizeof(parameters)),
		STATUS_SUCCESS);
	assert_int_equal(state_now(), FW_STATE_SYN_RECEIVED);
	assert_int_equal(
		tdi_send_request(connection, TDI_ACCEPT, &accept, sizeof(accept)), STATUS_SUCCESS);
	tdi_settle();
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_OPEN), 2);
	open = &tdi_doubles_record(FW_RECORD_CONNECTION_OPEN, 1)->connection.connection;
	assert_int_equal(open->remote_address[3], 8);
	assert_int_equal(open->remote_port, 4000);
	stop();
}

static NTSTATUS on_disconnect(void *context, CONNECTION_CONTEXT connection_context,
	LONG data_length, void *data, LONG length, void *information, ULONG flags)
{
	return STATUS_SUCCESS;
}

static void follows_states(void **state)
{
	start();
	tdi_set_handler(address, TDI_EVENT_DISCONNECT, on_disconnect, NULL);
	tdi_connect(connection, 80);
	disconnect(TDI_DISCONNECT_RELEASE);
	assert_int_equal(state_now(), FW_STATE_FIN_WAIT_1);
	TDI_RAISE(PTDI_IND_DISCONNECT, TDI_EVENT_DISCONNECT, CONTEXT, 0, NULL, 0, NULL,
		TDI_DISCONNECT_RELEASE);
	assert_int_equal(state_now(), FW_STATE_TIME_WAIT);
	tdi_connect(connection, 80);
	TDI_RAISE(PTDI_IND_DISCONNECT, TDI_EVENT_DISCONNECT, CONTEXT, 0, NULL, 0, NULL,
		TDI_DISCONNECT_RELEASE);
	assert_int_equal(state_now(), FW_STATE_CLOSE_WAIT);
	disconnect(TDI_DISCONNECT_RELEASE);
	assert_int_equal(state_now(), FW_STATE_LAST_ACK);
	tdi_connect(connection, 80);
	TDI_RAISE(PTDI_IND_DISCONNECT, TDI_EVENT_DISCONNECT, CONTEXT, 0, NULL, 0, NULL,
		TDI_DISCONNECT_ABORT);
	assert_int_equal(state_now(), FW_STATE_NONE);
	tdi_connect(connection, 80);
	disconnect(TDI_DISCONNECT_ABORT);
	assert_int_equal(state_now(), FW_STATE_NONE);
	stop();
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_OPEN), 4);
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_CLOSE), 4);
}

/* An address of datagrams that is given its peer; a peer that a program names is not looked at. */
static void fixes_peers(void **state)
{
	TDI_REQUEST_KERNEL parameters = { .RequestConnectionInformation = (void *)0x10 };
	struct fw_connection rows[2];
	struct tdi_request request;
	PFILE_OBJECT udp;

	start();
	udp = tdi_open_address(TDI_UDP, 53);
	assert_int_equal(tdi_connect(udp, 77), STATUS_SUCCESS);
	assert_int_equal(tdi_connections(rows, 2), 1);
	assert_int_equal(rows[0].remote_port, 77);
	assert_int_equal(rows[0].state, FW_STATE_ESTABLISHED);
	tdi_returned(&request, connection, TDI_CONNECT, &parameters, sizeof(parameters));
	request.irp->RequestorMode = UserMode;
	IoSkipCurrentIrpStackLocation(request.irp);
	IoCallDriver(IoGetRelatedDeviceObject(connection), request.irp);
	assert_int_equal(tdi_end(&request), STATUS_SUCCESS);
	tdi_close(udp);
	stop();
}

/* Rows come by number, each once, also while others come and go. */
static void lists_rows(void **state)
{
	struct fw_connection row;
	PFILE_OBJECT files[20], more = NULL;
	uint64_t after = 0;
	unsigned i, seen = 0;

	start();
	for (i = 0; i < 20; i++)
		files[i] = tdi_open_address(TDI_UDP, (uint16_t)(3000 + i));
	while (fw_tdi_next_connection(&after, &row)) {
		assert_int_equal(row.local_port, 3000 + seen);
		seen++;
		if (seen == 5) {
			tdi_close(files[2]);
			files[2] = NULL;
		}
		if (seen == 6)
			more = tdi_open_address(TDI_UDP, 3020);
	}
	assert_int_equal(seen, 21);
	tdi_close(more);
	for (i = 0; i < 20; i++)
		tdi_close(files[i]);
	stop();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		{ "system 2: a connection's begin and end are told", tells_begin_and_end, NULL,
			NULL, NULL },
		{ "system 2, defect 7: the local end is asked for after success only",
			asks_only_after_success, NULL, NULL, NULL },
		{ "a connection ends while its local end is asked for", ends_while_asked, NULL,
			NULL, NULL },
		{ "system 2: accepted by event", accepts_by_event, NULL, NULL, NULL },
		{ "system 2: accepts that fail", accept_may_fail, NULL, NULL, NULL },
		{ "NT-8, system 2: listen and accept", listens, NULL, NULL, NULL },
		{ "system 2: states", follows_states, NULL, NULL, NULL },
		{ "system 2: peers of datagrams", fixes_peers, NULL, NULL, NULL },
		{ "rows of a snapshot", lists_rows, NULL, NULL, NULL },
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
