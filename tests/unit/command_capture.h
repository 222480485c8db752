/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Running a command of the program and taking what it prints. Called by tests of commands; one thread. */
#ifndef FW_TEST_COMMAND_CAPTURE_H
#define FW_TEST_COMMAND_CAPTURE_H

#include "cli/command.h"

#include <stddef.h>

/* What the last command printed, cut off at the end of these. */
extern char output[65536], errors[8192];

/* Run the one of `count` commands that the first word of `line` names, with the words that follow; returns
 * its exit code. The test ends if there is no such command. */
int command_run(const struct fw_command *const *commands, size_t count, const char *line);

#endif
