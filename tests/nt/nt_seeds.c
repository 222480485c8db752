/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Seeds of the scheduler, one after another: as many as a test asks for, or as the environment does. */
#include <stdio.h>
#include <time.h>

#include "nt_internal.h"

static struct {
	uint64_t first, next;
	uint64_t count;	   /* at least; with a time, the least */
	uint64_t until_ns; /* by the real clock; 0: no more than `count` */
	bool under_way;
} seeds;

static uint64_t real_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void nt_seeds_begin(uint64_t first, unsigned count)
{
	const char *only = getenv("NT_SEED"), *more = getenv("NT_SEEDS"), *time = getenv("NT_SECONDS");

	memset(&seeds, 0, sizeof(seeds));
	seeds.first = first;
	seeds.count = count;
	if (only) {
		seeds.first = strtoull(only, NULL, 0);
		seeds.count = 1;
	} else if (more) {
		seeds.count = strtoull(more, NULL, 0);
	} else if (time) {
		seeds.until_ns = real_ns() + strtoull(time, NULL, 0) * 1000000000u;
	}
	seeds.next = seeds.first;
}

bool nt_seeds_next(uint64_t *seed)
{
	bool is_enough = seeds.next - seeds.first >= seeds.count;

	seeds.under_way = !is_enough || (seeds.until_ns && real_ns() < seeds.until_ns);
	if (seeds.under_way)
		*seed = seeds.next++;
	else if (seeds.until_ns)
		fprintf(stderr, "seeds: %llu from %llu on\n", (unsigned long long)(seeds.next - seeds.first),
			(unsigned long long)seeds.first);
	return seeds.under_way;
}

int nt_seeds_tell(void **state)
{
	(void)state;
	if (seeds.under_way)
		fprintf(stderr, "it failed with NT_SEED %llu\n", (unsigned long long)(seeds.next - 1));
	seeds.under_way = false;
	return 0;
}

void nt_each_seed(uint64_t first, unsigned count, void (*scenario)(void *context), void *context)
{
	struct nt_options options = { 0 };

	for (nt_seeds_begin(first, count); nt_seeds_next(&options.seed);) {
		nt_kernel_start(&options);
		scenario(context);
		nt_kernel_stop();
	}
}
