/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A change of the filter under way: what is asked for, what adapters there are, and bringing the
 * one to the other. Called by filter_set.c; one thread, under the lock on the pin directory.
 */
#ifndef FW_FILTER_CHANGE_H
#define FW_FILTER_CHANGE_H

#include "backend/linux/adapter_table.h"
#include "backend/linux/filter_store.h"
#include "flowwatcher/error.h"

/* What one adapter has and is to have. */
struct fw_filter_plan {
	struct fw_adapter_entry *entry;
	const struct fw_filter_bound *wanted[FW_FILTER_SIDES]; /* NULL: no list */
	struct fw_filter_slot_side before[FW_FILTER_SIDES];
	bool made[FW_FILTER_SIDES]; /* attached by this change, where `before` was */
	bool took_slot;
};

struct fw_filter_changing {
	struct fw_kernel_side *side;
	struct fw_traffic_control control;
	struct fw_adapter_table adapters;
	struct fw_filter_store store;
	struct fw_filter_plan *plans;
	size_t plan_count;
};

/* Who has which list by what is bound in changing->store. */
int fw_filter_plan_make(struct fw_filter_changing *changing);
/* Attach what is missing; nothing is judged by it yet. With `strict` the first failure ends it, and
 * what was is restored; else an adapter that takes no filter has its reason noted. */
enum fw_status fw_filter_plan_attach(
	struct fw_filter_changing *changing, bool strict, struct fw_error *error);
/* Undo that. */
void fw_filter_plan_undo(struct fw_filter_changing *changing);
/* Put the lists in force: when it returns, no packet is judged by what was there before. 0 or
 * negative errno. */
int fw_filter_plan_enforce(struct fw_filter_changing *changing);
/* Detach what is not wanted any more, and free slots. */
void fw_filter_plan_finish(struct fw_filter_changing *changing);

#endif
