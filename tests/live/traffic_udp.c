// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* UDP. Every burst is answered before the next, so that nothing overflows a receive buffer. */
#include "traffic.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#define FLAG_LOCAL 0x80000000u /* RTF_LOCAL of linux/ipv6_route.h, which libc does not have */
#define ROUNDS 20
#define BURST 16

/* One datagram from whoever, remembered in *peer. */
static ssize_t receive_from(int descriptor, struct sockaddr_storage *peer, socklen_t *length)
{
	ssize_t got;

	*length = sizeof(*peer);
	got = fw_received(recvfrom(
		descriptor, fw_buffer, sizeof(fw_buffer), 0, (struct sockaddr *)peer, length));
	if (got < 0)
		fw_fail("recvfrom");
	return got;
}

static void send_to(
	int descriptor, size_t bytes, const struct sockaddr_storage *peer, socklen_t length)
{
	if (fw_sent(sendto(descriptor, fw_buffer, bytes, 0, (const struct sockaddr *)peer,
		    length)) != (ssize_t)bytes)
		fw_fail("sendto");
}

/* Takes `count` datagrams, answers the last with 99 bytes. */
static void take_burst(int descriptor, int count)
{
	struct sockaddr_storage peer;
	socklen_t length;

	while (count-- > 0)
		receive_from(descriptor, &peer, &length);
	send_to(descriptor, 99, &peer, length);
}

static void burst_server(int descriptor, struct fw_pair *pair)
{
	size_t round, rounds = fw_scaled(ROUNDS);

	for (round = 0; round < rounds; round++)
		take_burst(descriptor, BURST);
}

static void connected_client(int descriptor, struct fw_pair *pair)
{
	size_t round, rounds = fw_scaled(ROUNDS), i;

	for (round = 0; round < rounds; round++) {
		for (i = 0; i < BURST; i++)
			fw_send_all(descriptor, 64 + 37 * i);
		fw_receive_exact(descriptor, 99);
	}
}

void fw_run_udp(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, burst_server, connected_client);
}

void fw_run_udplite(const struct fw_scenario *scenario)
{
	fw_pair_run(
		fw_pair_new(scenario, SOCK_DGRAM, IPPROTO_UDPLITE), burst_server, connected_client);
}

void fw_run_udp_mapped(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_DGRAM, 0);

	fw_pair_map(pair);
	fw_pair_run(pair, burst_server, connected_client);
}

static void unconnect(int descriptor)
{
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	if (connect(descriptor, &nobody, sizeof(nobody)) < 0)
		fw_fail("connect to AF_UNSPEC");
}

static void unconnected_client(int descriptor, struct fw_pair *pair)
{
	struct sockaddr_storage peer;
	socklen_t length;
	int round, i;

	unconnect(descriptor);
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < BURST; i++)
			send_to(descriptor, 1 + 91 * (size_t)i, &pair->address, pair->length);
		receive_from(descriptor, &peer, &length);
	}
}

static void unconnected_server(int descriptor, struct fw_pair *pair)
{
	int round;

	for (round = 0; round < ROUNDS; round++)
		take_burst(descriptor, BURST);
}

void fw_run_udp_unconnected(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, unconnected_server, unconnected_client);
}

