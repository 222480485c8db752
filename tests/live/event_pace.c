// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* How many and how fast. Deadlines are absolute: a late one does not shift those behind it. */
#include "event_generator.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

/* Closer deadlines are not slept for: the sleep would cost more than what is paced. */
#define PACE_GRAIN_NS 100000u

static uint64_t pace_start_ns;

static uint64_t read_clock_ns(clockid_t clock)
{
	struct timespec time;

	if (clock_gettime(clock, &time) < 0)
		fw_event_fail("clock_gettime");
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t fw_now_ns(void)
{
	return read_clock_ns(CLOCK_MONOTONIC);
}

static uint64_t timeval_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000u;
}

uint64_t fw_cpu_ns(void)
{
	struct rusage children;

	if (getrusage(RUSAGE_CHILDREN, &children) < 0)
		fw_event_fail("getrusage");
	return read_clock_ns(CLOCK_PROCESS_CPUTIME_ID) + timeval_ns(&children.ru_utime) +
	       timeval_ns(&children.ru_stime);
}

unsigned long fw_number(void)
{
	return fw_generator.number;
}

void fw_pace_start(void)
{
	prctl(PR_SET_TIMERSLACK, 1);
	pace_start_ns = fw_now_ns();
}

void fw_pace_await(unsigned long index)
{
	uint64_t deadline_ns;
	struct timespec deadline;

	fw_event_check_time();
	if (fw_generator.rate <= 0)
		return;
	deadline_ns = pace_start_ns + (uint64_t)((double)index * 1e9 / fw_generator.rate);
	if (deadline_ns < fw_now_ns() + PACE_GRAIN_NS)
		return;
	deadline.tv_sec = (time_t)(deadline_ns / 1000000000u);
	deadline.tv_nsec = (long)(deadline_ns % 1000000000u);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) != 0)
		fw_event_check_time();
}
