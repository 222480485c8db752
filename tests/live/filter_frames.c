/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwframes DEVICE KIND SOURCE DESTINATION [COUNT]: sends Ethernet frames as no stack would, to
 * whoever listens at the other end. KIND: plain, vlan, qinq, three (VLAN tags), ad (802.1ad),
 * fragment (a later one), short (cut off inside the addresses), version (another one than the type
 * says), arp, llc (a length instead of a type), snap (that, and RFC 1042's header), oui (the
 * same, of another organisation), jumbo (as long as the MTU allows). For the live tests.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define ROOM 9000
#define PAYLOAD 64

struct frame {
	uint8_t bytes[ROOM];
	size_t length;
};

static void put16(struct frame *frame, uint16_t value)
{
	frame->bytes[frame->length++] = (uint8_t)(value >> 8);
	frame->bytes[frame->length++] = (uint8_t)value;
}

static void put_ethernet(struct frame *frame)
{
	memset(frame->bytes, 0xff, ETH_ALEN); /* to all: no address has to be known */
	memset(frame->bytes + ETH_ALEN, 0x02, ETH_ALEN);
	frame->length = 2 * ETH_ALEN;
}

static void put_tags(struct frame *frame, const char *kind)
{
	int tags = !strcmp(kind, "vlan") || !strcmp(kind, "ad") ? 1
		   : !strcmp(kind, "qinq")			? 2
		   : !strcmp(kind, "three")			? 3
								: 0;

	for (int i = 0; i < tags; i++) {
		put16(frame, !strcmp(kind, "ad") || (i == 0 && tags > 1) ? 0x88a8 : 0x8100);
		put16(frame, (uint16_t)(5 + i));
	}
}

static void put_type(struct frame *frame, const char *kind, uint16_t type)
{
	bool oui = !strcmp(kind, "oui"), snap = oui || !strcmp(kind, "snap");

	if (!strcmp(kind, "arp"))
		type = ETHERTYPE_ARP;
	if (snap || !strcmp(kind, "llc"))
		put16(frame, 100);
	if (snap) {
		put16(frame, 0xaaaa);
		put16(frame, 0x0300);
		put16(frame, oui ? 0x00f8 : 0);
	}
	if (snap || strcmp(kind, "llc"))
		put16(frame, type);
}

static void put_ip(struct frame *frame, const char *kind, bool version6, const uint8_t *source,
	const uint8_t *destination, size_t payload)
{
	uint8_t *ip = frame->bytes + frame->length;
	size_t header = version6 ? 40 : 20, length = version6 ? payload : header + payload;
	size_t size = version6 ? 16 : 4, at = version6 ? 8 : 12;

	memset(ip, 0, header);
	ip[0] = version6 ? 0x60 : 0x45;
	if (!strcmp(kind, "version"))
		ip[0] = 0x75;
	ip[version6 ? 4 : 2] = (uint8_t)(length >> 8);
	ip[version6 ? 5 : 3] = (uint8_t)length;
	ip[version6 ? 6 : 9] = 17;
	ip[version6 ? 7 : 8] = 64;
	if (!strcmp(kind, "fragment") && !version6)
		ip[7] = 10; /* in units of 8 bytes */
	if (!strcmp(kind, "fragment") && version6)
		ip[6] = 44;
	memcpy(ip + at, source, size);
	memcpy(ip + at + size, destination, size);
	memset(ip + header, 0, payload);
	if (!strcmp(kind, "fragment") && version6) {
		ip[header] = 17;
		ip[header + 3] = 80; /* offset */
	}
	frame->length += !strcmp(kind, "short") ? at + 2 : header + payload;
}

static void make(struct frame *frame, const char *kind, const char *source, const char *destination,
	size_t mtu)
{
	uint8_t from[16], to[16];
	bool version6 = strchr(source, ':') != NULL;
	size_t payload = !strcmp(kind, "jumbo") ? mtu - 40 : PAYLOAD;

	if (inet_pton(version6 ? AF_INET6 : AF_INET, source, from) != 1 ||
		inet_pton(version6 ? AF_INET6 : AF_INET, destination, to) != 1) {
		fprintf(stderr, "fwframes: addresses '%s' '%s'?\n", source, destination);
		exit(2);
	}
	put_ethernet(frame);
	put_tags(frame, kind);
	put_type(frame, kind, version6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	put_ip(frame, kind, version6, from, to, payload);
}

static size_t mtu_of(int socket, const char *device)
{
	struct ifreq request = { .ifr_mtu = 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	return ioctl(socket, SIOCGIFMTU, &request) ? 1500 : (size_t)request.ifr_mtu;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN };
	static struct frame frame;
	size_t mtu;
	int out;

	if (argc < 5) {
		fputs("usage: fwframes DEVICE KIND SOURCE DESTINATION [COUNT]\n", stderr);
		return 2;
	}
	out = socket(AF_PACKET, SOCK_RAW, 0);
	to.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (out < 0 || !to.sll_ifindex) {
		perror("fwframes");
		return 1;
	}
	mtu = mtu_of(out, argv[1]);
	make(&frame, argv[2], argv[3], argv[4], mtu < ROOM - 100 ? mtu : ROOM - 100);
	for (int i = argc > 5 ? atoi(argv[5]) : 1; i > 0; i--)
		if (sendto(out, frame.bytes, frame.length, 0, (struct sockaddr *)&to, sizeof(to)) <
			0) {
			perror("fwframes: send");
			return 1;
		}
	return 0;
}
