/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * bench_cost: what a running process costs. Measures its CPU time over a number of seconds, then
 *its memory. One line of tab-separated values: CPU in percent of one core  VmRSS  VmHWM  private
 *memory (all kB)
 */
#include "cpu_clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Sum of the lines that begin with `key`, a number of kB; 0: none. */
static unsigned long read_kb(pid_t pid, const char *name, const char *key)
{
	char path[64], line[256];
	unsigned long sum = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			sum += strtoul(strchr(line, ':') ? strchr(line, ':') + 1 : "0", NULL, 10);
	fclose(file);
	return sum;
}

static void wait_ns(uint64_t length_ns)
{
	struct timespec time = { .tv_sec = (time_t)(length_ns / 1000000000u),
		.tv_nsec = (long)(length_ns % 1000000000u) };

	while (nanosleep(&time, &time))
		;
}

int main(int argc, char **argv)
{
	pid_t pid = argc == 3 ? atoi(argv[1]) : 0;
	double seconds = argc == 3 ? atof(argv[2]) : 0;
	uint64_t cpu_ns, now_ns, spent_ns;

	if (pid <= 0 || seconds < 0.1 || seconds > 600) {
		fprintf(stderr, "usage: bench_cost PID SECONDS\n");
		return 2;
	}
	now_ns = clock_now_ns();
	cpu_ns = clock_process_ns(pid);
	wait_ns((uint64_t)(seconds * 1e9));
	spent_ns = clock_process_ns(pid) - cpu_ns;
	now_ns = clock_now_ns() - now_ns;
	if (!cpu_ns || !read_kb(pid, "status", "VmRSS:")) {
		fprintf(stderr, "bench_cost: process %d is gone\n", (int)pid);
		return 1;
	}
	printf("%.3f\t%lu\t%lu\t%lu\n", 100.0 * (double)spent_ns / (double)now_ns,
		read_kb(pid, "status", "VmRSS:"), read_kb(pid, "status", "VmHWM:"),
		read_kb(pid, "smaps_rollup", "Private_"));
	return 0;
}
