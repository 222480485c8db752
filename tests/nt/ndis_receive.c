/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Receives: whole packets with their references, and headers with what is behind them to be fetched. */
#include "ndis_internal.h"

#define HEADER 14u
#define LOOKAHEAD 256u

static bool is_back(const struct ndis_level *level)
{
	return level->is_receive && !level->calling && !level->references;
}

/* The last reference is gone: the packet is its miniport's again. */
static void give_back(struct ndis_packet *all, const char *function)
{
	struct ndis_level level;
	struct nt_frame frame;

	nt_lock();
	level = ndis_level_pop(all, function);
	level.adapter->receives--;
	level.adapter->returning++;
	nt_unlock();
	if (!level.resources) {
		frame = nt_frame_begin();
		level.adapter->miniport->calls.ReturnPacketHandler(level.adapter->context, all->packet);
		nt_frame_end(frame, "MiniportReturnPacket");
	}
	nt_lock();
	level.adapter->returning--;
	nt_unlock();
}

static void lookahead_of(struct ndis_open *open, PNDIS_PACKET packet)
{
	struct ndis_indication indication = { NDIS_INDICATION, open->adapter, open, packet, packet, nt_self() };
	uint8_t bytes[HEADER + LOOKAHEAD];
	uint32_t size = ndis_packet_copy(packet, 0, bytes, sizeof(bytes)), length;
	uint64_t sum = ndis_sum(1, bytes, size);

	NdisQueryPacketLength(packet, &length);
	open->protocol->calls.ReceiveHandler(open->context, &indication, bytes, 14, bytes + 14, size - 14, length - 14);
	open->protocol->calls.ReceiveCompleteHandler(open->context);
	if (ndis_sum(1, bytes, size) != sum)
		nt_violation(NDIS_RULE_DATA, "ProtocolReceive changed the data");
}

/* What NDIS does when the protocol wants no whole packets, or the miniport has too few: sometimes. */
static bool wants_pieces(struct ndis_open *open, const struct ndis_level *level, PNDIS_PACKET packet)
{
	uint32_t length;

	NdisQueryPacketLength(packet, &length);
	if (length <= 14)
		return false;
	return !open->protocol->calls.ReceivePacketHandler || (level->resources && ndis_is_late());
}

static void indicate(struct ndis_adapter *adapter, struct ndis_open *open, PNDIS_PACKET packet)
{
	struct ndis_packet *all = ndis_packet_of(packet, "NdisMIndicateReceivePacket");
	struct ndis_level *top = ndis_level_top(all);
	unsigned depth = all->depth;
	struct nt_frame frame;
	INT references = 0;

	if (open && wants_pieces(open, top, packet)) {
		lookahead_of(open, packet);
	} else if (open) {
		frame = nt_frame_begin();
		references = open->protocol->calls.ReceivePacketHandler(open->context, packet);
		nt_frame_end(frame, "ProtocolReceivePacket");
	}
	nt_lock();
	if (all->depth > depth && !references)
		nt_violation(NDIS_RULE_COMPLETION,
			"ProtocolReceivePacket returned 0 for a packet that %s has indicated further", ndis_level_top(all)->adapter->text);
	top = &all->levels[depth - 1];
	if (references < 0)
		nt_violation(NDIS_RULE_COMPLETION, "ProtocolReceivePacket returned %d references", references);
	if (top->resources && references)
		nt_violation(NDIS_RULE_COMPLETION,
			"ProtocolReceivePacket returned %d references to a packet with NDIS_STATUS_RESOURCES", references);
	top->references += references;
	if (references)
		top->open = open;
	if (open)
		open->received += references;
	top->calling = false;
	if (top->references < 0)
		nt_violation(NDIS_RULE_COMPLETION, "%s was returned more often than it has references: %d too often",
			"a packet", -top->references);
	if (!is_back(top) || all->depth != depth)
		all = NULL;
	nt_unlock();
	if (all)
		give_back(all, "NdisMIndicateReceivePacket");
	(void)adapter;
}

/* In a packet of the driver's own, whose buffers are nobody else's: it can have all of this in the first of them. */
static void first_buffer_check(const struct ndis_adapter *adapter, PNDIS_PACKET packet)
{
	const NDIS_BUFFER *buffer = packet->Private.Head;
	uint32_t first = buffer ? buffer->ByteCount : 0, length = 0;

	for (; buffer; buffer = buffer->Next)
		length += buffer->ByteCount;
	if (first < length && first < HEADER + LOOKAHEAD)
		nt_violation(NDIS_RULE_PACKET, "%s indicated a packet whose first buffer has %u bytes, not header and look-ahead",
			adapter->text, first);
}

