/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Buffers and their chains: what is asked of them, and copies. */
#include "ndis_internal.h"

void NdisCopyBuffer(PNDIS_STATUS status, PNDIS_BUFFER *buffer, NDIS_HANDLE pool, PVOID from, UINT offset, UINT length)
{
	PMDL mdl = from;

	if (offset > mdl->ByteCount || length > mdl->ByteCount - offset)
		nt_violation(NDIS_RULE_DATA, "NdisCopyBuffer of more than the buffer has");
	NdisAllocateBuffer(status, buffer, pool, (PCHAR)MmGetMdlVirtualAddress(mdl) + offset, length);
}

void NdisQueryBufferSafe(PNDIS_BUFFER buffer, PVOID *address, PUINT length, MM_PAGE_PRIORITY priority)
{
	nt_enter("NdisQueryBufferSafe", DISPATCH_LEVEL);
	*length = buffer->ByteCount;
	if (address)
		*address = nt_fails("NdisQueryBufferSafe") ? NULL : MmGetSystemAddressForMdlSafe(buffer, priority);
}

/* On NT this one ends in a bug check when there is nothing left to map with, so drivers must not use it. */
void NdisQueryBuffer(PNDIS_BUFFER buffer, PVOID *address, PUINT length)
{
	(void)buffer;
	(void)address;
	(void)length;
	nt_violation(NDIS_RULE_DATA, "NdisQueryBuffer, where only NdisQueryBufferSafe may fail");
}

void NdisQueryBufferOffset(PNDIS_BUFFER buffer, PUINT offset, PUINT length)
{
	nt_enter("NdisQueryBufferOffset", DISPATCH_LEVEL);
	*offset = buffer->ByteOffset;
	*length = buffer->ByteCount;
}

void NdisAdjustBufferLength(PNDIS_BUFFER buffer, UINT length)
{
	buffer->ByteCount = length;
}

ULONG NdisBufferLength(PNDIS_BUFFER buffer)
{
	return buffer->ByteCount;
}

PVOID NdisBufferVirtualAddress(PNDIS_BUFFER buffer)
{
	return MmGetSystemAddressForMdlSafe(buffer, HighPagePriority);
}

void NdisQueryPacket(PNDIS_PACKET packet, PUINT physical, PUINT count, PNDIS_BUFFER *first, PUINT length)
{
	UINT buffers = 0, bytes = 0;
	PNDIS_BUFFER buffer;

	nt_enter("NdisQueryPacket", DISPATCH_LEVEL);
	ndis_packet_of(packet, "NdisQueryPacket");
	for (buffer = packet->Private.Head; buffer; buffer = buffer->Next) {
		buffers++;
		bytes += buffer->ByteCount;
	}
	if (physical)
		*physical = buffers;
	if (count)
		*count = buffers;
	if (first)
		*first = packet->Private.Head;
	if (length)
		*length = bytes;
}

void NdisQueryPacketLength(PNDIS_PACKET packet, PUINT length)
{
	NdisQueryPacket(packet, NULL, NULL, NULL, length);
}

void NdisGetFirstBufferFromPacketSafe(PNDIS_PACKET packet, PNDIS_BUFFER *first, PVOID *address, PUINT first_length,
	PUINT length, MM_PAGE_PRIORITY priority)
{
	NdisQueryPacket(packet, NULL, NULL, first, length);
	*address = NULL;
	*first_length = 0;
	if (*first)
		NdisQueryBufferSafe(*first, address, first_length, priority);
}

void NdisGetFirstBufferFromPacket(PNDIS_PACKET packet, PNDIS_BUFFER *first, PVOID *address, PUINT first_length,
	PUINT length)
{
	(void)packet;
	(void)first;
	(void)address;
	(void)first_length;
	(void)length;
	nt_violation(NDIS_RULE_DATA, "NdisGetFirstBufferFromPacket, where only its Safe form may fail");
}

void NdisUnchainBufferAtFront(PNDIS_PACKET packet, PNDIS_BUFFER *buffer)
{
	nt_enter("NdisUnchainBufferAtFront", DISPATCH_LEVEL);
	*buffer = packet->Private.Head;
	if (!*buffer)
		return;
	packet->Private.Head = (*buffer)->Next;
	packet->Private.ValidCounts = FALSE;
	(*buffer)->Next = NULL;
}

void NdisUnchainBufferAtBack(PNDIS_PACKET packet, PNDIS_BUFFER *buffer)
{
	PNDIS_BUFFER before = NULL, last;

	nt_enter("NdisUnchainBufferAtBack", DISPATCH_LEVEL);
	for (last = packet->Private.Head; last && last->Next; last = last->Next)
		before = last;
	*buffer = last;
	if (!last)
		return;
	packet->Private.Tail = before;
	*(before ? &before->Next : &packet->Private.Head) = NULL;
	packet->Private.ValidCounts = FALSE;
}

/* One piece after another, as far as both chains go. */
void NdisCopyFromPacketToPacketSafe(PNDIS_PACKET to, UINT to_offset, UINT length, PNDIS_PACKET from, UINT from_offset,
	PUINT copied, MM_PAGE_PRIORITY priority)
{
	PNDIS_BUFFER target = to->Private.Head, source = from->Private.Head;
	UINT piece;

	(void)priority;
	nt_enter("NdisCopyFromPacketToPacketSafe", DISPATCH_LEVEL);
	ndis_packet_of(to, "NdisCopyFromPacketToPacketSafe");
	ndis_packet_of(from, "NdisCopyFromPacketToPacketSafe");
	*copied = 0;
	if (nt_fails("NdisCopyFromPacketToPacketSafe"))
		return;
	while (target && source && length) {
		if (to_offset >= target->ByteCount) {
			to_offset -= target->ByteCount;
			target = target->Next;
		} else if (from_offset >= source->ByteCount) {
			from_offset -= source->ByteCount;
			source = source->Next;
		} else {
			piece = target->ByteCount - to_offset;
			if (piece > source->ByteCount - from_offset)
				piece = source->ByteCount - from_offset;
			if (piece > length)
				piece = length;
			memcpy((PCHAR)MmGetMdlVirtualAddress(target) + to_offset,
				(PCHAR)MmGetMdlVirtualAddress(source) + from_offset, piece);
			to_offset += piece;
			from_offset += piece;
			length -= piece;
			*copied += piece;
		}
	}
}

void NdisCopyFromPacketToPacket(PNDIS_PACKET to, UINT to_offset, UINT length, PNDIS_PACKET from, UINT from_offset,
	PUINT copied)
{
	NdisCopyFromPacketToPacketSafe(to, to_offset, length, from, from_offset, copied, NormalPagePriority);
}

uint32_t ndis_packet_copy(PNDIS_PACKET packet, uint32_t offset, void *bytes, uint32_t length)
{
	PNDIS_BUFFER buffer;
	uint32_t copied = 0, piece;

	for (buffer = packet->Private.Head; buffer && copied < length; buffer = buffer->Next) {
		if (offset >= buffer->ByteCount) {
			offset -= buffer->ByteCount;
			continue;
		}
		piece = buffer->ByteCount - offset;
		if (piece > length - copied)
			piece = length - copied;
		memcpy((char *)bytes + copied, (char *)MmGetMdlVirtualAddress(buffer) + offset, piece);
		copied += piece;
		offset = 0;
	}
	return copied;
}
