// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* MSG_ZEROCOPY sends with their completions, and TCP_ZEROCOPY_RECEIVE. */
#include "traffic.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif
#define SENDS 16

/* Reads completions (which carry no payload) until all `expected` sends are told of. */
static void await_completions(int descriptor, unsigned int expected)
{
	struct pollfd poller = { .fd = descriptor, .events = 0 };
	char control[256];
	unsigned int done = 0;

	while (done < expected) {
		struct msghdr message = { .msg_control = control,
			.msg_controllen = sizeof(control) };
		struct sock_extended_err *error;
		struct cmsghdr *header;

		if (poll(&poller, 1, -1) != 1)
			fw_fail("poll for completions");
		if (recvmsg(descriptor, &message, MSG_ERRQUEUE) < 0) {
			if (errno == EAGAIN)
				continue;
			fw_fail("recvmsg with MSG_ERRQUEUE");
		}
		header = CMSG_FIRSTHDR(&message);
		if (!header)
			continue;
		error = (struct sock_extended_err *)CMSG_DATA(header);
		if (error->ee_origin == SO_EE_ORIGIN_ZEROCOPY)
			done += error->ee_data - error->ee_info + 1;
	}
}

static void zerocopy_on(int descriptor)
{
	int on = 1;

	if (setsockopt(descriptor, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)) < 0)
		fw_skip("no SO_ZEROCOPY for this protocol here: %s", strerror(errno));
}

static void send_zerocopy(int descriptor, size_t bytes)
{
	size_t left = bytes;
	ssize_t got;

	while (left > 0) {
		got = fw_sent(send(descriptor, fw_buffer, left, MSG_ZEROCOPY));
		if (got < 0)
			fw_fail("send with MSG_ZEROCOPY");
		left -= (size_t)got;
	}
}

static void tcp_client(int descriptor, struct fw_pair *pair)
{
	int i;

	zerocopy_on(descriptor);
	for (i = 0; i < SENDS; i++)
		if (fw_sent(send(descriptor, fw_buffer, 20013, MSG_ZEROCOPY)) != 20013)
			fw_fail("send with MSG_ZEROCOPY");
	await_completions(descriptor, SENDS);
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

static void tcp_server(int descriptor, struct fw_pair *pair)
{
	fw_receive_end(descriptor);
}

void fw_run_zerocopy_tcp(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, tcp_server, tcp_client);
}

static void udp_client(int descriptor, struct fw_pair *pair)
{
	int i;

	zerocopy_on(descriptor);
	for (i = 0; i < SENDS; i++) {
		send_zerocopy(descriptor, 9001);
		await_completions(descriptor, 1);
	}
}

static void udp_server(int descriptor, struct fw_pair *pair)
{
	int i;

	for (i = 0; i < SENDS; i++)
		fw_receive_exact(descriptor, 9001);
}

void fw_run_zerocopy_udp(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, udp_server, udp_client);
}

/*
 * getsockopt() maps whole pages and copies the rest; both parts are received. On loopback mostly
 * the copy happens, which no receive call of the socket layer sees either.
 */
static bool receive_mapped(int descriptor, char *map, size_t size)
{
	struct tcp_zerocopy_receive request = {
		.address = (uint64_t)(uintptr_t)map,
		.length = (uint32_t)size,
		.copybuf_address = (uint64_t)(uintptr_t)fw_buffer,
		.copybuf_len = sizeof(fw_buffer),
	};
	socklen_t length = sizeof(request);

	if (getsockopt(descriptor, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &request, &length) < 0) {
		if (errno == EIO) /* the peer's FIN and nothing before it */
			return false;
		fw_skip("no TCP_ZEROCOPY_RECEIVE here: %s", strerror(errno));
	}
	fw_received((ssize_t)request.length);
	fw_received(request.copybuf_len);
	if (request.length > 0 || request.copybuf_len > 0)
		return true;
	if (request.recv_skip_hint == 0)
		return false;
	return fw_received(recv(descriptor, fw_buffer,
		       request.recv_skip_hint < sizeof(fw_buffer) ? request.recv_skip_hint
								  : sizeof(fw_buffer),
		       0)) > 0;
}

static void mapped_server(int descriptor, struct fw_pair *pair)
{
	struct pollfd poller = { .fd = descriptor, .events = POLLIN };
	size_t size = 1 << 18;
	char *map = mmap(NULL, size, PROT_READ, MAP_SHARED, descriptor, 0), byte;

	if (map == MAP_FAILED)
		fw_skip("this kernel cannot map a TCP socket: %s", strerror(errno));
	for (;;) {
		if (poll(&poller, 1, -1) != 1)
			fw_fail("poll");
		if (receive_mapped(descriptor, map, size))
			continue;
		if (recv(descriptor, &byte, 1, MSG_PEEK) == 0)
			break;
	}
}

static void mapped_client(int descriptor, struct fw_pair *pair)
{
	fw_send_all(descriptor, 300007);
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

void fw_run_zerocopy_receive(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, mapped_server, mapped_client);
}
