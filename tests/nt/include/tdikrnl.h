/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The transport driver interface: what a client of a transport, and a filter between them, says and sees. Layouts are
 * asserted against mingw-w64's by tests/nt/nt_layouts.h. For driver sources compiled for the host.
 */
#ifndef FW_NT_TDIKRNL_H
#define FW_NT_TDIKRNL_H

#include "ntddk.h"

typedef LONG TDI_STATUS;
typedef PVOID CONNECTION_CONTEXT;

/* Minor codes of IRP_MJ_INTERNAL_DEVICE_CONTROL */
#define TDI_ASSOCIATE_ADDRESS 0x01
#define TDI_DISASSOCIATE_ADDRESS 0x02
#define TDI_CONNECT 0x03
#define TDI_LISTEN 0x04
#define TDI_ACCEPT 0x05
#define TDI_DISCONNECT 0x06
#define TDI_SEND 0x07
#define TDI_RECEIVE 0x08
#define TDI_SEND_DATAGRAM 0x09
#define TDI_RECEIVE_DATAGRAM 0x0A
#define TDI_SET_EVENT_HANDLER 0x0B
#define TDI_QUERY_INFORMATION 0x0C
#define TDI_SET_INFORMATION 0x0D
#define TDI_ACTION 0x0E
#define TDI_DIRECT_SEND 0x27
#define TDI_DIRECT_SEND_DATAGRAM 0x29

/* FsContext2 of a transport's file object */
#define TDI_TRANSPORT_ADDRESS_FILE 1
#define TDI_CONNECTION_FILE 2
#define TDI_CONTROL_CHANNEL_FILE 3

#define _TDI_CONTROL_CODE(request, method) CTL_CODE(FILE_DEVICE_TRANSPORT, request, method, FILE_ANY_ACCESS)
#define IOCTL_TDI_ACCEPT _TDI_CONTROL_CODE(0, METHOD_BUFFERED)
#define IOCTL_TDI_CONNECT _TDI_CONTROL_CODE(1, METHOD_BUFFERED)
#define IOCTL_TDI_DISCONNECT _TDI_CONTROL_CODE(2, METHOD_BUFFERED)
#define IOCTL_TDI_LISTEN _TDI_CONTROL_CODE(3, METHOD_BUFFERED)
#define IOCTL_TDI_QUERY_INFORMATION _TDI_CONTROL_CODE(4, METHOD_OUT_DIRECT)
#define IOCTL_TDI_RECEIVE _TDI_CONTROL_CODE(5, METHOD_OUT_DIRECT)
#define IOCTL_TDI_RECEIVE_DATAGRAM _TDI_CONTROL_CODE(6, METHOD_OUT_DIRECT)
#define IOCTL_TDI_SEND _TDI_CONTROL_CODE(7, METHOD_IN_DIRECT)
#define IOCTL_TDI_SEND_DATAGRAM _TDI_CONTROL_CODE(8, METHOD_IN_DIRECT)
#define IOCTL_TDI_SET_EVENT_HANDLER _TDI_CONTROL_CODE(9, METHOD_BUFFERED)
#define IOCTL_TDI_SET_INFORMATION _TDI_CONTROL_CODE(10, METHOD_IN_DIRECT)
#define IOCTL_TDI_ASSOCIATE_ADDRESS _TDI_CONTROL_CODE(11, METHOD_BUFFERED)
#define IOCTL_TDI_DISASSOCIATE_ADDRESS _TDI_CONTROL_CODE(12, METHOD_BUFFERED)
#define IOCTL_TDI_ACTION _TDI_CONTROL_CODE(13, METHOD_OUT_DIRECT)
#define IOCTL_TDI_QUERY_DIRECT_SEND_HANDLER _TDI_CONTROL_CODE(0x80, METHOD_NEITHER)
#define IOCTL_TDI_QUERY_DIRECT_SENDDG_HANDLER _TDI_CONTROL_CODE(0x81, METHOD_NEITHER)

