/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The classic monitor's periodic dump: a line a process that moved something, through DbgPrint, by
 * a timer whose DPC leaves the work to a worker thread. PASSIVE_LEVEL; called by driver.c and
 * control_handle.c.
 */
#ifndef FW_NT_USAGE_DUMP_H
#define FW_NT_USAGE_DUMP_H

#include <ntddk.h>

#include "core/types.h"

NTSTATUS fw_usage_dump_init(DEVICE_OBJECT *device);

/* Every so many ms from now on; 0: not any more. Counters of the dump begin anew. */
NTSTATUS fw_usage_dump_set(uint32_t interval_ms);

/* However long the interval is, this does not wait for it. */
void fw_usage_dump_done(void);

#endif
