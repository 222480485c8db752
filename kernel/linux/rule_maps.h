/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Values of the maps that hold rules, shared by the programs (kernel/linux) and the backend
 * (backend/linux). Part of FW_MAPS_VERSION.
 *
 * A *policy* is everything that is asked of one target: its blocks, each with its peers, and one
 * limit. A *member* is a process that some policy is about, found by the process's handle; a
 * process that no rule is about has none. Ids of rules only grow, and rules count as soon as
 * machine.rules_committed has reached their id: so any number of them comes into force in one
 * store. Then every process is asked again what it belongs to.
 */
#ifndef FW_RULE_MAPS_H
#define FW_RULE_MAPS_H

#include "abi/rule.h"

#define FW_MAX_RULES	 16384
#define FW_MAX_MEMBERS	 262144
#define FW_POLICY_BLOCKS 16   /* blocks of one target */
/* Slot 0 is not used. Queue numbers (shaper_maps.h) fit for 4095, but each limit makes 16 classes
 * on each adapter, and the kernel looks at all classes of an adapter for each new one: 500 limits
 * took half a minute. */
#define FW_LIMIT_SLOTS 256

/*
 * Key of a policy, by kind (enum fw_rule_target):
 * FW_RULE_PID	  value: handle of the process; detail 0: for its descendants too, 1: for it alone
 * FW_RULE_EXE	  value: hash of the path, detail 0; or value: inode, detail: its file system's
 * FW_RULE_COMM	  value: hash of the name
 * FW_RULE_CGROUP value: hash of the path
 * FW_RULE_UNIT	  value: hash of the cgroup's own name
 * FW_RULE_USER	  value: uid
 */
struct fw_policy_key {
	uint32_t kind;
	uint32_t reserved;
	uint64_t value;
	uint64_t detail;
};

struct fw_policy_limit {
	uint32_t rule; /* 0: none */
	uint32_t slot;
	uint64_t ends_ns; /* 0: never */
};

/* While a limit takes the place of another one both are here: the later one that is committed
 * counts. */
struct fw_policy {
	uint32_t blocks;      /* number of its struct fw_policy_blocks; 0: none */
	uint32_t first_block; /* lowest id among its blocks */
	uint64_t blocks_end_ns; /* when the last of them ends; 0: never */
	struct fw_policy_limit limit[2];
};

struct fw_policy_block {
	uint32_t rule;
	uint32_t flags; /* enum fw_rule_flag */
	uint64_t ends_ns;
	uint8_t prefix[16];
	uint8_t prefix_family;
	uint8_t prefix_length;
	uint16_t first_port;
	uint16_t last_port;
	uint16_t reserved;
};

struct fw_policy_blocks {
	uint32_t count;
	uint32_t reserved;
	struct fw_policy_block block[FW_POLICY_BLOCKS];
};

/* What holds for a process. Each action has its own most specific target. */
struct fw_member {
	uint64_t block_ancestor; /* handle of the process whose pid rule it inherits; 0: none */
	uint64_t limit_ancestor;
	uint32_t blocks;	 /* number of struct fw_policy_blocks; 0: not blocked */
	uint32_t limit_rule;	 /* 0: not limited */
	uint32_t limit_slot;	 /* of `limits`, whose `rule` must be the one above */
	uint32_t uid;		 /* effective, when this was found out */
	uint32_t generation;	 /* machine.rules_generation of then */
	uint32_t later_blocks;	 /* the same of a less specific target, which hold at: */
	uint64_t blocks_end_ns;	 /* when `blocks` end; 0: never */
};

/* Of a limit, by slot. */
struct fw_limit {
	uint32_t rule; /* 0: the slot is free */
	uint32_t reserved;
	uint64_t sent_rate; /* payload bytes a second; 0: not limited */
	uint64_t received_rate;
	uint64_t ends_ns; /* 0: never */
};

/* A rule by id: what was asked for, and what it did. */
struct fw_rule_state {
	struct fw_rule rule;
	/* of a block; a limit's are by its slot (shaper_maps.h) */
	struct fw_rule_counters counters;
};

#endif