/* Names of the extended attributes of a create */
#define TdiTransportAddress "TransportAddress"
#define TDI_TRANSPORT_ADDRESS_LENGTH (sizeof(TdiTransportAddress) - 1)
#define TdiConnectionContext "ConnectionContext"
#define TDI_CONNECTION_CONTEXT_LENGTH (sizeof(TdiConnectionContext) - 1)

typedef struct _TDI_CONNECTION_INFORMATION {
	LONG UserDataLength;
	PVOID UserData;
	LONG OptionsLength;
	PVOID Options;
	LONG RemoteAddressLength;
	PVOID RemoteAddress;
} TDI_CONNECTION_INFORMATION, *PTDI_CONNECTION_INFORMATION;

typedef struct _TDI_REQUEST_KERNEL {
	ULONG RequestFlags;
	PTDI_CONNECTION_INFORMATION RequestConnectionInformation;
	PTDI_CONNECTION_INFORMATION ReturnConnectionInformation;
	PVOID RequestSpecific;
} TDI_REQUEST_KERNEL, *PTDI_REQUEST_KERNEL, TDI_REQUEST_KERNEL_CONNECT, *PTDI_REQUEST_KERNEL_CONNECT,
	TDI_REQUEST_KERNEL_LISTEN, *PTDI_REQUEST_KERNEL_LISTEN, TDI_REQUEST_KERNEL_DISCONNECT,
	*PTDI_REQUEST_KERNEL_DISCONNECT;

typedef struct _TDI_REQUEST_KERNEL_ASSOCIATE {
	HANDLE AddressHandle;
} TDI_REQUEST_KERNEL_ASSOCIATE, *PTDI_REQUEST_KERNEL_ASSOCIATE;

typedef struct _TDI_REQUEST_KERNEL_ACCEPT {
	PTDI_CONNECTION_INFORMATION RequestConnectionInformation;
	PTDI_CONNECTION_INFORMATION ReturnConnectionInformation;
} TDI_REQUEST_KERNEL_ACCEPT, *PTDI_REQUEST_KERNEL_ACCEPT;

typedef struct _TDI_REQUEST_KERNEL_RECEIVE {
	ULONG ReceiveLength;
	ULONG ReceiveFlags;
} TDI_REQUEST_KERNEL_RECEIVE, *PTDI_REQUEST_KERNEL_RECEIVE;

typedef struct _TDI_REQUEST_KERNEL_RECEIVEDG {
	ULONG ReceiveLength;
	PTDI_CONNECTION_INFORMATION ReceiveDatagramInformation;
	PTDI_CONNECTION_INFORMATION ReturnDatagramInformation;
	ULONG ReceiveFlags;
} TDI_REQUEST_KERNEL_RECEIVEDG, *PTDI_REQUEST_KERNEL_RECEIVEDG;

typedef struct _TDI_REQUEST_KERNEL_SEND {
	ULONG SendLength;
	ULONG SendFlags;
} TDI_REQUEST_KERNEL_SEND, *PTDI_REQUEST_KERNEL_SEND;

typedef struct _TDI_REQUEST_KERNEL_SENDDG {
	ULONG SendLength;
	PTDI_CONNECTION_INFORMATION SendDatagramInformation;
} TDI_REQUEST_KERNEL_SENDDG, *PTDI_REQUEST_KERNEL_SENDDG;

typedef struct _TDI_REQUEST_KERNEL_SET_EVENT {
	LONG EventType;
	PVOID EventHandler;
	PVOID EventContext;
} TDI_REQUEST_KERNEL_SET_EVENT, *PTDI_REQUEST_KERNEL_SET_EVENT;

typedef struct _TDI_REQUEST_KERNEL_QUERY_INFO {
	LONG QueryType;
	PTDI_CONNECTION_INFORMATION RequestConnectionInformation;
} TDI_REQUEST_KERNEL_QUERY_INFORMATION, *PTDI_REQUEST_KERNEL_QUERY_INFORMATION;

