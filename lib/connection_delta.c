/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/connection_delta.h"

#include <stdlib.h>
#include <string.h>

#include "flowwatcher/counters.h"
#include "lib/grow.h"
#include "lib/hash_index.h"

/* A snapshot may still show a socket just after its close record; its row stays so long to know
 * it. */
#define CLOSED_GRACE 2u
/* A socket gone from the snapshots has its close record under way; after this it was lost. */
#define VANISHED_GRACE 8u

struct fw_connection_delta {
	struct fw_connection_row *rows;
	size_t count;
	size_t capacity;
	struct fw_hash_index index;
	uint32_t generation; /* of the interval under way; 1 ends with the first snapshot */
	bool out_of_memory;
	bool keep_closed;
	size_t limit;
	uint64_t omitted;
	uint64_t group;
	uint64_t lost;
	uint64_t time_ns;
	uint64_t first_time_ns;
};

struct fw_connection_delta *fw_connection_delta_new(bool keep_closed, size_t limit)
{
	struct fw_connection_delta *delta = calloc(1, sizeof(*delta));

	if (!delta)
		return NULL;
	delta->generation = 1;
	delta->keep_closed = keep_closed;
	delta->limit = keep_closed ? limit : SIZE_MAX;
	return delta;
}

void fw_connection_delta_free(struct fw_connection_delta *delta)
{
	if (!delta)
		return;
	fw_hash_index_done(&delta->index);
	free(delta->rows);
	free(delta);
}

void fw_connection_delta_set_group(struct fw_connection_delta *delta, uint64_t group)
{
	delta->group = group;
}

static struct fw_connection_row *find_row(struct fw_connection_delta *delta, uint64_t id)
{
	struct fw_hash_cursor cursor = fw_hash_index_find(&delta->index, fw_hash_mix(id, 0));
	uint32_t entry;

	while (fw_hash_index_next(&delta->index, &cursor, &entry))
		if (delta->rows[entry].connection.id == id)
			return &delta->rows[entry];
	return NULL;
}

static struct fw_connection_row *new_row(struct fw_connection_delta *delta,
	const struct fw_connection *connection, bool ignored)
{
	struct fw_connection_row *row, *rows;

	rows = fw_grow(delta->rows, delta->count, &delta->capacity, sizeof(*rows));
	if (!rows)
		return NULL;
	delta->rows = rows;
	if (!fw_hash_index_insert(&delta->index, fw_hash_mix(connection->id, 0),
		    (uint32_t)delta->count))
		return NULL;
	row = &rows[delta->count++];
	memset(row, 0, sizeof(*row));
	row->connection = *connection;
	row->touched = delta->generation;
	row->ignored = ignored;
	if (!ignored && (delta->generation > 1 || delta->keep_closed)) {
		row->interval = connection->counters;
		row->since_first = connection->counters;
	}
	return row;
}

static void update_row(struct fw_connection_delta *delta, struct fw_connection_row *row,
	const struct fw_connection *connection)
{
	struct fw_counters *known = &row->connection.counters;
	struct fw_counters more = fw_counters_since(&connection->counters, known);
	struct fw_counters now = fw_counters_max(&connection->counters, known);

	if (row->touched != delta->generation) {
		memset(&row->interval, 0, sizeof(row->interval));
		row->touched = delta->generation;
	}
	if (delta->generation > 1 || delta->keep_closed) {
		fw_counters_add(&row->interval, &more);
		fw_counters_add(&row->since_first, &more);
	}
	/* The close record has the last word on state and times. */
	if (!row->closed)
		row->connection = *connection;
	row->connection.counters = now;
}

/* The row of a connection, made if there is none; NULL: not wanted, beyond the limit or no
 * memory. */
static struct fw_connection_row *take(struct fw_connection_delta *delta,
	const struct fw_connection *connection, bool ignored)
{
	struct fw_connection_row *row = find_row(delta, connection->id);

	if (row) {
		update_row(delta, row, connection);
		return row;
	}
	if (delta->group && connection->group != delta->group)
		return NULL;
	if (delta->count >= delta->limit) {
		delta->omitted++;
		return NULL;
	}
	row = new_row(delta, connection, ignored);
	if (!row)
		delta->out_of_memory = true;
	return row;
}

