/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a path looks like on this system (path_linux.c, path_windows.c). Called by lib/ and cli/ from any thread. */
#ifndef FW_PATH_H
#define FW_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* The same file wherever one stands? */
bool fw_path_is_absolute(const char *path);

/* What absolute paths begin with, as an example for messages. */
const char *fw_path_root(void);

/* Do both name the same, as far as their first `length` bytes tell? Of names of processes, too. */
bool fw_path_is_same(const char *left, const char *right, size_t length);

#endif
