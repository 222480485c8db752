/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Frames as the fake adapter and the fake protocol make and record them, and how they are cut. For tests; any thread of
 * the fake kernel.
 */
#ifndef FW_FAKE_FRAME_H
#define FW_FAKE_FRAME_H

#include "ndis_kernel.h"

#define FAKE_CUTS 6

/* How a packet is made of bytes: buffers that end at these offsets, the rest in one; and what goes with it. */
struct fake_shape {
	uint32_t cuts[FAKE_CUTS]; /* ascending; 0: no more */
	uintptr_t vlan;		  /* Ieee8021QInfo */
	uintptr_t checksum;	  /* TcpIpChecksumPacketInfo */
	uint64_t time;		  /* to send it, or received */
	uint32_t flags;
	bool media_info;
};

struct fake_frame {
	struct fake_frame *next;
	uintptr_t info[MaxPerPacketInfo];
	uint64_t time;
	uint32_t flags;
	bool media_info;
	bool whole; /* came as a packet, not in pieces */
	uint32_t length;
	uint8_t bytes[];
};

/* In the order of their recording; nt_lock() guards it. */
struct fake_record {
	struct fake_frame *first, **last;
	unsigned count;
};

void fake_record_init(struct fake_record *record);
void fake_record_clear(struct fake_record *record);
void fake_record_packet(struct fake_record *record, PNDIS_PACKET packet, bool is_receive);
void fake_record_bytes(struct fake_record *record, const void *head, uint32_t head_length, const void *rest,
	uint32_t rest_length);
bool fake_frame_is(const struct fake_frame *frame, const void *bytes, uint32_t length);

/* A packet of these pools with its own copy of the bytes, each buffer in memory of its own; NULL: none was to be had. */
PNDIS_PACKET fake_packet_new(NDIS_HANDLE packets, NDIS_HANDLE buffers, const void *bytes, uint32_t length,
	const struct fake_shape *shape, bool is_receive);
void fake_packet_free(PNDIS_PACKET packet);

#endif
