/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "fake_frame.h"

#include "ndis_internal.h"

static char media_info[] = "of the medium";

void fake_record_init(struct fake_record *record)
{
	record->first = NULL;
	record->last = &record->first;
	record->count = 0;
}

void fake_record_clear(struct fake_record *record)
{
	struct fake_frame *frame;

	nt_lock();
	while ((frame = record->first)) {
		record->first = frame->next;
		free(frame);
	}
	fake_record_init(record);
	nt_unlock();
}

static void append(struct fake_record *record, struct fake_frame *frame)
{
	nt_lock();
	*record->last = frame;
	record->last = &frame->next;
	record->count++;
	nt_unlock();
}

void fake_record_packet(struct fake_record *record, PNDIS_PACKET packet, bool is_receive)
{
	PNDIS_BUFFER buffer;
	uint32_t length = 0;
	struct fake_frame *frame;
	PVOID media;
	UINT size;

	for (buffer = packet->Private.Head; buffer; buffer = buffer->Next)
		length += buffer->ByteCount;
	frame = ndis_new(sizeof(*frame) + length);
	frame->length = ndis_packet_copy(packet, 0, frame->bytes, length);
	memcpy(frame->info, NDIS_PACKET_EXTENSION_FROM_PACKET(packet), sizeof(frame->info));
	frame->time = is_receive ? NDIS_GET_PACKET_TIME_RECEIVED(packet) : NDIS_GET_PACKET_TIME_TO_SEND(packet);
	frame->flags = packet->Private.Flags;
	frame->whole = true;
	NDIS_GET_PACKET_MEDIA_SPECIFIC_INFO(packet, &media, &size);
	frame->media_info = size == sizeof(media_info) && !memcmp(media, media_info, size);
	append(record, frame);
}

void fake_record_bytes(struct fake_record *record, const void *head, uint32_t head_length, const void *rest,
	uint32_t rest_length)
{
	struct fake_frame *frame = ndis_new(sizeof(*frame) + head_length + rest_length);

	frame->length = head_length + rest_length;
	memcpy(frame->bytes, head, head_length);
	if (rest_length)
		memcpy(frame->bytes + head_length, rest, rest_length);
	append(record, frame);
}

bool fake_frame_is(const struct fake_frame *frame, const void *bytes, uint32_t length)
{
	return frame && frame->length == length && !memcmp(frame->bytes, bytes, length);
}

/* In memory of exactly its size, so that reads behind it are found. */
static bool add_buffer(PNDIS_PACKET packet, NDIS_HANDLE pool, const uint8_t *bytes, uint32_t length)
{
	uint8_t *copy = malloc(length ? length : 1);
	PNDIS_BUFFER buffer;
	NDIS_STATUS status;

	if (!copy)
		abort();
	memcpy(copy, bytes, length);
	NdisAllocateBuffer(&status, &buffer, pool, copy, length);
	if (status != NDIS_STATUS_SUCCESS) {
		free(copy);
		return false;
	}
	NdisChainBufferAtBack(packet, buffer);
	return true;
}

static void describe(PNDIS_PACKET packet, const struct fake_shape *shape, bool is_receive)
{
	NDIS_PER_PACKET_INFO_FROM_PACKET(packet, Ieee8021QInfo) = (PVOID)shape->vlan;
	NDIS_PER_PACKET_INFO_FROM_PACKET(packet, TcpIpChecksumPacketInfo) = (PVOID)shape->checksum;
	if (is_receive)
		NDIS_SET_PACKET_TIME_RECEIVED(packet, shape->time);
	else
		NDIS_SET_PACKET_TIME_TO_SEND(packet, shape->time);
	if (is_receive)
		NDIS_SET_PACKET_HEADER_SIZE(packet, 14);
	NdisSetPacketFlags(packet, shape->flags);
	if (shape->media_info)
		NDIS_SET_PACKET_MEDIA_SPECIFIC_INFO(packet, media_info, sizeof(media_info));
}

PNDIS_PACKET fake_packet_new(NDIS_HANDLE packets, NDIS_HANDLE buffers, const void *bytes, uint32_t length,
	const struct fake_shape *shape, bool is_receive)
{
	static const struct fake_shape plain;
	const uint8_t *from = bytes;
	PNDIS_PACKET packet;
	NDIS_STATUS status;
	uint32_t at = 0;
	unsigned index;

	if (!shape)
		shape = &plain;
	NdisAllocatePacket(&status, &packet, packets);
	if (status != NDIS_STATUS_SUCCESS)
		return NULL;
	for (index = 0; index <= FAKE_CUTS; index++) {
		uint32_t end = index < FAKE_CUTS && shape->cuts[index] ? shape->cuts[index] : length;

		if (end > length)
			end = length;
		if ((at < end || !length) && !add_buffer(packet, buffers, from + at, end - at))
			goto failed;
		at = end;
		if (at == length)
			break;
	}
	describe(packet, shape, is_receive);
	return packet;
failed:
	fake_packet_free(packet);
	return NULL;
}

void fake_packet_free(PNDIS_PACKET packet)
{
	PNDIS_BUFFER buffer;
	void *bytes;

	for (;;) {
		NdisUnchainBufferAtFront(packet, &buffer);
		if (!buffer)
			break;
		bytes = MmGetMdlVirtualAddress(buffer);
		NdisFreeBuffer(buffer);
		free(bytes);
	}
	NdisFreePacket(packet);
}
