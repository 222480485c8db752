// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Ping sockets, raw ICMP, UDP written by hand on a raw socket, an unassigned protocol. */
#include "block.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

#include "traffic.h"

#define UNASSIGNED_PROTOCOL 253 /* RFC 3692: for experiments */
#define HEADER_BYTES 8u		/* of ICMP, ICMPv6 and UDP */

/* RFC 1071 */
uint32_t fw_block_sum(const void *data, size_t bytes, uint32_t sum)
{
	const uint8_t *octets = data;
	size_t i;

	for (i = 0; i < bytes; i++)
		sum += i % 2 ? octets[i] : (uint32_t)octets[i] << 8;
	return sum;
}

uint16_t fw_block_checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	return htons((uint16_t)(sum ? sum : 0xffff));
}

/* A header in front of a message; what is returned counts the message alone. */
static ssize_t send_behind(
	struct fw_block_channel *channel, const void *header, const char *data, size_t bytes)
{
	struct sockaddr_storage to = channel->to;
	char packet[HEADER_BYTES + FW_BLOCK_MESSAGE_BYTES];
	ssize_t got;

	if (!to.ss_family) {
		errno = EAGAIN;
		return -1;
	}
	if (bytes > FW_BLOCK_MESSAGE_BYTES)
		bytes = FW_BLOCK_MESSAGE_BYTES;
	((struct sockaddr_in *)&to)->sin_port = 0; /* at the same place in sockaddr_in6 */
	memcpy(packet, header, HEADER_BYTES);
	memcpy(packet + HEADER_BYTES, data, bytes);
	got = sendto(channel->descriptor, packet, HEADER_BYTES + bytes, MSG_DONTWAIT,
		(struct sockaddr *)&to, fw_block_address_length(&to));
	return got > (ssize_t)HEADER_BYTES ? got - (ssize_t)HEADER_BYTES : got;
}

/* A ping socket's identifier is filled in by the kernel. */
static ssize_t icmp4_send(struct fw_block_channel *channel, const char *data, size_t bytes)
{
	struct icmphdr header = { .type = ICMP_ECHO };
	uint32_t sum = fw_block_sum(&header, sizeof(header), 0);

	header.checksum = fw_block_checksum(fw_block_sum(data, bytes, sum));
	return send_behind(channel, &header, data, bytes);
}

/* The kernel fills in the checksum. */
static ssize_t icmp6_send(struct fw_block_channel *channel, const char *data, size_t bytes)
{
	struct icmp6_hdr header = { .icmp6_type = ICMP6_ECHO_REQUEST };

	return send_behind(channel, &header, data, bytes);
}

static ssize_t udp_send(struct fw_block_channel *channel, const char *data, size_t bytes)
{
	/* The port lies at the same place in sockaddr_in6. */
	struct udphdr header = { .dest = ((struct sockaddr_in *)&channel->to)->sin_port,
		.source = htons(9),
		.len = htons((uint16_t)(sizeof(header) + bytes)) };

	return send_behind(channel, &header, data, bytes);
}

static ssize_t receive(struct fw_block_channel *channel, char *data, size_t size)
{
	return fw_block_to.receive(channel, data, size);
}

const struct fw_block_method fw_block_icmp4 = { "sendto", "recvfrom", icmp4_send, receive, NULL };
const struct fw_block_method fw_block_icmp6 = { "sendto", "recvfrom", icmp6_send, receive, NULL };
const struct fw_block_method fw_block_raw_udp = { "sendto", "recvfrom", udp_send, receive, NULL };

/* Tells the other side where packets for this one go to. */
static void publish(struct fw_block_side *side, uint16_t port)
{
	struct sockaddr_storage address;
	socklen_t length;

	fw_block_own_address(side, &address, &length);
	((struct sockaddr_in *)&address)->sin_port = htons(port);
	side->run->address[side->who] = address;
	side->run->known[side->who] = true;
}

static int open_raw(
	struct fw_block_side *side, int type, int protocol, const struct fw_block_method *method)
{
	int descriptor = socket(side->scenario->family, type | SOCK_CLOEXEC, protocol);

	if (descriptor >= 0) {
		fw_block_channel_new(side, descriptor, method);
		return descriptor;
	}
	if (!side->after && type == SOCK_DGRAM)
		fw_skip("no ping socket here (%s): set net.ipv4.ping_group_range", strerror(errno));
	if (!side->after)
		fw_skip("no raw socket here: %s", strerror(errno));
	fw_block_error_add(side, "socket", errno);
	return -1;
}

static int icmp_protocol(const struct fw_block_side *side)
{
	return side->scenario->family == AF_INET ? IPPROTO_ICMP : (int)IPPROTO_ICMPV6;
}

void fw_block_ping(struct fw_block_side *side)
{
	open_raw(side, SOCK_DGRAM, icmp_protocol(side), side->scenario->method);
}

void fw_block_raw_icmp(struct fw_block_side *side)
{
	publish(side, 0);
	open_raw(side, SOCK_RAW, icmp_protocol(side), side->scenario->method);
}

void fw_block_raw(struct fw_block_side *side)
{
	publish(side, 0);
	open_raw(side, SOCK_RAW, UNASSIGNED_PROTOCOL, &fw_block_to);
}

/* No UDP socket has this port: what comes for it, only raw sockets get. */
void fw_block_raw_udp_open(struct fw_block_side *side)
{
	int offset = 6, descriptor = open_raw(side, SOCK_RAW, IPPROTO_UDP, side->scenario->method);

	if (descriptor < 0)
		return;
	publish(side, (uint16_t)(20000 + side->run->nonce % 10000));
	if (side->scenario->family == AF_INET6)
		fw_set_int(descriptor, IPPROTO_IPV6, IPV6_CHECKSUM, offset);
}
