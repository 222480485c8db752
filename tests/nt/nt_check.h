/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Test programs on the fake kernel: each test runs in a process of its own, as a violation ends it. One thread calls.
 */
#ifndef FW_NT_CHECK_H
#define FW_NT_CHECK_H

#include <stdio.h>

#include "nt_kernel.h"

#define NT_CHECK(condition) \
	do { \
		if (!(condition)) \
			nt_check_failed(#condition, __FILE__, __LINE__); \
	} while (0)
#define NT_CHECK_EQUAL(actual, expected) nt_check_equal((long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)

__attribute__((noreturn)) void nt_check_failed(const char *text, const char *file, int line);
void nt_check_equal(long long actual, long long expected, const char *text, const char *file, int line);

/* Must pass. Names begin with the rule where there is one: "NT-12: ...". */
void nt_test(const char *name, void (*test)(void));
/* Must end with `VIOLATION NT-<rule>: ` and a text that contains `part`. */
void nt_test_violation(const char *name, int rule, const char *part, void (*test)(void));
/* Prints the sums; the program's exit code. Only tests whose name contains the first argument run, if there is one. */
void nt_tests_begin(int argc, char **argv);
int nt_tests_end(void);

#endif
