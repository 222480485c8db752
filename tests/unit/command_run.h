/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Commands of cli/ run within a test program, and what they print. One thread. */
#ifndef FW_TEST_COMMAND_RUN_H
#define FW_TEST_COMMAND_RUN_H

#include <stdarg.h>
#include <stddef.h>

#include "cli/command.h"

/* Standard output and error of the last run. */
extern char output[65536], errors[8192];

/* A command line without "flowwatcher", words apart by one space; the first is one of `commands`. Returns
 * the exit code. */
int command_run(const struct fw_command *const *commands, size_t count, const char *format,
	va_list arguments) __attribute__((format(printf, 3, 0)));

int command_run_line(const struct fw_command *const *commands, size_t count, const char *line);

/* Fails the test unless the text has the part. */
void expect(const char *text, const char *part);

#endif
