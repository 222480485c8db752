// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* With --wait: READY is said while the server already sleeps in its receiving call. */
#include "traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct blocked {
	struct fw_pair *pair;
	fw_end_fn receive;
};

static void blocked_server(void *argument)
{
	struct blocked *blocked = argument;
	int descriptor;

	fw_pair_listen(blocked->pair);
	descriptor = fw_pair_accept(blocked->pair);
	fw_step_done(blocked->pair, 0);
	blocked->receive(descriptor, blocked->pair);
	fw_stage_arrive(1);
}

static void sending_client(void *argument)
{
	struct blocked *blocked = argument;
	int i, descriptor = fw_pair_connect(blocked->pair);

	fw_step_done(blocked->pair, 1);
	fw_stage_arrive(0);
	fw_step_await(blocked->pair, 2);
	for (i = 0; i < 5; i++) {
		fw_send_all(descriptor, 1201);
		fw_receive_exact(descriptor, 1);
	}
	fw_stage_arrive(1);
}

static void run_blocked(const struct fw_scenario *scenario, int type, fw_end_fn receive)
{
	struct blocked blocked = { fw_pair_new(scenario, type, 0), receive };
	pid_t server = fw_spawn("server", blocked_server, &blocked, NULL);

	fw_spawn("client", sending_client, &blocked, NULL);
	fw_step_await(blocked.pair, 0);
	fw_step_await(blocked.pair, 1);
	fw_wait_asleep(server);
	fw_step_done(blocked.pair, 2);
	fw_stage_release(0, 1);
	fw_stage_release(1, 2);
	fw_reap_all();
}

static void receive_stream(int descriptor, struct fw_pair *pair)
{
	int i;

	for (i = 0; i < 5; i++) {
		fw_receive_exact(descriptor, 1201);
		fw_send_all(descriptor, 1);
	}
}

void fw_run_blocked_tcp(const struct fw_scenario *scenario)
{
	run_blocked(scenario, SOCK_STREAM, receive_stream);
}

static void receive_datagrams(int descriptor, struct fw_pair *pair)
{
	struct sockaddr_storage peer;
	socklen_t length;
	int i;

	for (i = 0; i < 5; i++) {
		length = sizeof(peer);
		if (fw_received(recvfrom(descriptor, fw_buffer, 2000, 0, (struct sockaddr *)&peer,
			    &length)) != 1201)
			fw_fail("recvfrom");
		if (fw_sent(sendto(
			    descriptor, fw_buffer, 1, 0, (struct sockaddr *)&peer, length)) != 1)
			fw_fail("sendto");
	}
}

void fw_run_blocked_udp(const struct fw_scenario *scenario)
{
	run_blocked(scenario, SOCK_DGRAM, receive_datagrams);
}

static void receive_splice(int descriptor, struct fw_pair *pair)
{
	int i, ends[2];
	ssize_t got, left;

	if (pipe(ends) < 0)
		fw_fail("pipe");
	for (i = 0; i < 5; i++) {
		for (left = 1201; left > 0; left -= got) {
			got = fw_received(splice(descriptor, NULL, ends[1], NULL, (size_t)left, 0));
			if (got <= 0 || read(ends[0], fw_buffer, (size_t)got) != got)
				fw_fail("splice out of a socket");
		}
		fw_send_all(descriptor, 1);
	}
}

void fw_run_blocked_splice(const struct fw_scenario *scenario)
{
	run_blocked(scenario, SOCK_STREAM, receive_splice);
}
