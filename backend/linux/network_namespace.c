/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/network_namespace.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The namespace behind a path if it is the one with this number; else -1. */
static int open_if(const char *path, uint32_t number)
{
	struct stat info;
	int fd;

	if (stat(path, &info) || info.st_ino != number)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &info) || info.st_ino != number)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int find_by_process(uint32_t number)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	char path[64];
	int fd = -1;

	while (fd < 0 && directory && (entry = readdir(directory))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/ns/net", entry->d_name);
		fd = open_if(path, number);
	}
	if (directory)
		closedir(directory);
	return fd;
}

/* Names that were given by bind mounts, as `ip netns add` does. */
static int find_by_mount(uint32_t number)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, path[4096];
	size_t size = 0;
	int fd = -1;

	while (fd < 0 && mounts && getline(&line, &size, mounts) >= 0)
		if (strstr(line, " - nsfs ") && sscanf(line, "%*s %*s %*s %*s %4095s", path) == 1)
			fd = open_if(path, number);
	free(line);
	if (mounts)
		fclose(mounts);
	return fd;
}

int fw_network_namespace_enter(uint32_t number)
{
	int before = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int found = find_by_process(number), result;

	if (found < 0)
		found = find_by_mount(number);
	if (before < 0 || found < 0) {
		result = -ENOENT;
	} else {
		result = setns(found, CLONE_NEWNET) ? -errno : before;
	}
	if (result < 0 && before >= 0)
		close(before);
	if (found >= 0)
		close(found);
	return result;
}

void fw_network_namespace_leave(int before)
{
	/* We came from there and its descriptor is open: nothing can have taken it away. */
	if (setns(before, CLONE_NEWNET))
		abort();
	close(before);
}
