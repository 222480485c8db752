/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Failures on order: of all that can fail the n-th does, run after run. */
#include <stdio.h>

#include "nt_internal.h"

#define FAILURES_MAX 100000u

static unsigned fail_at, calls;
static bool failed;
static bool all_fail;

void nt_failure_reset(void)
{
	calls = 0;
	all_fail = false;
}

bool nt_fails(const char *what)
{
	PETHREAD thread = nt_self_or_null();

	if (!thread || thread->failures_paused)
		return false;
	if (__atomic_load_n(&all_fail, __ATOMIC_RELAXED))
		return true;
	if (!fail_at)
		return false;
	if (__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) != fail_at)
		return false;
	failed = true;
	if (getenv("NT_VERBOSE"))
		fprintf(stderr, "  failure %u: %s\n", fail_at, what);
	return true;
}

void nt_failures_pause(void)
{
	nt_self()->failures_paused++;
}

void nt_failures_resume(void)
{
	nt_self()->failures_paused--;
}

void nt_failures_all(bool fail)
{
	__atomic_store_n(&all_fail, fail, __ATOMIC_RELAXED);
}

unsigned nt_each_failure(void (*scenario)(void *context), void *context)
{
	unsigned number;

	for (number = 1; number < FAILURES_MAX; number++) {
		fail_at = number;
		calls = 0;
		failed = false;
		scenario(context);
		fail_at = 0;
		if (!failed)
			return number - 1;
	}
	nt_violation(0, "a scenario that never ends its allocations");
}
