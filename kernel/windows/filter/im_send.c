/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Packets that go down: from our miniport to the adapter below, in their own stack location where
 * there is one, else in a packet of ours that has the same buffers (NT-29).
 */
#include "kernel/windows/filter/im_packet.h"

#include "kernel/windows/filter/im_judge.h"

/* A packet of ours that stands for one from above. */
static NDIS_PACKET **original_of(NDIS_PACKET *ours)
{
	return (NDIS_PACKET **)(void *)ours->ProtocolReserved;
}

static NDIS_PACKET *stand_in(struct fw_im_adapter *adapter, NDIS_PACKET *packet)
{
	NDIS_STATUS status;
	NDIS_PACKET *ours;
	UINT specific_bytes;
	PVOID specific;

	NdisAllocatePacket(&status, &ours, adapter->send_pool);
	if (status != NDIS_STATUS_SUCCESS)
		return NULL;
	*original_of(ours) = packet;
	NDIS_PACKET_FIRST_NDIS_BUFFER(ours) = NDIS_PACKET_FIRST_NDIS_BUFFER(packet);
	NDIS_PACKET_LAST_NDIS_BUFFER(ours) = NDIS_PACKET_LAST_NDIS_BUFFER(packet);
	ours->Private.Flags = NdisGetPacketFlags(packet);
	memcpy(NDIS_OOB_DATA_FROM_PACKET(ours), NDIS_OOB_DATA_FROM_PACKET(packet),
		sizeof(NDIS_PACKET_OOB_DATA));
	NdisIMCopySendPerPacketInfo(ours, packet);
	NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(packet, &specific, &specific_bytes);
	if (specific || specific_bytes)
		NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(ours, specific, specific_bytes);
	return ours;
}

/* Once for each packet that went down. */
static void complete(struct fw_im_adapter *adapter, NDIS_PACKET *packet, NDIS_STATUS status)
{
	NDIS_PACKET *original = packet;

	if (NdisGetPoolFromPacket(packet) == adapter->send_pool) {
		original = *original_of(packet);
		NdisIMCopySendCompletePerPacketInfo(original, packet);
		NdisFreePacket(packet);
	}
	NdisMSendComplete(adapter->miniport, original, status);
	fw_im_adapter_end(adapter);
}

static void send_down(struct fw_im_adapter *adapter, NDIS_PACKET *packet)
{
	NDIS_PACKET *down = packet;
	BOOLEAN has_room = FALSE;
	NDIS_STATUS status;

	(void)NdisIMGetCurrentPacketStack(packet, &has_room);
	if (!has_room)
		down = stand_in(adapter, packet);
	if (!down) {
		NdisMSendComplete(adapter->miniport, packet, NDIS_STATUS_RESOURCES);
		fw_im_adapter_end(adapter);
		return;
	}
	NdisSend(&status, adapter->binding, down);
	if (status != NDIS_STATUS_PENDING)
		complete(adapter, down, status);
}

/* NT-30: its sender hears of a dropped packet that it was sent, once, and has its memory back. */
static void send_one(struct fw_im_adapter *adapter, NDIS_PACKET *packet)
{
	struct fw_im_head head;

	if (!fw_im_head_of_packet(&head, packet)) {
		NdisMSendComplete(adapter->miniport, packet, NDIS_STATUS_RESOURCES);
		return;
	}
	if (fw_im_judge_drops(adapter, FW_FILTER_PLACE_SEND, &head)) {
		NdisMSendComplete(adapter->miniport, packet, NDIS_STATUS_SUCCESS);
		return;
	}
	if (adapter->above != NdisDeviceStateD0 || !fw_im_adapter_begin(adapter)) {
		NdisMSendComplete(adapter->miniport, packet, NDIS_STATUS_FAILURE);
		return;
	}
	send_down(adapter, packet);
}

void NTAPI fw_im_send_packets(NDIS_HANDLE context, PPNDIS_PACKET packets, UINT count)
{
	for (UINT i = 0; i < count; i++)
		send_one(context, packets[i]);
}

void NTAPI fw_im_send_complete(NDIS_HANDLE context, NDIS_PACKET *packet, NDIS_STATUS status)
{
	complete(context, packet, status);
}

void NTAPI fw_im_cancel_sends(NDIS_HANDLE context, PVOID id)
{
	struct fw_im_adapter *adapter = context;

	if (!fw_im_adapter_begin(adapter))
		return;
	NdisCancelSendPackets(adapter->binding, id);
	fw_im_adapter_end(adapter);
}
