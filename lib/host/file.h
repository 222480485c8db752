/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Files of this system, by names in UTF-8 (file_linux.c, file_windows.c). Called by cli/ from any thread. */
#ifndef FW_FILE_H
#define FW_FILE_H

#include <stdio.h>

#include "flowwatcher/error.h"

/* To read; children do not have it. NULL: errno says why. */
FILE *fw_file_open(const char *path);

typedef void (*fw_file_write_fn)(FILE *file, void *argument);

/* Put what `write` writes in the place of `path`: it is there whole or not at all, readable by its owner alone. */
enum fw_status fw_file_replace(const char *path, fw_file_write_fn write, void *argument,
	struct fw_error *error);

#endif
