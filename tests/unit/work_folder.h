/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A folder of a test program's own, and one file in it. One thread. */
#ifndef FW_TEST_WORK_FOLDER_H
#define FW_TEST_WORK_FOLDER_H

extern char folder[], path[];

/* For the group of tests. The latter fails where something is left in the folder. */
int make_folder(void **state);
int remove_folder(void **state);

/* The file is this text. */
void write_file(const char *text);

#endif
