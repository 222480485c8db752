/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Sends: down to the miniport, and their completion, once, up again. */
#include "ndis_internal.h"

/* The packet goes from who owns it to the adapter of the binding. */
static void give(struct ndis_open *open, PNDIS_PACKET packet, const char *function)
{
	struct ndis_packet *all = ndis_packet_of(packet, function), *original;
	struct ndis_level *top, *level;

	nt_lock();
	top = ndis_level_top(all);
	if (top && (top->is_receive || !open->protocol->miniport || top->adapter->miniport != open->protocol->miniport))
		nt_violation(NDIS_RULE_PACKET, "%s of a packet that %s has", function, top->adapter->text);
	original = open->protocol->miniport ? ndis_original(all, open->protocol->miniport, false) : NULL;
	if (original)
		ndis_copied_check(all, original, false);
	if (!packet->Private.Head)
		nt_violation(NDIS_RULE_PACKET, "%s of a packet without data", function);
	level = ndis_level_push(all, function);
	level->adapter = open->adapter;
	level->open = open;
	open->sends++;
	open->adapter->sends++;
	open->adapter->busy++;
	nt_unlock();
}

static void called(struct ndis_adapter *adapter)
{
	nt_lock();
	adapter->busy--;
	nt_unlock();
}

/* Gives a packet back; its sender is told unless it learns it from what its own call returns. */
static void take_back(struct ndis_adapter *adapter, PNDIS_PACKET packet, NDIS_STATUS status, bool tell,
	const char *function)
{
	struct ndis_packet *all = ndis_packet_back(packet, function);
	struct ndis_level *top, level;
	struct nt_frame frame;

	nt_lock();
	top = ndis_level_top(all);
	if (!top || top->is_receive || top->adapter != adapter)
		nt_violation(NDIS_RULE_COMPLETION, "%s of a packet that %s does not have (any more)", function,
			adapter->text);
	if (status == NDIS_STATUS_PENDING)
		nt_violation(NDIS_RULE_COMPLETION, "%s with NDIS_STATUS_PENDING", function);
	level = ndis_level_pop(all, function);
	nt_unlock();
	if (tell) {
		frame = nt_frame_begin();
		level.open->protocol->calls.SendCompleteHandler(level.open->context, packet, status);
		nt_frame_end(frame, "ProtocolSendComplete");
	}
	nt_lock();
	level.open->sends--;
	adapter->sends--;
	nt_unlock();
}

static NDIS_STATUS hand_down(struct ndis_open *open, PNDIS_PACKET packet)
{
	struct ndis_adapter *adapter = open->adapter;
	struct nt_frame frame = nt_frame_begin();
	NDIS_STATUS status = NDIS_STATUS_PENDING;

	if (adapter->miniport->calls.SendPacketsHandler)
		adapter->miniport->calls.SendPacketsHandler(adapter->context, &packet, 1);
	else
		status = adapter->miniport->calls.SendHandler(adapter->context, packet, packet->Private.Flags);
	nt_frame_end(frame, "MiniportSend");
	return status;
}

void NdisSend(PNDIS_STATUS status, NDIS_HANDLE binding, PNDIS_PACKET packet)
{
	struct ndis_open *open;
	struct ndis_adapter *adapter;

	nt_enter_unlocked("NdisSend", DISPATCH_LEVEL);
	open = ndis_open_of(binding, "NdisSend");
	adapter = open->adapter;
	if (nt_fails("NdisSend")) {
		*status = NDIS_STATUS_RESOURCES;
		return;
	}
	give(open, packet, "NdisSend");
	*status = hand_down(open, packet);
	if (*status != NDIS_STATUS_PENDING)
		take_back(adapter, packet, *status, false, "MiniportSend");
	called(adapter);
}

void NdisSendPackets(NDIS_HANDLE binding, PPNDIS_PACKET packets, UINT count)
{
	struct ndis_adapter *adapter;
	struct ndis_open *open;
	struct nt_frame frame;
	NDIS_STATUS status;
	UINT index;

	nt_enter_unlocked("NdisSendPackets", DISPATCH_LEVEL);
	open = ndis_open_of(binding, "NdisSendPackets");
	adapter = open->adapter;
	for (index = 0; index < count; index++)
		give(open, packets[index], "NdisSendPackets");
	if (adapter->miniport->calls.SendPacketsHandler) {
		frame = nt_frame_begin();
		adapter->miniport->calls.SendPacketsHandler(adapter->context, packets, count);
		nt_frame_end(frame, "MiniportSendPackets");
	} else {
		for (index = 0; index < count; index++) {
			PNDIS_PACKET packet = packets[index];

			status = hand_down(open, packet);
			if (status != NDIS_STATUS_PENDING)
				take_back(adapter, packet, status, true, "MiniportSend");
		}
	}
	for (index = 0; index < count; index++)
		called(adapter);
}

void NdisMSendComplete(NDIS_HANDLE miniport, PNDIS_PACKET packet, NDIS_STATUS status)
{
	struct ndis_adapter *adapter;

	nt_enter_unlocked("NdisMSendComplete", DISPATCH_LEVEL);
	adapter = ndis_adapter_of(miniport, "NdisMSendComplete");
	take_back(adapter, packet, status, true, "NdisMSendComplete");
}

void NdisMSendResourcesAvailable(NDIS_HANDLE miniport)
{
	nt_enter_unlocked("NdisMSendResourcesAvailable", DISPATCH_LEVEL);
	ndis_adapter_of(miniport, "NdisMSendResourcesAvailable");
}

/* A wish only: what the miniport has sent is not called back. */
void NdisCancelSendPackets(NDIS_HANDLE binding, PVOID id)
{
	struct ndis_adapter *adapter;

	nt_enter_unlocked("NdisCancelSendPackets", DISPATCH_LEVEL);
	adapter = ndis_open_of(binding, "NdisCancelSendPackets")->adapter;
	if (adapter->miniport->calls.CancelSendPacketsHandler)
		adapter->miniport->calls.CancelSendPacketsHandler(adapter->context, id);
}

UCHAR NdisGeneratePartialCancelId(void)
{
	static UCHAR last;

	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}
