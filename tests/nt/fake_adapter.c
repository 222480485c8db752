/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "fake_adapter.h"

#include "ndis_internal.h"

#define HELD 1024
#define HEADER 14u

struct fake_adapter {
	struct ndis_adapter *ndis;
	struct fake_adapter_options options;
	NDIS_HANDLE packets, buffers;
	struct fake_record sent;
	NDIS_STATUS send_status;
	bool holds;
	PNDIS_PACKET held[HELD];
	unsigned held_count;
	unsigned out;
	unsigned requests;
	uint32_t packet_filter, lookahead;
	bool is_down;
};

/* What is given to ProtocolReceive, until its transfers are over. */
struct receive {
	struct fake_adapter *adapter;
	const uint8_t *bytes;
	uint32_t length;
	bool transfer_later;
};

struct completion {
	struct fake_adapter *adapter;
	PNDIS_PACKET packet;
	NDIS_STATUS status;
	UINT transferred;
	bool is_transfer;
};

static void complete_later(void *context)
{
	struct completion completion = *(struct completion *)context;

	free(context);
	if (completion.is_transfer)
		NdisMTransferDataComplete(completion.adapter->ndis, completion.packet, completion.status,
			completion.transferred);
	else
		NdisMSendComplete(completion.adapter->ndis, completion.packet, completion.status);
}

static void later(struct fake_adapter *adapter, PNDIS_PACKET packet, bool is_transfer, UINT transferred)
{
	struct completion *completion = ndis_new(sizeof(*completion));

	completion->adapter = adapter;
	completion->packet = packet;
	completion->status = is_transfer ? NDIS_STATUS_SUCCESS : adapter->send_status;
	completion->is_transfer = is_transfer;
	completion->transferred = transferred;
	ndis_later(complete_later, completion, DISPATCH_LEVEL);
}

static enum fake_sends way(const struct fake_adapter *adapter)
{
	uint32_t choice;

	if (adapter->options.sends != FAKE_SENDS_MIXED)
		return adapter->options.sends;
	nt_lock();
	choice = nt_random(3);
	nt_unlock();
	return FAKE_SENDS_AT_ONCE + choice;
}

static bool hold(struct fake_adapter *adapter, PNDIS_PACKET packet)
{
	bool holds;

	nt_lock();
	holds = adapter->holds && adapter->held_count < HELD;
	if (holds)
		adapter->held[adapter->held_count++] = packet;
	nt_unlock();
	return holds;
}

static NDIS_STATUS send(NDIS_HANDLE context, PNDIS_PACKET packet, UINT flags)
{
	struct fake_adapter *adapter = context;
	NDIS_STATUS status = adapter->send_status;

	(void)flags;
	if (nt_fails("MiniportSend of the adapter"))
		return NDIS_STATUS_FAILURE;
	fake_record_packet(&adapter->sent, packet, false);
	if (hold(adapter, packet))
		return NDIS_STATUS_PENDING;
	switch (way(adapter)) {
	case FAKE_SENDS_AT_ONCE:
		return status;
	case FAKE_SENDS_WITHIN:
		NdisMSendComplete(adapter->ndis, packet, status);
		return NDIS_STATUS_PENDING;
	default:
		later(adapter, packet, false, 0);
		return NDIS_STATUS_PENDING;
	}
}

void fake_adapter_hold(struct fake_adapter *adapter)
{
	nt_lock();
	adapter->holds = true;
	nt_unlock();
}

void fake_adapter_let_go(struct fake_adapter *adapter)
{
	unsigned index, count;

	nt_lock();
	adapter->holds = false;
	count = adapter->held_count;
	adapter->held_count = 0;
	nt_unlock();
	for (index = 0; index < count; index++)
		later(adapter, adapter->held[index], false, 0);
}

unsigned fake_adapter_held(struct fake_adapter *adapter)
{
	return adapter->held_count;
}

static void return_packet(NDIS_HANDLE context, PNDIS_PACKET packet)
{
	struct fake_adapter *adapter = context;

	fake_packet_free(packet);
	nt_lock();
	adapter->out--;
	nt_unlock();
}

