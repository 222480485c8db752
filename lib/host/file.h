/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Files of this system, by names in UTF-8 (file_linux.c, file_windows.c). Called by lib/ and cli/ from any thread. */
#ifndef FW_FILE_H
#define FW_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "flowwatcher/error.h"

/* To read; children do not have it. NULL: errno says why. */
FILE *fw_file_open(const char *path);

/* The same as a descriptor; -1: errno says why. */
int fw_file_open_descriptor(const char *path);

/* What tells whether a file is still the one that it was. */
struct fw_file_state {
	bool is_directory;
	bool is_device;	 /* that may have no end; terminals and the null device are none */
	bool is_regular; /* the rest counts for these only */
	uint64_t size;
	uint64_t written_ns; /* from some point in time on */
};

/* False: errno says why. */
bool fw_file_look(int fd, struct fw_file_state *state);

/* From the root on; on Linux without links too. On the heap; NULL: not known. */
char *fw_file_whole_path(const char *path);

typedef void (*fw_file_write_fn)(FILE *file, void *argument);

/* Put what `write` writes in the place of `path`: it is there whole or not at all, readable by its owner alone. */
enum fw_status fw_file_replace(const char *path, fw_file_write_fn write, void *argument,
	struct fw_error *error);

#endif
