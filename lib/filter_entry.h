/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a list says of addresses in one place: an address, a network or a range. For the readers of
 * lib/; any thread.
 */
#ifndef FW_FILTER_ENTRY_H
#define FW_FILTER_ENTRY_H

#include "abi/filter.h"

#define FW_FILTER_REASON_SIZE 256

struct fw_filter_entry {
	struct fw_filter_prefix first; /* a network, or the first address of a range */
	uint8_t last[16];	       /* of a range, as first.address */
	bool is_range;
};

/* What is wrong with a text, where in it, and what is expected there. */
struct fw_filter_fault {
	size_t offset; /* from 0, in bytes */
	bool is_final; /* leaving the line out does not help: others would mean something else */
	char reason[FW_FILTER_REASON_SIZE];
};

/* Fills *fault printf-style and returns false, so that callers can `return` it. */
bool fw_filter_fault_set(struct fw_filter_fault *fault, size_t offset, const char *format, ...)
	FW_PRINTF(3, 4);

/* All of the text, as fw_filter_prefix_parse() takes it; blanks may be around the '-' of a range.
 * False: *fault says why, and *entry is untouched. */
bool fw_filter_entry_read(const char *text, size_t length, struct fw_filter_entry *entry,
	struct fw_filter_fault *fault);

/* The fewest prefixes that are exactly the entry, in their order, with line 0; room for
 * FW_RANGE_PREFIXES. Returns how many. */
size_t fw_filter_entry_expand(const struct fw_filter_entry *entry,
	struct fw_filter_prefix *prefixes);

#endif
