// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Ways to move payload through a socket: calls, sendfile, splice, MSG_ZEROCOPY. */
#include "block.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "traffic.h"

#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

static ssize_t plain_send(struct fw_block_channel *channel, const char *data, size_t bytes)
{
	return send(channel->descriptor, data, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static ssize_t plain_receive(struct fw_block_channel *channel, char *data, size_t size)
{
	return recv(channel->descriptor, data, size, MSG_DONTWAIT);
}

const struct fw_block_method fw_block_plain = { "send", "recv", plain_send, plain_receive, NULL };

static ssize_t to_send(struct fw_block_channel *channel, const char *data, size_t bytes)
{
	if (!channel->to.ss_family) {
		errno = EAGAIN; /* the other side is not open yet */
		return -1;
	}
	return sendto(channel->descriptor, data, bytes, MSG_DONTWAIT,
		(struct sockaddr *)&channel->to, fw_block_address_length(&channel->to));
}

static ssize_t to_receive(struct fw_block_channel *channel, char *data, size_t size)
{
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);

	return recvfrom(
		channel->descriptor, data, size, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
}

const struct fw_block_method fw_block_to = { "sendto", "recvfrom", to_send, to_receive, NULL };

static void splice_open(struct fw_block_channel *channel)
{
	channel->files[0] = memfd_create("payload", MFD_CLOEXEC);
	if (channel->files[0] < 0 || pipe2(channel->ends, O_NONBLOCK | O_CLOEXEC) < 0)
		fw_fail("memfd_create and pipe");
}

static ssize_t file_send(struct fw_block_channel *channel, const char *data, size_t bytes)
{
	off_t offset = 0;

	if (pwrite(channel->files[0], data, bytes, 0) != (ssize_t)bytes)
		fw_fail("write to a memfd");
	return sendfile(channel->descriptor, channel->files[0], &offset, bytes);
}

/* What a refused splice left in the pipe would be taken for new payload later. */
static void empty_pipe(const struct fw_block_channel *channel)
{
	while (read(channel->ends[0], fw_buffer, sizeof(fw_buffer)) > 0)
		;
}

static ssize_t splice_send(struct fw_block_channel *channel, const char *data, size_t bytes)
{
	ssize_t got;
	int error;

	if (write(channel->ends[1], data, bytes) != (ssize_t)bytes)
		fw_fail("write to a pipe");
	got = splice(channel->ends[0], NULL, channel->descriptor, NULL, bytes, SPLICE_F_NONBLOCK);
	error = errno;
	empty_pipe(channel);
	errno = error;
	return got;
}

static ssize_t splice_receive(struct fw_block_channel *channel, char *data, size_t size)
{
	ssize_t got =
		splice(channel->descriptor, NULL, channel->ends[1], NULL, size, SPLICE_F_NONBLOCK);

	if (got > 0 && read(channel->ends[0], data, size) != got)
		fw_fail("read from a pipe");
	return got;
}

const struct fw_block_method fw_block_sendfile = { "sendfile", "recv", file_send, plain_receive,
	splice_open };
const struct fw_block_method fw_block_splice = { "splice", "splice", splice_send, splice_receive,
	splice_open };

static void zerocopy_open(struct fw_block_channel *channel)
{
	int on = 1;

	if (setsockopt(channel->descriptor, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)) < 0)
		fw_skip("no SO_ZEROCOPY here: %s", strerror(errno));
}

/* The pages are the kernel's until it says so: a buffer of its own for each stamp. */
static ssize_t zerocopy_send(struct fw_block_channel *channel, const char *data, size_t bytes)
{
	static char pages[256][FW_BLOCK_MESSAGE_BYTES];
	static unsigned int next;
	struct msghdr message = { .msg_control = fw_buffer, .msg_controllen = 256 };
	char *page = pages[next++ % 256];
	struct iovec part = { page, bytes < sizeof(pages[0]) ? bytes : sizeof(pages[0]) };
	struct msghdr sent = { .msg_iov = &part, .msg_iovlen = 1 };

	while (recvmsg(channel->descriptor, &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
		message.msg_controllen = 256;
	memcpy(page, data, part.iov_len);
	return sendmsg(channel->descriptor, &sent, MSG_ZEROCOPY | MSG_DONTWAIT | MSG_NOSIGNAL);
}

const struct fw_block_method fw_block_zerocopy = { "sendmsg", "recv", zerocopy_send, plain_receive,
	zerocopy_open };