static void vector_client(int descriptor, struct fw_pair *pair)
{
	struct iovec parts[3] = { { fw_buffer, 10 }, { fw_buffer, 0 }, { fw_buffer, 500 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 3 };
	int i;

	for (i = 0; i < 10; i++) {
		if (fw_sent(sendmsg(descriptor, &message, 0)) != 510)
			fw_fail("sendmsg");
		if (fw_sent(writev(descriptor, parts, 3)) != 510)
			fw_fail("writev");
		if (fw_sent(write(descriptor, fw_buffer, 77)) != 77)
			fw_fail("write");
	}
}

static void vector_server(int descriptor, struct fw_pair *pair)
{
	struct iovec parts[2] = { { fw_buffer, 33 }, { fw_buffer + 33, 1000 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	int i;

	for (i = 0; i < 10; i++)
		if (fw_received(recvmsg(descriptor, &message, 0)) != 510 ||
			fw_received(readv(descriptor, parts, 2)) != 510 ||
			fw_received(read(descriptor, fw_buffer, 1000)) != 77)
			fw_fail("recvmsg");
}

void fw_run_udp_vector(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, vector_server, vector_client);
}

static void fill_messages(struct mmsghdr *messages, struct iovec *parts, size_t count, size_t bytes)
{
	size_t i;

	memset(messages, 0, count * sizeof(*messages));
	for (i = 0; i < count; i++) {
		parts[i].iov_base = fw_buffer;
		parts[i].iov_len = bytes + i;
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
}

static void mmsg_client(int descriptor, struct fw_pair *pair)
{
	struct mmsghdr messages[32];
	struct iovec parts[32];
	int i, count, round;

	for (round = 0; round < ROUNDS; round++) {
		fill_messages(messages, parts, 32, 100);
		count = sendmmsg(descriptor, messages, 32, 0);
		if (count != 32)
			fw_fail("sendmmsg");
		for (i = 0; i < count; i++)
			fw_sent((ssize_t)messages[i].msg_len);
		fw_receive_exact(descriptor, 99);
	}
}

static void mmsg_server(int descriptor, struct fw_pair *pair)
{
	struct mmsghdr messages[32];
	struct iovec parts[32];
	int i, count, taken, round;
	struct sockaddr_storage peer;

	for (round = 0; round < ROUNDS; round++) {
		for (taken = 0; taken < 32; taken += count) {
			fill_messages(messages, parts, 32, 2000);
			messages[0].msg_hdr.msg_name = &peer;
			messages[0].msg_hdr.msg_namelen = sizeof(peer);
			count = recvmmsg(descriptor, messages, 32, MSG_WAITFORONE, NULL);
			if (count <= 0)
				fw_fail("recvmmsg");
			for (i = 0; i < count; i++)
				fw_received((ssize_t)messages[i].msg_len);
		}
		send_to(descriptor, 99, &peer, pair->length);
	}
}

void fw_run_udp_mmsg(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, mmsg_server, mmsg_client);
}

/* One send becomes 21 datagrams, one receive may return many at once. */
static void gso_client(int descriptor, struct fw_pair *pair)
{
	int segment = 1000, round;

	if (setsockopt(descriptor, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)) < 0)
		fw_skip("no UDP_SEGMENT here: %s", strerror(errno));
	for (round = 0; round < ROUNDS; round++) {
		if (fw_sent(send(descriptor, fw_buffer, 20500, 0)) != 20500)
			fw_fail("send with UDP_SEGMENT");
		fw_receive_exact(descriptor, 99);
	}
}

static void gso_server(int descriptor, struct fw_pair *pair)
{
	struct sockaddr_storage peer;
	socklen_t length;
	size_t taken;
	int round, on = 1;

	if (setsockopt(descriptor, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) < 0)
		fw_skip("no UDP_GRO here: %s", strerror(errno));
	for (round = 0; round < ROUNDS; round++) {
		for (taken = 0; taken < 20500;)
			taken += (size_t)receive_from(descriptor, &peer, &length);
		send_to(descriptor, 99, &peer, length);
	}
}

void fw_run_udp_gso(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, gso_server, gso_client);
}

static void empty_client(int descriptor, struct fw_pair *pair)
{
	int i;

	for (i = 0; i < 10; i++)
		if (fw_sent(send(descriptor, fw_buffer, 0, 0)) != 0)
			fw_fail("send of an empty datagram");
	fw_send_all(descriptor, 5);
	fw_receive_exact(descriptor, 99);
}

static void empty_server(int descriptor, struct fw_pair *pair)
{
	take_burst(descriptor, 11);
}

void fw_run_udp_empty(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, empty_server, empty_client);
}

static void peek_client(int descriptor, struct fw_pair *pair)
{
	fw_send_pieces(descriptor, 10, 1300);
	fw_receive_exact(descriptor, 99);
}

static void peek_server(int descriptor, struct fw_pair *pair)
{
	int i;

	for (i = 0; i < 9; i++) {
		if (recv(descriptor, fw_buffer, 100, MSG_PEEK) != 100 ||
			recv(descriptor, fw_buffer, 100, MSG_PEEK | MSG_TRUNC) != 1300 ||
			fw_received(recv(descriptor, fw_buffer, 2000, 0)) != 1300)
			fw_fail("recv with MSG_PEEK");
	}
	take_burst(descriptor, 1);
}

void fw_run_udp_peek(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, peek_server, peek_client);
}

/* A short buffer returns what fits; with MSG_TRUNC the whole length is returned, so that counts. */
static void trunc_server(int descriptor, struct fw_pair *pair)
{
	int i;

	for (i = 0; i < 5; i++)
		if (fw_received(recv(descriptor, fw_buffer, 300, 0)) != 300)
			fw_fail("recv into a short buffer");
	for (i = 0; i < 4; i++)
		if (fw_received(recv(descriptor, fw_buffer, 300, MSG_TRUNC)) != 1300)
			fw_fail("recv with MSG_TRUNC");
	take_burst(descriptor, 1);
}

