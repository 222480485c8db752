/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Writes a recording front to back. What was flushed stays readable whatever happens afterwards.
 * One thread uses one writer at a time.
 */
#ifndef FW_RECORDING_WRITER_H
#define FW_RECORDING_WRITER_H

#include "abi/record.h"
#include "flowwatcher/error.h"

/* Takes all of the bytes and returns 0, or an errno. */
typedef int (*fw_recording_sink_fn)(void *argument, const void *bytes, size_t size);

struct fw_recording_writer {
	fw_recording_sink_fn sink;
	void *argument;
	const char *name; /* for messages */
	uint8_t *buffer;
	size_t used;
	uint32_t number;  /* of the next frame */
	int failed;	  /* errno of the first failure; nothing more is written then */
};

/* Nothing is written yet. `name` stays the caller's. */
enum fw_status fw_recording_writer_init(struct fw_recording_writer *writer,
	fw_recording_sink_fn sink, void *argument, const char *name, struct fw_error *error);
/* Does not flush. An all-zero one is accepted. */
void fw_recording_writer_done(struct fw_recording_writer *writer);

/* Copies the record, whose header is filled. FW_FAILED, also for all later ones: it cannot be
 * written. */
enum fw_status fw_recording_writer_put(struct fw_recording_writer *writer,
	const struct fw_record_header *record, struct fw_error *error);
/* Give everything to the sink. */
enum fw_status fw_recording_writer_flush(
	struct fw_recording_writer *writer, struct fw_error *error);

#endif
