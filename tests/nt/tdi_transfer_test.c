/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Requests that carry data: what is counted, for whom, when. */
#include "tdi_client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OTHER_PID 500u

static uint64_t sent(uint32_t pid)
{
	return tdi_doubles.sent[pid / 100];
}

static uint64_t received(uint32_t pid)
{
	return tdi_doubles.received[pid / 100];
}

static void counts_what_was_transferred(void **state)
{
	PFILE_OBJECT connection;
	struct fw_connection row;

	tdi_world_start(TDI_ALL4);
	connection = tdi_open_connection(TDI_TCP, NULL);
	tdi_connect(connection, 80);
	tdi_lower.information[TDI_SEND] = 700; /* of 1000 */
	assert_int_equal(tdi_transfer(connection, TDI_SEND, 1000, 0), STATUS_SUCCESS);
	tdi_lower.information[TDI_RECEIVE] = 13;
	assert_int_equal(
		tdi_transfer(connection, TDI_RECEIVE, 1000, TDI_RECEIVE_NORMAL), STATUS_SUCCESS);
	assert_int_equal(sent(TDI_CLIENT_PID), 700);
	assert_int_equal(received(TDI_CLIENT_PID), 13);
	assert_int_equal(tdi_connections(&row, 1), 1);
	assert_int_equal(row.counters.sent, 700);
	assert_int_equal(row.counters.received, 13);
	tdi_close(connection);
	tdi_world_stop();
}

static void counts_no_errors(void **state)
{
	static const NTSTATUS errors[] = { STATUS_CONNECTION_RESET, STATUS_CANCELLED,
		STATUS_INSUFFICIENT_RESOURCES, STATUS_DEVICE_NOT_READY, STATUS_IO_TIMEOUT };
	static const uint8_t minors[] = { TDI_SEND, TDI_RECEIVE };
	PFILE_OBJECT connection;
	struct tdi_request request;
	TDI_REQUEST_KERNEL_SEND parameters = { 100, 0 };
	size_t i, j;

	tdi_world_start(TDI_ALL4);
	connection = tdi_open_connection(TDI_TCP, NULL);
	for (i = 0; i < FW_NT_COUNT(errors); i++)
		for (j = 0; j < FW_NT_COUNT(minors); j++) {
			tdi_lower.hold[minors[j]] = true;
			tdi_begin(&request, connection, minors[j], &parameters, sizeof(parameters));
			request.irp->IoStatus.Information = 100; /* left there by an earlier use */
			assert_true(tdi_lower_complete(minors[j], errors[i], 100));
			assert_int_equal(tdi_end(&request), errors[i]);
		}
	assert_int_equal(sent(TDI_CLIENT_PID), 0);
	assert_int_equal(received(TDI_CLIENT_PID), 0);
	tdi_close(connection);
	tdi_world_stop();
}

static void counts_truncated_datagrams(void **state)
{
	PFILE_OBJECT address;
	struct tdi_request request;
	TDI_REQUEST_KERNEL_RECEIVEDG parameters = { 10, NULL, NULL, 0 };

	tdi_world_start(TDI_ALL4);
	address = tdi_open_address(TDI_UDP, 53);
	tdi_lower.hold[TDI_RECEIVE_DATAGRAM] = true;
	tdi_begin(&request, address, TDI_RECEIVE_DATAGRAM, &parameters, sizeof(parameters));
	/* The scripted transport fills in Information for success only. */
	tdi_lower.held[0]->IoStatus.Information = 10;
	tdi_lower_complete(TDI_RECEIVE_DATAGRAM, STATUS_BUFFER_OVERFLOW, 10);
	assert_int_equal(tdi_end(&request), STATUS_BUFFER_OVERFLOW);
	assert_int_equal(received(TDI_CLIENT_PID), 10);
	tdi_close(address);
	tdi_world_stop();
}

static void counts_no_peeks(void **state)
{
	PFILE_OBJECT connection, address;
	TDI_REQUEST_KERNEL_RECEIVEDG datagram = { 10, NULL, NULL, TDI_RECEIVE_PEEK };

	tdi_world_start(TDI_ALL4);
	connection = tdi_open_connection(TDI_TCP, NULL);
	address = tdi_open_address(TDI_UDP, 53);
	tdi_transfer(connection, TDI_RECEIVE, 100, TDI_RECEIVE_PEEK | TDI_RECEIVE_NORMAL);
	tdi_send_request(address, TDI_RECEIVE_DATAGRAM, &datagram, sizeof(datagram));
	assert_int_equal(received(TDI_CLIENT_PID), 0);
	tdi_close(address);
	tdi_close(connection);
	tdi_world_stop();
}

