// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* AF_PACKET: frames of an experimental type, UDP datagrams built and sniffed, a mapped ring. */
#include "block.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "traffic.h"

#define UNASSIGNED_ETHERTYPE 0x88b5 /* IEEE 802: local experiments */
#define FRAMES 128u
#define FRAME_BYTES 2048u

struct packet_state {
	struct sockaddr_ll link; /* broadcast on the side's device */
	struct sockaddr_storage own;
	char *map;
	unsigned int next;
};

static void make_ethernet(char *frame, uint16_t ethertype)
{
	struct ethhdr *header = (struct ethhdr *)frame;

	memset(header->h_dest, 0xff, sizeof(header->h_dest));
	memset(header->h_source, 0, sizeof(header->h_source));
	header->h_proto = htons(ethertype);
}

static ssize_t send_frame(
	struct fw_block_channel *channel, const char *frame, size_t header, size_t bytes)
{
	struct packet_state *state = channel->state;
	ssize_t got = sendto(channel->descriptor, frame, header + bytes, MSG_DONTWAIT,
		(struct sockaddr *)&state->link, sizeof(state->link));

	return got > (ssize_t)header ? got - (ssize_t)header : got;
}

static ssize_t frame_send(struct fw_block_channel *channel, const char *data, size_t bytes)
{
	char frame[ETH_HLEN + FW_BLOCK_MESSAGE_BYTES];

	make_ethernet(frame, UNASSIGNED_ETHERTYPE);
	memcpy(frame + ETH_HLEN, data, bytes);
	return send_frame(channel, frame, ETH_HLEN, bytes);
}

static ssize_t cooked_send(struct fw_block_channel *channel, const char *data, size_t bytes)
{
	return send_frame(channel, data, 0, bytes);
}

static ssize_t receive(struct fw_block_channel *channel, char *data, size_t size)
{
	return recv(channel->descriptor, data, size, MSG_DONTWAIT);
}

static size_t make_ip4(struct fw_block_channel *channel, char *place, size_t bytes)
{
	const struct packet_state *state = channel->state;
	struct iphdr header = { .version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.tot_len = htons((uint16_t)(sizeof(header) + bytes)),
		.saddr = ((const struct sockaddr_in *)&state->own)->sin_addr.s_addr,
		.daddr = ((const struct sockaddr_in *)&channel->to)->sin_addr.s_addr };

	header.check = fw_block_checksum(fw_block_sum(&header, sizeof(header), 0));
	memcpy(place, &header, sizeof(header));
	return sizeof(header);
}

static size_t make_ip6(struct fw_block_channel *channel, char *place, size_t bytes)
{
	const struct packet_state *state = channel->state;
	struct ip6_hdr header = { .ip6_flow = htonl(6u << 28),
		.ip6_plen = htons((uint16_t)bytes),
		.ip6_nxt = IPPROTO_UDP,
		.ip6_hops = 64,
		.ip6_src = ((const struct sockaddr_in6 *)&state->own)->sin6_addr,
		.ip6_dst = ((const struct sockaddr_in6 *)&channel->to)->sin6_addr };

	memcpy(place, &header, sizeof(header));
	return sizeof(header);
}

/* RFC 8200 8.1: both addresses, the length and the protocol are summed too. IPv4 may do without. */
static uint16_t udp6_checksum(const char *ip, const char *udp, size_t bytes)
{
	uint32_t sum = fw_block_sum(ip + offsetof(struct ip6_hdr, ip6_src), 32, 0);

	return fw_block_checksum(fw_block_sum(udp, bytes, sum + (uint32_t)bytes + IPPROTO_UDP));
}

/* A whole UDP datagram by hand, for a UDP socket of the peer. */
static ssize_t ip_send(struct fw_block_channel *channel, const char *data, size_t bytes)
{
	char frame[ETH_HLEN + sizeof(struct ip6_hdr) + sizeof(struct udphdr) +
		   FW_BLOCK_MESSAGE_BYTES];
	bool v4 = channel->to.ss_family == AF_INET;
	size_t length = sizeof(struct udphdr) + bytes, header;
	struct udphdr udp = { .source = htons(9),
		.dest = ((struct sockaddr_in *)&channel->to)->sin_port,
		.len = htons((uint16_t)length) };
	char *place;

	if (!channel->to.ss_family) {
		errno = EAGAIN;
		return -1;
	}
	make_ethernet(frame, v4 ? ETH_P_IP : ETH_P_IPV6);
	header = (v4 ? make_ip4 : make_ip6)(channel, frame + ETH_HLEN, length);
	place = frame + ETH_HLEN + header;
	memcpy(place, &udp, sizeof(udp));
	memcpy(place + sizeof(udp), data, bytes);
	if (!v4) {
		udp.check = udp6_checksum(frame + ETH_HLEN, place, length);
		memcpy(place, &udp, sizeof(udp));
	}
	return send_frame(channel, frame, ETH_HLEN + header + sizeof(udp), bytes);
}

