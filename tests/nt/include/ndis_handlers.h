/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a miniport and a protocol driver of NDIS 5.1 register: their routines, and the request. Layouts of 64-bit NT.
 * Included by <ndis.h>.
 */
#ifndef FW_NDIS_HANDLERS_H
#define FW_NDIS_HANDLERS_H

#include "ndis_packet.h"

typedef struct _NDIS_REQUEST {
	UCHAR MacReserved[4 * sizeof(PVOID)];
	NDIS_REQUEST_TYPE RequestType;
	union _DATA {
		struct QUERY_INFORMATION {
			NDIS_OID Oid;
			PVOID InformationBuffer;
			UINT InformationBufferLength;
			UINT BytesWritten;
			UINT BytesNeeded;
		} QUERY_INFORMATION;
		struct SET_INFORMATION {
			NDIS_OID Oid;
			PVOID InformationBuffer;
			UINT InformationBufferLength;
			UINT BytesRead;
			UINT BytesNeeded;
		} SET_INFORMATION;
	} DATA;
	UCHAR NdisReserved[9 * sizeof(PVOID)];
	union {
		UCHAR CallMgrReserved[2 * sizeof(PVOID)];
		UCHAR ProtocolReserved[2 * sizeof(PVOID)];
	};
	UCHAR MiniportReserved[2 * sizeof(PVOID)];
} NDIS_REQUEST, *PNDIS_REQUEST;

typedef BOOLEAN (*W_CHECK_FOR_HANG_HANDLER)(NDIS_HANDLE context);
typedef void (*W_HALT_HANDLER)(NDIS_HANDLE context);
typedef NDIS_STATUS (*W_INITIALIZE_HANDLER)(PNDIS_STATUS open_status, PUINT selected, PNDIS_MEDIUM media, UINT count,
	NDIS_HANDLE miniport, NDIS_HANDLE configuration);
typedef NDIS_STATUS (*W_QUERY_INFORMATION_HANDLER)(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length,
	PULONG written, PULONG needed);
typedef NDIS_STATUS (*W_SET_INFORMATION_HANDLER)(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length,
	PULONG read, PULONG needed);
typedef NDIS_STATUS (*W_RESET_HANDLER)(PBOOLEAN addressing_reset, NDIS_HANDLE context);
typedef NDIS_STATUS (*W_SEND_HANDLER)(NDIS_HANDLE context, PNDIS_PACKET packet, UINT flags);
typedef void (*W_SEND_PACKETS_HANDLER)(NDIS_HANDLE context, PPNDIS_PACKET packets, UINT count);
typedef NDIS_STATUS (*W_TRANSFER_DATA_HANDLER)(PNDIS_PACKET packet, PUINT transferred, NDIS_HANDLE context,
	NDIS_HANDLE receive_context, UINT offset, UINT length);
typedef void (*W_RETURN_PACKET_HANDLER)(NDIS_HANDLE context, PNDIS_PACKET packet);
typedef void (*W_CANCEL_SEND_PACKETS_HANDLER)(NDIS_HANDLE context, PVOID id);
typedef void (*W_PNP_EVENT_NOTIFY_HANDLER)(NDIS_HANDLE context, NDIS_DEVICE_PNP_EVENT event, PVOID buffer,
	ULONG length);
typedef void (*W_MINIPORT_SHUTDOWN_HANDLER)(PVOID context);
typedef void (*NDIS_UNUSED_HANDLER)(void); /* of drivers for hardware and for connections */

typedef struct _NDIS51_MINIPORT_CHARACTERISTICS {
	UCHAR MajorNdisVersion;
	UCHAR MinorNdisVersion;
	UINT Reserved;
	W_CHECK_FOR_HANG_HANDLER CheckForHangHandler;
	NDIS_UNUSED_HANDLER DisableInterruptHandler;
	NDIS_UNUSED_HANDLER EnableInterruptHandler;
	W_HALT_HANDLER HaltHandler;
	NDIS_UNUSED_HANDLER HandleInterruptHandler;
	W_INITIALIZE_HANDLER InitializeHandler;
	NDIS_UNUSED_HANDLER ISRHandler;
	W_QUERY_INFORMATION_HANDLER QueryInformationHandler;
	NDIS_UNUSED_HANDLER ReconfigureHandler;
	W_RESET_HANDLER ResetHandler;
	W_SEND_HANDLER SendHandler;
	W_SET_INFORMATION_HANDLER SetInformationHandler;
	W_TRANSFER_DATA_HANDLER TransferDataHandler;
	W_RETURN_PACKET_HANDLER ReturnPacketHandler;
	W_SEND_PACKETS_HANDLER SendPacketsHandler;
	NDIS_UNUSED_HANDLER AllocateCompleteHandler;
	NDIS_UNUSED_HANDLER CoCreateVcHandler;
	NDIS_UNUSED_HANDLER CoDeleteVcHandler;
	NDIS_UNUSED_HANDLER CoActivateVcHandler;
	NDIS_UNUSED_HANDLER CoDeactivateVcHandler;
	NDIS_UNUSED_HANDLER CoSendPacketsHandler;
	NDIS_UNUSED_HANDLER CoRequestHandler;
	W_CANCEL_SEND_PACKETS_HANDLER CancelSendPacketsHandler;
	W_PNP_EVENT_NOTIFY_HANDLER PnPEventNotifyHandler;
	W_MINIPORT_SHUTDOWN_HANDLER AdapterShutdownHandler;
	PVOID Reserved1;
	PVOID Reserved2;
	PVOID Reserved3;
	PVOID Reserved4;
} NDIS51_MINIPORT_CHARACTERISTICS, NDIS_MINIPORT_CHARACTERISTICS, *PNDIS_MINIPORT_CHARACTERISTICS;

