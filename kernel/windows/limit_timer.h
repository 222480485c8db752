/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The clock of what waits for limits: each tick a DPC gives a bounded number of lanes their turn.
 * It runs from the first request that waits until nothing does and there is no limit. Called by
 * limit_queue.c and tdi_attach.c.
 */
#ifndef FW_NT_LIMIT_TIMER_H
#define FW_NT_LIMIT_TIMER_H

#include <ntddk.h>

void fw_limit_timer_init(void);

/* With the lock of limit_queue.c. */
void fw_limit_timer_start(void);

/* Unless something waits. PASSIVE_LEVEL. */
void fw_limit_timer_stop(void);

#endif
