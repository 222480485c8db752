/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The level of each thread, the virtual processors of those at DISPATCH_LEVEL, and what a call of a driver must leave. */
#include "nt_internal.h"

CCHAR KeNumberProcessors = NT_PROCESSORS;
static bool taken[NT_PROCESSORS];

static int free_processor(void)
{
	int number;

	for (number = 0; number < NT_PROCESSORS; number++)
		if (!taken[number])
			return number;
	return -1;
}

static bool has_processor(void *context)
{
	(void)context;
	return free_processor() >= 0;
}

/* In parallel runs there are as many processors as threads: a lock here would order them. */
void nt_irql_set(PETHREAD thread, KIRQL irql)
{
	bool rises = irql >= DISPATCH_LEVEL && thread->irql < DISPATCH_LEVEL;
	bool falls = irql < DISPATCH_LEVEL && thread->irql >= DISPATCH_LEVEL;

	if (!nt_free_running && (rises || falls)) {
		nt_lock();
		if (rises) {
			nt_wait_locked(has_processor, NULL, NT_FOREVER);
			thread->processor = free_processor();
			taken[thread->processor] = true;
		} else {
			taken[thread->processor] = false;
			thread->processor = -1;
		}
		nt_unlock();
	}
	thread->irql = irql;
}

PETHREAD nt_enter(const char *function, KIRQL highest)
{
	PETHREAD thread = nt_self();

	if (thread->irql > highest)
		nt_violation(NT_RULE_LEVEL, "%s at IRQL %u, allowed up to %u", function, thread->irql, highest);
	nt_point();
	return thread;
}

PETHREAD nt_enter_unlocked(const char *function, KIRQL highest)
{
	PETHREAD thread = nt_self();

	if (thread->lock_count)
		nt_violation(NT_RULE_LEVEL, "%s with %u spin locks held", function, thread->lock_count);
	return nt_enter(function, highest);
}

struct nt_frame nt_frame_begin(void)
{
	PETHREAD thread = nt_self();
	struct nt_frame frame = { thread->irql, thread->lock_count, thread->region };

	return frame;
}

void nt_frame_end(struct nt_frame frame, const char *what)
{
	PETHREAD thread = nt_self();

	if (thread->irql != frame.irql)
		nt_violation(NT_RULE_LEVEL, "%s returned at IRQL %u, was called at %u", what, thread->irql,
			frame.irql);
	if (thread->lock_count != frame.lock_count)
		nt_violation(NT_RULE_LEVEL, "%s returned with %u spin locks, was called with %u", what,
			thread->lock_count, frame.lock_count);
	if (thread->region != frame.region)
		nt_violation(NT_RULE_LEVEL, "%s left a critical region unbalanced", what);
}

void nt_paged_code(const char *function)
{
	if (nt_self()->irql > APC_LEVEL)
		nt_violation(NT_RULE_LEVEL, "%s is pageable and ran at IRQL %u", function, nt_self()->irql);
}

KIRQL KeGetCurrentIrql(void)
{
	return nt_self()->irql;
}

void KeRaiseIrql(KIRQL irql, PKIRQL old)
{
	PETHREAD thread = nt_enter("KeRaiseIrql", HIGH_LEVEL);

	if (irql < thread->irql)
		nt_violation(NT_RULE_LEVEL, "KeRaiseIrql from %u to %u", thread->irql, irql);
	*old = thread->irql;
	nt_irql_set(thread, irql);
}

KIRQL KeRaiseIrqlToDpcLevel(void)
{
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	return old;
}

void KeLowerIrql(KIRQL irql)
{
	PETHREAD thread = nt_self();

	if (irql > thread->irql)
		nt_violation(NT_RULE_LEVEL, "KeLowerIrql from %u to %u", thread->irql, irql);
	if (irql < DISPATCH_LEVEL && thread->lock_count)
		nt_violation(NT_RULE_LEVEL, "KeLowerIrql to %u with %u spin locks held", irql, thread->lock_count);
	nt_irql_set(thread, irql);
	nt_point();
}

ULONG KeGetCurrentProcessorNumber(void)
{
	PETHREAD thread = nt_self();

	if (nt_free_running)
		return thread->tid / 4 % NT_PROCESSORS;
	return thread->processor >= 0 ? (ULONG)thread->processor : nt_random(NT_PROCESSORS);
}

void KeEnterCriticalRegion(void)
{
	nt_enter("KeEnterCriticalRegion", APC_LEVEL)->region++;
}

void KeLeaveCriticalRegion(void)
{
	PETHREAD thread = nt_enter("KeLeaveCriticalRegion", APC_LEVEL);

	if (!thread->region--)
		nt_violation(NT_RULE_LEVEL, "KeLeaveCriticalRegion without KeEnterCriticalRegion");
}
