/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

#include "lib/host/wide_text.h"
#include "lib/host/windows_error.h"

#define LONG_PATH   1024
#define NS_PER_TICK 100u /* of a FILETIME */

FILE *fw_file_open(const char *path)
{
	wchar_t *wide = fw_wide_new(path);
	FILE *file = wide ? _wfopen(wide, L"rbN") : NULL;

	if (!wide)
		errno = EINVAL;
	free(wide);
	return file;
}

int fw_file_open_descriptor(const char *path)
{
	wchar_t *wide = fw_wide_new(path);
	int fd = wide ? _wopen(wide, _O_RDONLY | _O_BINARY | _O_NOINHERIT) : -1;

	if (!wide)
		errno = EINVAL;
	free(wide);
	return fd;
}

/* Folders do not open here. Of devices that have no end there are none with a name that one writes by mistake. */
bool fw_file_look(int fd, struct fw_file_state *state)
{
	HANDLE file = (HANDLE)_get_osfhandle(fd);
	struct fw_file_state found = { .is_regular = GetFileType(file) == FILE_TYPE_DISK };
	BY_HANDLE_FILE_INFORMATION about;

	if (file == INVALID_HANDLE_VALUE) {
		errno = EBADF;
		return false;
	}
	if (found.is_regular) {
		if (!GetFileInformationByHandle(file, &about)) {
			errno = EIO;
			return false;
		}
		found.size = (uint64_t)about.nFileSizeHigh << 32 | about.nFileSizeLow;
		found.written_ns = ((uint64_t)about.ftLastWriteTime.dwHighDateTime << 32 |
					   about.ftLastWriteTime.dwLowDateTime) *
				   NS_PER_TICK;
	}
	*state = found;
	return true;
}

char *fw_file_whole_path(const char *path)
{
	wchar_t *wide = fw_wide_new(path), full[LONG_PATH];
	DWORD length = wide ? GetFullPathNameW(wide, LONG_PATH, full, NULL) : 0;

	free(wide);
	return length && length < LONG_PATH ? fw_wide_text_new(full) : NULL;
}

/* 0 or errno. */
static int write_new(const wchar_t *name, fw_file_write_fn write, void *argument)
{
	FILE *file = _wfopen(name, L"wbN");
	int problem = 0;

	if (!file)
		return errno;
	write(file, argument);
	errno = 0;
	if (fflush(file) || ferror(file) || _commit(_fileno(file)))
		problem = errno ? errno : EIO;
	if (fclose(file) && !problem)
		problem = errno;
	return problem;
}

/* Access is what the folder gives. */
enum fw_status fw_file_replace(const char *path, fw_file_write_fn write, void *argument,
	struct fw_error *error)
{
	wchar_t *wide = fw_wide_new(path);
	wchar_t beside[MAX_PATH + 16];
	enum fw_status status = FW_OK;
	int problem;

	if (!wide)
		return fw_error_set(error, FW_USAGE, "'%.200s' is no name of a file", path);
	if (wcslen(wide) > MAX_PATH) {
		status = fw_error_set(error, FW_USAGE, "'%.200s' is too long for the name of a file", path);
		goto free_wide;
	}
	_snwprintf(beside, FW_ARRAY_SIZE(beside), L"%ls.%lu", wide, GetCurrentProcessId());
	problem = write_new(beside, write, argument);
	if (problem)
		status = fw_error_set_errno(error, problem, "writing %.200s", path);
	else if (!MoveFileExW(beside, wide, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
		status = fw_error_set_windows(error, GetLastError(), "writing %.200s", path);
	if (status != FW_OK)
		DeleteFileW(beside);
free_wide:
	free(wide);
	return status;
}
