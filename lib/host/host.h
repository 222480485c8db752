/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the operating system says about a process or user by its id. One header, one implementation a
 * system (host_linux.c, host_windows.c). Callable from any thread; nothing about processes and users is cached.
 */
#ifndef FW_HOST_H
#define FW_HOST_H

#include "abi/flow.h"
#include "flowwatcher/error.h"

#define FW_UNIT_SIZE 256
#define FW_CGROUP_SIZE 4096

/* Describe a running process. FW_NOT_FOUND: it is gone. Fields that the caller may not see stay
 * empty (exe) or UINT32_MAX (uid). On Linux start_ns has the 10 ms steps of /proc/PID/stat. */
enum fw_status fw_host_process(uint32_t pid, struct fw_process *process, struct fw_error *error);

/* The command by which a user of this system lists processes, for messages. */
extern const char fw_host_list_command[];

/* Does the process (pid, start_ns), as fw_host_process() gave it, still run? A zombie does not. */
bool fw_host_process_runs(uint32_t pid, uint64_t start_ns);

/* Is the id in use, by a process or a thread? Where that cannot be told, it is. */
bool fw_host_has_pid(uint32_t pid);

/* Does the process run this very file, under whatever name? */
bool fw_host_process_runs_file(uint32_t pid, const char *path);

/* Path of the executable of a running process, `size` bytes with the zero; FW_NOT_FOUND, FW_DENIED. */
enum fw_status fw_host_process_exe(uint32_t pid, char *exe, size_t size);

/* Working directory of a running process, `size` bytes with the zero; FW_NOT_FOUND, FW_DENIED. */
enum fw_status fw_host_process_directory(uint32_t pid, char *path, size_t size);

/* Arguments of a running process, each ended by a zero byte; the caller frees *bytes. *cut: there is
 * more than 8 MiB. FW_NOT_FOUND, FW_DENIED, FW_NO_MEMORY. */
enum fw_status fw_host_process_command_line(uint32_t pid, char **bytes, size_t *length, bool *cut);

/* cgroup v2 path ("/system.slice/ssh.service") of a running process; falls back to systemd's named
 * v1 hierarchy. FW_NOT_FOUND: gone, or the machine has no cgroups. */
enum fw_status fw_host_process_cgroup(uint32_t pid, char *cgroup, size_t size);

/* The innermost systemd unit in a cgroup path ("ssh.service"); FW_NOT_FOUND when there is none. */
enum fw_status fw_host_cgroup_unit(const char *cgroup, char *unit, size_t size);

/* User name or decimal uid -> uid. FW_NOT_FOUND: no such user. */
enum fw_status fw_host_user_id(const char *name, uint32_t *uid);

/* uid -> user name, `size` bytes with the zero. FW_NOT_FOUND: no user has this id. */
enum fw_status fw_host_user_name(uint32_t uid, char *name, size_t size);

/* Every process that runs, described as fw_host_process() does, in no order; those that end meanwhile
 * are left out. A callback that returns false ends it: FW_STOPPED. */
typedef bool (*fw_host_process_fn)(const struct fw_process *process, void *argument);
enum fw_status fw_host_processes(fw_host_process_fn row, void *argument, struct fw_error *error);

/* Now: ns since boot, suspend included (CLOCK_BOOTTIME). */
uint64_t fw_host_boot_ns(void);

/* A kernel side on Windows counts the starts of processes from the moment of boot as the clock had it when it was loaded (UTC,
 * ns since 1970); from now on fw_host_process() does too, so that both have the same number for the same process. 0: nobody
 * said, and the clock as it is now counts. Told once, before there are threads; on Linux everybody reads the same number. */
void fw_host_count_from(uint64_t boot_utc_ns);
uint64_t fw_host_counted_from(void);

/* UTC time (ns since 1970) of a moment given in ns since boot. */
uint64_t fw_host_boot_to_utc_ns(uint64_t boot_ns);

/*
 * Somebody else to ask instead of this system: a recording, whose processes may have been another
 * machine's. From fw_host_use() on, the questions above about processes by their id and about the time
 * go there; users have no names, and no process runs.
 */
struct fw_host_source {
	uint64_t boot_utc_ns; /* UTC (ns since 1970) of the recorded machine's boot */
	uint64_t now_ns;      /* what fw_host_boot_ns() tells */
	/* FW_NOT_FOUND: not recorded. */
	enum fw_status (*process)(const struct fw_host_source *source, uint32_t pid,
		struct fw_process *process);
	enum fw_status (*cgroup)(const struct fw_host_source *source, uint32_t pid, char *cgroup,
		size_t size);
};

/* NULL: this system again. Process-wide; not while another thread asks. */
void fw_host_use(const struct fw_host_source *source);

/* The source in use; NULL: this system. */
const struct fw_host_source *fw_host_source(void);

#endif
