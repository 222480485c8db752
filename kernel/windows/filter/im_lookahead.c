/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Packets that come up as a header and a look-ahead, and whoever wants the rest asks for it. They
 * are judged by what is there: im_request.c sees to it that the look-ahead is never smaller than
 * what is needed. An adapter that gives less nevertheless has its packet copied, and the copy is
 * judged, and goes up as a whole packet: no packet passes unseen.
 */
#include "kernel/windows/filter/im_packet.h"

#include "kernel/windows/filter/im_judge.h"
#include "kernel/windows/nt_memory.h"

/* A copy: the header, and behind it the rest of the packet. The adapter below fills the rest only;
 * what goes up has all of it in one buffer, as NDIS wants header and look-ahead in the first. */
struct copy {
	NDIS_BUFFER *all_buffer;
	NDIS_BUFFER *rest_buffer;
	uint32_t header_bytes;
	uint32_t rest_bytes;
	uint8_t bytes[];
};

static struct copy *copy_new(const void *header, uint32_t header_bytes, uint32_t rest_bytes)
{
	struct copy *copy = NULL;

	if (header_bytes && rest_bytes && header_bytes <= 64 && rest_bytes <= 1u << 20)
		copy = fw_allocate(sizeof(*copy) + header_bytes + rest_bytes);
	if (!copy)
		return NULL;
	copy->header_bytes = header_bytes;
	copy->rest_bytes = rest_bytes;
	memcpy(copy->bytes, header, header_bytes);
	copy->all_buffer =
		IoAllocateMdl(copy->bytes, header_bytes + rest_bytes, FALSE, FALSE, NULL);
	copy->rest_buffer =
		IoAllocateMdl(copy->bytes + header_bytes, rest_bytes, FALSE, FALSE, NULL);
	if (copy->all_buffer)
		MmBuildMdlForNonPagedPool(copy->all_buffer);
	if (copy->rest_buffer)
		MmBuildMdlForNonPagedPool(copy->rest_buffer);
	return copy;
}

static void copy_free(struct copy *copy)
{
	if (copy->all_buffer)
		IoFreeMdl(copy->all_buffer);
	if (copy->rest_buffer)
		IoFreeMdl(copy->rest_buffer);
	fw_free(copy);
}

/* Until the adapter below has filled it we are the packet's protocol, and have this part of it
 * only; when it goes up we are its miniport. */
static struct copy **filled_of(NDIS_PACKET *packet)
{
	return (struct copy **)(void *)packet->ProtocolReserved;
}

static void unchain(NDIS_PACKET *packet)
{
	NDIS_PACKET_FIRST_NDIS_BUFFER(packet) = NULL;
	NDIS_PACKET_LAST_NDIS_BUFFER(packet) = NULL;
}

static void packet_free(NDIS_PACKET *packet, struct copy *copy)
{
	unchain(packet);
	NdisFreePacket(packet);
	copy_free(copy);
}

void fw_im_copy_free(NDIS_PACKET *packet)
{
	packet_free(packet, fw_im_received_of(packet)->copy);
}

static NDIS_PACKET *copy_packet(struct fw_im_adapter *adapter, const void *header,
	uint32_t header_bytes, uint32_t rest_bytes)
{
	struct copy *copy = copy_new(header, header_bytes, rest_bytes);
	NDIS_STATUS status;
	NDIS_PACKET *packet;

	if (!copy)
		return NULL;
	if (!copy->all_buffer || !copy->rest_buffer)
		goto copy_free;
	NdisAllocatePacket(&status, &packet, adapter->receive_pool);
	if (status != NDIS_STATUS_SUCCESS)
		goto copy_free;
	*filled_of(packet) = copy;
	NdisChainBufferAtBack(
		packet, copy->rest_buffer); /* the transfer fills the packet from its beginning */
	return packet;

copy_free:
	copy_free(copy);
	return NULL;
}

/* False: it is dropped. */
static bool indicate_copy(struct fw_im_adapter *adapter, NDIS_PACKET *packet, struct copy *copy)
{
	struct fw_im_head head;

	unchain(packet);
	NdisChainBufferAtFront(packet, copy->all_buffer);
	if (!fw_im_head_of_packet(&head, packet) ||
		fw_im_judge_drops(adapter, FW_FILTER_PLACE_LOOKAHEAD, &head))
		return false;
	NDIS_SET_PACKET_HEADER_SIZE(packet, copy->header_bytes);
	NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_SUCCESS);
	fw_im_received_of(packet)->original = NULL;
	fw_im_received_of(packet)->copy = copy;
	fw_im_adapter_lend(adapter);
	NdisMIndicateReceivePacket(adapter->miniport, &packet, 1);
	return true; /* fw_im_return_packet() frees it */
}

