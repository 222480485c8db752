/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Lengths of time as people write them. Callable from any thread. */
#ifndef FLOWWATCHER_DURATION_H
#define FLOWWATCHER_DURATION_H

#include <stdint.h>

#include "flowwatcher/error.h"

/*
 * "1", "0.5", "250ms", "2s", "1.5m", "10min", "1h", "7d" -> nanoseconds; a bare number is seconds.
 * Units: us, ms, s, m or min, h, d. Digits below a nanosecond are cut off. FW_USAGE for anything
 * else, signs and values beyond UINT64_MAX included; *duration_ns is then untouched.
 */
enum fw_status fw_duration_parse(const char *text, uint64_t *duration_ns, struct fw_error *error);

#endif
