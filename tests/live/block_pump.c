// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Everything a side's channels can do, tried over and over without ever waiting. */
#include "block.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "traffic.h"

#define STREAM_BYTES 1000u
#define FILL_BYTES 8192u
#define RECEIVES_MAX 64
#define TICK_US 2000
#define FILL_TRIES 20
#define FILL_DATAGRAMS 50

static bool is_stream(const struct fw_block_side *side)
{
	return side->scenario->flags & FW_BLOCK_STREAM;
}

static enum fw_block_cut cut_of(int error)
{
	return error == ECONNRESET || error == EPIPE ? FW_BLOCK_CUT_RESET : FW_BLOCK_CUT_ERROR;
}

static void receive_ended(struct fw_block_side *side, struct fw_block_channel *channel, ssize_t got)
{
	int error = errno;

	if (got == 0 && is_stream(side)) {
		fw_block_cut_add(side, channel, FW_BLOCK_CUT_FIN);
		channel->read_ended = true;
	}
	if (got >= 0 || error == EAGAIN || error == EINTR)
		return;
	fw_block_error_add(side, channel->method->receive_name, error);
	if (!is_stream(side))
		return;
	fw_block_cut_add(side, channel, cut_of(error));
	channel->read_ended = true;
}

static void receive_all(struct fw_block_side *side, struct fw_block_channel *channel)
{
	static __thread char data[1 << 14];
	ssize_t got = 1;
	int i;

	for (i = 0; i < RECEIVES_MAX && got > 0 && !channel->read_ended; i++) {
		got = channel->method->receive(channel, data, sizeof(data));
		if (got > 0)
			fw_block_count(side, channel, data, (size_t)got);
		else
			receive_ended(side, channel, got);
	}
}

static bool send_one(struct fw_block_side *side, struct fw_block_channel *channel, size_t bytes)
{
	char data[FILL_BYTES];
	ssize_t got;

	if (channel->write_ended)
		return false;
	if (!channel->to.ss_family && side->run->known[side->who ^ 1])
		channel->to = side->run->address[side->who ^ 1];
	bytes = fw_block_stamp(side, data, bytes);
	got = channel->method->send(channel, data, bytes);
	if (got > 0) {
		if (side->after)
			side->run->counts[side->who].accepted += (uint64_t)got;
		return true;
	}
	if (errno == EAGAIN || errno == EINTR)
		return false;
	fw_block_error_add(side, channel->method->send_name, errno);
	if (is_stream(side)) {
		fw_block_cut_add(side, channel, cut_of(errno));
		channel->write_ended = true;
	}
	return false;
}

static void remove_ended(struct fw_block_side *side)
{
	unsigned int i;

	for (i = 0; i < side->count; i++)
		if (side->channels[i].read_ended && side->channels[i].write_ended &&
			!side->channels[i].existing)
			fw_block_channel_remove(side, i--);
}

/* What exists before the block is not opened again after it: another scenario does that. */
static bool may_open(const struct fw_block_side *side)
{
	bool before = side->scenario->flags & FW_BLOCK_EXISTING;

	if (side->control >= 0 && !side->helper)
		return false;
	return side->count == 0 && side->scenario->open[side->who] && before != side->after;
}

void fw_block_tick(struct fw_block_side *side, bool sends, bool receives)
{
	bool echoed = (side->scenario->flags & FW_BLOCK_ECHO) && side->who == FW_BLOCK_PEER;
	unsigned int i;

	if (side->control >= 0 && !side->helper && side->count == 0)
		fw_block_receive_passed(side);
	if (may_open(side))
		side->scenario->open[side->who](side);
	fw_block_accept(side);
	for (i = 0; i < side->count; i++) {
		if (receives)
			receive_all(side, &side->channels[i]);
		if (sends && !echoed)
			send_one(side, &side->channels[i], STREAM_BYTES);
	}
	remove_ended(side);
	usleep(TICK_US);
}

/* The buffers of both ends are full when nothing is taken for a while. */
void fw_block_fill(struct fw_block_side *side)
{
	int i, datagrams = 0, tries = 0;

	if (side->count == 0)
		return;
	while (tries < FILL_TRIES) {
		for (i = 0; i < 16 && send_one(side, &side->channels[0], FILL_BYTES); i++)
			tries = 0;
		datagrams += i;
		if (!is_stream(side) && datagrams > FILL_DATAGRAMS)
			return;
		tries++;
		usleep(TICK_US);
	}
}

/* What of the old stamp lies here has arrived; what comes behind it has not. */
void fw_block_mark_queue(struct fw_block_side *side, struct fw_block_channel *channel)
{
	int bytes = 0;

	if (is_stream(side) && channel->method->queued)
		bytes = (int)channel->method->queued(channel);
	else if (is_stream(side) && channel->descriptor >= 0)
		ioctl(channel->descriptor, SIOCINQ, &bytes);
	channel->queue_left = bytes > 0 ? (uint64_t)bytes : 0;
}

static void *wait_in_receive(void *argument)
{
	struct fw_block_side *side = argument;
	struct fw_block_channel *channel = &side->channels[0];
	static char data[1 << 12];
	ssize_t got;

	while (!channel->read_ended) {
		got = recv(channel->descriptor, data, sizeof(data), 0);
		if (got > 0)
			fw_block_count(side, channel, data, (size_t)got);
		else
			receive_ended(side, channel, got);
		if (got < 0 && !is_stream(side))
			usleep(TICK_US);
	}
	return NULL;
}

void fw_block_wait_start(struct fw_block_side *side)
{
	pthread_t thread;

	if (side->count == 0)
		return;
	if (fcntl(side->channels[0].descriptor, F_SETFL, O_RDWR) < 0)
		fw_fail("making a socket blocking");
	errno = pthread_create(&thread, NULL, wait_in_receive, side);
	if (errno)
		fw_fail("pthread_create");
	pthread_detach(thread);
}

/* Not on channels that are opened later: their queue is marked as they come. */
static void mark_queues(struct fw_block_side *side)
{
	unsigned int i;

	side->after = true;
	for (i = 0; i < side->count; i++)
		fw_block_mark_queue(side, &side->channels[i]);
}

void fw_block_after(struct fw_block_side *side)
{
	bool reads = !(side->scenario->flags & FW_BLOCK_WAITING) || side->who == FW_BLOCK_PEER;

	mark_queues(side);
	while (side->run->phase < FW_BLOCK_PHASE_DONE)
		fw_block_tick(side, true, reads);
	fw_block_tick(side, false, reads);
}
