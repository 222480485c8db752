/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/text_table.h"

#include "cli/output.h"
#include "flowwatcher/text_codec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_BYTES    512
#define GAP	      2
#define FLEXIBLE_LEAST 8
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
	char *copy = strdup(text);

	if (copy && table->cell_count == table->capacity) {
		size_t capacity = table->capacity ? table->capacity * 2 : 64;
		char **cells = realloc(table->cells, capacity * sizeof(*cells));

		if (cells) {
			table->cells = cells;
			table->capacity = capacity;
		}
	}
	if (!copy || table->cell_count == table->capacity) {
		free(copy);
		return false;
	}
	table->cells[table->cell_count++] = copy;
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
	for (size_t c = 0; c < table->column_count; c++)
		widths[c] = strlen(table->columns[c].title);
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t columns = fw_text_columns(table->cells[i]);
		size_t *width = &widths[i % table->column_count];

		if (columns > *width)
			*width = columns;
	}
}

/* On a terminal the flexible column gives up what the line is too long. */
static void fit(const struct fw_text_table *table, size_t *widths)
{
	size_t total = 0, terminal = (size_t)fw_output_columns();

	for (size_t c = 0; c < table->column_count; c++)
		total += widths[c] + (c ? GAP : 0);
	for (size_t c = 0; terminal && c < table->column_count && total > terminal; c++) {
		size_t excess = total - terminal, spare;

		if (table->columns[c].align != FW_FLEXIBLE || widths[c] <= FLEXIBLE_LEAST)
			continue;
		spare = widths[c] - FLEXIBLE_LEAST;
		widths[c] -= excess < spare ? excess : spare;
		total -= excess < spare ? excess : spare;
	}
}

static void spaces(size_t count)
{
	printf("%*s", (int)count, "");
}

/* Prints the first `width` characters; the text is valid UTF-8. */
static void print_cut(const char *text, size_t width)
{
	for (; *text && width; width--) {
		do
			putchar(*text++);
		while (((unsigned char)*text & 0xc0) == 0x80);
	}
}

static void print_cell(const struct fw_text_table *table, size_t column, const char *text,
	size_t width)
{
	size_t used = fw_text_columns(text);
	bool last = column + 1 == table->column_count;

	if (column)
		spaces(GAP);
	if (used > width)
		used = width;
	if (table->columns[column].align == FW_RIGHT)
		spaces(width - used);
	print_cut(text, width);
	if (table->columns[column].align != FW_RIGHT && !last)
		spaces(width - used);
	if (last)
		putchar('\n');
}

static void print_header(const struct fw_text_table *table, const size_t *widths)
{
	bool colour = fw_output_colour();

	if (colour)
		fputs("\033[1m", stdout);
	for (size_t c = 0; c < table->column_count; c++)
		print_cell(table, c, table->columns[c].title, widths[c]);
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

		print_cell(table, column, table->cells[i], widths[column]);
	}
	forget_rows(table);
	return complete;
}
