/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Process rows: finding or making the row of the process that runs. For BPF programs in process
 * context; making a row reads the executable's path, finding one does not.
 */
#ifndef FW_PROCESS_BPF_H
#define FW_PROCESS_BPF_H

#include "kernel/linux/flow_maps.bpf.h"

#include <bpf/bpf_core_read.h>

#define FW_PATH_DEPTH 40 /* path components and mount crossings followed */

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

/* One step towards the root: over a mount point, or prepend a component. False at the end. */
static __always_inline bool path_step(struct fw_process_name *name, struct dentry **dentry,
	struct vfsmount **mount)
{
	struct dentry *parent = BPF_CORE_READ(*dentry, d_parent);
	__u32 length, offset = name->path_offset;

	if (*dentry == BPF_CORE_READ(*mount, mnt_root) || *dentry == parent) {
		struct mount *here = (void *)*mount - bpf_core_field_offset(struct mount, mnt);
		struct mount *above = BPF_CORE_READ(here, mnt_parent);

		if (here == above)
			return false;
		*dentry = BPF_CORE_READ(here, mnt_mountpoint);
		*mount = (void *)above + bpf_core_field_offset(struct mount, mnt);
		return true;
	}
	length = BPF_CORE_READ(*dentry, d_name.len);
	if (length + 1 > offset) {
		name->flags |= FW_PROCESS_EXE_CUT;
		return false;
	}
	offset -= length;
	bpf_probe_read_kernel(&name->path[offset & (FW_EXE_SIZE - 1)], length & (FW_EXE_SIZE - 1),
		BPF_CORE_READ(*dentry, d_name.name));
	offset--;
	name->path[offset & (FW_EXE_SIZE - 1)] = '/';
	name->path_offset = offset;
	*dentry = parent;
	return true;
}

/* Absolute path of the executable, walked by hand: bpf_d_path is not allowed in these hooks. */
static __always_inline void read_path(struct fw_process_name *name, struct task_struct *task)
{
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	struct dentry *dentry;
	struct vfsmount *mount;

	name->path_offset = FW_EXE_SIZE - 1;
	name->path[FW_EXE_SIZE - 1] = 0;
	if (!file)
		return;
	dentry = BPF_CORE_READ(file, f_path.dentry);
	mount = BPF_CORE_READ(file, f_path.mnt);
	for (int i = 0; i < FW_PATH_DEPTH; i++)
		if (!path_step(name, &dentry, &mount))
			return;
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
	struct fw_process_state fresh = {};
	__u64 *group;

	fresh.pid = task->tgid;
	fresh.start_ns = task->group_leader->start_boottime;
	fresh.name_version = 1;
	if (machine.groups_active) {
		group = bpf_task_storage_get(&membership, task->group_leader, 0, 0);
		fresh.group = group ? *group : 0;
	}
	if (bpf_map_update_elem(&processes, &handle, &fresh, BPF_NOEXIST) == 0)
		make_name(handle);
	return 0;
}

/* Row of the running process, made if need be; NULL: no room or memory. */
static __always_inline struct fw_process_state *process_get(__u64 handle)
{
	struct fw_process_state *process = bpf_map_lookup_elem(&processes, &handle);

	if (process || !handle)
		return process;
	make_process(handle);
	process = bpf_map_lookup_elem(&processes, &handle);
	if (!process)
		__sync_fetch_and_add(&machine.process_failures, 1);
	return process;
}

#endif
