/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/command_line.h"

#include <stdlib.h>
#include <string.h>

#include "flowwatcher/text_codec.h"

bool fw_arguments_next(struct fw_arguments *arguments, const char **argument, size_t *length)
{
	size_t left = (size_t)(arguments->end - arguments->at);

	if (left == 0)
		return false;
	*argument = arguments->at;
	*length = strnlen(arguments->at, left);
	arguments->at += *length + (*length < left);
	return true;
}

/* At most one byte an argument is added beside what its zero byte took. */
char *fw_command_line_join(struct fw_arguments arguments, size_t *joined)
{
	char *text = malloc((size_t)(arguments.end - arguments.at) + 1);
	const char *argument;
	size_t length, out = 0;

	if (!text)
		return NULL;
	for (bool first = true; fw_arguments_next(&arguments, &argument, &length); first = false) {
		if (!first)
			text[out++] = ' ';
		memcpy(text + out, argument, length);
		out += length;
	}
	text[out] = '\0';
	*joined = out;
	return text;
}

/* An empty argument takes three bytes, a zero byte became four: there is room for both. */
char *fw_command_line_quote(struct fw_arguments arguments)
{
	char *text = malloc(FW_SHELL_QUOTED_SIZE((size_t)(arguments.end - arguments.at)));
	const char *argument;
	size_t length, out = 0;

	if (!text)
		return NULL;
	text[0] = '\0';
	for (bool first = true; fw_arguments_next(&arguments, &argument, &length); first = false) {
		if (!first)
			text[out++] = ' ';
		out += fw_shell_quote(argument, length, text + out);
	}
	return text;
}
