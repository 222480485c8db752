/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/text_table.h"

#include "cli/output.h"
#include "flowwatcher/text_codec.h"
#include "lib/grow.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_BYTES    512
#define GAP	      2
#define FLEXIBLE_LEAST 16
#define MAX_COLUMNS   16

struct fw_text_table {
	const struct fw_column *columns;
	size_t column_count;
	char **cells;
	size_t cell_count;
	size_t capacity;
	bool incomplete;
};

struct fw_text_table *fw_text_table_new(const struct fw_column *columns, size_t count)
{
	struct fw_text_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->columns = columns;
	table->column_count = count < MAX_COLUMNS ? count : MAX_COLUMNS;
	return table;
}

static void forget_rows(struct fw_text_table *table)
{
	for (size_t i = 0; i < table->cell_count; i++)
		free(table->cells[i]);
	table->cell_count = 0;
	table->incomplete = false;
}

void fw_text_table_free(struct fw_text_table *table)
{
	if (!table)
		return;
	forget_rows(table);
	free(table->cells);
	free(table);
}

static bool append(struct fw_text_table *table, const char *text)
{
	char **cells =
		fw_grow(table->cells, table->cell_count, &table->capacity, sizeof(*cells));

	if (!cells)
		return false;
	table->cells = cells;
	cells[table->cell_count] = strdup(text);
	if (!cells[table->cell_count])
		return false;
	table->cell_count++;
	return true;
}

void fw_text_table_cell(struct fw_text_table *table, const char *format, ...)
{
	char raw[CELL_BYTES], text[CELL_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	fw_text_printable(raw, strlen(raw), text, sizeof(text));
	if (!append(table, text))
		table->incomplete = true;
}

static void measure(const struct fw_text_table *table, size_t *widths)
{
	memset(widths, 0, MAX_COLUMNS * sizeof(*widths));
	for (size_t c = 0; c < table->column_count; c++)
		widths[c] = strlen(table->columns[c].title);
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t columns = fw_text_columns(table->cells[i]);
		size_t *width = &widths[i % table->column_count];

		if (columns > *width)
			*width = columns;
	}
}

static size_t line_width(const struct fw_text_table *table, const size_t *widths)
{
	size_t total = 0;

	for (size_t c = 0; c < table->column_count; c++)
		if (widths[c])
			total += widths[c] + (c ? GAP : 0);
	return total;
}

static void squeeze(const struct fw_text_table *table, size_t *widths, size_t terminal)
{
	for (size_t c = 0; c < table->column_count; c++) {
		size_t total = line_width(table, widths), excess, spare;

		if (total <= terminal)
			return;
		if (table->columns[c].align != FW_FLEXIBLE || widths[c] <= FLEXIBLE_LEAST)
			continue;
		excess = total - terminal;
		spare = widths[c] - FLEXIBLE_LEAST;
		widths[c] -= excess < spare ? excess : spare;
	}
}

/* Width 0 is a column left out. Flexible columns give up anew what is needed after each. */
static void fit(const struct fw_text_table *table, size_t *widths)
{
	size_t terminal = (size_t)fw_output_columns();
	size_t tried[MAX_COLUMNS];

	if (!terminal)
		return;
	for (size_t last = table->column_count;; last--) {
		memcpy(tried, widths, sizeof(tried));
		squeeze(table, tried, terminal);
		if (line_width(table, tried) <= terminal || last == 0)
			break;
		if (table->columns[last - 1].optional)
			widths[last - 1] = 0;
	}
	memcpy(widths, tried, sizeof(tried));
}

static void spaces(size_t count)
{
	printf("%*s", (int)count, "");
}

static const char *skip_character(const char *text)
{
	do
		text++;
	while (((unsigned char)*text & 0xc0) == 0x80);
	return text;
}

/* Prints `width` characters of valid UTF-8; of a path the end, which tells more than its
 * beginning. */
static void print_cut(const char *text, size_t width)
{
	size_t used = fw_text_columns(text);
	const char *end;

	if (used > width && text[0] == '/' && width > 2) {
		fputs("..", stdout);
		width -= 2;
		for (; used > width; used--)
			text = skip_character(text);
	}
	for (end = text; *end && width; width--)
		end = skip_character(end);
	fwrite(text, 1, (size_t)(end - text), stdout);
}

static bool is_last(const struct fw_text_table *table, size_t column, const size_t *widths)
{
	while (++column < table->column_count)
		if (widths[column])
			return false;
	return true;
}

static void print_cell(const struct fw_text_table *table, size_t column, const char *text,
	const size_t *widths)
{
	size_t width = widths[column], used = fw_text_columns(text);

	if (!width)
		return;
	if (column)
		spaces(GAP);
	if (used > width)
		used = width;
	if (table->columns[column].align == FW_RIGHT)
		spaces(width - used);
	print_cut(text, width);
	if (is_last(table, column, widths))
		putchar('\n');
	else if (table->columns[column].align != FW_RIGHT)
		spaces(width - used);
}

static void print_header(const struct fw_text_table *table, const size_t *widths)
{
	bool colour = fw_output_colour();

	if (colour)
		fputs("\033[1m", stdout);
	for (size_t c = 0; c < table->column_count; c++)
		print_cell(table, c, table->columns[c].title, widths);
	if (colour)
		fputs("\033[0m", stdout);
}

bool fw_text_table_print(struct fw_text_table *table)
{
	size_t widths[MAX_COLUMNS];
	bool complete = !table->incomplete;

	measure(table, widths);
	fit(table, widths);
	print_header(table, widths);
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t column = i % table->column_count;

		print_cell(table, column, table->cells[i], widths);
	}
	forget_rows(table);
	return complete;
}
