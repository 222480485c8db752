/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * host.h for Linux. A process is read through one open /proc/PID directory, so that a pid reused
 * meanwhile is an error and never a mix of two processes.
 */
#include "lib/host/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/host/proc_text.h"

const char fw_host_list_command[] = "ps -e";

#define NS_PER_SECOND  1000000000ull
#define CLOCK_NOISE_NS 10000u

/* /proc/PID/stat has some 50 numbers, /proc/PID/status up to the number of CPUs in masks. */
#define STAT_SIZE 2048
#define STATUS_SIZE 8192
#define PATH_SIZE 4096

static enum fw_status errno_status(int error_number)
{
	switch (error_number) {
	case ENOENT:
	case ESRCH:
		return FW_NOT_FOUND;
	case EACCES:
	case EPERM:
		return FW_DENIED;
	case ENOMEM:
		return FW_NO_MEMORY;
	default:
		return FW_FAILED;
	}
}

/* A descriptor of /proc/PID, or negative errno. */
static int open_process(uint32_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u", pid);
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return directory < 0 ? -errno : directory;
}

/* Up to `size` bytes of a file: their number or negative errno. */
static ssize_t read_file(int directory, const char *name, char *buffer, size_t size)
{
	size_t length = 0;
	ssize_t got = 1;
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (length < size && got > 0) {
		got = read(fd, buffer + length, size - length);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			length += (size_t)got;
	}
	int error_number = errno;

	close(fd);
	return got < 0 ? -error_number : (ssize_t)length;
}

/*
 * The link says "PATH (deleted)" once the file is unlinked; the process still runs PATH. A file
 * whose name really ends so is told by its being there.
 */
static ssize_t cut_deleted(char *path, ssize_t length)
{
	static const char deleted[] = " (deleted)";
	const ssize_t deleted_length = sizeof(deleted) - 1;

	if (length > deleted_length && !strcmp(path + length - deleted_length, deleted) &&
		faccessat(AT_FDCWD, path, F_OK, AT_EACCESS)) {
		length -= deleted_length;
		path[length] = '\0';
	}
	return length;
}

/* The executable's path: its length, or negative errno. */
static ssize_t read_exe(int directory, char path[PATH_SIZE])
{
	ssize_t length = readlinkat(directory, "exe", path, PATH_SIZE - 1);

	if (length < 0)
		return -errno;
	path[length] = '\0';
	return cut_deleted(path, length);
}

static uint64_t ticks_to_ns(uint64_t ticks)
{
	long hertz = sysconf(_SC_CLK_TCK);
	uint64_t per_second = hertz > 0 ? (uint64_t)hertz : 100;

	return ticks / per_second * NS_PER_SECOND + ticks % per_second * NS_PER_SECOND / per_second;
}

static void fill_exe(int directory, struct fw_process *process)
{
	char path[PATH_SIZE];
	ssize_t length = read_exe(directory, path);
	const char *from = path;

	if (length <= 0)
		return;
	if (length > FW_EXE_SIZE - 1) {
		from = path + length - (FW_EXE_SIZE - 1);
		process->flags |= FW_PROCESS_EXE_CUT;
	}
	memcpy(process->exe, from, strlen(from));
}

/* Returns 0, or negative errno (-EBADMSG: the text is not as documented). */
static int fill_process(int directory, struct fw_process *process)
{
	char text[STATUS_SIZE];
	struct fw_proc_stat stat;
	struct fw_proc_status status;
	ssize_t length = read_file(directory, "stat", text, STAT_SIZE);

	if (length < 0)
		return (int)length;
	if (!fw_proc_stat_parse(text, (size_t)length, &stat))
		return -EBADMSG;
	process->parent_pid = stat.parent_pid;
	process->start_ns = ticks_to_ns(stat.start_ticks);
	process->flags = stat.is_kernel_thread ? FW_PROCESS_KERNEL : 0;
	memcpy(process->comm, stat.comm, sizeof(process->comm));

	process->uid = UINT32_MAX;
	length = read_file(directory, "status", text, sizeof(text));
	if (length == -ESRCH || length == -ENOENT)
		return (int)length;
	if (length > 0 && fw_proc_status_parse(text, (size_t)length, &status)) {
		/* /proc/TID exists too, though hidden; a thread is not a process. */
		if (status.tgid != process->pid)
			return -ESRCH;
		process->uid = status.effective_uid;
	}
	fill_exe(directory, process);
	return 0;
}

