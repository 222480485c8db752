/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tests/unit/command_run.h"

#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_WORDS 32

char output[65536], errors[8192];

static int redirect(int fd, FILE *to)
{
	int before = dup(fd);

	assert_true(before >= 0 && dup2(fileno(to), fd) == fd);
	return before;
}

static void restore(int fd, int before, FILE *from, char *text, size_t size)
{
	size_t length;

	dup2(before, fd);
	close(before);
	rewind(from);
	length = fread(text, 1, size - 1, from);
	text[length] = '\0';
	fclose(from);
}

static const struct fw_command *command_of(const struct fw_command *const *commands, size_t count,
	const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	fail_msg("no command %s", name);
	return NULL;
}

static int split(char *line, char **words)
{
	char *save;
	int count = 0;

	for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		assert_true(count < MOST_WORDS);
		words[count++] = word;
	}
	assert_true(count > 0);
	return count;
}

int command_run_line(const struct fw_command *const *commands, size_t count, const char *line)
{
	char *argv[MOST_WORDS + 1] = { NULL }, *copy = strdup(line);
	FILE *out = tmpfile(), *err = tmpfile();
	int argc, code, before_out, before_err;
	const struct fw_command *command;

	assert_true(copy && out && err);
	argc = split(copy, argv);
	command = command_of(commands, count, argv[0]);
	fflush(stdout);
	before_out = redirect(STDOUT_FILENO, out);
	before_err = redirect(STDERR_FILENO, err);
	optind = 0;
	code = command->run(argc, argv);
	fflush(stdout);
	restore(STDOUT_FILENO, before_out, out, output, sizeof(output));
	restore(STDERR_FILENO, before_err, err, errors, sizeof(errors));
	free(copy);
	return code;
}

int command_run(const struct fw_command *const *commands, size_t count, const char *format,
	va_list arguments)
{
	char line[1024];

	vsnprintf(line, sizeof(line), format, arguments);
	return command_run_line(commands, count, line);
}

void expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in '%s'", part, text);
}
