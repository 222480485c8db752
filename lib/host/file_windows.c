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

FILE *fw_file_open(const char *path)
{
	wchar_t *wide = fw_wide_new(path);
	FILE *file = wide ? _wfopen(wide, L"rbN") : NULL;

	if (!wide)
		errno = EINVAL;
	free(wide);
	return file;
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
