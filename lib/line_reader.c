/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES (256u * 1024)
#define MOST_PASSED_OVER (16u * 1024 * 1024)

bool fw_line_reader_init(struct fw_line_reader *reader, int fd, size_t most)
{
	*reader = (struct fw_line_reader){ .fd = fd, .most = most, .size = most + READ_BYTES };
	reader->buffer = malloc(reader->size);
	return reader->buffer != NULL;
}

void fw_line_reader_done(struct fw_line_reader *reader)
{
	free(reader->buffer);
	reader->buffer = NULL;
}

/* More bytes behind those that wait, of which there are fewer than the buffer holds. False: it
 * failed. */
static bool fill(struct fw_line_reader *reader)
{
	ssize_t got;

	memmove(reader->buffer, reader->buffer + reader->begin, reader->end - reader->begin);
	reader->end -= reader->begin;
	reader->begin = 0;
	do
		got = read(reader->fd, reader->buffer + reader->end, reader->size - reader->end);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return false;
	reader->at_end = got == 0;
	reader->end += (size_t)got;
	reader->bytes += (uint64_t)got;
	return true;
}

/* What waits is the beginning of a line that is too long: keep that and go to the line's end. */
static enum fw_line_result pass_over(struct fw_line_reader *reader)
{
	size_t passed = 0;
	char *end = NULL;

	memmove(reader->buffer, reader->buffer + reader->begin, reader->most);
	while (!end && !reader->at_end) {
		if (passed > MOST_PASSED_OVER)
			return FW_LINE_UNENDING;
		reader->begin = 0;
		reader->end = reader->most;
		if (!fill(reader))
			return FW_LINE_FAILED;
		passed += reader->end - reader->most;
		end = memchr(reader->buffer + reader->most, '\n', reader->end - reader->most);
	}
	reader->begin = end ? (size_t)(end + 1 - reader->buffer) : reader->end;
	return FW_LINE_CUT;
}

enum fw_line_result fw_line_reader_next(struct fw_line_reader *reader, const char **text,
	size_t *length)
{
	for (;;) {
		char *begin = reader->buffer + reader->begin;
		size_t waiting = reader->end - reader->begin;
		char *end = memchr(begin, '\n', waiting);

		if (!end && reader->at_end && waiting == 0)
			return FW_LINE_END;
		if (end || reader->at_end) {
			size_t line = end ? (size_t)(end - begin) : waiting;

			reader->begin += end ? line + 1 : line;
			*text = begin;
			*length = line > reader->most ? reader->most : line;
			return line > reader->most ? FW_LINE_CUT : FW_LINE_READ;
		}
		if (waiting > reader->most) {
			*text = reader->buffer;
			*length = reader->most;
			return pass_over(reader);
		}
		if (!fill(reader))
			return FW_LINE_FAILED;
	}
}
