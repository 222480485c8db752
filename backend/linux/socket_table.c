/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/socket_table.h"

#include "lib/grow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool append(const void *found, void *argument)
{
	const struct fw_socket_row *row = found;
	struct fw_socket_table *table = argument;
	struct fw_socket_row *rows;

	if (row->connection.family == FW_FAMILY_NONE) {
		table->own_pid = row->holder_pid;
		table->own_start_ns = row->holder_start_ns;
		return true;
	}
	rows = fw_grow(table->rows, table->count, &table->capacity, sizeof(*rows));
	if (!rows)
		return false;
	table->rows = rows;
	rows[table->count++] = *row;
	return true;
}

static int compare_rows(const void *left, const void *right)
{
	const struct fw_socket_row *a = left, *b = right;

	if (a->connection.id != b->connection.id)
		return a->connection.id < b->connection.id ? -1 : 1;
	return (a->holder_pid > b->holder_pid) - (a->holder_pid < b->holder_pid);
}

static int collect(struct fw_socket_table *table, const struct fw_kernel_side *side,
	const enum fw_iterator *iterators, size_t count)
{
	int result = 0;

	table->count = 0;
	for (size_t i = 0; i < count && !result; i++)
		result = fw_kernel_side_rows(
			side, iterators[i], sizeof(*table->rows), append, table);
	if (!result && table->count)
		qsort(table->rows, table->count, sizeof(*table->rows), compare_rows);
	return result;
}

enum fw_status fw_socket_table_read(struct fw_socket_table *table,
	const struct fw_kernel_side *side, struct fw_error *error)
{
	static const enum fw_iterator all[] = { FW_ITERATOR_DESCRIPTORS, FW_ITERATOR_FLOWS };
	int result = collect(table, side, all, FW_ARRAY_SIZE(all));

	return result ? fw_error_set_errno(error, result, "listing the sockets") : FW_OK;
}

int fw_socket_table_read_refused(struct fw_socket_table *table, const struct fw_kernel_side *side)
{
	static const enum fw_iterator cut = FW_ITERATOR_CUT;

	return collect(table, side, &cut, 1);
}

static int compare_id(const void *id, const void *row)
{
	const uint64_t *a = id, *b = &((const struct fw_socket_row *)row)->connection.id;

	return (*a > *b) - (*a < *b);
}

const struct fw_socket_row *fw_socket_table_find(const struct fw_socket_table *table, uint64_t id)
{
	return table->count
		       ? bsearch(&id, table->rows, table->count, sizeof(*table->rows), compare_id)
		       : NULL;
}

size_t fw_socket_table_run(const struct fw_socket_table *table, size_t first)
{
	size_t end = first + 1;

	while (end < table->count &&
		table->rows[end].connection.id == table->rows[first].connection.id)
		end++;
	return end;
}

void fw_socket_table_done(struct fw_socket_table *table)
{
	free(table->rows);
	memset(table, 0, sizeof(*table));
}

enum fw_status fw_socket_table_identity(const struct fw_kernel_side *side, uint32_t *pid,
	uint64_t *start_ns, struct fw_error *error)
{
	int iterator = fw_kernel_side_iterate(side, FW_ITERATOR_DESCRIPTORS);
	struct fw_socket_row row;
	ssize_t got;

	if (iterator < 0)
		return fw_error_set_errno(error, iterator, "asking the kernel who this process is");
	do
		got = read(iterator, &row, sizeof(row));
	while (got < 0 && (errno == EINTR || errno == EAGAIN));
	close(iterator);
	if (got != sizeof(row) || row.connection.family != FW_FAMILY_NONE)
		return fw_error_set(error, FW_FAILED, "the kernel did not say who this process is");
	*pid = row.holder_pid;
	*start_ns = row.holder_start_ns;
	return FW_OK;
}
