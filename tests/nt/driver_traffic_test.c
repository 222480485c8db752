/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The whole driver between the fake socket layer and the fake transport: what its usage rows say equals what the sockets
 * carried, exactly, for each process; a rule refuses; what is in use keeps it from being unloaded. Every scenario ends
 * with the checks of the fake kernel: nothing left, nothing stuck.
 */
#include "control_client.h"
#include "fake_sockets.h"

#define SEEDS 30
#define BYTES 9000u
#define CLIENT 500u
#define SERVER 600u
#define IDLER 700u
#define ROWS 16

static PEPROCESS client_process, server_process, idle_process;
static uint16_t port;
static UCHAR bytes[BYTES];

/* The kernel runs. */
static bool world_begin(unsigned devices)
{
	NTSTATUS status;

	nt_failures_pause();
	NT_CHECK_EQUAL(fake_transport_start(devices, NULL), STATUS_SUCCESS);
	nt_failures_resume();
	status = nt_driver_load("FlowWatcher", DriverEntry, &control_driver);
	if (!NT_SUCCESS(status))
		return false;
	client_process = control_process(CLIENT, 4, "\\??\\C:\\client.exe");
	server_process = control_process(SERVER, 4, "\\??\\C:\\server.exe");
	idle_process = control_process(IDLER, 4, "\\??\\C:\\idle.exe");
	return true;
}

static void processes_end(void)
{
	nt_process_become(NULL);
	nt_process_exit(client_process);
	nt_process_exit(server_process);
	nt_process_exit(idle_process);
}

/* Stopped by its code, asked again until nothing of it is in use. */
static void driver_unload(void)
{
	struct fw_control_status status = { 0 };
	unsigned round;
	HANDLE handle;

	nt_process_become(NULL);
	nt_failures_pause();
	handle = control_open();
	NT_CHECK(handle != NULL);
	for (round = 0; round < 1000 && !(status.state & FW_CONTROL_UNLOADABLE); round++) {
		NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_STOP, NULL, 0, &status, sizeof(status), NULL),
			STATUS_SUCCESS);
		nt_sleep_ms(1);
	}
	NT_CHECK(status.state & FW_CONTROL_UNLOADABLE);
	nt_close(handle);
	NT_CHECK_EQUAL(nt_driver_unload(control_driver), STATUS_SUCCESS);
	nt_failures_resume();
}

/* The counters of a process, all zero without a row; of all processes, if it is 0. */
static struct fw_counters usage_of(uint32_t pid)
{
	struct fw_control_cursor cursor = { sizeof(cursor), 0, 0 };
	UCHAR buffer[sizeof(struct fw_control_rows) + ROWS * sizeof(struct fw_usage)];
	struct fw_control_rows rows;
	struct fw_counters sum = { 0 };
	struct fw_usage row;
	HANDLE handle;
	uint32_t index;

	nt_process_become(NULL);
	handle = control_open();
	NT_CHECK(handle != NULL);
	do {
		NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_USAGE, &cursor, sizeof(cursor), buffer, sizeof(buffer),
				       NULL),
			STATUS_SUCCESS);
		memcpy(&rows, buffer, sizeof(rows));
		cursor.after = rows.after;
		for (index = 0; index < rows.count; index++) {
			memcpy(&row, buffer + rows.size + index * rows.row_size, sizeof(row));
			if (pid && row.process.pid != pid)
				continue;
			sum.sent += row.counters.sent;
			sum.received += row.counters.received;
		}
	} while (rows.count);
	nt_close(handle);
	return sum;
}

/* Whatever the scenario was, and whatever failed in it: what processes moved, and what belongs to none, is what the
 * sockets carried, but for what passed each way while the driver was stopped. One that could not attach counts nothing. */
static void totals_are_equal(uint64_t past)
{
	struct fw_counters rows = usage_of(0);
	struct fw_control_status status;
	struct fake_totals totals;
	uint64_t sent = 0, delivered = 0;
	HANDLE handle = control_open();

	NT_CHECK_EQUAL(control_status(handle, &status), STATUS_SUCCESS);
	nt_close(handle);
	for (enum fake_protocol protocol = 0; protocol < FAKE_PROTOCOLS; protocol++) {
		fake_transport_totals(protocol, &totals);
		sent += totals.sent;
		delivered += totals.delivered;
		NT_CHECK_EQUAL(totals.direct_sends, 0);
	}
	if (!(status.state & (FW_CONTROL_HAS_TCP | FW_CONTROL_HAS_UDP)))
		sent = delivered = 0;
	NT_CHECK_EQUAL(rows.sent + status.departed.sent + status.unattributed.sent, sent - past);
	NT_CHECK_EQUAL(rows.received + status.departed.received + status.unattributed.received, delivered - past);
}

