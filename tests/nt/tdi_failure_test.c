/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Everything that can fail does so once, in turn; then threads do everything at once, in many
 * orders. */
#include "tdi_client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define CONTEXT ((void *)0x55)
#define SEEDS 300

static uint64_t expected_sent, expected_received;

static NTSTATUS on_receive(void *context, CONNECTION_CONTEXT connection, ULONG flags,
	ULONG indicated, ULONG available, ULONG *taken, void *data, PIRP *irp)
{
	*taken = available;
	return STATUS_SUCCESS;
}

static NTSTATUS on_disconnect(void *context, CONNECTION_CONTEXT connection, LONG data_length,
	void *data, LONG length, void *information, ULONG flags)
{
	return STATUS_SUCCESS;
}

static void transfer(PFILE_OBJECT file, uint8_t minor, uint32_t length)
{
	if (file && NT_SUCCESS(tdi_transfer(file, minor, length, 0)))
		*(minor == TDI_SEND ? &expected_sent : &expected_received) += length;
}

static void datagram(PFILE_OBJECT file, uint8_t minor, uint32_t length)
{
	if (file && NT_SUCCESS(tdi_datagram(file, minor, length, 9)))
		*(minor == TDI_SEND_DATAGRAM ? &expected_sent : &expected_received) += length;
}

static void event(void)
{
	ULONG taken = 0;
	PIRP irp = NULL;

	if (tdi_lower.handler[TDI_EVENT_RECEIVE] &&
		NT_SUCCESS(TDI_RAISE(PTDI_IND_RECEIVE, TDI_EVENT_RECEIVE, CONTEXT, 0, 77, 77,
			&taken, NULL, &irp)))
		expected_received += taken;
}

/* The other requests there are, on a connection of an address. */
static void listen_and_accept(PFILE_OBJECT connection, PFILE_OBJECT udp)
{
	TDI_CONNECTION_INFORMATION remote = { 0 };
	uint8_t bytes[40];
	TDI_REQUEST_KERNEL parameters = { .RequestFlags = TDI_QUERY_ACCEPT,
		.ReturnConnectionInformation = &remote };

	remote.RemoteAddress = bytes;
	remote.RemoteAddressLength = sizeof(bytes);
	if (connection && NT_SUCCESS(tdi_send_request(connection, TDI_LISTEN, &parameters,
				  sizeof(parameters))))
		tdi_send_request(connection, TDI_ACCEPT, &parameters, sizeof(parameters));
	if (connection)
		tdi_send_request(connection, TDI_DISASSOCIATE_ADDRESS, NULL, 0);
	if (udp)
		tdi_connect(udp, 53);
}

/* One client's life. Whatever fails is answered by going on without it. */
static void life(void)
{
	PFILE_OBJECT address = tdi_open_address(TDI_TCP, 80);
	PFILE_OBJECT connection = tdi_open_connection(TDI_TCP, CONTEXT);
	PFILE_OBJECT udp = tdi_open_address(TDI_UDP, 53);
	TDI_REQUEST_KERNEL parameters = { .RequestFlags = TDI_DISCONNECT_RELEASE };

	if (address) {
		tdi_set_handler(address, TDI_EVENT_RECEIVE, on_receive, NULL);
		tdi_set_handler(address, TDI_EVENT_DISCONNECT, on_disconnect, NULL);
	}
	if (address && connection)
		tdi_associate(connection, address);
	if (connection)
		tdi_connect(connection, 80);
	transfer(connection, TDI_SEND, 1000);
	transfer(connection, TDI_RECEIVE, 500);
	event();
	datagram(udp, TDI_SEND_DATAGRAM, 33);
	datagram(udp, TDI_RECEIVE_DATAGRAM, 44);
	if (connection)
		tdi_send_request(connection, TDI_DISCONNECT, &parameters, sizeof(parameters));
	listen_and_accept(connection, udp);
	if (address)
		tdi_set_handler(address, TDI_EVENT_RECEIVE, NULL, NULL);
	tdi_close(udp);
	tdi_close(connection);
	tdi_close(address);
	memset(tdi_lower.handler, 0, sizeof(tdi_lower.handler));
}

