/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The clock, timers and DPCs. One thread watches the timers; DPCs run at DISPATCH_LEVEL in two others, so that they meet
 * each other and everything else.
 */
#include <stdio.h>

#include "nt_internal.h"

#define DPC_THREADS 2
#define DPC_TYPE 0x13

PETHREAD nt_timer_thread;
static LIST_ENTRY timers, dpcs;
static PKDPC active[DPC_THREADS];

void KeQuerySystemTime(PLARGE_INTEGER time)
{
	nt_self();
	time->QuadPart = (LONGLONG)(NT_EPOCH + nt_now());
}

ULONGLONG KeQueryInterruptTime(void)
{
	nt_self();
	return nt_now();
}

LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER frequency)
{
	LARGE_INTEGER counter = { .QuadPart = (LONGLONG)nt_now() };

	if (frequency)
		frequency->QuadPart = 10000000;
	return counter;
}

void KeQueryTickCount(PLARGE_INTEGER count)
{
	count->QuadPart = (LONGLONG)(nt_now() / KeQueryTimeIncrement());
}

ULONG KeQueryTimeIncrement(void)
{
	return 156250;
}

void KeStallExecutionProcessor(ULONG microseconds)
{
	if (microseconds > 50)
		nt_violation(NT_RULE_LEVEL, "KeStallExecutionProcessor for %u microseconds", microseconds);
	nt_point();
}

void ExSystemTimeToLocalTime(PLARGE_INTEGER system, PLARGE_INTEGER local)
{
	*local = *system;
}

void KeInitializeDpc(PKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context)
{
	memset(dpc, 0, sizeof(*dpc));
	dpc->Type = DPC_TYPE;
	dpc->DeferredRoutine = routine;
	dpc->DeferredContext = context;
}

static bool queue_dpc(PKDPC dpc, PVOID argument1, PVOID argument2)
{
	if (dpc->Type != DPC_TYPE)
		nt_violation(NT_RULE_LEVEL, "a DPC that was never initialised");
	if (dpc->DpcData)
		return false;
	dpc->SystemArgument1 = argument1;
	dpc->SystemArgument2 = argument2;
	dpc->DpcData = &dpcs;
	InsertTailList(&dpcs, &dpc->DpcListEntry);
	return true;
}

BOOLEAN KeInsertQueueDpc(PKDPC dpc, PVOID argument1, PVOID argument2)
{
	bool queued;

	nt_enter("KeInsertQueueDpc", HIGH_LEVEL);
	nt_lock();
	queued = queue_dpc(dpc, argument1, argument2);
	nt_unlock();
	return queued;
}

BOOLEAN KeRemoveQueueDpc(PKDPC dpc)
{
	bool queued;

	nt_enter("KeRemoveQueueDpc", HIGH_LEVEL);
	nt_lock();
	queued = dpc->DpcData;
	if (queued)
		RemoveEntryList(&dpc->DpcListEntry);
	dpc->DpcData = NULL;
	nt_unlock();
	return queued;
}

void KeSetTargetProcessorDpc(PKDPC dpc, CCHAR number)
{
	dpc->Number = (USHORT)number;
}

void KeSetImportanceDpc(PKDPC dpc, KDPC_IMPORTANCE importance)
{
	dpc->Importance = (UCHAR)importance;
}

static bool has_dpc(void *context)
{
	(void)context;
	return !IsListEmpty(&dpcs) || nt_stopping;
}

static bool no_dpc(void *context)
{
	unsigned index;

	(void)context;
	for (index = 0; index < DPC_THREADS; index++)
		if (active[index])
			return false;
	return IsListEmpty(&dpcs);
}

void KeFlushQueuedDpcs(void)
{
	nt_enter_unlocked("KeFlushQueuedDpcs", PASSIVE_LEVEL);
	nt_lock();
	nt_wait_locked(no_dpc, NULL, NT_FOREVER);
	nt_unlock();
}

static void run_dpc(PKDPC dpc, PVOID argument1, PVOID argument2)
{
	PETHREAD thread = nt_self();
	struct nt_frame frame;

	nt_irql_set(thread, DISPATCH_LEVEL);
	frame = nt_frame_begin();
	dpc->DeferredRoutine(dpc, dpc->DeferredContext, argument1, argument2);
	nt_frame_end(frame, "a DPC");
	nt_irql_set(thread, PASSIVE_LEVEL);
}

/* The DPC may be queued again, or freed, as soon as its routine runs. */
static void run_dpcs(void *context)
{
	PKDPC *slot = context, dpc;
	KDPC copy;

	nt_lock();
	for (;;) {
		nt_wait_locked(has_dpc, NULL, NT_FOREVER);
		if (IsListEmpty(&dpcs))
			break;
		dpc = CONTAINING_RECORD(RemoveHeadList(&dpcs), KDPC, DpcListEntry);
		dpc->DpcData = NULL;
		copy = *dpc;
		*slot = dpc;
		nt_unlock();
		run_dpc(dpc, copy.SystemArgument1, copy.SystemArgument2);
		nt_lock();
		*slot = NULL;
	}
	nt_unlock();
}

