/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/path.h"

#include <string.h>

bool fw_path_is_absolute(const char *path)
{
	return path[0] == '/';
}

const char *fw_path_root(void)
{
	return "/";
}

bool fw_path_is_same(const char *left, const char *right, size_t length)
{
	return strncmp(left, right, length) == 0;
}
