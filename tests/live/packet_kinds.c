/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The kinds of frames, and how one is made. */
#include "packet.h"

#include <arpa/inet.h>
#include <string.h>

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define TYPE_ARP  0x0806
#define TYPE_RARP 0x8035
#define TYPE_LLC  1 /* in the table: the length stands in its place */
#define MOST_LENGTH 0x5ff
#define TAG	  0x8100
#define OUTER_TAG 0x88a8
#define TAG_ID	  42

#define ICMP	1
#define TCP	6
#define UDP	17
#define ICMPV6	58
#define AHEAD(header) ((header) + 1)
/* RFC 1042, and what is near it */
#define LLC(saps, control, oui, type) \
	{ saps, saps, control, 0, 0, oui, (type) >> 8, (type) & 0xff }
#define SNAP(type) LLC(0xaa, 3, 0, type)
#define SNAP4	   SNAP(TYPE_IPV4)
#define SNAP6	   SNAP(TYPE_IPV6)
#define HOP_BY_HOP  0
#define ROUTING	    43
#define FRAGMENT    44
#define DESTINATION 60

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define ARP_SIZE    28

/* clang-format off */
const struct fw_packet_kind fw_packet_kinds[] = {
	{ .name = "udp4", .family = 4, .protocol = UDP },
	{ .name = "syn4", .family = 4, .protocol = TCP },
	{ .name = "icmp4", .family = 4, .protocol = ICMP },
	{ .name = "options4", .family = 4, .protocol = UDP, .options = 8 },
	{ .name = "first_fragment4", .family = 4, .protocol = UDP, .fragment = 0x2000 },
	{ .name = "later_fragment4", .family = 4, .protocol = UDP, .fragment = 0x00b9 },
	{ .name = "jumbo4", .family = 4, .protocol = UDP, .is_jumbo = true },
	{ .name = "tag4", .family = 4, .protocol = UDP, .tags = { TAG } },
	{ .name = "outer_tag4", .family = 4, .protocol = UDP, .tags = { OUTER_TAG } },
	{ .name = "two_tags4", .family = 4, .protocol = UDP, .tags = { OUTER_TAG, TAG } },
	{ .name = "same_tags4", .family = 4, .protocol = UDP, .tags = { TAG, TAG } },
	{ .name = "cut4", .family = 4, .protocol = UDP, .is_cut = true, .rest = 19 },
	{ .name = "header4", .family = 4, .protocol = UDP, .is_cut = true, .rest = 20 },
	{ .name = "empty4", .family = 4, .protocol = UDP, .is_cut = true },
	{ .name = "two_tags_cut4", .family = 4, .protocol = UDP, .tags = { OUTER_TAG, TAG },
		.is_cut = true, .rest = 12 },
	{ .name = "version4", .family = 4, .protocol = UDP, .first = 0x65 },
	{ .name = "short_header4", .family = 4, .protocol = UDP, .first = 0x44 },
	{ .name = "long_header4", .family = 4, .protocol = UDP, .first = 0x4f, .is_cut = true,
		.rest = 24 },
	{ .name = "length_zero4", .family = 4, .protocol = UDP, .is_wrong_length = true },
	{ .name = "length_beyond4", .family = 4, .protocol = UDP, .is_wrong_length = true,
		.rest = 60000 },
	{ .name = "udp6", .family = 6, .protocol = UDP },
	{ .name = "syn6", .family = 6, .protocol = TCP },
	{ .name = "icmp6", .family = 6, .protocol = ICMPV6 },
	{ .name = "hop_by_hop6", .family = 6, .protocol = UDP, .extension = AHEAD(HOP_BY_HOP) },
	{ .name = "routing6", .family = 6, .protocol = UDP, .extension = AHEAD(ROUTING) },
	{ .name = "fragment6", .family = 6, .protocol = UDP, .extension = AHEAD(FRAGMENT) },
	{ .name = "destination6", .family = 6, .protocol = UDP, .extension = AHEAD(DESTINATION) },
	{ .name = "jumbo6", .family = 6, .protocol = UDP, .is_jumbo = true },
	{ .name = "tag6", .family = 6, .protocol = UDP, .tags = { TAG } },
	{ .name = "two_tags6", .family = 6, .protocol = UDP, .tags = { OUTER_TAG, TAG } },
	{ .name = "cut6", .family = 6, .protocol = UDP, .is_cut = true, .rest = 39 },
	{ .name = "header6", .family = 6, .protocol = UDP, .is_cut = true, .rest = 40 },
	{ .name = "empty6", .family = 6, .protocol = UDP, .is_cut = true },
	{ .name = "version6", .family = 6, .protocol = UDP, .first = 0x45 },
	{ .name = "length_zero6", .family = 6, .protocol = UDP, .is_wrong_length = true },
	{ .name = "length_beyond6", .family = 6, .protocol = UDP, .is_wrong_length = true,
		.rest = 60000 },
	{ .name = "snap4", .family = 4, .protocol = UDP, .llc = SNAP4 },
	{ .name = "snap_syn4", .family = 4, .protocol = TCP, .llc = SNAP4 },
	{ .name = "snap_options4", .family = 4, .protocol = UDP, .options = 8, .llc = SNAP4 },
	{ .name = "snap_tag4", .family = 4, .protocol = UDP, .tags = { TAG }, .llc = SNAP4 },
	{ .name = "snap_two_tags4", .family = 4, .protocol = UDP, .tags = { OUTER_TAG, TAG },
		.llc = SNAP4 },
	{ .name = "snap_short_told4", .family = 4, .protocol = UDP, .llc = SNAP4, .type = 2 },
	{ .name = "snap_most_told4", .family = 4, .protocol = UDP, .llc = SNAP4,
		.type = MOST_LENGTH },
	{ .name = "snap_header4", .family = 4, .protocol = UDP, .llc = SNAP4, .is_cut = true,
		.rest = 28 },
	{ .name = "snap_length_beyond4", .family = 4, .protocol = UDP, .llc = SNAP4,
		.is_wrong_length = true, .rest = 60000 },
	{ .name = "snap6", .family = 6, .protocol = UDP, .llc = SNAP6 },
	{ .name = "snap_syn6", .family = 6, .protocol = TCP, .llc = SNAP6 },
	{ .name = "snap_tag6", .family = 6, .protocol = UDP, .tags = { TAG }, .llc = SNAP6 },
	{ .name = "snap_two_tags6", .family = 6, .protocol = UDP, .tags = { OUTER_TAG, TAG },
		.llc = SNAP6 },
	{ .name = "snap_header6", .family = 6, .protocol = UDP, .llc = SNAP6, .is_cut = true,
		.rest = 48 },
	{ .name = "snap_oui4", .family = 4, .protocol = UDP, .llc = LLC(0xaa, 3, 0xf8, TYPE_IPV4) },
	{ .name = "snap_oui6", .family = 6, .protocol = UDP, .llc = LLC(0xaa, 3, 0xf8, TYPE_IPV6) },
	/* Nearly SNAP. */
	{ .name = "snap_cut4", .family = 4, .protocol = UDP, .llc = SNAP4, .is_cut = true,
		.rest = 27 },
	{ .name = "snap_cut6", .family = 6, .protocol = UDP, .llc = SNAP6, .is_cut = true,
		.rest = 47 },
	{ .name = "snap_two_tags_cut4", .family = 4, .protocol = UDP, .tags = { OUTER_TAG, TAG },
		.llc = SNAP4, .is_cut = true, .rest = 20 },
	{ .name = "snap_only4", .family = 4, .protocol = UDP, .llc = SNAP4, .is_cut = true,
		.rest = 8 },
	{ .name = "snap_half4", .family = 4, .protocol = UDP, .llc = SNAP4, .is_cut = true,
		.rest = 7 },
	{ .name = "snap_version4", .family = 4, .protocol = UDP, .llc = SNAP4, .first = 0x65 },
	{ .name = "snap_version6", .family = 6, .protocol = UDP, .llc = SNAP6, .first = 0x45 },
	{ .name = "snap_first_type4", .family = 4, .protocol = UDP, .llc = SNAP4,
		.type = MOST_LENGTH + 1 },
	{ .name = "snap_three_tags4", .family = 4, .protocol = UDP,
		.tags = { OUTER_TAG, TAG, TAG }, .llc = SNAP4 },
	{ .name = "snap_sap4", .family = 4, .protocol = UDP, .llc = LLC(0xab, 3, 0, TYPE_IPV4) },
	{ .name = "snap_control4", .family = 4, .protocol = UDP,
		.llc = LLC(0xaa, 0xe3, 0, TYPE_IPV4) },
	{ .name = "snap_control6", .family = 6, .protocol = UDP,
		.llc = LLC(0xaa, 0xe3, 0, TYPE_IPV6) },
	{ .name = "snap_in_tag4", .family = 4, .protocol = UDP, .llc = SNAP(TAG) },
	{ .name = "snap_unknown4", .family = 4, .protocol = UDP, .llc = SNAP(0x88b6) },
	/* No IP by their type; the address is in them all the same. */
	{ .name = "arp", .family = 4, .type = TYPE_ARP },
	{ .name = "rarp", .family = 4, .type = TYPE_RARP },
	{ .name = "unknown4", .family = 4, .protocol = UDP, .type = 0x88b6 },
	{ .name = "unknown6", .family = 6, .protocol = UDP, .type = 0x88b6 },
	{ .name = "llc", .family = 4, .protocol = UDP, .type = TYPE_LLC },
	{ .name = "three_tags4", .family = 4, .protocol = UDP, .tags = { OUTER_TAG, TAG, TAG } },
	{ .name = "three_tags6", .family = 6, .protocol = UDP, .tags = { OUTER_TAG, TAG, TAG } },
};
/* clang-format on */
const size_t fw_packet_kind_count = sizeof(fw_packet_kinds) / sizeof(fw_packet_kinds[0]);

