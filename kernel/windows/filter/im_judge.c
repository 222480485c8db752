/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/filter/im_judge.h"

#include "kernel/windows/filter/im_set.h"
#include "kernel/windows/nt_optional.h"

/* As much as there is room for. */
static void append(struct fw_im_head *head, const void *from, uint32_t bytes)
{
	uint32_t room = FW_FRAME_HEAD - head->frame.there;

	if (bytes > room)
		bytes = room;
	if (bytes)
		memcpy(head->bytes + head->frame.there, from, bytes);
	head->frame.there += bytes;
}

static void begin(struct fw_im_head *head)
{
	head->frame.head = head->bytes;
	head->frame.there = 0;
	head->frame.length = 0;
	head->frame.untagged = false;
}

bool fw_im_head_of_packet(struct fw_im_head *head, NDIS_PACKET *packet)
{
	begin(head);
	for (NDIS_BUFFER *buffer = packet->Private.Head; buffer; buffer = buffer->Next) {
		uint32_t bytes = MmGetMdlByteCount(buffer);
		const void *from;

		head->frame.length += bytes;
		if (!bytes || head->frame.there == FW_FRAME_HEAD)
			continue;
		from = fw_nt_mdl_address(buffer);
		if (!from)
			return false;
		append(head, from, bytes);
	}
	/* Then the tag is in here, and is put in, or was taken out, by the adapter. */
	head->frame.untagged = NDIS_PER_PACKET_INFO_FROM_PACKET(packet, Ieee8021QInfo) != NULL;
	return true;
}

bool fw_im_head_of_parts(struct fw_im_head *head, const void *header, uint32_t header_bytes,
	const void *next, uint32_t next_bytes, uint32_t behind)
{
	begin(head);
	if (next_bytes > behind)
		next_bytes = behind;
	head->frame.length = header_bytes + behind;
	append(head, header, header_bytes);
	append(head, next, next_bytes);
	return head->frame.there == FW_FRAME_HEAD || head->frame.there == head->frame.length;
}

static void count(struct fw_filter_counters *counters, uint32_t bytes, bool dropped)
{
	counters->packets++;
	counters->bytes += bytes;
	if (dropped) {
		counters->dropped_packets++;
		counters->dropped_bytes += bytes;
	}
}

bool fw_im_judge_drops(
	struct fw_im_adapter *adapter, enum fw_filter_place place, const struct fw_im_head *head)
{
	enum fw_im_side side = fw_im_side_of(place);
	struct fw_im_judge *judge = &adapter->side[side];
	struct fw_frame_address found = fw_frame_address(&head->frame, side == FW_IM_IN);
	bool dropped = false;
	KIRQL irql;

	KeAcquireSpinLock(&judge->lock, &irql);
	if (judge->set) {
		dropped = fw_im_set_drops(judge->set, &found);
		count(&judge->counters[place], found.bytes, dropped);
	}
	KeReleaseSpinLock(&judge->lock, irql);
	return dropped;
}

struct fw_im_set *fw_im_judge_replace(
	struct fw_im_judge *judge, struct fw_im_set *set, const char *pattern)
{
	struct fw_im_set *old;
	KIRQL irql;

	KeAcquireSpinLock(&judge->lock, &irql);
	old = judge->set;
	if (set && !old)
		memset(judge->counters, 0, sizeof(judge->counters));
	judge->set = set;
	memset(judge->pattern, 0, sizeof(judge->pattern));
	if (set)
		memcpy(judge->pattern, pattern, sizeof(judge->pattern));
	KeReleaseSpinLock(&judge->lock, irql);
	return old;
}

static void add(struct fw_filter_counters *sum, const struct fw_filter_counters *counters)
{
	sum->packets += counters->packets;
	sum->bytes += counters->bytes;
	sum->dropped_packets += counters->dropped_packets;
	sum->dropped_bytes += counters->dropped_bytes;
}

void fw_im_judge_describe(struct fw_im_judge *judge, struct fw_adapter_direction *direction)
{
	KIRQL irql;

	KeAcquireSpinLock(&judge->lock, &irql);
	if (judge->set) {
		direction->hook = FW_FILTER_HOOK_NDIS;
		direction->list = fw_im_set_id(judge->set);
		memcpy(direction->pattern, judge->pattern, sizeof(direction->pattern));
		for (int place = 0; place < FW_FILTER_PLACES; place++)
			add(&direction->counters, &judge->counters[place]);
	}
	KeReleaseSpinLock(&judge->lock, irql);
}

void fw_im_judge_counters(
	struct fw_im_judge *judge, enum fw_filter_place place, struct fw_filter_counters *counters)
{
	KIRQL irql;

	KeAcquireSpinLock(&judge->lock, &irql);
	if (judge->set)
		*counters = judge->counters[place];
	KeReleaseSpinLock(&judge->lock, irql);
}

void fw_im_judge_list(struct fw_im_judge *judge, struct fw_filter_list *list)
{
	KIRQL irql;

	KeAcquireSpinLock(&judge->lock, &irql);
	if (judge->set)
		fw_im_set_describe(judge->set, list);
	KeReleaseSpinLock(&judge->lock, irql);
}
