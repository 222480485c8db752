/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The fake kernel of many inputs. What it is taken down with, it says by rule, tag and owner: pool,
 * IRPs, objects. */
#include "fuzz_nt_input.h"

#define INPUTS 256 /* of one world */

const char *__asan_default_options(void);

/* The fake kernel knows what leaks, and between two inputs rows of processes stay on purpose: a
 * look through all memory after each of them takes longer than the input. */
const char *__asan_default_options(void)
{
	return "detect_leaks=0:quarantine_size_mb=16";
}

void fuzz_world(void (*start)(void), void (*stop)(void))
{
	static unsigned inputs;

	if (!inputs) {
		setenv("NT_ABORT", "1", 1); /* a violation leaves its input */
		atexit(stop);
		start();
	} else if (inputs % INPUTS == 0) {
		stop();
		start();
	}
	inputs++;
}
