/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* rule_target.h on Windows: exe: is a path with its drive, without links and short names, whatever its case. */
#include "cli/rule_target.h"

#include "lib/host/wide_text.h"
#include "lib/host/windows_error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

#define EXE	  "exe:"
#define LONG_PATH 1024
#define LONG_MARK L"\\\\?\\"
#define LONG_UNC  L"\\\\?\\UNC\\"

char *fw_rule_target_absolute(const char *text, struct fw_error *error)
{
	const char *path = text + strlen(EXE);
	wchar_t wide[LONG_PATH], full[LONG_PATH];
	char made[LONG_PATH * 3 + sizeof(EXE)] = EXE;
	DWORD length = 0;
	char *copy;

	if (strncmp(text, EXE, strlen(EXE)) || !*path) {
		copy = strdup(text);
	} else {
		if (fw_text_to_wide(path, wide, LONG_PATH))
			length = GetFullPathNameW(wide, LONG_PATH, full, NULL);
		if (!length || length >= LONG_PATH ||
			!fw_wide_to_text(full, made + strlen(EXE), sizeof(made) - strlen(EXE))) {
			fw_error_set(error, FW_USAGE, "'%.100s' is no path of an executable", path);
			return NULL;
		}
		copy = strdup(made);
	}
	if (!copy)
		fw_error_set(error, FW_NO_MEMORY, "no memory for target '%.100s'", text);
	return copy;
}

typedef DWORD(WINAPI *final_path_fn)(HANDLE file, wchar_t *path, DWORD size, DWORD flags);

/* Where links end, which XP does not have: 0 there. */
static DWORD final_path(const wchar_t *path, wchar_t *real)
{
	final_path_fn ask = (final_path_fn)(void *)GetProcAddress(GetModuleHandleW(L"kernel32.dll"),
		"GetFinalPathNameByHandleW");
	HANDLE file = ask ? CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
				    NULL, OPEN_EXISTING, 0, NULL)
			  : INVALID_HANDLE_VALUE;
	DWORD length;

	if (file == INVALID_HANDLE_VALUE)
		return 0;
	length = ask(file, real, LONG_PATH, 0);
	CloseHandle(file);
	return length < LONG_PATH ? length : 0;
}

/* Without the mark that such paths begin with. */
static void cut_mark(wchar_t *path)
{
	size_t mark = wcslen(LONG_MARK), unc = wcslen(LONG_UNC);

	if (!wcsncmp(path, LONG_UNC, unc))
		memmove(path + 1, path + unc - 1, (wcslen(path + unc - 1) + 1) * sizeof(*path));
	else if (!wcsncmp(path, LONG_MARK, mark))
		memmove(path, path + mark, (wcslen(path + mark) + 1) * sizeof(*path));
}

static bool read_real(const wchar_t *path, char *text, size_t size)
{
	wchar_t real[LONG_PATH];
	DWORD length = final_path(path, real);

	if (length)
		cut_mark(real);
	else
		length = GetLongPathNameW(path, real, LONG_PATH);
	return length && length < LONG_PATH && fw_wide_to_text(real, text, size);
}

/* Which file it is now: rules say later whether there was one. */
static void note_file(struct fw_rule *rule, const wchar_t *path)
{
	HANDLE file = CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
		OPEN_EXISTING, 0, NULL);
	BY_HANDLE_FILE_INFORMATION found;

	rule->device = 0;
	rule->inode = 1; /* there is one, even if it cannot be opened */
	if (file == INVALID_HANDLE_VALUE)
		return;
	if (GetFileInformationByHandle(file, &found)) {
		rule->device = found.dwVolumeSerialNumber;
		rule->inode = (uint64_t)found.nFileIndexHigh << 32 | found.nFileIndexLow;
	}
	CloseHandle(file);
}

enum fw_status fw_rule_target_resolve(struct fw_rule *rule, bool tell, struct fw_error *error)
{
	wchar_t wide[LONG_PATH];
	char real[LONG_PATH * 3];
	DWORD attributes;

	if (rule->target != FW_RULE_EXE)
		return FW_OK;
	if (!fw_text_to_wide(rule->text, wide, LONG_PATH))
		return fw_error_set(error, FW_USAGE, "'%.100s' is no path", rule->text);
	attributes = GetFileAttributesW(wide);
	if (attributes == INVALID_FILE_ATTRIBUTES) {
		if (fw_windows_status(GetLastError()) != FW_NOT_FOUND)
			return fw_error_set_windows(error, GetLastError(), "looking for exe:%.200s",
				rule->text);
		if (tell)
			fprintf(stderr,
				"flowwatcher: there is no %s yet: the rule is about what will be there\n",
				rule->text);
		return FW_OK;
	}
	if (attributes & FILE_ATTRIBUTE_DIRECTORY)
		return fw_error_set(error, FW_USAGE,
			"%.200s is a directory; give the executable itself", rule->text);
	note_file(rule, wide);
	if (!read_real(wide, real, sizeof(real)))
		return FW_OK;
	return fw_rule_target_set_path(
		rule, real, tell && _stricmp(rule->text, real), "comm:", error);
}
