/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "core/event_queue.h"

/* Copying and clearing go by bytes of memcpy's and memset's kind, which every world that compiles
 * core/ has. */
#include <string.h>

void fw_event_queue_init(
	struct fw_event_queue *queue, void *ring, uint32_t size, uint32_t reserved, uint64_t types)
{
	memset(queue, 0, sizeof(*queue));
	queue->ring = ring;
	queue->size = size;
	queue->reserved = reserved < size ? reserved : size;
	queue->types = types;
}

/* Bytes behind the last record; the caller saw that there is room. */
static void append(struct fw_event_queue *queue, const void *bytes, uint32_t length)
{
	uint64_t end = (uint64_t)queue->first + queue->used;
	uint32_t offset = (uint32_t)(end % queue->size);
	uint32_t straight = queue->size - offset < length ? queue->size - offset : length;

	memcpy(queue->ring + offset, bytes, straight);
	memcpy(queue->ring, (const uint8_t *)bytes + straight, length - straight);
	queue->used += length;
}

static void copy_first(const struct fw_event_queue *queue, void *bytes, uint32_t length)
{
	uint32_t straight = queue->size - queue->first;

	if (straight > length)
		straight = length;
	memcpy(bytes, queue->ring + queue->first, straight);
	memcpy((uint8_t *)bytes + straight, queue->ring, length - straight);
}

static void take_first(struct fw_event_queue *queue, void *bytes, uint32_t length)
{
	copy_first(queue, bytes, length);
	queue->first = (uint32_t)(((uint64_t)queue->first + length) % queue->size);
	queue->used -= length;
}

/* The gap as a record. */
static void make_loss(const struct fw_event_queue *queue, struct fw_loss_record *loss)
{
	memset(loss, 0, sizeof(*loss));
	loss->header.size = sizeof(*loss);
	loss->header.type = FW_RECORD_LOSS;
	loss->header.time_ns = queue->gap_time_ns;
	memcpy(loss->lost, queue->gap, sizeof(loss->lost));
}

static void close_gap(struct fw_event_queue *queue)
{
	memset(queue->gap, 0, sizeof(queue->gap));
	queue->has_gap = false;
}

static void open_gap(struct fw_event_queue *queue, uint16_t type, uint64_t time_ns)
{
	if (!queue->has_gap)
		queue->gap_time_ns = time_ns;
	queue->has_gap = true;
	queue->gap[type]++;
	queue->lost[type]++;
}

static bool has_room(const struct fw_event_queue *queue, const struct fw_record_header *record)
{
	uint32_t open = queue->size - queue->used;
	uint32_t kept = record->type == FW_RECORD_PROCESS_EXIT ? 0 : queue->reserved;
	uint64_t wanted = (uint64_t)record->size + kept;

	if (queue->has_gap)
		wanted += sizeof(struct fw_loss_record);
	return wanted <= open;
}

bool fw_event_queue_put(struct fw_event_queue *queue, const struct fw_record_header *record)
{
	if (!fw_event_queue_wants(queue, record->type))
		return true;
	queue->produced[record->type]++;
	if (!has_room(queue, record)) {
		open_gap(queue, record->type, record->time_ns);
		return false;
	}
	if (queue->has_gap) {
		struct fw_loss_record loss;

		make_loss(queue, &loss);
		append(queue, &loss, sizeof(loss));
		close_gap(queue);
	}
	append(queue, record, record->size);
	return true;
}

void fw_event_queue_lose(struct fw_event_queue *queue, uint16_t type, uint64_t time_ns)
{
	if (!fw_event_queue_wants(queue, type))
		return;
	queue->produced[type]++;
	open_gap(queue, type, time_ns);
}

/* Number a record that is about to be delivered, and count it. */
static void number(struct fw_event_queue *queue, struct fw_record_header *record,
	const struct fw_loss_record *loss)
{
	record->sequence = queue->sequence + 1;
	if (!loss) {
		queue->sequence++;
		queue->delivered[record->type]++;
		return;
	}
	for (uint32_t type = 0; type < FW_RECORD_EVENT_TYPES; type++)
		queue->sequence += loss->lost[type];
}

static void take_record(struct fw_event_queue *queue, uint8_t *place, uint32_t size)
{
	struct fw_record_header header;
	struct fw_loss_record loss;

	take_first(queue, place, size);
	memcpy(&header, place, sizeof(header));
	if (header.type == FW_RECORD_LOSS)
		memcpy(&loss, place, sizeof(loss));
	number(queue, &header, header.type == FW_RECORD_LOSS ? &loss : NULL);
	memcpy(place, &header, sizeof(header));
}

uint32_t fw_event_queue_take(struct fw_event_queue *queue, void *buffer, uint32_t room)
{
	uint8_t *bytes = buffer;
	uint32_t filled = 0;
	struct fw_loss_record loss;

	while (queue->used) {
		struct fw_record_header header;

		copy_first(queue, &header, sizeof(header));
		if (header.size > room - filled)
			return filled;
		take_record(queue, bytes + filled, header.size);
		filled += header.size;
	}
	if (queue->has_gap && sizeof(loss) <= room - filled) {
		make_loss(queue, &loss);
		number(queue, &loss.header, &loss);
		memcpy(bytes + filled, &loss, sizeof(loss));
		close_gap(queue);
		filled += (uint32_t)sizeof(loss);
	}
	return filled;
}
