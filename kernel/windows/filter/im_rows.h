/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What is asked for row by row, in batches of as many as there is room for. PASSIVE_LEVEL; called
 * by im_handle.c, which has checked lengths and zeroed the buffer. */
#ifndef FW_NT_IM_ROWS_H
#define FW_NT_IM_ROWS_H

#include "abi/filter_control.h"
#include "kernel/windows/ddk/nt_system.h"

enum fw_im_kind {
	FW_IM_KIND_ADAPTER,
	FW_IM_KIND_LIST,
	FW_IM_KIND_PREFIX, /* of a list */
	FW_IM_KIND_FEATURE,
	FW_IM_KIND_PLACE,
	FW_IM_KIND_COUNT
};

/* Bytes that a batch of one row takes. */
uint32_t fw_im_rows_least(enum fw_im_kind kind);

/* Fill `room` bytes; returns those used. `of`: the list, of whose prefixes. */
uint32_t fw_im_rows_fill(
	enum fw_im_kind kind, void *of, uint64_t after, void *buffer, uint32_t room);

#endif