static void take(struct ndis_adapter *adapter, PNDIS_PACKET packet, struct ndis_open *open)
{
	struct ndis_packet *all = ndis_packet_of(packet, "NdisMIndicateReceivePacket"), *original;
	struct ndis_level *top, *level;

	nt_lock();
	top = ndis_level_top(all);
	if (top && (!top->is_receive || !top->adapter->open ||
			top->adapter->open->protocol->miniport != adapter->miniport))
		nt_violation(NDIS_RULE_PACKET, "NdisMIndicateReceivePacket of a packet that %s has", top->adapter->text);
	if (top && top->resources && NDIS_GET_PACKET_STATUS(packet) != NDIS_STATUS_RESOURCES)
		nt_violation(NDIS_RULE_COMPLETION, "a packet with NDIS_STATUS_RESOURCES is indicated as one to keep");
	original = adapter->miniport->wrapper ? ndis_original(all, adapter->miniport, true) : NULL;
	if (original)
		ndis_copied_check(all, original, true);
	else if (!top && adapter->miniport->wrapper)
		first_buffer_check(adapter, packet);
	level = ndis_level_push(all, "NdisMIndicateReceivePacket");
	level->is_receive = true;
	level->adapter = adapter;
	level->open = open;
	level->resources = NDIS_GET_PACKET_STATUS(packet) == NDIS_STATUS_RESOURCES;
	level->calling = true;
	adapter->receives++;
	adapter->busy++;
	nt_unlock();
}

void NdisMIndicateReceivePacket(NDIS_HANDLE miniport, PPNDIS_PACKET packets, UINT count)
{
	struct ndis_adapter *adapter;
	struct ndis_open *open;
	UINT index;

	nt_enter_unlocked("NdisMIndicateReceivePacket", DISPATCH_LEVEL);
	adapter = ndis_adapter_of(miniport, "NdisMIndicateReceivePacket");
	for (index = 0; index < count; index++) {
		open = ndis_open_enter(adapter);
		take(adapter, packets[index], open);
		indicate(adapter, open, packets[index]);
		if (open)
			ndis_open_leave(open);
		nt_lock();
		adapter->busy--;
		nt_unlock();
	}
}

void NdisReturnPackets(PNDIS_PACKET *packets, UINT count)
{
	struct ndis_packet *all;
	struct ndis_level *top;
	UINT index;

	nt_enter_unlocked("NdisReturnPackets", DISPATCH_LEVEL);
	for (index = 0; index < count; index++) {
		all = ndis_packet_back(packets[index], "NdisReturnPackets");
		nt_lock();
		top = ndis_level_top(all);
		if (!top || !top->is_receive || top->resources || (!top->calling && top->references < 1))
			nt_violation(NDIS_RULE_COMPLETION, "NdisReturnPackets of a packet that nobody has a reference to");
		top->references--;
		if (top->open)
			top->open->received--;
		if (!is_back(top))
			all = NULL;
		nt_unlock();
		if (all)
			give_back(all, "NdisReturnPackets");
	}
}

static void ethernet_check(UINT header_size, UINT lookahead_size, UINT packet_size)
{
	if (header_size != 14)
		nt_violation(NDIS_RULE_DATA, "NdisMEthIndicateReceive with a header of %u bytes", header_size);
	if (lookahead_size > packet_size)
		nt_violation(NDIS_RULE_DATA, "NdisMEthIndicateReceive with %u bytes of a packet of %u", lookahead_size,
			packet_size);
}

void NdisMEthIndicateReceive(NDIS_HANDLE miniport, NDIS_HANDLE receive_context, PVOID header, UINT header_size,
	PVOID lookahead, UINT lookahead_size, UINT packet_size)
{
	struct ndis_indication indication = { NDIS_INDICATION, NULL, NULL, receive_context, NULL, nt_self() };
	uint64_t sum = ndis_sum(ndis_sum(1, header, header_size), lookahead, lookahead_size);
	struct nt_frame frame;
	NDIS_STATUS status;

	nt_enter_unlocked("NdisMEthIndicateReceive", DISPATCH_LEVEL);
	indication.adapter = ndis_adapter_of(miniport, "NdisMEthIndicateReceive");
	ethernet_check(header_size, lookahead_size, packet_size);
	indication.open = ndis_open_enter(indication.adapter);
	if (!indication.open)
		return;
	frame = nt_frame_begin();
	status = indication.open->protocol->calls.ReceiveHandler(indication.open->context, &indication, header,
		header_size, lookahead, lookahead_size, packet_size);
	nt_frame_end(frame, "ProtocolReceive");
	if (status != NDIS_STATUS_SUCCESS && status != NDIS_STATUS_NOT_ACCEPTED && status != NDIS_STATUS_FAILURE)
		nt_violation(NDIS_RULE_COMPLETION, "ProtocolReceive returned 0x%x", status);
	if (ndis_sum(ndis_sum(1, header, header_size), lookahead, lookahead_size) != sum)
		nt_violation(NDIS_RULE_DATA, "ProtocolReceive changed the data");
	indication.magic = 0;
	ndis_open_leave(indication.open);
}

