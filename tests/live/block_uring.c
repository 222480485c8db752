// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* io_uring: inline, by worker threads, by the kernel's polling thread, through a fixed file, and a
 * receive armed before the block.
 */
#include "block.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "traffic.h"

struct ring {
	struct io_uring ring;
	unsigned int sqe_flags;
	int descriptor; /* or the index of a fixed file */
	bool armed;
	char data[1 << 12]; /* where an armed receive puts it */
};

static struct ring *ring_new(
	struct fw_block_channel *channel, unsigned int setup, unsigned int sqe_flags)
{
	/* The kernel's polling thread spins no longer than this without work, in ms. */
	struct io_uring_params parameters = { .flags = setup, .sq_thread_idle = 10 };
	struct ring *ring = calloc(1, sizeof(*ring));
	int result;

	if (!ring)
		fw_fail("memory for io_uring");
	result = io_uring_queue_init_params(4, &ring->ring, &parameters);
	if (result < 0)
		fw_skip("no io_uring here: %s", strerror(-result));
	ring->sqe_flags = sqe_flags;
	ring->descriptor = channel->descriptor;
	channel->state = ring;
	return ring;
}

static void open_inline(struct fw_block_channel *channel)
{
	ring_new(channel, 0, 0);
}

/* Not a call of the subject's: a thread of the kernel's sends and receives. */
static void open_sqpoll(struct fw_block_channel *channel)
{
	ring_new(channel, IORING_SETUP_SQPOLL, 0);
}

static void open_async(struct fw_block_channel *channel)
{
	ring_new(channel, 0, IOSQE_ASYNC);
}

/* A receive that is to wait needs a socket that waits. */
static void open_armed(struct fw_block_channel *channel)
{
	ring_new(channel, 0, 0);
	if (fcntl(channel->descriptor, F_SETFL, O_RDWR) < 0)
		fw_fail("making a socket blocking");
}

/* Only the ring holds the socket from here on. */
static void open_fixed(struct fw_block_channel *channel)
{
	struct ring *ring = ring_new(channel, 0, IOSQE_FIXED_FILE);
	int result = io_uring_register_files(&ring->ring, &channel->descriptor, 1);

	if (result < 0)
		fw_skip("io_uring has no fixed files here: %s", strerror(-result));
	close(channel->descriptor);
	channel->descriptor = -1;
	ring->descriptor = 0;
}

static ssize_t completed(struct ring *ring, struct io_uring_cqe *cqe)
{
	int result = cqe->res;

	io_uring_cqe_seen(&ring->ring, cqe);
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

static ssize_t finish(struct ring *ring, struct io_uring_sqe *sqe)
{
	struct io_uring_cqe *cqe;
	int result;

	io_uring_sqe_set_flags(sqe, ring->sqe_flags);
	result = io_uring_submit(&ring->ring);
	if (result >= 0)
		result = io_uring_wait_cqe(&ring->ring, &cqe);
	if (result < 0) {
		errno = -result;
		return -1;
	}
	return completed(ring, cqe);
}

static ssize_t ring_send(struct fw_block_channel *channel, const char *data, size_t bytes)
{
	struct ring *ring = channel->state;
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->ring);

	io_uring_prep_send(sqe, ring->descriptor, data, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
	return finish(ring, sqe);
}

static ssize_t receive(struct ring *ring, char *data, size_t size, int flags)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->ring);

	io_uring_prep_recv(sqe, ring->descriptor, data, size, flags);
	return finish(ring, sqe);
}

static ssize_t ring_receive(struct fw_block_channel *channel, char *data, size_t size)
{
	return receive(channel->state, data, size, MSG_DONTWAIT);
}

/* Of a connection that was cut too, so that what had arrived before is not taken for what came
 * after. */
static ssize_t fixed_queued(struct fw_block_channel *channel)
{
	static char data[1 << 20];

	return receive(channel->state, data, sizeof(data), MSG_DONTWAIT | MSG_PEEK);
}

static ssize_t plain_send(struct fw_block_channel *channel, const char *data, size_t bytes)
{
	return fw_block_plain.send(channel, data, bytes);
}

/* There is always one receive under way, so one was submitted before the block. */
static ssize_t armed_receive(struct fw_block_channel *channel, char *data, size_t size)
{
	struct ring *ring = channel->state;
	struct io_uring_cqe *cqe;
	ssize_t got = -1;

	errno = EAGAIN;
	io_uring_get_events(&ring->ring);
	if (ring->armed) {
		if (io_uring_peek_cqe(&ring->ring, &cqe) != 0) {
			errno = EAGAIN;
			return -1;
		}
		ring->armed = false;
		got = completed(ring, cqe);
		if (got > 0)
			memcpy(data, ring->data, (size_t)got < size ? (size_t)got : size);
		if (got <= 0)
			return got;
	}
	io_uring_prep_recv(
		io_uring_get_sqe(&ring->ring), ring->descriptor, ring->data, sizeof(ring->data), 0);
	ring->armed = io_uring_submit(&ring->ring) == 1;
	if (got < 0)
		errno = EAGAIN;
	return got;
}

/* Bytes that the armed receive has taken from the socket, and nobody has looked at. */
static ssize_t armed_bytes(struct ring *ring)
{
	struct io_uring_cqe *cqe;

	io_uring_get_events(&ring->ring);
	if (!ring->armed || io_uring_peek_cqe(&ring->ring, &cqe) != 0 || cqe->res < 0)
		return 0;
	return cqe->res;
}

/* Any call may move what has arrived from the socket to the ring. */
static ssize_t armed_queued(struct fw_block_channel *channel)
{
	ssize_t taken;
	int bytes;

	do {
		taken = armed_bytes(channel->state);
		bytes = 0;
		ioctl(channel->descriptor, SIOCINQ, &bytes);
	} while (taken != armed_bytes(channel->state));
	return taken + bytes;
}

const struct fw_block_method fw_block_uring = { "uring_send", "uring_recv", ring_send, ring_receive,
	open_inline };
const struct fw_block_method fw_block_uring_async = { "uring_send", "uring_recv", ring_send,
	ring_receive, open_async };
const struct fw_block_method fw_block_uring_sqpoll = { "uring_send", "uring_recv", ring_send,
	ring_receive, open_sqpoll };
const struct fw_block_method fw_block_uring_fixed = { "uring_send", "uring_recv", ring_send,
	ring_receive, open_fixed, fixed_queued };
const struct fw_block_method fw_block_uring_armed = { "send", "uring_recv", plain_send,
	armed_receive, open_armed, armed_queued };
