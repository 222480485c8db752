/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What ends a test: a rule that was broken, by its number, with the seed that repeats it. */
#include <stdio.h>
#include <unistd.h>

#include "nt_internal.h"

void nt_violation(int rule, const char *format, ...)
{
	PETHREAD thread = nt_self_or_null();
	va_list arguments;
	char text[1024];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fflush(stdout);
	fprintf(stderr, "VIOLATION NT-%d: %s (thread %s, %s %llu)\n", rule, text, thread ? thread->name : "?",
		nt_free_running ? "free running, seed" : "NT_SEED", (unsigned long long)nt_seed());
	fflush(stderr);
	if (getenv("NT_ABORT"))
		abort();
	_exit(NT_VIOLATION_EXIT);
}

void KeBugCheckEx(ULONG code, ULONG_PTR a, ULONG_PTR b, ULONG_PTR c, ULONG_PTR d)
{
	nt_violation(0, "KeBugCheckEx(0x%x, 0x%zx, 0x%zx, 0x%zx, 0x%zx)", code, a, b, c, d);
}

void nt_assert_failed(const char *text, const char *file, int line)
{
	nt_violation(0, "%s:%d: ASSERT(%s)", file, line, text);
}

void nt_list_check(const LIST_ENTRY *entry, const char *operation)
{
	if (!entry->Flink || !entry->Blink)
		nt_violation(NT_RULE_LEVEL, "%s: a list entry that was never initialised or linked", operation);
	if (entry->Flink->Blink != entry || entry->Blink->Flink != entry)
		nt_violation(NT_RULE_LEVEL, "%s: a list whose links do not match", operation);
}
