/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which policies a process falls under. Found out when it is born, execs, is renamed or moves to
 * another cgroup, and for all processes when rules change; kept by handle, so that packets in any
 * context need one lookup. A change of user has no hook: whoever acts in a process's name compares
 * the user.
 */
#ifndef FW_MEMBER_BPF_H
#define FW_MEMBER_BPF_H

#include "kernel/linux/name_hash.bpf.h"
#include "kernel/linux/process.bpf.h"
#include "kernel/linux/rule_maps.bpf.h"

static __always_inline bool is_committed(__u32 rule)
{
	return rule && rule <= machine.rules_committed;
}

static __always_inline bool counts(const struct fw_policy_limit *limit)
{
	return is_committed(limit->rule) && !has_ended(limit->ends_ns);
}

/* The verifier looks at these once, not again for every way to every call; so what points somewhere
 * may be NULL to it. */
#define GLOBAL_SUBPROGRAM __weak __attribute__((noinline))

/* What was found for a process; as small as can be, for the stack. */
struct found {
	__u32 blocks;
	__u32 later_blocks; /* less specific, which hold when the first have ended */
	__u64 blocks_end_ns;
	__u32 limit_rule;
	__u32 limit_slot;
};

/* The processes whose pid rules a process inherits. */
struct inheritance {
	__u64 block;
	__u64 limit;
};

/* What is less specific than what is there. */
static __always_inline void add_blocks(struct found *into, __u32 blocks, __u64 end_ns)
{
	if (!blocks)
		return;
	if (!into->blocks) {
		into->blocks = blocks;
		into->blocks_end_ns = end_ns;
	} else if (into->blocks_end_ns && !into->later_blocks &&
		   (!end_ns || end_ns > into->blocks_end_ns)) {
		into->later_blocks = blocks;
	}
}

/* Take what the policy has of what was not found yet. */
GLOBAL_SUBPROGRAM int consider(struct found *member, const struct fw_policy_key *key)
{
	struct fw_policy_key wanted;
	struct fw_policy *policy;
	bool second;

	if (!member || !key)
		return 0;
	wanted = *key; /* Linux 6.1 takes no argument of such a subprogram for a key */
	policy = bpf_map_lookup_elem(&policies, &wanted);
	if (!policy)
		return 0;
	if (is_committed(policy->first_block) && !has_ended(policy->blocks_end_ns))
		add_blocks(member, policy->blocks, policy->blocks_end_ns);
	if (member->limit_rule)
		return 0;
	second = counts(&policy->limit[1]) && policy->limit[1].rule > policy->limit[0].rule;
	if (!second && !counts(&policy->limit[0])) {
		if (!counts(&policy->limit[1]))
			return 0;
		second = true;
	}
	member->limit_rule = policy->limit[second].rule;
	member->limit_slot = policy->limit[second].slot;
	return 0;
}

static __always_inline void consider_value(struct found *member, __u32 kind, __u64 value,
	__u64 detail)
{
	const struct fw_policy_key key = { .kind = kind, .value = value, .detail = detail };

	consider(member, &key);
}

GLOBAL_SUBPROGRAM int add_found(struct found *into, const struct found *from)
{
	if (!into || !from)
		return 0;
	add_blocks(into, from->blocks, from->blocks_end_ns);
	add_blocks(into, from->later_blocks, 0);
	if (into->limit_rule)
		return 0;
	into->limit_rule = from->limit_rule;
	into->limit_slot = from->limit_slot;
	return 0;
}

/* Rules on the process itself, then those that it inherits. *inherits becomes what its children
 * inherit. */
