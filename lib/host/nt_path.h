/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Paths as the driver has them (\Device\HarddiskVolume2\folder\file) and as people write them (C:\folder\file), in
 * UTF-8. Pure functions over a table of the drives, which drive_table.c reads. Any thread.
 */
#ifndef FW_NT_PATH_H
#define FW_NT_PATH_H

#include <stdbool.h>
#include <stddef.h>

#define FW_DRIVES	     26
#define FW_DRIVE_DEVICE_SIZE 128
#define FW_WINDOWS_PATH_SIZE 260

struct fw_drive_table {
	char devices[FW_DRIVES][FW_DRIVE_DEVICE_SIZE]; /* of A: and so on; "": there is no such drive */
	char windows[FW_WINDOWS_PATH_SIZE];	       /* what \SystemRoot stands for: "C:\Windows" */
};

/* Of this machine, now. */
void fw_drive_table_read(struct fw_drive_table *table);

/*
 * Make a path of the driver one of people, in place: the result is never longer. Returns its length; a path of no
 * known form stays as it is. `path` needs no terminating zero, and gets none.
 */
size_t fw_nt_path_to_dos(const struct fw_drive_table *table, char *path, size_t length);

/* The other way, with a terminating zero. False: it is no absolute path, or `size` is too small. */
bool fw_nt_path_from_dos(const struct fw_drive_table *table, const char *path, char *nt, size_t size);

#endif
