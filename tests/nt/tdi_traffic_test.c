/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The TDI filter between the fake socket layer and the fake transport: what it counts equals what
 * the sockets carried, exactly, for each process, whatever the seed chooses of pending, partial,
 * chained and late.
 */
#include "tdi_client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "fake_sockets.h"

#define SEEDS 12
#define BYTES 20000u
#define SERVER_PID 500u
#define WAIT_MS 600000u

static struct {
	enum fake_protocol protocol;
	enum fake_style client_style, server_style;
	uint16_t port;
} scene;

static uint8_t pattern[BYTES];

static uint64_t process_bytes(const uint64_t *bytes, uint32_t pid)
{
	return bytes[pid / 100];
}

static void send_all(struct fake_socket *socket)
{
	size_t at, sent;

	for (at = 0; at < BYTES; at += sent)
		assert_int_equal(fake_socket_send(socket, pattern + at,
					 BYTES - at < 5000 ? BYTES - at : 5000, &sent),
			STATUS_SUCCESS);
}

static void receive_all(struct fake_socket *socket)
{
	uint8_t data[3000];
	size_t at = 0, count;

	do {
		assert_int_equal(
			fake_socket_receive(socket, data, sizeof(data), &count), STATUS_SUCCESS);
		assert_true(at + count <= BYTES);
		assert_memory_equal(data, pattern + at, count);
		at += count;
	} while (count);
	assert_int_equal(at, BYTES);
}

static void client(void *context)
{
	struct fake_socket *socket;
	NTSTATUS status;

	tdi_process(TDI_CLIENT_PID);
	socket = fake_socket_open(scene.protocol, scene.client_style, 0, &status);
	assert_int_equal(status, STATUS_SUCCESS);
	while ((status = fake_socket_connect(socket, scene.port)) == STATUS_CONNECTION_REFUSED)
		nt_sleep_ms(1);
	assert_int_equal(status, STATUS_SUCCESS);
	send_all(socket);
	assert_int_equal(fake_socket_shutdown(socket), STATUS_SUCCESS);
	receive_all(socket);
	fake_socket_close(socket);
}

static void world_begin(uint64_t seed)
{
	struct nt_options options = { .seed = seed };

	nt_kernel_start(&options);
	tdi_doubles_reset();
	assert_int_equal(fake_transport_start(1u << scene.protocol, NULL), STATUS_SUCCESS);
	assert_int_equal(tdi_filter_load(), STATUS_SUCCESS);
	tdi_process(TDI_CLIENT_PID);
	tdi_process(SERVER_PID);
}

static void world_end(void)
{
	struct fw_control_status status;

	tdi_settle();
	assert_int_equal(fake_transport_handlers(), 0);
	assert_int_equal(tdi_doubles_records(FW_RECORD_CONNECTION_OPEN),
		tdi_doubles_records(FW_RECORD_CONNECTION_CLOSE));
	assert_int_equal(tdi_doubles_records(FW_RECORD_PORT_TAKEN),
		tdi_doubles_records(FW_RECORD_PORT_RELEASED));
	assert_int_equal(tdi_filter_unload(&status), STATUS_SUCCESS);
	tdi_process_end();
	assert_int_equal(tdi_doubles.processes, 0);
	fake_transport_stop();
	nt_kernel_stop();
}

static void totals_are_equal(void)
{
	struct fake_totals totals;

	fake_transport_totals(scene.protocol, &totals);
	assert_int_equal(
		tdi_doubles.sent[TDI_CLIENT_PID / 100] + tdi_doubles.sent[SERVER_PID / 100],
		totals.sent);
	assert_int_equal(
		tdi_doubles.received[TDI_CLIENT_PID / 100] + tdi_doubles.received[SERVER_PID / 100],
		totals.delivered);
	assert_int_equal(tdi_doubles.unattributed_sent + tdi_doubles.unattributed_received, 0);
	assert_int_equal(totals.direct_sends, 0);
}

/* Of closed connections: what their records say together. */
static void records_add_up(void)
{
	uint64_t sent = 0, received = 0;
	unsigned i, count = tdi_doubles_records(FW_RECORD_CONNECTION_CLOSE);

	for (i = 0; i < count; i++) {
		const struct fw_connection *row =
			&tdi_doubles_record(FW_RECORD_CONNECTION_CLOSE, i)->connection.connection;

		sent += row->counters.sent;
		received += row->counters.received;
		assert_int_equal(row->protocol, 6);
		assert_int_not_equal(row->local_port, 0);
		assert_true(row->owner_pid == TDI_CLIENT_PID || row->owner_pid == SERVER_PID);
	}
	assert_int_equal(count, 2);
	assert_int_equal(sent, 2 * BYTES);
	/* Without contexts, data that events bring is its address's. */
	if (scene.client_style == FAKE_BY_EVENTS && scene.server_style == FAKE_BY_EVENTS)
		assert_int_equal(received, 2 * BYTES);
}

