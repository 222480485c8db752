/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who has a packet, level by level: with each call that gives it to another driver it gets one more, and what it was is
 * compared when that is done. And the room in it for drivers between.
 */
#include "ndis_internal.h"

uint64_t ndis_sum(uint64_t sum, const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;

	for (; length; length--)
		sum = (sum ^ *byte++) * 0x100000001b3ull;
	return sum;
}

static uint64_t data_sum(PNDIS_PACKET packet, uint32_t *length)
{
	uint64_t sum = 0xcbf29ce484222325ull;
	PNDIS_BUFFER buffer;

	*length = 0;
	for (buffer = packet->Private.Head; buffer; buffer = buffer->Next) {
		sum = ndis_sum(sum, &buffer, sizeof(buffer));
		sum = ndis_sum(sum, MmGetMdlVirtualAddress(buffer), buffer->ByteCount);
		*length += buffer->ByteCount;
	}
	return sum;
}

/* What belongs to the sender: its own room in the packet. */
static uint64_t field_sum(struct ndis_packet *packet)
{
	return ndis_sum(1, packet->packet->ProtocolReserved, packet->pool->reserved);
}

struct ndis_level *ndis_level_top(struct ndis_packet *packet)
{
	return packet->depth ? &packet->levels[packet->depth - 1] : NULL;
}

struct ndis_level *ndis_level_push(struct ndis_packet *packet, const char *function)
{
	struct ndis_level *level;

	if (packet->depth && packet->depth - 1 >= ndis_set.packet_stacks)
		nt_violation(NDIS_RULE_PACKET, "%s of a packet of somebody else whose stack has no room", function);
	if (packet->depth == NDIS_LEVELS)
		nt_violation(0, "a packet that goes through %u drivers", NDIS_LEVELS);
	level = &packet->levels[packet->depth];
	memset(level, 0, sizeof(*level));
	memset(&packet->stack[packet->depth], 0xa5, sizeof(packet->stack[0]));
	level->data = data_sum(packet->packet, &level->length);
	level->fields = field_sum(packet);
	packet->depth++;
	return level;
}

struct ndis_level ndis_level_pop(struct ndis_packet *packet, const char *function)
{
	struct ndis_level level = packet->levels[packet->depth - 1];
	uint32_t length;

	if (data_sum(packet->packet, &length) != level.data || length != level.length)
		nt_violation(NDIS_RULE_DATA, "%s: the data of a packet was changed by who had it", function);
	if (field_sum(packet) != level.fields)
		nt_violation(NDIS_RULE_PACKET, "%s: the protocol's part of a packet was changed by who had it", function);
	packet->depth--;
	if (packet->packet->Private.Head && ndis_is_still_out(packet, &level))
		nt_violation(NDIS_RULE_COMPLETION, "%s of a packet whose buffers another packet still has under way",
			function);
	return level;
}

PNDIS_PACKET_STACK NdisIMGetCurrentPacketStack(PNDIS_PACKET packet, BOOLEAN *remaining)
{
	struct ndis_packet *all;

	nt_enter("NdisIMGetCurrentPacketStack", DISPATCH_LEVEL);
	all = ndis_packet_of(packet, "NdisIMGetCurrentPacketStack");
	*remaining = all->depth && all->depth - 1 < ndis_set.packet_stacks;
	return *remaining ? &all->stack[all->depth - 1] : NULL;
}

static void info_copy(PNDIS_PACKET to, PNDIS_PACKET from, const char *function)
{
	nt_enter(function, DISPATCH_LEVEL);
	ndis_packet_of(to, function);
	ndis_packet_of(from, function);
	memcpy(NDIS_PACKET_EXTENSION_FROM_PACKET(to), NDIS_PACKET_EXTENSION_FROM_PACKET(from),
		sizeof(NDIS_PACKET_EXTENSION));
}

void NdisIMCopySendPerPacketInfo(PNDIS_PACKET to, PNDIS_PACKET from)
{
	info_copy(to, from, "NdisIMCopySendPerPacketInfo");
}

/* Of what a miniport tells with the completion: how far it came with segments and encryption. */
void NdisIMCopySendCompletePerPacketInfo(PNDIS_PACKET to, PNDIS_PACKET from)
{
	static const NDIS_PER_PACKET_INFO told[] = { TcpIpChecksumPacketInfo, IpSecPacketInfo, TcpLargeSendPacketInfo };
	unsigned index;

	nt_enter("NdisIMCopySendCompletePerPacketInfo", DISPATCH_LEVEL);
	for (index = 0; index < FW_NT_COUNT(told); index++)
		NDIS_PER_PACKET_INFO_FROM_PACKET(to, told[index]) = NDIS_PER_PACKET_INFO_FROM_PACKET(from, told[index]);
}

static bool same_media_info(PNDIS_PACKET a, PNDIS_PACKET b)
{
	PVOID info_a, info_b;
	UINT size_a, size_b;

	NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(a, &info_a, &size_a);
	NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(b, &info_b, &size_b);
	return size_a == size_b && (!size_a || !memcmp(info_a, info_b, size_a));
}

/* The other kinds are the sender's. */
static bool is_to_copy(unsigned kind, bool is_receive)
{
	if (is_receive)
		return kind == TcpIpChecksumPacketInfo || kind == IpSecPacketInfo || kind == Ieee8021QInfo;
	return kind != OriginalPacketInfo && kind != NdisReserved;
}

void ndis_copied_check(struct ndis_packet *packet, struct ndis_packet *original, bool is_receive)
{
	PNDIS_PACKET to = packet->packet, from = original->packet;
	PNDIS_PACKET_OOB_DATA to_oob = NDIS_OOB_DATA_FROM_PACKET(to), from_oob = NDIS_OOB_DATA_FROM_PACKET(from);
	const char *missing = NULL;
	unsigned index;

	for (index = 0; index < MaxPerPacketInfo; index++)
		if (is_to_copy(index, is_receive) &&
		    NDIS_PER_PACKET_INFO_FROM_PACKET(to, index) != NDIS_PER_PACKET_INFO_FROM_PACKET(from, index))
			missing = index == Ieee8021QInfo ? "the VLAN tag" : "per-packet information";
	if (!same_media_info(to, from))
		missing = "media specific information";
	if (!is_receive && to_oob->TimeToSend != from_oob->TimeToSend)
		missing = "the time to send it";
	if (is_receive && to_oob->TimeReceived != from_oob->TimeReceived)
		missing = "the time it was received";
	if (is_receive && to_oob->HeaderSize != from_oob->HeaderSize)
		missing = "the size of its header";
	if (!is_receive && (from->Private.Flags & NDIS_FLAGS_PROTOCOL_ID_MASK) !=
			(to->Private.Flags & NDIS_FLAGS_PROTOCOL_ID_MASK))
		missing = "the protocol";
	if (missing)
		nt_violation(NDIS_RULE_PACKET, "a packet in the place of another, without %s", missing);
}
