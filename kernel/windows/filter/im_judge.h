/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Whether a packet is dropped: its head is read, wherever its buffers split it, and looked up in
 * the list of its direction (NT-31). Called by im_send.c and im_receive.c; IRQL <= DISPATCH_LEVEL.
 * Lists are changed by im_list.c.
 */
#ifndef FW_NT_IM_JUDGE_H
#define FW_NT_IM_JUDGE_H

#include "core/frame_address.h"
#include "kernel/windows/filter/im_adapter.h"

/* The head of a packet, copied; what is judged. */
struct fw_im_head {
	struct fw_frame frame;
	uint8_t bytes[FW_FRAME_HEAD];
};

/* False: its memory cannot be mapped now, and it cannot be judged. */
bool fw_im_head_of_packet(struct fw_im_head *head, NDIS_PACKET *packet);
/* A header, and so much as there is of what is behind it. False: too little to judge by. */
bool fw_im_head_of_parts(struct fw_im_head *head, const void *header, uint32_t header_bytes,
	const void *next, uint32_t next_bytes, uint32_t behind);

/* Is it dropped? It is counted either way. */
bool fw_im_judge_drops(
	struct fw_im_adapter *adapter, enum fw_filter_place place, const struct fw_im_head *head);

/* Of a direction: the list that is in force from now on, and the pattern that it was set for. Takes
 * the caller's reference; returns the old list with its reference, to be put without locks.
 * PASSIVE_LEVEL. */
struct fw_im_set *fw_im_judge_replace(
	struct fw_im_judge *judge, struct fw_im_set *set, const char *pattern);
/* hook, list, pattern and counters. */
void fw_im_judge_describe(struct fw_im_judge *judge, struct fw_adapter_direction *direction);
/* id and numbers of prefixes; nothing if there is no list. */
void fw_im_judge_list(struct fw_im_judge *judge, struct fw_filter_list *list);
void fw_im_judge_counters(
	struct fw_im_judge *judge, enum fw_filter_place place, struct fw_filter_counters *counters);

static inline enum fw_im_side fw_im_side_of(enum fw_filter_place place)
{
	return place == FW_FILTER_PLACE_SEND ? FW_IM_OUT : FW_IM_IN;
}

#endif
