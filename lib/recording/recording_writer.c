/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/recording/recording_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/recording/recording_crc.h"

#define BUFFER_SIZE 65536u

enum fw_status fw_recording_writer_init(struct fw_recording_writer *writer,
	fw_recording_sink_fn sink, void *argument, const char *name, struct fw_error *error)
{
	struct fw_recording_header header = {
		.magic = FW_RECORDING_MAGIC,
		.major = FW_RECORDING_MAJOR,
		.minor = FW_RECORDING_MINOR,
		.size = sizeof(header),
	};
	struct fw_recording_writer made = { .sink = sink, .argument = argument, .name = name };

	made.buffer = malloc(BUFFER_SIZE);
	if (!made.buffer)
		return fw_error_set(error, FW_NO_MEMORY, "no memory to write %s", name);
	header.crc = fw_recording_header_crc(&header);
	memcpy(made.buffer, &header, sizeof(header));
	made.used = sizeof(header);
	*writer = made;
	return FW_OK;
}

void fw_recording_writer_done(struct fw_recording_writer *writer)
{
	free(writer->buffer);
	memset(writer, 0, sizeof(*writer));
}

static void give(struct fw_recording_writer *writer, const void *bytes, size_t size)
{
	if (size && !writer->failed)
		writer->failed = writer->sink(writer->argument, bytes, size);
}

static void empty_buffer(struct fw_recording_writer *writer)
{
	give(writer, writer->buffer, writer->used);
	writer->used = 0;
}

static void append(struct fw_recording_writer *writer, const void *bytes, size_t size)
{
	if (size > BUFFER_SIZE - writer->used)
		empty_buffer(writer);
	if (size > BUFFER_SIZE) {
		give(writer, bytes, size);
		return;
	}
	memcpy(writer->buffer + writer->used, bytes, size);
	writer->used += size;
}

static enum fw_status outcome(const struct fw_recording_writer *writer, struct fw_error *error)
{
	if (!writer->failed)
		return FW_OK;
	fw_error_set_errno(error, writer->failed,
		"writing %s (what was written before stays readable)", writer->name);
	return FW_FAILED;
}

enum fw_status fw_recording_writer_put(struct fw_recording_writer *writer,
	const struct fw_record_header *record, struct fw_error *error)
{
	struct fw_recording_frame frame = { .length = record->size, .number = writer->number };

	if (record->size > FW_RECORDING_MAX_RECORD)
		return fw_error_set(error, FW_MALFORMED,
			"writing %s: a record of %u bytes is larger than a recording takes",
			writer->name, record->size);
	frame.length_crc = fw_recording_length_crc(&frame);
	frame.crc = fw_recording_frame_crc(&frame, record);
	append(writer, &frame, sizeof(frame));
	append(writer, record, record->size);
	writer->number++;
	return outcome(writer, error);
}

enum fw_status fw_recording_writer_flush(struct fw_recording_writer *writer, struct fw_error *error)
{
	empty_buffer(writer);
	return outcome(writer, error);
}
