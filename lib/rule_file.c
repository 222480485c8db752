/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/rule_file.h"

#include "lib/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_RULES 65536u /* more than any kernel side keeps */
#define SHOWN	   100	  /* bytes of a line that a message quotes */

/* `text`: of the line, or "". */
static enum fw_status refuse(const char *name, uint32_t line, const char *text, const char *reason,
	struct fw_error *error)
{
	char shown[SHOWN + 1];

	fw_text_printable(text, strlen(text), shown, sizeof(shown));
	return fw_error_set(error, FW_MALFORMED, "%.120s line %u: '%s%s': %s", name, line, shown,
		strlen(text) > SHOWN ? "..." : "", reason);
}

static bool make_room(struct fw_rule_file *rules, size_t more)
{
	size_t capacity = rules->capacity;
	struct fw_rule *grown =
		fw_grow_by(rules->rules, rules->count, more, &capacity, sizeof(*grown));
	struct fw_rule_place *places;

	if (!grown)
		return false;
	rules->rules = grown;
	places = fw_grow_by(
		rules->places, rules->count, more, &rules->capacity, sizeof(*places));
	if (!places)
		return false;
	rules->places = places;
	return true;
}

static enum fw_status append(struct fw_rule_file *rules, const struct fw_rule_draft *draft,
	uint32_t line, uint64_t now_ns, struct fw_error *error)
{
	size_t count;

	if (!make_room(rules, FW_RULE_PEERS))
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu rules", rules->count);
	count = fw_rule_draft_expand(draft, now_ns, rules->rules + rules->count);
	for (size_t i = 0; i < count; i++)
		rules->places[rules->count++] = (struct fw_rule_place){ line, draft->force };
	return FW_OK;
}

/* `line` has FW_RULE_LINE_SIZE bytes and ends with the file or a line feed, or is too long. */
static enum fw_status take_line(struct fw_rule_file *rules, const char *name, uint32_t number,
	char *line, size_t length, uint64_t now_ns, struct fw_error *error)
{
	char text[SHOWN + 2] = ""; /* parsing writes over the line */
	struct fw_rule_draft draft;
	struct fw_error problem = { FW_OK, "" };
	bool is_empty;

	if (length && line[length - 1] == '\n')
		line[--length] = '\0';
	memcpy(text, line, strnlen(line, sizeof(text) - 1));
	if (length + 1 >= FW_RULE_LINE_SIZE)
		return refuse(name, number, text, "the line is too long", error);
	if (strlen(line) != length)
		return refuse(name, number, text, "there is a zero byte in the line", error);
	if (fw_rule_line_parse(line, &draft, &is_empty, &problem) != FW_OK)
		return refuse(name, number, text, problem.text, error);
	if (is_empty)
		return FW_OK;
	if (rules->count > MOST_RULES)
		return refuse(name, number, text, "there are too many rules", error);
	return append(rules, &draft, number, now_ns, error);
}

/* The bytes of the next line, as far as FW_RULE_LINE_SIZE - 1 of them; zero bytes may be among
 * them. */
static size_t read_line(FILE *file, char *line)
{
	size_t length = 0;
	int byte = 0;

	while (length < FW_RULE_LINE_SIZE - 1 && byte != '\n' && (byte = getc(file)) != EOF)
		line[length++] = (char)byte;
	line[length] = '\0';
	return length;
}

enum fw_status fw_rule_file_read(FILE *file, const char *name, uint64_t now_ns,
	struct fw_rule_file *rules, struct fw_error *error)
{
	struct fw_rule_file read = { .count = 0 };
	enum fw_status status = FW_OK;
	char line[FW_RULE_LINE_SIZE];
	size_t length;

	errno = 0;
	for (uint32_t number = 1; status == FW_OK && (length = read_line(file, line)); number++)
		status = take_line(&read, name, number, line, length, now_ns, error);
	if (status == FW_OK && ferror(file))
		status = fw_error_set_errno(error, errno, "reading %.200s", name);
	if (status == FW_OK)
		*rules = read;
	else
		fw_rule_file_done(&read);
	return status;
}

void fw_rule_file_done(struct fw_rule_file *rules)
{
	free(rules->rules);
	free(rules->places);
	memset(rules, 0, sizeof(*rules));
}

static int by_target(const void *left, const void *right, void *argument)
{
	const struct fw_rule_file *rules = argument;
	size_t x = *(const size_t *)left, y = *(const size_t *)right;
	const struct fw_rule *a = &rules->rules[x], *b = &rules->rules[y];
	int order;

	if (a->action != b->action)
		return a->action < b->action ? -1 : 1;
	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	order = strncmp(a->text, b->text, sizeof(a->text));
	if (order)
		return order;
	if (a->uid != b->uid)
		return a->uid < b->uid ? -1 : 1;
	return (x > y) - (x < y);
}

static enum fw_status check_pair(const struct fw_rule_file *rules, const char *name, size_t first,
	size_t second, struct fw_error *error)
{
	char target[FW_RULE_TARGET_SIZE], reason[64];

	if (rules->rules[first].action != FW_RULE_LIMIT ||
		rules->rules[second].action != FW_RULE_LIMIT ||
		!fw_rule_same_target(&rules->rules[first], &rules->rules[second]))
		return FW_OK;
	snprintf(reason, sizeof(reason), "line %u limits this target already",
		rules->places[first].line);
	fw_rule_target_text(&rules->rules[second], target, sizeof(target));
	return refuse(name, rules->places[second].line, target, reason, error);
}

enum fw_status fw_rule_file_check(const struct fw_rule_file *rules, const char *name,
	struct fw_error *error)
{
	size_t *order = reallocarray(NULL, rules->count + 1, sizeof(*order));
	enum fw_status status = FW_OK;

	if (!order)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu rules", rules->count);
	for (size_t i = 0; i < rules->count; i++)
		order[i] = i;
	qsort_r(order, rules->count, sizeof(*order), by_target, (void *)rules);
	for (size_t i = 1; i < rules->count && status == FW_OK; i++)
		status = check_pair(rules, name, order[i - 1], order[i], error);
	free(order);
	return status;
}
