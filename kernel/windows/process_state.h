/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the driver knows of a process: who it is and its counters. Keyed by pid and start time, so
 * that a reused pid is another process. Counted references; all at IRQL <= DISPATCH_LEVEL but where
 * it says else.
 */
#ifndef FW_NT_PROCESS_STATE_H
#define FW_NT_PROCESS_STATE_H

#include <ntddk.h>

#include "abi/flow.h"

struct fw_process_state;

NTSTATUS fw_process_table_init(void);
void fw_process_table_done(void);

/* The process that runs, PASSIVE_LEVEL: a reference, or NULL when there is no memory (its bytes are
 * unattributed then). Never the system's own workers' guess: for what is charged later keep the
 * reference. */
struct fw_process_state *fw_process_current_get(void);
void fw_process_hold(struct fw_process_state *process); /* one more reference */
void fw_process_put(struct fw_process_state *process);	/* NULL is accepted */

/* Payload that went through; NULL: unattributed. One atomic step. */
void fw_process_sent(struct fw_process_state *process, uint64_t bytes);
void fw_process_received(struct fw_process_state *process, uint64_t bytes);

/* What rows of connections, ports and records say of their owner. */
void fw_process_describe(const struct fw_process_state *process, uint32_t *pid, uint64_t *start_ns,
	char comm[FW_COMM_SIZE]);

#endif
