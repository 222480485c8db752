// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The same transfers through io_uring: inline, by worker threads, by the kernel's polling thread.
 */
#include "traffic.h"

#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define CHUNK 20011u

enum uring_operation { OP_SEND, OP_RECEIVE, OP_WRITE, OP_READ, OP_SENDMSG, OP_RECVMSG, OP_PEEK };

struct uring {
	struct io_uring ring;
	unsigned int sqe_flags;
};

static void uring_open(struct uring *uring, unsigned int setup, unsigned int sqe_flags)
{
	int result = io_uring_queue_init(16, &uring->ring, setup);

	if (result < 0)
		fw_skip("no io_uring of this kind here: %s", strerror(-result));
	uring->sqe_flags = sqe_flags;
}

static struct io_uring_sqe *get_sqe(struct uring *uring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);

	if (!sqe) {
		errno = ENOSPC;
		fw_fail("io_uring_get_sqe");
	}
	return sqe;
}

/* The result of the next completion; its flags go to *flags. */
static int await_result(struct uring *uring, unsigned int *flags)
{
	struct io_uring_cqe *cqe;
	int result = io_uring_submit_and_wait(&uring->ring, 1);

	if (result >= 0)
		result = io_uring_wait_cqe(&uring->ring, &cqe);
	if (result < 0) {
		errno = -result;
		fw_fail("waiting for io_uring");
	}
	result = cqe->res;
	*flags = cqe->flags;
	io_uring_cqe_seen(&uring->ring, cqe);
	return result;
}

static int check_result(int result, const char *what)
{
	if (result == -EINVAL || result == -EOPNOTSUPP)
		fw_skip("io_uring has no %s here", what);
	if (result < 0) {
		errno = -result;
		fw_fail(what);
	}
	return result;
}

static void prepare(struct io_uring_sqe *sqe, enum uring_operation operation, int descriptor,
	size_t bytes, struct msghdr *message)
{
	message->msg_iov->iov_len = bytes;
	switch (operation) {
	case OP_SEND:
		io_uring_prep_send(sqe, descriptor, fw_buffer, bytes, 0);
		break;
	case OP_RECEIVE:
		io_uring_prep_recv(sqe, descriptor, fw_buffer, bytes, 0);
		break;
	case OP_PEEK:
		io_uring_prep_recv(sqe, descriptor, fw_buffer, bytes, MSG_PEEK);
		break;
	case OP_WRITE:
		io_uring_prep_write(sqe, descriptor, fw_buffer, (unsigned int)bytes, 0);
		break;
	case OP_READ:
		io_uring_prep_read(sqe, descriptor, fw_buffer, (unsigned int)bytes, 0);
		break;
	case OP_SENDMSG:
		io_uring_prep_sendmsg(sqe, descriptor, message, 0);
		break;
	case OP_RECVMSG:
		io_uring_prep_recvmsg(sqe, descriptor, message, 0);
		break;
	}
}

static int transfer(
	struct uring *uring, enum uring_operation operation, int descriptor, size_t bytes)
{
	struct io_uring_sqe *sqe = get_sqe(uring);
	struct iovec part = { fw_buffer, bytes };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	unsigned int flags;

	prepare(sqe, operation, descriptor, bytes, &message);
	io_uring_sqe_set_flags(sqe, uring->sqe_flags);
	return check_result(await_result(uring, &flags), "transfer");
}

static void send_all(
	struct uring *uring, enum uring_operation operation, int descriptor, size_t bytes)
{
	while (bytes > 0)
		bytes -= (size_t)fw_sent(
			transfer(uring, operation, descriptor, bytes < CHUNK ? bytes : CHUNK));
}

static void receive_exact(
	struct uring *uring, enum uring_operation operation, int descriptor, size_t bytes)
{
	ssize_t got;

	while (bytes > 0) {
		got = fw_received(
			transfer(uring, operation, descriptor, bytes < CHUNK ? bytes : CHUNK));
		if (got == 0) {
			errno = EPIPE;
			fw_fail("receive by io_uring");
		}
		bytes -= (size_t)got;
	}
}

