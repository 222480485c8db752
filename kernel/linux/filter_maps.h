/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * How the programs of the adapters' filter (kernel/linux/filter_*.bpf.c) and the backend
 * (backend/linux/filter_*.c) agree. Part of FW_MAPS_VERSION.
 *
 * A list is one array map of blocks, laid out as core/address_set.h says, and frozen: user space cannot write to
 * it. The program fw_filter_commit reads prefixes from the caller's memory, each once, refuses what is not in
 * order, and builds the list. What was not committed has a header of zeros and drops nothing.
 */
#ifndef FW_FILTER_MAPS_H
#define FW_FILTER_MAPS_H

#include "abi/filter.h"

#define FW_FILTER_SLOTS 1024 /* adapters with lists; slot * 2 is what comes in, slot * 2 + 1 what goes out */

/* Argument of fw_filter_commit. The list is what `filter_building` holds. */
struct fw_filter_commit {
	uint64_t prefixes; /* address of struct fw_filter_prefix in the caller's memory */
	uint32_t ipv4;	   /* how many of them */
	uint32_t ipv6;
	uint32_t id;
	uint32_t refused; /* in: 0; out: the place of the prefix at which it ended */
	uint32_t processors; /* that may be in the machine */
	uint32_t reserved;
};

/* What fw_filter_commit returns. Only a list that was done is in use; another one stays empty for ever. */
enum fw_filter_commit_result {
	FW_FILTER_COMMIT_DONE = 0,
	FW_FILTER_COMMIT_NO_LIST = 1, /* none to be built, not frozen, or it was built before */
	FW_FILTER_COMMIT_REFUSED = 2, /* not sorted, overlapping, host bits, a wrong family or length */
	FW_FILTER_COMMIT_UNREADABLE = 3, /* the caller has no such memory */
	FW_FILTER_COMMIT_NO_ROOM = 4,  /* more prefixes than FW_FILTER_MAX_*, or than the map has blocks for */
};

#endif
