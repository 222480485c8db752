// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Many: connections one after another, sockets at once, and UNIX sockets that do not count. */
#include "traffic.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#define WORKERS 4
#define CONNECTIONS 10000
#define SOCKETS 500

struct worker {
	struct fw_pair *pair;
	size_t connections;
};

static void serve(void *argument)
{
	struct worker *worker = argument;
	size_t i;
	int descriptor;

	fw_pair_listen(worker->pair);
	for (i = 0; i < worker->connections; i++) {
		descriptor = fw_pair_accept(worker->pair);
		fw_receive_exact(descriptor, 10);
		fw_send_all(descriptor, 20);
		close(descriptor);
	}
}

static void request(void *argument)
{
	struct worker *worker = argument;
	size_t i;
	int descriptor;

	for (i = 0; i < worker->connections; i++) {
		descriptor = fw_pair_connect(worker->pair);
		fw_send_all(descriptor, 10);
		fw_receive_exact(descriptor, 20);
		close(descriptor);
	}
}

/* Each pair of workers has its own loopback address, hence its own set of ephemeral ports. */
void fw_run_connections(const struct fw_scenario *scenario)
{
	struct worker workers[WORKERS];
	int i;

	for (i = 0; i < WORKERS; i++) {
		workers[i].pair = fw_pair_new(scenario, SOCK_STREAM, 0);
		workers[i].connections = fw_scaled(CONNECTIONS) / WORKERS + 1;
		((struct sockaddr_in *)&workers[i].pair->address)->sin_addr.s_addr =
			htonl(INADDR_LOOPBACK + (uint32_t)i);
		fw_spawn("server", serve, &workers[i], NULL);
		fw_spawn("client", request, &workers[i], NULL);
	}
	fw_reap_all();
}

static void many_sockets(void *argument)
{
	const struct fw_scenario *scenario = argument;
	size_t i, count = fw_scaled(SOCKETS);
	static int ends[SOCKETS][2];
	struct rlimit limit = { 4096, 4096 };

	if (count > SOCKETS)
		count = SOCKETS;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		fw_skip("the limit of open files cannot be raised to 4096");
	for (i = 0; i < count; i++)
		fw_stream_pair(scenario->family, ends[i]);
	fw_stage_arrive(0);
	for (i = 0; i < count; i++) {
		fw_send_all(ends[i][0], 100 + i);
		fw_receive_exact(ends[i][1], 100 + i);
	}
	fw_stage_arrive(1);
}

void fw_run_many_sockets(const struct fw_scenario *scenario)
{
	fw_spawn("both ends", many_sockets, (void *)scenario, NULL);
	fw_stage_release(0, 1);
	fw_stage_release(1, 1);
	fw_reap_all();
}

/* 100 kB over UNIX sockets for every 10 bytes over TCP: only the latter are network traffic. */
static void unix_noise(void *argument)
{
	const struct fw_scenario *scenario = argument;
	int i, noise[2], ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, noise) < 0)
		fw_fail("socketpair");
	fw_stream_pair(scenario->family, ends);
	for (i = 0; i < 10; i++) {
		if (send(noise[0], fw_buffer, 10000, 0) != 10000 ||
			recv(noise[1], fw_buffer, 10000, MSG_WAITALL) != 10000)
			fw_fail("UNIX socket");
		fw_send_all(ends[0], 10);
		fw_receive_exact(ends[1], 10);
	}
}

void fw_run_unix(const struct fw_scenario *scenario)
{
	fw_spawn("both ends", unix_noise, (void *)scenario, NULL);
	fw_reap_all();
}
