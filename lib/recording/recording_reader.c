/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/recording/recording_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/recording/recording_check.h"
#include "lib/recording/recording_crc.h"

#define WINDOW_SIZE 65536u

/* Fill what is in memory from the file; fewer than `wanted` bytes only where the file was cut
 * since. */
static enum fw_status fill(
	struct fw_recording_reader *reader, size_t wanted, struct fw_error *error)
{
	while (reader->window_length < wanted) {
		ssize_t got = pread(reader->fd, reader->window + reader->window_length,
			reader->window_capacity - reader->window_length,
			(off_t)(reader->window_offset + reader->window_length));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fw_error_set_errno(error, errno, "reading %s", reader->name);
		if (!got)
			break;
		reader->window_length += (size_t)got;
	}
	return FW_OK;
}

static bool reserve(struct fw_recording_reader *reader, size_t size)
{
	size_t capacity = size < WINDOW_SIZE ? WINDOW_SIZE : size;
	uint8_t *window;

	if (capacity <= reader->window_capacity)
		return true;
	window = realloc(reader->window, capacity);
	if (!window)
		return false;
	reader->window = window;
	reader->window_capacity = capacity;
	return true;
}

/* `size` bytes of the file, which has them, at `offset`; *bytes is aligned as in the file. */
static enum fw_status look(struct fw_recording_reader *reader, uint64_t offset, size_t size,
	const void **bytes, struct fw_error *error)
{
	enum fw_status status;

	if (offset < reader->window_offset ||
		offset + size > reader->window_offset + reader->window_length) {
		if (!reserve(reader, size))
			return fw_error_set(error, FW_NO_MEMORY,
				"no memory for a record of %zu bytes of %s", size, reader->name);
		reader->window_offset = offset;
		reader->window_length = 0;
		status = fill(reader, size, error);
		if (status != FW_OK)
			return status;
		if (reader->window_length < size)
			return fw_error_set(error, FW_FAILED,
				"%s became shorter while it was read; record into another file",
				reader->name);
	}
	*bytes = reader->window + (offset - reader->window_offset);
	return FW_OK;
}

static enum fw_status not_a_recording(const struct fw_recording_reader *reader,
	struct fw_error *error)
{
	return fw_error_set(error, FW_MALFORMED,
		"%s is not a recording; 'flowwatcher record FILE' makes one", reader->name);
}

static enum fw_status check_header(const struct fw_recording_reader *reader,
	const struct fw_recording_header *header, struct fw_error *error)
{
	if (memcmp(header->magic, FW_RECORDING_MAGIC, FW_RECORDING_MAGIC_SIZE))
		return not_a_recording(reader, error);
	if (header->crc != fw_recording_header_crc(header) || header->size < sizeof(*header) ||
		header->size % FW_RECORD_ALIGN)
		return fw_error_set(error, FW_MALFORMED,
			"%s: damaged at offset 0; the 0 records before it are intact",
			reader->name);
	if (header->major != FW_RECORDING_MAJOR)
		return fw_error_set(error, FW_UNSUPPORTED,
			"%s is a recording of version %u.%u, this flowwatcher reads version %u: take a "
			"%s one",
			reader->name, header->major, header->minor, FW_RECORDING_MAJOR,
			header->major > FW_RECORDING_MAJOR ? "newer" : "older");
	return FW_OK;
}

static enum fw_status read_header(struct fw_recording_reader *reader, struct fw_error *error)
{
	const struct fw_recording_header *header;
	size_t size = reader->size < sizeof(*header) ? (size_t)reader->size : sizeof(*header);
	const void *bytes;
	enum fw_status status;

	if (!size)
		return fw_error_set(error, FW_MALFORMED, "%s is empty: nothing was recorded",
			reader->name);
	status = look(reader, 0, size, &bytes, error);
	if (status != FW_OK)
		return status;
	header = bytes;
	if (size < sizeof(*header)) {
		if (memcmp(bytes, FW_RECORDING_MAGIC,
			    size < FW_RECORDING_MAGIC_SIZE ? size : FW_RECORDING_MAGIC_SIZE))
			return not_a_recording(reader, error);
		return fw_error_set(error, FW_MALFORMED,
			"%s ends within its first %zu bytes: nothing was recorded", reader->name,
			sizeof(*header));
	}
	status = check_header(reader, header, error);
	if (status == FW_OK)
		reader->first.offset = header->size;
	return status;
}

static enum fw_status check_file(struct fw_recording_reader *reader, struct fw_error *error)
{
	struct stat file;

	if (fstat(reader->fd, &file))
		return fw_error_set_errno(error, errno, "reading %s", reader->name);
	if (S_ISDIR(file.st_mode))
		return fw_error_set(error, FW_FAILED, "%s is a directory, not a recording",
			reader->name);
	if (!S_ISREG(file.st_mode))
		return fw_error_set(error, FW_FAILED,
			"%s is not a regular file, which replay needs: copy it into one",
			reader->name);
	reader->size = (uint64_t)file.st_size;
	return FW_OK;
}

enum fw_status fw_recording_reader_init(
	struct fw_recording_reader *reader, int fd, const char *name, struct fw_error *error)
{
	struct fw_recording_reader made = { .fd = fd, .name = strdup(name) };
	enum fw_status status;