void NdisMEthIndicateReceiveComplete(NDIS_HANDLE miniport)
{
	struct ndis_adapter *adapter;
	struct ndis_open *open;
	struct nt_frame frame;

	nt_enter_unlocked("NdisMEthIndicateReceiveComplete", DISPATCH_LEVEL);
	adapter = ndis_adapter_of(miniport, "NdisMEthIndicateReceiveComplete");
	open = ndis_open_enter(adapter);
	if (!open)
		return;
	frame = nt_frame_begin();
	open->protocol->calls.ReceiveCompleteHandler(open->context);
	nt_frame_end(frame, "ProtocolReceiveComplete");
	ndis_open_leave(open);
}

static struct ndis_indication *indication_of(NDIS_HANDLE receive_context, struct ndis_open *open, const char *function)
{
	struct ndis_indication *indication = receive_context;

	if (!indication || indication->magic != NDIS_INDICATION || indication->thread != nt_self() ||
	    indication->open != open)
		nt_violation(NDIS_RULE_COMPLETION, "%s outside of ProtocolReceive, or with another's context", function);
	return indication;
}

PNDIS_PACKET NdisGetReceivedPacket(NDIS_HANDLE binding, NDIS_HANDLE receive_context)
{
	nt_enter("NdisGetReceivedPacket", DISPATCH_LEVEL);
	return indication_of(receive_context, binding, "NdisGetReceivedPacket")->packet; /* NULL: there is none */
}

/* From a whole packet NDIS copies itself, behind its header. */
static NDIS_STATUS copy_part(PNDIS_PACKET to, PNDIS_PACKET from, UINT offset, UINT length, PUINT transferred)
{
	uint8_t *bytes = malloc(length + 1);
	PNDIS_BUFFER buffer;
	uint32_t count = ndis_packet_copy(from, 14 + offset, bytes, length), piece, at = 0;

	for (buffer = to->Private.Head; buffer && at < count; buffer = buffer->Next) {
		piece = count - at < buffer->ByteCount ? count - at : buffer->ByteCount;
		memcpy(MmGetMdlVirtualAddress(buffer), bytes + at, piece);
		at += piece;
	}
	free(bytes);
	*transferred = at;
	return NDIS_STATUS_SUCCESS;
}

/* This part of a packet is the miniport's that fills it, and nobody else's until then. */
static void miniport_part_use(PNDIS_PACKET packet)
{
	memset(packet->MiniportReserved, 0xa5, sizeof(packet->MiniportReserved));
}

void NdisTransferData(PNDIS_STATUS status, NDIS_HANDLE binding, NDIS_HANDLE receive_context, UINT offset, UINT length,
	PNDIS_PACKET packet, PUINT transferred)
{
	struct ndis_open *open;
	struct ndis_indication *indication;
	struct ndis_adapter *adapter;
	struct nt_frame frame;
	bool is_closing;

	nt_enter_unlocked("NdisTransferData", DISPATCH_LEVEL);
	/* A close may have begun since ProtocolReceive was called: that holds it up. */
	open = binding;
	indication = indication_of(receive_context, open, "NdisTransferData");
	adapter = indication->adapter;
	ndis_packet_of(packet, "NdisTransferData");
	miniport_part_use(packet);
	nt_lock();
	is_closing = open->closing;
	nt_unlock();
	if (is_closing || nt_fails("NdisTransferData")) {
		*status = is_closing ? NDIS_STATUS_CLOSING : NDIS_STATUS_FAILURE;
		return;
	}
	if (indication->packet) {
		*status = copy_part(packet, indication->packet, offset, length, transferred);
		return;
	}
	nt_lock();
	open->transfers++;
	nt_unlock();
	frame = nt_frame_begin();
	*status = adapter->miniport->calls.TransferDataHandler(packet, transferred, adapter->context,
		indication->receive_context, offset, length);
	nt_frame_end(frame, "MiniportTransferData");
	if (*status != NDIS_STATUS_PENDING) {
		nt_lock();
		open->transfers--;
		nt_unlock();
	}
}

/* By miniports whose transfer was pending. */
void NdisMTransferDataComplete(NDIS_HANDLE miniport, PNDIS_PACKET packet, NDIS_STATUS status, UINT transferred)
{
	struct ndis_adapter *adapter;
	struct ndis_open *open;
	struct nt_frame frame;
	bool is_pending;

	nt_enter_unlocked("NdisMTransferDataComplete", DISPATCH_LEVEL);
	adapter = ndis_adapter_of(miniport, "NdisMTransferDataComplete");
	ndis_packet_of(packet, "NdisMTransferDataComplete");
	nt_lock();
	open = adapter->open;
	is_pending = open && open->transfers;
	nt_unlock();
	if (!is_pending)
		nt_violation(NDIS_RULE_COMPLETION, "NdisMTransferDataComplete for %s, which has none pending",
			adapter->text);
	frame = nt_frame_begin();
	open->protocol->calls.TransferDataCompleteHandler(open->context, packet, status, transferred);
	nt_frame_end(frame, "ProtocolTransferDataComplete");
	nt_lock();
	open->transfers--;
	nt_unlock();
}
