/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/rule_change.h"

#include "backend/linux/pin_directory.h"
#include "backend/linux/rule_hooks.h"
#include "backend/linux/rule_index.h"
#include "backend/linux/rule_limits.h"
#include "backend/linux/rule_resolve.h"
#include "backend/linux/rule_settle.h"
#include "backend/linux/rule_store.h"
#include "backend/linux/shaper.h"
#include "lib/host/host.h"
#include "lib/host/rule_action.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A change under way: the rules as they are, under the lock. */
struct change {
	struct fw_kernel_side *side;
	int lock;
	struct fw_rule_state *rules; /* in force, by id */
	size_t count;
	struct fw_rule_index index; /* of `rules` */
	uint64_t committed;	    /* the highest id among them, or higher */
	size_t made;		    /* rules that come, with ids above it */
	bool took_limit;	    /* a limit was taken away: its queues can go */
};

static int compare_ids(const void *left, const void *right)
{
	const struct fw_rule_state *a = left, *b = right;

	return (a->rule.id > b->rule.id) - (a->rule.id < b->rule.id);
}

static bool is_in_force(
	const struct fw_kernel_side *side, const struct fw_rule *rule, uint64_t now_ns)
{
	return rule->id <= side->machine->rules_committed &&
	       (!rule->ends_ns || rule->ends_ns > now_ns);
}

/* Rules that a killed command did not commit, or whose successor it did; and those whose time is
 * over. */
static bool is_over(const struct change *change, size_t place, uint64_t now_ns)
{
	const struct fw_rule *rule = &change->rules[place].rule;
	size_t same;

	if (!is_in_force(change->side, rule, now_ns))
		return true;
	same = fw_rule_index_find(&change->index, rule);
	return same != FW_RULE_NOWHERE && change->rules[same].rule.id > rule->id &&
	       is_in_force(change->side, &change->rules[same].rule, now_ns);
}

static void take_away(struct change *change, const struct fw_rule *rule)
{
	change->took_limit |= rule->action == FW_RULE_LIMIT;
	fw_rule_store_remove(change->side, rule);
}

/* NULL: there is none. */
static const struct fw_rule *first_rule(const struct change *change)
{
	return change->rules ? &change->rules->rule : NULL;
}

static bool sweep(struct change *change)
{
	uint64_t now_ns = fw_host_boot_ns();
	bool *over = calloc(change->count + 1, sizeof(*over));
	size_t kept = 0;

	if (!over || !fw_rule_index_init(&change->index, first_rule(change),
			     sizeof(*change->rules), change->count)) {
		free(over);
		return false;
	}
	for (size_t i = 0; i < change->count; i++)
		over[i] = is_over(change, i, now_ns);
	for (size_t i = 0; i < change->count; i++) {
		if (over[i])
			take_away(change, &change->rules[i].rule);
		else
			change->rules[kept++] = change->rules[i];
	}
	free(over);
	if (kept == change->count)
		return true;
	change->count = kept;
	/* What a member has of these ended with them; it may fall under something less specific
	 * now. */
	__atomic_add_fetch(&change->side->machine->rules_generation, 1, __ATOMIC_SEQ_CST);
	fw_rule_index_done(&change->index);
	return fw_rule_index_init(&change->index, first_rule(change), sizeof(*change->rules), kept);
}

static enum fw_status change_begin(struct change *change, struct fw_kernel_side *side,
	struct fw_error *error)
{
	enum fw_status status;
	int result;

	*change = (struct change){ .side = side, .lock = -1 };
	status = fw_pin_directory_lock(&change->lock, error);
	if (status != FW_OK)
		return status;
	if (!fw_kernel_side_is_pinned(side))
		return fw_pin_directory_gone(error);
	change->committed = side->machine->rules_committed;
	result = fw_rule_store_read(side, &change->rules, &change->count);
	if (result)
		return fw_error_set_errno(error, result, "reading the rules");
	if (change->count)
		qsort(change->rules, change->count, sizeof(*change->rules), compare_ids);
	if (!sweep(change))
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu rules", change->count);
	if (!change->count)
		fw_rules_let_go(side);
	else
		status = fw_rules_catch_up(side, error);
	return status;
}

/* Returns the status of the whole change. */
static enum fw_status change_end(
	struct change *change, enum fw_status status, struct fw_error *error)
{
	if (change->took_limit &&
		fw_shaper_cover(change->side, status == FW_OK ? error : NULL) != FW_OK &&
		status == FW_OK)
		status = FW_FAILED;
	fw_rule_index_done(&change->index);
	free(change->rules);
	if (change->lock >= 0)
		close(change->lock);
	return status;
}

static enum fw_status check(const struct fw_kernel_side *side, const struct fw_rule *rule,
	struct fw_error *error)
{
	bool has_rate = rule->sent_rate || rule->received_rate;
	const char *lack = fw_rule_action_lack(rule->action);

