/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "bare_ndis.h"

uint64_t bare_ndis_below, bare_ndis_above;
static NDIS_PACKET_STACK stack_location;

BARE_WRAP(PNDIS_PACKET_STACK, NdisIMGetCurrentPacketStack, PNDIS_PACKET packet, BOOLEAN *remaining)
{
	if (!bare_kernel_is_on())
		return __real_NdisIMGetCurrentPacketStack(packet, remaining);
	*remaining = TRUE;
	return &stack_location;
}

BARE_WRAP(void, NdisSend, PNDIS_STATUS status, NDIS_HANDLE binding, PNDIS_PACKET packet)
{
	if (!bare_kernel_is_on()) {
		__real_NdisSend(status, binding, packet);
		return;
	}
	bare_ndis_below++;
	*status = NDIS_STATUS_SUCCESS;
}

BARE_WRAP(void, NdisMSendComplete, NDIS_HANDLE miniport, PNDIS_PACKET packet, NDIS_STATUS status)
{
	if (!bare_kernel_is_on())
		__real_NdisMSendComplete(miniport, packet, status);
}

BARE_WRAP(NDIS_HANDLE, NdisGetPoolFromPacket, PNDIS_PACKET packet)
{
	return bare_kernel_is_on() ? packet->Private.Pool : __real_NdisGetPoolFromPacket(packet);
}

BARE_WRAP(void, NdisMIndicateReceivePacket, NDIS_HANDLE miniport, PPNDIS_PACKET packets, UINT count)
{
	if (bare_kernel_is_on())
		bare_ndis_above += count;
	else
		__real_NdisMIndicateReceivePacket(miniport, packets, count);
}

BARE_WRAP(void, NdisReturnPackets, PNDIS_PACKET *packets, UINT count)
{
	if (!bare_kernel_is_on())
		__real_NdisReturnPackets(packets, count);
}

BARE_WRAP(PNDIS_PACKET, NdisGetReceivedPacket, NDIS_HANDLE binding, NDIS_HANDLE context)
{
	return bare_kernel_is_on() ? NULL : __real_NdisGetReceivedPacket(binding, context);
}

BARE_WRAP(void, NdisMEthIndicateReceive, NDIS_HANDLE miniport, NDIS_HANDLE context, PVOID header, UINT header_size,
	PVOID lookahead, UINT lookahead_size, UINT packet_size)
{
	if (bare_kernel_is_on())
		bare_ndis_above++;
	else
		__real_NdisMEthIndicateReceive(
			miniport, context, header, header_size, lookahead, lookahead_size, packet_size);
}
