/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cpu_clock.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_KSOFTIRQD 1024

static uint64_t read_clock_ns(clockid_t clock)
{
	struct timespec time;

	if (clock_gettime(clock, &time))
		return 0;
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t clock_now_ns(void)
{
	return read_clock_ns(CLOCK_MONOTONIC);
}

uint64_t clock_process_ns(pid_t pid)
{
	clockid_t clock;

	return clock_getcpuclockid(pid, &clock) ? 0 : read_clock_ns(clock);
}

static int is_ksoftirqd(const char *pid)
{
	char path[64], comm[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(comm, sizeof(comm), file))
		comm[0] = 0;
	fclose(file);
	return !strncmp(comm, "ksoftirqd/", strlen("ksoftirqd/"));
}

static size_t find_ksoftirqd(pid_t *pids, size_t room)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	while (proc && count < room && (entry = readdir(proc)))
		if (atoi(entry->d_name) > 0 && is_ksoftirqd(entry->d_name))
			pids[count++] = atoi(entry->d_name);
	if (proc)
		closedir(proc);
	return count;
}

uint64_t clock_ksoftirqd_ns(void)
{
	static pid_t pids[MAX_KSOFTIRQD];
	static size_t count;
	uint64_t sum = 0;

	if (!count)
		count = find_ksoftirqd(pids, MAX_KSOFTIRQD);
	for (size_t i = 0; i < count; i++)
		sum += clock_process_ns(pids[i]);
	return sum;
}

/* "user nice system idle iowait irq softirq steal" in ticks, as proc_stat(5) has it. */
static uint64_t busy_ticks(const char *numbers)
{
	unsigned long long user, nice, system, irq = 0, softirq = 0, steal = 0;

	if (sscanf(numbers, "%llu %llu %llu %*u %*u %llu %llu %llu", &user, &nice, &system, &irq,
		    &softirq, &steal) < 3)
		return 0;
	return user + nice + system + irq + softirq + steal;
}

uint64_t clock_busy_ns(int cpu)
{
	char name[32] = "cpu ", line[256];
	FILE *file = fopen("/proc/stat", "re");
	uint64_t ticks = 0;

	if (!file)
		return 0;
	if (cpu >= 0)
		snprintf(name, sizeof(name), "cpu%d ", cpu);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			ticks = busy_ticks(line + strlen(name));
	fclose(file);
	return ticks * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}
