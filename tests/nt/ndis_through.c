/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "ndis_through.h"

enum through_fault through_fault;

static struct {
	NDIS_HANDLE wrapper, miniport_driver, protocol;
	NDIS_HANDLE binding, miniport, packets;
	NDIS_HANDLE receive_context; /* of a receive that is over */
	KEVENT done;
	NDIS_STATUS status;
	NDIS_REQUEST request;
	PULONG written, needed;
	KSPIN_LOCK lock;
} through;

static bool does(enum through_fault fault)
{
	return through_fault == fault;
}

static PNDIS_PACKET *original_of(PNDIS_PACKET own)
{
	return (PNDIS_PACKET *)own->ProtocolReserved;
}

static PNDIS_PACKET own_packet(PNDIS_PACKET packet)
{
	NDIS_STATUS status;
	PNDIS_PACKET own;

	if (does(THROUGH_TAKES_BELOW))
		NdisDprAllocatePacket(&status, &own, through.packets);
	else
		NdisAllocatePacket(&status, &own, through.packets);
	*original_of(own) = packet;
	own->Private.Head = packet->Private.Head;
	own->Private.Tail = packet->Private.Tail;
	own->Private.Flags = packet->Private.Flags;
	memcpy(NDIS_OOB_DATA_FROM_PACKET(own), NDIS_OOB_DATA_FROM_PACKET(packet), sizeof(NDIS_PACKET_OOB_DATA));
	if (!does(THROUGH_FORGETS_TAG))
		NdisIMCopySendPerPacketInfo(own, packet);
	if (does(THROUGH_FORGETS_TIME))
		NDIS_SET_PACKET_TIME_RECEIVED(own, 0);
	return own;
}

static void send_complete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status)
{
	PNDIS_PACKET original = packet;

	(void)context;
	if (NdisGetPoolFromPacket(packet) == through.packets) {
		original = *original_of(packet);
		NdisFreePacket(packet);
		if (does(THROUGH_FREES_TWICE))
			NdisFreePacket(packet);
	}
	NdisMSendComplete(through.miniport, original, does(THROUGH_COMPLETES_PENDING) ? NDIS_STATUS_PENDING : status);
	if (does(THROUGH_COMPLETES_TWICE))
		NdisMSendComplete(through.miniport, original, status);
}

static void spoil(PNDIS_PACKET packet)
{
	PVOID address;
	UINT length;

	if (does(THROUGH_WRITES_SENT))
		((PUCHAR)MmGetMdlVirtualAddress(packet->Private.Head))[3] ^= 1;
	if (does(THROUGH_WRITES_RESERVED))
		packet->ProtocolReserved[0] ^= 1;
	if (does(THROUGH_MAPS_UNSAFELY))
		NdisQueryBuffer(packet->Private.Head, &address, &length);
}

static void send_one(PNDIS_PACKET packet)
{
	PNDIS_PACKET down = packet;
	BOOLEAN has_room;
	NDIS_STATUS status;
	KIRQL old;

	spoil(packet);
	(void)NdisIMGetCurrentPacketStack(packet, &has_room);
	if (!has_room && !does(THROUGH_IGNORES_ROOM))
		down = own_packet(packet);
	if (does(THROUGH_SENDS_LOCKED))
		KeAcquireSpinLock(&through.lock, &old);
	NdisSend(&status, through.binding, down);
	if (does(THROUGH_SENDS_TWICE))
		NdisSend(&status, through.binding, down);
	if (does(THROUGH_COMPLETES_FIRST))
		NdisMSendComplete(through.miniport, packet, NDIS_STATUS_SUCCESS);
	if (does(THROUGH_FREES_SENT))
		NdisFreePacket(down);
	if (status != NDIS_STATUS_PENDING)
		send_complete(NULL, down, status);
}

static void send_packets(NDIS_HANDLE context, PPNDIS_PACKET packets, UINT count)
{
	UINT index;

	(void)context;
	for (index = 0; index < count; index++)
		send_one(packets[index]);
}

