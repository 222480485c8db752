/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Files that are mapped executable, by the records that the kernel's perf subsystem writes beside
 * its samples (PERF_RECORD_MMAP2): the one source of them without an LSM or fentry hook. Each
 * reader has events and buffers of its own. Called by record_reader.c; one thread.
 *
 * An event that writes mappings also writes a record for each task that begins or ends, and counts
 * what it lost as one number. So a second event counts the beginnings and ends alone: what the
 * first one lost, but for those of them that it did not deliver, is mappings. Only what begins or
 * ends in the microseconds between the two being switched on or off may be taken for one.
 */
#ifndef FW_IMAGE_SOURCE_H
#define FW_IMAGE_SOURCE_H

#include "backend/backend.h"

struct fw_image_cpu;

struct fw_image_source {
	struct fw_image_cpu *cpus;
	size_t count;
	unsigned char *scratch;
	uint64_t produced, lost;
};

/* What an image or loss record is handed to; false stops. */
typedef bool (*fw_image_fn)(const struct fw_record_header *record, void *argument);

/* Begin with buffers of `bytes` (a power of two, of at least a page) for each CPU. Release with
 * fw_image_source_done() even if it fails. */
enum fw_status fw_image_source_start(struct fw_image_source *source, size_t bytes,
	struct fw_error *error);
/* Hand over what came. A loss may be told with less than was lost: the rest follows. */
void fw_image_source_read(struct fw_image_source *source, fw_image_fn record, void *argument);
/* Descriptor of CPU i, which becomes readable when half of its buffer is used; -1: there is no
 * such. */
int fw_image_source_fd(const struct fw_image_source *source, size_t i);
/* Produce no more. */
void fw_image_source_retire(struct fw_image_source *source);
/* What was lost and not told yet, as a loss record; after retiring and reading. False: nothing. */
bool fw_image_source_take_gap(struct fw_image_source *source, struct fw_loss_record *loss);
void fw_image_source_done(struct fw_image_source *source);

/* FW_OK if this process may use it here. */
enum fw_status fw_image_source_probe(struct fw_error *error);

/* Is a path as the kernel names it one of a file (not "//anon", "[vdso]", ...)? */
bool fw_image_is_file(const char *path);

#endif
