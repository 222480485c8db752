/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "load.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Datagrams for which the receiver gives one word back. Two such bursts fit any default receive
 * buffer, so nothing is ever dropped and each datagram sent is also one received. */
#define STREAM_BURST 96

static void prepare(struct load *load)
{
	struct timeval limit = { .tv_sec = 5 };

	load->server = load_bind(load, SOCK_DGRAM);
	load->client = load_connect(load, SOCK_DGRAM);
	setsockopt(load->client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

static ssize_t take(struct load *load, struct sockaddr_in *from)
{
	socklen_t length = sizeof(*from);

	return recvfrom(load->server, load->buffer, load->workload->size, 0,
		(struct sockaddr *)from, &length);
}

static void give(struct load *load, size_t size, const struct sockaddr_in *to)
{
	if (sendto(load->server, load->buffer, size, 0, (const struct sockaddr *)to, sizeof(*to)) <
		0)
		load_die("UDP answer");
}

static void serve_echo(struct load *load)
{
	struct sockaddr_in from;

	while (take(load, &from) >= 0)
		give(load, load->workload->size, &from);
}

static void serve_stream(struct load *load)
{
	struct sockaddr_in from;

	while (take(load, &from) >= 0)
		if (++load->sent % STREAM_BURST == 0)
			give(load, 1, &from);
}

static void request(struct load *load)
{
	size_t size = load->workload->size;

	if (send(load->client, load->buffer, size, 0) < 0 ||
		recv(load->client, load->buffer, size, 0) < 0)
		load_die("UDP request");
}

static void push(struct load *load)
{
	char word;

	if (sendto(load->client, load->buffer, load->workload->size, 0, NULL, 0) < 0)
		load_die("UDP send");
	if (++load->sent % STREAM_BURST || load->sent == STREAM_BURST)
		return;
	if (recv(load->client, &word, sizeof(word), 0) < 0)
		load_die("waiting for the receiver of a UDP stream");
}

const struct workload load_udp_request = {
	.name = "udp_request",
	.description = "UDP request/response, 64 B",
	.size = 64,
	.burst = 16,
	.both_ways = true,
	.prepare = prepare,
	.serve = serve_echo,
	.operate = request,
};

const struct workload load_udp_stream = {
	.name = "udp_stream",
	.description = "UDP stream of 64 B datagrams",
	.size = 64,
	.burst = 64,
	.prepare = prepare,
	.serve = serve_stream,
	.operate = push,
};