static void echo(uint64_t seed)
{
	struct fake_socket *listener, *socket;
	NTSTATUS status;
	PETHREAD thread;

	world_begin(seed);
	listener = fake_socket_open(scene.protocol, scene.server_style, 0, &status);
	assert_int_equal(status, STATUS_SUCCESS);
	assert_int_equal(fake_socket_listen(listener, 4), STATUS_SUCCESS);
	scene.port = fake_socket_port(listener);
	thread = nt_thread_start("client", NULL, client, NULL);
	socket = fake_socket_accept(listener, WAIT_MS, &status);
	assert_non_null(socket);
	receive_all(socket);
	send_all(socket);
	assert_int_equal(fake_socket_shutdown(socket), STATUS_SUCCESS);
	nt_thread_join(thread);
	fake_socket_close(socket);
	fake_socket_close(listener);
	assert_int_equal(process_bytes(tdi_doubles.sent, TDI_CLIENT_PID), BYTES);
	assert_int_equal(process_bytes(tdi_doubles.received, TDI_CLIENT_PID), BYTES);
	assert_int_equal(process_bytes(tdi_doubles.sent, SERVER_PID), BYTES);
	assert_int_equal(process_bytes(tdi_doubles.received, SERVER_PID), BYTES);
	totals_are_equal();
	records_add_up();
	world_end();
}

static void streams(
	enum fake_protocol protocol, enum fake_style client_style, enum fake_style server_style)
{
	uint64_t seed;
	unsigned i;

	for (i = 0; i < BYTES; i++)
		pattern[i] = (uint8_t)(i * 7 + i / 256);
	scene.protocol = protocol;
	scene.client_style = client_style;
	scene.server_style = server_style;
	for (nt_seeds_begin(1, SEEDS); nt_seeds_next(&seed);)
		echo(seed);
}

static void streams_by_events(void **state)
{
	streams(FAKE_TCP, FAKE_BY_EVENTS, FAKE_BY_EVENTS);
}

static void streams_by_requests(void **state)
{
	streams(FAKE_TCP, FAKE_BY_REQUESTS, FAKE_BY_REQUESTS);
}

static void streams_mixed(void **state)
{
	streams(FAKE_TCP6, FAKE_BY_EVENTS, FAKE_BY_REQUESTS);
	streams(FAKE_TCP, FAKE_BY_REQUESTS, FAKE_BY_EVENTS);
}

static void datagrams_once(uint64_t seed, enum fake_style style)
{
	struct fake_socket *first, *second;
	uint8_t data[600];
	NTSTATUS status;
	size_t count;
	unsigned i;

	world_begin(seed);
	tdi_process(SERVER_PID);
	second = fake_socket_open(scene.protocol, style, 0, &status);
	tdi_process(TDI_CLIENT_PID);
	first = fake_socket_open(scene.protocol, style, 0, &status);
	for (i = 1; i <= 20; i++) {
		assert_int_equal(
			fake_socket_send_to(first, fake_socket_port(second), pattern, i * 20),
			STATUS_SUCCESS);
		assert_int_equal(
			fake_socket_receive_from(second, data, sizeof(data), &count, WAIT_MS),
			STATUS_SUCCESS);
		assert_int_equal(count, i * 20);
	}
	/* A handler has told its client before it has returned to the filter. */
	fake_socket_close(first);
	fake_socket_close(second);
	assert_int_equal(process_bytes(tdi_doubles.sent, TDI_CLIENT_PID), 4200);
	assert_int_equal(process_bytes(tdi_doubles.received, SERVER_PID), 4200);
	totals_are_equal();
	world_end();
}

static void datagrams(void **state)
{
	static const enum fake_protocol protocols[] = { FAKE_UDP, FAKE_RAW, FAKE_UDP6, FAKE_RAW6 };
	uint64_t seed;
	size_t i;

	for (i = 0; i < FW_NT_COUNT(protocols); i++)
		for (nt_seeds_begin(1, SEEDS); nt_seeds_next(&seed);) {
			scene.protocol = protocols[i];
			datagrams_once(seed, seed & 1 ? FAKE_BY_EVENTS : FAKE_BY_REQUESTS);
		}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		{ "NT-12 to NT-15: streams by events", streams_by_events, NULL, nt_seeds_tell, NULL },
		{ "NT-8, NT-15: streams by requests, with no contexts", streams_by_requests, NULL,
			nt_seeds_tell, NULL },
		{ "NT-4, NT-15: streams, mixed", streams_mixed, NULL, nt_seeds_tell, NULL },
		{ "NT-15, NT-16: datagrams", datagrams, NULL, nt_seeds_tell, NULL },
	};

	cmocka_set_test_filter(argc > 1 ? argv[1] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
