/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Packets on their way through: what NDIS calls in our miniport and in our protocol. IRQL <=
 * DISPATCH_LEVEL; registered by im_driver.c.
 */
#ifndef FW_NT_IM_PACKET_H
#define FW_NT_IM_PACKET_H

#include "kernel/windows/filter/im_adapter.h"

/* Bytes that our packets have for us, of those that go down or are filled there. */
#define FW_IM_RESERVED_BYTES (4 * (UINT)sizeof(PVOID))

/* im_send.c */
void NTAPI fw_im_send_packets(NDIS_HANDLE context, PPNDIS_PACKET packets, UINT count);
void NTAPI fw_im_send_complete(NDIS_HANDLE context, NDIS_PACKET *packet, NDIS_STATUS status);
void NTAPI fw_im_cancel_sends(NDIS_HANDLE context, PVOID id);

/* im_receive.c: whole packets */
INT NTAPI fw_im_receive_packet(NDIS_HANDLE context, NDIS_PACKET *packet);
void NTAPI fw_im_return_packet(NDIS_HANDLE context, NDIS_PACKET *packet);

/* im_lookahead.c: a header and what comes next */
NDIS_STATUS NTAPI fw_im_receive(NDIS_HANDLE context, NDIS_HANDLE receive_context, PVOID header,
	UINT header_bytes, PVOID lookahead, UINT lookahead_bytes, UINT packet_bytes);
void NTAPI fw_im_receive_complete(NDIS_HANDLE context);
NDIS_STATUS NTAPI fw_im_transfer_data(NDIS_PACKET *packet, UINT *transferred, NDIS_HANDLE context,
	NDIS_HANDLE receive_context, UINT offset, UINT bytes);
void NTAPI fw_im_transfer_complete(
	NDIS_HANDLE context, NDIS_PACKET *packet, NDIS_STATUS status, UINT transferred);

/* Between the two: a packet of ours that has a received packet's buffers and out-of-band data;
 * NULL: there is none. */
NDIS_PACKET *fw_im_received_stand_in(struct fw_im_adapter *adapter, NDIS_PACKET *packet);
/* A packet of ours, made by im_lookahead.c with its own memory, is back from above. */
void fw_im_copy_free(NDIS_PACKET *packet);

/* What a received packet of ours that is above stands for: a packet of the adapter below, or a
 * copy. In MiniportReserved. */
struct fw_im_received {
	NDIS_PACKET *original; /* NULL: `copy` */
	void *copy;
};

static inline struct fw_im_received *fw_im_received_of(NDIS_PACKET *ours)
{
	return (struct fw_im_received *)(void *)ours->MiniportReserved;
}

#endif
