/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tests/unit/rule_double.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "flowwatcher/rule_words.h"
#include "lib/host/host.h"
#include "lib/host/rule_action.h"

struct rule_double rule_double;

static bool same_block(const struct fw_rule *a, const struct fw_rule *b)
{
	return a->action == FW_RULE_BLOCK && b->action == FW_RULE_BLOCK &&
	       fw_rule_same_target(a, b) && a->flags == b->flags &&
	       a->prefix_family == b->prefix_family && a->prefix_length == b->prefix_length &&
	       a->first_port == b->first_port && a->last_port == b->last_port &&
	       !memcmp(a->prefix, b->prefix, sizeof(a->prefix));
}

static void take_away(size_t index)
{
	memmove(&rule_double.rules[index], &rule_double.rules[index + 1],
		(rule_double.count - index - 1) * sizeof(*rule_double.rules));
	rule_double.count--;
}

/* As backend.h has it: a block that is there is taken over, a limit is replaced. */
static void add_rule(struct fw_rule *rule)
{
	for (size_t i = 0; i < rule_double.count; i++) {
		struct fw_rule *other = &rule_double.rules[i];

		if (same_block(rule, other)) {
			other->ends_ns = rule->ends_ns;
			*rule = *other;
			return;
		}
		if (rule->action == FW_RULE_LIMIT && other->action == FW_RULE_LIMIT &&
			fw_rule_same_target(rule, other)) {
			take_away(i);
			break;
		}
	}
	assert_true(rule_double.count < RULE_DOUBLE_MOST);
	rule->id = rule_double.next_id++;
	rule->made_ns = fw_host_boot_ns();
	rule_double.rules[rule_double.count++] = *rule;
}

static enum fw_status rules_add(struct fw_backend *backend, struct fw_rule *rules, size_t count,
	struct fw_error *error)
{
	(void)backend;
	rule_double.adds++;
	assert_true(count > 0);
	if (rule_double.add_status != FW_OK)
		return fw_error_set(error, rule_double.add_status, "the stand-in adds nothing");
	for (size_t i = 0; i < count; i++)
		add_rule(&rules[i]);
	return FW_OK;
}

static size_t find(uint32_t id)
{
	size_t at = 0;

	while (at < rule_double.count && rule_double.rules[at].id != id)
		at++;
	return at;
}

static enum fw_status rules_remove(struct fw_backend *backend, const uint32_t *ids, size_t count,
	struct fw_error *error)
{
	(void)backend;
	rule_double.removes++;
	assert_true(count > 0);
	if (rule_double.remove_status != FW_OK)
		return fw_error_set(
			error, rule_double.remove_status, "the stand-in removes nothing");
	for (size_t i = 0; i < count; i++)
		if (find(ids[i]) == rule_double.count)
			return fw_error_set(error, FW_NOT_FOUND, "there is no rule %u", ids[i]);
	for (size_t i = 0; i < count; i++)
		take_away(find(ids[i]));
	return FW_OK;
}

static enum fw_status rules(struct fw_backend *backend, fw_rule_fn row, void *argument,
	struct fw_error *error)
{
	(void)backend;
	(void)error;
	for (size_t i = 0; i < rule_double.count; i++)
		if (!row(&rule_double.rules[i], &rule_double.counters, argument))
			return FW_STOPPED;
	return FW_OK;
}

static bool knows_pids(struct fw_backend *backend)
{
	(void)backend;
	return !rule_double.has_other_pids;
}

static const struct fw_backend_ops with_rules = {
	.name = "stand-in",
	.knows_pids = knows_pids,
	.rules_add = rules_add,
	.rules_remove = rules_remove,
	.rules = rules,
};
static const struct fw_backend_ops without_rules = { .name = "stand-in" };

enum fw_status fw_session_open(const struct fw_session_options *options, struct fw_session *session,
	struct fw_error *error)
{
	static struct fw_backend backend;

	assert_true(options->needs_loaded && options->choice != FW_BACKEND_SOCKDIAG);
	if (rule_double.open_status != FW_OK)
		return fw_error_set(error, rule_double.open_status, "the stand-in is not loaded");
	backend.ops = rule_double.has_no_rules ? &without_rules : &with_rules;
	*session = (struct fw_session){ .backend = &backend };
	return FW_OK;
}

void fw_session_close(struct fw_session *session)
{
	memset(session, 0, sizeof(*session));
}

const char *fw_rule_action_lack(uint16_t action)
{
	return action == FW_RULE_DENY ? rule_double.lack : NULL;
}

void rule_double_begin(void)
{
	rule_double_end();
	rule_double.next_id = 1;
	rule_double.rules = calloc(RULE_DOUBLE_MOST, sizeof(*rule_double.rules));
	assert_non_null(rule_double.rules);
}

void rule_double_end(void)
{
	free(rule_double.rules);
	memset(&rule_double, 0, sizeof(rule_double));
}