const struct fw_packet_kind *fw_packet_kind_named(const char *name)
{
	for (size_t i = 0; i < fw_packet_kind_count; i++)
		if (!strcmp(fw_packet_kinds[i].name, name))
			return &fw_packet_kinds[i];
	return NULL;
}

static uint8_t *put16(uint8_t *place, size_t value)
{
	place[0] = (uint8_t)(value >> 8);
	place[1] = (uint8_t)value;
	return place + 2;
}

/* RFC 1071 */
static uint16_t checksum(const uint8_t *bytes, size_t count)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < count; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_address(const struct fw_packet_order *order, uint8_t *place, bool is_source)
{
	static const uint8_t neutral4[4] = { 192, 0, 0, 170 };
	static const uint8_t neutral6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, [15] = 1 };
	bool is4 = order->kind->family == 4;
	const uint8_t *from = is4 ? neutral4 : neutral6;

	if (is_source == order->is_source)
		from = order->address->bytes;
	else if (order->other && order->other->family == order->kind->family)
		from = order->other->bytes;
	memcpy(place, from, is4 ? 4 : 16);
}

/* Header of the protocol and payload; 0 is no checksum in IPv4's UDP. */
static size_t put_protocol(const struct fw_packet_kind *kind, uint8_t *place, size_t payload)
{
	size_t header = kind->protocol == TCP ? 20 : 8;

	memset(place, 0, header);
	if (kind->protocol == UDP) {
		put16(place, 9);
		put16(place + 2, 9);
		put16(place + 4, header + payload);
	} else if (kind->protocol == TCP) {
		put16(place + 2, 80);
		place[12] = 5 << 4;
		place[13] = 2; /* SYN */
	} else {
		place[0] = kind->protocol == ICMP ? 8 : 128; /* echo request */
	}
	memset(place + header, 0x5a, payload);
	return header + payload;
}

