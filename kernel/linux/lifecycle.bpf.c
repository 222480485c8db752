/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Processes: measuring sessions are inherited at fork, names follow exec, and rows of exited
 * processes are folded away, oldest first, without losing a byte of the machine's totals.
 */
#include "kernel/linux/process.bpf.h"
#include "kernel/linux/rule_maps.bpf.h"

#include <bpf/bpf_tracing.h>

SEC("tp_btf/task_newtask")
int BPF_PROG(fw_task_new, struct task_struct *task, __u64 clone_flags)
{
	struct task_struct *parent;
	__u64 *group;

	if (!machine.groups_active || (clone_flags & CLONE_THREAD))
		return 0;
	parent = bpf_get_current_task_btf();
	group = bpf_task_storage_get(&membership, parent->group_leader, 0, 0);
	if (!group)
		return 0;
	if (!bpf_task_storage_get(&membership, task, group, BPF_LOCAL_STORAGE_GET_F_CREATE))
		__sync_fetch_and_add(&machine.group_failures, 1);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(fw_process_exec, struct task_struct *task, int old_pid, struct linux_binprm *binary)
{
	__u64 handle = task_handle(task);
	__u32 slot;
	struct fw_process_state *process = row_find(handle, &slot);

	if (!process)
		return 0;
	make_name(handle);
	process->name_version++;
	return 0;
}

static __always_inline void group_fold(__u64 id, const struct fw_counters *from)
{
	struct fw_group_state *group = bpf_map_lookup_elem(&groups, &id);

	if (!group)
		return;
	__sync_fetch_and_add(&group->departed.sent, from->sent);
	__sync_fetch_and_add(&group->departed.received, from->received);
	__sync_fetch_and_add(&group->departed.wire_sent, from->wire_sent);
	__sync_fetch_and_add(&group->departed.wire_received, from->wire_received);
}

static __always_inline void process_fold(__u64 handle)
{
	__u32 slot;
	struct fw_process_state *process = row_find(handle, &slot);

	if (!process)
		return;
	__sync_fetch_and_add(&machine.departing_count, 1);
	bpf_map_delete_elem(&processes, &handle);
	bpf_map_delete_elem(&names, &handle);
	if (machine.rules_count)
		bpf_map_delete_elem(&members, &handle);
	group_fold(process->group, &process->counters);
	counters_move(&machine.departed, &process->counters);
	row_give_back(process, slot);
	__sync_fetch_and_add(&machine.departed_count, 1);
}

/* A reader that was killed gets nothing more; its queues go with the next command or unload. */
static __always_inline void end_reader(__u64 handle)
{
	for (int i = 0; i < FW_MAX_READERS; i++) {
		if (machine.readers[i].owner != handle)
			continue;
		machine.readers[i].types = 0;
		machine.readers[i].owner = 0;
		__sync_fetch_and_sub(&machine.reader_count, 1);
	}
}

/* The last thread of a process leaves (do_exit has counted it out of signal->live already). */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(fw_process_exit, struct task_struct *task)
{
	struct fw_process_state *process;
	__u64 handle, *oldest, pushed_out;
	__u32 row, slot;

	if (task->signal->live.counter)
		return 0;
	handle = task_handle(task);
	if (machine.reader_count)
		end_reader(handle);
	process = row_find(handle, &row);
	/* One that has a row may have sockets that outlive it, to which its rules still apply. */
	if (!process && machine.rules_count)
		bpf_map_delete_elem(&members, &handle);
	if (!process || __sync_val_compare_and_swap(&process->exited, 0, 1))
		return 0;
	slot = __sync_fetch_and_add(&machine.exited_count, 1) % FW_EXITED_KEPT;
	oldest = bpf_map_lookup_elem(&exited, &slot);
	if (!oldest)
		return 0;
	pushed_out = __sync_lock_test_and_set(oldest, handle);
	if (pushed_out)
		process_fold(pushed_out);
	return 0;
}
