/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * <ndis.h> for an intermediate driver of NDIS 5.1 (XP), where mingw-w64 10 does not compile it or says what XP does not have.
 * Included by the files of kernel/windows/filter in the place of <ndis.h>.
 */
#ifndef FW_NT_NDIS51_H
#define FW_NT_NDIS51_H

/* All three: without the first it takes us for a protocol alone, and NDIS_REQUEST is shorter without NDIS51. */
#define NDIS_MINIPORT_DRIVER 1
#define NDIS51_MINIPORT 1
#define NDIS51 1

#include <ntddk.h>

#ifdef __MINGW32__

/* <ntddndis.h> and <ndis.h>, which includes it, both define this enumeration. The first one gets other names. */
#define _NDIS_REQUEST_TYPE	    fw_ndis_unused_request
#define NDIS_REQUEST_TYPE	    fw_ndis_unused_request_type
#define PNDIS_REQUEST_TYPE	    fw_ndis_unused_request_pointer
#define NdisRequestQueryInformation fw_ndis_unused_query
#define NdisRequestSetInformation   fw_ndis_unused_set
#define NdisRequestQueryStatistics  fw_ndis_unused_statistics
#define NdisRequestOpen		    fw_ndis_unused_open
#define NdisRequestClose	    fw_ndis_unused_close
#define NdisRequestSend		    fw_ndis_unused_send
#define NdisRequestTransferData	    fw_ndis_unused_transfer
#define NdisRequestReset	    fw_ndis_unused_reset
#define NdisRequestGeneric1	    fw_ndis_unused_generic1
#define NdisRequestGeneric2	    fw_ndis_unused_generic2
#define NdisRequestGeneric3	    fw_ndis_unused_generic3
#define NdisRequestGeneric4	    fw_ndis_unused_generic4
#include <ntddndis.h>
#undef _NDIS_REQUEST_TYPE
#undef NDIS_REQUEST_TYPE
#undef PNDIS_REQUEST_TYPE
#undef NdisRequestQueryInformation
#undef NdisRequestSetInformation
#undef NdisRequestQueryStatistics
#undef NdisRequestOpen
#undef NdisRequestClose
#undef NdisRequestSend
#undef NdisRequestTransferData
#undef NdisRequestReset
#undef NdisRequestGeneric1
#undef NdisRequestGeneric2
#undef NdisRequestGeneric3
#undef NdisRequestGeneric4

/* Its declaration lacks the comma between its two parameters, which makes them one argument of this macro. Nobody calls
 * it: it is for WAN miniports. */
#define NdisMWanIndicateReceiveComplete(parameters) fw_ndis_unused_wan(void)
#include <ndis.h>
#undef NdisMWanIndicateReceiveComplete

/* Its one statement has no semicolon. */
#undef NdisMTransferDataComplete
#define NdisMTransferDataComplete(miniport, packet, status, transferred) \
	((*((PNDIS_MINIPORT_BLOCK)(miniport))->TDCompleteHandler)(miniport, packet, status, transferred))

/* Its import library has it, its header does not. */
NDIS_STATUS NTAPI NdisIMNotifyPnPEvent(NDIS_HANDLE miniport, PNET_PNP_EVENT event);

/* mingw's MaxPerPacketInfo counts three entries that a packet of XP has no room for (they came with NDIS 6): never go over
 * the entries up to it. */
#undef MaxPerPacketInfo
#define MaxPerPacketInfo FW_NDIS_USE_NO_SUCH_BOUND

#else
#include <ndis.h>
#endif

#endif
