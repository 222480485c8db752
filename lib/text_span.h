/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Pieces of a line of text, which need no terminating zero. For the readers of lib/; any thread. */
#ifndef FW_TEXT_SPAN_H
#define FW_TEXT_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct fw_span {
	const char *text;
	size_t length;
};

static inline bool fw_is_blank(char character)
{
	return character == ' ' || (character >= '\t' && character <= '\r');
}

static inline bool fw_span_is(const struct fw_span *span, const char *text)
{
	return span->length == strlen(text) && memcmp(span->text, text, span->length) == 0;
}

/* What lies between two places, without the blanks around it. */
static inline struct fw_span fw_span_between(const char *begin, const char *end)
{
	while (begin < end && fw_is_blank(*begin))
		begin++;
	while (end > begin && fw_is_blank(end[-1]))
		end--;
	return (struct fw_span){ begin, (size_t)(end - begin) };
}

/* Take the first word off; empty: there is none. What is left begins with a word. */
static inline struct fw_span fw_span_take_word(struct fw_span *span)
{
	const char *end = span->text, *last = span->text + span->length;
	struct fw_span word;

	while (end < last && !fw_is_blank(*end))
		end++;
	word = (struct fw_span){ span->text, (size_t)(end - span->text) };
	*span = fw_span_between(end, last);
	return word;
}

/* Take the last word off. */
static inline struct fw_span fw_span_take_last_word(struct fw_span *span)
{
	const char *last = span->text + span->length, *begin = last;
	struct fw_span word;

	while (begin > span->text && !fw_is_blank(begin[-1]))
		begin--;
	word = (struct fw_span){ begin, (size_t)(last - begin) };
	*span = fw_span_between(span->text, begin);
	return word;
}

#endif
