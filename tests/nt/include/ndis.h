/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * NDIS 5.1 for intermediate drivers that are compiled for the host: the functions that tests/nt/ndis_*.c implement.
 * Some are macros on NT. What the driver must define there (NDIS51, NDIS51_MINIPORT, ...) means nothing here.
 */
#ifndef FW_NDIS_H
#define FW_NDIS_H

#include "ndis_handlers.h"

/* Registration, adapters, bindings: PASSIVE_LEVEL */
void NdisInitializeWrapper(PNDIS_HANDLE wrapper, PVOID driver, PVOID registry_path, PVOID specific);
#define NdisMInitializeWrapper(wrapper, driver, registry_path, specific) \
	NdisInitializeWrapper(wrapper, driver, registry_path, specific)
void NdisTerminateWrapper(NDIS_HANDLE wrapper, PVOID specific);
void NdisMRegisterUnloadHandler(NDIS_HANDLE wrapper, PDRIVER_UNLOAD unload);
NDIS_STATUS NdisIMRegisterLayeredMiniport(NDIS_HANDLE wrapper, PNDIS_MINIPORT_CHARACTERISTICS miniport, UINT length,
	PNDIS_HANDLE driver);
void NdisIMDeregisterLayeredMiniport(NDIS_HANDLE driver);
void NdisRegisterProtocol(PNDIS_STATUS status, PNDIS_HANDLE protocol, PNDIS_PROTOCOL_CHARACTERISTICS characteristics,
	UINT length);
void NdisDeregisterProtocol(PNDIS_STATUS status, NDIS_HANDLE protocol);
void NdisIMAssociateMiniport(NDIS_HANDLE driver, NDIS_HANDLE protocol);
void NdisOpenAdapter(PNDIS_STATUS status, PNDIS_STATUS open_status, PNDIS_HANDLE binding, PUINT selected,
	PNDIS_MEDIUM media, UINT count, NDIS_HANDLE protocol, NDIS_HANDLE context, PNDIS_STRING adapter,
	UINT options, PSTRING addressing);
void NdisCloseAdapter(PNDIS_STATUS status, NDIS_HANDLE binding);
void NdisCompleteBindAdapter(NDIS_HANDLE bind, NDIS_STATUS status, NDIS_STATUS open_status);
void NdisCompleteUnbindAdapter(NDIS_HANDLE unbind, NDIS_STATUS status);
void NdisReEnumerateProtocolBindings(NDIS_HANDLE protocol);
NDIS_STATUS NdisIMInitializeDeviceInstanceEx(NDIS_HANDLE driver, PNDIS_STRING device, NDIS_HANDLE context);
NDIS_STATUS NdisIMCancelInitializeDeviceInstance(NDIS_HANDLE driver, PNDIS_STRING device);
NDIS_STATUS NdisIMDeInitializeDeviceInstance(NDIS_HANDLE miniport);
NDIS_HANDLE NdisIMGetDeviceContext(NDIS_HANDLE miniport);
NDIS_HANDLE NdisIMGetBindingContext(NDIS_HANDLE binding);
void NdisMSetAttributesEx(NDIS_HANDLE miniport, NDIS_HANDLE context, UINT hang_seconds, ULONG flags,
	NDIS_INTERFACE_TYPE type);
#define NdisMSetAttributes(miniport, context, bus_master, type) \
	NdisMSetAttributesEx(miniport, context, 0, (bus_master) ? NDIS_ATTRIBUTE_BUS_MASTER : 0, type)
NDIS_STATUS NdisQueryAdapterInstanceName(PNDIS_STRING name, NDIS_HANDLE binding); /* to be freed by NdisFreeString() */
NDIS_STATUS NdisQueryBindInstanceName(PNDIS_STRING name, NDIS_HANDLE bind);
NDIS_STATUS NdisMRegisterDevice(NDIS_HANDLE wrapper, PNDIS_STRING name, PNDIS_STRING link,
	PDRIVER_DISPATCH routines[], PDEVICE_OBJECT *device, NDIS_HANDLE *handle);
NDIS_STATUS NdisMDeregisterDevice(NDIS_HANDLE handle);
NDIS_STATUS NdisIMNotifyPnPEvent(NDIS_HANDLE miniport, PNET_PNP_EVENT event);
void NdisCompletePnPEvent(NDIS_STATUS status, NDIS_HANDLE binding, PNET_PNP_EVENT event);