	if (lack)
		return fw_error_set(error, FW_UNSUPPORTED, "%s", lack);
	if (rule->target < FW_RULE_PID || rule->target >= FW_RULE_TARGET_COUNT ||
		(rule->action != FW_RULE_BLOCK && rule->action != FW_RULE_LIMIT) ||
		(rule->action == FW_RULE_LIMIT) != has_rate ||
		!memchr(rule->text, 0, sizeof(rule->text)))
		return fw_error_set(error, FW_MALFORMED, "a rule that is none");
	if (side->iterator_fd[FW_ITERATOR_MEMBERS] < 0 || side->iterator_fd[FW_ITERATOR_CUT] < 0)
		return fw_error_set(error, FW_UNSUPPORTED,
			"this kernel cannot keep rules; see 'flowwatcher doctor'");
	return FW_OK;
}

static enum fw_status explain_stage(const struct fw_rule *rule, int result, struct fw_error *error)
{
	if (result == -EDQUOT && rule->action == FW_RULE_BLOCK)
		return fw_error_set(error, FW_FAILED,
			"a target can have at most %d blocks; join prefixes, or take one away "
			"('flowwatcher rules')",
			FW_POLICY_BLOCKS);
	if (result == -E2BIG)
		return fw_error_set(error, FW_FAILED,
			"there can be %d rules and no more; 'flowwatcher rules' lists those there are",
			FW_MAX_RULES);
	return fw_error_set_errno(error, result, "storing a rule");
}

static enum fw_status check_twins(const struct fw_rule *rules, size_t count, struct fw_error *error)
{
	struct fw_rule_index index;
	enum fw_status status = FW_OK;

	if (!fw_rule_index_init(&index, rules, sizeof(*rules), count))
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu rules", count);
	for (size_t i = 0; i < count && status == FW_OK; i++) {
		size_t twin = fw_rule_index_find(&index, &rules[i]);

		if (twin != FW_RULE_NOWHERE)
			status = fw_error_set(error, FW_USAGE,
				"the %zuth and the %zuth of %zu rules are for the same target; keep one",
				i + 1, twin + 1, count);
	}
	fw_rule_index_done(&index);
	return status;
}

/* Nothing would be another if it were made again. */
static bool is_there(const struct change *change, const struct fw_rule *rule, size_t *place)
{
	const struct fw_rule *other;

	*place = fw_rule_index_find(&change->index, rule);
	if (*place == FW_RULE_NOWHERE)
		return false;
	other = &change->rules[*place].rule;
	return !rule->ends_ns && !other->ends_ns && rule->device == other->device &&
	       rule->inode == other->inode && rule->sent_rate == other->sent_rate &&
	       rule->received_rate == other->received_rate;
}

/* Those that are there already keep their number, so that a file of rules can be restored again. */
static void give_ids(struct change *change, struct fw_rule *rules, size_t count)
{
	uint64_t now_ns = fw_host_boot_ns();
	size_t place;

	for (size_t i = 0; i < count; i++) {
		if (is_there(change, &rules[i], &place)) {
			rules[i].id = change->rules[place].rule.id;
			rules[i].made_ns = change->rules[place].rule.made_ns;
			continue;
		}
		rules[i].id = (uint32_t)(change->committed + ++change->made);
		rules[i].made_ns = now_ns;
	}
}

static bool is_new(const struct change *change, const struct fw_rule *rule)
{
	return rule->id > change->committed;
}

static enum fw_status prepare(struct change *change, struct fw_rule *rules, size_t count,
	struct fw_error *error)
{
	enum fw_status status = FW_OK;

	for (size_t i = 0; i < count && status == FW_OK; i++) {
		status = check(change->side, &rules[i], error);
		if (status == FW_OK)
			status = fw_rule_resolve(change->side, &rules[i], error);
	}
	if (status == FW_OK)
		status = check_twins(rules, count, error);
	if (status == FW_OK)
		give_ids(change, rules, count);
	return status;
}

/* The rules lie in the maps, not in force. */
static enum fw_status stage(struct change *change, const struct fw_rule *rules, size_t count,
	const uint32_t *slots, struct fw_error *error)
{
	for (size_t i = 0; i < count; i++) {
		int result = is_new(change, &rules[i]) ?
				     fw_rule_store_stage(change->side, &rules[i], slots[i]) : 0;

		if (!result)
			continue;
		for (size_t staged = 0; staged < i; staged++)
			if (is_new(change, &rules[staged]))
				fw_rule_store_remove(change->side, &rules[staged]);
		return explain_stage(&rules[i], result, error);
	}
	return FW_OK;
}

/* Those whose place the new rules take. */
static void remove_replaced(struct change *change, const struct fw_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t same = is_new(change, &rules[i])
				      ? fw_rule_index_find(&change->index, &rules[i])
				      : FW_RULE_NOWHERE;

		if (same == FW_RULE_NOWHERE)
			continue;
		take_away(change, &change->rules[same].rule);
		change->side->machine->rules_count--;
	}
}

static enum fw_status put_in_force(struct change *change, const struct fw_rule *rules, size_t count,
	struct fw_error *error)
{
	struct fw_kernel_side *side = change->side;
	enum fw_status status;

