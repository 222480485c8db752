/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which list is in force where. A list is set for an adapter's name or a pattern, and a direction;
 * it stays whether such an adapter is there or not, and holds for those that come later. All of it
 * is under one mutex, the *changes*: adapters come and go under it too, so that none is without its
 * list. PASSIVE_LEVEL; called by im_handle.c, im_wmi.c, im_rows.c and im_bind.c.
 */
#ifndef FW_NT_IM_LIST_H
#define FW_NT_IM_LIST_H

#include "kernel/windows/filter/im_adapter.h"

#define FW_IM_BINDINGS 4096 /* directions of names and patterns that have a list */

struct fw_im_change {
	const struct fw_filter_control_change *wanted;
	struct fw_im_set *set; /* full; NULL: no list any more. The caller's reference */
};

void fw_im_lists_init(void);
/* When there is no adapter any more, and none will come; nor will lists. Twice is once. */
void fw_im_lists_done(void);

/* All changes or none. When it returns no packet is judged by what was there before. */
NTSTATUS fw_im_lists_commit(const struct fw_im_change *changes, uint32_t count);

/* Into the table of adapters, with what was set for it; out of it. Who follows is told. Out of it
 * twice is once. */
void fw_im_list_insert(struct fw_im_adapter *adapter);
void fw_im_list_remove(struct fw_im_adapter *adapter);

/* The row behind this one, in the order in which they were set. */
bool fw_im_lists_next(uint64_t *after, struct fw_filter_list *row);
uint32_t fw_im_lists_count(void);
/* The list of this id, with a reference; NULL: there is none. */
struct fw_im_set *fw_im_lists_find(uint32_t id);

#endif
