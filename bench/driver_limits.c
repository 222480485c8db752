/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How well limits of the Windows driver keep their rate: its host build between the fake socket
 * layer and the fake transport, whose bytes go through sockets of the loopback, by the machine's
 * clock.
 */
#include "driver_bench.h"
#include "fake_sockets.h"

#define WINDOW_MS 10000u
#define LARGE (16u << 20)
#define SENDER 1000u
#define RECEIVER 2000u
#define TRIES 100u /* 10 ms each */

static const uint64_t rates[] = { 10000, 100000, 1000000 };

static const struct flow {
	const char *name;
	bool is_download;
	enum fake_style style; /* of both ends */
	size_t send;	       /* bytes a request */
} flows[] = {
	{ "upload, 64 KiB a send", false, FAKE_BY_EVENTS, 65536 },
	{ "upload, 16 MiB a send", false, FAKE_BY_EVENTS, LARGE },
	{ "download, told of by events", true, FAKE_BY_EVENTS, 65536 },
	{ "download, asked for", true, FAKE_BY_REQUESTS, 65536 },
};

static struct {
	const struct flow *flow;
	uint16_t port;
	struct fake_socket *client, *server, *listener;
	PETHREAD sender, receiver;
	PEPROCESS processes[2];
	HANDLE handle;
	bool over;
	struct fw_rule rule;
} scene;

static uint8_t bytes[LARGE], taken[65536];

/* Who listens by requests does so from the first one on, which is just being sent. */
static NTSTATUS connect_soon(void)
{
	NTSTATUS status = STATUS_CONNECTION_REFUSED;

	for (unsigned i = 0; i < TRIES && status == STATUS_CONNECTION_REFUSED; i++) {
		if (i) {
			fake_socket_close(scene.client);
			nt_sleep_ms(10);
		}
		scene.client = fake_socket_open(FAKE_TCP, scene.flow->style, 0, &status);
		bench_check(scene.client != NULL, "a socket could not be opened");
		status = fake_socket_connect(scene.client, scene.port);
	}
	return status;
}

static void send_all(void *context)
{
	size_t sent;

	(void)context;
	bench_check(NT_SUCCESS(connect_soon()), "no connection");
	while (!__atomic_load_n(&scene.over, __ATOMIC_RELAXED) &&
		NT_SUCCESS(fake_socket_send(scene.client, bytes, scene.flow->send, &sent)))
		;
	fake_socket_shutdown(scene.client);
}

static void receive_all(void *context)
{
	size_t received;

	(void)context;
	do {
		if (!NT_SUCCESS(fake_socket_receive(scene.server, taken, sizeof(taken), &received)))
			break;
	} while (received);
}

static void scene_begin(const struct flow *flow, uint64_t rate)
{
	const struct nt_options options = { .free_running = true };
	NTSTATUS status;

	scene.flow = flow;
	scene.over = false;
	nt_kernel_start(&options);
	bench_check(NT_SUCCESS(fake_transport_start(1u << FAKE_TCP, NULL)), "no transport");
	bench_check(control_load(), "the driver did not load");
	scene.processes[0] = control_process(SENDER, 4, "\\sender.exe");
	scene.processes[1] = control_process(RECEIVER, 4, "\\receiver.exe");
	scene.handle = control_open();
	scene.rule =
		control_rule(FW_RULE_LIMIT, FW_RULE_PID, flow->is_download ? RECEIVER : SENDER, "");
	*(flow->is_download ? &scene.rule.received_rate : &scene.rule.sent_rate) = rate;
	bench_check(NT_SUCCESS(control_add(scene.handle, &scene.rule, 1)), "no limit");
	nt_process_become(scene.processes[1]);
	scene.listener = fake_socket_open(FAKE_TCP, flow->style, 0, &status);
	bench_check(NT_SUCCESS(fake_socket_listen(scene.listener, 2)), "no listener");
	scene.port = fake_socket_port(scene.listener);
	scene.sender = nt_thread_start("sender", scene.processes[0], send_all, NULL);
	scene.server = fake_socket_accept(scene.listener, NT_FOREVER_MS, &status);
	bench_check(scene.server != NULL, "nobody connected");
	scene.receiver = nt_thread_start("receiver", scene.processes[1], receive_all, NULL);
}

static void scene_end(void)
{
	/* What still waits goes at once then. */
	__atomic_store_n(&scene.over, true, __ATOMIC_RELAXED);
	control_remove(scene.handle, &scene.rule.id, 1);
	nt_close(scene.handle);
	nt_thread_join(scene.sender);
	nt_thread_join(scene.receiver);
	fake_socket_close(scene.client);
	fake_socket_close(scene.server);
	fake_socket_close(scene.listener);
	nt_process_become(NULL);
	nt_process_exit(scene.processes[0]);
	nt_process_exit(scene.processes[1]);
	nt_sleep_ms(200);
	control_unload();
	fake_transport_stop();
	nt_kernel_stop();
}

/* Bytes that the receiver had, in percent of what the limit lets through in this time. */
static double percent_of(const struct flow *flow, uint64_t rate)
{
	uint64_t began, before, bytes_had, ns;

	scene_begin(flow, rate);
	began = KeQueryInterruptTime();
	before = fake_socket_received(scene.server);
	nt_sleep_ms(WINDOW_MS);
	ns = (KeQueryInterruptTime() - began) * 100;
	bytes_had = fake_socket_received(scene.server) - before;
	scene_end();
	return 100.0 * (double)bytes_had / ((double)rate * (double)ns / 1e9);
}

void driver_limits_measure(void)
{
	printf("### A limit\n\n"
	       "Payload that the receiver has of a connection in ten seconds, from its beginning "
	       "on, in\n"
	       "percent of the rate: sockets of the loopback, the machine's clock, one run "
	       "each.\n\n"
	       "| | 10 kB/s | 100 kB/s | 1 MB/s |\n|---|---:|---:|---:|\n");
	for (size_t i = 0; i < FW_ARRAY_SIZE(flows); i++) {
		printf("| %s |", flows[i].name);
		for (size_t j = 0; j < FW_ARRAY_SIZE(rates); j++)
			printf(" %.1f |", percent_of(&flows[i], rates[j]));
		printf("\n");
		fflush(stdout);
	}
}