typedef void (*OPEN_ADAPTER_COMPLETE_HANDLER)(NDIS_HANDLE context, NDIS_STATUS status, NDIS_STATUS open_status);
typedef void (*CLOSE_ADAPTER_COMPLETE_HANDLER)(NDIS_HANDLE context, NDIS_STATUS status);
typedef void (*SEND_COMPLETE_HANDLER)(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status);
typedef void (*TRANSFER_DATA_COMPLETE_HANDLER)(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status,
	UINT transferred);
typedef void (*RESET_COMPLETE_HANDLER)(NDIS_HANDLE context, NDIS_STATUS status);
typedef void (*REQUEST_COMPLETE_HANDLER)(NDIS_HANDLE context, PNDIS_REQUEST request, NDIS_STATUS status);
typedef NDIS_STATUS (*RECEIVE_HANDLER)(NDIS_HANDLE context, NDIS_HANDLE receive_context, PVOID header,
	UINT header_size, PVOID lookahead, UINT lookahead_size, UINT packet_size);
typedef void (*RECEIVE_COMPLETE_HANDLER)(NDIS_HANDLE context);
typedef void (*STATUS_HANDLER)(NDIS_HANDLE context, NDIS_STATUS status, PVOID buffer, UINT length);
typedef void (*STATUS_COMPLETE_HANDLER)(NDIS_HANDLE context);
typedef INT (*RECEIVE_PACKET_HANDLER)(NDIS_HANDLE context, PNDIS_PACKET packet);
typedef void (*BIND_HANDLER)(PNDIS_STATUS status, NDIS_HANDLE bind, PNDIS_STRING device, PVOID specific1,
	PVOID specific2);
typedef void (*UNBIND_HANDLER)(PNDIS_STATUS status, NDIS_HANDLE context, NDIS_HANDLE unbind);
typedef NDIS_STATUS (*PNP_EVENT_HANDLER)(NDIS_HANDLE context, PNET_PNP_EVENT event);
typedef void (*UNLOAD_PROTOCOL_HANDLER)(void);

typedef struct _NDIS50_PROTOCOL_CHARACTERISTICS {
	UCHAR MajorNdisVersion;
	UCHAR MinorNdisVersion;
	USHORT Filler;
	union {
		UINT Reserved;
		UINT Flags;
	};
	OPEN_ADAPTER_COMPLETE_HANDLER OpenAdapterCompleteHandler;
	CLOSE_ADAPTER_COMPLETE_HANDLER CloseAdapterCompleteHandler;
	SEND_COMPLETE_HANDLER SendCompleteHandler;
	TRANSFER_DATA_COMPLETE_HANDLER TransferDataCompleteHandler;
	RESET_COMPLETE_HANDLER ResetCompleteHandler;
	REQUEST_COMPLETE_HANDLER RequestCompleteHandler;
	RECEIVE_HANDLER ReceiveHandler;
	RECEIVE_COMPLETE_HANDLER ReceiveCompleteHandler;
	STATUS_HANDLER StatusHandler;
	STATUS_COMPLETE_HANDLER StatusCompleteHandler;
	NDIS_STRING Name;
	RECEIVE_PACKET_HANDLER ReceivePacketHandler;
	BIND_HANDLER BindAdapterHandler;
	UNBIND_HANDLER UnbindAdapterHandler;
	PNP_EVENT_HANDLER PnPEventHandler;
	UNLOAD_PROTOCOL_HANDLER UnloadHandler;
	PVOID ReservedHandlers[4];
	NDIS_UNUSED_HANDLER CoSendCompleteHandler;
	NDIS_UNUSED_HANDLER CoStatusHandler;
	NDIS_UNUSED_HANDLER CoReceivePacketHandler;
	NDIS_UNUSED_HANDLER CoAfRegisterNotifyHandler;
} NDIS50_PROTOCOL_CHARACTERISTICS, NDIS_PROTOCOL_CHARACTERISTICS, *PNDIS_PROTOCOL_CHARACTERISTICS;

#endif
