/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/rule_resolve.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct search {
	uint32_t pid;
	uint64_t start_ns; /* 0: not found yet */
};

static bool compare(const void *row, void *argument)
{
	const struct fw_process_create_record *process = row;
	struct search *search = argument;

	if (process->pid == search->pid)
		search->start_ns = process->start_ns;
	return true;
}

/* The kernel side knows a process's start to the nanosecond; /proc rounds it. */
static enum fw_status find_start(const struct fw_kernel_side *side, struct fw_rule *rule,
	struct fw_error *error)
{
	struct search search = { .pid = rule->pid };
	int result = fw_kernel_side_rows(side, FW_ITERATOR_PROCESSES,
		sizeof(struct fw_process_create_record), compare, &search);

	if (result)
		return fw_error_set_errno(error, result, "listing the processes");
	if (!search.start_ns)
		return fw_error_set(error, FW_NOT_FOUND,
			"there is no process %u any more; 'ps' shows those that run", rule->pid);
	rule->start_ns = search.start_ns;
	return FW_OK;
}

/* A number of a descriptor's /proc file; false: this kernel does not tell it. */
static bool read_fdinfo(int fd, const char *format, uint64_t *number)
{
	char path[32], line[128];
	bool found = false;
	FILE *info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "re");
	while (info && !found && fgets(line, sizeof(line), info))
		found = sscanf(line, format, number) == 1;
	if (info)
		fclose(info);
	return found;
}

/* The device of a mount's file system as the kernel has it. */
static bool find_device(uint64_t mount, unsigned int *major, unsigned int *minor)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	size_t size = 0;
	char *line = NULL;
	bool found = false;
	uint64_t id;

	while (mounts && !found && getline(&line, &size, mounts) >= 0)
		found = sscanf(line, "%" SCNu64 " %*u %u:%u", &id, major, minor) == 3 &&
			id == mount;
	free(line);
	if (mounts)
		fclose(mounts);
	return found;
}

/*
 * stat() tells the numbers of a layer or a subvolume where a file system (overlay, btrfs) has them;
 * the kernel's own are in /proc. Device numbers as the kernel packs them inside itself.
 */
static void find_file(struct fw_rule *rule)
{
	int fd = open(rule->text, O_PATH | O_CLOEXEC);
	unsigned int device_major, device_minor;
	uint64_t mount, inode;
	struct stat file;

	rule->device = rule->inode = 0;
	if (fd < 0)
		return;
	if (fstat(fd, &file) == 0) {
		device_major = major(file.st_dev);
		device_minor = minor(file.st_dev);
		inode = file.st_ino;
		if (!device_major && read_fdinfo(fd, "mnt_id: %" SCNu64, &mount) &&
			find_device(mount, &device_major, &device_minor))
			read_fdinfo(fd, "ino: %" SCNu64, &inode);
		rule->device = (uint64_t)device_major << 20 | device_minor;
		rule->inode = inode;
	}
	close(fd);
}

enum fw_status fw_rule_resolve(const struct fw_kernel_side *side, struct fw_rule *rule,
	struct fw_error *error)
{
	if (rule->target == FW_RULE_PID)
		return find_start(side, rule, error);
	if (rule->target == FW_RULE_EXE)
		find_file(rule);
	return FW_OK;
}
