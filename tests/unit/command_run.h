/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Commands of cli/ run within a test program, and what they print. One thread. */
#ifndef FW_TEST_COMMAND_RUN_H
#define FW_TEST_COMMAND_RUN_H

#include "cli/command.h"

/* Standard output and error of the last run. */
extern char output[65536], errors[8192];

/* What is under test, ended by NULL; each test program has its own. */
extern const struct fw_command *const tested_commands[];

/* A command line without "flowwatcher", words apart by one space. Returns the exit code. */
int run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Fails the test unless the text has the part. */
void expect(const char *text, const char *part);

#endif