static void world_end_past(uint64_t past)
{
	nt_failures_pause();
	totals_are_equal(past);
	processes_end();
	driver_unload();
	fake_transport_stop();
	nt_failures_resume();
}

static void world_end(void)
{
	world_end_past(0);
}

static void send_all(struct fake_socket *socket)
{
	size_t at, sent;

	for (at = 0; at < BYTES; at += sent)
		NT_CHECK_EQUAL(fake_socket_send(socket, bytes + at, BYTES - at < 4000 ? BYTES - at : 4000, &sent),
			STATUS_SUCCESS);
}

static void receive_until_end(struct fake_socket *socket)
{
	UCHAR data[2000];
	size_t count;

	do
		NT_CHECK_EQUAL(fake_socket_receive(socket, data, sizeof(data), &count), STATUS_SUCCESS);
	while (count);
}

static struct fake_socket *client_socket;
static enum fake_style style;
static enum fake_protocol stream, datagram;

static void client(void *context)
{
	NTSTATUS status;

	(void)context;
	client_socket = fake_socket_open(stream, style, 0, &status);
	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
	while ((status = fake_socket_connect(client_socket, port)) == STATUS_CONNECTION_REFUSED)
		nt_sleep_ms(1);
	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
	send_all(client_socket);
	NT_CHECK_EQUAL(fake_socket_send_urgent(client_socket, '!'), STATUS_SUCCESS);
	NT_CHECK_EQUAL(fake_socket_shutdown(client_socket), STATUS_SUCCESS);
	receive_until_end(client_socket);
}

static void check_equal(struct fake_socket *server)
{
	struct fw_counters client_row = usage_of(CLIENT), server_row = usage_of(SERVER), idle = usage_of(IDLER);
	struct fake_totals totals;

	fake_transport_totals(stream, &totals);
	NT_CHECK_EQUAL(client_row.sent, fake_socket_sent(client_socket));
	NT_CHECK_EQUAL(client_row.received, fake_socket_received(client_socket));
	NT_CHECK_EQUAL(server_row.sent, fake_socket_sent(server));
	NT_CHECK_EQUAL(server_row.received, fake_socket_received(server));
	NT_CHECK_EQUAL(client_row.sent + server_row.sent, totals.sent);
	NT_CHECK_EQUAL(client_row.received + server_row.received, totals.delivered);
	NT_CHECK_EQUAL(idle.sent + idle.received, 0);
}

static void stream_once(void *context)
{
	struct fake_socket *listener, *server;
	NTSTATUS status;
	PETHREAD thread;

	(void)context;
	NT_CHECK(world_begin(63));
	nt_process_become(server_process);
	listener = fake_socket_open(stream, style, 0, &status);
	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
	NT_CHECK_EQUAL(fake_socket_listen(listener, 3), STATUS_SUCCESS);
	port = fake_socket_port(listener);
	thread = nt_thread_start("client", client_process, client, NULL);
	server = fake_socket_accept(listener, NT_FOREVER_MS, &status);
	NT_CHECK(server);
	receive_until_end(server);
	send_all(server);
	NT_CHECK_EQUAL(fake_socket_shutdown(server), STATUS_SUCCESS);
	nt_thread_join(thread);
	check_equal(server);
	NT_CHECK_EQUAL(nt_driver_unload(control_driver), STATUS_INVALID_DEVICE_REQUEST);
	fake_socket_close(client_socket);
	fake_socket_close(server);
	fake_socket_close(listener);
	NT_CHECK_EQUAL(usage_of(CLIENT).sent, BYTES + 1);
	world_end();
}

static void streams_events(void)
{
	stream = FAKE_TCP;
	style = FAKE_BY_EVENTS;
	nt_each_seed(1, SEEDS, stream_once, NULL);
}

static void streams_requests(void)
{
	stream = FAKE_TCP6;
	style = FAKE_BY_REQUESTS;
	nt_each_seed(1000, SEEDS, stream_once, NULL);
}

static void streams_parallel(void)
{
	const struct nt_options options = { .free_running = true };
	unsigned round;

	stream = FAKE_TCP;
	style = FAKE_BY_EVENTS;
	for (round = 0; round < 10; round++) {
		nt_kernel_start(&options);
		stream_once(NULL);
		nt_kernel_stop();
	}
}

