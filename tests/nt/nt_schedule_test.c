/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The scheduler finds orders that go wrong: a lost update within few seeds, the same seed the same run, time that passes
 * at once, timers and DPCs beside threads; and that failures on order come one after another.
 */
#include "nt_check.h"

#define TAG 0x74736554 /* Test */

static LONG counter, steps;
static uint64_t trace;

/* Read, and written later: another thread may have been between. */
static void add_badly(void *context)
{
	LONG value = counter;

	(void)context;
	nt_point();
	counter = value + 1;
	trace = trace * 31 + (uint64_t)counter;
	nt_point();
	trace = trace * 31 + HandleToULong(PsGetCurrentThreadId()) % 7;
}

static void race(void *context)
{
	PETHREAD one, other;

	counter = 0;
	trace = 0;
	one = nt_thread_start("one", NULL, add_badly, NULL);
	other = nt_thread_start("other", NULL, add_badly, NULL);
	nt_thread_join(one);
	nt_thread_join(other);
	if (counter != 2)
		++*(unsigned *)context;
}

static void finds_lost_update(void)
{
	unsigned lost = 0;

	nt_each_seed(1, 300, race, &lost);
	printf("  %u of 300 seeds lose an update\n", lost);
	NT_CHECK(lost > 0 && lost < 300);
}

static void seed_repeats(void)
{
	unsigned lost = 0, seed, first_lost;
	uint64_t first;

	for (seed = 1; seed <= 50; seed++) {
		lost = 0;
		nt_each_seed(seed, 1, race, &lost);
		first = trace;
		first_lost = lost;
		lost = 0;
		nt_each_seed(seed, 1, race, &lost);
		NT_CHECK(trace == first && lost == first_lost);
	}
}

static KSPIN_LOCK lock;

static void add_locked(void *context)
{
	unsigned round;
	KIRQL irql;

	(void)context;
	for (round = 0; round < 50; round++) {
		KeAcquireSpinLock(&lock, &irql);
		counter++;
		KeReleaseSpinLock(&lock, irql);
		InterlockedIncrement(&steps);
	}
}

static void locked(void *context)
{
	PETHREAD threads[6];
	unsigned index;

	(void)context;
	counter = steps = 0;
	KeInitializeSpinLock(&lock);
	for (index = 0; index < 6; index++)
		threads[index] = nt_thread_start("adder", NULL, add_locked, NULL);
	for (index = 0; index < 6; index++)
		nt_thread_join(threads[index]);
	NT_CHECK_EQUAL(counter, 300);
	NT_CHECK_EQUAL(steps, 300);
}

static void locks_hold(void)
{
	nt_each_seed(1, 100, locked, NULL);
}

static void locks_hold_parallel(void)
{
	const struct nt_options options = { .free_running = true };

	nt_kernel_start(&options);
	locked(NULL);
	nt_kernel_stop();
}

static KTIMER timer;
static KDPC dpc;
static KEVENT fired;

static void on_timer(PKDPC unused, PVOID context, PVOID a, PVOID b)
{
	(void)unused;
	(void)context;
	(void)a;
	(void)b;
	NT_CHECK_EQUAL(KeGetCurrentIrql(), DISPATCH_LEVEL);
	if (InterlockedIncrement(&steps) == 3)
		KeSetEvent(&fired, IO_NO_INCREMENT, FALSE);
}

/* An hour passes at once; a periodic timer comes as often as it should. */
static void time_passes(void *context)
{
	LARGE_INTEGER hour = { .QuadPart = -36000000000ll };
	ULONGLONG begin = KeQueryInterruptTime();

	(void)context;
	steps = 0;
	KeInitializeEvent(&fired, NotificationEvent, FALSE);
	KeInitializeDpc(&dpc, on_timer, NULL);
	KeInitializeTimerEx(&timer, SynchronizationTimer);
	NT_CHECK(!KeSetTimerEx(&timer, hour, 1000, &dpc));
	NT_CHECK_EQUAL(KeWaitForSingleObject(&fired, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
	NT_CHECK(KeQueryInterruptTime() - begin >= 36020000000ull);
	NT_CHECK(KeCancelTimer(&timer));
	KeFlushQueuedDpcs();
}

static void timers(void)
{
	nt_each_seed(1, 100, time_passes, NULL);
}

static void allocates(void *context)
{
	void *first, *second = NULL;

	nt_kernel_start(NULL);
	first = ExAllocatePoolWithTag(NonPagedPool, 8, TAG);
	if (first)
		second = ExAllocatePoolWithTag(NonPagedPool, 8, TAG);
	*(unsigned *)context += first && second;
	if (second)
		ExFreePoolWithTag(second, TAG);
	if (first)
		ExFreePoolWithTag(first, TAG);
	nt_kernel_stop();
}

static void failures(void)
{
	unsigned whole = 0;

	NT_CHECK_EQUAL(nt_each_failure(allocates, &whole), 2);
	NT_CHECK_EQUAL(whole, 1);
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("a lost update is found", finds_lost_update);
	nt_test("a seed repeats its run", seed_repeats);
	nt_test("spin locks keep others out", locks_hold);
	nt_test("spin locks keep others out, in parallel", locks_hold_parallel);
	nt_test("time passes when all wait", timers);
	nt_test("each allocation fails once", failures);
	return nt_tests_end();
}