static enum fw_status recorded_process(uint32_t pid, struct fw_process *process,
	struct fw_error *error)
{
	enum fw_status status = fw_host_source()->process(fw_host_source(), pid, process);

	if (status != FW_OK)
		return fw_error_set(error, status, "the recording says nothing of process %u", pid);
	return FW_OK;
}

static enum fw_status running_process(uint32_t pid, struct fw_process *process,
	struct fw_error *error)
{
	struct fw_process out = { .pid = pid };
	int directory = open_process(pid);
	int result = directory;

	if (directory >= 0) {
		result = fill_process(directory, &out);
		close(directory);
	}
	if (result == -ENOENT || result == -ESRCH)
		return fw_error_set(error, FW_NOT_FOUND,
			"process %u is not running (list processes with `%s`)", pid,
			fw_host_list_command);
	if (result == -EBADMSG)
		return fw_error_set(error, FW_MALFORMED,
			"/proc/%u/stat has an unknown form: is /proc a procfs?", pid);
	if (result < 0)
		return fw_error_set_errno(error, result, "cannot read /proc/%u", pid);
	*process = out;
	return FW_OK;
}

enum fw_status fw_host_process(uint32_t pid, struct fw_process *process, struct fw_error *error)
{
	return fw_host_source() ? recorded_process(pid, process, error) :
				  running_process(pid, process, error);
}

bool fw_host_process_runs(uint32_t pid, uint64_t start_ns)
{
	char name[32], text[STAT_SIZE];
	struct fw_proc_stat stat;

	if (fw_host_source())
		return false;
	snprintf(name, sizeof(name), "/proc/%u/stat", pid);
	ssize_t length = read_file(AT_FDCWD, name, text, sizeof(text));

	return length > 0 && fw_proc_stat_parse(text, (size_t)length, &stat) && !stat.is_zombie &&
	       ticks_to_ns(stat.start_ticks) == start_ns;
}

bool fw_host_has_pid(uint32_t pid)
{
	return !kill((pid_t)pid, 0) || errno != ESRCH;
}

bool fw_host_process_runs_file(uint32_t pid, const char *path)
{
	char name[32];
	struct stat exe, file;

	snprintf(name, sizeof(name), "/proc/%u/exe", pid);
	return !stat(path, &file) && !stat(name, &exe) && exe.st_dev == file.st_dev &&
	       exe.st_ino == file.st_ino;
}

static enum fw_status recorded_exe(uint32_t pid, char *exe, size_t size)
{
	struct fw_process process;
	enum fw_status status = fw_host_source()->process(fw_host_source(), pid, &process);

	if (status != FW_OK)
		return status;
	if (!process.exe[0] || process.flags & FW_PROCESS_EXE_CUT)
		return FW_NOT_FOUND;
	if (strlen(process.exe) >= size)
		return FW_FAILED;
	strcpy(exe, process.exe);
	return FW_OK;
}

enum fw_status fw_host_process_exe(uint32_t pid, char *exe, size_t size)
{
	char path[PATH_SIZE];

	if (fw_host_source())
		return recorded_exe(pid, exe, size);
	int directory = open_process(pid);

	if (directory < 0)
		return errno_status(-directory);
	ssize_t length = read_exe(directory, path);

	close(directory);
	if (length < 0)
		return errno_status((int)-length);
	if ((size_t)length >= size)
		return FW_FAILED;
	memcpy(exe, path, (size_t)length + 1);
	return FW_OK;
}

enum fw_status fw_host_process_cgroup(uint32_t pid, char *cgroup, size_t size)
{
	/* Up to a dozen v1 hierarchies, each with a path of its own. */
	const size_t text_size = 12 * FW_CGROUP_SIZE;

	if (fw_host_source())
		return fw_host_source()->cgroup(fw_host_source(), pid, cgroup, size);
	int directory = open_process(pid);

	if (directory < 0)
		return errno_status(-directory);
	char *text = malloc(text_size);
	ssize_t length = text ? read_file(directory, "cgroup", text, text_size) : -ENOMEM;
	bool found = length > 0 && fw_proc_cgroup_parse(text, (size_t)length, cgroup, size);

	free(text);
	close(directory);
	if (length < 0)
		return errno_status((int)-length);
	return found ? FW_OK : FW_NOT_FOUND;
}

static bool is_unit_name(const char *name, size_t length)
{
	static const char *const suffixes[] = { ".service", ".scope", ".slice", ".socket", ".mount",
		".swap" };

	for (size_t i = 0; i < FW_ARRAY_SIZE(suffixes); i++) {
		size_t suffix = strlen(suffixes[i]);

		if (length > suffix && !memcmp(name + length - suffix, suffixes[i], suffix))
			return true;
	}
	return false;
}

