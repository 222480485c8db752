/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/ended_members.h"

#include "backend/linux/process_table.h"
#include "backend/linux/rule_key.h"
#include "lib/host/host.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>

static bool counts(const struct fw_kernel_side *side, uint32_t rule, uint64_t ends_ns)
{
	return rule && rule <= side->machine->rules_committed &&
	       (!ends_ns || ends_ns > fw_host_boot_ns());
}

/* Take what the policy of this rule's target has of what the member lacks. */
static void consider(const struct fw_kernel_side *side, const struct fw_rule *target,
	struct fw_member *member)
{
	struct fw_policy_key keys[FW_RULE_KEYS];
	struct fw_policy policy;

	fw_rule_keys(target, keys);
	if (bpf_map_lookup_elem(side->map_fd[FW_MAP_POLICIES], &keys[0], &policy))
		return;
	if (!member->blocks && counts(side, policy.first_block, policy.blocks_end_ns))
		member->blocks = policy.blocks;
	for (size_t i = 0; i < FW_ARRAY_SIZE(policy.limit); i++) {
		const struct fw_policy_limit *limit = &policy.limit[i];

		if (counts(side, limit->rule, limit->ends_ns) && limit->rule > member->limit_rule) {
			member->limit_rule = limit->rule;
			member->limit_slot = limit->slot;
		}
	}
}

/* Rules may have been taken away since. */
static void forget_gone(const struct fw_kernel_side *side, struct fw_member *member)
{
	struct fw_policy_blocks blocks;
	struct fw_limit limit;

	if (bpf_map_lookup_elem(side->map_fd[FW_MAP_POLICY_BLOCKS], &member->blocks, &blocks))
		member->blocks = member->later_blocks;
	if (bpf_map_lookup_elem(side->map_fd[FW_MAP_LIMITS], &member->limit_slot, &limit) ||
		limit.rule != member->limit_rule)
		member->limit_rule = member->limit_slot = 0;
}

/* What it fell under while it ran stays. */
static void find_member(const struct fw_kernel_side *side, uint64_t handle,
	const struct fw_process *process)
{
	struct fw_rule exe = { .target = FW_RULE_EXE }, comm = { .target = FW_RULE_COMM };
	const struct fw_rule user = { .target = FW_RULE_USER, .uid = process->uid };
	const struct fw_rule *targets[] = { &exe, &comm, &user };
	struct fw_member member = { .uid = process->uid,
		.generation = side->machine->rules_generation };
	int map = side->map_fd[FW_MAP_MEMBERS];

	bpf_map_lookup_elem(map, &handle, &member);
	forget_gone(side, &member);
	snprintf(exe.text, sizeof(exe.text), "%.*s", FW_EXE_SIZE, process->exe);
	snprintf(comm.text, sizeof(comm.text), "%.*s", FW_COMM_SIZE, process->comm);
	for (size_t i = 0; i < FW_ARRAY_SIZE(targets); i++) {
		struct fw_member found = { 0 };

		consider(side, targets[i], &found);
		if (!member.blocks)
			member.blocks = found.blocks;
		if (!member.limit_rule) {
			member.limit_rule = found.limit_rule;
			member.limit_slot = found.limit_slot;
		}
	}
	if (!member.blocks && !member.limit_rule)
		return;
	bpf_map_update_elem(map, &handle, &member, BPF_ANY);
	/* What was found out before that is no longer so. */
	__atomic_add_fetch(&side->machine->members_changed, 1, __ATOMIC_SEQ_CST);
}

enum fw_status fw_ended_members_find(struct fw_kernel_side *side, struct fw_error *error)
{
	struct fw_process_table table = { 0 };
	enum fw_status status = fw_process_table_refresh(&table, side, error);

	for (size_t i = 0; status == FW_OK && i < table.count; i++) {
		struct fw_process_entry *entry = &table.entries[i];
		const struct fw_process *process;

		if (!entry->state.exited)
			continue;
		process = fw_process_entry_describe(entry, side);
		if (process)
			find_member(side, entry->state.handle, process);
	}
	fw_process_table_done(&table);
	return status;
}
