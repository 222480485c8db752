/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* CPU time of processes to the nanosecond, and the time of day. Callable from anywhere. */
#ifndef FW_BENCH_CPU_CLOCK_H
#define FW_BENCH_CPU_CLOCK_H

#include <stdint.h>
#include <sys/types.h>

/* Monotonic, ns. */
uint64_t clock_now_ns(void);
/* CPU time, user and system, of a process and its threads; 0 when it is gone. Where interrupts are
 * not accounted apart (CONFIG_IRQ_TIME_ACCOUNTING off) it holds the softirq work done in its
 * context. */
uint64_t clock_process_ns(pid_t pid);
/* CPU time of all ksoftirqd threads: packet work that the senders' contexts handed on. */
uint64_t clock_ksoftirqd_ns(void);
/* Time that a CPU (-1: all of them together) was not idle, in the steps of /proc/stat, 10 ms as a
 * rule. */
uint64_t clock_busy_ns(int cpu);

#endif
