/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A stand-in for a kernel side that keeps rules, and for the sessions that reach it. One test
 * program links it in the place of lib/session.c and lib/host/rule_action_linux.c. */
#ifndef FW_TEST_RULE_DOUBLE_H
#define FW_TEST_RULE_DOUBLE_H

#include "flowwatcher/session.h"

#define RULE_DOUBLE_MOST 20000

struct rule_double {
	struct fw_rule *rules; /* in force, by id */
	size_t count;
	uint32_t next_id;
	enum fw_status open_status, add_status, remove_status; /* FW_OK: done */
	bool has_no_rules;		 /* its operations are not there */
	bool has_other_pids;		 /* those of another pid namespace */
	const char *lack;		 /* why this system has no denials; NULL: it has */
	size_t adds, removes;		 /* calls */
	struct fw_rule_counters counters; /* of every rule */
};
extern struct rule_double rule_double;

/* Nothing is in force, everything works. */
void rule_double_begin(void);
void rule_double_end(void);

#endif
