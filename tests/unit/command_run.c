/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tests/unit/command_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <getopt.h>
#include <stdio.h>
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

static const struct fw_command *command_of(const char *name)
{
	for (size_t i = 0; tested_commands[i]; i++)
		if (!strcmp(tested_commands[i]->name, name))
			return tested_commands[i];
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

int run(const char *format, ...)
{
	char line[1024], *argv[MOST_WORDS + 1] = { NULL };
	FILE *out = tmpfile(), *err = tmpfile();
	int argc, code, before_out, before_err;
	const struct fw_command *command;
	va_list arguments;

	assert_true(out && err);
	va_start(arguments, format);
	assert_true(vsnprintf(line, sizeof(line), format, arguments) < (int)sizeof(line));
	va_end(arguments);
	argc = split(line, argv);
	command = command_of(argv[0]);
	fflush(stdout);
	before_out = redirect(STDOUT_FILENO, out);
	before_err = redirect(STDERR_FILENO, err);
	optind = 0;
	code = command->run(argc, argv);
	fflush(stdout);
	restore(STDOUT_FILENO, before_out, out, output, sizeof(output));
	restore(STDERR_FILENO, before_err, err, errors, sizeof(errors));
	return code;
}

void expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in '%s'", part, text);
}
