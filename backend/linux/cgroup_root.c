/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/cgroup_root.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

int fw_cgroup_root_open(void)
{
	int context = (int)syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC);
	int root = -1, error;

	if (context < 0)
		return -errno;
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		root = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	error = root < 0 ? -errno : 0;
	close(context);
	if (error)
		return error;
	/* The detached mount lives as long as this descriptor; BPF wants one opened for reading. */
	context = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	error = errno;
	close(root);
	return context < 0 ? -error : context;
}