static size_t put_ipv4(const struct fw_packet_order *order, uint8_t *place)
{
	const struct fw_packet_kind *kind = order->kind;
	size_t header = IPV4_HEADER + kind->options, body, length;

	memset(place, 0, IPV4_HEADER);
	memset(place + IPV4_HEADER, 1, kind->options); /* each of them nothing */
	body = put_protocol(kind, place + header, order->payload);
	length = kind->is_wrong_length ? kind->rest : header + body;
	place[0] = kind->first ? kind->first : (uint8_t)(0x40 | header / 4);
	put16(place + 2, length);
	put16(place + 4, order->number);
	put16(place + 6, kind->fragment);
	place[8] = 64;
	place[9] = kind->protocol;
	put_address(order, place + 12, true);
	put_address(order, place + 16, false);
	put16(place + 10, checksum(place, header));
	return header + body;
}

static size_t put_ipv6(const struct fw_packet_order *order, uint8_t *place)
{
	const struct fw_packet_kind *kind = order->kind;
	size_t ahead = kind->extension ? 8 : 0, body;

	memset(place, 0, IPV6_HEADER + ahead);
	body = ahead + put_protocol(kind, place + IPV6_HEADER + ahead, order->payload);
	place[0] = kind->first ? kind->first : 0x60;
	put16(place + 4, kind->is_wrong_length ? kind->rest : body);
	place[6] = kind->extension ? (uint8_t)(kind->extension - 1) : kind->protocol;
	place[7] = 64;
	put_address(order, place + 8, true);
	put_address(order, place + 24, false);
	if (ahead)
		place[IPV6_HEADER] = kind->protocol;
	return IPV6_HEADER + body;
}

