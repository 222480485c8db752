/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Times and how they are printed, for the benchmarks of the Windows drivers in their host build.
 */
#ifndef FW_BENCH_BENCH_FIGURES_H
#define FW_BENCH_BENCH_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#define BENCH_MOST_ROUNDS 99

/* Processor time of this thread, ns. */
uint64_t bench_now_ns(void);

/* Ends the program, naming what did not work. */
void bench_check(bool holds, const char *what);

/* "median (least..most)" of figures, which it sorts; 0 to 2 digits. */
struct bench_text {
	char text[64];
};
struct bench_text bench_spread(double *figures, int count, int digits);

#endif
