/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The fake transport and socket layer by themselves, without any filter: every byte arrives, in order, and the totals of
 * both sides are equal, whatever the seed.
 */
#include "fake_sockets.h"
#include "nt_check.h"

#define SEEDS 40
#define BYTES 20000u

static enum fake_protocol protocol;
static enum fake_style client_style, server_style;
static uint16_t server_port;
static UCHAR pattern[BYTES];

static void fill_pattern(void)
{
	unsigned index;

	for (index = 0; index < BYTES; index++)
		pattern[index] = (UCHAR)(index * 7 + index / 256);
}

static void send_all(struct fake_socket *socket)
{
	size_t at, part, sent;

	for (at = 0; at < BYTES; at += sent) {
		part = BYTES - at < 5000 ? BYTES - at : 5000;
		NT_CHECK_EQUAL(fake_socket_send(socket, pattern + at, part, &sent), STATUS_SUCCESS);
		NT_CHECK_EQUAL(sent, part);
	}
}

static void receive_all(struct fake_socket *socket)
{
	UCHAR data[3000];
	size_t at = 0, count;

	do {
		NT_CHECK_EQUAL(fake_socket_receive(socket, data, sizeof(data), &count), STATUS_SUCCESS);
		NT_CHECK(at + count <= BYTES && !memcmp(data, pattern + at, count));
		at += count;
	} while (count);
	NT_CHECK_EQUAL(at, BYTES);
}

static void client(void *context)
{
	struct fake_socket *socket;
	NTSTATUS status;

	(void)context;
	socket = fake_socket_open(protocol, client_style, 0, &status);
	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
	/* Without handlers nobody listens before the server's request is there. */
	while ((status = fake_socket_connect(socket, server_port)) == STATUS_CONNECTION_REFUSED)
		nt_sleep_ms(1);
	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
	send_all(socket);
	NT_CHECK_EQUAL(fake_socket_shutdown(socket), STATUS_SUCCESS);
	receive_all(socket);
	NT_CHECK_EQUAL(fake_socket_sent(socket), BYTES);
	NT_CHECK_EQUAL(fake_socket_received(socket), BYTES);
	fake_socket_close(socket);
}

static void echo(void *context)
{
	struct fake_totals totals;
	struct fake_socket *listener, *socket;
	NTSTATUS status;
	PETHREAD thread;

	(void)context;
	NT_CHECK_EQUAL(fake_transport_start(1u << protocol, NULL), STATUS_SUCCESS);
	listener = fake_socket_open(protocol, server_style, 0, &status);
	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
	NT_CHECK_EQUAL(fake_socket_listen(listener, 4), STATUS_SUCCESS);
	server_port = fake_socket_port(listener);
	thread = nt_thread_start("client", NULL, client, NULL);
	socket = fake_socket_accept(listener, NT_FOREVER_MS, &status);
	NT_CHECK(socket);
	receive_all(socket);
	send_all(socket);
	NT_CHECK_EQUAL(fake_socket_shutdown(socket), STATUS_SUCCESS);
	nt_thread_join(thread);
	fake_socket_close(socket);
	fake_socket_close(listener);
	fake_transport_totals(protocol, &totals);
	NT_CHECK_EQUAL(totals.sent, 2 * BYTES);
	NT_CHECK_EQUAL(totals.received, 2 * BYTES);
	NT_CHECK_EQUAL(totals.delivered, 2 * BYTES);
	NT_CHECK_EQUAL(totals.accepts, 1);
	NT_CHECK_EQUAL(fake_transport_handlers(), 0);
	fake_transport_stop();
}

static void echo_seeds(void)
{
	fill_pattern();
	nt_each_seed(1, SEEDS, echo, NULL);
}

static void echo_events(void)
{
	protocol = FAKE_TCP;
	client_style = server_style = FAKE_BY_EVENTS;
	echo_seeds();
}

static void echo_requests(void)
{
	protocol = FAKE_TCP;
	client_style = server_style = FAKE_BY_REQUESTS;
	echo_seeds();
}

static void echo_mixed_v6(void)
{
	protocol = FAKE_TCP6;
	client_style = FAKE_BY_EVENTS;
	server_style = FAKE_BY_REQUESTS;
	echo_seeds();
}

static void echo_parallel(void)
{
	const struct nt_options options = { .free_running = true };
	unsigned round;

	fill_pattern();
	protocol = FAKE_TCP;
	client_style = server_style = FAKE_BY_EVENTS;
	for (round = 0; round < 10; round++) {
		nt_kernel_start(&options);
		echo(NULL);
		nt_kernel_stop();
	}
}

static void datagrams_once(void *context)
{
	enum fake_style style = *(enum fake_style *)context;
	struct fake_socket *one, *other;
	struct fake_totals totals;
	UCHAR data[2000];
	NTSTATUS status;
	size_t count;
	unsigned index;

	NT_CHECK_EQUAL(fake_transport_start(1u << protocol, NULL), STATUS_SUCCESS);
	one = fake_socket_open(protocol, FAKE_BY_EVENTS, 0, &status);
	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
	other = fake_socket_open(protocol, style, 0, &status);
	NT_CHECK_EQUAL(status, STATUS_SUCCESS);
	for (index = 1; index <= 20; index++) {
		NT_CHECK_EQUAL(fake_socket_send_to(one, fake_socket_port(other), pattern, index * 90), STATUS_SUCCESS);
		NT_CHECK_EQUAL(fake_socket_receive_from(other, data, sizeof(data), &count, 5000), STATUS_SUCCESS);
		NT_CHECK_EQUAL(count, index * 90);
		NT_CHECK(!memcmp(data, pattern, count));
	}
	NT_CHECK_EQUAL(fake_socket_receive_from(other, data, sizeof(data), &count, 100), STATUS_TIMEOUT);
	fake_transport_totals(protocol, &totals);
	NT_CHECK_EQUAL(totals.sent, 90 * 210);
	NT_CHECK_EQUAL(totals.delivered, 90 * 210);
	NT_CHECK_EQUAL(fake_socket_received(other), 90 * 210);
	fake_socket_close(one);
	fake_socket_close(other);
	fake_transport_stop();
}