typedef struct _TDI_REQUEST_KERNEL_SET_INFO {
	LONG SetType;
	PTDI_CONNECTION_INFORMATION RequestConnectionInformation;
} TDI_REQUEST_KERNEL_SET_INFORMATION, *PTDI_REQUEST_KERNEL_SET_INFORMATION;

#define TDI_EVENT_CONNECT 0
#define TDI_EVENT_DISCONNECT 1
#define TDI_EVENT_ERROR 2
#define TDI_EVENT_RECEIVE 3
#define TDI_EVENT_RECEIVE_DATAGRAM 4
#define TDI_EVENT_RECEIVE_EXPEDITED 5
#define TDI_EVENT_SEND_POSSIBLE 6
#define TDI_EVENT_CHAINED_RECEIVE 7
#define TDI_EVENT_CHAINED_RECEIVE_DATAGRAM 8
#define TDI_EVENT_CHAINED_RECEIVE_EXPEDITED 9
#define TDI_EVENT_ERROR_EX 10

#define TDI_RECEIVE_BROADCAST 0x00000004
#define TDI_RECEIVE_MULTICAST 0x00000008
#define TDI_RECEIVE_PARTIAL 0x00000010
#define TDI_RECEIVE_NORMAL 0x00000020
#define TDI_RECEIVE_EXPEDITED 0x00000040
#define TDI_RECEIVE_PEEK 0x00000080
#define TDI_RECEIVE_NO_RESPONSE_EXP 0x00000100
#define TDI_RECEIVE_COPY_LOOKAHEAD 0x00000200
#define TDI_RECEIVE_ENTIRE_MESSAGE 0x00000400
#define TDI_RECEIVE_AT_DISPATCH_LEVEL 0x00000800
#define TDI_RECEIVE_CONTROL_INFO 0x00001000
#define TDI_QUERY_ACCEPT 0x00000001
#define TDI_SEND_EXPEDITED 0x0020
#define TDI_SEND_PARTIAL 0x0040
#define TDI_SEND_NO_RESPONSE_EXPECTED 0x0080
#define TDI_SEND_NON_BLOCKING 0x0100
#define TDI_SEND_AND_DISCONNECT 0x0200
#define TDI_DISCONNECT_WAIT 0x0001
#define TDI_DISCONNECT_ABORT 0x0002
#define TDI_DISCONNECT_RELEASE 0x0004

#define TDI_QUERY_BROADCAST_ADDRESS 0x00000001
#define TDI_QUERY_PROVIDER_INFO 0x00000002
#define TDI_QUERY_ADDRESS_INFO 0x00000003
#define TDI_QUERY_CONNECTION_INFO 0x00000004
#define TDI_QUERY_PROVIDER_STATISTICS 0x00000005

typedef NTSTATUS (*PTDI_IND_CONNECT)(PVOID context, LONG address_length, PVOID address, LONG data_length,
	PVOID data, LONG options_length, PVOID options, CONNECTION_CONTEXT *connection, PIRP *accept);
typedef NTSTATUS (*PTDI_IND_DISCONNECT)(PVOID context, CONNECTION_CONTEXT connection, LONG data_length,
	PVOID data, LONG information_length, PVOID information, ULONG flags);
typedef NTSTATUS (*PTDI_IND_ERROR)(PVOID context, NTSTATUS status);
typedef NTSTATUS (*PTDI_IND_ERROR_EX)(PVOID context, NTSTATUS status, PVOID buffer);
typedef NTSTATUS (*PTDI_IND_RECEIVE)(PVOID context, CONNECTION_CONTEXT connection, ULONG flags,
	ULONG indicated, ULONG available, ULONG *taken, PVOID data, PIRP *irp);
