/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/filter_top.h"

#include "cli/connection_text.h"
#include "cli/filter_words.h"
#include "cli/text_table.h"
#include "flowwatcher/json_filter.h"
#include "flowwatcher/json_objects.h"
#include "lib/grow.h"

#include <inttypes.h>
#include <stdlib.h>

struct ranked {
	const struct fw_filter_list *list;
	struct fw_filter_prefix prefix;
	struct fw_filter_hits hits;
};

struct ranking {
	const struct fw_filter_list *list; /* that is being read */
	struct ranked *entries;
	size_t count, capacity;
	bool no_memory;
};

static bool keep(const struct fw_filter_prefix *prefix, const struct fw_filter_hits *hits,
	void *argument)
{
	struct ranking *ranking = argument;
	struct ranked *entries;

	if (!hits->packets)
		return true;
	entries = fw_grow(ranking->entries, ranking->count, &ranking->capacity, sizeof(*entries));
	ranking->no_memory = !entries;
	if (!entries)
		return false;
	ranking->entries = entries;
	entries[ranking->count++] = (struct ranked){ ranking->list, *prefix, *hits };
	return true;
}

static int by_packets(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	if (a->hits.packets != b->hits.packets)
		return a->hits.packets < b->hits.packets ? 1 : -1;
	return fw_filter_prefix_compare(&a->prefix, &b->prefix);
}

static bool print_json(const struct ranking *ranking, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct ranked *entry = &ranking->entries[i];

		if (!fw_json_print_line(
			    fw_json_filter_prefix(entry->list, &entry->prefix, &entry->hits)))
			return false;
	}
	return true;
}

static void add_row(struct fw_text_table *table, const struct ranked *entry)
{
	char prefix[FW_FILTER_PREFIX_TEXT_SIZE], origin[FW_ORIGIN_SIZE];

	fw_text_table_cell(table, "%s",
		fw_filter_prefix_format(&entry->prefix, prefix, sizeof(prefix)));
	fw_text_table_cell(table, "%s", entry->list->adapter);
	fw_text_table_cell(table, "%s", fw_direction_words(entry->list->direction));
	fw_text_table_cell(table, "%" PRIu64, entry->hits.packets);
	fw_bytes_cell(table, entry->hits.bytes);
	fw_text_table_cell(table, "%s",
		fw_origin_text(entry->list->source, entry->prefix.line, origin, sizeof(origin)));
}

static bool print_table(const struct ranking *ranking, size_t count)
{
	static const struct fw_column columns[] = {
		{ "PREFIX", FW_LEFT },	   { "LIST OF", FW_LEFT },
		{ "DIRECTION", FW_LEFT },  { "DROPPED", FW_RIGHT },
		{ "DROPPED BYTES", FW_RIGHT }, { "FROM", FW_FLEXIBLE },
	};
	struct fw_text_table *table = fw_text_table_new(columns, FW_ARRAY_SIZE(columns));
	bool complete;

	if (!table)
		return false;
	for (size_t i = 0; i < count; i++)
		add_row(table, &ranking->entries[i]);
	complete = fw_text_table_print(table);
	fw_text_table_free(table);
	return complete;
}

enum fw_status fw_filter_top_print(struct fw_backend *backend, const struct fw_filter_lists *lists,
	uint64_t most, bool json, struct fw_error *error)
{
	struct ranking ranking = { 0 };
	enum fw_status status = FW_OK;
	size_t count;

	for (size_t i = 0; i < lists->count && status == FW_OK; i++) {
		ranking.list = &lists->rows[i];
		status = backend->ops->filter_prefixes(backend, ranking.list->id, keep, &ranking,
			error);
		if (status == FW_NOT_FOUND)
			status = FW_OK; /* it was replaced meanwhile */
	}
	if (ranking.count)
		qsort(ranking.entries, ranking.count, sizeof(*ranking.entries), by_packets);
	count = ranking.count < most ? ranking.count : (size_t)most;
	if (status == FW_OK)
		ranking.no_memory =
			!(json ? print_json(&ranking, count) : print_table(&ranking, count));
	free(ranking.entries);
	if (ranking.no_memory)
		return fw_error_set(
			error, FW_NO_MEMORY, "no memory for %zu prefixes", ranking.count);
	return status;
}
