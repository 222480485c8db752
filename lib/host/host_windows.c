/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * host.h for Windows, with what XP has. There are no cgroups, no units and no numbers of users: who asks for them is
 * told that there are none.
 */
#include "lib/host/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <psapi.h>
#include <tlhelp32.h>

#include "lib/host/nt_path.h"
#include "lib/host/path.h"
#include "lib/host/wide_text.h"
#include "lib/host/windows_error.h"

const char fw_host_list_command[] = "tasklist";

#define PATH_SIZE	   (4 * 1024)
#define NS_PER_TICK	   100u			/* of Windows' times */
#define TICKS_TO_1970	   116444736000000000ull /* from 1601 */
#define CLOCK_NOISE_NS	   20000000u		/* the system's clocks move in steps of up to 16 ms */
#define LIMITED_INFORMATION 0x1000		/* PROCESS_QUERY_LIMITED_INFORMATION, since Vista */

/* Where every process sees the time since boot, suspend included, in units of 100 ns (KUSER_SHARED_DATA). The upper
 * half is written twice, so that a reading across a change shows. */
struct shared_time {
	volatile uint32_t low;
	volatile int32_t high, high_again;
};
#define INTERRUPT_TIME ((const struct shared_time *)0x7ffe0008)

uint64_t fw_host_boot_ns(void)
{
	int32_t high;
	uint32_t low;

	if (fw_host_source())
		return fw_host_source()->now_ns;
	do {
		high = INTERRUPT_TIME->high;
		low = INTERRUPT_TIME->low;
	} while (high != INTERRUPT_TIME->high_again);
	return ((uint64_t)(uint32_t)high << 32 | low) * NS_PER_TICK;
}

static uint64_t ticks_of(const FILETIME *time)
{
	return (uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime;
}

static uint64_t utc_ns(void)
{
	FILETIME now;

	GetSystemTimeAsFileTime(&now);
	return (ticks_of(&now) - TICKS_TO_1970) * NS_PER_TICK;
}

/* UTC minus time since boot; it stays what it was until it has changed by more than the clocks' steps. */
static uint64_t clock_difference(void)
{
	static _Thread_local uint64_t kept;
	uint64_t difference = utc_ns() - fw_host_boot_ns();

	if (!kept || difference - kept + CLOCK_NOISE_NS > 2 * CLOCK_NOISE_NS)
		kept = difference;
	return kept;
}

uint64_t fw_host_boot_to_utc_ns(uint64_t boot_ns)
{
	if (fw_host_source())
		return fw_host_source()->boot_utc_ns + boot_ns;
	return boot_ns + clock_difference();
}

/* NULL: it is gone, or nobody may look at it; GetLastError() tells. */
static HANDLE open_process(uint32_t pid)
{
	HANDLE process = OpenProcess(LIMITED_INFORMATION, FALSE, pid);

	/* XP does not know the narrower right. */
	return process ? process : OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, pid);
}

static bool read_start(HANDLE process, uint64_t *start_ns)
{
	FILETIME created, exited, kernel, user;
	uint64_t from = fw_host_counted_from(), utc;

	if (!GetProcessTimes(process, &created, &exited, &kernel, &user))
		return false;
	utc = (ticks_of(&created) - TICKS_TO_1970) * NS_PER_TICK;
	if (!from)
		from = clock_difference();
	*start_ns = utc > from ? utc - from : 1; /* as the driver has it */
	return true;
}

/* Length of the path as people write it; 0: not known. */
static size_t read_exe(HANDLE process, char path[PATH_SIZE])
{
	struct fw_drive_table drives;
	wchar_t wide[1024];
	size_t length;

	if (!GetProcessImageFileNameW(process, wide, FW_ARRAY_SIZE(wide)) ||
		!fw_wide_to_text(wide, path, PATH_SIZE))
		return 0;
	fw_drive_table_read(&drives);
	length = fw_nt_path_to_dos(&drives, path, strlen(path));
	path[length] = '\0';
	return length;
}

static void fill_exe(HANDLE handle, struct fw_process *process)
{
	char path[PATH_SIZE];
	size_t length = read_exe(handle, path);
	const char *from = path;

	if (length > FW_EXE_SIZE - 1) {
		from = path + length - (FW_EXE_SIZE - 1);
		process->flags |= FW_PROCESS_EXE_CUT;
		length = FW_EXE_SIZE - 1;
	}
	memcpy(process->exe, from, length);
}

static void fill(const PROCESSENTRY32W *entry, struct fw_process *process)
{
	char comm[MAX_PATH * 3 + 1];
	HANDLE handle;

	*process = (struct fw_process){
		.pid = entry->th32ProcessID,
		.parent_pid = entry->th32ParentProcessID,
		.uid = UINT32_MAX,
	};
	fw_wide_to_text(entry->szExeFile, comm, sizeof(comm));
	snprintf(process->comm, sizeof(process->comm), "%.*s", FW_COMM_SIZE - 1, comm);
	handle = open_process(process->pid);
	if (!handle)
		return;
	read_start(handle, &process->start_ns);
	fill_exe(handle, process);
	CloseHandle(handle);
}

