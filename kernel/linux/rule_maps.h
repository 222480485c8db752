/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Values of the maps that hold rules, shared by the programs (kernel/linux) and the backend
 * (backend/linux). Part of FW_MAPS_VERSION.
 *
 * A *policy* is everything that is asked of one target: the blocks, each with its peers, and one limit. A
 * *member* is a process that some policy is about; it is looked up by the process's handle, and a process
 * that no rule is about has none. Policies are published by one update of one map value, so that a rule is
 * in force whole or not at all; then every process is asked again what it belongs to.
 */
#ifndef FW_RULE_MAPS_H
#define FW_RULE_MAPS_H

#include "abi/rule.h"

#define FW_MAX_RULES	   16384
#define FW_MAX_MEMBERS	   262144
#define FW_POLICY_BLOCKS   16	/* blocks of one target */
#define FW_LIMIT_SLOTS	   4095 /* slot 0 is not used; queue numbers (shaper_maps.h) fit for no more */

/* Key of a policy. `value`: FW_RULE_PID: the number of a pid rule's target, which its descendants inherit;
 * FW_RULE_EXE: fw_path_hash() with file 0, or inode with device in `file`; FW_RULE_COMM and FW_RULE_UNIT:
 * fw_name_hash(); FW_RULE_CGROUP: fw_path_hash(); FW_RULE_USER: the uid. */
struct fw_policy_key {
	uint32_t kind; /* enum fw_rule_target */
	uint32_t reserved;
	uint64_t value;
	uint64_t file;
};

struct fw_policy_block {
	uint32_t rule;
	uint32_t flags; /* enum fw_rule_flag */
	uint8_t prefix[16];
	uint8_t prefix_family;
	uint8_t prefix_length;
	uint16_t first_port;
	uint16_t last_port;
	uint16_t reserved;
};

struct fw_policy {
	uint32_t limit_rule; /* 0: no limit */
	uint32_t limit_slot;
	uint32_t block_count;
	uint32_t number; /* where blocks are found: index of policy_blocks; stays */
	struct fw_policy_block block[FW_POLICY_BLOCKS];
};

/* What holds for a process. Each action has its own most specific target. */
struct fw_member {
	struct fw_policy_key block; /* kind 0: not blocked */
	uint64_t inherited; /* FW_RULE_PID: value of the key; 0: none */
	uint32_t limit_rule; /* 0: not limited */
	uint32_t limit_slot; /* of `limits`, whose `rule` must be the one above */
	uint32_t uid;	     /* for which this was found out */
	uint32_t generation;
};

/* Of a limit, by slot. */
struct fw_limit {
	uint32_t rule; /* 0: the slot is free */
	uint32_t reserved;
	uint64_t sent_rate; /* payload bytes a second; 0: not limited */
	uint64_t received_rate;
};

#endif
