/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* As nt_layouts.c, for NDIS 5.1. */
#include <ntddk.h>
#ifdef __MINGW32__
/* mingw-w64 declares this type in two headers, and lacks a comma in a function's parameters. */
#define _NDIS_REQUEST_TYPE _NDIS_REQUEST_TYPE_TWICE
#define NDIS_REQUEST_TYPE NDIS_REQUEST_TYPE_TWICE
#define PNDIS_REQUEST_TYPE PNDIS_REQUEST_TYPE_TWICE
#define NdisRequestQueryInformation twice0
#define NdisRequestSetInformation twice1
#define NdisRequestQueryStatistics twice2
#define NdisRequestOpen twice3
#define NdisRequestClose twice4
#define NdisRequestSend twice5
#define NdisRequestTransferData twice6
#define NdisRequestReset twice7
#define NdisRequestGeneric1 twice8
#define NdisRequestGeneric2 twice9
#define NdisRequestGeneric3 twice10
#define NdisRequestGeneric4 twice11
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
#define NdisMWanIndicateReceiveComplete(parameters) NdisMWanIndicateReceiveComplete(void)
#define NDIS_MINIPORT_DRIVER
#define NDIS51_MINIPORT 1
#define NDIS51 1
#define NDIS_WDM 1
#endif
#include <ndis.h>

#define NT_SIZE(type, size) _Static_assert(sizeof(type) == (size), "size of " #type);
#define NT_AT(type, field, offset) \
	_Static_assert(__builtin_offsetof(type, field) == (offset), "offset of " #type "." #field);
#define NT_VALUE(name, value) _Static_assert((unsigned)(name) == (value), "value of " #name);
#include "nt_ndis_layouts.h"
