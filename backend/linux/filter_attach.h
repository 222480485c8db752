/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where the packets of one adapter are judged: at XDP or tc as they come in, at tc as they go out;
 * in the calling thread's network namespace. Called by filter_change.c and filter_clear.c; one
 * thread. Functions return 0 or negative errno.
 */
#ifndef FW_FILTER_ATTACH_H
#define FW_FILTER_ATTACH_H

#include "backend/backend.h"
#include "backend/linux/adapter_table.h"
#include "backend/linux/kernel_side.h"
#include "kernel/linux/filter_slots.h"

struct fw_filter_adapter {
	const struct fw_kernel_side *side;
	struct fw_traffic_control *control;
	struct fw_adapter_entry *entry;
	uint32_t slot;
};

/* Attach the program of a side; fills hook, program, way and reason of *made, of which reason also
 * on failure. */
int fw_filter_attach(const struct fw_filter_adapter *adapter, enum fw_filter_side which,
	enum fw_filter_way way, struct fw_filter_slot_side *made);
/* Take ours away wherever it is: what a killed command attached is noted nowhere. */
int fw_filter_detach_side(const struct fw_filter_adapter *adapter, enum fw_filter_side which);
/* Take ours away where `there` says it is; 0 also where it is not, or the adapter is gone. */
int fw_filter_detach(const struct fw_filter_adapter *adapter, enum fw_filter_side which,
	const struct fw_filter_slot_side *there);
/* Is it still there? */
bool fw_filter_is_attached(const struct fw_filter_adapter *adapter, enum fw_filter_side which,
	const struct fw_filter_slot_side *there);
/* Take away all that is of this kernel side, whatever was noted. */
int fw_filter_detach_all(const struct fw_filter_adapter *adapter);

#endif