/* How the lower driver fails. */
static NTSTATUS lower_failure;
static bool lower_fails_late;

static void failing_life(void *context)
{
	uint64_t *failed_at_attach = context;
	NTSTATUS status;
	struct fw_control_status now;

	nt_kernel_start(NULL);
	tdi_doubles_reset();
	tdi_lower_start(TDI_ALL4);
	tdi_lower.failure = lower_failure;
	tdi_lower.fails_late = lower_fails_late;
	expected_sent = expected_received = 0;
	status = tdi_filter_load();
	if (NT_SUCCESS(status)) {
		tdi_process(TDI_CLIENT_PID);
		life();
		tdi_settle();
		/* What no process could be found for is counted all the same. */
		assert_int_equal(
			tdi_doubles.sent[TDI_CLIENT_PID / 100] + tdi_doubles.unattributed_sent,
			expected_sent);
		assert_int_equal(tdi_doubles.received[TDI_CLIENT_PID / 100] +
					 tdi_doubles.unattributed_received,
			expected_received);
		assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_OPEN),
			tdi_doubles_records(FW_RECORD_CONNECTION_CLOSE));
		assert_int_equal(tdi_doubles_records(FW_RECORD_PORT_TAKEN),
			tdi_doubles_records(FW_RECORD_PORT_RELEASED));
		assert_int_equal(tdi_filter_unload(&now), STATUS_SUCCESS);
		tdi_process_end();
	} else {
		(*failed_at_attach)++;
	}
	tdi_lower_stop();
	assert_int_equal(tdi_doubles.processes, 0);
	nt_kernel_stop();
}

static void everything_fails_in_turn(void **state)
{
	static const NTSTATUS statuses[] = { 0, STATUS_CANCELLED, STATUS_CONNECTION_RESET,
		STATUS_INVALID_DEVICE_REQUEST };
	unsigned late, i, failures;
	uint64_t at_attach;

	for (late = 0; late < 2; late++)
		for (i = late; i < FW_NT_COUNT(statuses); i++) {
			lower_failure = statuses[i];
			lower_fails_late = late;
			at_attach = 0;
			failures = nt_each_failure(failing_life, &at_attach);
			print_message("%u failures, %u of them of the attach\n", failures,
				(unsigned)at_attach);
			assert_true(failures > 60);
		}
}

/* Threads of the random test. */
static PFILE_OBJECT shared_address, shared_connection;
static volatile bool over;

static void sets_handlers(void *context)
{
	unsigned i;

	for (i = 0; i < 6; i++)
		tdi_set_handler(
			shared_address, TDI_EVENT_RECEIVE, i % 3 == 2 ? NULL : on_receive, NULL);
}

/* As a transport: it calls what it was given last, or somewhat later. */
static void raises_events(void *context)
{
	unsigned i;
	KIRQL irql;

	for (i = 0; i < 8; i++) {
		PTDI_IND_RECEIVE function;
		void *handler_context;
		ULONG taken = 0;
		PIRP irp = NULL;

		nt_lock();
		function = (PTDI_IND_RECEIVE)tdi_lower.handler[TDI_EVENT_RECEIVE];
		handler_context = tdi_lower.handler_context[TDI_EVENT_RECEIVE];
		nt_unlock();
		nt_point();
		if (!function)
			continue;
		KeRaiseIrql(DISPATCH_LEVEL, &irql);
		if (NT_SUCCESS(function(handler_context, CONTEXT, 0, 5, 5, &taken, NULL, &irp)))
			__atomic_add_fetch(&expected_received, taken, __ATOMIC_RELAXED);
		KeLowerIrql(irql);
	}
}