/* How the ends of a run use io_uring; set before they are started. */
static struct {
	unsigned int setup, sqe_flags;
	enum uring_operation send, receive;
	bool peeks;
} style;

static void stream_server(int descriptor, struct fw_pair *pair)
{
	struct uring uring;

	uring_open(&uring, style.setup, style.sqe_flags);
	if (style.peeks)
		transfer(&uring, OP_PEEK, descriptor, 5000);
	receive_exact(&uring, style.receive, descriptor, 300007);
	send_all(&uring, style.send, descriptor, 50021);
	io_uring_queue_exit(&uring.ring);
}

static void stream_client(int descriptor, struct fw_pair *pair)
{
	struct uring uring;

	uring_open(&uring, style.setup, style.sqe_flags);
	send_all(&uring, style.send, descriptor, 300007);
	receive_exact(&uring, style.receive, descriptor, 50021);
	io_uring_queue_exit(&uring.ring);
}

static void run_stream(
	const struct fw_scenario *scenario, unsigned int setup, unsigned int sqe_flags)
{
	style.setup = setup;
	style.sqe_flags = sqe_flags;
	fw_tcp_run(scenario, stream_server, stream_client);
}

void fw_run_uring_tcp(const struct fw_scenario *scenario)
{
	style.send = OP_SEND;
	style.receive = OP_RECEIVE;
	run_stream(scenario, 0, 0);
}

void fw_run_uring_async(const struct fw_scenario *scenario)
{
	style.send = OP_SEND;
	style.receive = OP_RECEIVE;
	run_stream(scenario, 0, IOSQE_ASYNC);
}

void fw_run_uring_sqpoll(const struct fw_scenario *scenario)
{
	style.send = OP_SENDMSG;
	style.receive = OP_RECVMSG;
	run_stream(scenario, IORING_SETUP_SQPOLL, 0);
}

void fw_run_uring_rw(const struct fw_scenario *scenario)
{
	style.send = OP_WRITE;
	style.receive = OP_READ;
	run_stream(scenario, 0, 0);
}

void fw_run_uring_peek(const struct fw_scenario *scenario)
{
	style.send = OP_SEND;
	style.receive = OP_RECEIVE;
	style.peeks = true;
	run_stream(scenario, 0, 0);
}

static void udp_server(int descriptor, struct fw_pair *pair)
{
	struct uring uring;
	int i;

	uring_open(&uring, 0, 0);
	for (i = 0; i < 20; i++)
		if (fw_received(transfer(
			    &uring, i % 2 ? OP_RECEIVE : OP_RECVMSG, descriptor, 3000)) != 1301)
			fw_fail("receive of a datagram by io_uring");
}

static void udp_client(int descriptor, struct fw_pair *pair)
{
	struct uring uring;
	int i;

	uring_open(&uring, 0, 0);
	for (i = 0; i < 20; i++)
		fw_sent(transfer(&uring, i % 2 ? OP_SEND : OP_SENDMSG, descriptor, 1301));
}

void fw_run_uring_udp(const struct fw_scenario *scenario)
{
	fw_udp_run(scenario, udp_server, udp_client);
}

/* A zero-copy send completes twice: the result, then the release of the pages. */
static void zero_copy_client(int descriptor, struct fw_pair *pair)
{
	struct uring uring;
	unsigned int flags, release;
	size_t left = 300007, bytes;
	int result;

	uring_open(&uring, 0, 0);
	while (left > 0) {
		bytes = left < CHUNK ? left : CHUNK;
		io_uring_prep_send_zc(get_sqe(&uring), descriptor, fw_buffer, bytes, 0, 0);
		result = check_result(await_result(&uring, &flags), "zero-copy send");
		left -= (size_t)fw_sent(result);
		if (flags & IORING_CQE_F_MORE)
			await_result(&uring, &release);
	}
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

static void end_server(int descriptor, struct fw_pair *pair)
{
	fw_receive_end(descriptor);
}

void fw_run_uring_send_zc(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, end_server, zero_copy_client);
}

static int splice_by_ring(struct uring *uring, int from, int to, unsigned int bytes)
{
	struct io_uring_sqe *sqe = get_sqe(uring);
	unsigned int flags;

	io_uring_prep_splice(sqe, from, -1, to, -1, bytes, 0);
	return check_result(await_result(uring, &flags), "splice");
}

