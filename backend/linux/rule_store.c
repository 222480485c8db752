/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/rule_store.h"

#include "backend/linux/rule_key.h"
#include "backend/linux/rule_limits.h"
#include "lib/grow.h"
#include "lib/host/host.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int look_up(const struct fw_kernel_side *side, enum fw_map map, const void *key, void *value)
{
	return bpf_map_lookup_elem(side->map_fd[map], key, value) ? -errno : 0;
}

static int put(
	const struct fw_kernel_side *side, enum fw_map map, const void *key, const void *value)
{
	return bpf_map_update_elem(side->map_fd[map], key, value, BPF_ANY) ? -errno : 0;
}

static void take(const struct fw_kernel_side *side, enum fw_map map, const void *key)
{
	bpf_map_delete_elem(side->map_fd[map], key);
}

int fw_rule_store_read(
	const struct fw_kernel_side *side, struct fw_rule_state **rules, size_t *count)
{
	struct fw_rule_state *found = NULL, *grown;
	size_t used = 0, room = 0;
	uint32_t key, *before = NULL;

	while (bpf_map_get_next_key(side->map_fd[FW_MAP_RULES], before, &key) == 0) {
		grown = fw_grow(found, used, &room, sizeof(*found));
		if (!grown) {
			free(found);
			return -ENOMEM;
		}
		found = grown;
		if (look_up(side, FW_MAP_RULES, &key, &found[used]) == 0)
			used++;
		before = &key;
	}
	*rules = found;
	*count = used;
	return 0;
}

static void block_fill(struct fw_policy_block *block, const struct fw_rule *rule)
{
	*block = (struct fw_policy_block){
		.rule = rule->id,
		.flags = rule->flags,
		.ends_ns = rule->ends_ns,
		.prefix_family = rule->prefix_family,
		.prefix_length = rule->prefix_length,
		.first_port = rule->first_port,
		.last_port = rule->last_port,
	};
	memcpy(block->prefix, rule->prefix, sizeof(block->prefix));
}

/* What the policy has to say of its blocks beside where they are. */
static void sum_up_blocks(struct fw_policy *policy, const struct fw_policy_blocks *blocks)
{
	policy->first_block = 0;
	policy->blocks_end_ns = 0;
	for (uint32_t i = 0; i < blocks->count; i++) {
		const struct fw_policy_block *block = &blocks->block[i];

		if (!policy->first_block || block->rule < policy->first_block)
			policy->first_block = block->rule;
		if (i == 0 || !block->ends_ns)
			policy->blocks_end_ns = block->ends_ns;
		else if (policy->blocks_end_ns && block->ends_ns > policy->blocks_end_ns)
			policy->blocks_end_ns = block->ends_ns;
	}
	for (uint32_t i = 0; i < blocks->count; i++)
		if (!blocks->block[i].ends_ns)
			policy->blocks_end_ns = 0;
}

static int add_block(const struct fw_kernel_side *side, struct fw_policy *policy,
	const struct fw_rule *rule, uint32_t number)
{
	struct fw_policy_blocks blocks = { 0 };

	if (policy->blocks && look_up(side, FW_MAP_POLICY_BLOCKS, &policy->blocks, &blocks))
		memset(&blocks, 0, sizeof(blocks));
	if (blocks.count == FW_POLICY_BLOCKS)
		return -EDQUOT;
	if (!policy->blocks)
		policy->blocks = number;
	block_fill(&blocks.block[blocks.count++], rule);
	sum_up_blocks(policy, &blocks);
	return put(side, FW_MAP_POLICY_BLOCKS, &policy->blocks, &blocks);
}

static void remove_block(const struct fw_kernel_side *side, struct fw_policy *policy, uint32_t rule)
{
	struct fw_policy_blocks blocks;
	uint32_t kept = 0, number = policy->blocks;

	if (!number || look_up(side, FW_MAP_POLICY_BLOCKS, &number, &blocks))
		return;
	for (uint32_t i = 0; i < blocks.count; i++)
		if (blocks.block[i].rule != rule)
			blocks.block[kept++] = blocks.block[i];
	if (kept == blocks.count)
		return;
	memset(&blocks.block[kept], 0, (blocks.count - kept) * sizeof(blocks.block[0]));
	blocks.count = kept;
	sum_up_blocks(policy, &blocks);
	if (kept) {
		put(side, FW_MAP_POLICY_BLOCKS, &number, &blocks);
		return;
	}
	policy->blocks = 0;
	take(side, FW_MAP_POLICY_BLOCKS, &number);
}

