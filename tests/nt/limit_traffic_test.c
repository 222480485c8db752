/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Limits of the whole driver between the fake socket layer and the fake transport: the rate that
 * sockets carry by the virtual clock, every byte in its order, whatever the transport's chance and
 * the client's; and everything that may come in between.
 */
#include "control_client.h"
#include "fake_sockets.h"

#define SEEDS 12
#define CLIENT 500u
#define SERVER 600u
#define RATE 200000u
#define BYTES 120000u

static PEPROCESS client_process, server_process;
static struct fake_socket *client_socket;
static enum fake_style style;
static uint16_t port;
static UCHAR pattern[BYTES];
static size_t chunk;
static HANDLE handle;
static struct fw_rule rule;

static void world_begin(uint32_t pid, uint64_t up, uint64_t down)
{
	size_t i;

	for (i = 0; i < BYTES; i++)
		pattern[i] = (UCHAR)(i * 7 + i / 256);
	NT_CHECK_EQUAL(fake_transport_start(63, NULL), STATUS_SUCCESS);
	NT_CHECK_EQUAL(nt_driver_load("FlowWatcher", DriverEntry, &control_driver), STATUS_SUCCESS);
	client_process = control_process(CLIENT, 4, "\\??\\C:\\client.exe");
	server_process = control_process(SERVER, 4, "\\??\\C:\\server.exe");
	handle = control_open();
	rule = control_rule(FW_RULE_LIMIT, FW_RULE_PID, pid, "");
	rule.sent_rate = up;
	rule.received_rate = down;
	NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_SUCCESS);
}

static void driver_stop(void)
{
	struct fw_control_status status = { 0 };
	unsigned round;

	for (round = 0; round < 1000 && !(status.state & FW_CONTROL_UNLOADABLE); round++) {
		NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_STOP, NULL, 0, &status,
				       sizeof(status), NULL),
			STATUS_SUCCESS);
		nt_sleep_ms(1);
	}
	NT_CHECK(status.state & FW_CONTROL_UNLOADABLE);
}

static void world_end(void)
{
	nt_process_become(NULL);
	nt_process_exit(client_process);
	nt_process_exit(server_process);
	driver_stop();
	nt_close(handle);
	NT_CHECK_EQUAL(nt_driver_unload(control_driver), STATUS_SUCCESS);
	fake_transport_stop();
}

static void send_bytes(struct fake_socket *socket, size_t bytes)
{
	size_t at, sent;

	for (at = 0; at < bytes; at += sent) {
		size_t size = bytes - at < chunk ? bytes - at : chunk;

		if (!NT_SUCCESS(fake_socket_send(socket, pattern + at, size, &sent)))
			return;
	}
}

static size_t receive_bytes(struct fake_socket *socket)
{
	UCHAR data[3000];
	size_t at = 0, count;

	for (;;) {
		if (!NT_SUCCESS(fake_socket_receive(socket, data, sizeof(data), &count)) || !count)
			return at;
		NT_CHECK(at + count <= BYTES);
		NT_CHECK(!memcmp(data, pattern + at, count));
		at += count;
	}
}

/* A listener by requests may not listen yet. */
static void client_connect(void)
{
	NTSTATUS status;

	client_socket = fake_socket_open(FAKE_TCP, style, 0, &status);
	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
	while ((status = fake_socket_connect(client_socket, port)) == STATUS_CONNECTION_REFUSED)
		nt_sleep_ms(1);
	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
}

static void client(void *context)
{
	(void)context;
	client_connect();
	send_bytes(client_socket, BYTES);
	NT_CHECK_EQUAL(fake_socket_shutdown(client_socket), STATUS_SUCCESS);
}

static struct fake_socket *listener;
static PETHREAD thread;

static struct fake_socket *accept_client(void (*routine)(void *context))
{
	struct fake_socket *server;
	NTSTATUS status;

	nt_process_become(server_process);
	listener = fake_socket_open(FAKE_TCP, style, 0, &status);
	NT_CHECK_EQUAL(fake_socket_listen(listener, 3), STATUS_SUCCESS);
	port = fake_socket_port(listener);
	thread = nt_thread_start("client", client_process, routine, NULL);
	server = fake_socket_accept(listener, NT_FOREVER_MS, &status);
	NT_CHECK(server);
	return server;
}

/* BYTES at RATE, but for the first piece and what was saved up, which come at once. */
static void check_time(uint64_t began)
{
	uint64_t ms = (KeQueryInterruptTime() - began) / 10000;
	uint64_t least = (BYTES - RATE / 10 - RATE / 20) * 1000ull / RATE * 97 / 100;

	if (ms < least || ms > BYTES * 1000ull / RATE * 103 / 100 + 50)
		printf("  %llu ms\n", (unsigned long long)ms);
	NT_CHECK(ms >= least);
	NT_CHECK(ms <= BYTES * 1000ull / RATE * 103 / 100 + 50);
}

static void one_stream(void *context)
{
	struct fake_socket *server;
	uint64_t began;

	world_begin(*(uint32_t *)context, *(uint32_t *)context == CLIENT ? RATE : 0,
		*(uint32_t *)context == CLIENT ? 0 : RATE);
	server = accept_client(client);
	began = KeQueryInterruptTime();
	NT_CHECK_EQUAL(receive_bytes(server), BYTES);
	check_time(began);
	nt_thread_join(thread);
	fake_socket_close(client_socket);
	fake_socket_close(server);
	fake_socket_close(listener);
	world_end();
}

