/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The rules in force, as one transaction sees them. One thread. */
#ifndef FW_CLI_RULE_LIST_H
#define FW_CLI_RULE_LIST_H

#include "flowwatcher/session.h"

struct fw_rule_row {
	struct fw_rule rule;
	struct fw_rule_counters counters;
};

struct fw_rule_list {
	struct fw_rule_row *rows; /* by id */
	size_t count, capacity;
	bool no_memory;
};

/* The loaded kernel side and no other: rules outlive the command. FW_UNSUPPORTED: it keeps none. */
enum fw_status fw_rule_session_open(struct fw_session *session, struct fw_error *error);

/* All rules in force. Release *list with fw_rule_list_done(), also after a failure. */
enum fw_status fw_rule_list_fill(struct fw_rule_list *list, struct fw_backend *backend,
	struct fw_error *error);
void fw_rule_list_done(struct fw_rule_list *list);

/* NULL: there is none with this id. */
const struct fw_rule_row *fw_rule_list_find(const struct fw_rule_list *list, uint32_t id);

#endif