bool fw_connection_delta_add(const struct fw_connection *connection, void *argument)
{
	struct fw_connection_delta *delta = argument;

	take(delta, connection, false);
	return !delta->out_of_memory;
}

/* Closed before the first snapshot was complete, and not in it: its bytes are not of our time. */
static bool is_before_first(const struct fw_connection_delta *delta,
	const struct fw_record_header *record)
{
	if (delta->keep_closed)
		return false;
	return delta->generation == 1 || record->time_ns <= delta->first_time_ns;
}

bool fw_connection_delta_record(const struct fw_record_header *record, void *argument)
{
	struct fw_connection_delta *delta = argument;
	struct fw_connection_record close_record;
	struct fw_connection_row *row;

	if (record->type == FW_RECORD_LOSS && record->size >= sizeof(struct fw_loss_record)) {
		struct fw_loss_record loss;

		memcpy(&loss, record, sizeof(loss));
		delta->lost += loss.lost[FW_RECORD_CONNECTION_CLOSE];
		return true;
	}
	if (record->type != FW_RECORD_CONNECTION_CLOSE || record->size < sizeof(close_record))
		return true;
	memcpy(&close_record, record, sizeof(close_record));
	row = take(delta, &close_record.connection, is_before_first(delta, record));
	if (row)
		row->closed = true;
	return !delta->out_of_memory;
}

static bool is_over(const struct fw_connection_delta *delta, const struct fw_connection_row *row)
{
	uint32_t age = delta->generation - row->touched;

	if (delta->keep_closed)
		return false;
	return age > (row->closed ? CLOSED_GRACE : VANISHED_GRACE);
}

/* Rows that no snapshot and no record touched have moved nothing; the oldest of them go. */
static bool sweep(struct fw_connection_delta *delta)
{
	size_t kept = 0;

	for (size_t i = 0; i < delta->count; i++) {
		struct fw_connection_row *row = &delta->rows[i];

		if (is_over(delta, row))
			continue;
		if (row->touched != delta->generation)
			memset(&row->interval, 0, sizeof(row->interval));
		if (kept != i)
			delta->rows[kept] = *row;
		kept++;
	}
	if (kept == delta->count)
		return true;
	delta->count = kept;
	fw_hash_index_clear(&delta->index);
	for (size_t i = 0; i < kept; i++)
		if (!fw_hash_index_insert(&delta->index,
			    fw_hash_mix(delta->rows[i].connection.id, 0), (uint32_t)i))
			return false;
	return true;
}

enum fw_status fw_connection_delta_end(struct fw_connection_delta *delta, uint64_t time_ns,
	struct fw_connection_interval *interval, struct fw_error *error)
{
	struct fw_connection_interval result = { .time_ns = time_ns, .lost = delta->lost };

	if (delta->out_of_memory || !sweep(delta))
		return fw_error_set(error, FW_NO_MEMORY,
			"out of memory for %zu connections; free some memory and start again",
			delta->count);
	for (size_t i = 0; i < delta->count; i++) {
		fw_counters_add(&result.connections, &delta->rows[i].interval);
		result.moved += fw_counters_any(&delta->rows[i].interval);
	}
	if (delta->generation == 1) {
		delta->first_time_ns = time_ns;
	} else {
		result.interval_ns = time_ns - delta->time_ns;
		result.since_first_ns = time_ns - delta->first_time_ns;
	}
	delta->time_ns = time_ns;
	delta->lost = 0;
	delta->generation++;
	*interval = result;
	return FW_OK;
}

size_t fw_connection_delta_count(const struct fw_connection_delta *delta)
{
	return delta->count;
}

struct fw_connection_row *fw_connection_delta_row(struct fw_connection_delta *delta, size_t index)
{
	return &delta->rows[index];
}

uint64_t fw_connection_delta_omitted(const struct fw_connection_delta *delta)
{
	return delta->omitted;
}