static void counts_all_kinds(void **state)
{
	static const char *const names[] = { TDI_UDP, TDI_RAW, "\\Device\\Udp6",
		"\\Device\\RawIp6\\58" };
	static const uint16_t protocols[] = { 17, 1, 17, 58 };
	static const uint8_t families[] = { FW_FAMILY_IPV4, FW_FAMILY_IPV4, FW_FAMILY_IPV6,
		FW_FAMILY_IPV6 };
	struct fw_connection rows[4];
	PFILE_OBJECT files[4], tcp6;
	size_t i;

	tdi_world_start(TDI_ALL);
	for (i = 0; i < 4; i++) {
		tdi_lower.family = families[i];
		files[i] = tdi_open_address(names[i], 5000);
		assert_int_equal(tdi_datagram(files[i], TDI_SEND_DATAGRAM, 100, 9), STATUS_SUCCESS);
		assert_int_equal(
			tdi_datagram(files[i], TDI_RECEIVE_DATAGRAM, 20, 9), STATUS_SUCCESS);
	}
	assert_int_equal(tdi_connections(rows, 4), 4);
	for (i = 0; i < 4; i++) {
		assert_int_equal(rows[i].counters.sent, 100);
		assert_int_equal(rows[i].counters.received, 20);
		assert_int_equal(rows[i].protocol, protocols[i]);
		assert_int_equal(rows[i].family, families[i]);
		tdi_close(files[i]);
	}
	tcp6 = tdi_open_connection(TDI_TCP6, NULL);
	tdi_connect(tcp6, 80);
	tdi_transfer(tcp6, TDI_SEND, 11, 0);
	tdi_transfer(tcp6, TDI_DIRECT_SEND, 11, 0); /* as a driver would that knew the function */
	assert_int_equal(sent(TDI_CLIENT_PID), 400 + 11);
	tdi_lower.information[TDI_DIRECT_SEND] = 11;
	tdi_transfer(tcp6, TDI_DIRECT_SEND, 11, 0);
	assert_int_equal(sent(TDI_CLIENT_PID), 400 + 22);
	assert_int_equal(received(TDI_CLIENT_PID), 80);
	tdi_close(tcp6);
	tdi_world_stop();
}

/* Another process uses the connection, a thread of the system completes: its creator is charged. */
static void charges_the_creator(void **state)
{
	TDI_REQUEST_KERNEL_SEND parameters = { 100, 0 };
	struct tdi_request request;
	PFILE_OBJECT connection;

	tdi_world_start(TDI_ALL4);
	connection = tdi_open_connection(TDI_TCP, NULL);
	tdi_lower.hold[TDI_SEND] = true;
	tdi_process(OTHER_PID);
	tdi_begin(&request, connection, TDI_SEND, &parameters, sizeof(parameters));
	tdi_process(0);
	tdi_lower_complete(TDI_SEND, STATUS_SUCCESS, 100);
	tdi_end(&request);
	assert_int_equal(sent(TDI_CLIENT_PID), 100);
	assert_int_equal(sent(OTHER_PID), 0);
	tdi_close(connection);
	tdi_world_stop();
}

/* The socket layer makes connections for a listener in a thread of the system: the listener is
 * charged. */
static void charges_whose_address_it_is(void **state)
{
	struct fw_connection row;
	PFILE_OBJECT address, connection;

	tdi_world_start(TDI_ALL4);
	address = tdi_open_address(TDI_TCP, 80);
	tdi_process(0);
	connection = tdi_open_connection(TDI_TCP, NULL);
	tdi_associate(connection, address);
	tdi_connect(connection, 80);
	tdi_transfer(connection, TDI_SEND, 100, 0);
	assert_int_equal(sent(TDI_CLIENT_PID), 100);
	assert_int_equal(tdi_connections(&row, 1), 1);
	assert_int_equal(row.owner_pid, TDI_CLIENT_PID);
	tdi_close(connection);
	tdi_close(address);
	tdi_world_stop();
}

/* Each way of completing: at once, later at DISPATCH_LEVEL; the client of a user's request hears it
 * once. */
