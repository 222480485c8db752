/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What one line of a list of addresses says, in each of the formats of flowwatcher/filter_file.h.
 * For the reader of such files; one thread uses one struct fw_filter_grammar.
 */
#ifndef FW_FILTER_LINE_H
#define FW_FILTER_LINE_H

#include "flowwatcher/filter_file.h"
#include "lib/filter_entry.h"

/* What the lines so far say of those to come. All-zero but for the format at the beginning. */
struct fw_filter_grammar {
	enum fw_filter_format format;
	bool has_begun;	  /* a line said something, if only something wrong */
	bool has_section; /* a line named an adapter */
};

enum fw_filter_line_kind {
	FW_FILTER_LINE_EMPTY,	/* a remark, or nothing that matters here */
	FW_FILTER_LINE_ENTRY,	/* addresses */
	FW_FILTER_LINE_SECTION, /* an adapter, for the addresses that follow */
};

struct fw_filter_line {
	enum fw_filter_line_kind kind;
	struct fw_filter_entry entry;
	char adapter[FW_ADAPTER_NAME_SIZE];
	uint32_t direction; /* 0: the line does not say */
};

/* One line without its end. False: *fault says what is wrong; where it is final, the line must not
 * be left out, for others would mean something else without it. */
bool fw_filter_line_read(struct fw_filter_grammar *grammar, const char *text, size_t length,
	struct fw_filter_line *line, struct fw_filter_fault *fault);

#endif
