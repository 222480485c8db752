/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a frame is: IPv4 or IPv6, by the type behind up to two VLAN tags, or the one in a SNAP
 * header where a length is in its place, and by its version, if all of the fixed header is there.
 * How long the header says it is has no bearing on that: whatever the stack makes of such a packet
 * later, its addresses are where they are.
 */
#include "packet.h"

#include <string.h>

static uint16_t get16(const uint8_t *place)
{
	return (uint16_t)(place[0] << 8 | place[1]);
}

static bool is_tag(uint16_t type)
{
	return type == 0x8100 || type == 0x88a8;
}

/* The type of what follows the tags, and where that begins; 0: cut off before. */
static uint16_t skip_tags(const uint8_t *frame, size_t length, size_t *offset)
{
	uint16_t type = get16(frame + 12);

	*offset = 14;
	for (int i = 0; i < 2 && is_tag(type); i++) {
		type = *offset + 4 <= length ? get16(frame + *offset + 2) : 0;
		*offset += 4;
	}
	return type;
}

static bool is_ip(uint16_t type)
{
	return type == 0x0800 || type == 0x86dd;
}

/* With LLC and SNAP, of any organisation, the frame goes on behind that if IP does. */
static uint16_t skip_snap(const uint8_t *frame, size_t length, uint16_t told, size_t *offset)
{
	static const uint8_t start[] = { 0xaa, 0xaa, 0x03 };
	const uint8_t *snap = frame + *offset;

	if (told >= 0x600 || *offset + 8 > length || memcmp(snap, start, sizeof(start)) != 0 ||
		!is_ip(get16(snap + 6)))
		return told;
	*offset += 8;
	return get16(snap + 6);
}

static void take(struct fw_packet_address *address, const uint8_t *bytes, uint8_t family)
{
	memset(address, 0, sizeof(*address));
	memcpy(address->bytes, bytes, FW_PACKET_ADDRESS_SIZE(family));
	address->family = family;
}

void fw_packet_judge(const uint8_t *frame, size_t length, struct fw_packet_verdict *verdict)
{
	size_t offset, there, told = 0;
	uint16_t type = skip_tags(frame, length, &offset);
	const uint8_t *ip;

	type = skip_snap(frame, length, type, &offset);
	ip = frame + offset;
	memset(verdict, 0, sizeof(*verdict));
	there = length > offset ? length - offset : 0;
	verdict->bytes = (uint32_t)there;
	if (type == 0x0800 && there >= 20 && ip[0] >> 4 == 4) {
		take(&verdict->source, ip + 12, 4);
		take(&verdict->destination, ip + 16, 4);
		told = get16(ip + 2);
		verdict->is_ip = true;
		if (told < 20)
			told = 0;
	} else if (type == 0x86dd && there >= 40 && ip[0] >> 4 == 6) {
		take(&verdict->source, ip + 8, 6);
		take(&verdict->destination, ip + 24, 6);
		told = get16(ip + 4) ? 40u + get16(ip + 4) : 0;
		verdict->is_ip = true;
	}
	if (told && told <= there)
		verdict->bytes = (uint32_t)told;
}

bool fw_packet_is_listed(
	const struct fw_packet_verdict *verdict, const struct fw_packet_list *list, bool by_source)
{
	return verdict->is_ip &&
	       fw_packet_list_has(list, by_source ? &verdict->source : &verdict->destination);
}