static void datagrams_once(void *context)
{
	struct fake_socket *one, *other;
	struct fake_totals totals;
	UCHAR data[2000];
	NTSTATUS status;
	unsigned index;
	size_t count;

	(void)context;
	NT_CHECK(world_begin(63));
	nt_process_become(client_process);
	one = fake_socket_open(datagram, FAKE_BY_EVENTS, 0, &status);
	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
	nt_process_become(server_process);
	other = fake_socket_open(datagram, style, 0, &status);
	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
	port = fake_socket_port(other);
	for (index = 1; index <= 10; index++) {
		NT_CHECK_EQUAL(fake_socket_send_to(one, port, bytes, index * 100), STATUS_SUCCESS);
		NT_CHECK_EQUAL(fake_socket_receive_from(other, data, sizeof(data), &count, 5000), STATUS_SUCCESS);
		NT_CHECK_EQUAL(count, index * 100);
	}
	fake_transport_totals(datagram, &totals);
	NT_CHECK_EQUAL(usage_of(CLIENT).sent, totals.sent);
	NT_CHECK_EQUAL(usage_of(SERVER).received, totals.delivered);
	NT_CHECK_EQUAL(totals.delivered, 5500);
	fake_socket_close(one);
	fake_socket_close(other);
	world_end();
}

static void datagrams(void)
{
	style = FAKE_BY_EVENTS;
	datagram = FAKE_UDP;
	nt_each_seed(1, SEEDS, datagrams_once, NULL);
	style = FAKE_BY_REQUESTS;
	datagram = FAKE_UDP6;
	nt_each_seed(1, SEEDS, datagrams_once, NULL);
}

#define SENDERS 3
#define DATAGRAMS 100

static void sender(void *context)
{
	struct fake_socket *socket;
	NTSTATUS status;
	unsigned index;

	(void)context;
	socket = fake_socket_open(FAKE_UDP, FAKE_BY_EVENTS, 0, &status);
	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
	for (index = 0; index < DATAGRAMS; index++)
		NT_CHECK_EQUAL(fake_socket_send_to(socket, port, bytes, 10), STATUS_SUCCESS);
	fake_socket_close(socket);
}

/* One process, several threads that are charged to it at once: what TSan is to look at. */
static void senders_once(void *context)
{
	PETHREAD threads[SENDERS];
	struct fake_socket *target;
	NTSTATUS status;
	unsigned index;

	(void)context;
	NT_CHECK(world_begin(2));
	nt_process_become(server_process);
	target = fake_socket_open(FAKE_UDP, FAKE_BY_EVENTS, 0, &status);
	port = fake_socket_port(target);
	for (index = 0; index < SENDERS; index++)
		threads[index] = nt_thread_start("sender", client_process, sender, NULL);
	for (index = 0; index < SENDERS; index++)
		nt_thread_join(threads[index]);
	NT_CHECK_EQUAL(usage_of(CLIENT).sent, SENDERS * DATAGRAMS * 10);
	fake_socket_close(target);
	world_end();
}

static struct fake_socket *pair_listener, *near_end, *far_end;

/* Both ends in this thread, one of them in each process. */
static void pair_open(void)
{
	NTSTATUS status;

	nt_process_become(server_process);
	pair_listener = fake_socket_open(stream, style, 0, &status);
	NT_CHECK_EQUAL(fake_socket_listen(pair_listener, 2), STATUS_SUCCESS);
	nt_process_become(client_process);
	near_end = fake_socket_open(stream, style, 0, &status);
	NT_CHECK_EQUAL(fake_socket_connect(near_end, fake_socket_port(pair_listener)), STATUS_SUCCESS);
	nt_process_become(server_process);
	far_end = fake_socket_accept(pair_listener, NT_FOREVER_MS, &status);
	NT_CHECK(far_end);
}

static void pair_close(void)
{
	fake_socket_close(near_end);
	fake_socket_close(far_end);
	fake_socket_close(pair_listener);
	nt_process_become(NULL);
}

