/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Where membership changes: birth, exec, rename, another cgroup; and the pass over all processes
 * after a change of rules. Attached while there are rules.
 */
#include "kernel/linux/member.bpf.h"

#include <bpf/bpf_tracing.h>

/* A rule on root, or on the root of all cgroups, is not about file systems and tunnels. */
static __always_inline bool is_kernels_own(struct task_struct *task)
{
	return task->flags & PF_KTHREAD;
}

SEC("tp_btf/task_newtask")
int BPF_PROG(fw_member_new, struct task_struct *task, __u64 clone_flags)
{
	struct task_struct *parent = bpf_get_current_task_btf();
	struct inheritance inherits = {};

	if (clone_flags & CLONE_THREAD || is_kernels_own(task))
		return 0;
	read_parents_inheritance(&inherits, parent);
	member_find(task, hash_comm(parent), &inherits);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(fw_member_exec, struct task_struct *task, int old_pid, struct linux_binprm *binary)
{
	member_find_current(task_handle(task));
	return 0;
}

/* The name is not in the task yet. */
SEC("tp_btf/task_rename")
int BPF_PROG(fw_member_renamed, struct task_struct *task, const char *comm)
{
	struct inheritance inherits = {};

	if (!machine.policy_kinds[FW_RULE_COMM] || task->pid != task->tgid || is_kernels_own(task))
		return 0;
	read_inheritance(&inherits, task_handle(task));
	member_find(task, hash_kernel_name(FW_HASH_SEED, comm), &inherits);
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(fw_member_moved, struct cgroup *cgroup, const char *path, struct task_struct *task,
	bool threadgroup)
{
	struct inheritance inherits = {};

	if (is_kernels_own(task))
		return 0;
	read_inheritance(&inherits, task_handle(task));
	member_find(task, hash_comm(task), &inherits);
	return 0;
}

/* Has no output: machine.members_changed tells whether another pass may find more descendants. */
SEC("iter/task")
int fw_iter_members(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct inheritance inherits = {};

	if (!task || task->pid != task->tgid || !task->signal->live.counter || is_kernels_own(task))
		return 0;
	read_inheritance(&inherits, task_handle(task));
	read_parents_inheritance(&inherits, BPF_CORE_READ(task, real_parent));
	member_find(task, hash_comm(task), &inherits);
	return 0;
}
