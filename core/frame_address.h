/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the adapters' filter judges an Ethernet frame by: an address, and the bytes of IP it counts. The same rules as
 * kernel/linux/filter_packets.bpf.c, for a kernel side that has the head of a frame in memory. Callable from anywhere.
 *
 *      Ethernet header | up to two VLAN tags | LLC and SNAP (8) | header of IPv4 (20 bytes are read) or IPv6 (40)
 *
 * LLC and SNAP (RFC 1042) are there if the two bytes before are a length, as in IEEE 802.3, and no type: Windows takes IP
 * in such frames as well. Whose types they are (the OUI) is not asked, nor whether frames may be so long: a receiver may not
 * ask either.
 */
#ifndef FW_CORE_FRAME_ADDRESS_H
#define FW_CORE_FRAME_ADDRESS_H

#include "abi/filter.h"

#define FW_FRAME_TAGS 2
#define FW_FRAME_SNAP 8
#define FW_FRAME_TYPES 0x600 /* types begin here, below are lengths */
#define FW_FRAME_HEAD (14 + 4 * FW_FRAME_TAGS + FW_FRAME_SNAP + 40) /* no more of a frame is ever looked at */

struct fw_frame {
	const uint8_t *head;
	uint32_t there;	 /* bytes of head: the lesser of `length` and FW_FRAME_HEAD, or more */
	uint32_t length; /* of the whole frame */
	bool untagged;	 /* its outer VLAN tag is not in the bytes any more */
};

struct fw_frame_address {
	uint8_t address[16]; /* network byte order; of IPv4 the first four */
	uint32_t family;     /* FW_FAMILY_NONE: neither, or cut off before its addresses: it passes */
	uint32_t bytes;	     /* of IP, headers included; of other packets what is behind the link header */
};

/* 0: there are no such two bytes, which no type is. */
static inline uint32_t fw_frame_two(const struct fw_frame *frame, uint32_t offset)
{
	if (offset + 2 > frame->there)
		return 0;
	return (uint32_t)frame->head[offset] << 8 | frame->head[offset + 1];
}

static inline uint32_t fw_frame_rest(const struct fw_frame *frame, uint32_t offset)
{
	return frame->length > offset ? frame->length - offset : 0;
}

/* The length that a header tells, unless it cannot be: packets beyond 64 KiB have 0 there, and short frames are
 * padded. */
static inline uint32_t fw_frame_told(const struct fw_frame *frame, uint32_t offset, uint32_t told, uint32_t header)
{
	uint32_t rest = fw_frame_rest(frame, offset);

	return told < header || told > rest ? rest : told;
}

static inline void fw_frame_copy(struct fw_frame_address *found, const uint8_t *from, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		found->address[i] = from[i];
}

static inline void fw_frame_ipv4(const struct fw_frame *frame, uint32_t offset, bool source,
	struct fw_frame_address *found)
{
	const uint8_t *ip = frame->head + offset;

	if (offset + 20 > frame->there || ip[0] >> 4 != 4)
		return;
	found->family = FW_FAMILY_IPV4;
	fw_frame_copy(found, ip + (source ? 12 : 16), 4);
	found->bytes = fw_frame_told(frame, offset, fw_frame_two(frame, offset + 2), 20);
}

static inline void fw_frame_ipv6(const struct fw_frame *frame, uint32_t offset, bool source,
	struct fw_frame_address *found)
{
	const uint8_t *ip = frame->head + offset;
	uint32_t payload;

	if (offset + 40 > frame->there || ip[0] >> 4 != 6)
		return;
	found->family = FW_FAMILY_IPV6;
	fw_frame_copy(found, ip + (source ? 8 : 24), 16);
	payload = fw_frame_two(frame, offset + 4);
	found->bytes = fw_frame_told(frame, offset, payload ? payload + 40 : 0, 40);
}

/* Is IP behind LLC and SNAP? `length` is 0 where the frame ends before it, and then it has no SNAP either. */
static inline bool fw_frame_has_snap(const struct fw_frame *frame, uint32_t offset, uint32_t length)
{
	uint32_t type;

	if (length >= FW_FRAME_TYPES || fw_frame_two(frame, offset) != 0xaaaa ||
		fw_frame_two(frame, offset + 2) >> 8 != 3)
		return false;
	type = fw_frame_two(frame, offset + 6);
	return type == 0x0800 || type == 0x86dd;
}

/* `source`: received packets are judged by their source, sent ones by their destination. */
static inline struct fw_frame_address fw_frame_address(const struct fw_frame *frame, bool source)
{
	struct fw_frame_address found = { { 0 }, FW_FAMILY_NONE, 0 };
	uint32_t offset = 14, type = fw_frame_two(frame, 12);

	for (uint32_t i = frame->untagged ? 1 : 0; i < FW_FRAME_TAGS; i++) {
		if (type != 0x8100 && type != 0x88a8)
			break;
		type = fw_frame_two(frame, offset + 2);
		offset += 4;
	}
	if (fw_frame_has_snap(frame, offset, type)) {
		type = fw_frame_two(frame, offset + 6);
		offset += FW_FRAME_SNAP;
	}
	if (type == 0x0800)
		fw_frame_ipv4(frame, offset, source, &found);
	else if (type == 0x86dd)
		fw_frame_ipv6(frame, offset, source, &found);
	if (found.family == FW_FAMILY_NONE)
		found.bytes = fw_frame_rest(frame, offset);
	return found;
}

#endif
