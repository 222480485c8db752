/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/rule_file.h"

#include <string.h>

#include "flowwatcher/names.h"

#define MOST_WORDS 64

/* A line that is taken apart; words are written over what was read, which they never overtake. */
struct scanner {
	const char *at;
	char *out;
	const char *problem; /* NULL: none */
};

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

static int hex_digit(char byte)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *found = byte ? strchr(digits, byte) : NULL;
	int value = found ? (int)(found - digits) : -1;

	return value < 16 ? value : value - 6;
}

/* Behind a backslash in $'...', as fw_shell_quote() writes it. */
static void take_escape(struct scanner *scanner)
{
	int high, low;

	switch (*scanner->at) {
	case 'n':
		*scanner->out++ = '\n';
		break;
	case 't':
		*scanner->out++ = '\t';
		break;
	case '\\':
	case '\'':
		*scanner->out++ = *scanner->at;
		break;
	case 'x':
		high = hex_digit(scanner->at[1]);
		low = high < 0 ? -1 : hex_digit(scanner->at[2]);
		if (low >= 0 && (high || low)) {
			*scanner->out++ = (char)(high << 4 | low);
			scanner->at += 2;
			break;
		}
		/* fallthrough */
	default:
		scanner->problem = "an escape that is none of \\n, \\t, \\xHH, \\\\, \\'";
		return;
	}
	scanner->at++;
}

/* What stands between quotes; `escapes`: a backslash is special. */
static void take_quoted(struct scanner *scanner, char quote, bool escapes)
{
	while (*scanner->at != quote && !scanner->problem) {
		if (!*scanner->at) {
			scanner->problem = "a quote that is not closed";
			return;
		}
		if (*scanner->at != '\\' || !escapes) {
			*scanner->out++ = *scanner->at++;
			continue;
		}
		scanner->at++;
		take_escape(scanner);
	}
	if (!scanner->problem)
		scanner->at++;
}

static void take_part(struct scanner *scanner)
{
	char byte = *scanner->at++;

	if (byte == '$' && *scanner->at == '\'') {
		scanner->at++;
		take_quoted(scanner, '\'', true);
	} else if (byte == '\'' || byte == '"') {
		take_quoted(scanner, byte, false);
	} else if (byte == '\\' && *scanner->at) {
		*scanner->out++ = *scanner->at++;
	} else {
		*scanner->out++ = byte;
	}
}

/* The next word; NULL: the line is over, or there is a problem. */
static char *next_word(struct scanner *scanner)
{
	char *word;
	bool is_last;

	while (is_blank(*scanner->at))
		scanner->at++;
	if (!*scanner->at || *scanner->at == '#')
		return NULL;
	word = scanner->out;
	while (*scanner->at && !is_blank(*scanner->at) && !scanner->problem)
		take_part(scanner);
	/* The end of the word may fall on the blank behind it, which is no longer needed. */
	is_last = !*scanner->at;
	if (!is_last)
		scanner->at++;
	*scanner->out++ = '\0';
	if (is_last)
		scanner->at = "";
	return scanner->problem ? NULL : word;
}

static enum fw_status split(char *line, char **words, size_t *count, struct fw_error *error)
{
	struct scanner scanner = { .at = line, .out = line };
	char *word;

	*count = 0;
	while ((word = next_word(&scanner))) {
		if (*count == MOST_WORDS)
			return fw_error_set(error, FW_USAGE, "more than %d words", MOST_WORDS);
		words[(*count)++] = word;
	}
	if (scanner.problem)
		return fw_error_set(error, FW_USAGE, "%s", scanner.problem);
	return FW_OK;
}

/* "--to=10.0.0.0/8" or "--to" and the word behind it, for which *used is 2. */
static enum fw_status take_option(struct fw_rule_draft *draft, char **words, size_t left,
	size_t *used, struct fw_error *error)
{
	char *name = words[0] + 2, *value = strchr(name, '=');

	if (value)
		*value++ = '\0';
	switch (fw_rule_draft_has_option(draft->rule.action, name)) {
	case FW_RULE_OPTION_NONE:
		break;
	case FW_RULE_OPTION_ALONE:
		if (value)
			return fw_error_set(
				error, FW_USAGE, "option '--%.60s' takes no value", name);
		break;
	case FW_RULE_OPTION_VALUE:
		if (!value && left < 2)
			return fw_error_set(
				error, FW_USAGE, "option '--%.60s' needs a value", name);
		if (!value) {
			value = words[1];
			*used = 2;
		}
		break;
	}
	return fw_rule_draft_option(draft, name, value, error);
}

static enum fw_status take_words(struct fw_rule_draft *draft, char **words, size_t count,
	struct fw_error *error)
{
	enum fw_status status = FW_OK;
	size_t used;

	for (size_t i = 0; i < count && status == FW_OK; i += used) {
		used = 1;
		if (strncmp(words[i], "--", 2) == 0)
			status = take_option(draft, words + i, count - i, &used, error);
		else
			status = fw_rule_draft_target(draft, words[i], error);
	}
	return status == FW_OK ? fw_rule_draft_check(draft, error) : status;
}

/* 0: there is none of this name. */
static uint16_t find_action(const char *name)
{
	for (uint16_t action = FW_RULE_BLOCK; action <= FW_RULE_DENY; action++)
		if (strcmp(name, fw_rule_action_name(action)) == 0)
			return action;
	return 0;
}

enum fw_status fw_rule_line_parse(char *line, struct fw_rule_draft *draft, bool *is_empty,
	struct fw_error *error)
{
	struct fw_rule_draft made = { 0 };
	char *words[MOST_WORDS];
	enum fw_status status;
	size_t count;

	status = split(line, words, &count, error);
	if (status != FW_OK)
		return status;
	*is_empty = count == 0;
	if (count == 0)
		return FW_OK;
	made.rule.action = find_action(words[0]);
	if (!made.rule.action)
		return fw_error_set(error, FW_USAGE,
			"'%.60s' is no rule; a line begins with block, limit or deny", words[0]);
	status = take_words(&made, words + 1, count - 1, error);
	if (status != FW_OK)
		return status;
	if (made.rule.target == FW_RULE_PID)
		return fw_error_set(error, FW_USAGE,
			"a file outlives the process pid:%u; name exe:, comm:, unit: or another target",
			made.rule.pid);
	*draft = made;
	return FW_OK;
}
