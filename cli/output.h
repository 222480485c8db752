/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Standard output whose failures are noticed. One thread. */
#ifndef FW_CLI_OUTPUT_H
#define FW_CLI_OUTPUT_H

#include <stdbool.h>

/* First of all in main(): from now on a reader of standard output that stops reading cannot keep
 * the program from ending. */
void fw_output_begin(void);

/* Write out what is buffered. False once writing has failed; the caller then stops. */
bool fw_output_flush(void);

/* Flush and say what went wrong. A reader that closed the pipe has seen enough: exit code 0, no
 * message. Anything else (a full disk): a message, exit code 1. */
int fw_output_finish(void);

/* Columns of the terminal on standard output; 0 when it is not a terminal. */
int fw_output_columns(void);

/* Does anybody still read standard output? False for a pipe whose reader has left, which a write
 * would find out only when there is something to write. */
bool fw_output_is_read(void);

/* On a terminal, cut a line of valid UTF-8 to its width. */
void fw_output_cut(char *line);

/* On a terminal, print a line of titles. */
void fw_output_title(const char *title);

/* May text be coloured: a terminal, and NO_COLOR is not set. */
bool fw_output_colour(void);

#endif