static PNDIS_PACKET packet_new(struct fake_adapter *adapter, const void *bytes, uint32_t length,
	const struct fake_shape *shape, bool resources)
{
	PNDIS_PACKET packet = fake_packet_new(adapter->packets, adapter->buffers, bytes, length, shape, true);

	if (!packet)
		return NULL;
	NDIS_SET_PACKET_STATUS(packet, resources ? NDIS_STATUS_RESOURCES : NDIS_STATUS_SUCCESS);
	nt_lock();
	adapter->out += !resources;
	nt_unlock();
	return packet;
}

bool fake_adapter_packet(struct fake_adapter *adapter, const void *bytes, uint32_t length, const struct fake_shape *shape,
	bool resources)
{
	PNDIS_PACKET packet = packet_new(adapter, bytes, length, shape, resources);
	KIRQL old;

	if (!packet)
		return false;
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisMIndicateReceivePacket(adapter->ndis, &packet, 1);
	if (resources)
		fake_packet_free(packet);
	KeLowerIrql(old);
	return true;
}

void fake_adapter_packets(struct fake_adapter *adapter, const void *bytes, uint32_t length, unsigned count)
{
	PNDIS_PACKET packets[16];
	unsigned index;
	KIRQL old;

	for (index = 0; index < count && index < 16; index++) {
		packets[index] = packet_new(adapter, bytes, length, NULL, false);
		if (!packets[index])
			break;
	}
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisMIndicateReceivePacket(adapter->ndis, packets, index);
	KeLowerIrql(old);
}

void fake_adapter_lookahead(struct fake_adapter *adapter, const void *bytes, uint32_t length, uint32_t lookahead,
	bool transfer_later)
{
	struct receive receive = { adapter, bytes, length, transfer_later };
	uint32_t header = length < HEADER ? length : HEADER;
	uint8_t *seen;
	KIRQL old;

	if (lookahead > length - header)
		lookahead = length - header;
	/* Apart from each other, and of exactly this size. */
	seen = malloc(lookahead ? lookahead : 1);
	memcpy(seen, (const uint8_t *)bytes + header, lookahead);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisMEthIndicateReceive(adapter->ndis, &receive, (PVOID)bytes, header, seen, lookahead, length - header);
	NdisMEthIndicateReceiveComplete(adapter->ndis);
	KeLowerIrql(old);
	free(seen);
}

static NDIS_STATUS transfer(PNDIS_PACKET packet, PUINT transferred, NDIS_HANDLE context, NDIS_HANDLE receive_context,
	UINT offset, UINT length)
{
	struct receive *receive = receive_context;
	const uint8_t *from = receive->bytes + HEADER + offset;
	uint32_t left = receive->length - HEADER, piece;
	PNDIS_BUFFER buffer;

	if (context != receive->adapter || offset > left || length > left - offset)
		nt_violation(NDIS_RULE_DATA, "NdisTransferData of %u bytes from %u on of a packet of %u", length, offset,
			left);
	*transferred = 0;
	for (buffer = packet->Private.Head; buffer && length; buffer = buffer->Next) {
		piece = length < buffer->ByteCount ? length : buffer->ByteCount;
		memcpy(MmGetMdlVirtualAddress(buffer), from, piece);
		from += piece;
		length -= piece;
		*transferred += piece;
	}
	if (!receive->transfer_later)
		return NDIS_STATUS_SUCCESS;
	later(receive->adapter, packet, true, *transferred);
	return NDIS_STATUS_PENDING;
}

static NDIS_STATUS answer(PVOID buffer, ULONG length, const void *value, ULONG size, PULONG written, PULONG needed)
{
	*needed = size;
	if (length < size)
		return NDIS_STATUS_INVALID_LENGTH;
	memcpy(buffer, value, size);
	*written = size;
	return NDIS_STATUS_SUCCESS;
}

