/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/limit_timer.h"

#include "kernel/windows/limit_queue.h"

/* The clock's own tick is 10 or 15.6 ms; buckets save up more than two of these. */
#define TICK_MS 10

/* A turn costs the lower driver some microseconds. */
#define TURNS_PER_TICK 512u

static struct {
	KTIMER timer;
	KDPC dpc;
	BOOLEAN runs; /* the lock of limit_queue.c */
} ticker;

static void NTAPI on_tick(KDPC *dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	(void)dpc;
	(void)context;
	(void)argument1;
	(void)argument2;
	fw_limit_turns(TURNS_PER_TICK);
}

void fw_limit_timer_init(void)
{
	KeInitializeTimerEx(&ticker.timer, NotificationTimer);
	KeInitializeDpc(&ticker.dpc, on_tick, NULL);
	ticker.runs = FALSE;
}

void fw_limit_timer_start(void)
{
	LARGE_INTEGER due = { .QuadPart = -TICK_MS * 10000ll };

	if (ticker.runs)
		return;
	ticker.runs = TRUE;
	KeSetTimerEx(&ticker.timer, due, TICK_MS, &ticker.dpc);
}

void fw_limit_timer_stop(void)
{
	bool stops;
	KIRQL irql;

	fw_limit_lock(&irql);
	stops = ticker.runs && !fw_limit_is_waited();
	if (stops) {
		ticker.runs = FALSE;
		KeCancelTimer(&ticker.timer);
	}
	fw_limit_unlock(irql);
	if (stops)
		KeFlushQueuedDpcs();
}