static bool is_empty(const struct fw_policy *policy)
{
	return !policy->blocks && !policy->limit[0].rule && !policy->limit[1].rule;
}

static int add_to_policy(const struct fw_kernel_side *side, struct fw_policy *policy,
	const struct fw_rule *rule, size_t key, uint32_t slot)
{
	/* A number that no other policy can have. */
	if (rule->action == FW_RULE_BLOCK)
		return add_block(side, policy, rule, rule->id * FW_RULE_KEYS + (uint32_t)key);
	for (size_t i = 0; i < FW_ARRAY_SIZE(policy->limit); i++) {
		if (policy->limit[i].rule)
			continue;
		policy->limit[i] = (struct fw_policy_limit){ rule->id, slot, rule->ends_ns };
		return 0;
	}
	return -EDQUOT;
}

/* The kinds are counted before the policy is there and after it is gone, so that nobody misses
 * it. */
static int stage_key(const struct fw_kernel_side *side, const struct fw_policy_key *keys,
	size_t index, const struct fw_rule *rule, uint32_t slot)
{
	const struct fw_policy_key *key = &keys[index];
	struct fw_policy policy = { 0 };
	bool made = look_up(side, FW_MAP_POLICIES, key, &policy) != 0;
	int result;

	if (made)
		memset(&policy, 0, sizeof(policy));
	result = add_to_policy(side, &policy, rule, index, slot);
	if (result)
		return result;
	if (made)
		side->machine->policy_kinds[key->kind]++;
	result = put(side, FW_MAP_POLICIES, key, &policy);
	if (result && made)
		side->machine->policy_kinds[key->kind]--;
	return result;
}

static void remove_key(const struct fw_kernel_side *side, const struct fw_policy_key *key,
	const struct fw_rule *rule)
{
	struct fw_policy policy;

	if (look_up(side, FW_MAP_POLICIES, key, &policy))
		return;
	remove_block(side, &policy, rule->id);
	for (size_t i = 0; i < FW_ARRAY_SIZE(policy.limit); i++)
		if (policy.limit[i].rule == rule->id)
			policy.limit[i] = (struct fw_policy_limit){ 0 };
	if (!is_empty(&policy)) {
		put(side, FW_MAP_POLICIES, key, &policy);
		return;
	}
	take(side, FW_MAP_POLICIES, key);
	if (side->machine->policy_kinds[key->kind])
		side->machine->policy_kinds[key->kind]--;
}

static void put_limit(const struct fw_kernel_side *side, const struct fw_rule *rule, uint32_t slot)
{
	const struct fw_limit limit = fw_rule_limit(rule);

	put(side, FW_MAP_LIMITS, &slot, &limit);
}

int fw_rule_store_stage(
	const struct fw_kernel_side *side, const struct fw_rule *rule, uint32_t slot)
{
	struct fw_rule_state *state = calloc(1, sizeof(*state));
	struct fw_policy_key keys[FW_RULE_KEYS];
	size_t count = fw_rule_keys(rule, keys);
	int result;

	if (!state)
		return -ENOMEM;
	state->rule = *rule;
	result = put(side, FW_MAP_RULES, &rule->id, state);
	free(state);
	if (!result && slot)
		put_limit(side, rule, slot);
	for (size_t i = 0; i < count && !result; i++)
		result = stage_key(side, keys, i, rule, slot);
	if (result)
		fw_rule_store_remove(side, rule);
	return result;
}

void fw_rule_store_commit(struct fw_kernel_side *side, uint32_t id)
{
	__atomic_add_fetch(&side->machine->rules_generation, 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&side->machine->rules_committed, id, __ATOMIC_SEQ_CST);
}

uint32_t fw_rule_store_slot(const struct fw_kernel_side *side, const struct fw_rule *rule)
{
	struct fw_policy_key keys[FW_RULE_KEYS];
	struct fw_policy policy;

	fw_rule_keys(rule, keys);
	if (rule->action != FW_RULE_LIMIT || look_up(side, FW_MAP_POLICIES, &keys[0], &policy))
		return 0;
	for (size_t i = 0; i < FW_ARRAY_SIZE(policy.limit); i++)
		if (policy.limit[i].rule == rule->id)
			return policy.limit[i].slot;
	return 0;
}

