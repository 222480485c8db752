// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* TCP: calls that fail or end early, how connections begin and end, and kernel TLS. */
#include "traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef TCP_ULP
#define TCP_ULP 31
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif

/* Small buffers, so that a peer that does not read soon stops the sender. */
static void set_small_buffers(int descriptor)
{
	fw_set_int(descriptor, SOL_SOCKET, SO_SNDBUF, 65536);
	fw_set_int(descriptor, SOL_SOCKET, SO_RCVBUF, 65536);
}

static void await_writable(int descriptor)
{
	struct pollfd poller = { .fd = descriptor, .events = POLLOUT };

	if (poll(&poller, 1, -1) != 1)
		fw_fail("poll");
}

/* Fills the path until EAGAIN twice, then lets the peer read. Partial sends count what they
 * returned. */
static void eagain_client(int descriptor, struct fw_pair *pair)
{
	size_t left = fw_scaled(FW_BULK_BYTES);
	int refused = 0;
	ssize_t got;

	fcntl(descriptor, F_SETFL, O_NONBLOCK);
	while (left > 0) {
		got = fw_sent(send(descriptor, fw_buffer, left < 50021 ? left : 50021, 0));
		if (got < 0 && errno != EAGAIN)
			fw_fail("send");
		if (got >= 0) {
			left -= (size_t)got;
			continue;
		}
		if (++refused == 2)
			fw_step_done(pair, 0);
		if (refused >= 2)
			await_writable(descriptor);
	}
	if (refused < 2)
		fw_step_done(pair, 0);
	shutdown(descriptor, SHUT_WR);
	fcntl(descriptor, F_SETFL, 0);
	fw_receive_end(descriptor);
}

static void eagain_server(int descriptor, struct fw_pair *pair)
{
	struct pollfd poller = { .fd = descriptor, .events = POLLIN };
	ssize_t got;

	fw_step_await(pair, 0);
	for (;;) {
		got = fw_received(recv(descriptor, fw_buffer, sizeof(fw_buffer), MSG_DONTWAIT));
		if (got == 0)
			break;
		if (got < 0 && errno != EAGAIN)
			fw_fail("recv");
		if (got < 0)
			poll(&poller, 1, -1);
	}
}

void fw_run_tcp_eagain(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);

	pair->prepare_listener = pair->prepare_client = set_small_buffers;
	fw_pair_run(pair, eagain_server, eagain_client);
}

static void set_timeout(int descriptor, int name)
{
	struct timeval limit = { .tv_usec = 30000 };

	if (setsockopt(descriptor, SOL_SOCKET, name, &limit, sizeof(limit)) < 0)
		fw_fail("setsockopt of a timeout");
}

/* One blocking send that a timeout cuts short, and one that it lets fail. */
static void timeout_client(int descriptor, struct fw_pair *pair)
{
	static char large[4 << 20];

	set_timeout(descriptor, SO_SNDTIMEO);
	if (fw_sent(send(descriptor, large, sizeof(large), 0)) <= 0)
		fw_fail("send with SO_SNDTIMEO");
	fw_sent(send(descriptor, large, sizeof(large), 0));
	fw_step_done(pair, 0);
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

static void timeout_server(int descriptor, struct fw_pair *pair)
{
	ssize_t got;

	set_timeout(descriptor, SO_RCVTIMEO);
	fw_step_await(pair, 0);
	do
		got = fw_received(recv(descriptor, fw_buffer, sizeof(fw_buffer), MSG_WAITALL));
	while (got > 0 || (got < 0 && errno == EAGAIN));
}

void fw_run_tcp_timeout(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);

	pair->prepare_listener = pair->prepare_client = set_small_buffers;
	fw_pair_run(pair, timeout_server, timeout_client);
}

static void half_close_client(int descriptor, struct fw_pair *pair)
{
	fw_send_all(descriptor, 1234);
	shutdown(descriptor, SHUT_WR);
	if (send(descriptor, fw_buffer, 10, MSG_NOSIGNAL) >= 0)
		fw_fail("send after shutdown succeeded");
	fw_receive_end(descriptor);
}

static void half_close_server(int descriptor, struct fw_pair *pair)
{
	fw_receive_end(descriptor);
	fw_send_all(descriptor, fw_scaled(FW_REPLY_BYTES));
	shutdown(descriptor, SHUT_WR);
}

