/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * bench_beside: runs a command and says what other processes, the monitors, spent beside it: until
 * it was over and they had worked off what it left them. One line of tab-separated values: CPU-ns
 * of the monitors  percent of the CPU in use that went to anything else
 */
#include "cpu_clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MONITORS_MOST 8
#define STEP_NS 50000000u
#define QUIET_NS 500000u /* spent in a step: no more than for waking up */
#define QUIET_STEPS 4
#define STEPS_MOST 100

struct monitors {
	pid_t pids[MONITORS_MOST];
	int count;
};

static uint64_t spent_ns(const struct monitors *monitors)
{
	uint64_t sum = 0;

	for (int i = 0; i < monitors->count; i++)
		sum += clock_process_ns(monitors->pids[i]);
	return sum;
}

static void step(void)
{
	struct timespec time = { .tv_nsec = STEP_NS };

	while (nanosleep(&time, &time))
		;
}

/* They may poll, or write what they have in one go when their buffer is full. */
static void await_quiet(const struct monitors *monitors)
{
	uint64_t before = spent_ns(monitors), now;
	int quiet = 0, steps;

	for (steps = 0; monitors->count && steps < STEPS_MOST && quiet < QUIET_STEPS; steps++) {
		step();
		now = spent_ns(monitors);
		quiet = now - before < QUIET_NS ? quiet + 1 : 0;
		before = now;
	}
}

static uint64_t usage_ns(const struct rusage *usage)
{
	return (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000u +
	       (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000u;
}

/* What the command and its children spent; false: it failed. */
static bool run(char **command, uint64_t *cpu_ns)
{
	struct rusage usage;
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(command[0], command);
		perror(command[0]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status)
		return false;
	*cpu_ns = usage_ns(&usage);
	return true;
}

static int measure(const struct monitors *monitors, char **command)
{
	uint64_t monitors_ns = spent_ns(monitors), softirq_ns = clock_ksoftirqd_ns();
	uint64_t busy_ns = clock_busy_ns(-1), began_ns = clock_now_ns();
	uint64_t command_ns = 0, known_ns, all_ns;

	if (!run(command, &command_ns)) {
		fprintf(stderr, "bench_beside: %s failed\n", command[0]);
		return 1;
	}
	busy_ns = clock_busy_ns(-1) - busy_ns;
	all_ns = (clock_now_ns() - began_ns) * (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	known_ns =
		command_ns + spent_ns(monitors) - monitors_ns + clock_ksoftirqd_ns() - softirq_ns;
	await_quiet(monitors);
	printf("%llu\t%.1f\n", (unsigned long long)(spent_ns(monitors) - monitors_ns),
		busy_ns > known_ns ? 100.0 * (double)(busy_ns - known_ns) / (double)all_ns : 0);
	return 0;
}

int main(int argc, char **argv)
{
	struct monitors monitors = { .count = 0 };
	int option;
	pid_t pid;

	while ((option = getopt(argc, argv, "+m:")) == 'm') {
		pid = atoi(optarg);
		if (pid > 0 && monitors.count < MONITORS_MOST)
			monitors.pids[monitors.count++] = pid;
	}
	if (option != -1 || optind >= argc) {
		fprintf(stderr, "usage: bench_beside [-m PID]... COMMAND [ARGUMENT...]\n");
		return 2;
	}
	return measure(&monitors, argv + optind);
}