GLOBAL_SUBPROGRAM int consider_pid(struct found *member, struct inheritance *inherits, __u64 handle)
{
	struct found own = {}, inherited = {};

	if (!member || !inherits)
		return 0;
	consider_value(member, FW_RULE_PID, handle, 1);
	consider_value(&own, FW_RULE_PID, handle, 0);
	add_found(member, &own);
	if (own.blocks)
		inherits->block = handle;
	if (own.limit_rule)
		inherits->limit = handle;
	if (!own.blocks && inherits->block) {
		consider_value(&inherited, FW_RULE_PID, inherits->block, 0);
		own.blocks = inherited.blocks;
		own.blocks_end_ns = inherited.blocks_end_ns;
		if (!own.blocks)
			inherits->block = 0;
	}
	if (!own.limit_rule && inherits->limit) {
		inherited.limit_rule = 0;
		consider_value(&inherited, FW_RULE_PID, inherits->limit, 0);
		own.limit_rule = inherited.limit_rule;
		own.limit_slot = inherited.limit_slot;
		if (!own.limit_rule)
			inherits->limit = 0;
	}
	return add_found(member, &own);
}

static __always_inline void consider_exe(struct found *member, struct task_struct *task)
{
	struct file *file = BPF_CORE_READ(task, mm, exe_file);

	if (!file)
		return;
	consider_value(member, FW_RULE_EXE, hash_file_path(file), 0);
	consider_value(member, FW_RULE_EXE, BPF_CORE_READ(file, f_inode, i_ino),
		BPF_CORE_READ(file, f_inode, i_sb, s_dev));
}

struct cgroup_search {
	struct cgroup *cgroup;
	__u64 hash;
	__u32 level;
	struct found deepest;
};

/* One level, from the root on: what is found here is more specific than what was found above. */
static long cgroup_search_step(__u32 index, void *context)
{
	struct cgroup_search *search = context;
	struct found found = {};
	struct cgroup *ancestor = 0;
	const char *name;

	if (index > search->level)
		return WALK_STOP;
	bpf_probe_read_kernel(&ancestor, sizeof(ancestor),
		(void *)search->cgroup + bpf_core_field_offset(struct cgroup, ancestors) +
			index * sizeof(ancestor));
	if (!ancestor)
		return WALK_STOP;
	name = BPF_CORE_READ(ancestor, kn, name);
	if (index)
		search->hash = hash_kernel_name(search->hash, name);
	consider_value(&found, FW_RULE_CGROUP, search->hash, 0);
	if (index)
		consider_value(&found, FW_RULE_UNIT, hash_kernel_name(FW_HASH_SEED, name), 0);
	add_found(&found, &search->deepest);
	search->deepest = found;
	return WALK_ON;
}

static __always_inline void consider_cgroups(struct found *member, struct task_struct *task)
{
	struct cgroup_search search = { .hash = FW_HASH_SEED };
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);

	/* Zeros that the verifier does not know for such: before Linux 6.7 it looks at the first
	 * round alone and takes out what that does not need. */
	search.deepest.blocks = search.deepest.later_blocks = machine.rules_count >> 63;
	search.deepest.blocks_end_ns = machine.rules_count >> 63;
	search.deepest.limit_rule = search.deepest.limit_slot = machine.rules_count >> 63;
	search.cgroup = cgroup;
	search.level = BPF_CORE_READ(cgroup, level);
	bpf_loop(FW_CGROUP_DEPTH, cgroup_search_step, &search, 0);
	add_found(member, &search.deepest);
}

static __always_inline __u64 hash_comm(struct task_struct *task)
{
	return hash_kernel_name(FW_HASH_SEED,
		(const char *)BPF_CORE_READ(task, group_leader) +
			bpf_core_field_offset(struct task_struct, comm));
}

GLOBAL_SUBPROGRAM int member_put(__u64 handle, const struct fw_member *member)
{
	struct fw_member *old = bpf_map_lookup_elem(&members, &handle), made;

	if (!member)
		return 0;
	if (!member->blocks && !member->limit_rule && !member->block_ancestor &&
		!member->limit_ancestor) {
		if (old)
			bpf_map_delete_elem(&members, &handle);
		return 0;
	}
	if (!old || old->blocks != member->blocks || old->limit_rule != member->limit_rule ||
		old->block_ancestor != member->block_ancestor ||
		old->limit_ancestor != member->limit_ancestor)
		__sync_fetch_and_add(&machine.members_changed, 1);
	made = *member; /* nor for a value */
	if (bpf_map_update_elem(&members, &handle, &made, BPF_ANY))
		__sync_fetch_and_add(&machine.member_failures, 1);
	return 0;
}