/* Configuration: PASSIVE_LEVEL */
void NdisOpenConfiguration(PNDIS_STATUS status, PNDIS_HANDLE configuration, NDIS_HANDLE wrapper);
void NdisOpenProtocolConfiguration(PNDIS_STATUS status, PNDIS_HANDLE configuration, PNDIS_STRING section);
void NdisCloseConfiguration(NDIS_HANDLE configuration);
void NdisReadConfiguration(PNDIS_STATUS status, PNDIS_CONFIGURATION_PARAMETER *value, NDIS_HANDLE configuration,
	PNDIS_STRING keyword, NDIS_PARAMETER_TYPE type);
void NdisReadNetworkAddress(PNDIS_STATUS status, PVOID *address, PUINT length, NDIS_HANDLE configuration);

/* Packets and buffers: DISPATCH_LEVEL or below, pools too */
void NdisAllocatePacketPoolEx(PNDIS_STATUS status, PNDIS_HANDLE pool, UINT descriptors, UINT overflow,
	UINT reserved_length);
void NdisAllocatePacketPool(PNDIS_STATUS status, PNDIS_HANDLE pool, UINT descriptors, UINT reserved_length);
void NdisFreePacketPool(NDIS_HANDLE pool);
UINT NdisPacketPoolUsage(NDIS_HANDLE pool);
void NdisAllocatePacket(PNDIS_STATUS status, PNDIS_PACKET *packet, NDIS_HANDLE pool);
void NdisDprAllocatePacket(PNDIS_STATUS status, PNDIS_PACKET *packet, NDIS_HANDLE pool);
void NdisFreePacket(PNDIS_PACKET packet);
void NdisDprFreePacket(PNDIS_PACKET packet);
NDIS_HANDLE NdisGetPoolFromPacket(PNDIS_PACKET packet);
PNDIS_PACKET_STACK NdisIMGetCurrentPacketStack(PNDIS_PACKET packet, BOOLEAN *remaining);
void NdisIMCopySendPerPacketInfo(PNDIS_PACKET to, PNDIS_PACKET from);
void NdisIMCopySendCompletePerPacketInfo(PNDIS_PACKET to, PNDIS_PACKET from);
PNDIS_PACKET NdisGetReceivedPacket(NDIS_HANDLE binding, NDIS_HANDLE receive_context);
void NdisAllocateBufferPool(PNDIS_STATUS status, PNDIS_HANDLE pool, UINT descriptors);
void NdisFreeBufferPool(NDIS_HANDLE pool);
void NdisAllocateBuffer(PNDIS_STATUS status, PNDIS_BUFFER *buffer, NDIS_HANDLE pool, PVOID address, UINT length);
void NdisFreeBuffer(PNDIS_BUFFER buffer);
void NdisCopyBuffer(PNDIS_STATUS status, PNDIS_BUFFER *buffer, NDIS_HANDLE pool, PVOID from, UINT offset, UINT length);
void NdisQueryBuffer(PNDIS_BUFFER buffer, PVOID *address, PUINT length);
void NdisQueryBufferSafe(PNDIS_BUFFER buffer, PVOID *address, PUINT length, MM_PAGE_PRIORITY priority);
void NdisQueryBufferOffset(PNDIS_BUFFER buffer, PUINT offset, PUINT length);
void NdisAdjustBufferLength(PNDIS_BUFFER buffer, UINT length);
ULONG NdisBufferLength(PNDIS_BUFFER buffer);
PVOID NdisBufferVirtualAddress(PNDIS_BUFFER buffer);
void NdisQueryPacket(PNDIS_PACKET packet, PUINT physical, PUINT count, PNDIS_BUFFER *first, PUINT length);
void NdisQueryPacketLength(PNDIS_PACKET packet, PUINT length);
void NdisGetFirstBufferFromPacket(PNDIS_PACKET packet, PNDIS_BUFFER *first, PVOID *address, PUINT first_length,
	PUINT length);
void NdisGetFirstBufferFromPacketSafe(PNDIS_PACKET packet, PNDIS_BUFFER *first, PVOID *address, PUINT first_length,
	PUINT length, MM_PAGE_PRIORITY priority);
void NdisUnchainBufferAtFront(PNDIS_PACKET packet, PNDIS_BUFFER *buffer);
void NdisUnchainBufferAtBack(PNDIS_PACKET packet, PNDIS_BUFFER *buffer);
void NdisCopyFromPacketToPacket(PNDIS_PACKET to, UINT to_offset, UINT length, PNDIS_PACKET from, UINT from_offset,
	PUINT copied);
void NdisCopyFromPacketToPacketSafe(PNDIS_PACKET to, UINT to_offset, UINT length, PNDIS_PACKET from, UINT from_offset,
	PUINT copied, MM_PAGE_PRIORITY priority);

