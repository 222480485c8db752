/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* DbgPrint with NT's formats, which are not C's: `l` is 32 bits, I64 is 64, wZ is a counted string. */
#include <stdio.h>

#include "nt_internal.h"

#define LINE 512 /* as much as DbgPrint takes of one call */

static char *text;
static size_t used, room;

struct format {
	char flags[24]; /* what C's printf understands alike: flags, width, precision */
	bool wide, eight;
	char conversion;
};

/* Behind the '%'; returns what is behind the conversion. */
static const char *parse(const char *at, struct format *format)
{
	size_t length = 0;

	memset(format, 0, sizeof(*format));
	while (*at && strchr("-+ #0123456789.*", *at) && length < sizeof(format->flags) - 1)
		format->flags[length++] = *at++;
	for (;; at++) {
		if (!strncmp(at, "I64", 3) || !strncmp(at, "ll", 2)) {
			format->eight = true;
			at += at[0] == 'I' ? 2 : 1;
		} else if (*at == 'w')
			format->wide = true;
		else if (*at != 'l' && *at != 'h')
			break;
	}
	format->conversion = *at;
	return *at ? at + 1 : at;
}

static int put_number(char *line, size_t size, const struct format *format, va_list *arguments)
{
	char pattern[40];

	if (format->conversion == 'p')
		return snprintf(line, size, "%016zx", va_arg(*arguments, uintptr_t));
	snprintf(pattern, sizeof(pattern), "%%%s%s%c", format->flags, format->eight ? "ll" : "", format->conversion);
	if (format->eight)
		return snprintf(line, size, pattern, va_arg(*arguments, unsigned long long));
	return snprintf(line, size, pattern, va_arg(*arguments, int));
}

static int put_wide(char *line, size_t size, const WCHAR *string, size_t length)
{
	size_t index;

	for (index = 0; string && index < length && string[index] && index + 1 < size; index++)
		line[index] = string[index] < 128 ? (char)string[index] : '?';
	line[index] = 0;
	return (int)index;
}

static int put_string(char *line, size_t size, const struct format *format, va_list *arguments)
{
	const UNICODE_STRING *string;
	char pattern[40];

	if (format->conversion == 'Z') {
		string = va_arg(*arguments, const UNICODE_STRING *);
		if (!format->wide)
			return snprintf(line, size, "%.*s", string->Length, (const char *)string->Buffer);
		if (nt_self()->irql > APC_LEVEL)
			nt_violation(NT_RULE_LEVEL, "DbgPrint of a Unicode string at IRQL %u", nt_self()->irql);
		return put_wide(line, size, string->Buffer, string->Length / sizeof(WCHAR));
	}
	if (format->conversion == 'S' || format->wide)
		return put_wide(line, size, va_arg(*arguments, const WCHAR *), LINE);
	snprintf(pattern, sizeof(pattern), "%%%ss", format->flags);
	return snprintf(line, size, pattern, va_arg(*arguments, const char *));
}

static void format_line(char *line, const char *pattern, va_list *arguments)
{
	struct format format;
	size_t length = 0;
	int count;

	while (*pattern && length + 1 < LINE) {
		if (*pattern != '%' || pattern[1] == '%') {
			pattern += *pattern == '%';
			line[length++] = *pattern++;
			continue;
		}
		pattern = parse(pattern + 1, &format);
		if (format.conversion && strchr("sSZ", format.conversion))
			count = put_string(line + length, LINE - length, &format, arguments);
		else if (format.conversion && strchr("diuxXocp", format.conversion))
			count = put_number(line + length, LINE - length, &format, arguments);
		else
			nt_violation(0, "DbgPrint: a conversion that NT does not know: '%c'", format.conversion);
		length += (size_t)count < LINE - length ? (size_t)count : LINE - length - 1;
	}
	line[length] = 0;
}

static void keep(const char *line)
{
	size_t length = strlen(line);

	nt_lock();
	if (used + length + 1 > room) {
		room = (used + length + 1) * 2;
		text = realloc(text, room);
	}
	memcpy(text + used, line, length + 1);
	used += length;
	nt_unlock();
}

static ULONG print(const char *pattern, va_list *arguments)
{
	char line[LINE];

	nt_enter("DbgPrint", DISPATCH_LEVEL);
	format_line(line, pattern, arguments);
	keep(line);
	if (getenv("NT_VERBOSE"))
		fprintf(stderr, "  %s", line);
	return STATUS_SUCCESS;
}

ULONG DbgPrint(const char *pattern, ...)
{
	va_list arguments;

	va_start(arguments, pattern);
	print(pattern, &arguments);
	va_end(arguments);
	return STATUS_SUCCESS;
}

ULONG DbgPrintEx(ULONG component, ULONG level, const char *pattern, ...)
{
	va_list arguments;

	(void)component;
	(void)level;
	va_start(arguments, pattern);
	print(pattern, &arguments);
	va_end(arguments);
	return STATUS_SUCCESS;
}

char *nt_debug_text(void)
{
	char *result;

	nt_lock();
	result = text ? text : calloc(1, 1);
	text = NULL;
	used = room = 0;
	nt_unlock();
	return result;
}

void nt_print_reset(void)
{
	free(nt_debug_text());
}