/* Find out anew. `comm`: hash of the name that the process has from now on. */
static __noinline int member_find(
	struct task_struct *task, __u64 comm, struct inheritance *inherits)
{
	__u64 handle = fw_handle(BPF_CORE_READ(task, tgid),
		BPF_CORE_READ(task, group_leader, start_boottime));
	struct fw_member member = { .generation = machine.rules_generation };
	struct found found = {};

	member.uid = BPF_CORE_READ(task, cred, euid.val);
	if (machine.policy_kinds[FW_RULE_PID])
		consider_pid(&found, inherits, handle);
	else
		inherits->block = inherits->limit = 0;
	if (machine.policy_kinds[FW_RULE_EXE])
		consider_exe(&found, task);
	if (machine.policy_kinds[FW_RULE_COMM])
		consider_value(&found, FW_RULE_COMM, comm, 0);
	if (machine.policy_kinds[FW_RULE_CGROUP] || machine.policy_kinds[FW_RULE_UNIT])
		consider_cgroups(&found, task);
	if (machine.policy_kinds[FW_RULE_USER])
		consider_value(&found, FW_RULE_USER, member.uid, 0);
	member.blocks = found.blocks;
	member.later_blocks = found.later_blocks;
	member.blocks_end_ns = found.blocks_end_ns;
	member.limit_rule = found.limit_rule;
	member.limit_slot = found.limit_slot;
	member.block_ancestor = inherits->block;
	member.limit_ancestor = inherits->limit;
	member_put(handle, &member);
	return 0;
}

/* What a process inherited before, if it is a member. Of two ancestors the nearer one counts: it
 * started later, which is what handles are in order of. */
static __always_inline void read_inheritance(struct inheritance *inherits, __u64 handle)
{
	struct fw_member *member = bpf_map_lookup_elem(&members, &handle);

	if (!member)
		return;
	if (inherits->block < member->block_ancestor)
		inherits->block = member->block_ancestor;
	if (inherits->limit < member->limit_ancestor)
		inherits->limit = member->limit_ancestor;
}

static __always_inline void read_parents_inheritance(struct inheritance *inherits,
	struct task_struct *parent)
{
	if (machine.policy_kinds[FW_RULE_PID])
		read_inheritance(inherits, fw_handle(BPF_CORE_READ(parent, tgid),
			BPF_CORE_READ(parent, group_leader, start_boottime)));
}

static __noinline int member_find_current(__u64 handle)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct inheritance inherits = {};

	read_inheritance(&inherits, handle);
	member_find(task, hash_comm(task), &inherits);
	return 0;
}

static __always_inline __u32 current_uid(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return BPF_CORE_READ(task, cred, euid.val);
}

static __always_inline bool user_has_policy(__u32 uid)
{
	const struct fw_policy_key key = { .kind = FW_RULE_USER, .value = uid };

	return machine.policy_kinds[FW_RULE_USER] && bpf_map_lookup_elem(&policies, &key);
}

/* Else a command is about to ask all processes, or was killed before it could. */
static __always_inline bool is_settled(void)
{
	return machine.rules_settled == machine.rules_generation;
}

/* Membership of the running process, up to date; NULL: no rule is about it. */
static __always_inline struct fw_member *member_of_current(__u64 handle)
{
	struct fw_member *member = bpf_map_lookup_elem(&members, &handle);
	__u32 uid = current_uid();

	if (member ? member->uid == uid && member->generation == machine.rules_generation &&
			     !has_ended(member->blocks_end_ns) :
		     !user_has_policy(uid) && is_settled())
		return member;
	member_find_current(handle);
	return bpf_map_lookup_elem(&members, &handle);
}

#endif