/* The rest is there, or never will be; and our miniport may have gone meanwhile. */
static void copy_done(struct fw_im_adapter *adapter, NDIS_PACKET *packet, NDIS_STATUS status,
	uint32_t transferred)
{
	struct copy *copy = *filled_of(packet);
	bool is_gone = false;

	if (status == NDIS_STATUS_SUCCESS && transferred >= copy->rest_bytes &&
		fw_im_adapter_begin_up(adapter)) {
		is_gone = indicate_copy(adapter, packet, copy);
		fw_im_adapter_end(adapter);
	}
	if (!is_gone)
		packet_free(packet, copy);
}

/* It can be waited for neither here nor at all: it is dropped if there is no memory, as packets are
 * everywhere. */
static NDIS_STATUS receive_copy(struct fw_im_adapter *adapter, NDIS_HANDLE receive_context,
	const void *header, uint32_t header_bytes, uint32_t rest_bytes)
{
	NDIS_PACKET *packet = copy_packet(adapter, header, header_bytes, rest_bytes);
	NDIS_STATUS status;
	UINT transferred = 0;

	if (!packet)
		return NDIS_STATUS_NOT_ACCEPTED;
	NdisTransferData(
		&status, adapter->binding, receive_context, 0, rest_bytes, packet, &transferred);
	if (status != NDIS_STATUS_PENDING)
		copy_done(adapter, packet, status, transferred);
	return NDIS_STATUS_SUCCESS;
}

/* The adapter below has it as a packet: so it goes up, with what is beside its bytes. It is back
 * when the call returns. */
static bool indicate_packet(
	struct fw_im_adapter *adapter, NDIS_PACKET *packet, uint32_t header_bytes)
{
	NDIS_PACKET *ours = fw_im_received_stand_in(adapter, packet);

	if (!ours)
		return false;
	NDIS_SET_PACKET_HEADER_SIZE(ours, header_bytes);
	NDIS_SET_PACKET_STATUS(ours, NDIS_STATUS_RESOURCES);
	NdisMIndicateReceivePacket(adapter->miniport, &ours, 1);
	NdisFreePacket(ours);
	return true;
}

static NDIS_STATUS receive(struct fw_im_adapter *adapter, NDIS_HANDLE receive_context, void *header,
	UINT header_bytes, void *lookahead, UINT lookahead_bytes, UINT packet_bytes)
{
	NDIS_PACKET *packet = NdisGetReceivedPacket(adapter->binding, receive_context);
	struct fw_im_head head;
	bool seen;

	seen = packet ? fw_im_head_of_packet(&head, packet)
		      : fw_im_head_of_parts(&head, header, header_bytes, lookahead, lookahead_bytes,
				packet_bytes);
	if (!seen)
		return receive_copy(adapter, receive_context, header, header_bytes, packet_bytes);
	if (fw_im_judge_drops(adapter, FW_FILTER_PLACE_LOOKAHEAD, &head))
		return NDIS_STATUS_NOT_ACCEPTED;
	if (packet && indicate_packet(adapter, packet, header_bytes))
		return NDIS_STATUS_SUCCESS;
	adapter->was_indicated = true;
	NdisMEthIndicateReceive(adapter->miniport, receive_context, header, header_bytes, lookahead,
		lookahead_bytes, packet_bytes);
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NTAPI fw_im_receive(NDIS_HANDLE context, NDIS_HANDLE receive_context, PVOID header,
	UINT header_bytes, PVOID lookahead, UINT lookahead_bytes, UINT packet_bytes)
{
	struct fw_im_adapter *adapter = context;
	NDIS_STATUS status;

	if (!fw_im_adapter_begin_up(adapter))
		return NDIS_STATUS_FAILURE;
	status = receive(adapter, receive_context, header, header_bytes, lookahead, lookahead_bytes,
		packet_bytes);
	fw_im_adapter_end(adapter);
	return status;
}

void NTAPI fw_im_receive_complete(NDIS_HANDLE context)
{
	struct fw_im_adapter *adapter = context;

	if (adapter->was_indicated && fw_im_adapter_begin_up(adapter)) {
		NdisMEthIndicateReceiveComplete(adapter->miniport);
		fw_im_adapter_end(adapter);
	}
	adapter->was_indicated = false;
}

NDIS_STATUS NTAPI fw_im_transfer_data(NDIS_PACKET *packet, UINT *transferred, NDIS_HANDLE context,
	NDIS_HANDLE receive_context, UINT offset, UINT bytes)
{
	struct fw_im_adapter *adapter = context;
	NDIS_STATUS status;

	if (!fw_im_adapter_is_awake(adapter))
		return NDIS_STATUS_FAILURE;
	NdisTransferData(
		&status, adapter->binding, receive_context, offset, bytes, packet, transferred);
	return status;
}

void NTAPI fw_im_transfer_complete(
	NDIS_HANDLE context, NDIS_PACKET *packet, NDIS_STATUS status, UINT transferred)
{
	struct fw_im_adapter *adapter = context;

	if (NdisGetPoolFromPacket(packet) == adapter->receive_pool)
		copy_done(adapter, packet, status, transferred);
	else if (adapter->miniport)
		NdisMTransferDataComplete(adapter->miniport, packet, status, transferred);
}
