/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Delivering a record to every reader that asked for its type. Each reader has a ring of its own; a
 * record that finds no room is counted, and the next one that does is preceded by a loss record.
 */
#ifndef FW_READER_BPF_H
#define FW_READER_BPF_H

#include "kernel/linux/process.bpf.h"

#include "abi/flow.h"

#define FW_RING_WAKE_BYTES (64 * 1024)
#define BPF_RB_NO_WAKEUP   1
#define BPF_RB_FORCE_WAKEUP 2
#define BPF_RB_AVAIL_DATA  0

static __always_inline struct fw_reader_state *reader_of(__u32 slot, __u16 type)
{
	struct fw_reader_state *reader;

	if (slot >= FW_MAX_READERS)
		return 0;
	reader = &machine.readers[slot];
	return reader->types & (1ull << type) ? reader : 0;
}

/* Readers poll by time; they are woken early only when much is waiting. */
static __always_inline __u64 wake_flag(void *ring)
{
	return bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > FW_RING_WAKE_BYTES ?
		       BPF_RB_FORCE_WAKEUP :
		       BPF_RB_NO_WAKEUP;
}

static __always_inline void lose(struct fw_reader_state *reader, __u16 type)
{
	__sync_fetch_and_add(&reader->lost[type % FW_RECORD_EVENT_TYPES], 1);
	__sync_fetch_and_add(&reader->gap[type % FW_RECORD_EVENT_TYPES], 1);
	__sync_fetch_and_add(&reader->gap_total, 1);
}

static __always_inline void report_gap(struct fw_reader_state *reader, void *ring)
{
	struct fw_loss_record *loss = bpf_ringbuf_reserve(ring, sizeof(*loss), 0);

	if (!loss)
		return;
	reader->gap_total = 0;
	loss->header.size = sizeof(*loss);
	loss->header.type = FW_RECORD_LOSS;
	loss->header.flags = 0;
	loss->header.time_ns = bpf_ktime_get_boot_ns();
	loss->header.sequence = __sync_fetch_and_add(&reader->sequence, 1) + 1;
#pragma clang loop unroll(full)
	for (int i = 0; i < FW_RECORD_EVENT_TYPES; i++)
		loss->lost[i] = __sync_lock_test_and_set(&reader->gap[i], 0);
	bpf_ringbuf_submit(loss, BPF_RB_NO_WAKEUP);
}

static __always_inline void deliver_to(__u32 slot, struct fw_record_header *record, __u32 size)
{
	struct fw_reader_state *reader = reader_of(slot, record->type);
	void *ring;

	if (!reader)
		return;
	__sync_fetch_and_add(&reader->produced[record->type % FW_RECORD_EVENT_TYPES], 1);
	ring = bpf_map_lookup_elem(&readers, &slot);
	if (!ring) {
		lose(reader, record->type);
		return;
	}
	if (reader->gap_total)
		report_gap(reader, ring);
	record->sequence = __sync_fetch_and_add(&reader->sequence, 1) + 1;
	if (bpf_ringbuf_output(ring, record, size, wake_flag(ring)))
		lose(reader, record->type);
}

/* Subprograms and unrolled loops: the verifier of Linux 6.1 takes some loops for back edges. The record
 * is complete but for header.sequence, which is each reader's own. */
static __noinline int deliver_connection_to(__u32 slot, struct fw_connection_record *record)
{
	deliver_to(slot, &record->header, sizeof(*record));
	return 0;
}

static __noinline int deliver_port_to(__u32 slot, struct fw_port_record *record)
{
	deliver_to(slot, &record->header, sizeof(*record));
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
