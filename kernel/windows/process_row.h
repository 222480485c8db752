/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The inside of a row of the process table, for the files that keep, judge and report processes.
 * What is not said to change is fixed when the row is made. Lock order: rules, then the table, then
 * counters of a row.
 */
#ifndef FW_NT_PROCESS_ROW_H
#define FW_NT_PROCESS_ROW_H

#include "abi/control.h"
#include "core/object_table.h"
#include "core/rule_judge.h"
#include "kernel/windows/ddk/nt_system.h"
#include "kernel/windows/process_state.h"

#define FW_TID_UNKNOWN UINT32_MAX /* the process ran before anybody looked */

struct fw_process_state {
	struct fw_object_node by_identity; /* pid, created; all of them */
	struct fw_object_node by_number;   /* all of them */
	struct fw_object_node by_pid;	   /* those that run */
	LIST_ENTRY ended_entry;		   /* the table's: of those that ended, the oldest first */
	volatile LONG references;	   /* one of them is the table's */
	bool has_ended;			   /* the table's */
	uint32_t first_tid;		   /* 0: there is none yet; FW_TID_UNKNOWN */
	uint64_t created;		   /* 100 ns since 1601 */
	struct fw_process process;
	KSPIN_LOCK lock; /* of the two below */
	struct fw_counters counters;
	struct fw_counters dumped; /* counters at the last periodic dump */
	/* Of the rules, under their lock: those that count here, as of this generation. */
	uint32_t rules_generation;
	struct fw_rule_choice blocks;
	struct fw_rule_choice limits;
	uint32_t exe_length; /* without case, for rules */
	uint32_t comm_length;
	char exe[FW_RULE_TEXT_SIZE];
	char comm[FW_COMM_SIZE * 2];
	uint32_t generations; /* of the lineage: the process, who created it, who created that, and
				 so on */
	struct fw_rule_ancestor lineage[FW_RULE_MAX_ANCESTORS];
};

/* What somebody knows who makes a row. */
struct fw_process_facts {
	uint32_t pid;
	uint32_t parent_pid;
	uint32_t first_tid;
	uint64_t created;
	const UNICODE_STRING *image;		/* NULL: not known */
	const struct fw_process_state *creator; /* NULL: not known */
};

/* PASSIVE_LEVEL. The row of this process, there already or made now, with a reference; NULL: no
 * memory. */
struct fw_process_state *fw_process_make(const struct fw_process_facts *facts);

/* The one that runs under this pid, with a reference; NULL: not known. */
struct fw_process_state *fw_process_running_get(uint32_t pid);

/* It ended: its row stays for a while, and as long as somebody refers to it. */
void fw_process_end(struct fw_process_state *process);

/* The next row with a greater number, with a reference; NULL: there is none. */
struct fw_process_state *fw_process_next(uint64_t after);
static inline uint64_t fw_process_number(const struct fw_process_state *process)
{
	return process->by_number.key;
}

struct fw_counters fw_process_counters(struct fw_process_state *process);
bool fw_process_runs(const struct fw_process_state *process);

/* What it moved since the last time this was asked, for the periodic dump. */
struct fw_counters fw_process_since_dump(struct fw_process_state *process);

/* What rules may ask of it. */
void fw_process_subject(const struct fw_process_state *process, struct fw_rule_subject *subject);

/* status->processes, failures, departed, unattributed, boot_utc_ns. */
void fw_process_status(struct fw_control_status *status);

/* One more object for which there was no memory. */
void fw_process_count_failure(void);

/* Those that run already, PASSIVE_LEVEL. */
void fw_process_find_existing(void);

#endif
