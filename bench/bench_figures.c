/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "bench_figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void bench_check(bool holds, const char *what)
{
	if (holds)
		return;
	fflush(stdout);
	fprintf(stderr, "benchmark: %s; run the tests of suite nt\n", what);
	_Exit(1);
}

static int compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* No "-0". */
static double shown(double figure, int digits)
{
	double least = digits ? digits == 1 ? 0.05 : 0.005 : 0.5;

	return figure < 0 && figure > -least ? 0 : figure;
}

struct bench_text bench_spread(double *figures, int count, int digits)
{
	struct bench_text text;

	qsort(figures, (size_t)count, sizeof(*figures), compare);
	snprintf(text.text, sizeof(text.text), "%.*f (%.*f..%.*f)", digits,
		shown(figures[count / 2], digits), digits, shown(figures[0], digits), digits,
		shown(figures[count - 1], digits));
	return text;
}