static void completes_once(void **state)
{
	static const uint8_t minors[] = { TDI_SEND, TDI_RECEIVE, TDI_SEND_DATAGRAM,
		TDI_RECEIVE_DATAGRAM, TDI_CONNECT, TDI_LISTEN, TDI_ACCEPT, TDI_DISCONNECT,
		TDI_DISASSOCIATE_ADDRESS, TDI_SET_EVENT_HANDLER, TDI_QUERY_INFORMATION,
		TDI_ACTION };
	union {
		TDI_REQUEST_KERNEL request;
		TDI_REQUEST_KERNEL_RECEIVEDG datagram;
	} parameters = { 0 };
	struct tdi_request request;
	PFILE_OBJECT connection;
	size_t i;

	tdi_world_start(TDI_ALL4);
	connection = tdi_open_connection(TDI_TCP, NULL);
	for (i = 0; i < FW_NT_COUNT(minors); i++) {
		tdi_lower.hold[minors[i]] = true;
		tdi_begin(&request, connection, minors[i], &parameters, sizeof(parameters));
		assert_false(request.done);
		assert_true(tdi_lower_complete(minors[i], STATUS_UNSUCCESSFUL, 0));
		assert_int_equal(tdi_end(&request), STATUS_UNSUCCESSFUL);
		tdi_lower.hold[minors[i]] = false;
		tdi_lower.status[minors[i]] = STATUS_CONNECTION_INVALID;
		assert_int_equal(
			tdi_send_request(connection, minors[i], &parameters, sizeof(parameters)),
			STATUS_CONNECTION_INVALID);
		assert_int_equal(tdi_lower.calls[minors[i]], 2);
	}
	tdi_close(connection);
	tdi_world_stop();
}

/* Files that were opened before the filter came. */
static void knows_nothing_of_older_files(void **state)
{
	struct fw_control_status status;
	PFILE_OBJECT connection;

	nt_kernel_start(NULL);
	tdi_doubles_reset();
	tdi_lower_start(TDI_ALL4);
	connection = tdi_open_connection(TDI_TCP, NULL);
	assert_int_equal(tdi_filter_load(), STATUS_SUCCESS);
	assert_int_equal(tdi_connect(connection, 80), STATUS_SUCCESS);
	assert_int_equal(tdi_transfer(connection, TDI_SEND, 100, 0), STATUS_SUCCESS);
	assert_int_equal(tdi_transfer(connection, TDI_RECEIVE, 100, 0), STATUS_SUCCESS);
	assert_int_equal(tdi_doubles.unattributed_sent, 0);
	assert_int_equal(tdi_filter_unload(&status), STATUS_SUCCESS);
	tdi_close(connection);
	tdi_lower_stop();
	nt_kernel_stop();
}

static void sender(void *context)
{
	unsigned i;

	for (i = 0; i < 50; i++) {
		tdi_transfer(context, TDI_SEND, 3, 0);
		tdi_transfer(context, TDI_RECEIVE, 5, 0);
	}
}

/* Threads share a connection; seeds choose who runs when. */
static void counts_every_byte_of_threads(void **state)
{
	PETHREAD threads[4];
	struct fw_connection row;
	PFILE_OBJECT connection;
	unsigned i;

	tdi_world_start(TDI_ALL4);
	connection = tdi_open_connection(TDI_TCP, NULL);
	tdi_connect(connection, 80);
	for (i = 0; i < FW_NT_COUNT(threads); i++)
		threads[i] = nt_thread_start("sender", NULL, sender, connection);
	for (i = 0; i < FW_NT_COUNT(threads); i++)
		nt_thread_join(threads[i]);
	assert_int_equal(sent(TDI_CLIENT_PID), 4 * 50 * 3);
	assert_int_equal(received(TDI_CLIENT_PID), 4 * 50 * 5);
	assert_int_equal(tdi_connections(&row, 1), 1);
	assert_int_equal(row.counters.sent, 4 * 50 * 3);
	assert_int_equal(row.counters.received, 4 * 50 * 5);
	tdi_close(connection);
	tdi_world_stop();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		{ "NT-15, system 1: counted is what was transferred", counts_what_was_transferred,
			NULL, NULL, NULL },
		{ "NT-15, system 1: errors transfer nothing", counts_no_errors, NULL, NULL, NULL },
		{ "NT-15, NT-16: datagrams cut to their buffer", counts_truncated_datagrams, NULL,
			NULL, NULL },
		{ "NT-15: peeked data does not count", counts_no_peeks, NULL, NULL, NULL },
		{ "NT-4, system 1: every protocol, both ways", counts_all_kinds, NULL, NULL, NULL },
		{ "NT-17: the creator is charged", charges_the_creator, NULL, NULL, NULL },
		{ "NT-17: connections that the system made", charges_whose_address_it_is, NULL,
			NULL, NULL },
		{ "NT-3, NT-19: every request is completed once", completes_once, NULL, NULL,
			NULL },
		{ "NT-1: files from before pass", knows_nothing_of_older_files, NULL, NULL, NULL },
		{ "NT-22, system 1: counters of threads", counts_every_byte_of_threads, NULL, NULL,
			NULL },
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