typedef PTDI_IND_RECEIVE PTDI_IND_RECEIVE_EXPEDITED;
typedef NTSTATUS (*PTDI_IND_RECEIVE_DATAGRAM)(PVOID context, LONG address_length, PVOID address,
	LONG options_length, PVOID options, ULONG flags, ULONG indicated, ULONG available, ULONG *taken,
	PVOID data, PIRP *irp);
typedef NTSTATUS (*PTDI_IND_CHAINED_RECEIVE)(PVOID context, CONNECTION_CONTEXT connection, ULONG flags,
	ULONG length, ULONG offset, PMDL data, PVOID descriptor);
typedef PTDI_IND_CHAINED_RECEIVE PTDI_IND_CHAINED_RECEIVE_EXPEDITED;
typedef NTSTATUS (*PTDI_IND_CHAINED_RECEIVE_DATAGRAM)(PVOID context, LONG address_length, PVOID address,
	LONG options_length, PVOID options, ULONG flags, ULONG length, ULONG offset, PMDL data,
	PVOID descriptor);
typedef NTSTATUS (*PTDI_IND_SEND_POSSIBLE)(PVOID context, PVOID connection, ULONG available);

#define TDI_ADDRESS_TYPE_UNSPEC 0
#define TDI_ADDRESS_TYPE_IP 2
#define TDI_ADDRESS_TYPE_NETBIOS 17
#define TDI_ADDRESS_TYPE_IP6 23

typedef struct _TA_ADDRESS {
	USHORT AddressLength;
	USHORT AddressType;
	UCHAR Address[1];
} TA_ADDRESS, *PTA_ADDRESS;

typedef struct _TRANSPORT_ADDRESS {
	LONG TAAddressCount;
	TA_ADDRESS Address[1];
} TRANSPORT_ADDRESS, *PTRANSPORT_ADDRESS;

typedef struct _TDI_ADDRESS_INFO {
	ULONG ActivityCount;
	TRANSPORT_ADDRESS Address;
} TDI_ADDRESS_INFO, *PTDI_ADDRESS_INFO;

/* Ports and addresses are in network byte order; without padding. */
typedef struct _TDI_ADDRESS_IP {
	USHORT sin_port;
	ULONG in_addr;
	UCHAR sin_zero[8];
} __attribute__((packed)) TDI_ADDRESS_IP, *PTDI_ADDRESS_IP;

typedef struct _TDI_ADDRESS_IP6 {
	USHORT sin6_port;
	ULONG sin6_flowinfo;
	USHORT sin6_addr[8];
	ULONG sin6_scope_id;
} __attribute__((packed)) TDI_ADDRESS_IP6, *PTDI_ADDRESS_IP6;

#define TDI_ADDRESS_LENGTH_IP sizeof(TDI_ADDRESS_IP)
#define TDI_ADDRESS_LENGTH_IP6 sizeof(TDI_ADDRESS_IP6)

typedef struct _TA_ADDRESS_IP {
	LONG TAAddressCount;
	struct _AddrIp {
		USHORT AddressLength;
		USHORT AddressType;
		TDI_ADDRESS_IP Address[1];
	} __attribute__((packed)) Address[1];
} __attribute__((packed)) TA_IP_ADDRESS, *PTA_IP_ADDRESS;

typedef struct _TA_ADDRESS_IP6 {
	LONG TAAddressCount;
	struct _AddrIp6 {
		USHORT AddressLength;
		USHORT AddressType;
		TDI_ADDRESS_IP6 Address[1];
	} __attribute__((packed)) Address[1];
} __attribute__((packed)) TA_IP6_ADDRESS, *PTA_IP6_ADDRESS;

/* tests/nt/nt_tdi.c: IRP_MJ_DEVICE_CONTROL becomes IRP_MJ_INTERNAL_DEVICE_CONTROL. PASSIVE_LEVEL. */
NTSTATUS TdiMapUserRequest(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION location);

