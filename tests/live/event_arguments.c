// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Command lines: long ones, the longest that the kernel takes, and ones of odd bytes. */
#include "event_generator.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SINGLE_MOST 131071u /* the kernel's MAX_ARG_STRLEN without the zero byte */
#define LIMIT_STEP 2048u    /* bytes less at each attempt */
#define LIMIT_ATTEMPTS 200u

/* `bytes` characters that tell where they stand: "12.0 12.1 12.2 ..." for argument 12. */
static char *numbered_argument(size_t index, size_t bytes)
{
	char *text = fw_event_keep(bytes + 32);
	size_t used = 0, word = 0;

	while (used < bytes)
		used += (size_t)sprintf(text + used, "%zu.%zu ", index, word++);
	text[bytes] = '\0';
	return text;
}

/* argv[0], `count` arguments of `bytes` each, and one of `last` bytes if that is not 0. */
static char **arguments_of(size_t count, size_t bytes, size_t last)
{
	static char name[] = "fwevents_tiny";
	char **arguments = fw_event_keep((count + 3) * sizeof(*arguments));
	size_t i;

	arguments[0] = name;
	for (i = 1; i <= count; i++)
		arguments[i] = numbered_argument(i, bytes);
	if (last)
		arguments[i] = numbered_argument(i, last);
	return arguments;
}

static void exec_with(const char *role, char **arguments)
{
	struct fw_event_row *row = fw_event_row_new(role);
	pid_t pid;

	fw_event_exec_planned(row, fw_tiny(), arguments);
	pid = fork();
	if (pid == 0) {
		fw_child_begin(row);
		fw_exec_row(row);
	}
	fw_child_made(row, pid);
	fw_child_reap(row);
}

/* What an exec may take by POSIX, less at each attempt: how much of it the kernel needs for itself
 * is nowhere defined. The environment is empty. */
static char **arguments_of_limit(unsigned int attempt)
{
	size_t total = (size_t)sysconf(_SC_ARG_MAX) - LIMIT_STEP * attempt;
	size_t each = SINGLE_MOST + 1 + sizeof(char *);
	size_t rest = total % each, overhead = sizeof(char *) + 1;

	return arguments_of(total / each, SINGLE_MOST, rest > overhead ? rest - overhead : 0);
}

static void exec_at_limit(void *argument)
{
	struct fw_event_row *row = argument;
	char *environment[] = { NULL };
	unsigned int attempt;

	for (attempt = 0; attempt < LIMIT_ATTEMPTS; attempt++) {
		row->attempt = attempt;
		row->execs = 1;
		execve(fw_tiny(), arguments_of_limit(attempt), environment);
		row->execs = 0;
		if (errno != E2BIG)
			break;
	}
	fw_event_fail("exec with the longest command line");
}

void fw_run_long_command_line(void)
{
	struct fw_event_row *row;

	exec_with("1 argument of 100 kB", arguments_of(1, 100000, 0));
	exec_with("5 arguments of 20 kB", arguments_of(5, 20000, 0));
	exec_with("1000 arguments of 100 bytes", arguments_of(1000, 100, 0));
	exec_with("argument of the most bytes", arguments_of(1, SINGLE_MOST, 0));
	row = fw_child_start("command line of the most bytes", exec_at_limit, NULL);
	fw_child_reap(row);
	row->arguments = arguments_of_limit(row->attempt);
	snprintf(row->exe, sizeof(row->exe), "%s", fw_tiny());
}

void fw_run_odd_arguments(void)
{
	static char *text[] = { "a name with spaces", "", " two  blanks ", "line\nbreak",
		"tab\tstop", "\"double\"", "'single'", "it's", "back\\slash", "$HOME `x` *",
		"\x01\x1b[31m\x7f", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7", "-", "--", "",
		NULL };
	static char *bytes[] = { "fwevents_tiny", "\xff\xfe", "cut \xe2\x82", "overlong \xc0\xaf",
		"surrogate \xed\xa0\x80", "latin \xe9t\xe9", "", "plain", NULL };
	static char *nothing[] = { "", NULL };

	exec_with("odd text", text);
	exec_with("no UTF-8", bytes);
	exec_with("one empty argument", nothing);
}