static uint32_t number_of(const struct fake_adapter *adapter, NDIS_OID oid)
{
	switch (oid) {
	case OID_GEN_MEDIA_SUPPORTED:
	case OID_GEN_MEDIA_IN_USE:
		return NdisMedium802_3;
	case OID_GEN_MAXIMUM_LOOKAHEAD:
	case OID_GEN_MAXIMUM_FRAME_SIZE:
		return 1500;
	case OID_GEN_CURRENT_LOOKAHEAD:
		return adapter->lookahead;
	case OID_GEN_MAXIMUM_TOTAL_SIZE:
		return 1514;
	case OID_GEN_LINK_SPEED:
		return 10000000; /* of 100 bits a second */
	case OID_GEN_CURRENT_PACKET_FILTER:
		return adapter->packet_filter;
	case OID_GEN_MEDIA_CONNECT_STATUS:
		return adapter->is_down ? NdisMediaStateDisconnected : NdisMediaStateConnected;
	case OID_GEN_MAC_OPTIONS:
		return NDIS_MAC_OPTION_NO_LOOPBACK | NDIS_MAC_OPTION_FULL_DUPLEX;
	case OID_GEN_XMIT_OK:
		return adapter->sent.count;
	default:
		return 0;
	}
}

static NDIS_STATUS answer_now(struct fake_adapter *adapter, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written,
	PULONG needed)
{
	static const char description[] = "Fake Adapter";
	static const uint32_t oids[] = { OID_GEN_SUPPORTED_LIST, OID_GEN_LINK_SPEED, OID_802_3_CURRENT_ADDRESS };
	NDIS_PNP_CAPABILITIES capabilities = { 0 };
	uint32_t number;

	if (nt_fails("MiniportQueryInformation of the adapter"))
		return NDIS_STATUS_FAILURE;
	switch (oid) {
	case OID_GEN_SUPPORTED_LIST:
		return answer(buffer, length, oids, sizeof(oids), written, needed);
	case OID_GEN_VENDOR_DESCRIPTION:
		return answer(buffer, length, description, sizeof(description), written, needed);
	case OID_802_3_PERMANENT_ADDRESS:
	case OID_802_3_CURRENT_ADDRESS:
		return answer(buffer, length, adapter->options.mac, 6, written, needed);
	case OID_PNP_CAPABILITIES:
		return answer(buffer, length, &capabilities, sizeof(capabilities), written, needed);
	}
	if ((oid & 0xff000000) || (oid & 0xffff0000) == 0x00020000)
		if (oid != OID_GEN_XMIT_OK)
			return NDIS_STATUS_NOT_SUPPORTED;
	number = number_of(adapter, oid);
	return answer(buffer, length, &number, sizeof(number), written, needed);
}

struct reply {
	struct fake_adapter *adapter;
	NDIS_STATUS status;
	bool is_set;
};

static void reply_later(void *context)
{
	struct reply reply = *(struct reply *)context;

	free(context);
	if (reply.is_set)
		NdisMSetInformationComplete(reply.adapter->ndis, reply.status);
	else
		NdisMQueryInformationComplete(reply.adapter->ndis, reply.status);
}

static NDIS_STATUS finish(struct fake_adapter *adapter, NDIS_STATUS status, bool is_set)
{
	struct reply *reply;

	if (!ndis_is_late())
		return status;
	reply = ndis_new(sizeof(*reply));
	reply->adapter = adapter;
	reply->status = status;
	reply->is_set = is_set;
	ndis_later(reply_later, reply, DISPATCH_LEVEL);
	return NDIS_STATUS_PENDING;
}

static NDIS_STATUS query(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG written, PULONG needed)
{
	struct fake_adapter *adapter = context;

	adapter->requests++;
	return finish(adapter, answer_now(adapter, oid, buffer, length, written, needed), false);
}

static NDIS_STATUS set(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG read, PULONG needed)
{
	struct fake_adapter *adapter = context;
	uint32_t *target = oid == OID_GEN_CURRENT_PACKET_FILTER ? &adapter->packet_filter :
		oid == OID_GEN_CURRENT_LOOKAHEAD ? &adapter->lookahead : NULL;

	adapter->requests++;
	*needed = 4;
	if (nt_fails("MiniportSetInformation of the adapter"))
		return finish(adapter, NDIS_STATUS_FAILURE, true);
	if (!target && oid != OID_802_3_MULTICAST_LIST && oid != OID_PNP_SET_POWER)
		return finish(adapter, NDIS_STATUS_NOT_SUPPORTED, true);
	if (target && length < 4)
		return finish(adapter, NDIS_STATUS_INVALID_LENGTH, true);
	if (target)
		memcpy(target, buffer, 4);
	*read = length;
	return finish(adapter, NDIS_STATUS_SUCCESS, true);
}

