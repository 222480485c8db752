/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Reads the records of a recording one after the other, from any of them on. Nothing of the file is
 * trusted: a record that is handed out has the checksums, size, texts and zero-terminated names
 * that consumers rely on. One thread uses one reader at a time.
 */
#ifndef FW_RECORDING_READER_H
#define FW_RECORDING_READER_H

#include "abi/record.h"
#include "flowwatcher/error.h"

/* Where a frame begins. */
struct fw_recording_place {
	uint64_t offset; /* bytes */
	uint32_t number; /* of frames before it, modulo 2^32 */
};

enum fw_recording_find {
	FW_RECORDING_FOUND,
	FW_RECORDING_END,     /* the file ends behind a whole record */
	/* it ends inside a frame, or in nothing but zeros, as after a crash */
	FW_RECORDING_TORN,
	FW_RECORDING_DAMAGED, /* the bytes here are not what was written */
};

struct fw_recording_reader {
	int fd;
	char *name;    /* for messages */
	uint64_t size; /* of the file when it was opened: what is written later is not read */
	uint8_t *window;
	size_t window_capacity;
	uint64_t window_offset;
	size_t window_length;
	struct fw_recording_place first; /* frame */
	struct fw_recording_place place; /* of the next frame; change it to read from elsewhere */
};

/* Check that the file is a recording of a version that can be read. Takes fd, also when it fails.
 * fw_recording_reader_done() accepts an all-zero one. */
enum fw_status fw_recording_reader_init(
	struct fw_recording_reader *reader, int fd, const char *name, struct fw_error *error);
void fw_recording_reader_done(struct fw_recording_reader *reader);

/* A second reader of the same file, with a place and memory of its own; it must go before the
 * first. */
void fw_recording_reader_share(const struct fw_recording_reader *reader,
	struct fw_recording_reader *second);
void fw_recording_reader_unshare(struct fw_recording_reader *second);

/* Open a file for it by its name. */
enum fw_status fw_recording_reader_file(const char *path, int *fd, struct fw_error *error);

/* *record is valid until the next call, and set only with FW_RECORDING_FOUND; the place moves on
 * only then. Not FW_OK: the file could not be read, or no memory; then nothing is set. */
enum fw_status fw_recording_reader_next(struct fw_recording_reader *reader,
	enum fw_recording_find *find, const struct fw_record_header **record,
	struct fw_error *error);

#endif
