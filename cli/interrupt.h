/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Ending by SIGINT, SIGTERM or SIGHUP at a moment of our choice, and waiting that these cut
 * short. */
#ifndef FW_CLI_INTERRUPT_H
#define FW_CLI_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

/* From now on these signals do not kill the program but make fw_interrupt_wait() return true. */
bool fw_interrupt_begin(void);
/* In a child before exec: signals as they were. */
void fw_interrupt_restore(void);

/* Wait until the moment (ns of CLOCK_MONOTONIC) or an interruption; true: interrupted, now or
 * before. */
bool fw_interrupt_wait(uint64_t until_ns);
/* Was there one? Does not wait. */
bool fw_interrupt_came(void);

/* Wait until a write to `fd` would not block, or fails at once. False: interrupted, and the reader
 * takes nothing within a second, or interrupted twice. Without fw_interrupt_begin() true at
 * once. */
bool fw_interrupt_writable(int fd);

/* Now, ns of CLOCK_MONOTONIC. */
uint64_t fw_monotonic_ns(void);

#endif
