// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Sends and receives by io_uring, one at a time. */
#include "rate_run.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>

#include "traffic.h"

struct fw_rate_ring {
	struct io_uring ring;
};

struct fw_rate_ring *fw_rate_ring_new(void)
{
	struct fw_rate_ring *ring = calloc(1, sizeof(*ring));
	int result;

	if (!ring)
		fw_fail("memory for io_uring");
	result = io_uring_queue_init(4, &ring->ring, 0);
	if (result < 0)
		fw_skip("no io_uring here: %s", strerror(-result));
	return ring;
}

static ssize_t transfer(struct fw_rate_ring *ring)
{
	struct io_uring_cqe *cqe;
	int result;

	do
		result = io_uring_submit_and_wait(&ring->ring, 1);
	while (result == -EINTR);
	if (result >= 0)
		result = io_uring_wait_cqe(&ring->ring, &cqe);
	if (result >= 0) {
		result = cqe->res;
		io_uring_cqe_seen(&ring->ring, cqe);
	}
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

/* Never NULL: there is one entry at a time, of four. */
ssize_t fw_rate_ring_send(struct fw_rate_ring *ring, int descriptor, const void *data, size_t bytes)
{
	io_uring_prep_send(io_uring_get_sqe(&ring->ring), descriptor, data, bytes, MSG_NOSIGNAL);
	return transfer(ring);
}

ssize_t fw_rate_ring_receive(struct fw_rate_ring *ring, int descriptor, void *data, size_t bytes)
{
	io_uring_prep_recv(io_uring_get_sqe(&ring->ring), descriptor, data, bytes, 0);
	return transfer(ring);
}
