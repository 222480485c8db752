/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "load.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128
#define RECEIVE_BUFFER (128 * 1024)
#define SOCKET_BUFFER (1024 * 1024)

static void prepare_listener(struct load *load)
{
	load->server = load_bind(load, SOCK_STREAM);
	if (listen(load->server, BACKLOG))
		load_die("listening");
}

/* Fixed buffers: what autotuning makes of them decides whether a stream stays in the cache, and
 * varies from run to run more than a monitor costs. Connections inherit those of the listener. */
static void fix_buffers(int fd)
{
	int size = SOCKET_BUFFER;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static void prepare_connection(struct load *load)
{
	int one = 1;

	prepare_listener(load);
	fix_buffers(load->server);
	load->client = load_connect(load, SOCK_STREAM);
	fix_buffers(load->client);
	load->accepted = accept(load->server, NULL, NULL);
	if (load->accepted < 0)
		load_die("accepting");
	setsockopt(load->client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(load->accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static void serve_echo(struct load *load)
{
	size_t size = load->workload->size;

	while (load_read(load->accepted, load->buffer, size))
		load_write(load->accepted, load->buffer, size);
}

static void serve_sink(struct load *load)
{
	while (read(load->accepted, load->buffer, RECEIVE_BUFFER) > 0)
		;
}

static void serve_short(struct load *load)
{
	size_t size = load->workload->size;

	for (;;) {
		int fd = accept(load->server, NULL, NULL);

		if (fd < 0)
			load_die("accepting");
		if (load_read(fd, load->buffer, size))
			load_write(fd, load->buffer, size);
		close(fd);
	}
}

static void request(struct load *load)
{
	size_t size = load->workload->size;

	if (!load_write(load->client, load->buffer, size) ||
		!load_read(load->client, load->buffer, size))
		load_die("TCP request");
}

static void push(struct load *load)
{
	if (!load_write(load->client, load->buffer, load->workload->size))
		load_die("TCP write");
}

/* Ended by a reset, so that no thousands of TIME_WAIT sockets change the next measurement. */
static void short_connection(struct load *load)
{
	struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	size_t size = load->workload->size;
	int fd = load_connect(load, SOCK_STREAM);

	if (!load_write(fd, load->buffer, size) || !load_read(fd, load->buffer, size))
		load_die("TCP request on a short connection");
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

const struct workload load_tcp_request = {
	.name = "tcp_request",
	.description = "TCP request/response, 64 B",
	.size = 64,
	.burst = 16,
	.both_ways = true,
	.prepare = prepare_connection,
	.serve = serve_echo,
	.operate = request,
};

const struct workload load_tcp_small = {
	.name = "tcp_small",
	.description = "TCP stream of 100 B writes, TCP_NODELAY",
	.size = 100,
	.burst = 64,
	.prepare = prepare_connection,
	.serve = serve_sink,
	.operate = push,
};

const struct workload load_tcp_bulk = {
	.name = "tcp_bulk",
	.description = "TCP stream of 128 KiB writes",
	.size = 128 * 1024,
	.burst = 4,
	.prepare = prepare_connection,
	.serve = serve_sink,
	.operate = push,
};

const struct workload load_tcp_short = {
	.name = "tcp_short",
	.description = "TCP connect, request/response of 64 B, close",
	.size = 64,
	.burst = 4,
	.both_ways = true,
	.prepare = prepare_listener,
	.serve = serve_short,
	.operate = short_connection,
};
