/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The intervals of watch and record. One thread. */
#ifndef FW_CLI_INTERVAL_H
#define FW_CLI_INTERVAL_H

#include <stdint.h>

#include "flowwatcher/error.h"

#define FW_DEFAULT_INTERVAL_NS 1000000000ull

/* The value of -i: 0.1s to 24h. FW_USAGE for anything else. */
enum fw_status fw_interval_parse(const char *text, uint64_t *interval_ns, struct fw_error *error);

/* Deadlines (ns of CLOCK_MONOTONIC) lie on one grid, so that intervals do not drift; missed ones
 * are skipped. */
uint64_t fw_interval_next(uint64_t deadline_ns, uint64_t interval_ns);

#endif