/* No call is made to receive: the kernel has written the frame into shared memory. */
static ssize_t mapped_receive(struct fw_block_channel *channel, char *data, size_t size)
{
	struct packet_state *state = channel->state;
	struct tpacket2_hdr *header =
		(struct tpacket2_hdr *)(state->map + (size_t)state->next * FRAME_BYTES);
	size_t bytes;

	if (!(__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
		errno = EAGAIN;
		return -1;
	}
	bytes = header->tp_snaplen < size ? header->tp_snaplen : size;
	memcpy(data, (char *)header + header->tp_mac, bytes);
	__atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	state->next = (state->next + 1) % FRAMES;
	return (ssize_t)bytes;
}

const struct fw_block_method fw_block_packet_frame = { "sendto", "recv", frame_send, receive,
	NULL };
const struct fw_block_method fw_block_packet_cooked = { "sendto", "recv", cooked_send, receive,
	NULL };
const struct fw_block_method fw_block_packet_ip = { "sendto", "recv", ip_send, receive, NULL };
const struct fw_block_method fw_block_packet_ring = { "sendto", "mapped", frame_send,
	mapped_receive, NULL };

static struct sockaddr_ll link_address(const struct fw_block_side *side, uint16_t ethertype)
{
	const char *device = side->run->settings.device[side->who];
	struct sockaddr_ll link = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ethertype), .sll_halen = ETH_ALEN
	};

	link.sll_ifindex = (int)if_nametoindex(device[0] ? device : "lo");
	if (!link.sll_ifindex)
		fw_fail("the device of a side");
	memset(link.sll_addr, 0xff, ETH_ALEN);
	return link;
}

static void map_ring(int descriptor, struct packet_state *state)
{
	struct tpacket_req request = { .tp_block_size = FRAMES * FRAME_BYTES,
		.tp_block_nr = 1,
		.tp_frame_size = FRAME_BYTES,
		.tp_frame_nr = FRAMES };

	fw_set_int(descriptor, SOL_PACKET, PACKET_VERSION, TPACKET_V2);
	if (setsockopt(descriptor, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		fw_fail("setsockopt PACKET_RX_RING");
	state->map =
		mmap(NULL, FRAMES * FRAME_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
	if (state->map == MAP_FAILED)
		fw_fail("mmap of a packet ring");
}

/* The descriptor, or -1 when it was refused after the block. */
static int open_packet(struct fw_block_side *side, int type, uint16_t ethertype,
	const struct fw_block_method *method)
{
	int descriptor = socket(AF_PACKET, type | SOCK_CLOEXEC, 0);
	struct packet_state *state;
	socklen_t length;

	if (descriptor < 0 && !side->after)
		fw_skip("no AF_PACKET here: %s", strerror(errno));
	if (descriptor < 0) {
		fw_block_error_add(side, "socket", errno);
		return -1;
	}
	state = calloc(1, sizeof(*state));
	if (!state)
		fw_fail("memory for a packet socket");
	state->link = link_address(side, ethertype);
	fw_block_own_address(side, &state->own, &length);
	if (method == &fw_block_packet_ring)
		map_ring(descriptor, state);
	if (bind(descriptor, (struct sockaddr *)&state->link, sizeof(state->link)) < 0) {
		fw_block_error_add(side, "bind", errno);
		close(descriptor);
		free(state);
		return -1;
	}
	fw_block_channel_new(side, descriptor, method)->state = state;
	return descriptor;
}

void fw_block_packet_raw(struct fw_block_side *side)
{
	open_packet(side, SOCK_RAW, UNASSIGNED_ETHERTYPE, &fw_block_packet_frame);
}

void fw_block_packet_dgram(struct fw_block_side *side)
{
	open_packet(side, SOCK_DGRAM, UNASSIGNED_ETHERTYPE, &fw_block_packet_cooked);
}

void fw_block_packet_bypass(struct fw_block_side *side)
{
	int descriptor = open_packet(side, SOCK_RAW, UNASSIGNED_ETHERTYPE, &fw_block_packet_frame);

	if (descriptor >= 0)
		fw_set_int(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
}

void fw_block_packet_mapped(struct fw_block_side *side)
{
	open_packet(side, SOCK_RAW, UNASSIGNED_ETHERTYPE, &fw_block_packet_ring);
}

static void require_localnet(const struct fw_block_side *side)
{
	const char *device = side->run->settings.device[side->who];
	FILE *file = fopen("/proc/sys/net/ipv4/conf/lo/route_localnet", "r");
	int value = file ? getc(file) : EOF;

	if (file)
		fclose(file);
	if (value != '1' && (!device[0] || strcmp(device, "lo") == 0))
		fw_skip("lo takes no packets from AF_PACKET: set route_localnet and accept_local "
			"of net.ipv4.conf.lo to 1");
}

/* No UDP socket has the port that the peer sends to. */
void fw_block_packet_udp(struct fw_block_side *side)
{
	bool v4 = side->scenario->family == AF_INET;
	struct sockaddr_storage address;
	socklen_t length;

	if (v4)
		require_localnet(side);
	if (open_packet(side, SOCK_RAW, v4 ? ETH_P_IP : ETH_P_IPV6, &fw_block_packet_ip) < 0)
		return;
	fw_block_own_address(side, &address, &length);
	((struct sockaddr_in *)&address)->sin_port =
		htons((uint16_t)(20000 + side->run->nonce % 10000));
	side->run->address[side->who] = address;
	side->run->known[side->who] = true;
}