static void splice_client(int descriptor, struct fw_pair *pair)
{
	struct uring uring;
	int i, ends[2];

	uring_open(&uring, 0, 0);
	if (pipe(ends) < 0)
		fw_fail("pipe");
	for (i = 0; i < 20; i++) {
		if (write(ends[1], fw_buffer, 9001) != 9001)
			fw_fail("write to a pipe");
		if (fw_sent(splice_by_ring(&uring, ends[0], descriptor, 9001)) != 9001)
			fw_fail("splice by io_uring into a socket");
	}
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

static void splice_server(int descriptor, struct fw_pair *pair)
{
	struct uring uring;
	int ends[2];
	ssize_t got;

	uring_open(&uring, 0, 0);
	if (pipe(ends) < 0)
		fw_fail("pipe");
	do {
		got = fw_received(splice_by_ring(&uring, descriptor, ends[1], 4001));
		if (got > 0 && read(ends[0], fw_buffer, sizeof(fw_buffer)) != got)
			fw_fail("read from a pipe");
	} while (got > 0);
}

void fw_run_uring_splice(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, splice_server, splice_client);
}

#define GROUP 7
#define BUFFERS 8
#define BUFFER_BYTES 4096

static void provide(struct uring *uring, void *address, int count, int first)
{
	unsigned int flags;

	io_uring_prep_provide_buffers(get_sqe(uring), address, BUFFER_BYTES, count, GROUP, first);
	check_result(await_result(uring, &flags), "provided buffers");
}

static void start_multishot(struct uring *uring, int descriptor)
{
	struct io_uring_sqe *sqe = get_sqe(uring);

	io_uring_prep_recv_multishot(sqe, descriptor, NULL, 0, 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = GROUP;
}

/* One request, many completions; it is started again, with fresh buffers, whenever they run out. */
static void multishot_server(int descriptor, struct fw_pair *pair)
{
	static char buffers[BUFFERS][BUFFER_BYTES];
	struct uring uring;
	unsigned int flags;
	int result;

	uring_open(&uring, 0, 0);
	do {
		provide(&uring, buffers, BUFFERS, 0);
		start_multishot(&uring, descriptor);
		do {
			result = await_result(&uring, &flags);
			if (result != -ENOBUFS)
				fw_received(check_result(result, "multishot receive"));
		} while (flags & IORING_CQE_F_MORE);
	} while (result != 0);
}

static void bulk_client(int descriptor, struct fw_pair *pair)
{
	fw_send_all(descriptor, 300007);
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

void fw_run_uring_multishot(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, multishot_server, bulk_client);
}

/* Registered file and buffer, and a chain of two linked sends. */
static void fixed_client(int descriptor, struct fw_pair *pair)
{
	struct iovec part = { fw_buffer, sizeof(fw_buffer) };
	struct io_uring_sqe *sqe;
	struct uring uring;
	unsigned int flags;
	int i;

	uring_open(&uring, 0, 0);
	if (io_uring_register_files(&uring.ring, &descriptor, 1) < 0 ||
		io_uring_register_buffers(&uring.ring, &part, 1) < 0)
		fw_skip("io_uring cannot register files or buffers here");
	for (i = 0; i < 20; i++) {
		sqe = get_sqe(&uring);
		io_uring_prep_write_fixed(sqe, 0, fw_buffer, 3001, 0, 0);
		sqe->flags |= IOSQE_FIXED_FILE | IOSQE_IO_LINK;
		sqe = get_sqe(&uring);
		io_uring_prep_send(sqe, 0, fw_buffer, 1009, 0);
		sqe->flags |= IOSQE_FIXED_FILE;
		fw_sent(check_result(await_result(&uring, &flags), "write of a fixed buffer"));
		fw_sent(check_result(await_result(&uring, &flags), "linked send"));
	}
	shutdown(descriptor, SHUT_WR);
	fw_receive_end(descriptor);
}

void fw_run_uring_fixed(const struct fw_scenario *scenario)
{
	fw_tcp_run(scenario, end_server, fixed_client);
}
