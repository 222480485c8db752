/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Delivering a record to every reader that asked for its type. Each reader has rings of its own; a
 * record that finds no room is counted, and the next one that does is preceded by a loss record.
 * header.sequence is the reader's business.
 */
#ifndef FW_READER_BPF_H
#define FW_READER_BPF_H

#include "kernel/linux/process.bpf.h"

#include "abi/flow.h"

#define FW_RING_WAKE_BYTES (64 * 1024)
#define BPF_RB_NO_WAKEUP   1
#define BPF_RB_FORCE_WAKEUP 2
#define BPF_RB_AVAIL_DATA  0

static __always_inline bool anybody_reads(__u16 type)
{
	__u64 types = 0;

	if (!machine.reader_count)
		return false;
	for (int i = 0; i < FW_MAX_READERS; i++)
		types |= machine.readers[i].types;
	return types & (1ull << type);
}

static __always_inline void record_begin(struct fw_record_header *header, __u16 type, __u32 size)
{
	header->size = size;
	header->type = type;
	header->time_ns = bpf_ktime_get_boot_ns();
}

static __always_inline struct fw_reader_state *reader_of(__u32 slot, __u16 type)
{
	struct fw_reader_state *reader;

	if (slot >= FW_MAX_READERS)
		return 0;
	reader = &machine.readers[slot];
	if (!(reader->types & (1ull << type)))
		return 0;
	barrier_var(reader); /* clang would do arithmetic on the pointer instead of a jump */
	return reader;
}

/* Readers poll by time; one is woken early each time another FW_RING_WAKE_BYTES are waiting. */
static __always_inline __u64 wake_flag(void *ring, __u32 size)
{
	__u64 waiting = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);

	return waiting / FW_RING_WAKE_BYTES != (waiting + size) / FW_RING_WAKE_BYTES ?
		       BPF_RB_FORCE_WAKEUP :
		       BPF_RB_NO_WAKEUP;
}

static __always_inline void lose(struct fw_reader_state *reader, __u16 type)
{
	__sync_fetch_and_add(&reader->lost[type % FW_RECORD_EVENT_TYPES], 1);
	__sync_fetch_and_add(&reader->gap[type % FW_RECORD_EVENT_TYPES], 1);
	__sync_fetch_and_add(&reader->gap_total[fw_queue_of(type)], 1);
}

/* Each queue tells of its own types. The hint is taken back first: what is lost from then on is
 * told next time. */
static __always_inline void report_gap(struct fw_reader_state *reader, void *ring,
	enum fw_queue queue)
{
	struct fw_loss_record *loss = bpf_ringbuf_reserve(ring, sizeof(*loss), 0);

	if (!loss)
		return;
	reader->gap_total[queue] = 0;
	loss->header.size = sizeof(*loss);
	loss->header.type = FW_RECORD_LOSS;
	loss->header.flags = 0;
	loss->header.sequence = 0;
	loss->header.time_ns = bpf_ktime_get_boot_ns();
#pragma clang loop unroll(full)
	for (int i = 0; i < FW_RECORD_EVENT_TYPES; i++)
		loss->lost[i] = fw_queue_of(i) == queue ?
					__sync_lock_test_and_set(&reader->gap[i], 0) :
					0;
	bpf_ringbuf_submit(loss, BPF_RB_NO_WAKEUP);
}

/* The reader's queue for a record that is about to be put there, which is counted as produced;
 * NULL: not wanted, or lost. A gap is told first. */
static __always_inline void *queue_for(__u32 slot, struct fw_reader_state **reader, __u16 type,
	const enum fw_queue queue)
{
	__u32 key = slot * FW_QUEUE_COUNT + queue;
	void *ring;

	*reader = reader_of(slot, type);
	if (!*reader)
		return 0;
	__sync_fetch_and_add(&(*reader)->produced[type % FW_RECORD_EVENT_TYPES], 1);
	ring = bpf_map_lookup_elem(&readers, &key);
	if (!ring)
		lose(*reader, type);
	else if ((*reader)->gap_total[queue])
		report_gap(*reader, ring, queue);
	return ring;
}

static __always_inline void deliver_to(__u32 slot, struct fw_record_header *record,
	const enum fw_queue queue, const __u32 size)
{
	struct fw_reader_state *reader;
	void *ring = queue_for(slot, &reader, record->type, queue);

	if (ring && bpf_ringbuf_output(ring, record, size, wake_flag(ring, size)))
		lose(reader, record->type);
}

/* Subprograms and unrolled loops: the verifier of Linux 6.1 takes some loops for back edges. The
 * record is complete. */
static __noinline int deliver_connection_to(__u32 slot, struct fw_connection_record *record)
{
	deliver_to(slot, &record->header, FW_QUEUE_NETWORK, sizeof(*record));
	return 0;
}

static __noinline int deliver_port_to(__u32 slot, struct fw_port_record *record)
{
	deliver_to(slot, &record->header, FW_QUEUE_NETWORK, sizeof(*record));
	return 0;
}

static __always_inline void deliver_connection_record(struct fw_connection_record *record)
{
#pragma clang loop unroll(full)
	for (__u32 slot = 0; slot < FW_MAX_READERS; slot++)
		deliver_connection_to(slot, record);
}

static __always_inline void deliver_port_record(struct fw_port_record *record)
{
#pragma clang loop unroll(full)
	for (__u32 slot = 0; slot < FW_MAX_READERS; slot++)
		deliver_port_to(slot, record);
}

#endif
