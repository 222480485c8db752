/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Whole packets that come up. NDIS wants to know how often a packet will be given back: 0, the
 * adapter below has it again at once, or 1, when whoever is above us gives it back (NT-30).
 */
#include "kernel/windows/filter/im_packet.h"

#include "kernel/windows/filter/im_judge.h"

/* NT-29: what is beside the bytes goes along. Only what a received packet has: other entries are of
 * senders. */
static void copy_out_of_band(NDIS_PACKET *ours, NDIS_PACKET *packet)
{
	static const NDIS_PER_PACKET_INFO kinds[] = { TcpIpChecksumPacketInfo, IpSecPacketInfo,
		Ieee8021QInfo };
	UINT specific_bytes;
	PVOID specific;

	memcpy(NDIS_OOB_DATA_FROM_PACKET(ours), NDIS_OOB_DATA_FROM_PACKET(packet),
		sizeof(NDIS_PACKET_OOB_DATA));
	for (uint32_t i = 0; i < FW_ARRAY_SIZE(kinds); i++)
		NDIS_PER_PACKET_INFO_FROM_PACKET(ours, kinds[i]) =
			NDIS_PER_PACKET_INFO_FROM_PACKET(packet, kinds[i]);
	NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(packet, &specific, &specific_bytes);
	if (specific || specific_bytes)
		NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(ours, specific, specific_bytes);
	NDIS_SET_ORIGINAL_PACKET(ours, NDIS_GET_ORIGINAL_PACKET(packet));
	ours->Private.Flags = NdisGetPacketFlags(packet);
}

NDIS_PACKET *fw_im_received_stand_in(struct fw_im_adapter *adapter, NDIS_PACKET *packet)
{
	NDIS_STATUS status;
	NDIS_PACKET *ours;

	NdisAllocatePacket(&status, &ours, adapter->receive_pool);
	if (status != NDIS_STATUS_SUCCESS)
		return NULL;
	fw_im_received_of(ours)->original = packet;
	fw_im_received_of(ours)->copy = NULL;
	NDIS_PACKET_FIRST_NDIS_BUFFER(ours) = NDIS_PACKET_FIRST_NDIS_BUFFER(packet);
	NDIS_PACKET_LAST_NDIS_BUFFER(ours) = NDIS_PACKET_LAST_NDIS_BUFFER(packet);
	copy_out_of_band(ours, packet);
	return ours;
}

/* Without a stack location. The status is read before: with RESOURCES the packet is ours again when
 * the call returns, without it may be gone. */
static INT indicate_stand_in(struct fw_im_adapter *adapter, NDIS_PACKET *packet)
{
	NDIS_STATUS status = NDIS_GET_PACKET_STATUS(packet);
	NDIS_PACKET *ours = fw_im_received_stand_in(adapter, packet);

	if (!ours)
		return 0; /* as a miniport without resources does: it is lost, and whoever sent it
			     sends it again */
	if (status != NDIS_STATUS_RESOURCES)
		fw_im_adapter_lend(adapter);
	NdisMIndicateReceivePacket(adapter->miniport, &ours, 1);
	if (status != NDIS_STATUS_RESOURCES)
		return 1;
	NdisFreePacket(ours);
	return 0;
}

static INT indicate(struct fw_im_adapter *adapter, NDIS_PACKET *packet)
{
	NDIS_STATUS status = NDIS_GET_PACKET_STATUS(packet);
	BOOLEAN has_room = FALSE;

	(void)NdisIMGetCurrentPacketStack(packet, &has_room);
	if (!has_room)
		return indicate_stand_in(adapter, packet);
	if (status != NDIS_STATUS_RESOURCES)
		fw_im_adapter_lend(adapter);
	NdisMIndicateReceivePacket(adapter->miniport, &packet, 1);
	return status != NDIS_STATUS_RESOURCES ? 1 : 0;
}

static INT judge(struct fw_im_adapter *adapter, NDIS_PACKET *packet)
{
	struct fw_im_head head;

	if (!fw_im_head_of_packet(&head, packet) ||
		fw_im_judge_drops(adapter, FW_FILTER_PLACE_PACKET, &head))
		return 0;
	return indicate(adapter, packet);
}

INT NTAPI fw_im_receive_packet(NDIS_HANDLE context, NDIS_PACKET *packet)
{
	struct fw_im_adapter *adapter = context;
	INT references;

	if (!fw_im_adapter_begin_up(adapter))
		return 0;
	references = judge(adapter, packet);
	fw_im_adapter_end(adapter);
	return references;
}

void NTAPI fw_im_return_packet(NDIS_HANDLE context, NDIS_PACKET *packet)
{
	struct fw_im_adapter *adapter = context;
	NDIS_PACKET *original = packet;

	if (NdisGetPoolFromPacket(packet) == adapter->receive_pool) {
		original = fw_im_received_of(packet)->original;
		if (original)
			NdisFreePacket(packet);
		else
			fw_im_copy_free(packet);
	}
	if (original)
		NdisReturnPackets(&original, 1);
	fw_im_adapter_returned(adapter);
}