/* Every process, or with `pid` the one. FW_STOPPED: a callback ended it, or the one was found. */
static enum fw_status each_process(const uint32_t *pid, fw_host_process_fn row, void *argument,
	struct fw_error *error)
{
	HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	PROCESSENTRY32W entry = { .dwSize = sizeof(entry) };
	enum fw_status status = FW_OK;
	struct fw_process process;

	if (snapshot == INVALID_HANDLE_VALUE)
		return fw_error_set_windows(error, GetLastError(), "listing the processes");
	for (BOOL more = Process32FirstW(snapshot, &entry); more && status == FW_OK;
		more = Process32NextW(snapshot, &entry)) {
		if (pid && entry.th32ProcessID != *pid)
			continue;
		fill(&entry, &process);
		if (!row(&process, argument) || pid)
			status = FW_STOPPED;
	}
	CloseHandle(snapshot);
	return status;
}

static bool keep_process(const struct fw_process *process, void *argument)
{
	memcpy(argument, process, sizeof(*process));
	return false;
}

enum fw_status fw_host_process(uint32_t pid, struct fw_process *process, struct fw_error *error)
{
	struct fw_process found;
	enum fw_status status;

	if (fw_host_source())
		return fw_host_source()->process(fw_host_source(), pid, process);
	status = each_process(&pid, keep_process, &found, error);
	if (status == FW_OK)
		return fw_error_set(error, FW_NOT_FOUND,
			"process %u is not running (list processes with `%s`)", pid,
			fw_host_list_command);
	if (status != FW_STOPPED)
		return status;
	*process = found;
	return FW_OK;
}

bool fw_host_process_runs(uint32_t pid, uint64_t start_ns)
{
	HANDLE handle = open_process(pid);
	DWORD code = 0;
	uint64_t found_ns;
	bool runs;

	if (!handle)
		return GetLastError() == ERROR_ACCESS_DENIED;
	runs = read_start(handle, &found_ns) && found_ns - start_ns + CLOCK_NOISE_NS <= 2 * CLOCK_NOISE_NS &&
	       GetExitCodeProcess(handle, &code) && code == STILL_ACTIVE;
	CloseHandle(handle);
	return runs;
}

bool fw_host_has_pid(uint32_t pid)
{
	HANDLE handle = open_process(pid);

	if (!handle)
		return GetLastError() == ERROR_ACCESS_DENIED;
	CloseHandle(handle);
	return true;
}

enum fw_status fw_host_process_exe(uint32_t pid, char *exe, size_t size)
{
	HANDLE handle = open_process(pid);
	char path[PATH_SIZE];
	size_t length;

	if (!handle)
		return GetLastError() == ERROR_ACCESS_DENIED ? FW_DENIED : FW_NOT_FOUND;
	length = read_exe(handle, path);
	CloseHandle(handle);
	if (!length || length >= size)
		return length ? FW_FAILED : FW_NOT_FOUND;
	memcpy(exe, path, length + 1);
	return FW_OK;
}

bool fw_host_process_runs_file(uint32_t pid, const char *path)
{
	char exe[PATH_SIZE];

	return fw_host_process_exe(pid, exe, sizeof(exe)) == FW_OK && strlen(exe) == strlen(path) &&
	       fw_path_is_same(exe, path, strlen(path));
}

/* Another process's working directory and arguments are in its own memory, where nobody should look. */
enum fw_status fw_host_process_directory(uint32_t pid, char *path, size_t size)
{
	(void)pid;
	(void)path;
	(void)size;
	return FW_NOT_FOUND;
}

enum fw_status fw_host_process_command_line(uint32_t pid, char **bytes, size_t *length, bool *cut)
{
	(void)pid;
	(void)bytes;
	(void)length;
	(void)cut;
	return FW_NOT_FOUND;
}

enum fw_status fw_host_process_cgroup(uint32_t pid, char *cgroup, size_t size)
{
	(void)pid;
	(void)cgroup;
	(void)size;
	return FW_NOT_FOUND;
}

enum fw_status fw_host_cgroup_unit(const char *cgroup, char *unit, size_t size)
{
	(void)cgroup;
	(void)unit;
	(void)size;
	return FW_NOT_FOUND;
}

enum fw_status fw_host_user_id(const char *name, uint32_t *uid)
{
	(void)name;
	(void)uid;
	return FW_NOT_FOUND;
}

enum fw_status fw_host_user_name(uint32_t uid, char *name, size_t size)
{
	(void)uid;
	(void)name;
	(void)size;
	return FW_NOT_FOUND;
}

enum fw_status fw_host_processes(fw_host_process_fn row, void *argument, struct fw_error *error)
{
	return fw_host_source() ? FW_OK : each_process(NULL, row, argument, error);
}