/* A client gives back what a chained receive handler kept with STATUS_PENDING. IRQL <= DISPATCH_LEVEL. */
void TdiReturnChainedReceives(PVOID *descriptors, ULONG count);

/* The next stack location of a request to a transport; `data` is the descriptor of its bytes or NULL. */
void nt_tdi_build(PIRP irp, PDEVICE_OBJECT device, PFILE_OBJECT file, PVOID routine, PVOID context,
	UCHAR minor, const void *parameters, SIZE_T size, PMDL data);
#define NT_TDI_BUILD(type, irp, device, file, routine, context, minor, data, ...) \
	do { \
		const type nt_parameters = { __VA_ARGS__ }; \
		nt_tdi_build(irp, device, file, (PVOID)(routine), context, minor, &nt_parameters, \
			sizeof(nt_parameters), data); \
	} while (0)
#define TdiBuildAssociateAddress(irp, device, file, routine, context, address) \
	NT_TDI_BUILD(TDI_REQUEST_KERNEL_ASSOCIATE, irp, device, file, routine, context, \
		TDI_ASSOCIATE_ADDRESS, NULL, (HANDLE)(address))
#define TdiBuildQueryInformation(irp, device, file, routine, context, type, mdl) \
	NT_TDI_BUILD(TDI_REQUEST_KERNEL_QUERY_INFORMATION, irp, device, file, routine, context, \
		TDI_QUERY_INFORMATION, mdl, (LONG)(type), NULL)
#define TdiBuildSetEventHandler(irp, device, file, routine, context, type, handler, event_context) \
	NT_TDI_BUILD(TDI_REQUEST_KERNEL_SET_EVENT, irp, device, file, routine, context, \
		TDI_SET_EVENT_HANDLER, NULL, (LONG)(type), (PVOID)(handler), (PVOID)(event_context))
#define TdiBuildDisconnect(irp, device, file, routine, context, time, flags, request, reply) \
	NT_TDI_BUILD(TDI_REQUEST_KERNEL, irp, device, file, routine, context, TDI_DISCONNECT, NULL, \
		(ULONG)(flags), request, reply, (PVOID)(time))
#define TdiBuildConnect(irp, device, file, routine, context, time, request, reply) \
	NT_TDI_BUILD(TDI_REQUEST_KERNEL, irp, device, file, routine, context, TDI_CONNECT, NULL, 0, request, \
		reply, (PVOID)(time))
#define TdiBuildListen(irp, device, file, routine, context, flags, request, reply) \
	NT_TDI_BUILD(TDI_REQUEST_KERNEL, irp, device, file, routine, context, TDI_LISTEN, NULL, \
		(ULONG)(flags), request, reply, NULL)
#define TdiBuildAccept(irp, device, file, routine, context, request, reply) \
	NT_TDI_BUILD(TDI_REQUEST_KERNEL_ACCEPT, irp, device, file, routine, context, TDI_ACCEPT, NULL, request, \
		reply)
#define TdiBuildSend(irp, device, file, routine, context, mdl, flags, length) \
	NT_TDI_BUILD(TDI_REQUEST_KERNEL_SEND, irp, device, file, routine, context, TDI_SEND, mdl, \
		(ULONG)(length), (ULONG)(flags))
#define TdiBuildReceive(irp, device, file, routine, context, mdl, flags, length) \
	NT_TDI_BUILD(TDI_REQUEST_KERNEL_RECEIVE, irp, device, file, routine, context, TDI_RECEIVE, mdl, \
		(ULONG)(length), (ULONG)(flags))
#define TdiBuildSendDatagram(irp, device, file, routine, context, mdl, length, information) \
	NT_TDI_BUILD(TDI_REQUEST_KERNEL_SENDDG, irp, device, file, routine, context, TDI_SEND_DATAGRAM, mdl, \
		(ULONG)(length), information)

#endif