static INT receive_packet(NDIS_HANDLE context, PNDIS_PACKET packet)
{
	NDIS_STATUS status = NDIS_GET_PACKET_STATUS(packet);
	PNDIS_PACKET up = packet;
	BOOLEAN has_room;

	(void)context;
	if (!through.miniport)
		return 0;
	(void)NdisIMGetCurrentPacketStack(packet, &has_room);
	if (!has_room)
		up = own_packet(packet);
	if (does(THROUGH_PROMOTES))
		NDIS_SET_PACKET_STATUS(up, NDIS_STATUS_SUCCESS);
	NdisMIndicateReceivePacket(through.miniport, &up, 1);
	if (status == NDIS_STATUS_RESOURCES && up != packet)
		NdisFreePacket(up);
	if (does(THROUGH_RETURNS_NONE))
		return 0;
	return status != NDIS_STATUS_RESOURCES || does(THROUGH_KEEPS_RESOURCES);
}

static void return_packet(NDIS_HANDLE context, PNDIS_PACKET packet)
{
	PNDIS_PACKET original = packet;
	KIRQL old;

	(void)context;
	if (NdisGetPoolFromPacket(packet) == through.packets) {
		original = *original_of(packet);
		NdisFreePacket(packet);
	}
	if (does(THROUGH_RETURNS_LOCKED))
		KeAcquireSpinLock(&through.lock, &old);
	NdisReturnPackets(&original, 1);
	if (does(THROUGH_RETURNS_TWICE))
		NdisReturnPackets(&original, 1);
}