/* Bytes on their way when their connection is aborted, and urgent ones. */
static void abort_once(void *context)
{
	NTSTATUS status;
	UCHAR data[10];
	size_t count;

	(void)context;
	NT_CHECK(world_begin(63));
	pair_open();
	NT_CHECK_EQUAL(fake_socket_send(near_end, "some", 4, &count), STATUS_SUCCESS);
	NT_CHECK_EQUAL(fake_socket_send_urgent(near_end, 'u'), STATUS_SUCCESS);
	NT_CHECK_EQUAL(fake_socket_abort(near_end), STATUS_SUCCESS);
	while ((status = fake_socket_receive(far_end, data, sizeof(data), &count)) == STATUS_SUCCESS)
		NT_CHECK(count);
	NT_CHECK_EQUAL(status, STATUS_CONNECTION_RESET);
	pair_close();
	world_end();
}

static void aborts(void)
{
	stream = FAKE_TCP;
	style = FAKE_BY_EVENTS;
	nt_each_seed(1, SEEDS, abort_once, NULL);
}

/* Handlers that come and go under the data that they are to be told of. */
static void toggle_once(void *context)
{
	size_t count, at;
	UCHAR data[500];
	unsigned round;

	(void)context;
	NT_CHECK(world_begin(63));
	pair_open();
	for (round = 0; round < 10; round++) {
		NT_CHECK_EQUAL(fake_socket_send(near_end, bytes, 10, &count), STATUS_SUCCESS);
		NT_CHECK_EQUAL(fake_socket_toggle(pair_listener, TDI_EVENT_RECEIVE, far_end), STATUS_SUCCESS);
		NT_CHECK_EQUAL(fake_socket_toggle(pair_listener, TDI_EVENT_CHAINED_RECEIVE, far_end),
			STATUS_SUCCESS);
	}
	fake_socket_shutdown(near_end);
	for (at = 0; at < 100; at += count) {
		NT_CHECK_EQUAL(fake_socket_receive(far_end, data, sizeof(data), &count), STATUS_SUCCESS);
		NT_CHECK(count);
	}
	pair_close();
	NT_CHECK_EQUAL(usage_of(SERVER).received, 100);
	world_end();
}

static void toggles(void)
{
	stream = FAKE_TCP6;
	style = FAKE_BY_EVENTS;
	nt_each_seed(1, SEEDS, toggle_once, NULL);
}

static void raw_datagrams(void)
{
	style = FAKE_BY_EVENTS;
	datagram = FAKE_RAW;
	nt_each_seed(1, SEEDS, datagrams_once, NULL);
	style = FAKE_BY_REQUESTS;
	datagram = FAKE_RAW6;
	nt_each_seed(1, SEEDS, datagrams_once, NULL);
}

static void senders(void)
{
	const struct nt_options options = { .free_running = true };

	nt_kernel_start(&options);
	senders_once(NULL);
	nt_kernel_stop();
	nt_each_seed(1, 5, senders_once, NULL);
}

static void block_once(void *context)
{
	struct fw_rule rule = control_rule(FW_RULE_BLOCK, FW_RULE_PID, CLIENT, "pid:500");
	struct fake_socket *listener;
	struct fake_totals totals;
	NTSTATUS status;
	HANDLE handle;

	(void)context;
	NT_CHECK(world_begin(1));
	handle = control_open();
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_SUCCESS);
	nt_process_become(server_process);
	listener = fake_socket_open(FAKE_TCP, FAKE_BY_EVENTS, 0, &status);
	NT_CHECK_EQUAL(fake_socket_listen(listener, 3), STATUS_SUCCESS);
	port = fake_socket_port(listener);
	nt_process_become(client_process);
	client_socket = fake_socket_open(FAKE_TCP, FAKE_BY_EVENTS, 0, &status);
	NT_CHECK(!NT_SUCCESS(fake_socket_connect(client_socket, port)));
	nt_process_become(NULL);
	NT_CHECK_EQUAL(control_remove(handle, &rule.id, 1), STATUS_SUCCESS);
	nt_process_become(client_process);
	NT_CHECK_EQUAL(fake_socket_connect(client_socket, port), STATUS_SUCCESS);
	fake_transport_totals(FAKE_TCP, &totals);
	NT_CHECK_EQUAL(totals.connects, 1);
	fake_socket_close(client_socket);
	fake_socket_close(listener);
	nt_process_become(NULL);
	nt_close(handle);
	world_end();
}

static void blocks(void)
{
	nt_each_seed(1, SEEDS, block_once, NULL);
}

static struct fw_control_status switch_driver(HANDLE handle, enum fw_control_function function)
{
	struct fw_control_status status = { 0 };

	NT_CHECK_EQUAL(control_ask(handle, function, NULL, 0, &status, sizeof(status), NULL), STATUS_SUCCESS);
	return status;
}

