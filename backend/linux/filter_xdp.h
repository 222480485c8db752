/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The filter at XDP, in the calling thread's network namespace. Through libxdp's dispatcher, so
 * that the programs of others run beside ours; where this kernel has no such thing, alone. Called
 * by filter_attach.c and filter_features.c; one thread.
 */
#ifndef FW_FILTER_XDP_H
#define FW_FILTER_XDP_H

#include "backend/linux/adapter_table.h"
#include "backend/linux/filter_program.h"

/* What XDP has at an adapter. */
struct fw_filter_xdp {
	enum fw_filter_hook hook; /* FW_FILTER_HOOK_XDP_*; NONE: nothing is there */
	uint32_t ours;		  /* id of our program; 0: it is not there */
	bool takes_others;	  /* it is a dispatcher */
	char name[16];		  /* of a program that is alone */
};

void fw_filter_xdp_look(
	const struct fw_kernel_side *side, uint32_t index, struct fw_filter_xdp *found);

/* Put a program for `slot` there; *program is its id. 0 or negative errno; -EBUSY: somebody else's
 * is there and alone. */
int fw_filter_xdp_attach(const struct fw_kernel_side *side, uint32_t index, uint32_t slot,
	enum fw_filter_hook hook, uint32_t *program);

/* Take ours away, and only that. 0 (also when there was none) or negative errno. */
int fw_filter_xdp_detach(const struct fw_kernel_side *side, uint32_t index);

/* Adapters that vanished leave pins of their dispatchers, which keep programs of ours alive: remove
 * those of dispatchers that no adapter runs. `runs` says whether one does. */
void fw_filter_xdp_sweep(const struct fw_kernel_side *side,
	bool (*runs)(uint32_t dispatcher, void *argument), void *argument);

#endif
