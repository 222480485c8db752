/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a search in a list of the filter costs in this kernel, by size and shape of the list and by stream of
 * addresses; `uncounted` is `hits` without counting. Usage: bench_filter_lookup [ROUNDS [SHAPE]]. The sizes take
 * turns, round by round. One line each cell: nanoseconds a search, without the loop around it: median, least, most; and the median's ratio to that of
 * 1,000 prefixes.
 */
#include "filter_probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_ROUNDS 99
#define SEARCHES    PROBE_ADDRESSES

static const size_t sizes[] = { 1, 1000, 100000, 1000000 };
#define SIZES FW_ARRAY_SIZE(sizes)

struct cell {
	struct fw_filter_prefix *prefixes;
	size_t count;
	int fd;
	double ns[MOST_ROUNDS];
};

static int compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static double search_ns(struct filter_probe *probe, uint32_t family, uint32_t mode)
{
	return (double)probe_search(probe, family, mode, SEARCHES).ns / SEARCHES;
}

static void measure(struct filter_probe *probe, uint32_t family, enum probe_stream stream, uint32_t mode,
	struct cell cells[SIZES], int rounds)
{
	for (int round = 0; round < rounds; round++)
		for (size_t i = 0; i < SIZES; i++) {
			double nothing;

			probe_use(probe, cells[i].fd);
			probe_fill(probe, family, stream, cells[i].prefixes, cells[i].count);
			nothing = search_ns(probe, family, PROBE_NOTHING);
			search_ns(probe, family, mode);
			cells[i].ns[round] = search_ns(probe, family, mode) - nothing;
		}
}

static void print(uint32_t family, enum probe_shape shape, const char *stream,
	struct cell cells[SIZES], int rounds)
{
	for (size_t i = 0; i < SIZES; i++)
		qsort(cells[i].ns, (size_t)rounds, sizeof(double), compare);
	for (size_t i = 0; i < SIZES; i++) {
		double *ns = cells[i].ns;

		printf("IPv%u  %-10s %-9s %8zu  %7.1f %7.1f %7.1f  %5.2f\n", family, probe_shape_name(shape),
			stream, cells[i].count, ns[rounds / 2], ns[0], ns[rounds - 1],
			ns[rounds / 2] / cells[1].ns[rounds / 2]);
	}
	fflush(stdout);
}

static void measure_shape(struct filter_probe *probe, uint32_t family, enum probe_shape shape, int rounds)
{
	static struct cell cells[SIZES];

	for (size_t i = 0; i < SIZES; i++) {
		size_t wanted = family == FW_FAMILY_IPV6 && sizes[i] > 100000 ? 100000 : sizes[i];

		cells[i].prefixes = probe_list(family, shape, wanted, &cells[i].count);
		if (probe_make(probe, cells[i].prefixes, cells[i].count, &cells[i].fd)) {
			fprintf(stderr, "bench_filter_lookup: the kernel refuses a list of %zu prefixes\n",
				cells[i].count);
			exit(1);
		}
	}
	for (int stream = 0; stream < PROBE_STREAMS; stream++) {
		measure(probe, family, stream, PROBE_SEARCH, cells, rounds);
		print(family, shape, probe_stream_name(stream), cells, rounds);
	}
	measure(probe, family, PROBE_HITS, PROBE_FIND, cells, rounds);
	print(family, shape, "uncounted", cells, rounds);
	for (size_t i = 0; i < SIZES; i++) {
		close(cells[i].fd);
		free(cells[i].prefixes);
	}
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 5;
	struct filter_probe *probe;

	if (rounds < 1 || rounds > MOST_ROUNDS) {
		fprintf(stderr, "Usage: bench_filter_lookup [ROUNDS (1 to %d) [SHAPE]]\n", MOST_ROUNDS);
		return 2;
	}
	probe = probe_open();
	printf("      shape      stream    prefixes   median   least    most  to 1,000\n");
	for (int shape = 0; shape < PROBE_SHAPES; shape++) {
		if (argc > 2 && strcmp(argv[2], probe_shape_name(shape)) != 0)
			continue;
		measure_shape(probe, FW_FAMILY_IPV4, shape, rounds);
		measure_shape(probe, FW_FAMILY_IPV6, shape, rounds);
	}
	probe_close(probe);
	return 0;
}