/* Whoever finds the rule half removed, because the command was killed, goes on. */
static void mark_over(const struct fw_kernel_side *side, uint32_t id)
{
	struct fw_rule_state state;

	if (look_up(side, FW_MAP_RULES, &id, &state))
		return;
	state.rule.ends_ns = 1;
	put(side, FW_MAP_RULES, &id, &state);
}

void fw_rule_store_remove(const struct fw_kernel_side *side, const struct fw_rule *rule)
{
	const struct fw_limit none = { 0 };
	struct fw_policy_key keys[FW_RULE_KEYS];
	size_t count = fw_rule_keys(rule, keys);
	uint32_t slot = fw_rule_store_slot(side, rule);

	mark_over(side, rule->id);
	for (size_t i = 0; i < count; i++)
		remove_key(side, &keys[i], rule);
	if (slot)
		put(side, FW_MAP_LIMITS, &slot, &none);
	take(side, FW_MAP_RULES, &rule->id);
}

/* Which rule a number of blocks, or the id of a limit, leads to. */
struct lead {
	uint32_t action;
	uint32_t number;
	size_t rule;
};

static int compare_leads(const void *left, const void *right)
{
	const struct lead *a = left, *b = right;

	if (a->action != b->action)
		return a->action < b->action ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return (a->rule > b->rule) - (a->rule < b->rule);
}

/* Of an executable, the path's policy and the file's have numbers of their own. */
static size_t add_leads(const struct fw_kernel_side *side, const struct fw_rule *rule, size_t place,
	struct lead *leads)
{
	struct fw_policy_key keys[FW_RULE_KEYS];
	struct fw_policy policy;
	size_t count = fw_rule_keys(rule, keys), made = 0;

	if (rule->action == FW_RULE_LIMIT) {
		leads[0] = (struct lead){ FW_RULE_LIMIT, rule->id, place };
		return 1;
	}
	for (size_t i = 0; i < count; i++)
		if (look_up(side, FW_MAP_POLICIES, &keys[i], &policy) == 0 && policy.blocks)
			leads[made++] = (struct lead){ FW_RULE_BLOCK, policy.blocks, place };
	return made;
}

static void follow(const struct lead *leads, size_t count, uint32_t action, uint32_t number,
	uint64_t *counts)
{
	const struct lead wanted = { action, number, 0 };
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_leads(&leads[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && leads[low].action == action && leads[low].number == number; low++)
		counts[leads[low].rule]++;
}

/* An ended process stays a member as long as its row is kept, for the sockets that outlive it. */
static bool has_ended(const struct fw_kernel_side *side, uint64_t handle)
{
	struct fw_process_state state;
	uint32_t slot;

	return look_up(side, FW_MAP_PROCESSES, &handle, &slot) == 0 &&
	       look_up(side, FW_MAP_ROWS, &slot, &state) == 0 && state.handle == handle &&
	       state.exited;
}

int fw_rule_store_count_members(const struct fw_kernel_side *side,
	const struct fw_rule_state *rules, size_t count, uint64_t *counts)
{
	struct lead *leads = calloc(count + 1, FW_RULE_KEYS * sizeof(*leads));
	uint64_t key, *before = NULL;
	uint64_t now_ns = fw_host_boot_ns();
	struct fw_member member;
	size_t made = 0;

	if (!leads)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		made += add_leads(side, &rules[i].rule, i, &leads[made]);
		counts[i] = 0;
	}
	if (made)
		qsort(leads, made, sizeof(*leads), compare_leads);
	while (bpf_map_get_next_key(side->map_fd[FW_MAP_MEMBERS], before, &key) == 0) {
		before = &key;
		if (look_up(side, FW_MAP_MEMBERS, &key, &member) || has_ended(side, key))
			continue;
		if (member.later_blocks && member.blocks_end_ns <= now_ns)
			member.blocks = member.later_blocks;
		if (member.blocks)
			follow(leads, made, FW_RULE_BLOCK, member.blocks, counts);
		if (member.limit_rule)
			follow(leads, made, FW_RULE_LIMIT, member.limit_rule, counts);
	}
	free(leads);
	return 0;
}

void fw_rule_store_forget_members(const struct fw_kernel_side *side)
{
	uint64_t key;

	while (bpf_map_get_next_key(side->map_fd[FW_MAP_MEMBERS], NULL, &key) == 0)
		take(side, FW_MAP_MEMBERS, &key);
}
