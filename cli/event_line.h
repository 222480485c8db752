/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the two ways to write an event as a line (event_text.c, event_classic.c) share. Any
 * thread. */
#ifndef FW_CLI_EVENT_LINE_H
#define FW_CLI_EVENT_LINE_H

#include "abi/process_event.h"
#include "abi/rule.h"

#include <stdbool.h>

/* A line that is being written. */
struct fw_event_line {
	char *text;
	size_t length; /* bytes, without the terminating zero */
	size_t capacity;
	bool failed; /* memory ran out */
};

bool fw_event_line_begin(struct fw_event_line *line);
/* The line, on the heap; NULL: memory ran out somewhere. */
char *fw_event_line_end(struct fw_event_line *line);

/* As printf. */
void fw_event_line_add(struct fw_event_line *line, const char *format, ...)
	FW_PRINTF(2, 3);
/* "12:34:56.789", UTC. */
void fw_event_line_time(struct fw_event_line *line, uint64_t boot_ns);
/* Bytes of unknown origin. */
void fw_event_line_bytes(struct fw_event_line *line, const char *bytes, size_t length);
/* The same of a record's text. */
void fw_event_line_text(struct fw_event_line *line, const struct fw_record_header *record,
	const struct fw_record_text *text);
/* "tcp 192.0.2.1:40000 -> 198.51.100.7:443", with `arrow` between the ends. */
void fw_event_line_blocked(struct fw_event_line *line, const struct fw_blocked_record *record,
	const char *arrow);
/* Of a process without arguments: its executable, else "[comm]", as of a kernel thread. */
void fw_event_line_program(struct fw_event_line *line,
	const struct fw_process_create_record *record);
/* " 3 process_create, 1 image_load" */
void fw_event_line_loss(struct fw_event_line *line, const struct fw_loss_record *record);

#endif