void KeInitializeTimerEx(PKTIMER timer, TIMER_TYPE type)
{
	memset(timer, 0, sizeof(*timer));
	timer->Header.Size = NT_DISPATCHER;
	timer->Header.Type = type == SynchronizationTimer ? NT_TIMER_SYNCHRONIZATION : NT_TIMER_NOTIFICATION;
	InitializeListHead(&timer->Header.WaitListHead);
}

void KeInitializeTimer(PKTIMER timer)
{
	KeInitializeTimerEx(timer, NotificationTimer);
}

static void timer_check(PKTIMER timer, const char *function)
{
	if (timer->Header.Size != NT_DISPATCHER || timer->Header.Type < NT_TIMER_NOTIFICATION)
		nt_violation(NT_RULE_LEVEL, "%s: a timer that was never initialised", function);
}

static bool take_out(PKTIMER timer)
{
	bool was = timer->Header.Inserted;

	if (was)
		RemoveEntryList(&timer->TimerListEntry);
	timer->Header.Inserted = 0;
	return was;
}

BOOLEAN KeSetTimerEx(PKTIMER timer, LARGE_INTEGER due, LONG period_ms, PKDPC dpc)
{
	bool was;

	nt_enter("KeSetTimer", DISPATCH_LEVEL);
	timer_check(timer, "KeSetTimer");
	nt_lock();
	was = take_out(timer);
	timer->DueTime.QuadPart = nt_deadline(&due);
	timer->Period = (ULONG)period_ms;
	timer->Dpc = dpc;
	timer->Header.SignalState = 0;
	timer->Header.Inserted = 1;
	InsertTailList(&timers, &timer->TimerListEntry);
	nt_unlock();
	return was;
}

BOOLEAN KeSetTimer(PKTIMER timer, LARGE_INTEGER due, PKDPC dpc)
{
	return KeSetTimerEx(timer, due, 0, dpc);
}

BOOLEAN KeCancelTimer(PKTIMER timer)
{
	bool was;

	nt_enter("KeCancelTimer", DISPATCH_LEVEL);
	timer_check(timer, "KeCancelTimer");
	nt_lock();
	was = take_out(timer);
	nt_unlock();
	return was;
}

BOOLEAN KeReadStateTimer(PKTIMER timer)
{
	return timer->Header.SignalState > 0;
}

static PKTIMER earliest(void)
{
	PKTIMER timer, first = NULL;
	LIST_ENTRY *entry;

	for (entry = timers.Flink; entry != &timers; entry = entry->Flink) {
		timer = CONTAINING_RECORD(entry, KTIMER, TimerListEntry);
		if (!first || timer->DueTime.QuadPart < first->DueTime.QuadPart)
			first = timer;
	}
	return first;
}

static bool is_due(void *context)
{
	PKTIMER timer = earliest();

	(void)context;
	/* The waiter's deadline follows the timers, as these change while it waits. */
	if (!nt_free_running)
		nt_timer_thread->deadline = timer ? timer->DueTime.QuadPart : NT_FOREVER;
	return nt_stopping || (timer && timer->DueTime.QuadPart <= nt_now());
}

static void expire(PKTIMER timer)
{
	RemoveEntryList(&timer->TimerListEntry);
	timer->Header.Inserted = 0;
	timer->Header.SignalState = 1;
	if (timer->Dpc)
		queue_dpc(timer->Dpc, NULL, NULL);
	if (timer->Period) {
		timer->DueTime.QuadPart += (uint64_t)timer->Period * 10000;
		timer->Header.Inserted = 1;
		InsertTailList(&timers, &timer->TimerListEntry);
	}
}

static void watch_timers(void *context)
{
	PKTIMER timer;

	(void)context;
	nt_lock();
	nt_timer_thread = nt_self();
	while (!nt_stopping) {
		nt_wait_locked(is_due, NULL, NT_FOREVER);
		timer = earliest();
		if (timer && timer->DueTime.QuadPart <= nt_now())
			expire(timer);
	}
	nt_unlock();
}

void nt_timer_start(void)
{
	unsigned index;

	InitializeListHead(&timers);
	InitializeListHead(&dpcs);
	nt_service_start("timers", watch_timers);
	for (index = 0; index < DPC_THREADS; index++)
		nt_service_thread(index ? "DPC 1" : "DPC 0", run_dpcs, &active[index]);
}

void nt_timer_check(const char *when)
{
	unsigned index;

	nt_lock();
	if (!IsListEmpty(&timers))
		nt_violation(NT_RULE_UNLOAD, "a timer is set after %s", when);
	if (!IsListEmpty(&dpcs))
		nt_violation(NT_RULE_UNLOAD, "a DPC is queued after %s", when);
	for (index = 0; index < DPC_THREADS; index++)
		if (active[index])
			nt_violation(NT_RULE_UNLOAD, "a DPC runs after %s", when);
	nt_unlock();
}
