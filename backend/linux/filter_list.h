/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Lists of prefixes in the kernel side, one map each. Called by the backend's filter operations; one thread. */
#ifndef FW_FILTER_LIST_H
#define FW_FILTER_LIST_H

#include "backend/backend.h"
#include "backend/linux/kernel_side.h"
#include "kernel/linux/filter_maps.h"

/*
 * Make a list of prefixes in their order: *fd is its map, to be put into filter_lists and closed. Under the
 * lock on the pin directory: there is one place where lists are built. Negative errno: -EINVAL: the kernel
 * side refused them (not sorted, overlapping, host bits); -E2BIG: more than FW_FILTER_MAX_*; others are those of
 * loading the program that builds lists, which the first call of a command does, and of making a map.
 */
int fw_filter_list_make(struct fw_kernel_side *side, const struct fw_filter_prefix *prefixes,
	size_t count, uint32_t id, int *fd);

/* Every prefix of a list with what it dropped. 1: `row` asked to stop; else 0 or negative errno. */
int fw_filter_list_read(int fd, fw_filter_prefix_fn row, void *argument);

/* id, ipv4, ipv6, memory_bytes and hits (of all its prefixes) of a list; the rest stays as it is. */
int fw_filter_list_info(int fd, struct fw_filter_list *list);

#endif
