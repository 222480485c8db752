/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Rules as the JSON objects of `rules`, `block` and `limit`. As in json_objects.h each function
 * returns a new object, or NULL when memory ran out. Any thread. */
#ifndef FLOWWATCHER_JSON_RULES_H
#define FLOWWATCHER_JSON_RULES_H

#include "abi/rule.h"

struct json_object;

/* "rule". time_ns: now, ns since boot. */
struct json_object *fw_json_rule(
	const struct fw_rule *rule, const struct fw_rule_counters *counters, uint64_t time_ns);

/* "match": a running process that a rule is about. */
struct json_object *fw_json_match(const struct fw_rule *rule, const struct fw_process *process);

#endif
