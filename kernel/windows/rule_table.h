/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The rules in force, asked by the TDI filter. IRQL <= DISPATCH_LEVEL; callers hold no lock. */
#ifndef FW_NT_RULE_TABLE_H
#define FW_NT_RULE_TABLE_H

#include <ntddk.h>

#include "abi/rule.h"
#include "kernel/windows/limit_bucket.h"
#include "kernel/windows/process_state.h"

/* What somebody is about to do; addresses in network byte order, IPv4 in the first four bytes. */
struct fw_attempt {
	uint8_t local_address[16];
	uint8_t remote_address[16]; /* family FW_FAMILY_NONE: not known */
	uint16_t local_port;	    /* host byte order */
	uint16_t remote_port;
	uint16_t protocol; /* as in struct fw_connection */
	uint8_t family;	   /* enum fw_family */
	uint8_t operation; /* enum fw_blocked_operation */
	uint64_t connection_id;
	uint64_t bytes;
};

/* The rule that refuses it, 0 when none does. A refusal is counted, and published as
 * FW_RECORD_BLOCKED (of datagrams the first of each flow and rule). */
uint32_t fw_rules_refuse(struct fw_process_state *process, const struct fw_attempt *attempt);

/* Is there any limit? */
bool fw_rules_have_limits(void);

/* The limit that counts for a process (NULL: nobody's) in this direction, with a reference; NULL:
 * there is none. */
struct fw_limit *fw_rules_limit(
	struct fw_process_state *process, enum fw_limit_direction direction);

/* A number that grows with each change of the rules, for who remembers answers. */
uint32_t fw_rules_generation(void);

#endif