void fw_run_udp_trunc(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, trunc_server, peek_client);
}

/* Three sends make one datagram. */
static void cork_client(int descriptor, struct fw_pair *pair)
{
	int i;

	for (i = 0; i < 10; i++) {
		if (fw_sent(send(descriptor, fw_buffer, 100, MSG_MORE)) != 100 ||
			fw_sent(send(descriptor, fw_buffer, 200, MSG_MORE)) != 200)
			fw_fail("send with MSG_MORE");
		fw_send_all(descriptor, 33);
	}
	fw_set_int(descriptor, IPPROTO_UDP, UDP_CORK, 1);
	fw_send_pieces(descriptor, 5, 40);
	fw_set_int(descriptor, IPPROTO_UDP, UDP_CORK, 0);
	fw_receive_exact(descriptor, 99);
}

static void cork_server(int descriptor, struct fw_pair *pair)
{
	take_burst(descriptor, 11);
}

void fw_run_udp_cork(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, cork_server, cork_client);
}

/* The port is closed: a send that returned its length counts, ECONNREFUSED and EAGAIN do not. */
static void refused_process(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor, i;

	fw_pair_listen(pair);
	descriptor = fw_pair_connect(pair);
	close(pair->listener);
	for (i = 0; i < 10; i++) {
		fw_sent(send(descriptor, fw_buffer, 500, 0));
		if (recv(descriptor, fw_buffer, 500, MSG_DONTWAIT) >= 0)
			fw_fail("recv without data succeeded");
	}
	if (send(descriptor, fw_buffer, 65535, 0) >= 0)
		fw_fail("send of too large a datagram succeeded");
}

void fw_run_udp_refused(const struct fw_scenario *scenario)
{
	fw_spawn("client", refused_process, fw_pair_new(scenario, SOCK_DGRAM, 0), NULL);
	fw_reap_all();
}

/* The error queue gives the offending payload back: that was not received from anyone. */
static void error_queue_process(void *argument)
{
	struct fw_pair *pair = argument;
	struct iovec part = { fw_buffer, 2000 };
	char control[512];
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct pollfd poller;
	int i;

	fw_pair_listen(pair);
	poller.fd = fw_pair_connect(pair);
	poller.events = 0; /* POLLERR is always reported */
	close(pair->listener);
	if (pair->family == AF_INET)
		fw_set_int(poller.fd, IPPROTO_IP, IP_RECVERR, 1);
	else
		fw_set_int(poller.fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	for (i = 0; i < 5; i++) {
		fw_send_all(poller.fd, 700);
		if (poll(&poller, 1, -1) != 1)
			fw_fail("poll for the error queue");
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		if (recvmsg(poller.fd, &message, MSG_ERRQUEUE) <= 0)
			fw_fail("recvmsg with MSG_ERRQUEUE");
	}
}

void fw_run_udp_error_queue(const struct fw_scenario *scenario)
{
	fw_spawn("client", error_queue_process, fw_pair_new(scenario, SOCK_DGRAM, 0), NULL);
	fw_reap_all();
}

/* lo has no route for IPv6 multicast; one that is not "local" would only reject. */
static void route_multicast6(void)
{
	struct in6_rtmsg route = {
		.rtmsg_dst_len = 8, .rtmsg_flags = RTF_UP | FLAG_LOCAL, .rtmsg_metric = 1
	};
	int descriptor = socket(AF_INET6, SOCK_DGRAM, 0);

	route.rtmsg_dst.s6_addr[0] = 0xff;
	route.rtmsg_ifindex = (int)if_nametoindex("lo");
	if (ioctl(descriptor, SIOCADDRT, &route) < 0)
		fw_skip("no route for IPv6 multicast on lo: %s", strerror(errno));
	close(descriptor);
}

static int multicast_socket(int family, struct sockaddr_storage *group, socklen_t *length)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)group;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)group;
	int descriptor = socket(family, SOCK_DGRAM, 0);
	unsigned int lo = if_nametoindex("lo");

	fw_loopback(family, 0, group, length);
	if (family == AF_INET) {
		struct ip_mreqn request = { .imr_ifindex = (int)lo };

		v4->sin_addr.s_addr = request.imr_multiaddr.s_addr = htonl(0xefff0107);
		if (setsockopt(descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request,
			    sizeof(request)) < 0 ||
			setsockopt(descriptor, IPPROTO_IP, IP_MULTICAST_IF, &request,
				sizeof(request)) < 0)
			fw_skip("no IPv4 multicast on lo: %s", strerror(errno));
	} else {
		struct ipv6_mreq request = { .ipv6mr_interface = lo };

		memset(&v6->sin6_addr, 0, sizeof(v6->sin6_addr));
		v6->sin6_addr.s6_addr[0] = 0xff;
		v6->sin6_addr.s6_addr[1] = 0x01;
		v6->sin6_addr.s6_addr[15] = 0x77;
		v6->sin6_scope_id = lo;
		request.ipv6mr_multiaddr = v6->sin6_addr;
		if (setsockopt(descriptor, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &request,
			    sizeof(request)) < 0)
			fw_skip("no IPv6 multicast on lo: %s", strerror(errno));
		fw_set_int(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)lo);
	}
	if (bind(descriptor, (struct sockaddr *)group, *length) < 0 ||
		getsockname(descriptor, (struct sockaddr *)group, length) < 0)
		fw_fail("bind to a multicast group");
	return descriptor;
}

