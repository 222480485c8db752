/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/pin_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define NAME		"flowwatcher"
#define TEMPORARY	NAME "-pid-" /* bpffs refuses dots */
#define LOCK_SECONDS	10
/* Empty directories: bpffs holds no plain files. */
#define MOUNTED_BY_LOAD "mounted-by-load"
#define OPENED_BY_LOAD	"opened-by-load" /* others may go through the directory above */

static const char *parent(void)
{
	const char *chosen = getenv("FLOWWATCHER_BPFFS");

	return chosen && *chosen ? chosen : "/sys/fs/bpf";
}

const char *fw_pin_directory(void)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", parent(), NAME);
	return path;
}

static bool is_bpffs(const char *path)
{
	struct statfs info;

	return statfs(path, &info) == 0 && info.f_type == BPF_FS_MAGIC;
}

static enum fw_status ensure_bpffs(bool *mounted, struct fw_error *error)
{
	*mounted = false;
	if (is_bpffs(parent()))
		return FW_OK;
	if (mount("bpf", parent(), "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=700"))
		return fw_error_set_errno(error, errno,
			"mounting bpffs on %s (set FLOWWATCHER_BPFFS to a mounted bpffs)",
			parent());
	*mounted = true;
	return FW_OK;
}

static bool is_marker(const char *name)
{
	return !strcmp(name, MOUNTED_BY_LOAD) || !strcmp(name, OPENED_BY_LOAD);
}

/* Remove the pins of one directory; the marker directories inside are the only level below. */
static int empty_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	int result = 0;

	if (!directory)
		return -errno;
	while ((entry = readdir(directory))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
			is_marker(entry->d_name))
			continue;
		if (unlinkat(dirfd(directory), entry->d_name, 0))
			result = -errno;
	}
	unlinkat(dirfd(directory), OPENED_BY_LOAD, AT_REMOVEDIR);
	/* last: who is killed may come again */
	unlinkat(dirfd(directory), MOUNTED_BY_LOAD, AT_REMOVEDIR);
	closedir(directory);
	return result;
}

static bool has_marker(const char *path, const char *name)
{
	char marker[PATH_MAX];

	snprintf(marker, sizeof(marker), "%s/%s", path, name);
	return access(marker, F_OK) == 0;
}

enum fw_status fw_pin_directory_begin(char *path, size_t size, struct fw_error *error)
{
	char marker[PATH_MAX];
	enum fw_status status;
	bool mounted;

	fw_pin_directory_sweep(); /* before: with what was left a mount may go */
	status = ensure_bpffs(&mounted, error);
	if (status != FW_OK)
		return status;
	snprintf(path, size, "%s/%s%d", parent(), TEMPORARY, (int)getpid());
	if (mkdir(path, 0700)) {
		status = fw_error_set_errno(error, errno,
			"making %s (FLOWWATCHER_BPFFS chooses another bpffs)", path);
		if (mounted)
			umount2(parent(), MNT_DETACH);
		return status;
	}
	snprintf(marker, sizeof(marker), "%s/%s", path, MOUNTED_BY_LOAD);
	if (mounted && mkdir(marker, 0700)) {
		status = fw_error_set_errno(error, errno, "making %s", marker);
		rmdir(path);
		umount2(parent(), MNT_DETACH);
		return status;
	}
	return FW_OK;
}

enum fw_status fw_pin_directory_publish(const char *path, struct fw_error *error)
{
	if (rename(path, fw_pin_directory()) == 0)
		return FW_OK;
	if (errno == ENOTEMPTY || errno == EEXIST)
		return fw_error_set(error, FW_EXISTS,
			"the kernel side is loaded already (%s); 'flowwatcher unload' removes it",
			fw_pin_directory());
	return fw_error_set_errno(error, errno, "renaming %s to %s", path, fw_pin_directory());
}

enum fw_status fw_pin_directory_lock(int *lock, struct fw_error *error)
{
	int directory = open(fw_pin_directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0 && errno == ENOENT)
		return fw_pin_directory_gone(error);
	if (directory < 0 || flock(directory, LOCK_EX)) {
		fw_error_set_errno(error, errno, "locking %s", fw_pin_directory());
		if (directory >= 0)
			close(directory);
		return FW_FAILED;
	}
	*lock = directory;
	return FW_OK;
}

enum fw_status fw_pin_directory_gone(struct fw_error *error)
{
	return fw_error_set(error, FW_FAILED,
		"the kernel side was unloaded meanwhile; 'flowwatcher load' puts it in place");
}

