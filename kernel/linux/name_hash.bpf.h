/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * core/name_hash.h over strings and paths of the kernel. For every kind of BPF program.
 */
#ifndef FW_NAME_HASH_BPF_H
#define FW_NAME_HASH_BPF_H

#include "kernel/linux/path.bpf.h"

#include "core/name_hash.h"

#define FW_NAME_WORDS	32 /* names have at most 255 bytes */
#define FW_CGROUP_DEPTH 64 /* levels of cgroups looked at */

struct name_hash {
	const char *name;
	__u64 hash;
	__u64 words;
};

/* Names lie in memory of the kernel's allocator or inside structures, so that the eight bytes
 * around their end can be read; where they cannot, the name ends. */
static long name_hash_step(__u32 index, void *context)
{
	struct name_hash *walk = context;
	bool ended = true;
	__u64 word = 0;

	if (bpf_probe_read_kernel(&word, sizeof(word), walk->name + index * sizeof(word)))
		return WALK_STOP;
	word = fw_hash_cut(word, &ended);
	if (word) {
		walk->hash = fw_hash_word(walk->hash, word);
		walk->words++;
	}
	return ended ? WALK_STOP : WALK_ON;
}

static __always_inline __u64 hash_kernel_name(__u64 hash, const char *name)
{
	struct name_hash walk = { .name = name, .hash = hash };

	bpf_loop(FW_NAME_WORDS, name_hash_step, &walk, 0);
	return fw_hash_word(walk.hash, walk.words);
}

struct path_hash {
	struct dentry *dentry;
	struct vfsmount *mount;
	__u64 hash;
};

static long path_hash_step(__u32 index, void *context)
{
	struct path_hash *walk = context;
	struct dentry *dentry = walk->dentry, *parent = BPF_CORE_READ(dentry, d_parent);
	struct vfsmount *mount = walk->mount;

	if (dentry != BPF_CORE_READ(mount, mnt_root) && dentry != parent) {
		walk->hash = hash_kernel_name(
			walk->hash, (const char *)BPF_CORE_READ(dentry, d_name.name));
		walk->dentry = parent;
		return WALK_ON;
	}
	if (!cross_mount(&dentry, &mount))
		return WALK_STOP;
	walk->dentry = dentry;
	walk->mount = mount;
	return WALK_ON;
}

static __always_inline __u64 hash_file_path(struct file *file)
{
	struct path_hash walk = { .hash = FW_HASH_SEED };

	walk.dentry = BPF_CORE_READ(file, f_path.dentry);
	walk.mount = BPF_CORE_READ(file, f_path.mnt);
	bpf_loop(FW_PATH_DEPTH, path_hash_step, &walk, 0);
	return walk.hash;
}

#endif