static void streams(uint32_t pid, enum fake_style how, size_t size)
{
	style = how;
	chunk = size;
	nt_each_seed(1, SEEDS, one_stream, &pid);
}

static void uploads(void)
{
	streams(CLIENT, FAKE_BY_EVENTS, 5000);
	streams(CLIENT, FAKE_BY_REQUESTS, 5000);
}

static void large_uploads(void)
{
	streams(CLIENT, FAKE_BY_EVENTS, BYTES);
}

static void downloads_by_events(void)
{
	streams(SERVER, FAKE_BY_EVENTS, 5000);
}

static void downloads_by_requests(void)
{
	streams(SERVER, FAKE_BY_REQUESTS, 5000);
}

/* Something happens while both directions wait. */
static enum { REMOVED, REPLACED, STOPPED, CLOSED, ABORTED, CASES } happens;

static void sends_and_is_closed(void *context)
{
	(void)context;
	client_connect();
	send_bytes(client_socket, BYTES);
	fake_socket_shutdown(client_socket);
}

static void happen(struct fake_socket *server)
{
	struct fw_control_status status;

	switch (happens) {
	case REMOVED:
		NT_CHECK_EQUAL(control_remove(handle, &rule.id, 1), STATUS_SUCCESS);
		break;
	case REPLACED:
		rule.sent_rate = rule.received_rate = RATE * 20;
		rule.id = 0;
		NT_CHECK_EQUAL(control_add(handle, &rule, 1), STATUS_SUCCESS);
		break;
	case STOPPED:
		NT_CHECK_EQUAL(control_ask(handle, FW_CONTROL_STOP, NULL, 0, &status,
				       sizeof(status), NULL),
			STATUS_SUCCESS);
		break;
	case ABORTED:
		nt_process_become(server_process);
		fake_socket_abort(server);
		break;
	default:
		break;
	}
}

static void amid_once(void *context)
{
	uint32_t pid = nt_seed() & 1 ? CLIENT : SERVER;
	struct fake_socket *server;

	(void)context;
	world_begin(pid, RATE / 10, RATE / 10);
	server = accept_client(sends_and_is_closed);
	nt_sleep_ms(50 + (unsigned)(nt_seed() % 7) * 30);
	nt_process_become(NULL);
	happen(server);
	nt_process_become(server_process);
	if (happens < CLOSED)
		NT_CHECK_EQUAL(receive_bytes(server), BYTES);
	fake_socket_close(server);
	nt_thread_join(thread);
	fake_socket_close(client_socket);
	fake_socket_close(listener);
	world_end();
}

static void amid(void)
{
	style = FAKE_BY_EVENTS;
	chunk = 9000;
	for (happens = REMOVED; happens < CASES; happens++)
		nt_each_seed(1, SEEDS, amid_once, NULL);
	style = FAKE_BY_REQUESTS;
	for (happens = REMOVED; happens < CASES; happens++)
		nt_each_seed(1, SEEDS, amid_once, NULL);
}

/* Datagrams of both directions, none of which is lost as long as few wait. */
static void datagrams_once(void *context)
{
	struct fake_socket *one, *other;
	UCHAR data[2000];
	NTSTATUS status;
	unsigned i;
	size_t count;

	(void)context;
	world_begin(nt_seed() & 1 ? CLIENT : SERVER, RATE, RATE);
	fake_transport_policy(&(struct fake_policy){ 50, 50, 0, 30, 0 });
	nt_process_become(client_process);
	one = fake_socket_open(FAKE_UDP, FAKE_BY_EVENTS, 0, &status);
	nt_process_become(server_process);
	other = fake_socket_open(
		FAKE_UDP, nt_seed() & 2 ? FAKE_BY_EVENTS : FAKE_BY_REQUESTS, 0, &status);
	port = fake_socket_port(other);
	for (i = 0; i < 60; i++) {
		NT_CHECK_EQUAL(fake_socket_send_to(one, port, pattern + i, 1000), STATUS_SUCCESS);
		NT_CHECK_EQUAL(fake_socket_receive_from(other, data, sizeof(data), &count, 5000),
			STATUS_SUCCESS);
		NT_CHECK_EQUAL(count, 1000);
		NT_CHECK(!memcmp(data, pattern + i, count));
	}
	fake_socket_close(one);
	fake_socket_close(other);
	world_end();
}

static void datagrams(void)
{
	nt_each_seed(1, SEEDS, datagrams_once, NULL);
}

static void parallel(void)
{
	const struct nt_options options = { .free_running = true };
	uint32_t pid = CLIENT;

	style = FAKE_BY_EVENTS;
	chunk = BYTES;
	nt_kernel_start(&options);
	happens = REMOVED;
	amid_once(&pid);
	nt_kernel_stop();
	nt_kernel_start(&options);
	happens = ABORTED;
	amid_once(&pid);
	nt_kernel_stop();
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("NT-20: uploads keep the rate, every byte in its order", uploads);
	nt_test("NT-20: large uploads keep the rate", large_uploads);
	nt_test("NT-20: downloads by events keep the rate", downloads_by_events);
	nt_test("NT-20: downloads by requests keep the rate", downloads_by_requests);
	nt_test("NT-20, NT-23: rules, handles and connections go while requests wait", amid);
	nt_test("NT-20: datagrams wait and come", datagrams);
	nt_test("NT-20: limits in parallel", parallel);
	return nt_tests_end();
}
