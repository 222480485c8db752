/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/path.h"

#include <string.h>

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_separator(char c)
{
	return c == '\\' || c == '/';
}

/* C:\folder, \\server\share; not \folder, which is on the drive one stands on. */
bool fw_path_is_absolute(const char *path)
{
	if (is_letter(path[0]) && path[1] == ':')
		return is_separator(path[2]);
	return is_separator(path[0]) && is_separator(path[1]);
}

const char *fw_path_root(void)
{
	return "C:\\";
}

bool fw_path_is_same(const char *left, const char *right, size_t length)
{
	return _strnicmp(left, right, length) == 0;
}
