// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Multipath TCP, and its fallback when the other end speaks plain TCP. */
#include "traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static void require_mptcp(void)
{
	int descriptor = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	if (descriptor < 0)
		fw_skip("no MPTCP here: %s", strerror(errno));
	close(descriptor);
}

void fw_run_mptcp(const struct fw_scenario *scenario)
{
	require_mptcp();
	fw_pair_run(fw_pair_new(scenario, SOCK_STREAM, IPPROTO_MPTCP), fw_plain_server,
		fw_plain_client);
}

static void fallback_client(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor;

	sem_wait(&pair->opened);
	descriptor = socket(pair->family, SOCK_STREAM, IPPROTO_MPTCP);
	if (connect(descriptor, (struct sockaddr *)&pair->address, pair->length) < 0)
		fw_fail("connect");
	fw_plain_client(descriptor, pair);
}

static void plain_tcp_server(void *argument)
{
	struct fw_pair *pair = argument;

	fw_pair_listen(pair);
	fw_plain_server(fw_pair_accept(pair), pair);
}

void fw_run_mptcp_fallback(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);

	require_mptcp();
	fw_spawn("server", plain_tcp_server, pair, NULL);
	fw_spawn("client", fallback_client, pair, NULL);
	fw_reap_all();
}

static void bulk_client(int descriptor, struct fw_pair *pair)
{
	fw_send_all(descriptor, 50000);
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

static void peek_server(int descriptor, struct fw_pair *pair)
{
	do {
		if (recv(descriptor, fw_buffer, 700, MSG_PEEK) < 0)
			fw_fail("recv with MSG_PEEK");
	} while (fw_received(recv(descriptor, fw_buffer, 1000, 0)) > 0);
}

void fw_run_mptcp_peek(const struct fw_scenario *scenario)
{
	require_mptcp();
	fw_pair_run(fw_pair_new(scenario, SOCK_STREAM, IPPROTO_MPTCP), peek_server, bulk_client);
}

static void splice_server(int descriptor, struct fw_pair *pair)
{
	int ends[2];
	ssize_t got;

	if (pipe(ends) < 0)
		fw_fail("pipe");
	do {
		got = fw_received(splice(descriptor, NULL, ends[1], NULL, 5003, 0));
		if (got < 0)
			fw_skip("splice cannot read MPTCP here: %s", strerror(errno));
		if (got > 0 && read(ends[0], fw_buffer, sizeof(fw_buffer)) <= 0)
			fw_fail("read from a pipe");
	} while (got > 0);
}

void fw_run_mptcp_splice(const struct fw_scenario *scenario)
{
	require_mptcp();
	fw_pair_run(fw_pair_new(scenario, SOCK_STREAM, IPPROTO_MPTCP), splice_server, bulk_client);
}