/* Stopped while a socket is in use: its bytes pass uncounted, until the driver is started again. */
static void stop_once(void *context)
{
	struct fw_control_status status;
	struct fake_socket *socket;
	NTSTATUS opened;
	HANDLE handle;
	UCHAR data[200];
	size_t count;

	(void)context;
	NT_CHECK(world_begin(2));
	handle = control_open();
	nt_process_become(client_process);
	socket = fake_socket_open(FAKE_UDP, FAKE_BY_EVENTS, 0, &opened);
	NT_CHECK_EQUAL(opened, STATUS_SUCCESS);
	status = switch_driver(handle, FW_CONTROL_STOP);
	NT_CHECK(status.state & FW_CONTROL_BYPASS && !(status.state & FW_CONTROL_UNLOADABLE));
	NT_CHECK_EQUAL(status.addresses, 1);
	NT_CHECK_EQUAL(fake_socket_send_to(socket, fake_socket_port(socket), bytes, 100), STATUS_SUCCESS);
	NT_CHECK_EQUAL(fake_socket_receive_from(socket, data, sizeof(data), &count, 5000), STATUS_SUCCESS);
	NT_CHECK_EQUAL(nt_driver_unload(control_driver), STATUS_INVALID_DEVICE_REQUEST);
	status = switch_driver(handle, FW_CONTROL_START);
	NT_CHECK(!(status.state & FW_CONTROL_BYPASS));
	NT_CHECK_EQUAL(fake_socket_send_to(socket, fake_socket_port(socket), bytes, 30), STATUS_SUCCESS);
	NT_CHECK_EQUAL(fake_socket_receive_from(socket, data, sizeof(data), &count, 5000), STATUS_SUCCESS);
	fake_socket_close(socket);
	nt_process_become(NULL);
	NT_CHECK_EQUAL(usage_of(CLIENT).sent, 30);
	nt_close(handle);
	world_end_past(100);
}

static void stops(void)
{
	nt_each_seed(1, SEEDS, stop_once, NULL);
}

/* Whatever fails, nothing is left, nothing hangs, and a send that succeeded was counted. */
static void fail_once(void *context)
{
	struct fake_socket *listener = NULL, *server = NULL, *socket = NULL;
	NTSTATUS status;
	size_t count;
	UCHAR data[100];

	(void)context;
	nt_kernel_start(NULL);
	if (!world_begin(1)) {
		fake_transport_stop();
		nt_kernel_stop();
		return;
	}
	nt_process_become(server_process);
	listener = fake_socket_open(FAKE_TCP, FAKE_BY_EVENTS, 0, &status);
	if (listener && NT_SUCCESS(fake_socket_listen(listener, 2)) && (port = fake_socket_port(listener)) != 0) {
		nt_process_become(client_process);
		socket = fake_socket_open(FAKE_TCP, FAKE_BY_EVENTS, 0, &status);
		if (socket && NT_SUCCESS(fake_socket_connect(socket, port)))
			server = fake_socket_accept(listener, 1000, &status);
		if (server && NT_SUCCESS(fake_socket_send(socket, bytes, 100, &count)) &&
			NT_SUCCESS(fake_socket_shutdown(socket)))
			fake_socket_receive(server, data, sizeof(data), &count);
	}
	fake_socket_close(server);
	fake_socket_close(socket);
	fake_socket_close(listener);
	world_end();
	nt_kernel_stop();
}

static void failures(void)
{
	printf("  %u failures\n", nt_each_failure(fail_once, NULL));
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("NT-15: usage equals the sockets' bytes, by events", streams_events);
	nt_test("NT-8: usage equals the sockets' bytes, by requests over IPv6", streams_requests);
	nt_test("NT-15: usage equals the sockets' bytes, in parallel", streams_parallel);
	nt_test("NT-16: usage equals the sockets' bytes, of datagrams", datagrams);
	nt_test("NT-4: usage equals the sockets' bytes, of raw IP", raw_datagrams);
	nt_test("NT-15: usage equals the sockets' bytes, of aborted connections", aborts);
	nt_test("NT-12: usage equals the sockets' bytes, while handlers come and go", toggles);
	nt_test("NT-17: several threads of a process send at once", senders);
	nt_test("a rule refuses a connection, and no longer when it is removed", blocks);
	nt_test("NT-23: stopped while it is in use, and started again", stops);
	nt_test("NT-23: everything fails once, nothing is left", failures);
	return nt_tests_end();
}