/* The owner is root, whom modes do not stop. */
static int share_one(const char *pin, gid_t group)
{
	return chown(pin, (uid_t)-1, group) || chmod(pin, 0440) ? -errno : 0;
}

/* systemd mounts bpffs for root alone; what is in it has modes of its own. */
static int open_parent(const char *path)
{
	char marker[PATH_MAX];
	struct stat above;

	if (stat(parent(), &above))
		return -errno;
	if (above.st_mode & S_IXOTH)
		return 0;
	snprintf(marker, sizeof(marker), "%s/%s", path, OPENED_BY_LOAD);
	return mkdir(marker, 0700) || chmod(parent(), (above.st_mode & 07777) | 0011) ? -errno : 0;
}

int fw_pin_directory_share_all(const char *path, unsigned int group)
{
	DIR *directory = opendir(path);
	char pin[PATH_MAX];
	struct dirent *entry;
	int result = 0;

	if (!directory)
		return -errno;
	while (!result && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || is_marker(entry->d_name))
			continue;
		snprintf(pin, sizeof(pin), "%s/%s", path, entry->d_name);
		result = share_one(pin, (gid_t)group);
	}
	closedir(directory);
	if (!result)
		result = open_parent(path);
	if (!result && (chown(path, (uid_t)-1, (gid_t)group) || chmod(path, 0750)))
		result = -errno;
	return result;
}

int fw_pin_directory_share(const char *pin)
{
	struct stat shared;

	if (stat(fw_pin_directory(), &shared))
		return -errno;
	return shared.st_mode & S_IRGRP ? share_one(pin, shared.st_gid) : 0;
}

/* A command that was stopped must not keep `unload` waiting for ever. -ENOENT: another `unload` was
 * first. */
static int lock_in_time(int directory)
{
	struct stat locked, now;

	for (int tries = LOCK_SECONDS * 20; flock(directory, LOCK_EX | LOCK_NB); tries--) {
		if (errno != EWOULDBLOCK || tries == 0)
			return -errno;
		usleep(50000);
	}
	if (fstat(directory, &locked) || stat(fw_pin_directory(), &now))
		return -errno;
	return locked.st_ino == now.st_ino ? 0 : -ENOENT;
}

enum fw_status fw_pin_directory_withdraw(char *path, size_t size, struct fw_error *error)
{
	int directory = open(fw_pin_directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = directory < 0 ? -errno : lock_in_time(directory);
	char withdrawn[PATH_MAX];

	snprintf(withdrawn, sizeof(withdrawn), "%s/%s%d", parent(), TEMPORARY, (int)getpid());
	if (!result && rename(fw_pin_directory(), withdrawn))
		result = -errno;
	if (directory >= 0)
		close(directory);
	if (result == -EWOULDBLOCK)
		return fw_error_set(error, FW_FAILED,
			"another command has been changing rules or lists for %d s; "
			"end it, then unload again",
			LOCK_SECONDS);
	if (result)
		return fw_error_set_errno(error, result, "removing %s", fw_pin_directory());
	snprintf(path, size, "%s", withdrawn);
	return FW_OK;
}

static bool parent_is_empty(void)
{
	DIR *directory = opendir(parent());
	struct dirent *entry;
	int entries = 0;

	if (!directory)
		return false;
	while ((entry = readdir(directory)))
		entries += !strchr(entry->d_name, '.'); /* dotted names are the kernel's own */
	closedir(directory);
	return entries == 0;
}

enum fw_status fw_pin_directory_remove(const char *path, struct fw_error *error)
{
	bool unmount = has_marker(path, MOUNTED_BY_LOAD), closes = has_marker(path, OPENED_BY_LOAD);
	struct stat above;
	int result = empty_directory(path);

	if (result == 0 && rmdir(path))
		result = -errno;
	if (result)
		return fw_error_set_errno(error, result, "removing %s", path);
	if (closes && !stat(parent(), &above))
		chmod(parent(), above.st_mode & 07766);
	if (unmount && parent_is_empty())
		umount2(parent(), MNT_DETACH);
	return FW_OK;
}

void fw_pin_directory_sweep(void)
{
	DIR *directory = opendir(parent());
	struct dirent *entry;
	char path[PATH_MAX];

	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		int pid;

		if (strncmp(entry->d_name, TEMPORARY, strlen(TEMPORARY)))
			continue;
		pid = atoi(entry->d_name + strlen(TEMPORARY));
		if (pid <= 0 || kill(pid, 0) == 0 || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), "%s/%s", parent(), entry->d_name);
		fw_pin_directory_remove(path, NULL);
	}
	closedir(directory);
}
