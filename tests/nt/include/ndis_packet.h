/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Packets of NDIS 5.1: descriptor, out-of-band data, extension and stack, in the layout of 64-bit NT, and what is macros
 * on NT too. Any IRQL, by whoever owns the packet. Included by <ndis.h>.
 */
#ifndef FW_NDIS_PACKET_H
#define FW_NDIS_PACKET_H

#include "ndis_types.h"

typedef struct _NDIS_PACKET_POOL *PNDIS_PACKET_POOL;

typedef struct _NDIS_PACKET_PRIVATE {
	UINT PhysicalCount;
	UINT TotalLength;
	PNDIS_BUFFER Head;
	PNDIS_BUFFER Tail;
	PNDIS_PACKET_POOL Pool;
	UINT Count;
	ULONG Flags;
	BOOLEAN ValidCounts;
	UCHAR NdisPacketFlags;
	USHORT NdisPacketOobOffset;
} NDIS_PACKET_PRIVATE, *PNDIS_PACKET_PRIVATE;

#define fPACKET_WRAPPER_RESERVED 0x3f
#define fPACKET_CONTAINS_MEDIA_SPECIFIC_INFO 0x40
#define fPACKET_ALLOCATED_BY_NDIS 0x80

#define NDIS_FLAGS_PROTOCOL_ID_MASK 0x0000000fu
#define NDIS_FLAGS_MULTICAST_PACKET 0x00000010u
#define NDIS_FLAGS_DONT_LOOPBACK 0x00000080u
#define NDIS_FLAGS_IS_LOOPBACK_PACKET 0x00000100u
#define NDIS_FLAGS_LOOPBACK_ONLY 0x00000200u
#define NDIS_FLAGS_DOUBLE_BUFFERED 0x00000800u
#define NDIS_FLAGS_SENT_AT_DPC 0x00001000u
#define NDIS_FLAGS_USES_ORIGINAL_PACKET 0x00004000u
#define NDIS_FLAGS_PADDED 0x00010000u
#define NDIS_FLAGS_XLATE_AT_TOP 0x00020000u

typedef struct _NDIS_PACKET {
	NDIS_PACKET_PRIVATE Private;
	union {
		struct {
			UCHAR MiniportReserved[2 * sizeof(PVOID)];
			UCHAR WrapperReserved[2 * sizeof(PVOID)];
		};
		struct {
			UCHAR MiniportReservedEx[3 * sizeof(PVOID)];
			UCHAR WrapperReservedEx[sizeof(PVOID)];
		};
		struct {
			UCHAR MacReserved[4 * sizeof(PVOID)];
		};
	};
	ULONG_PTR Reserved[2];
	UCHAR ProtocolReserved[1]; /* as many as the pool was asked for */
} NDIS_PACKET, *PNDIS_PACKET, **PPNDIS_PACKET;
#define PROTOCOL_RESERVED_SIZE_IN_PACKET (4 * sizeof(PVOID))

typedef struct _NDIS_PACKET_OOB_DATA {
	union {
		ULONGLONG TimeToSend;
		ULONGLONG TimeSent;
	};
	ULONGLONG TimeReceived;
	UINT HeaderSize;
	UINT SizeMediaSpecificInfo;
	PVOID MediaSpecificInformation;
	NDIS_STATUS Status;
} NDIS_PACKET_OOB_DATA, *PNDIS_PACKET_OOB_DATA;

typedef enum _NDIS_PER_PACKET_INFO {
	TcpIpChecksumPacketInfo, IpSecPacketInfo, TcpLargeSendPacketInfo, ClassificationHandlePacketInfo,
	NdisReserved, ScatterGatherListPacketInfo, Ieee8021QInfo, OriginalPacketInfo, PacketCancelId,
	MaxPerPacketInfo /* of 5.1; mingw-w64 has those of 6 too */
} NDIS_PER_PACKET_INFO, *PNDIS_PER_PACKET_INFO;

typedef struct _NDIS_PACKET_EXTENSION {
	PVOID NdisPacketInfo[MaxPerPacketInfo];
} NDIS_PACKET_EXTENSION, *PNDIS_PACKET_EXTENSION;

typedef struct _NDIS_PACKET_STACK {
	ULONG_PTR IMReserved[2];
	ULONG_PTR NdisReserved[4];
} NDIS_PACKET_STACK, *PNDIS_PACKET_STACK;

typedef struct _NDIS_PACKET_8021Q_INFO {
	union {
		struct {
			ULONG UserPriority : 3;
			ULONG CanonicalFormatId : 1;
			ULONG VlanId : 12;
			ULONG Reserved : 16;
		} TagHeader;
		PVOID Value;
	};
} NDIS_PACKET_8021Q_INFO, *PNDIS_PACKET_8021Q_INFO;

#define NDIS_OOB_DATA_FROM_PACKET(packet) \
	((PNDIS_PACKET_OOB_DATA)((PUCHAR)(packet) + (packet)->Private.NdisPacketOobOffset))
#define NDIS_PACKET_EXTENSION_FROM_PACKET(packet) ((PNDIS_PACKET_EXTENSION)(NDIS_OOB_DATA_FROM_PACKET(packet) + 1))
#define NDIS_PER_PACKET_INFO_FROM_PACKET(packet, type) \
	(NDIS_PACKET_EXTENSION_FROM_PACKET(packet)->NdisPacketInfo[type])
