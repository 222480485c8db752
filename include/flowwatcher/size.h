/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Numbers of bytes as people write them. Callable from any thread. */
#ifndef FLOWWATCHER_SIZE_H
#define FLOWWATCHER_SIZE_H

#include <stdint.h>

#include "flowwatcher/error.h"

/*
 * "4096", "64KiB", "1.5MiB", "8MB" -> bytes; a bare number is bytes. Units: B, kB (or KB), MB, GB,
 * TB of 1000 and KiB, MiB, GiB, TiB of 1024. What is below a byte is cut off. FW_USAGE for anything
 * else, signs and values beyond UINT64_MAX included; *bytes is then untouched.
 */
enum fw_status fw_size_parse(const char *text, uint64_t *bytes, struct fw_error *error);

#endif
