// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* sendfile, splice and vmsplice between files, pipes and sockets. */
#include "traffic.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILE_BYTES 300007u

static int data_file(void)
{
	int descriptor = memfd_create("data", MFD_CLOEXEC);

	if (descriptor < 0 || ftruncate(descriptor, FILE_BYTES) < 0)
		fw_fail("memfd_create");
	return descriptor;
}

static void open_pipe(int ends[2])
{
	if (pipe(ends) < 0)
		fw_fail("pipe");
}

static void finish(int descriptor)
{
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

static void end_server(int descriptor, struct fw_pair *pair)
{
	fw_receive_end(descriptor);
}

static void sendfile_client(int descriptor, struct fw_pair *pair)
{
	int file = data_file();
	off_t offset = 0;

	while (offset < (off_t)FILE_BYTES)
		if (fw_sent(sendfile(descriptor, file, &offset, FILE_BYTES)) <= 0)
			fw_fail("sendfile");
	fw_send_all(descriptor, 11); /* and by an ordinary call on the same socket */
	finish(descriptor);
}

void fw_run_sendfile_tcp(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, end_server, sendfile_client);
}

/* Datagrams: the ends agree on their number and let the last be a marker of 1 byte. */
static void until_marker_server(int descriptor, struct fw_pair *pair)
{
	ssize_t got;

	do {
		got = fw_received(recv(descriptor, fw_buffer, sizeof(fw_buffer), 0));
		if (got < 0)
			fw_fail("recv");
	} while (got != 1);
}

static void sendfile_udp_client(int descriptor, struct fw_pair *pair)
{
	int i, file = data_file();
	off_t offset;

	for (i = 0; i < 10; i++) {
		offset = 0;
		if (fw_sent(sendfile(descriptor, file, &offset, 3000)) != 3000)
			fw_fail("sendfile to UDP");
	}
	fw_send_all(descriptor, 1);
}

void fw_run_sendfile_udp(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, until_marker_server, sendfile_udp_client);
}

/* Moves `bytes` from a pipe into a socket. */
static void pipe_to_socket(int source, int descriptor, size_t bytes, unsigned int flags)
{
	ssize_t got;

	while (bytes > 0) {
		got = fw_sent(splice(source, NULL, descriptor, NULL, bytes, flags));
		if (got <= 0)
			fw_fail("splice into a socket");
		bytes -= (size_t)got;
	}
}

static void splice_client(int descriptor, struct fw_pair *pair)
{
	int i, ends[2];

	open_pipe(ends);
	for (i = 0; i < 20; i++) {
		if (write(ends[1], fw_buffer, 10001) != 10001)
			fw_fail("write to a pipe");
		pipe_to_socket(ends[0], descriptor, 10001, i % 2 ? SPLICE_F_MORE : SPLICE_F_MOVE);
	}
	finish(descriptor);
}

void fw_run_splice_to_tcp(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, end_server, splice_client);
}

static void vmsplice_client(int descriptor, struct fw_pair *pair)
{
	struct iovec part = { fw_buffer, 30011 };
	int i, ends[2];

	open_pipe(ends);
	for (i = 0; i < 20; i++) {
		if (vmsplice(ends[1], &part, 1, 0) != 30011)
			fw_fail("vmsplice");
		pipe_to_socket(ends[0], descriptor, 30011, 0);
	}
	finish(descriptor);
}

void fw_run_vmsplice_to_tcp(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, end_server, vmsplice_client);
}

static void splice_udp_client(int descriptor, struct fw_pair *pair)
{
	int i, ends[2];

	open_pipe(ends);
	for (i = 0; i < 20; i++) {
		if (write(ends[1], fw_buffer, 1111) != 1111)
			fw_fail("write to a pipe");
		pipe_to_socket(ends[0], descriptor, 1111, 0);
	}
	fw_send_all(descriptor, 1);
}

void fw_run_splice_to_udp(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, until_marker_server, splice_udp_client);
}

static void drain(int source, ssize_t bytes)
{
	ssize_t got;

	while (bytes > 0) {
		got = read(source, fw_buffer,
			(size_t)bytes < sizeof(fw_buffer) ? (size_t)bytes : sizeof(fw_buffer));
		if (got <= 0)
			fw_fail("read from a pipe");
		bytes -= got;
	}
}

/* One splice out of the socket; what it returned is emptied from the pipe. 0: the peer's FIN. */
static ssize_t splice_once(int descriptor, const int ends[2], size_t bytes)
{
	ssize_t got = fw_received(splice(descriptor, NULL, ends[1], NULL, bytes, 0));

	if (got < 0)
		fw_fail("splice out of a socket");
	drain(ends[0], got);
	return got;
}

static void bulk_client(int descriptor, struct fw_pair *pair)
{
	fw_send_all(descriptor, 300007);
	finish(descriptor);
}

static void splice_server(int descriptor, struct fw_pair *pair)
{
	int ends[2];

	open_pipe(ends);
	while (splice_once(descriptor, ends, 7001) > 0)
		;
	fw_send_all(descriptor, 77); /* a send after the FIN was spliced */
}