#define NDIS_GET_ORIGINAL_PACKET(packet) NDIS_PER_PACKET_INFO_FROM_PACKET(packet, OriginalPacketInfo)
#define NDIS_SET_ORIGINAL_PACKET(packet, original) (NDIS_GET_ORIGINAL_PACKET(packet) = (original))
#define NDIS_GET_PACKET_CANCEL_ID(packet) NDIS_PER_PACKET_INFO_FROM_PACKET(packet, PacketCancelId)
#define NDIS_SET_PACKET_CANCEL_ID(packet, id) (NDIS_GET_PACKET_CANCEL_ID(packet) = (PVOID)(id))
#define NdisGetPacketCancelId(packet) NDIS_GET_PACKET_CANCEL_ID(packet)
#define NdisSetPacketCancelId(packet, id) NDIS_SET_PACKET_CANCEL_ID(packet, id)
#define NDIS_GET_PACKET_STATUS(packet) (NDIS_OOB_DATA_FROM_PACKET(packet)->Status)
#define NDIS_SET_PACKET_STATUS(packet, status) (NDIS_GET_PACKET_STATUS(packet) = (status))
#define NDIS_GET_PACKET_HEADER_SIZE(packet) (NDIS_OOB_DATA_FROM_PACKET(packet)->HeaderSize)
#define NDIS_SET_PACKET_HEADER_SIZE(packet, size) (NDIS_GET_PACKET_HEADER_SIZE(packet) = (size))
#define NDIS_GET_PACKET_TIME_TO_SEND(packet) (NDIS_OOB_DATA_FROM_PACKET(packet)->TimeToSend)
#define NDIS_SET_PACKET_TIME_TO_SEND(packet, time) (NDIS_GET_PACKET_TIME_TO_SEND(packet) = (time))
#define NDIS_GET_PACKET_TIME_SENT(packet) (NDIS_OOB_DATA_FROM_PACKET(packet)->TimeSent)
#define NDIS_SET_PACKET_TIME_SENT(packet, time) (NDIS_GET_PACKET_TIME_SENT(packet) = (time))
#define NDIS_GET_PACKET_TIME_RECEIVED(packet) (NDIS_OOB_DATA_FROM_PACKET(packet)->TimeReceived)
#define NDIS_SET_PACKET_TIME_RECEIVED(packet, time) (NDIS_GET_PACKET_TIME_RECEIVED(packet) = (time))
#define NDIS_GET_PACKET_PROTOCOL_TYPE(packet) ((packet)->Private.Flags & NDIS_FLAGS_PROTOCOL_ID_MASK)
#define NDIS_PACKET_FIRST_NDIS_BUFFER(packet) ((packet)->Private.Head)
#define NDIS_PACKET_LAST_NDIS_BUFFER(packet) ((packet)->Private.Tail)
#define NDIS_PACKET_VALID_COUNTS(packet) ((packet)->Private.ValidCounts)
#define NDIS_BUFFER_LINKAGE(buffer) ((buffer)->Next)
#define NdisGetPacketFlags(packet) ((packet)->Private.Flags)
#define NdisSetPacketFlags(packet, flags) ((packet)->Private.Flags |= (flags))
#define NdisClearPacketFlags(packet, flags) ((packet)->Private.Flags &= ~(flags))
#define NdisGetNextBuffer(buffer, next) (*(next) = (buffer)->Next)

#define NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(packet, info, size) \
	do { \
		BOOLEAN has_ = ((packet)->Private.NdisPacketFlags & \
				(fPACKET_ALLOCATED_BY_NDIS | fPACKET_CONTAINS_MEDIA_SPECIFIC_INFO)) == \
			(fPACKET_ALLOCATED_BY_NDIS | fPACKET_CONTAINS_MEDIA_SPECIFIC_INFO); \
		*(info) = has_ ? NDIS_OOB_DATA_FROM_PACKET(packet)->MediaSpecificInformation : NULL; \
		*(size) = has_ ? NDIS_OOB_DATA_FROM_PACKET(packet)->SizeMediaSpecificInfo : 0; \
	} while (0)
#define NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(packet, info, size) \
	do { \
		if ((packet)->Private.NdisPacketFlags & fPACKET_ALLOCATED_BY_NDIS) { \
			(packet)->Private.NdisPacketFlags |= fPACKET_CONTAINS_MEDIA_SPECIFIC_INFO; \
			NDIS_OOB_DATA_FROM_PACKET(packet)->MediaSpecificInformation = (info); \
			NDIS_OOB_DATA_FROM_PACKET(packet)->SizeMediaSpecificInfo = (size); \
		} \
	} while (0)

static inline void NdisReinitializePacket(PNDIS_PACKET packet)
{
	packet->Private.Head = NULL;
	packet->Private.ValidCounts = FALSE;
}

static inline void NdisRecalculatePacketCounts(PNDIS_PACKET packet)
{
	PNDIS_BUFFER buffer = packet->Private.Head;

	for (; buffer; buffer = buffer->Next)
		packet->Private.Tail = buffer;
	packet->Private.ValidCounts = FALSE;
}

static inline void NdisChainBufferAtFront(PNDIS_PACKET packet, PNDIS_BUFFER buffer)
{
	PNDIS_BUFFER last = buffer;

	while (last->Next)
		last = last->Next;
	if (!packet->Private.Head)
		packet->Private.Tail = last;
	last->Next = packet->Private.Head;
	packet->Private.Head = buffer;
	packet->Private.ValidCounts = FALSE;
}

static inline void NdisChainBufferAtBack(PNDIS_PACKET packet, PNDIS_BUFFER buffer)
{
	PNDIS_BUFFER last = buffer;

	while (last->Next)
		last = last->Next;
	if (packet->Private.Head)
		packet->Private.Tail->Next = buffer;
	else
		packet->Private.Head = buffer;
	packet->Private.Tail = last;
	last->Next = NULL;
	packet->Private.ValidCounts = FALSE;
}

#endif
