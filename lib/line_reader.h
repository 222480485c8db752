/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Lines of a descriptor, of any bytes, without reading all of it into memory. For the readers of
 * lib/; one thread uses one reader.
 */
#ifndef FW_LINE_READER_H
#define FW_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fw_line_reader {
	int fd; /* the caller's */
	char *buffer;
	size_t size;
	size_t begin, end; /* of what waits in the buffer */
	size_t most;	   /* bytes of a line */
	uint64_t bytes;	   /* read so far */
	bool at_end;
};

enum fw_line_result {
	FW_LINE_READ,
	FW_LINE_CUT,	  /* these are its first bytes; what exceeds `most` is passed over */
	FW_LINE_UNENDING, /* the same, and 16 MiB later there was still no end */
	FW_LINE_END,	  /* there are no more */
	FW_LINE_FAILED,	  /* errno says why */
};

/* Lines of at most `most` bytes. False: out of memory. */
bool fw_line_reader_init(struct fw_line_reader *reader, int fd, size_t most);
void fw_line_reader_done(struct fw_line_reader *reader);

/* The next line without its end; the last one may lack it. *text is valid until the next call. */
enum fw_line_result fw_line_reader_next(struct fw_line_reader *reader, const char **text,
	size_t *length);

#endif
