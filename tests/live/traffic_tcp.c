// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* TCP: every way to read and write that leaves the connection whole. */
#include "traffic.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

void fw_run_tcp(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, fw_plain_server, fw_plain_client);
}

void fw_run_tcp_mapped(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);

	fw_pair_map(pair);
	fw_pair_run(pair, fw_plain_server, fw_plain_client);
}

static void vector_client(int descriptor, struct fw_pair *pair)
{
	struct iovec parts[3] = { { fw_buffer, 100 }, { fw_buffer, 0 }, { fw_buffer, 2333 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 3 };

	if (fw_sent(writev(descriptor, parts, 3)) != 2433)
		fw_fail("writev");
	if (fw_sent(sendmsg(descriptor, &message, 0)) != 2433)
		fw_fail("sendmsg");
	if (fw_sent(write(descriptor, fw_buffer, 57)) != 57)
		fw_fail("write");
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

static void vector_server(int descriptor, struct fw_pair *pair)
{
	struct iovec parts[3] = { { fw_buffer, 3 }, { fw_buffer + 3, 200 },
		{ fw_buffer + 203, 777 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 3 };

	if (fw_received(readv(descriptor, parts, 3)) <= 0)
		fw_fail("readv");
	while (fw_received(recvmsg(descriptor, &message, 0)) > 0)
		;
	if (fw_sent(writev(descriptor, parts, 3)) != 980)
		fw_fail("writev");
}

void fw_run_tcp_vector(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, vector_server, vector_client);
}

static void bulk_client(int descriptor, struct fw_pair *pair)
{
	fw_send_all(descriptor, 50000);
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

static void peek_server(int descriptor, struct fw_pair *pair)
{
	struct iovec part = { fw_buffer, 300 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	int i;

	do {
		for (i = 0; i < 3; i++)
			if (recv(descriptor, fw_buffer, 5000, MSG_PEEK) < 0 ||
				recvmsg(descriptor, &message, MSG_PEEK) < 0)
				fw_fail("recv with MSG_PEEK");
	} while (fw_received(recv(descriptor, fw_buffer, 1000, 0)) > 0);
}

void fw_run_tcp_peek(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, peek_server, bulk_client);
}

/* On TCP, MSG_TRUNC discards what it returns. */
static void trunc_server(int descriptor, struct fw_pair *pair)
{
	while (fw_received(recv(descriptor, NULL, 3001, MSG_TRUNC)) > 0)
		;
	fw_send_all(descriptor, 999);
}

void fw_run_tcp_trunc(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, trunc_server, bulk_client);
}

/* 1000 plain bytes, 4 plain and 1 urgent, 1000 plain. */
static void oob_client(int descriptor, struct fw_pair *pair)
{
	fw_send_all(descriptor, 1000);
	if (fw_sent(send(descriptor, "abcd!", 5, MSG_OOB)) != 5)
		fw_fail("send with MSG_OOB");
	fw_send_all(descriptor, 1000);
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

static void oob_server(int descriptor, struct fw_pair *pair)
{
	struct pollfd poller = { .fd = descriptor, .events = POLLPRI };
	char urgent;

	if (poll(&poller, 1, -1) != 1)
		fw_fail("poll for urgent data");
	fw_receive_exact(descriptor, 1004);
	if (fw_received(recv(descriptor, &urgent, 1, MSG_OOB)) != 1 || urgent != '!')
		fw_fail("recv with MSG_OOB");
	fw_receive_end(descriptor);
}

void fw_run_tcp_oob(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, oob_server, oob_client);
}

static void plain_end_server(int descriptor, struct fw_pair *pair)
{
	fw_receive_end(descriptor);
}

/* The urgent byte is passed over: sent, never received. */
void fw_run_tcp_oob_unread(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, plain_end_server, oob_client);
}

static void set_oob_inline(int descriptor)
{
	fw_set_int(descriptor, SOL_SOCKET, SO_OOBINLINE, 1);
}

void fw_run_tcp_oob_inline(const struct fw_scenario *scenario)
{
	struct fw_pair *pair = fw_pair_new(scenario, SOCK_STREAM, 0);

	pair->prepare_listener = set_oob_inline;
	fw_pair_run(pair, plain_end_server, oob_client);
}

static void waitall_client(int descriptor, struct fw_pair *pair)
{
	fw_set_int(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
	fw_send_pieces(descriptor, 23, 1009);
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

/* The last call returns less than it was asked for. */
static void waitall_server(int descriptor, struct fw_pair *pair)
{
	while (fw_received(recv(descriptor, fw_buffer, 10000, MSG_WAITALL)) > 0)
		;
}

void fw_run_tcp_waitall(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, waitall_server, waitall_client);
}

static void partial_server(int descriptor, struct fw_pair *pair)
{
	ssize_t got;

	do
		got = fw_received(recv(descriptor, fw_buffer, 777, 0));
	while (got > 0 && fw_received(read(descriptor, fw_buffer, 13)) > 0);
	fw_send_pieces(descriptor, 100, 1);
}

void fw_run_tcp_partial(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, partial_server, bulk_client);
}

static void one_process(void *argument)
{
	const struct fw_scenario *scenario = argument;
	int ends[2];

	fw_stream_pair(scenario->family, ends);
	fw_stage_arrive(0);
	fw_send_all(ends[0], 10007);
	fw_receive_exact(ends[1], 10007);
	fw_send_all(ends[1], 2003);
	fw_receive_exact(ends[0], 2003);
	fw_stage_arrive(1);
}

void fw_run_tcp_one_process(const struct fw_scenario *scenario)
{
	fw_spawn("both ends", one_process, (void *)scenario, NULL);
	fw_stage_release(0, 1);
	fw_stage_release(1, 1);
	fw_reap_all();
}

static void drip_client(int descriptor, struct fw_pair *pair)
{
	size_t i, count = fw_scaled(50);

	fw_set_int(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
	for (i = 0; i < count; i++) {
		fw_send_all(descriptor, 1);
		usleep(2000); /* the pause is the traffic's shape; nothing waits on it */
	}
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

void fw_run_tcp_drip(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, plain_end_server, drip_client);
}

static void request_client(int descriptor, struct fw_pair *pair)
{
	size_t i, count = fw_scaled(500);

	fw_set_int(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
	for (i = 0; i < count; i++) {
		fw_send_all(descriptor, 64);
		fw_receive_exact(descriptor, 199);
	}
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

static void request_server(int descriptor, struct fw_pair *pair)
{
	size_t i, count = fw_scaled(500);

	for (i = 0; i < count; i++) {
		fw_receive_exact(descriptor, 64);
		fw_send_all(descriptor, 199);
	}
	fw_receive_end(descriptor);
}

void fw_run_tcp_request(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, request_server, request_client);
}

static void fill_messages(struct mmsghdr *messages, struct iovec *parts, size_t count)
{
	size_t i;

	memset(messages, 0, count * sizeof(*messages));
	for (i = 0; i < count; i++) {
		parts[i].iov_base = fw_buffer;
		parts[i].iov_len = 100 + i;
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
}

static void mmsg_client(int descriptor, struct fw_pair *pair)
{
	struct mmsghdr messages[8];
	struct iovec parts[8];
	int i, count;

	fill_messages(messages, parts, 8);
	count = sendmmsg(descriptor, messages, 8, 0);
	if (count != 8)
		fw_fail("sendmmsg");
	for (i = 0; i < count; i++)
		fw_sent((ssize_t)messages[i].msg_len);
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

static void mmsg_server(int descriptor, struct fw_pair *pair)
{
	struct mmsghdr messages[8];
	struct iovec parts[8];
	int i, count;
	ssize_t got;

	do {
		fill_messages(messages, parts, 8);
		count = recvmmsg(descriptor, messages, 8, MSG_WAITFORONE, NULL);
		got = 0;
		for (i = 0; i < count; i++)
			got = fw_received((ssize_t)messages[i].msg_len);
	} while (count > 0 && got > 0);
}

void fw_run_tcp_mmsg(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, mmsg_server, mmsg_client);
}

static void more_client(int descriptor, struct fw_pair *pair)
{
	int i;

	for (i = 0; i < 30; i++)
		if (fw_sent(send(descriptor, fw_buffer, 333, MSG_MORE)) != 333)
			fw_fail("send with MSG_MORE");
	fw_set_int(descriptor, IPPROTO_TCP, TCP_CORK, 1);
	fw_send_pieces(descriptor, 10, 50);
	fw_set_int(descriptor, IPPROTO_TCP, TCP_CORK, 0);
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

void fw_run_tcp_more(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, plain_end_server, more_client);
}
