/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The process that runs: its name, and its row, found or made. For BPF programs in process context;
 * making a row reads the executable's path, finding one does not.
 */
#ifndef FW_PROCESS_BPF_H
#define FW_PROCESS_BPF_H

#include "kernel/linux/path.bpf.h"
#include "kernel/linux/process_row.bpf.h"

#include <bpf/bpf_core_read.h>

static const struct fw_process_name empty_name;

static __always_inline __u64 task_handle(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	return fw_handle(task->tgid, leader->start_boottime);
}

/* Handle of the running process; 0 for the idle task, to which nothing is ever charged. */
static __always_inline __u64 current_handle(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->tgid ? task_handle(task) : 0;
}

static long exe_step(__u32 index, void *walk)
{
	return path_step(walk, FW_EXE_SIZE);
}

/* Absolute path of the executable, or its end. */
static __always_inline void read_path(struct fw_process_name *name, struct task_struct *task)
{
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	struct path_walk walk = { .text = name->path, .offset = FW_EXE_SIZE - 1 };

	name->path_offset = FW_EXE_SIZE - 1;
	name->path[FW_EXE_SIZE - 1] = 0;
	if (!file)
		return;
	walk.dentry = BPF_CORE_READ(file, f_path.dentry);
	walk.mount = BPF_CORE_READ(file, f_path.mnt);
	bpf_loop(FW_PATH_DEPTH, exe_step, &walk, 0);
	name->path_offset = walk.offset;
	if (!walk.reached_root)
		name->flags |= FW_PROCESS_EXE_CUT;
}

static __always_inline void read_name(struct fw_process_name *name, struct task_struct *task)
{
	name->parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	name->uid = BPF_CORE_READ(task, cred, euid.val);
	name->flags = task->flags & PF_KTHREAD ? FW_PROCESS_KERNEL : 0;
	BPF_CORE_READ_INTO(&name->comm, task, group_leader, comm);
	read_path(name, task);
}

static __noinline int make_name(__u64 handle)
{
	struct fw_process_name *name;

	bpf_map_update_elem(&names, &handle, &empty_name, BPF_NOEXIST);
	name = bpf_map_lookup_elem(&names, &handle);
	if (name)
		read_name(name, bpf_get_current_task_btf());
	return 0;
}

static __noinline int make_process(__u64 handle)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fw_process_state *row;
	__u64 *group = 0;
	__u32 slot;

	row = row_take(&slot);
	if (!row)
		return 0;
	if (machine.groups_active)
		group = bpf_task_storage_get(&membership, task->group_leader, 0, 0);
	row->start_ns = task->group_leader->start_boottime;
	row->group = group ? *group : 0;
	row->name_version = 1;
	row->exited = 0;
	if (bpf_map_update_elem(&processes, &handle, &slot, BPF_NOEXIST)) {
		row_give_back(row, slot); /* another thread was first, or there is no memory */
		return 0;
	}
	row->handle = handle;
	make_name(handle);
	return 0;
}

/* Row of the running process, made if need be, and where it is; NULL: no room or memory. */
static __always_inline struct fw_process_state *process_get(__u64 handle, __u32 *slot)
{
	struct fw_process_state *process;

	if (!handle)
		return 0;
	process = row_find(handle, slot);
	if (process)
		return process;
	make_process(handle);
	process = row_find(handle, slot);
	if (!process)
		__sync_fetch_and_add(&machine.process_failures, 1);
	return process;
}

#endif
