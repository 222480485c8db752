/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The rules themselves: kept, listed, and asked about a process. Changes at PASSIVE_LEVEL, one
 * after the other; questions at IRQL <= DISPATCH_LEVEL. Called by control_handle.c, control_rows.c
 * and rule_table.c.
 */
#ifndef FW_NT_RULE_REGISTRY_H
#define FW_NT_RULE_REGISTRY_H

#include "abi/control.h"
#include "kernel/windows/limit_bucket.h"
#include "kernel/windows/process_row.h"

struct fw_rule_state {
	struct fw_rule_entry entry;	  /* fixed once it is in the store */
	struct fw_rule_counters counters; /* under the lock of the rules; of a limit it has them */
	struct fw_limit *limit;		  /* FW_RULE_LIMIT; a reference */
};

NTSTATUS fw_rule_registry_init(void);
void fw_rule_registry_done(void);

/* All or none; fills in what is found out. What blocks cut is cut when this returns. */
NTSTATUS fw_rule_registry_add(struct fw_rule *rules, uint32_t count);
NTSTATUS fw_rule_registry_remove(const uint32_t *ids, uint32_t count);

/* The rule with the next id; false: there is none. */
bool fw_rule_registry_next(uint64_t *after, struct fw_control_rule *row);

/* The id of the block that refuses this to the process, and is charged with it; 0: none does. */
uint32_t fw_rule_registry_judge(
	struct fw_process_state *process, const struct fw_rule_peer *peer, uint64_t bytes);

/* The limit that counts for the process in this direction, with a reference; NULL: there is none.
 */
struct fw_limit *fw_rule_registry_limit(
	struct fw_process_state *process, enum fw_limit_direction direction);

/* How many limits there are. Any IRQL, without a lock. */
uint32_t fw_rule_registry_limits(void);

/* The id of the rule that denies the process its beginning; 0: none does. */
uint32_t fw_rule_registry_deny(const struct fw_process_state *process);

/* Is this the first time, as far as is remembered, that this rule refuses this flow? */
bool fw_rule_registry_is_first(uint32_t rule, uint64_t flow, uint8_t operation);

/* rule_entry.c: see that a rule from outside is one, and look up what it is about. PASSIVE_LEVEL.
 */
NTSTATUS fw_rule_make_entry(const struct fw_rule *rule, struct fw_rule_entry *entry);

#endif