void fw_run_tcp_half_close(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, half_close_server, half_close_client);
}

static void reset_server(int descriptor, struct fw_pair *pair)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	fw_receive_exact(descriptor, 10000);
	if (setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) < 0)
		fw_fail("setsockopt SO_LINGER");
	close(descriptor);
	fw_step_done(pair, 0);
}

static void reset_client(int descriptor, struct fw_pair *pair)
{
	fw_send_all(descriptor, 50000);
	fw_step_await(pair, 0);
	if (recv(descriptor, fw_buffer, 100, 0) >= 0)
		fw_fail("recv after a reset succeeded");
	if (send(descriptor, fw_buffer, 100, MSG_NOSIGNAL) >= 0)
		fw_fail("send after a reset succeeded");
}

void fw_run_tcp_reset(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, reset_server, reset_client);
}

/* Closes with data unread: the peer sees a reset, what was not read is not received. */
static void unread_server(int descriptor, struct fw_pair *pair)
{
	fw_step_await(pair, 0);
	fw_receive_exact(descriptor, 777);
	close(descriptor);
	fw_step_done(pair, 1);
}

static void unread_client(int descriptor, struct fw_pair *pair)
{
	fw_send_all(descriptor, 30000);
	fw_step_done(pair, 0);
	fw_step_await(pair, 1);
	if (recv(descriptor, fw_buffer, 100, 0) >= 0)
		fw_fail("recv after a reset succeeded");
}

void fw_run_tcp_unread(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, unread_server, unread_client);
}

static void closing_server(int descriptor, struct fw_pair *pair)
{
	fw_receive_exact(descriptor, 100);
	close(descriptor);
	fw_step_done(pair, 0);
}

/* The first send after the peer's close succeeds and draws the reset, the rest fail with EPIPE. */
static void broken_pipe_client(int descriptor, struct fw_pair *pair)
{
	int i;

	fw_send_all(descriptor, 100);
	fw_step_await(pair, 0);
	for (i = 0; i < 20; i++)
		if (fw_sent(send(descriptor, fw_buffer, 333, MSG_NOSIGNAL)) < 0)
			usleep(1000);
}

void fw_run_tcp_broken_pipe(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, closing_server, broken_pipe_client);
}

static void set_large_send_buffer(int descriptor)
{
	int size = 2 << 20;

	if (setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		fw_set_int(descriptor, SOL_SOCKET, SO_SNDBUF, size);
}

/* As much as the buffers take, then the end of the process. */
static void queued_client(int descriptor, struct fw_pair *pair)
{
	size_t left = 400003;
	ssize_t got;

	while (left > 0) {
		got = fw_sent(
			send(descriptor, fw_buffer, left < 60000 ? left : 60000, MSG_DONTWAIT));
		if (got < 0 && errno != EAGAIN)
			fw_fail("send");
		if (got < 0)
			break;
		left -= (size_t)got;
	}
}

static void queued_server(int descriptor, struct fw_pair *pair)
{
	fw_step_await(pair, 0);
	while (fw_received(recv(descriptor, fw_buffer, 4099, 0)) > 0)
		;
}

struct queued {
	struct fw_pair *pair;
	bool is_server;
};

static void queued_process(void *argument)
{
	struct queued *queued = argument;
	struct fw_pair *pair = queued->pair;

	if (!queued->is_server) {
		queued_client(fw_pair_connect(pair), pair);
		return;
	}
	fw_pair_listen(pair);
	queued_server(fw_pair_accept(pair), pair);
}

/* The server reads only after the client has gone for good. */
void fw_run_tcp_exit_queued(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);
	struct queued server = { pair, true }, client = { pair, false };

	pair->prepare_client = set_large_send_buffer;
	fw_spawn("server", queued_process, &server, NULL);
	fw_reap(fw_spawn("client", queued_process, &client, NULL));
	fw_step_done(pair, 0);
	fw_reap_all();
}

static void killed_process(void *argument)
{
	struct queued *queued = argument;
	struct fw_pair *pair = queued->pair;
	int descriptor;

	if (queued->is_server) {
		fw_pair_listen(pair);
		fw_receive_end(fw_pair_accept(pair));
		return;
	}
	descriptor = fw_pair_connect(pair);
	fw_send_pieces(descriptor, 20, 5003);
	fw_step_done(pair, 0);
	for (;;)
		pause();
}