static void halt(NDIS_HANDLE context)
{
	(void)context;
}

static void reset_later(void *context)
{
	NdisMResetComplete(((struct fake_adapter *)context)->ndis, NDIS_STATUS_SUCCESS, FALSE);
}

static NDIS_STATUS reset(PBOOLEAN is_addressing, NDIS_HANDLE context)
{
	*is_addressing = FALSE;
	if (!ndis_is_late())
		return NDIS_STATUS_SUCCESS;
	ndis_later(reset_later, context, DISPATCH_LEVEL);
	return NDIS_STATUS_PENDING;
}

static void pool_new(void (*make)(PNDIS_STATUS, PNDIS_HANDLE, UINT), NDIS_HANDLE *pool)
{
	NDIS_STATUS status;

	make(&status, pool, 4096);
	ndis_pool_own(*pool);
}

static void packet_pool(PNDIS_STATUS status, PNDIS_HANDLE pool, UINT count)
{
	NdisAllocatePacketPool(status, pool, count, PROTOCOL_RESERVED_SIZE_IN_PACKET);
}

struct fake_adapter *fake_adapter_new(const struct fake_adapter_options *options)
{
	static const NDIS_MINIPORT_CHARACTERISTICS calls = {
		.MajorNdisVersion = 5, .MinorNdisVersion = 1, .HaltHandler = halt, .QueryInformationHandler = query,
		.SetInformationHandler = set, .ResetHandler = reset, .SendHandler = send,
		.TransferDataHandler = transfer, .ReturnPacketHandler = return_packet,
	};
	struct fake_adapter *adapter = ndis_new(sizeof(*adapter));

	if (options)
		adapter->options = *options;
	nt_failures_pause();
	pool_new(packet_pool, &adapter->packets);
	pool_new(NdisAllocateBufferPool, &adapter->buffers);
	nt_failures_resume();
	fake_record_init(&adapter->sent);
	ndis_adapter_plug(&adapter->ndis, adapter->options.name ? adapter->options.name : "\\Device\\{A}",
		adapter->options.instance ? adapter->options.instance : "Fake Adapter", &calls, adapter);
	return adapter;
}

void fake_adapter_free(struct fake_adapter *adapter)
{
	ndis_adapter_unplug(adapter->ndis);
	if (adapter->out)
		nt_violation(NDIS_RULE_COMPLETION, "%u packets of an adapter were not returned", adapter->out);
	NdisFreePacketPool(adapter->packets);
	NdisFreeBufferPool(adapter->buffers);
	fake_record_clear(&adapter->sent);
	free(adapter);
}

struct ndis_adapter *fake_adapter_ndis(struct fake_adapter *adapter)
{
	return adapter->ndis;
}

struct fake_record *fake_adapter_sent(struct fake_adapter *adapter)
{
	return &adapter->sent;
}

void fake_adapter_send_status(struct fake_adapter *adapter, NDIS_STATUS status)
{
	adapter->send_status = status;
}

unsigned fake_adapter_out(struct fake_adapter *adapter)
{
	return adapter->out;
}

uint32_t fake_adapter_packet_filter(struct fake_adapter *adapter)
{
	return adapter->packet_filter;
}

unsigned fake_adapter_requests(struct fake_adapter *adapter)
{
	return adapter->requests;
}

void fake_adapter_link(struct fake_adapter *adapter, bool is_up)
{
	KIRQL old;

	adapter->is_down = !is_up;
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisMIndicateStatus(adapter->ndis, is_up ? NDIS_STATUS_MEDIA_CONNECT : NDIS_STATUS_MEDIA_DISCONNECT, NULL, 0);
	NdisMIndicateStatusComplete(adapter->ndis);
	KeLowerIrql(old);
}
