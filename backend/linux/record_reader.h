/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A subscription to records: a ring of our own in one of the kernel side's reader slots. Called by
 * bpf_backend.c; one thread.
 */
#ifndef FW_RECORD_READER_H
#define FW_RECORD_READER_H

#include "backend/linux/kernel_side.h"

struct ring_buffer;

struct fw_record_reader {
	struct ring_buffer *ring;
	int ring_fd;
	int slot; /* -1: none */
	fw_record_fn callback;
	void *argument;
};

/* All types in `types` (bits) are delivered from this call's return on. */
enum fw_status fw_record_reader_start(struct fw_record_reader *reader, struct fw_kernel_side *side,
	uint64_t types, struct fw_error *error);
/* Deliver what is there, waiting up to timeout_ms (0: not at all) for the first record. */
enum fw_status fw_record_reader_poll(struct fw_record_reader *reader, int timeout_ms,
	fw_record_fn callback, void *argument, struct fw_error *error);
void fw_record_reader_stop(struct fw_record_reader *reader, struct fw_kernel_side *side);

#endif
