/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A subscription to records: queues in the kernel side and, for images, perf buffers; brought into
 * the order of their time and numbered. Called by bpf_backend.c; one thread.
 *
 * Records of connections and ports alone come from one queue, in its order, at once. With
 * processes, threads or images there are several queues: a record is then held back until
 * FW_ORDER_SLACK_NS after it happened, so that older ones can come in between. One that comes later
 * still is delivered late.
 */
#ifndef FW_RECORD_READER_H
#define FW_RECORD_READER_H

#include "backend/linux/image_source.h"
#include "backend/linux/reader_slot.h"
#include "backend/linux/record_merge.h"

#define FW_ORDER_SLACK_NS 30000000ull

struct fw_record_reader {
	struct fw_reader_slot slot;
	struct fw_image_source images;
	struct fw_record_merge merge;
	struct fw_record_merge existing; /* to be delivered before all else */
	bool in_order;			 /* by way of the merge */
	bool has_images;
	int epoll_fd;
	uint64_t sequence; /* of the last record */
	uint64_t delivered[FW_RECORD_EVENT_TYPES];
	uint64_t dropped[FW_RECORD_EVENT_TYPES]; /* for want of memory, told already or not */
	uint64_t dropped_gap[FW_RECORD_EVENT_TYPES];
	fw_record_fn callback;
	void *argument;
	bool stopped; /* the callback wants no more */
};

/* Everything that is subscribed to is delivered from this call's return on; what exists is not
 * added yet. Release with fw_record_reader_stop() even if it fails. */
enum fw_status fw_record_reader_start(struct fw_record_reader *reader, struct fw_kernel_side *side,
	const struct fw_subscription *subscription, struct fw_error *error);
/* Take in what is queued without delivering it. */
enum fw_status fw_record_reader_gather(struct fw_record_reader *reader, struct fw_error *error);
/* Deliver what is there, waiting up to timeout_ms (0: not at all) for the first record. */
enum fw_status fw_record_reader_poll(struct fw_record_reader *reader, int timeout_ms,
	fw_record_fn callback, void *argument, struct fw_error *error);
/* Produce no more and deliver all that is left, losses included. */
enum fw_status fw_record_reader_drain(struct fw_record_reader *reader, fw_record_fn callback,
	void *argument, struct fw_error *error);
void fw_record_reader_report(
	const struct fw_record_reader *reader, struct fw_reader_report *report);
void fw_record_reader_stop(struct fw_record_reader *reader);

#endif
