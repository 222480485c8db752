// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Opening TCP, MPTCP and UDP sockets. What the block refuses is recorded and may be tried again. */
#include "block.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "traffic.h"

#define CONNECT_TIMEOUT_US 100000
/* Small ones, so that a queue is filled with little. */
#define QUEUE_BYTES (64 << 10)

socklen_t fw_block_address_length(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					     : sizeof(struct sockaddr_in6);
}

void fw_block_own_address(
	const struct fw_block_side *side, struct sockaddr_storage *address, socklen_t *length)
{
	const char *text = side->run->settings.address[side->who];
	int family = side->scenario->family;
	void *place = &((struct sockaddr_in *)address)->sin_addr;

	fw_loopback(family, 0, address, length);
	if (!text[0])
		return;
	if (family == AF_INET6)
		place = &((struct sockaddr_in6 *)address)->sin6_addr;
	if (inet_pton(family, text, place) != 1)
		fw_skip("the scenario's address family is not that of %s", text);
}

struct fw_block_channel *fw_block_channel_new(
	struct fw_block_side *side, int descriptor, const struct fw_block_method *method)
{
	struct fw_block_channel *channel = &side->channels[side->count];

	if (side->count == FW_BLOCK_CHANNELS_MAX) {
		close(descriptor);
		return NULL;
	}
	memset(channel, 0, sizeof(*channel));
	channel->descriptor = descriptor;
	channel->method = method;
	channel->existing = !side->after;
	if (fcntl(descriptor, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		fw_fail("making a socket non-blocking");
	if (method->open)
		method->open(channel);
	side->count++;
	return channel;
}

void fw_block_channel_remove(struct fw_block_side *side, unsigned int index)
{
	if (side->channels[index].descriptor >= 0)
		close(side->channels[index].descriptor);
	side->channels[index] = side->channels[--side->count];
}

/* The peer of a stream is an ordinary program, whatever the subject does. */
static const struct fw_block_method *stream_method(const struct fw_block_side *side)
{
	return side->who == FW_BLOCK_SUBJECT ? side->scenario->method : &fw_block_plain;
}

static bool is_mapped(const struct fw_block_side *side)
{
	return side->who == FW_BLOCK_SUBJECT && (side->scenario->flags & FW_BLOCK_MAPPED);
}

/* As the side's socket takes it: an IPv4 address in IPv6 form (RFC 4291 2.5.5.2), or unchanged. */
static struct sockaddr_storage socket_address(
	const struct fw_block_side *side, const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	struct sockaddr_storage mapped = { .ss_family = AF_INET6 };
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&mapped;

	if (!is_mapped(side))
		return *address;
	v6->sin6_port = v4->sin_port;
	v6->sin6_addr.s6_addr[10] = v6->sin6_addr.s6_addr[11] = 0xff;
	memcpy(&v6->sin6_addr.s6_addr[12], &v4->sin_addr, sizeof(v4->sin_addr));
	return mapped;
}

/* -1: recorded. Before the block, a kernel that lacks it ends the run. */
static int open_socket(struct fw_block_side *side, int type)
{
	int family = is_mapped(side) ? AF_INET6 : side->scenario->family;
	int descriptor = socket(family, type | SOCK_CLOEXEC, side->scenario->protocol);

	if (descriptor < 0 && !side->after)
		fw_skip("no socket of family %d, type %d, protocol %d here: %s",
			side->scenario->family, type, side->scenario->protocol, strerror(errno));
	if (descriptor < 0)
		fw_block_error_add(side, "socket", errno);
	return descriptor;
}

static void set_small(const struct fw_block_side *side, int descriptor)
{
	if (!(side->scenario->flags & (FW_BLOCK_QUEUED_UP | FW_BLOCK_QUEUED_DOWN)))
		return;
	fw_set_int(descriptor, SOL_SOCKET, SO_RCVBUF, QUEUE_BYTES);
	fw_set_int(descriptor, SOL_SOCKET, SO_SNDBUF, 4 * QUEUE_BYTES);
}

static bool bind_own(struct fw_block_side *side, int descriptor)
{
	struct sockaddr_storage address, bound;
	socklen_t length;

	fw_block_own_address(side, &address, &length);
	bound = socket_address(side, &address);
	length = fw_block_address_length(&bound);
	if (bind(descriptor, (struct sockaddr *)&bound, length) < 0) {
		if (!side->after)
			fw_skip("the address of a side cannot be bound: %s", strerror(errno));
		fw_block_error_add(side, "bind", errno);
		return false;
	}
	if (getsockname(descriptor, (struct sockaddr *)&bound, &length) < 0)
		fw_fail("getsockname");
	/* At the same place in sockaddr_in6. */
	((struct sockaddr_in *)&address)->sin_port = ((struct sockaddr_in *)&bound)->sin_port;
	side->run->address[side->who] = address;
	side->run->known[side->who] = true;
	return true;
}

static void allow_fastopen(const struct fw_block_side *side, int listener)
{
	if (!(side->scenario->flags & FW_BLOCK_FASTOPEN))
		return;
	fw_set_int(listener, IPPROTO_TCP, TCP_FASTOPEN, 16);
	fw_set_int(listener, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1);
}

void fw_block_listen(struct fw_block_side *side)
{
	int listener = open_socket(side, SOCK_STREAM);

	if (listener < 0)
		return;
	set_small(side, listener);
	allow_fastopen(side, listener);
	if (fcntl(listener, F_SETFL, O_NONBLOCK) < 0)
		fw_fail("making a socket non-blocking");
	if (!bind_own(side, listener) || listen(listener, 64) < 0) {
		fw_block_error_add(side, "listen", errno);
		close(listener);
		return;
	}
	side->listener = listener;
}

void fw_block_accept(struct fw_block_side *side)
{
	int descriptor;

	if (side->listener < 0)
		return;
	while ((descriptor = accept4(side->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		fw_block_channel_new(side, descriptor, stream_method(side));
	fw_block_error_add(side, "accept", errno);
}

static int client_socket(struct fw_block_side *side)
{
	struct timeval timeout = { 0, CONNECT_TIMEOUT_US };
	int descriptor;

	if (!side->run->known[side->who ^ 1])
		return -1;
	descriptor = open_socket(side, SOCK_STREAM);
	if (descriptor < 0)
		return -1;
	set_small(side, descriptor);
	/* Holds for connect() too: it gives up with EINPROGRESS when nobody answers. */
	setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	return descriptor;
}

void fw_block_connect(struct fw_block_side *side)
{
	struct sockaddr_storage to = socket_address(side, &side->run->address[side->who ^ 1]);
	int descriptor = client_socket(side);

	if (descriptor < 0)
		return;
	if (connect(descriptor, (struct sockaddr *)&to, fw_block_address_length(&to)) < 0) {
		fw_block_error_add(side, "connect", errno == EINPROGRESS ? ETIMEDOUT : errno);
		close(descriptor);
		return;
	}
	fw_block_channel_new(side, descriptor, stream_method(side));
}

static void require_data_in_syn(int descriptor)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
		fw_fail("getsockopt TCP_INFO");
	if (info.tcpi_state == TCP_ESTABLISHED && !(info.tcpi_options & TCPI_OPT_SYN_DATA))
		fw_skip("no data in the SYN: set net.ipv4.tcp_fastopen to 3 in the peer's network "
			"namespace");
}

/* The first bytes go with the SYN, before any connection stands. */
void fw_block_fastopen(struct fw_block_side *side)
{
	const struct sockaddr_storage *to = &side->run->address[side->who ^ 1];
	int descriptor = client_socket(side);
	char data[FW_BLOCK_MESSAGE_BYTES];
	ssize_t got;

	if (descriptor < 0)
		return;
	fw_set_int(descriptor, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 1);
	fw_block_stamp(side, data, sizeof(data));
	got = sendto(descriptor, data, sizeof(data), MSG_FASTOPEN | MSG_NOSIGNAL,
		(const struct sockaddr *)to, fw_block_address_length(to));
	if (got < 0) {
		fw_block_error_add(side, "sendto", errno == EINPROGRESS ? ETIMEDOUT : errno);
		close(descriptor);
		return;
	}
	side->run->counts[side->who].accepted += (uint64_t)got;
	require_data_in_syn(descriptor);
	fw_block_channel_new(side, descriptor, stream_method(side));
}

void fw_block_udp(struct fw_block_side *side)
{
	int descriptor = open_socket(side, SOCK_DGRAM);

	if (descriptor < 0)
		return;
	if (bind_own(side, descriptor))
		fw_block_channel_new(side, descriptor,
			side->who == FW_BLOCK_SUBJECT ? side->scenario->method : &fw_block_to);
	else
		close(descriptor);
}

void fw_block_udp_connected(struct fw_block_side *side)
{
	struct sockaddr_storage to = socket_address(side, &side->run->address[side->who ^ 1]);
	int descriptor = open_socket(side, SOCK_DGRAM);

	if (descriptor < 0)
		return;
	if (!bind_own(side, descriptor)) {
		close(descriptor);
	} else if (connect(descriptor, (struct sockaddr *)&to, fw_block_address_length(&to)) < 0) {
		fw_block_error_add(side, "connect", errno);
		close(descriptor);
	} else {
		fw_block_channel_new(side, descriptor, side->scenario->method);
	}
}