void fw_run_splice_from_tcp(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, splice_server, bulk_client);
}

/* splice, recv, a peek and read by turns on one socket. */
static void mixed_server(int descriptor, struct fw_pair *pair)
{
	int ends[2];
	ssize_t got;

	open_pipe(ends);
	do {
		got = splice_once(descriptor, ends, 3333);
		if (recv(descriptor, fw_buffer, 500, MSG_PEEK) < 0)
			fw_fail("recv with MSG_PEEK");
		if (got > 0)
			got = fw_received(recv(descriptor, fw_buffer, 4444, 0));
		if (got > 0)
			got = splice_once(descriptor, ends, 100);
		if (got > 0)
			got = fw_received(read(descriptor, fw_buffer, 55));
	} while (got > 0);
}

void fw_run_splice_from_tcp_mixed(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, mixed_server, bulk_client);
}

/* The peeked bytes are spliced afterwards. */
static void peek_server(int descriptor, struct fw_pair *pair)
{
	int ends[2];

	open_pipe(ends);
	do {
		if (recv(descriptor, fw_buffer, 9000, MSG_PEEK) < 0)
			fw_fail("recv with MSG_PEEK");
	} while (splice_once(descriptor, ends, 9000) > 0);
}

void fw_run_splice_from_tcp_peek(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, peek_server, bulk_client);
}

struct splicer {
	int descriptor;
};

static void *splice_thread(void *argument)
{
	struct splicer *splicer = argument;
	int ends[2];

	open_pipe(ends);
	while (splice_once(splicer->descriptor, ends, 6007) > 0)
		;
	return NULL;
}

/* Another thread than the one that accepted and read the first bytes. */
static void thread_server(int descriptor, struct fw_pair *pair)
{
	struct splicer splicer = { descriptor };
	pthread_t thread;

	fw_receive_exact(descriptor, 1000);
	if (pthread_create(&thread, NULL, splice_thread, &splicer) != 0)
		fw_fail("pthread_create");
	pthread_join(thread, NULL);
}

void fw_run_splice_from_tcp_thread(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, thread_server, bulk_client);
}

/* Urgent data in the middle: splice passes over the urgent byte, which nobody reads. */
static void oob_client(int descriptor, struct fw_pair *pair)
{
	fw_send_all(descriptor, 2000);
	if (fw_sent(send(descriptor, "xyz!", 4, MSG_OOB)) != 4)
		fw_fail("send with MSG_OOB");
	fw_send_all(descriptor, 2000);
	finish(descriptor);
}

static void oob_server(int descriptor, struct fw_pair *pair)
{
	struct pollfd poller = { .fd = descriptor, .events = POLLPRI };
	int ends[2];
	size_t left = 2003;
	ssize_t got;

	open_pipe(ends);
	if (poll(&poller, 1, -1) != 1)
		fw_fail("poll for urgent data");
	while (left > 0) {
		got = splice_once(descriptor, ends, left);
		if (got <= 0)
			fw_skip("splice ends before urgent data here");
		left -= (size_t)got;
	}
	fw_receive_end(descriptor); /* recv steps over the mark, splice would stay before it */
}

void fw_run_splice_from_tcp_oob(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, oob_server, oob_client);
}

/* socket -> pipe -> socket, as a proxy does: the server splices everything back. */
static void proxy_server(int descriptor, struct fw_pair *pair)
{
	int ends[2];
	ssize_t got;

	open_pipe(ends);
	for (;;) {
		got = fw_received(splice(descriptor, NULL, ends[1], NULL, 20000, SPLICE_F_MOVE));
		if (got < 0)
			fw_fail("splice out of a socket");
		if (got == 0)
			break;
		pipe_to_socket(ends[0], descriptor, (size_t)got, 0);
	}
}

static void proxy_client(int descriptor, struct fw_pair *pair)
{
	int i;

	for (i = 0; i < 10; i++) {
		fw_send_all(descriptor, 20011);
		fw_receive_exact(descriptor, 20011);
	}
}

void fw_run_splice_proxy(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, proxy_server, proxy_client);
}

static void datagram_client(int descriptor, struct fw_pair *pair)
{
	int i;

	for (i = 0; i < 10; i++) {
		fw_send_all(descriptor, 1201);
		fw_receive_exact(descriptor, 9);
	}
}

static void from_udp_server(int descriptor, struct fw_pair *pair)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	int i, ends[2];

	open_pipe(ends);
	for (i = 0; i < 10; i++) {
		if (recvfrom(descriptor, fw_buffer, 1, MSG_PEEK, (struct sockaddr *)&peer,
			    &length) != 1)
			fw_fail("recvfrom with MSG_PEEK");
		if (splice_once(descriptor, ends, 4000) != 1201)
			fw_skip("splice cannot read a datagram here");
		if (fw_sent(sendto(
			    descriptor, fw_buffer, 9, 0, (struct sockaddr *)&peer, length)) != 9)
			fw_fail("sendto");
	}
}

void fw_run_splice_from_udp(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, from_udp_server, datagram_client);
}