	side->machine->rules_count = change->count + change->made;
	fw_rule_store_commit(side, (uint32_t)(change->committed + change->made));
	status = fw_rules_reach(side, error);
	remove_replaced(change, rules, count);
	if (status != FW_OK)
		return status;
	return fw_rules_settle(
		side, fw_rules_have(rules, sizeof(*rules), count, FW_RULE_BLOCK), error);
}

/* Everything that can fail comes before the rules are in force. */
static enum fw_status add_all(struct change *change, struct fw_rule *rules, size_t count,
	struct fw_error *error)
{
	uint32_t *slots = calloc(count, sizeof(*slots));
	enum fw_status status;

	if (!slots)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu rules", count);
	status = prepare(change, rules, count, error);
	if (status == FW_OK)
		status = fw_rule_hooks_attach(error);
	if (status == FW_OK)
		status = fw_rule_limits_prepare(
			change->side, rules, count, change->committed, slots, error);
	if (status == FW_OK) {
		status = stage(change, rules, count, slots, error);
		change->took_limit |= status != FW_OK;
	}
	if (status == FW_OK)
		status = put_in_force(change, rules, count, error);
	else if (!change->count)
		fw_rule_hooks_detach();
	free(slots);
	return status;
}

enum fw_status fw_rules_add(struct fw_kernel_side *side, struct fw_rule *rules, size_t count,
	struct fw_error *error)
{
	struct change change;
	enum fw_status status = change_begin(&change, side, error);

	if (status == FW_OK && count)
		status = add_all(&change, rules, count, error);
	return change_end(&change, status, error);
}

/* The number of rules that are left then. */
static size_t take_picked(struct change *change, const bool *picked)
{
	size_t left = 0;

	for (size_t i = 0; i < change->count; i++) {
		if (picked[i])
			take_away(change, &change->rules[i].rule);
		else
			left++;
	}
	return left;
}

static enum fw_status remove_picked(
	struct change *change, const bool *picked, struct fw_error *error)
{
	struct fw_kernel_side *side = change->side;
	size_t left = take_picked(change, picked);
	enum fw_status status;

	__atomic_add_fetch(&side->machine->rules_generation, 1, __ATOMIC_SEQ_CST);
	if (left) {
		status = fw_rules_reach(side, error);
		return status == FW_OK ? fw_rules_settle(side, false, error) : status;
	}
	fw_rules_let_go(side);
	return FW_OK;
}

static enum fw_status remove_all(struct change *change, const uint32_t *ids, size_t count,
	struct fw_error *error)
{
	bool *picked = calloc(change->count + 1, sizeof(*picked));
	enum fw_status status;
	size_t unknown;

	if (!picked)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu rules", change->count);
	unknown = fw_rule_index_pick(&change->index, ids, count, picked);
	if (unknown == FW_RULE_NOWHERE)
		status = remove_picked(change, picked, error);
	else
		status = fw_error_set(error, FW_NOT_FOUND,
			"there is no rule %u; 'flowwatcher rules' lists them", ids[unknown]);
	free(picked);
	return status;
}

enum fw_status fw_rules_remove(struct fw_kernel_side *side, const uint32_t *ids, size_t count,
	struct fw_error *error)
{
	struct change change;
	enum fw_status status = change_begin(&change, side, error);

	if (status == FW_OK && count)
		status = remove_all(&change, ids, count, error);
	return change_end(&change, status, error);
}

/* Whoever looks at the limits sees to it that they hold everywhere. */
static void cover_new_devices(const struct change *change)
{
	if (fw_rules_have(first_rule(change), sizeof(*change->rules), change->count, FW_RULE_LIMIT))
		fw_shaper_cover(change->side, NULL);
}

enum fw_status fw_rules_list(struct fw_kernel_side *side, fw_rule_fn row, void *argument,
	struct fw_error *error)
{
	struct change change;
	enum fw_status status = change_begin(&change, side, error);
	uint64_t *members = NULL;
	int result;

	if (status != FW_OK)
		goto out;
	cover_new_devices(&change);
	members = calloc(change.count + 1, sizeof(*members));
	result = members ? fw_rule_store_count_members(side, change.rules, change.count, members) :
			   -ENOMEM;
	if (result) {
		status = fw_error_set_errno(error, result, "counting the processes of rules");
		goto out;
	}
	for (size_t i = 0; i < change.count && status == FW_OK; i++) {
		struct fw_rule_state *state = &change.rules[i];

		state->counters.processes = members[i];
		if (state->rule.action == FW_RULE_LIMIT)
			fw_shaper_counters(side, fw_rule_store_slot(side, &state->rule),
				&state->counters);
		if (state->rule.target == FW_RULE_PID && !members[i])
			state->rule.flags |= FW_RULE_PROCESS_GONE;
		if (!row(&state->rule, &state->counters, argument))
			status = FW_STOPPED;
	}
out:
	free(members);
	return change_end(&change, status, error);
}
