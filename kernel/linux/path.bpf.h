/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Absolute paths and cgroup paths, walked by hand towards the root: bpf_d_path() is not allowed in
 * our hooks. A path is built from its end. For every kind of BPF program.
 *
 * By bpf_loop(), because the verifier then looks at one step and not at all of them.
 */
#ifndef FW_PATH_BPF_H
#define FW_PATH_BPF_H

#include "kernel/linux/kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define FW_CGROUP_NAME_SIZE 256

#define FW_PATH_DEPTH 2048 /* components and mount crossings followed: a path has 4096 bytes */

/* Text grows down from text[offset]. The buffer has twice the size, so that the verifier sees every
 * write inside. */
struct path_walk {
	char *text;
	struct dentry *dentry;
	struct vfsmount *mount;
	struct kernfs_node *node;
	__u32 offset;
	bool reached_root;
};

enum walk_step { WALK_ON = 0, WALK_STOP = 1 }; /* as bpf_loop() has it */

/* Put "/name" in front. `size` is a power of two known to the compiler. */
static __always_inline bool prepend(struct path_walk *walk, const __u32 size, __u32 length,
	const void *name)
{
	char *text = walk->text;
	__u32 offset = walk->offset;

	if (length + 1 > offset)
		return false;
	offset -= length;
	bpf_probe_read_kernel(&text[offset & (size - 1)], length & (size - 1), name);
	offset--;
	text[offset & (size - 1)] = '/';
	walk->offset = offset;
	return true;
}

static __always_inline bool prepend_dentry(struct path_walk *walk, const __u32 size,
	struct dentry *dentry)
{
	return prepend(walk, size, BPF_CORE_READ(dentry, d_name.len),
		BPF_CORE_READ(dentry, d_name.name));
}

/* Files that lie in no directory (memfd) are a root with a name. */
static __always_inline void finish_root(struct path_walk *walk, const __u32 size)
{
	struct dentry *dentry = walk->dentry;
	char *text = walk->text;
	__u32 offset = walk->offset;

	walk->reached_root = true;
	if (offset != size - 1)
		return;
	if (BPF_CORE_READ(dentry, d_name.len) > 1) {
		prepend_dentry(walk, size, dentry);
	} else {
		offset--;
		text[offset & (size - 1)] = '/';
		walk->offset = offset;
	}
}

/* From the root of a mount to what it is mounted on; false: it is the uppermost. */
static __always_inline bool cross_mount(struct dentry **dentry, struct vfsmount **mount)
{
	struct mount *here = (void *)*mount - bpf_core_field_offset(struct mount, mnt);
	struct mount *above = BPF_CORE_READ(here, mnt_parent);

	if (here == above)
		return false;
	*dentry = BPF_CORE_READ(here, mnt_mountpoint);
	*mount = (void *)above + bpf_core_field_offset(struct mount, mnt);
	return true;
}

/* One step: over a mount point, or prepend a component. */
static __always_inline long path_step(struct path_walk *walk, const __u32 size)
{
	struct dentry *dentry = walk->dentry, *parent = BPF_CORE_READ(dentry, d_parent);
	struct vfsmount *mount = walk->mount;

	if (dentry == BPF_CORE_READ(mount, mnt_root) || dentry == parent) {
		if (cross_mount(&dentry, &mount)) {
			walk->dentry = dentry;
			walk->mount = mount;
			return WALK_ON;
		}
		finish_root(walk, size);
		return WALK_STOP;
	}
	if (!prepend_dentry(walk, size, dentry))
		return WALK_STOP;
	walk->dentry = parent;
	return WALK_ON;
}

/* Linux 6.15 (commit 741c10b096bc) renamed `parent`. */
static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___6_15 *renamed = (void *)node;

	if (bpf_core_field_exists(renamed->__parent))
		return BPF_CORE_READ(renamed, __parent);
	return BPF_CORE_READ(node, parent);
}

static __always_inline long cgroup_step(struct path_walk *walk, const __u32 size)
{
	struct kernfs_node *node = walk->node, *parent = kernfs_parent(node);
	char *text = walk->text;
	__u32 offset = walk->offset;
	const char *name;
	long length;

	if (!parent) {
		walk->reached_root = true;
		if (offset == size - 1) {
			offset--;
			text[offset & (size - 1)] = '/';
			walk->offset = offset;
		}
		return WALK_STOP;
	}
	name = BPF_CORE_READ(node, name);
	/* Its length, by way of the unused half of the buffer. */
	length = bpf_probe_read_kernel_str(&text[size], FW_CGROUP_NAME_SIZE, name);
	if (length <= 0 || !prepend(walk, size, (__u32)length - 1, name))
		return WALK_STOP;
	walk->node = parent;
	return WALK_ON;
}

#endif
