// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Sockets on loopback and transfers whose results go into the ledger. */
#include "traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

char fw_buffer[1 << 16];

size_t fw_scaled(size_t n)
{
	size_t scaled = (size_t)((double)n * fw_traffic.scale);

	return scaled ? scaled : 1;
}

void fw_set_int(int descriptor, int level, int name, int value)
{
	if (setsockopt(descriptor, level, name, &value, sizeof(value)) < 0)
		fw_fail("setsockopt");
}

void fw_loopback(int family, uint16_t port, struct sockaddr_storage *address, socklen_t *length)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof(*address));
	address->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		v4->sin_port = htons(port);
		*length = sizeof(*v4);
	} else {
		v6->sin6_addr = in6addr_loopback;
		v6->sin6_port = htons(port);
		*length = sizeof(*v6);
	}
}

static void set_address(struct fw_pair *pair, const char *text)
{
	void *place = &((struct sockaddr_in *)&pair->address)->sin_addr;

	if (pair->family == AF_INET6)
		place = &((struct sockaddr_in6 *)&pair->address)->sin6_addr;
	if (inet_pton(pair->family, text, place) == 1)
		return;
	errno = EINVAL;
	fw_fail("--address does not fit the scenario's family");
}

struct fw_pair *fw_pair_new(const struct fw_scenario *scenario, int type, int protocol)
{
	struct fw_pair *pair = fw_shared(sizeof(*pair));
	int i;

	pair->scenario = scenario;
	pair->family = scenario->family;
	pair->type = type;
	pair->protocol = protocol;
	fw_loopback(pair->family, 0, &pair->address, &pair->length);
	if (fw_traffic.server_address)
		set_address(pair, fw_traffic.server_address);
	sem_init(&pair->opened, 1, 0);
	for (i = 0; i < 4; i++)
		sem_init(&pair->step[i], 1, 0);
	return pair;
}

void fw_pair_map(struct fw_pair *pair)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&pair->address;

	memset(&v6->sin6_addr, 0, sizeof(v6->sin6_addr));
	v6->sin6_addr.s6_addr[10] = v6->sin6_addr.s6_addr[11] = 0xff;
	v6->sin6_addr.s6_addr[12] = 127;
	v6->sin6_addr.s6_addr[15] = 1;
}

static int open_socket(struct fw_pair *pair)
{
	int descriptor = socket(pair->family, pair->type, pair->protocol);

	if (descriptor < 0 && (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT))
		fw_skip("this kernel has no socket of family %d, type %d, protocol %d",
			pair->family, pair->type, pair->protocol);
	if (descriptor < 0)
		fw_fail("socket");
	return descriptor;
}

void fw_pair_listen(struct fw_pair *pair)
{
	pair->listener = open_socket(pair);
	if (pair->type == SOCK_STREAM)
		fw_set_int(pair->listener, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind(pair->listener, (struct sockaddr *)&pair->address, pair->length) < 0) {
		if (errno == EADDRNOTAVAIL && pair->family == AF_INET6)
			fw_skip("no ::1 here");
		fw_fail("bind");
	}
	if (pair->prepare_listener)
		pair->prepare_listener(pair->listener);
	if (pair->type == SOCK_STREAM && listen(pair->listener, 1024) < 0)
		fw_fail("listen");
	if (getsockname(pair->listener, (struct sockaddr *)&pair->address, &pair->length) < 0)
		fw_fail("getsockname");
	sem_post(&pair->opened);
}

int fw_pair_connect(struct fw_pair *pair)
{
	int descriptor;

	fw_semaphore_await(&pair->opened);
	sem_post(&pair->opened); /* for the next client */
	descriptor = open_socket(pair);
	if (pair->prepare_client)
		pair->prepare_client(descriptor);
	if (connect(descriptor, (struct sockaddr *)&pair->address, pair->length) < 0)
		fw_fail("connect");
	return descriptor;
}

int fw_pair_accept(struct fw_pair *pair)
{
	int descriptor;

	if (pair->type != SOCK_STREAM)
		return pair->listener;
	do
		descriptor = accept(pair->listener, NULL, NULL);
	while (descriptor < 0 && errno == EINTR);
	if (descriptor < 0)
		fw_fail("accept");
	return descriptor;
}