	if (!made.name) {
		close(fd);
		return fw_error_set(error, FW_NO_MEMORY, "no memory to read %s", name);
	}
	status = check_file(&made, error);
	if (status == FW_OK)
		status = read_header(&made, error);
	if (status != FW_OK) {
		fw_recording_reader_done(&made);
		return status;
	}
	made.place = made.first;
	*reader = made;
	return FW_OK;
}

enum fw_status fw_recording_reader_file(const char *path, int *fd, struct fw_error *error)
{
	/* A pipe that nobody writes to would not open otherwise. */
	int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (opened < 0)
		return fw_error_set_errno(error, errno, "opening the recording %s", path);
	*fd = opened;
	return FW_OK;
}

void fw_recording_reader_done(struct fw_recording_reader *reader)
{
	if (reader->name)
		close(reader->fd);
	free(reader->window);
	free(reader->name);
	memset(reader, 0, sizeof(*reader));
}

void fw_recording_reader_share(const struct fw_recording_reader *reader,
	struct fw_recording_reader *second)
{
	*second = *reader;
	second->window = NULL;
	second->window_capacity = 0;
	second->window_offset = 0;
	second->window_length = 0;
}

void fw_recording_reader_unshare(struct fw_recording_reader *second)
{
	free(second->window);
	memset(second, 0, sizeof(*second));
}

/* Some file systems leave zeros where a crash kept them from writing. */
static enum fw_status zeros_to_end(struct fw_recording_reader *reader, bool *zeros,
	struct fw_error *error)
{
	for (uint64_t offset = reader->place.offset; offset < reader->size;) {
		uint64_t left = reader->size - offset;
		size_t size = left < WINDOW_SIZE ? (size_t)left : WINDOW_SIZE;
		const void *bytes;
		const uint8_t *at;
		enum fw_status status = look(reader, offset, size, &bytes, error);

		if (status != FW_OK)
			return status;
		at = bytes;
		if (at[0] || memcmp(at, at + 1, size - 1)) {
			*zeros = false;
			return FW_OK;
		}
		offset += size;
	}
	*zeros = true;
	return FW_OK;
}

/* A length whose checksum is wrong. */
static enum fw_status judge_length(struct fw_recording_reader *reader,
	const struct fw_recording_frame *frame, enum fw_recording_find *find,
	struct fw_error *error)
{
	static const struct fw_recording_frame none;
	bool zeros = false;
	enum fw_status status = FW_OK;

	if (!memcmp(frame, &none, sizeof(none)))
		status = zeros_to_end(reader, &zeros, error);
	if (status == FW_OK)
		*find = zeros ? FW_RECORDING_TORN : FW_RECORDING_DAMAGED;
	return status;
}

static bool is_sound(const struct fw_recording_frame *frame, uint32_t number)
{
	return frame->number == number && frame->length >= sizeof(struct fw_record_header) &&
	       frame->length <= FW_RECORDING_MAX_RECORD && frame->length % FW_RECORD_ALIGN == 0;
}

/* The frame at the reader's place, `left` bytes before the end of the file. */
static enum fw_status find_frame(struct fw_recording_reader *reader, uint64_t left,
	struct fw_recording_frame *frame, enum fw_recording_find *find, struct fw_error *error)
{
	const void *bytes;
	enum fw_status status;

	if (left < sizeof(*frame)) {
		*find = left ? FW_RECORDING_TORN : FW_RECORDING_END;
		return FW_OK;
	}
	status = look(reader, reader->place.offset, sizeof(*frame), &bytes, error);
	if (status != FW_OK)
		return status;
	memcpy(frame, bytes, sizeof(*frame));
	if (frame->length_crc != fw_recording_length_crc(frame))
		return judge_length(reader, frame, find, error);
	if (!is_sound(frame, reader->place.number))
		*find = FW_RECORDING_DAMAGED;
	else
		*find = frame->length > left - sizeof(*frame) ? FW_RECORDING_TORN :
								FW_RECORDING_FOUND;
	return FW_OK;
}

enum fw_status fw_recording_reader_next(struct fw_recording_reader *reader,
	enum fw_recording_find *find, const struct fw_record_header **record,
	struct fw_error *error)
{
	uint64_t offset = reader->place.offset;
	struct fw_recording_frame frame;
	enum fw_recording_find found;
	const void *bytes;
	enum fw_status status = find_frame(reader,
		offset < reader->size ? reader->size - offset : 0, &frame, &found, error);

	if (status == FW_OK && found == FW_RECORDING_FOUND) {
		status = look(reader, offset + sizeof(frame), frame.length, &bytes, error);
		if (status == FW_OK && (frame.crc != fw_recording_frame_crc(&frame, bytes) ||
				fw_recording_check(bytes, frame.length, record) != FW_OK))
			found = FW_RECORDING_DAMAGED;
	}
	if (status != FW_OK)
		return status;
	if (found == FW_RECORDING_FOUND) {
		reader->place.offset += sizeof(frame) + frame.length;
		reader->place.number++;
	}
	*find = found;
	return FW_OK;
}
