/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A file of addresses while it is read: what its lines said so far, and what is told of those that
 * are wrong. For lib/filter_file.c; one thread.
 */
#ifndef FW_FILTER_READING_H
#define FW_FILTER_READING_H

#include "flowwatcher/filter_file.h"
#include "lib/filter_line.h"
#include "lib/line_reader.h"

#define FW_FILTER_NO_SECTION SIZE_MAX

struct fw_filter_reading {
	const char *name; /* for messages */
	const struct fw_filter_file_options *options;
	struct fw_filter_file *file;
	struct fw_filter_grammar grammar;
	size_t section; /* that addresses go to */
	uint32_t told[FW_FILTER_NOTE_KINDS];
	struct fw_error *error;
};

/* The next line, as fw_line_reader_next() gives it: READ, CUT or UNENDING. */
enum fw_status fw_filter_reading_take_line(struct fw_filter_reading *reading,
	enum fw_line_result result, const char *text, size_t length);

/* All lines are read: put each list in order, and refuse what must not be set. */
enum fw_status fw_filter_reading_settle(struct fw_filter_reading *reading);

/* Is a note of this kind still wanted? Counts it as told. */
bool fw_filter_reading_may_tell(struct fw_filter_reading *reading, enum fw_filter_note_kind kind);

enum fw_status fw_filter_reading_no_memory(const struct fw_filter_reading *reading);

#endif