struct multicast {
	sem_t bound, taken;
	struct sockaddr_storage group;
	socklen_t length;
	int family;
};

static void multicast_receiver(void *argument)
{
	struct multicast *multicast = argument;
	int i, descriptor;

	if (multicast->family == AF_INET6)
		route_multicast6();
	descriptor = multicast_socket(multicast->family, &multicast->group, &multicast->length);
	sem_post(&multicast->bound);
	for (i = 0; i < 20; i++)
		fw_receive_exact(descriptor, 611);
}

static void multicast_sender(void *argument)
{
	struct multicast *multicast = argument;
	int i, descriptor = socket(multicast->family, SOCK_DGRAM, 0);
	unsigned int lo = if_nametoindex("lo");
	struct ip_mreqn request = { .imr_ifindex = (int)lo };

	sem_wait(&multicast->bound);
	if (multicast->family == AF_INET &&
		setsockopt(descriptor, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof(request)) < 0)
		fw_fail("setsockopt IP_MULTICAST_IF");
	if (multicast->family == AF_INET6)
		fw_set_int(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)lo);
	for (i = 0; i < 20; i++)
		send_to(descriptor, 611, &multicast->group, multicast->length);
}

void fw_run_udp_multicast(const struct fw_scenario *scenario)
{
	struct multicast *multicast = fw_shared(sizeof(*multicast));

	sem_init(&multicast->bound, 1, 0);
	multicast->family = scenario->family;
	fw_spawn("receiver", multicast_receiver, multicast, NULL);
	fw_spawn("sender", multicast_sender, multicast, NULL);
	fw_reap_all();
}

static void one_process(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor, i;

	fw_pair_listen(pair);
	descriptor = fw_pair_connect(pair);
	fw_stage_arrive(0);
	for (i = 0; i < 20; i++) {
		fw_send_all(descriptor, 999);
		fw_receive_exact(pair->listener, 999);
	}
	fw_stage_arrive(1);
}

void fw_run_udp_one_process(const struct fw_scenario *scenario)
{
	fw_spawn("both ends", one_process, fw_pair_new(scenario, SOCK_DGRAM, 0), NULL);
	fw_stage_release(0, 1);
	fw_stage_release(1, 1);
	fw_reap_all();
}

static void large_client(int descriptor, struct fw_pair *pair)
{
	int i;

	for (i = 0; i < 10; i++) {
		fw_send_all(descriptor, 65000 + (size_t)i);
		fw_receive_exact(descriptor, 99);
	}
}

static void large_server(int descriptor, struct fw_pair *pair)
{
	int i;

	for (i = 0; i < 10; i++)
		take_burst(descriptor, 1);
}

void fw_run_udp_large(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, large_server, large_client);
}

/* Nobody reads: what does not fit the receive buffer was still sent, and none of it received. */
static void lost_process(void *argument)
{
	struct fw_pair *pair = argument;
	int descriptor;

	fw_pair_listen(pair);
	fw_set_int(pair->listener, SOL_SOCKET, SO_RCVBUF, 4096);
	descriptor = fw_pair_connect(pair);
	fw_send_pieces(descriptor, 200, 900);
	fw_receive_exact(pair->listener, 900);
}

void fw_run_udp_lost(const struct fw_scenario *scenario)
{
	fw_spawn("both ends", lost_process, fw_pair_new(scenario, SOCK_DGRAM, 0), NULL);
	fw_reap_all();
}
