// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Below the transport: ping sockets, raw sockets, an unassigned protocol, AF_PACKET. */
#include "traffic.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <unistd.h>

#define UNASSIGNED_PROTOCOL 253	    /* RFC 3692: for experiments */
#define UNASSIGNED_ETHERTYPE 0x88b5 /* IEEE 802: local experiments */
#define ECHOES 10
#define ECHO_BYTES 64

static uint16_t checksum(const void *data, size_t bytes)
{
	const uint16_t *words = data;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < bytes / 2; i++)
		sum += words[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* An echo request. The kernel fills the ICMPv6 checksum, and a ping socket's identifier. */
static void make_echo(int family, char *packet, int sequence)
{
	struct icmphdr *v4 = (struct icmphdr *)packet;
	struct icmp6_hdr *v6 = (struct icmp6_hdr *)packet;

	memset(packet, 0, ECHO_BYTES);
	if (family == AF_INET) {
		v4->type = ICMP_ECHO;
		v4->un.echo.id = htons(0x4657);
		v4->un.echo.sequence = htons((uint16_t)sequence);
		v4->checksum = checksum(packet, ECHO_BYTES);
	} else {
		v6->icmp6_type = ICMP6_ECHO_REQUEST;
		v6->icmp6_id = htons(0x4657);
		v6->icmp6_seq = htons((uint16_t)sequence);
	}
}

static int icmp_socket(int family, int type)
{
	int descriptor =
		socket(family, type, family == AF_INET ? IPPROTO_ICMP : (int)IPPROTO_ICMPV6);

	if (descriptor < 0)
		fw_skip("no ICMP socket of this kind here: %s", strerror(errno));
	return descriptor;
}

static void ping(void *argument)
{
	const struct fw_scenario *scenario = argument;
	int sequence, descriptor = icmp_socket(scenario->family, SOCK_DGRAM);
	struct sockaddr_storage address;
	char packet[ECHO_BYTES];
	socklen_t length;

	fw_loopback(scenario->family, 0, &address, &length);
	for (sequence = 0; sequence < ECHOES; sequence++) {
		make_echo(scenario->family, packet, sequence);
		if (fw_sent(sendto(descriptor, packet, sizeof(packet), 0,
			    (struct sockaddr *)&address, length)) != ECHO_BYTES)
			fw_fail("sendto of a ping socket");
		if (fw_received(recv(descriptor, fw_buffer, sizeof(fw_buffer), 0)) != ECHO_BYTES)
			fw_fail("recv of a ping socket");
	}
}

void fw_run_ping(const struct fw_scenario *scenario)
{
	if (!fw_try_write_file("/proc/sys/net/ipv4/ping_group_range", "0 2147483647"))
		fw_skip("net.ipv4.ping_group_range cannot be set here");
	fw_spawn("ping", ping, (void *)scenario, NULL);
	fw_reap_all();
}

/* A raw socket sees the request and the reply; over IPv4 with the IP header. */
static void raw_icmp(void *argument)
{
	const struct fw_scenario *scenario = argument;
	int sequence, reply, descriptor = icmp_socket(scenario->family, SOCK_RAW);
	size_t header = scenario->family == AF_INET ? sizeof(struct iphdr) : 0;
	struct sockaddr_storage address;
	char packet[ECHO_BYTES];
	socklen_t length;

	fw_loopback(scenario->family, 0, &address, &length);
	reply = scenario->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
	for (sequence = 0; sequence < ECHOES; sequence++) {
		make_echo(scenario->family, packet, sequence);
		if (fw_sent(sendto(descriptor, packet, sizeof(packet), 0,
			    (struct sockaddr *)&address, length)) != ECHO_BYTES)
			fw_fail("sendto of a raw socket");
		do
			if (fw_received(recv(descriptor, fw_buffer, sizeof(fw_buffer), 0)) <= 0)
				fw_fail("recv of a raw socket");
		while ((unsigned char)fw_buffer[header] != reply);
	}
}

void fw_run_raw_icmp(const struct fw_scenario *scenario)
{
	fw_spawn("raw", raw_icmp, (void *)scenario, NULL);
	fw_reap_all();
}

struct raw_pair {
	const struct fw_scenario *scenario;
	sem_t opened;
};

static int raw_socket(const struct raw_pair *pair, int protocol)
{
	int descriptor = socket(pair->scenario->family, SOCK_RAW, protocol);

	if (descriptor < 0)
		fw_skip("no raw socket here: %s", strerror(errno));
	return descriptor;
}

static void raw_receiver(void *argument)
{
	struct raw_pair *pair = argument;
	int i, descriptor = raw_socket(pair, UNASSIGNED_PROTOCOL);

	sem_post(&pair->opened);
	for (i = 0; i < 20; i++)
		if (fw_received(recv(descriptor, fw_buffer, sizeof(fw_buffer), 0)) < 1001)
			fw_fail("recv of a raw socket");
}

static void raw_sender(void *argument)
{
	struct raw_pair *pair = argument;
	int i, descriptor = raw_socket(pair, UNASSIGNED_PROTOCOL);
	struct sockaddr_storage address;
	socklen_t length;

	fw_loopback(pair->scenario->family, 0, &address, &length);
	sem_wait(&pair->opened);
	for (i = 0; i < 20; i++)
		if (fw_sent(sendto(descriptor, fw_buffer, 1001, 0, (struct sockaddr *)&address,
			    length)) != 1001)
			fw_fail("sendto of a raw socket");
}

/* The program writes the IPv4 header: it is part of what the call took. */
static void header_sender(void *argument)
{
	struct raw_pair *pair = argument;
	int i, descriptor = raw_socket(pair, IPPROTO_RAW);
	struct sockaddr_storage address;
	struct iphdr *header = (struct iphdr *)fw_buffer;
	socklen_t length;

	fw_loopback(AF_INET, 0, &address, &length);
	memset(header, 0, sizeof(*header));
	header->version = 4;
	header->ihl = 5;
	header->ttl = 64;
	header->protocol = UNASSIGNED_PROTOCOL;
	header->saddr = header->daddr = htonl(INADDR_LOOPBACK);
	sem_wait(&pair->opened);
	for (i = 0; i < 20; i++)
		if (fw_sent(sendto(descriptor, fw_buffer, 1001, 0, (struct sockaddr *)&address,
			    length)) != 1001)
			fw_fail("sendto with a header of our own");
}

static void run_raw(
	const struct fw_scenario *scenario, fw_process_fn receiver, fw_process_fn sender)
{
	struct raw_pair *pair = fw_shared(sizeof(*pair));

	pair->scenario = scenario;
	sem_init(&pair->opened, 1, 0);
	fw_spawn("receiver", receiver, pair, NULL);
	fw_spawn("sender", sender, pair, NULL);
	fw_reap_all();
}

void fw_run_raw_protocol(const struct fw_scenario *scenario)
{
	run_raw(scenario, raw_receiver, raw_sender);
}

void fw_run_raw_header(const struct fw_scenario *scenario)
{
	run_raw(scenario, raw_receiver, header_sender);
}

static int packet_socket(int type, uint16_t ethertype, struct sockaddr_ll *lo)
{
	int descriptor = socket(AF_PACKET, type, 0);

	if (descriptor < 0)
		fw_skip("no AF_PACKET here: %s", strerror(errno));
	memset(lo, 0, sizeof(*lo));
	lo->sll_family = AF_PACKET;
	lo->sll_protocol = htons(ethertype);
	lo->sll_ifindex = (int)if_nametoindex("lo");
	lo->sll_halen = ETH_ALEN;
	if (bind(descriptor, (struct sockaddr *)lo, sizeof(*lo)) < 0)
		fw_fail("bind of AF_PACKET");
	return descriptor;
}

static void packet_receive(struct raw_pair *pair, int type, ssize_t bytes)
{
	struct sockaddr_ll lo;
	int i, descriptor = packet_socket(type, UNASSIGNED_ETHERTYPE, &lo);

	sem_post(&pair->opened);
	for (i = 0; i < 20; i++)
		if (fw_received(recv(descriptor, fw_buffer, sizeof(fw_buffer), 0)) != bytes)
			fw_fail("recv of AF_PACKET");
}

static void packet_send(struct raw_pair *pair, int type, size_t bytes)
{
	struct sockaddr_ll lo;
	int i, descriptor = packet_socket(type, UNASSIGNED_ETHERTYPE, &lo);

	memset(fw_buffer, 0, ETH_HLEN);
	fw_buffer[12] = (char)(UNASSIGNED_ETHERTYPE >> 8);
	fw_buffer[13] = (char)(UNASSIGNED_ETHERTYPE & 0xff);
	sem_wait(&pair->opened);
	for (i = 0; i < 20; i++)
		if (fw_sent(sendto(descriptor, fw_buffer, bytes, 0, (struct sockaddr *)&lo,
			    sizeof(lo))) != (ssize_t)bytes)
			fw_fail("sendto of AF_PACKET");
}

static void packet_raw_receiver(void *argument)
{
	packet_receive(argument, SOCK_RAW, 1014);
}

static void packet_raw_sender(void *argument)
{
	packet_send(argument, SOCK_RAW, 1014);
}

static void packet_dgram_receiver(void *argument)
{
	packet_receive(argument, SOCK_DGRAM, 1000);
}

static void packet_dgram_sender(void *argument)
{
	packet_send(argument, SOCK_DGRAM, 1000);
}

void fw_run_packet_raw(const struct fw_scenario *scenario)
{
	run_raw(scenario, packet_raw_receiver, packet_raw_sender);
}

void fw_run_packet_dgram(const struct fw_scenario *scenario)
{
	run_raw(scenario, packet_dgram_receiver, packet_dgram_sender);
}

/* A sniffer: what it reads is received by it, whoever else the packets are for. */
static void sniffer(void *argument)
{
	struct raw_pair *pair = argument;
	struct sockaddr_ll lo;
	int i, descriptor = packet_socket(SOCK_RAW, ETH_P_ALL, &lo);

	sem_post(&pair->opened);
	for (i = 0; i < 20; i++) {
		if (recv(descriptor, fw_buffer, 60, MSG_PEEK) <= 0)
			fw_fail("recv of AF_PACKET with MSG_PEEK");
		if (fw_received(recv(descriptor, fw_buffer, 60, i % 2 ? MSG_TRUNC : 0)) <= 0)
			fw_fail("recv of AF_PACKET");
	}
}

static void sniffed_sender(void *argument)
{
	struct raw_pair *pair = argument;
	struct fw_pair *udp = fw_pair_new(pair->scenario, SOCK_DGRAM, 0);
	int i, descriptor;

	sem_wait(&pair->opened);
	fw_pair_listen(udp);
	descriptor = fw_pair_connect(udp);
	for (i = 0; i < 20; i++)
		fw_send_all(descriptor, 500);
}

void fw_run_packet_sniff(const struct fw_scenario *scenario)
{
	run_raw(scenario, sniffer, sniffed_sender);
}
