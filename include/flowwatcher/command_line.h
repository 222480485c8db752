/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The arguments of a process as records carry them (struct fw_process_create_record): each ended by
 * a zero byte, the last one perhaps not. Callable from any thread.
 */
#ifndef FLOWWATCHER_COMMAND_LINE_H
#define FLOWWATCHER_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct fw_arguments {
	const char *at, *end;
};

/* `bytes` may be NULL when `length` is 0. */
static inline struct fw_arguments fw_arguments_of(const char *bytes, size_t length)
{
	return (struct fw_arguments){ bytes, length ? bytes + length : bytes };
}

/* The next argument (which may be empty), without its zero byte. False: there are no more. */
bool fw_arguments_next(struct fw_arguments *arguments, const char **argument, size_t *length);

/* The arguments joined by single spaces, as they are, *joined bytes and a zero. Heap; NULL: out of
 * memory. */
char *fw_command_line_join(struct fw_arguments arguments, size_t *joined);

/* The same, each argument as fw_shell_quote() writes it, so that it can be given to a shell. */
char *fw_command_line_quote(struct fw_arguments arguments);

#endif
