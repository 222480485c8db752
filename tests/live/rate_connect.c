// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The flows of a run as sockets: TCP by listen and connect, UDP by addresses told in shared memory.
 */
#include "rate_run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "traffic.h"

void fw_rate_address(uint16_t port, struct sockaddr_storage *address, socklen_t *length)
{
	void *place = &((struct sockaddr_in *)address)->sin_addr;

	fw_loopback(fw_rate.family, port, address, length);
	if (!fw_rate.address)
		return;
	if (fw_rate.family == AF_INET6)
		place = &((struct sockaddr_in6 *)address)->sin6_addr;
	if (inet_pton(fw_rate.family, fw_rate.address, place) == 1)
		return;
	errno = EINVAL;
	fw_fail("--connect must be an address of the --family");
}

static void set_buffer(int descriptor, int forced, int plain, uint64_t bytes)
{
	int value = (int)bytes;

	/* The forced kind goes beyond net.core.[rw]mem_max, but needs CAP_NET_ADMIN. */
	if (bytes && setsockopt(descriptor, SOL_SOCKET, forced, &value, sizeof(value)) < 0)
		fw_set_int(descriptor, SOL_SOCKET, plain, value);
}

static int open_socket(const struct fw_rate_side *side)
{
	int descriptor = socket(
		fw_rate.family, fw_rate.protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);

	if (descriptor < 0 && errno == EAFNOSUPPORT)
		fw_skip("this kernel has no sockets of family %d", fw_rate.family);
	if (descriptor < 0)
		fw_fail("socket");
	if (side->sends)
		set_buffer(descriptor, SO_SNDBUFFORCE, SO_SNDBUF, fw_rate.send_buffer);
	else
		set_buffer(descriptor, SO_RCVBUFFORCE, SO_RCVBUF, fw_rate.receive_buffer);
	return descriptor;
}

static void bind_socket(int descriptor, struct sockaddr_storage *address, socklen_t length)
{
	if (bind(descriptor, (struct sockaddr *)address, length) < 0) {
		if (errno == EADDRNOTAVAIL && fw_rate.family == AF_INET6 && !fw_rate.address)
			fw_skip("no ::1 here");
		fw_fail("bind to the address of --connect");
	}
	if (getsockname(descriptor, (struct sockaddr *)address, &length) < 0)
		fw_fail("getsockname");
}

static void connect_socket(int descriptor, const struct sockaddr_storage *address)
{
	socklen_t length = address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
							 : sizeof(struct sockaddr_in6);

	if (connect(descriptor, (const struct sockaddr *)address, length) < 0)
		fw_fail("connect");
}

static void tcp_server(struct fw_rate_side *side)
{
	int listener = open_socket(side);
	socklen_t length;
	unsigned int i;

	fw_set_int(listener, SOL_SOCKET, SO_REUSEADDR, 1);
	fw_rate_address(fw_rate.port, &side->shared->server, &length);
	bind_socket(listener, &side->shared->server, length);
	if (listen(listener, (int)FW_RATE_FLOWS_MAX) < 0)
		fw_fail("listen");
	sem_post(&side->shared->listening);
	for (i = 0; i < fw_rate.flows; i++) {
		side->descriptors[i] = accept(listener, NULL, NULL);
		if (side->descriptors[i] < 0)
			fw_fail("accept");
	}
	close(listener);
}

static void tcp_client(struct fw_rate_side *side)
{
	unsigned int i;

	fw_semaphore_await(&side->shared->listening);
	for (i = 0; i < fw_rate.flows; i++) {
		side->descriptors[i] = open_socket(side);
		connect_socket(side->descriptors[i], &side->shared->server);
	}
}

/* Each flow has a port of its own at both ends, and each end is connected to the other. */
static void udp_server(struct fw_rate_side *side)
{
	struct fw_rate_shared *shared = side->shared;
	socklen_t length;
	unsigned int i;

	for (i = 0; i < fw_rate.flows; i++) {
		uint16_t port = fw_rate.port ? (uint16_t)(fw_rate.port + i) : 0;

		side->descriptors[i] = open_socket(side);
		fw_rate_address(port, &shared->flows[i].server, &length);
		bind_socket(side->descriptors[i], &shared->flows[i].server, length);
	}
	sem_post(&shared->listening);
	fw_semaphore_await(&shared->bound);
	for (i = 0; i < fw_rate.flows; i++)
		connect_socket(side->descriptors[i], &shared->flows[i].client);
}

static void udp_client(struct fw_rate_side *side)
{
	struct fw_rate_shared *shared = side->shared;
	unsigned int i;

	fw_semaphore_await(&shared->listening);
	for (i = 0; i < fw_rate.flows; i++) {
		struct sockaddr_storage *own = &shared->flows[i].client;
		socklen_t length = sizeof(*own);

		side->descriptors[i] = open_socket(side);
		connect_socket(side->descriptors[i], &shared->flows[i].server);
		if (getsockname(side->descriptors[i], (struct sockaddr *)own, &length) < 0)
			fw_fail("getsockname");
	}
	sem_post(&shared->bound);
}

void fw_rate_open_flows(struct fw_rate_side *side)
{
	if (fw_rate.protocol == IPPROTO_TCP)
		(side->listens ? tcp_server : tcp_client)(side);
	else
		(side->listens ? udp_server : udp_client)(side);
}
