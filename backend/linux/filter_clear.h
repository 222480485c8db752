/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Slots whose adapter has gone. Called by filter_set.c; one thread, under the lock on the pin
 * directory.
 */
#ifndef FW_FILTER_CLEAR_H
#define FW_FILTER_CLEAR_H

#include "backend/linux/filter_store.h"

/* Free the slots whose adapter left and whose programs are gone with it; and what is kept of
 * network namespaces that are gone. */
void fw_filter_sweep_slots(const struct fw_kernel_side *side, struct fw_filter_store *store);

#endif