/* Sends, receives, requests: DISPATCH_LEVEL or below, without spin locks */
void NdisSend(PNDIS_STATUS status, NDIS_HANDLE binding, PNDIS_PACKET packet);
void NdisSendPackets(NDIS_HANDLE binding, PPNDIS_PACKET packets, UINT count);
void NdisCancelSendPackets(NDIS_HANDLE binding, PVOID id);
UCHAR NdisGeneratePartialCancelId(void);
void NdisMSendComplete(NDIS_HANDLE miniport, PNDIS_PACKET packet, NDIS_STATUS status);
void NdisMSendResourcesAvailable(NDIS_HANDLE miniport);
void NdisMIndicateReceivePacket(NDIS_HANDLE miniport, PPNDIS_PACKET packets, UINT count);
void NdisMEthIndicateReceive(NDIS_HANDLE miniport, NDIS_HANDLE receive_context, PVOID header, UINT header_size,
	PVOID lookahead, UINT lookahead_size, UINT packet_size);
void NdisMEthIndicateReceiveComplete(NDIS_HANDLE miniport);
void NdisTransferData(PNDIS_STATUS status, NDIS_HANDLE binding, NDIS_HANDLE receive_context, UINT offset, UINT length,
	PNDIS_PACKET packet, PUINT transferred);
void NdisMTransferDataComplete(NDIS_HANDLE miniport, PNDIS_PACKET packet, NDIS_STATUS status, UINT transferred);
void NdisReturnPackets(PNDIS_PACKET *packets, UINT count);
void NdisRequest(PNDIS_STATUS status, NDIS_HANDLE binding, PNDIS_REQUEST request);
void NdisMQueryInformationComplete(NDIS_HANDLE miniport, NDIS_STATUS status);
void NdisMSetInformationComplete(NDIS_HANDLE miniport, NDIS_STATUS status);
void NdisMIndicateStatus(NDIS_HANDLE miniport, NDIS_STATUS status, PVOID buffer, UINT length);
void NdisMIndicateStatusComplete(NDIS_HANDLE miniport);
void NdisReset(PNDIS_STATUS status, NDIS_HANDLE binding);
void NdisMResetComplete(NDIS_HANDLE miniport, NDIS_STATUS status, BOOLEAN addressing_reset);

/* Locks, events, timers, work, memory, strings */
void ndis_spin_lock_allocate(PNDIS_SPIN_LOCK lock, const char *file, int line);
#define NdisAllocateSpinLock(lock) ndis_spin_lock_allocate(lock, __FILE__, __LINE__)
void NdisFreeSpinLock(PNDIS_SPIN_LOCK lock);
void NdisAcquireSpinLock(PNDIS_SPIN_LOCK lock);
void NdisReleaseSpinLock(PNDIS_SPIN_LOCK lock);
void NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK lock);
void NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK lock);
void NdisInitializeEvent(PNDIS_EVENT event);
void NdisSetEvent(PNDIS_EVENT event);
void NdisResetEvent(PNDIS_EVENT event);
BOOLEAN NdisWaitEvent(PNDIS_EVENT event, UINT milliseconds); /* 0: for ever */
void NdisMSleep(ULONG microseconds);
void NdisInitializeTimer(PNDIS_TIMER timer, PNDIS_TIMER_FUNCTION routine, PVOID context);
void NdisSetTimer(PNDIS_TIMER timer, UINT milliseconds);
void NdisCancelTimer(PNDIS_TIMER timer, PBOOLEAN cancelled);
#define NdisInitializeWorkItem(item, routine, context) \
	((item)->Context = (context), (item)->Routine = (routine))
NDIS_STATUS NdisScheduleWorkItem(PNDIS_WORK_ITEM item);
NDIS_STATUS NdisAllocateMemoryWithTag(PVOID *address, UINT length, ULONG tag);
void NdisFreeMemory(PVOID address, UINT length, UINT flags);
#define NdisZeroMemory(to, length) RtlZeroMemory(to, length)
#define NdisMoveMemory(to, from, length) RtlCopyMemory(to, from, length)
#define NdisFillMemory(to, length, value) RtlFillMemory(to, length, value)
#define NdisEqualMemory(a, b, length) RtlEqualMemory(a, b, length)
#define NdisMoveMappedMemory(to, from, length) RtlCopyMemory(to, from, length)
#define NdisRetrieveUlong(to, from) RtlCopyMemory(to, from, sizeof(ULONG))
#define NdisInterlockedIncrement(target) InterlockedIncrement(target)
#define NdisInterlockedDecrement(target) InterlockedDecrement(target)
#define NdisEqualString(a, b, ignore_case) RtlEqualUnicodeString(a, b, ignore_case)
#define NdisInitUnicodeString(string, text) RtlInitUnicodeString(string, text)
void NdisFreeString(NDIS_STRING string);
void NdisGetCurrentSystemTime(PLARGE_INTEGER time);
UINT NdisGetVersion(void);

#endif
