/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Aligned columns on standard output. Cells are collected and printed at once, so that the widths
 * fit what they hold; on a terminal that is too narrow the flexible column is cut, from its left
 * where it holds a path, and then optional columns are left out. One thread.
 */
#ifndef FW_CLI_TEXT_TABLE_H
#define FW_CLI_TEXT_TABLE_H

#include "core/types.h"

#include <stdbool.h>
#include <stddef.h>

enum fw_align { FW_LEFT, FW_RIGHT, FW_FLEXIBLE /* left, and cut first */ };

struct fw_column {
	const char *title;
	enum fw_align align;
	/* left out, the last one first, when the flexible column has nothing to give */
	bool optional;
};

struct fw_text_table;

/* NULL: out of memory. `columns` must outlive the table. */
struct fw_text_table *fw_text_table_new(const struct fw_column *columns, size_t count);
void fw_text_table_free(struct fw_text_table *table);

/* Append a cell to the row being filled. Bytes a terminal should not see become '?'. Cells that
 * find no memory are left out and make fw_text_table_print() false. */
void fw_text_table_cell(struct fw_text_table *table, const char *format, ...)
	FW_PRINTF(2, 3);

/* Print the header and all rows, then forget the rows. */
bool fw_text_table_print(struct fw_text_table *table);

#endif