enum fw_status fw_host_cgroup_unit(const char *cgroup, char *unit, size_t size)
{
	const char *found = NULL;
	size_t found_length = 0;

	for (const char *at = cgroup; *at;) {
		size_t length = strcspn(at, "/");

		if (is_unit_name(at, length)) {
			found = at;
			found_length = length;
		}
		at += length + (at[length] == '/');
	}
	/* systemd puts '_' before a unit whose name could be taken for a cgroup file. */
	if (found && found[0] == '_') {
		found++;
		found_length--;
	}
	if (!found || found_length >= size)
		return FW_NOT_FOUND;
	memcpy(unit, found, found_length);
	unit[found_length] = '\0';
	return FW_OK;
}

/* Digits only; not UINT32_MAX, which as a uid stands for "no user" everywhere. */
static bool parse_number(const char *text, uint32_t *number)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value >= UINT32_MAX)
			return false;
	}
	*number = (uint32_t)value;
	return true;
}

enum fw_status fw_host_user_id(const char *name, uint32_t *uid)
{
	struct passwd entry, *found = NULL;
	size_t size = 4096;
	char *buffer = NULL;
	int result = 0;

	/* A name of digits only is legal: the user database goes first, as in chown(1). */
	do {
		if (result == ERANGE)
			size *= 2;
		free(buffer);
		buffer = malloc(size);
		if (!buffer)
			return FW_NO_MEMORY;
		result = getpwnam_r(name, &entry, buffer, size, &found);
	} while ((result == ERANGE && size < (1u << 20)) || result == EINTR);
	if (found)
		*uid = entry.pw_uid;
	free(buffer);
	return found || parse_number(name, uid) ? FW_OK : FW_NOT_FOUND;
}

enum fw_status fw_host_user_name(uint32_t uid, char *name, size_t size)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];

	/* The users of a recording are another machine's. */
	if (fw_host_source())
		return FW_NOT_FOUND;
	/* An entry that does not fit (ERANGE) has a name nobody could read either. */
	if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) || !found ||
		strlen(found->pw_name) >= size)
		return FW_NOT_FOUND;
	strcpy(name, found->pw_name);
	return FW_OK;
}

enum fw_status fw_host_processes(fw_host_process_fn row, void *argument, struct fw_error *error)
{
	enum fw_status status = FW_OK;
	struct dirent *entry;
	DIR *directory;

	if (fw_host_source())
		return FW_OK; /* a recording tells of its processes as it goes on */
	directory = opendir("/proc");
	if (!directory)
		return fw_error_set_errno(error, errno, "cannot read /proc");
	while (status == FW_OK && (entry = readdir(directory))) {
		struct fw_process process;
		uint32_t pid;

		if (parse_number(entry->d_name, &pid) &&
			fw_host_process(pid, &process, NULL) == FW_OK && !row(&process, argument))
			status = FW_STOPPED;
	}
	closedir(directory);
	return status;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t fw_host_boot_ns(void)
{
	return fw_host_source() ? fw_host_source()->now_ns : clock_ns(CLOCK_BOOTTIME);
}

/* UTC minus time since boot; false: the reading was interrupted, so it may be far off. */
static bool read_clock_difference(uint64_t *difference)
{
	uint64_t before = clock_ns(CLOCK_BOOTTIME);
	uint64_t utc = clock_ns(CLOCK_REALTIME);
	uint64_t after = clock_ns(CLOCK_BOOTTIME);

	*difference = utc - (before + (after - before) / 2);
	return after - before <= CLOCK_NOISE_NS;
}

/* Moments that are converted one after the other keep their order and distance: the clocks'
 * difference stays what it was until it has changed by more than reading them is off. */
uint64_t fw_host_boot_to_utc_ns(uint64_t boot_ns)
{
	static _Thread_local uint64_t kept;
	uint64_t difference;
	bool is_exact;

	if (fw_host_source())
		return fw_host_source()->boot_utc_ns + boot_ns;
	is_exact = read_clock_difference(&difference);
	for (int tries = 0; !is_exact && tries < 3; tries++)
		is_exact = read_clock_difference(&difference);
	if (!kept || (is_exact && difference - kept + CLOCK_NOISE_NS > 2 * CLOCK_NOISE_NS))
		kept = difference;
	/* Unsigned wrap-around carries moments before now. */
	return boot_ns + kept;
}
