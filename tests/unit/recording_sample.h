/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Recordings made in memory, for tests. */
#ifndef FW_TESTS_RECORDING_SAMPLE_H
#define FW_TESTS_RECORDING_SAMPLE_H

#include "lib/recording/recording_format.h"
#include "lib/recording/recording_writer.h"

struct sample {
	uint8_t bytes[131072];
	size_t size;
	size_t room; /* the sink is full then; all of `bytes` unless a test lessens it */
	struct fw_recording_writer writer;
};

/* When the sample machine booted, and when its second N is, ns since boot. */
#define SAMPLE_BOOT_UTC 1700000000000000000ull
#define SAMPLE_TIME(seconds) ((seconds) * 1000000000ull)

void sample_begin(struct sample *sample);
/* What was put until now is in `bytes`. */
void sample_end(struct sample *sample);

void sample_info(struct sample *sample);
/* Header alone, of any type. */
void sample_bare(struct sample *sample, uint16_t type, uint64_t seconds);
/* A record of a type that nobody knows, larger than what a reader holds in memory. */
void sample_padding(struct sample *sample);
/* Process `pid` was created, with exe "/bin/NAME" and cgroup "/a.slice/NAME.service". */
void sample_create(struct sample *sample, uint32_t pid, const char *name, uint64_t seconds);
void sample_event(struct sample *sample, uint16_t type, uint32_t pid, uint16_t flags,
	uint64_t seconds);
void sample_loss(struct sample *sample, uint16_t type, uint64_t lost, uint64_t seconds);
/* One process, which has sent `sent` by then, with one connection and one port. */
void sample_snapshot(struct sample *sample, uint32_t pid, uint64_t sent, uint64_t seconds);
void sample_report(struct sample *sample, uint64_t seconds);

/* A recording with a record of every type; `frames` (at least 64) gets where each frame ends.
 * Returns how many there are. */
size_t sample_every_type(struct sample *sample, size_t *frames);

/* A file with these bytes, open for reading. */
int sample_file(const void *bytes, size_t size);

#endif