static size_t put_arp(const struct fw_packet_order *order, uint8_t *place)
{
	static const uint8_t start[8] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	memset(place, 0, ARP_SIZE);
	memcpy(place, start, sizeof(start));
	put_address(order, place + 14, true);
	put_address(order, place + 24, false);
	return ARP_SIZE;
}

static size_t put_body(const struct fw_packet_order *order, uint8_t *place)
{
	if (order->kind->type == TYPE_ARP || order->kind->type == TYPE_RARP)
		return put_arp(order, place);
	return order->kind->family == 4 ? put_ipv4(order, place) : put_ipv6(order, place);
}

static uint16_t type_of(const struct fw_packet_kind *kind, size_t length)
{
	if (kind->type == TYPE_LLC || (kind->llc[0] && !kind->type))
		return (uint16_t)length;
	if (kind->type)
		return kind->type;
	return kind->family == 4 ? TYPE_IPV4 : TYPE_IPV6;
}

size_t fw_packet_make(const struct fw_packet_order *order, uint8_t *frame)
{
	const struct fw_packet_kind *kind = order->kind;
	uint8_t *place = frame, *type;
	size_t body;

	memset(place, 0xff, 6);
	if (order->to)
		memcpy(place, order->to, 6);
	place = put16(place + 6, FW_PACKET_MARK);
	*place++ = order->tag;
	*place++ = (uint8_t)(order->number >> 16);
	place = put16(place, order->number & 0xffff);
	for (int i = 0; i < 3 && kind->tags[i]; i++)
		place = put16(put16(place, kind->tags[i]), (size_t)(TAG_ID + i));
	type = place;
	place += 2;
	if (kind->llc[0])
		memcpy(place, kind->llc, sizeof(kind->llc));
	body = kind->llc[0] ? sizeof(kind->llc) : 0;
	body += put_body(order, place + body);
	if (kind->is_cut)
		body = kind->rest;
	put16(type, type_of(kind, body));
	return (size_t)(place - frame) + body;
}
