/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rates of traffic as people write them. Callable from any thread. */
#ifndef FLOWWATCHER_RATE_H
#define FLOWWATCHER_RATE_H

#include <stddef.h>
#include <stdint.h>

#include "flowwatcher/error.h"

#define FW_RATE_TEXT_SIZE 32

/*
 * "10MB/s", "800kbit/s", "512KiB/s", "64000" -> bytes a second; a bare number is bytes a second,
 * "/s" may be left out. Units: B, kB (or KB), MB, GB, TB of 1000 and KiB, MiB, GiB, TiB of 1024;
 * bit, kbit (or Kbit), Mbit, Gbit, Tbit of 1000 and Kibit, Mibit, Gibit of 1024, of which eight are
 * a byte. "unlimited" and "none" -> 0. FW_USAGE for anything else, and for what is not between
 * FW_RATE_MIN and FW_RATE_MAX (abi/rule.h); *rate is then untouched.
 */
enum fw_status fw_rate_parse(const char *text, uint64_t *rate, struct fw_error *error);

/* The shortest text that fw_rate_parse() reads as exactly this rate: "10MB/s", "512KiB/s",
 * "1234B/s"; "unlimited" for 0. At most `size` bytes with the zero; returns `text`. */
char *fw_rate_format(uint64_t rate, char *text, size_t size);

#endif