static NDIS_STATUS receive(NDIS_HANDLE context, NDIS_HANDLE receive_context, PVOID header, UINT header_size,
	PVOID lookahead, UINT lookahead_size, UINT packet_size)
{
	(void)context;
	if (does(THROUGH_WRITES_PIECES))
		((PUCHAR)lookahead)[0] ^= 1;
	through.receive_context = receive_context;
	if (through.miniport)
		NdisMEthIndicateReceive(through.miniport, receive_context, header, header_size, lookahead,
			lookahead_size, packet_size);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS transfer_data(PNDIS_PACKET packet, PUINT transferred, NDIS_HANDLE context,
	NDIS_HANDLE receive_context, UINT offset, UINT length)
{
	NDIS_STATUS status;

	(void)context;
	NdisTransferData(&status, through.binding, receive_context, offset, length, packet, transferred);
	return status;
}

static void transfer_complete(NDIS_HANDLE context, PNDIS_PACKET packet, NDIS_STATUS status, UINT transferred)
{
	(void)context;
	NdisMTransferDataComplete(through.miniport, packet, status, transferred);
}

static void receive_complete(NDIS_HANDLE context)
{
	NDIS_STATUS status;
	PNDIS_PACKET packet;
	UINT transferred;

	(void)context;
	if (does(THROUGH_FETCHES_LATE)) {
		NdisAllocatePacket(&status, &packet, through.packets);
		NdisTransferData(&status, through.binding, through.receive_context, 0, 10, packet, &transferred);
	}
	if (through.miniport)
		NdisMEthIndicateReceiveComplete(through.miniport);
}

static void request_complete(NDIS_HANDLE context, PNDIS_REQUEST request, NDIS_STATUS status)
{
	(void)context;
	*through.written = request->DATA.QUERY_INFORMATION.BytesWritten;
	*through.needed = request->DATA.QUERY_INFORMATION.BytesNeeded;
	if (does(THROUGH_ANSWERS_TOO_MUCH))
		*through.written += 100;
	NdisMQueryInformationComplete(through.miniport, status);
	if (does(THROUGH_ANSWERS_TWICE))
		NdisMQueryInformationComplete(through.miniport, status);
}

static NDIS_STATUS ask(NDIS_REQUEST_TYPE type, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written, PULONG needed)
{
	NDIS_STATUS status;

	memset(&through.request, 0, sizeof(through.request));
	through.request.RequestType = type;
	through.request.DATA.QUERY_INFORMATION.Oid = oid;
	through.request.DATA.QUERY_INFORMATION.InformationBuffer = buffer;
	through.request.DATA.QUERY_INFORMATION.InformationBufferLength = length;
	through.written = written;
	through.needed = needed;
	NdisRequest(&status, through.binding, &through.request);
	if (status != NDIS_STATUS_PENDING)
		request_complete(NULL, &through.request, status);
	return NDIS_STATUS_PENDING;
}

static NDIS_STATUS query(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written, PULONG needed)
{
	(void)context;
	return ask(NdisRequestQueryInformation, oid, buffer, length, written, needed);
}

static NDIS_STATUS set(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG read, PULONG needed)
{
	(void)context;
	return ask(NdisRequestSetInformation, oid, buffer, length, read, needed);
}

static void done(NDIS_HANDLE context, NDIS_STATUS status)
{
	(void)context;
	through.status = status;
	KeSetEvent(&through.done, IO_NO_INCREMENT, FALSE);
}

static void open_complete(NDIS_HANDLE context, NDIS_STATUS status, NDIS_STATUS open_status)
{
	(void)open_status;
	done(context, status);
}

static NDIS_STATUS wait(NDIS_STATUS status)
{
	if (status != NDIS_STATUS_PENDING)
		return status;
	KeWaitForSingleObject(&through.done, Executive, KernelMode, FALSE, NULL);
	return through.status;
}

static void close(void)
{
	PNDIS_PACKET packet;
	NDIS_STATUS status;

	KeClearEvent(&through.done);
	NdisCloseAdapter(&status, through.binding);
	wait(status);
	if (does(THROUGH_SENDS_CLOSED)) {
		NdisAllocatePacket(&status, &packet, through.packets);
		NdisSend(&status, through.binding, packet);
	}
	if (does(THROUGH_FREES_POOL_EARLY))
		NdisAllocatePacket(&status, &packet, through.packets);
	if (!does(THROUGH_LEAVES_POOL))
		NdisFreePacketPool(through.packets);
}

static void bind(PNDIS_STATUS status, NDIS_HANDLE handle, PNDIS_STRING device, PVOID specific1, PVOID specific2)
{
	static UNICODE_STRING instance = RTL_CONSTANT_STRING(L"\\Device\\Upper-{A}");
	static NDIS_MEDIUM media[] = { NdisMedium802_3 };
	NDIS_STATUS open_status;
	KIRQL old = PASSIVE_LEVEL;
	UINT medium;

	(void)handle;
	(void)specific1;
	(void)specific2;
	NdisAllocatePacketPoolEx(status, &through.packets, 16, 64, PROTOCOL_RESERVED_SIZE_IN_PACKET);
	KeClearEvent(&through.done);
	if (does(THROUGH_OPENS_HIGH))
		KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisOpenAdapter(status, &open_status, &through.binding, &medium, media, 1, through.protocol, &through, device, 0,
		NULL);
	*status = wait(*status);
	if (*status == NDIS_STATUS_SUCCESS)
		*status = NdisIMInitializeDeviceInstanceEx(through.miniport_driver, &instance, &through);
	if (does(THROUGH_LEAVES_OPEN))
		*status = NDIS_STATUS_FAILURE;
	if (*status != NDIS_STATUS_SUCCESS && !does(THROUGH_LEAVES_OPEN))
		close();
}

static void unbind(PNDIS_STATUS status, NDIS_HANDLE context, NDIS_HANDLE handle)
{
	(void)context;
	(void)handle;
	if (through.miniport)
		NdisIMDeInitializeDeviceInstance(through.miniport);
	close();
	*status = NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS initialize(PNDIS_STATUS open_status, PUINT selected, PNDIS_MEDIUM media, UINT count,
	NDIS_HANDLE miniport, NDIS_HANDLE configuration)
{
	(void)open_status;
	(void)configuration;
	for (*selected = 0; *selected < count && media[*selected] != NdisMedium802_3; (*selected)++)
		;
	if (!does(THROUGH_NO_ATTRIBUTES))
		NdisMSetAttributesEx(miniport, NdisIMGetDeviceContext(miniport), 0,
			NDIS_ATTRIBUTE_INTERMEDIATE_DRIVER | NDIS_ATTRIBUTE_DESERIALIZE, NdisInterfaceInternal);
	through.miniport = miniport;
	return NDIS_STATUS_SUCCESS;
}

static void halt(NDIS_HANDLE context)
{
	(void)context;
	through.miniport = NULL;
}

static NDIS_STATUS reset(PBOOLEAN is_addressing, NDIS_HANDLE context)
{
	(void)context;
	*is_addressing = FALSE;
	return NDIS_STATUS_SUCCESS;
}

static void status_told(NDIS_HANDLE context, NDIS_STATUS status, PVOID buffer, UINT length)
{
	(void)context;
	if (through.miniport)
		NdisMIndicateStatus(through.miniport, status, buffer, length);
}

static void status_complete(NDIS_HANDLE context)
{
	(void)context;
	if (through.miniport)
		NdisMIndicateStatusComplete(through.miniport);
}

static NDIS_STATUS pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT event)
{
	(void)context;
	(void)event;
	return NDIS_STATUS_SUCCESS;
}

static void unload(PDRIVER_OBJECT driver)
{
	NDIS_STATUS status;

	(void)driver;
	if (!does(THROUGH_LEAVES_PROTOCOL))
		NdisDeregisterProtocol(&status, through.protocol);
	if (!does(THROUGH_LEAVES_MINIPORT))
		NdisIMDeregisterLayeredMiniport(through.miniport_driver);
}

NTSTATUS through_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
	NDIS_MINIPORT_CHARACTERISTICS miniport = {
		.MajorNdisVersion = 5, .MinorNdisVersion = 1, .HaltHandler = halt, .InitializeHandler = initialize,
		.QueryInformationHandler = query, .SetInformationHandler = set, .ResetHandler = reset,
		.TransferDataHandler = transfer_data, .ReturnPacketHandler = return_packet,
		.SendPacketsHandler = send_packets,
	};
	NDIS_PROTOCOL_CHARACTERISTICS protocol = {
		.MajorNdisVersion = 5, .OpenAdapterCompleteHandler = open_complete, .CloseAdapterCompleteHandler = done,
		.SendCompleteHandler = send_complete, .TransferDataCompleteHandler = transfer_complete,
		.ResetCompleteHandler = done, .RequestCompleteHandler = request_complete, .ReceiveHandler = receive,
		.ReceiveCompleteHandler = receive_complete, .StatusHandler = status_told,
		.StatusCompleteHandler = status_complete, .Name = RTL_CONSTANT_STRING(L"Through"),
		.ReceivePacketHandler = receive_packet, .BindAdapterHandler = bind, .UnbindAdapterHandler = unbind,
		.PnPEventHandler = pnp_event,
	};
	NDIS_STATUS status;

	memset(&through, 0, sizeof(through));
	KeInitializeEvent(&through.done, NotificationEvent, FALSE);
	KeInitializeSpinLock(&through.lock);
	NdisMInitializeWrapper(&through.wrapper, driver, registry_path, NULL);
	if (does(THROUGH_LEAVES_WRAPPER))
		return STATUS_UNSUCCESSFUL;
	if (does(THROUGH_UNLOADS_EARLY))
		NdisMRegisterUnloadHandler(through.wrapper, unload);
	status = NdisIMRegisterLayeredMiniport(through.wrapper, &miniport, sizeof(miniport), &through.miniport_driver);
	if (status == NDIS_STATUS_SUCCESS)
		NdisMRegisterUnloadHandler(through.wrapper, unload);
	if (status == NDIS_STATUS_SUCCESS)
		NdisRegisterProtocol(&status, &through.protocol, &protocol, sizeof(protocol));
	if (status == NDIS_STATUS_SUCCESS)
		NdisIMAssociateMiniport(through.miniport_driver, through.protocol);
	return status;
}
