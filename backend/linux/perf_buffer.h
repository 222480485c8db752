/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A perf event of one CPU that only writes side-band records (mappings, forks), and the buffer it
 * writes them to. Called by image_source.c; one thread.
 */
#ifndef FW_PERF_BUFFER_H
#define FW_PERF_BUFFER_H

#include "core/types.h"

#include <linux/perf_event.h>

struct fw_perf_buffer {
	int fd;
	struct perf_event_mmap_page *page; /* followed by the data; NULL: not open */
	size_t bytes;			   /* of the data: a power of two */
};

/* A record, whole; false stops. */
typedef bool (*fw_perf_record_fn)(const struct perf_event_header *record, void *argument);

/* Open `attr` (disabled) on a CPU with `bytes` of data; 0 or negative errno (-ENODEV: not
 * online). */
int fw_perf_buffer_open(struct fw_perf_buffer *buffer, struct perf_event_attr *attr, int cpu,
	size_t bytes);
void fw_perf_buffer_enable(const struct fw_perf_buffer *buffer);
void fw_perf_buffer_disable(const struct fw_perf_buffer *buffer);
/* Hand over what is there. A record that wraps is put together in `scratch` (64 KiB). */
bool fw_perf_buffer_read(struct fw_perf_buffer *buffer, void *scratch, fw_perf_record_fn record,
	void *argument);
/* Records that found no room since it was opened (attr.read_format: PERF_FORMAT_LOST). */
uint64_t fw_perf_buffer_lost(const struct fw_perf_buffer *buffer);
/* Bytes written since it was opened. */
uint64_t fw_perf_buffer_written(const struct fw_perf_buffer *buffer);
void fw_perf_buffer_close(struct fw_perf_buffer *buffer);

#endif