struct end {
	struct fw_pair *pair;
	fw_end_fn run;
};

static void run_server(void *argument)
{
	struct end *end = argument;
	int descriptor;

	fw_netns_enter(fw_traffic.server_netns);
	fw_pair_listen(end->pair);
	descriptor = fw_pair_accept(end->pair);
	fw_stage_arrive(0);
	end->run(descriptor, end->pair);
	fw_stage_arrive(1);
}

static void run_client(void *argument)
{
	struct end *end = argument;
	int descriptor;

	fw_netns_enter(fw_traffic.client_netns);
	descriptor = fw_pair_connect(end->pair);
	fw_stage_arrive(0);
	end->run(descriptor, end->pair);
	fw_stage_arrive(1);
}

void fw_pair_run(struct fw_pair *pair, fw_end_fn server, fw_end_fn client)
{
	struct end server_end = { pair, server }, client_end = { pair, client };

	pair->server_pid = fw_spawn("server", run_server, &server_end, NULL);
	pair->client_pid = fw_spawn("client", run_client, &client_end, NULL);
	fw_stage_release(0, 2);
	fw_stage_release(1, 2);
	fw_reap(pair->client_pid);
	fw_reap(pair->server_pid);
}

void fw_tcp_run(const struct fw_scenario *scenario, fw_end_fn server, fw_end_fn client)
{
	fw_pair_run(fw_pair_new(scenario, SOCK_STREAM, 0), server, client);
}

void fw_udp_run(const struct fw_scenario *scenario, fw_end_fn server, fw_end_fn client)
{
	fw_pair_run(fw_pair_new(scenario, SOCK_DGRAM, 0), server, client);
}

void fw_plain_server(int descriptor, struct fw_pair *pair)
{
	(void)pair;
	fw_receive_exact(descriptor, fw_scaled(FW_BULK_BYTES));
	fw_send_all(descriptor, fw_scaled(FW_REPLY_BYTES));
}

void fw_plain_client(int descriptor, struct fw_pair *pair)
{
	(void)pair;
	fw_send_all(descriptor, fw_scaled(FW_BULK_BYTES));
	fw_receive_exact(descriptor, fw_scaled(FW_REPLY_BYTES));
}

void fw_stream_pair(int family, int ends[2])
{
	struct fw_scenario scenario = { .family = family };
	struct fw_pair *pair = fw_pair_new(&scenario, SOCK_STREAM, 0);

	fw_pair_listen(pair);
	ends[0] = fw_pair_connect(pair);
	ends[1] = fw_pair_accept(pair);
	close(pair->listener);
}

void fw_send_all(int descriptor, size_t bytes)
{
	ssize_t got;

	while (bytes > 0) {
		got = fw_sent(send(descriptor, fw_buffer,
			bytes < sizeof(fw_buffer) ? bytes : sizeof(fw_buffer), MSG_NOSIGNAL));
		if (got < 0 && errno != EINTR)
			fw_fail("send");
		bytes -= got > 0 ? (size_t)got : 0;
	}
}

void fw_send_pieces(int descriptor, size_t count, size_t bytes)
{
	while (count-- > 0)
		fw_send_all(descriptor, bytes);
}

void fw_receive_exact(int descriptor, size_t bytes)
{
	ssize_t got;

	while (bytes > 0) {
		got = fw_received(recv(descriptor, fw_buffer,
			bytes < sizeof(fw_buffer) ? bytes : sizeof(fw_buffer), 0));
		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			errno = EPIPE;
		if (got <= 0)
			fw_fail("recv");
		bytes -= (size_t)got;
	}
}

size_t fw_receive_end(int descriptor)
{
	size_t total = 0;
	ssize_t got;

	for (;;) {
		got = fw_received(recv(descriptor, fw_buffer, sizeof(fw_buffer), 0));
		if (got < 0 && errno != EINTR)
			fw_fail("recv");
		if (got == 0)
			return total;
		total += got > 0 ? (size_t)got : 0;
	}
}

void fw_step_done(struct fw_pair *pair, int step)
{
	sem_post(&pair->step[step]);
}

void fw_step_await(struct fw_pair *pair, int step)
{
	fw_semaphore_await(&pair->step[step]);
}