static void reconnects(void *context)
{
	TDI_REQUEST_KERNEL parameters = { .RequestFlags = TDI_DISCONNECT_ABORT };
	unsigned i;

	for (i = 0; i < 4; i++) {
		tdi_connect(shared_connection, (uint16_t)(i + 1));
		if (NT_SUCCESS(tdi_transfer(shared_connection, TDI_SEND, 10, 0)))
			__atomic_add_fetch(&expected_sent, 10, __ATOMIC_RELAXED);
		tdi_send_request(
			shared_connection, TDI_DISCONNECT, &parameters, sizeof(parameters));
	}
}

static void looks(void *context)
{
	struct fw_connection rows[4];
	struct fw_port ports[4];
	unsigned i;

	for (i = 0; i < 4; i++) {
		tdi_connections(rows, 4);
		tdi_ports(ports, 4);
		fw_tdi_cut_refused();
	}
}

static void opens_and_closes(void *context)
{
	unsigned i;

	for (i = 0; i < 3; i++)
		tdi_close(tdi_open_address(TDI_UDP, 0));
}

/* An end stands behind its beginning, and each has one. */
static void records_are_paired(void)
{
	unsigned i, count = tdi_doubles_records(FW_RECORD_CONNECTION_CLOSE);

	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_OPEN), count);
	for (i = 0; i < count; i++) {
		const union tdi_record *open = tdi_doubles_record(FW_RECORD_CONNECTION_OPEN, i),
				       *close;
		unsigned other = 0;

		do {
			close = tdi_doubles_record(FW_RECORD_CONNECTION_CLOSE, other++);
			assert_non_null(close);
		} while (close->connection.connection.id != open->connection.connection.id);
		assert_true(open < close);
	}
}

static void random_life(uint64_t seed, bool free_running)
{
	static void (*const routines[])(
		void *) = { sets_handlers, raises_events, reconnects, looks, opens_and_closes };
	struct nt_options options = { .seed = seed, .free_running = free_running };
	PETHREAD threads[FW_NT_COUNT(routines)];
	struct fw_control_status now;
	size_t i;

	nt_kernel_start(&options);
	tdi_doubles_reset();
	tdi_lower_start(TDI_ALL4);
	assert_int_equal(tdi_filter_load(), STATUS_SUCCESS);
	tdi_process(TDI_CLIENT_PID);
	expected_sent = expected_received = 0;
	shared_address = tdi_open_address(TDI_TCP, 80);
	shared_connection = tdi_open_connection(TDI_TCP, CONTEXT);
	tdi_associate(shared_connection, shared_address);
	for (i = 0; i < FW_NT_COUNT(routines); i++)
		threads[i] = nt_thread_start("client", PsGetCurrentProcess(), routines[i], NULL);
	for (i = 0; i < FW_NT_COUNT(routines); i++)
		nt_thread_join(threads[i]);
	tdi_close(shared_connection);
	tdi_close(shared_address);
	tdi_settle();
	records_are_paired();
	assert_int_equal(tdi_doubles.sent[TDI_CLIENT_PID / 100], expected_sent);
	assert_int_equal(tdi_doubles.received[TDI_CLIENT_PID / 100], expected_received);
	assert_int_equal(tdi_filter_unload(&now), STATUS_SUCCESS);
	tdi_process_end();
	tdi_lower_stop();
	nt_kernel_stop();
}

static void in_many_orders(void **state)
{
	uint64_t seed;

	for (nt_seeds_begin(1, SEEDS); nt_seeds_next(&seed);)
		random_life(seed, false);
}

static void in_parallel(void **state)
{
	unsigned i;

	for (i = 0; i < 10; i++)
		random_life(1, true);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		{ "everything fails once, in turn", everything_fails_in_turn, NULL, NULL, NULL },
		{ "NT-12, NT-22: threads in many orders", in_many_orders, NULL, nt_seeds_tell, NULL },
		{ "NT-22: threads in parallel", in_parallel, NULL, NULL, NULL },
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