static void datagrams(void)
{
	static enum fake_style styles[] = { FAKE_BY_EVENTS, FAKE_BY_REQUESTS };
	static const enum fake_protocol protocols[] = { FAKE_UDP, FAKE_RAW, FAKE_UDP6 };
	unsigned index;

	fill_pattern();
	for (index = 0; index < 6; index++) {
		protocol = protocols[index % 3];
		nt_each_seed(1, SEEDS / 2, datagrams_once, &styles[index / 3]);
	}
}

/* A connection with an accepted one, for what follows. */
static struct fake_socket *listener, *near_end, *far_end;

static void pair_open(void)
{
	NTSTATUS status;

	NT_CHECK_EQUAL(fake_transport_start(1u << FAKE_TCP, NULL), STATUS_SUCCESS);
	listener = fake_socket_open(FAKE_TCP, FAKE_BY_EVENTS, 0, &status);
	NT_CHECK_EQUAL(fake_socket_listen(listener, 2), STATUS_SUCCESS);
	near_end = fake_socket_open(FAKE_TCP, FAKE_BY_EVENTS, 0, &status);
	NT_CHECK_EQUAL(fake_socket_connect(near_end, fake_socket_port(listener)), STATUS_SUCCESS);
	far_end = fake_socket_accept(listener, NT_FOREVER_MS, &status);
	NT_CHECK(far_end);
}

static void pair_close(void)
{
	fake_socket_close(near_end);
	fake_socket_close(far_end);
	fake_socket_close(listener);
	fake_transport_stop();
}

static void urgent_once(void *context)
{
	unsigned round;

	(void)context;
	pair_open();
	NT_CHECK_EQUAL(fake_socket_send_urgent(near_end, 'u'), STATUS_SUCCESS);
	for (round = 0; round < 5000 && !fake_socket_received(far_end); round++)
		nt_sleep_ms(1);
	NT_CHECK_EQUAL(fake_socket_received(far_end), 1);
	pair_close();
}

static void urgent(void)
{
	nt_each_seed(1, SEEDS, urgent_once, NULL);
}

static void abort_once(void *context)
{
	UCHAR data[10];
	size_t count;
	NTSTATUS status;

	(void)context;
	pair_open();
	NT_CHECK_EQUAL(fake_socket_send(near_end, "some", 4, &count), STATUS_SUCCESS);
	NT_CHECK_EQUAL(fake_socket_abort(near_end), STATUS_SUCCESS);
	while ((status = fake_socket_receive(far_end, data, sizeof(data), &count)) == STATUS_SUCCESS)
		NT_CHECK(count);
	NT_CHECK_EQUAL(status, STATUS_CONNECTION_RESET);
	pair_close();
}

static void aborts(void)
{
	nt_each_seed(1, SEEDS, abort_once, NULL);
}

static void toggle_once(void *context)
{
	size_t count, at = 0;
	UCHAR data[500];
	unsigned index;

	(void)context;
	pair_open();
	for (index = 0; index < 10; index++) {
		NT_CHECK_EQUAL(fake_socket_send(near_end, "0123456789", 10, &count), STATUS_SUCCESS);
		NT_CHECK_EQUAL(fake_socket_toggle(listener, TDI_EVENT_RECEIVE, far_end), STATUS_SUCCESS);
		NT_CHECK_EQUAL(fake_socket_toggle(listener, TDI_EVENT_CHAINED_RECEIVE, far_end),
			STATUS_SUCCESS);
	}
	fake_socket_shutdown(near_end);
	while (at < 100) {
		NT_CHECK_EQUAL(fake_socket_receive(far_end, data, sizeof(data), &count), STATUS_SUCCESS);
		NT_CHECK(count);
		at += count;
	}
	pair_close();
}

static void toggles(void)
{
	nt_each_seed(1, SEEDS, toggle_once, NULL);
}

static void refused_once(void *context)
{
	struct fake_socket *server, *socket;
	NTSTATUS status;
	uint16_t port;

	(void)context;
	NT_CHECK_EQUAL(fake_transport_start(1u << FAKE_TCP, NULL), STATUS_SUCCESS);
	server = fake_socket_open(FAKE_TCP, FAKE_BY_EVENTS, 0, &status);
	port = fake_socket_port(server);
	socket = fake_socket_open(FAKE_TCP, FAKE_BY_EVENTS, 0, &status);
	NT_CHECK_EQUAL(fake_socket_connect(socket, port), STATUS_CONNECTION_REFUSED);
	fake_socket_close(socket);
	fake_socket_close(server);
	fake_transport_stop();
}

static void refused(void)
{
	nt_kernel_start(NULL);
	refused_once(NULL);
	nt_kernel_stop();
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("echo by event handlers", echo_events);
	nt_test("NT-8: echo by requests, with NULL connection contexts", echo_requests);
	nt_test("echo over IPv6, one side by requests", echo_mixed_v6);
	nt_test("echo with all threads in parallel", echo_parallel);
	nt_test("datagrams", datagrams);
	nt_test("urgent data", urgent);
	nt_test("an aborted connection", aborts);
	nt_test("handlers taken away and set again", toggles);
	nt_test("a refused connection", refused);
	return nt_tests_end();
}