/* SIGKILL between two calls: what was sent stays counted. */
void fw_run_tcp_killed(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);
	struct queued server = { pair, true }, client = { pair, false };
	pid_t victim;

	fw_spawn("server", killed_process, &server, NULL);
	victim = fw_spawn("client", killed_process, &client, NULL);
	fw_step_await(pair, 0);
	fw_kill(victim);
	fw_reap_all();
}

static void set_fastopen(int descriptor)
{
	fw_set_int(descriptor, IPPROTO_TCP, TCP_FASTOPEN, 16);
}

static void fastopen_server(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor;

	fw_pair_listen(pair);
	descriptor = fw_pair_accept(pair);
	fw_receive_exact(descriptor, 1001);
	fw_send_all(descriptor, 2002);
	fw_receive_end(descriptor);
}

static void require_data_in_syn(int descriptor)
{
	struct tcp_info info;
	socklen_t length = sizeof(info);

	if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
		fw_fail("getsockopt TCP_INFO");
	if (!(info.tcpi_options & TCPI_OPT_SYN_DATA))
		fw_skip("TCP Fast Open did not carry data in the SYN here");
}

static void fastopen_client(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor;

	sem_wait(&pair->opened);
	descriptor = socket(pair->family, SOCK_STREAM, 0);
	if (fw_sent(sendto(descriptor, fw_buffer, 1001, MSG_FASTOPEN,
		    (struct sockaddr *)&pair->address, pair->length)) != 1001)
		fw_fail("sendto with MSG_FASTOPEN");
	fw_receive_exact(descriptor, 2002);
	require_data_in_syn(descriptor);
}

/* The deferred kind: connect() returns at once, the first write carries the SYN. */
static void fastopen_connect_client(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor;

	sem_wait(&pair->opened);
	descriptor = socket(pair->family, SOCK_STREAM, 0);
	fw_set_int(descriptor, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
	if (connect(descriptor, (struct sockaddr *)&pair->address, pair->length) < 0)
		fw_fail("connect");
	fw_send_all(descriptor, 1001);
	fw_receive_exact(descriptor, 2002);
	require_data_in_syn(descriptor);
}

static void run_fastopen(const struct fw_scenario *scenario, fw_process_fn client)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);

	/* 1 client, 2 server, 4 and 0x200: without a cookie. Of this run's own network namespace.
	 */
	if (!fw_try_write_file("/proc/sys/net/ipv4/tcp_fastopen", "519"))
		fw_skip("net.ipv4.tcp_fastopen cannot be set here");
	pair->prepare_listener = set_fastopen;
	fw_spawn("server", fastopen_server, pair, NULL);
	fw_spawn("client", client, pair, NULL);
	fw_reap_all();
}

void fw_run_tcp_fastopen(const struct fw_scenario *scenario)
{
	run_fastopen(scenario, fastopen_client);
}

void fw_run_tcp_fastopen_connect(const struct fw_scenario *scenario)
{
	run_fastopen(scenario, fastopen_connect_client);
}

static void start_tls(int descriptor)
{
	struct tls12_crypto_info_aes_gcm_128 keys = {
		.info.version = TLS_1_2_VERSION,
		.info.cipher_type = TLS_CIPHER_AES_GCM_128,
	};

	if (setsockopt(descriptor, IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")) < 0)
		fw_skip("no kernel TLS here: %s", strerror(errno));
	/* Both ends with the same all-zero test key, both directions. */
	if (setsockopt(descriptor, SOL_TLS, TLS_TX, &keys, sizeof(keys)) < 0 ||
		setsockopt(descriptor, SOL_TLS, TLS_RX, &keys, sizeof(keys)) < 0)
		fw_skip("kernel TLS does not take AES-GCM-128 here: %s", strerror(errno));
}

static void ktls_server(int descriptor, struct fw_pair *pair)
{
	start_tls(descriptor);
	fw_step_done(pair, 0);
	fw_step_await(pair, 1);
	fw_plain_server(descriptor, pair);
}

static void ktls_client(int descriptor, struct fw_pair *pair)
{
	start_tls(descriptor);
	fw_step_done(pair, 1);
	fw_step_await(pair, 0);
	fw_plain_client(descriptor, pair);
}

void fw_run_tcp_ktls(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, ktls_server, ktls_client);
}
