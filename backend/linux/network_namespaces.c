/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/network_namespaces.h"

#include "lib/grow.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

struct walk {
	fw_network_namespace_fn found;
	void *argument;
	uint32_t *seen;
	size_t count, capacity;
};

static bool is_seen(const struct walk *walk, uint32_t inode)
{
	for (size_t i = 0; i < walk->count; i++)
		if (walk->seen[i] == inode)
			return true;
	return false;
}

static int remember(struct walk *walk, uint32_t inode)
{
	uint32_t *seen = fw_grow(walk->seen, walk->count, &walk->capacity, sizeof(*seen));

	if (!seen)
		return -ENOMEM;
	walk->seen = seen;
	seen[walk->count++] = inode;
	return 0;
}

/* What went away in the meantime, or is no namespace, is passed over. */
static int visit(struct walk *walk, const char *path)
{
	struct statfs system;
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC), result = 0;

	if (fd < 0)
		return 0;
	if (fstatfs(fd, &system) == 0 && system.f_type == NSFS_MAGIC && fstat(fd, &status) == 0 &&
		!is_seen(walk, (uint32_t)status.st_ino)) {
		result = remember(walk, (uint32_t)status.st_ino);
		if (!result)
			result = walk->found((uint32_t)status.st_ino, fd, walk->argument);
	}
	close(fd);
	return result;
}

/* Most processes share a few namespaces: the link tells without opening it. */
static int visit_process(struct walk *walk, const char *pid)
{
	char path[64], link[64];
	unsigned int inode;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/net", pid);
	length = readlink(path, link, sizeof(link) - 1);
	if (length <= 0)
		return 0;
	link[length] = '\0';
	if (sscanf(link, "net:[%u]", &inode) != 1 || is_seen(walk, inode))
		return 0;
	return visit(walk, path);
}

static int visit_processes(struct walk *walk)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	int result = 0;

	if (!directory)
		return -errno;
	while (!result && (entry = readdir(directory)))
		if (isdigit((unsigned char)entry->d_name[0]))
			result = visit_process(walk, entry->d_name);
	closedir(directory);
	return result;
}

/* mountinfo writes blanks, tabs, line ends and backslashes of a path as three octal digits. */
static void decode_path(char *path)
{
	char *to = path;

	for (const char *from = path; *from; to++) {
		if (from[0] == '\\' && from[1] && from[2] && from[3]) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* proc(5): ID, parent, device, root ("net:[4026532000]" for a namespace), mount point, ... */
static int visit_mount(struct walk *walk, char *line)
{
	unsigned int inode;
	int start = 0, end = 0;

	if (sscanf(line, "%*s %*s %*s net:[%u] %n%*s%n", &inode, &start, &end) != 1 || !end ||
		is_seen(walk, inode))
		return 0;
	line[end] = '\0';
	decode_path(line + start);
	return visit(walk, line + start);
}

static int visit_mounts(struct walk *walk)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	size_t size = 0;
	char *line = NULL;
	int result = 0;

	if (!file)
		return -errno;
	while (!result && getline(&line, &size, file) > 0)
		result = visit_mount(walk, line);
	free(line);
	fclose(file);
	return result;
}

int fw_network_namespaces(fw_network_namespace_fn found, void *argument)
{
	struct walk walk = { .found = found, .argument = argument };
	int result = visit(&walk, "/proc/thread-self/ns/net");

	if (!result)
		result = visit_processes(&walk);
	if (!result)
		result = visit_mounts(&walk);
	free(walk.seen);
	return result;
}

static int enter_if(uint32_t inode, int fd, void *argument)
{
	const uint32_t *wanted = argument;

	if (inode != *wanted)
		return 0;
	return setns(fd, CLONE_NEWNET) ? -errno : 1;
}

int fw_network_namespace_enter(uint32_t inode)
{
	int before = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), result;

	if (before < 0)
		return -errno;
	result = fw_network_namespaces(enter_if, &inode);
	if (result == 1)
		return before;
	close(before);
	return result ? result : -ENOENT;
}

void fw_network_namespace_leave(int before)
{
	/* We came from there and its descriptor is open: nothing can have taken it away. */
	if (setns(before, CLONE_NEWNET))
		abort();
	close(before);
}
