/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/filter_places.h"

#include "cli/connection_text.h"
#include "cli/text_table.h"
#include "flowwatcher/json_filter.h"
#include "flowwatcher/json_objects.h"
#include "lib/host/host.h"

#include <inttypes.h>
#include <string.h>

struct listing {
	const struct fw_adapters *adapters;
	struct fw_text_table *table; /* NULL: JSON */
	bool no_memory;
};

static bool is_meant(const struct fw_adapters *adapters, const char *name)
{
	for (size_t i = 0; i < adapters->count; i++)
		if (!strcmp(adapters->rows[i].name, name))
			return true;
	return false;
}

static void add_row(struct fw_text_table *table, const char *adapter, const char *place,
	const struct fw_filter_counters *counters)
{
	fw_text_table_cell(table, "%s", adapter);
	fw_text_table_cell(table, "%s", place);
	fw_text_table_cell(table, "%" PRIu64, counters->packets);
	fw_bytes_cell(table, counters->bytes);
	fw_text_table_cell(table, "%" PRIu64, counters->dropped_packets);
	fw_bytes_cell(table, counters->dropped_bytes);
}

static bool take(const char *adapter, const char *place, const struct fw_filter_counters *counters,
	void *argument)
{
	struct listing *listing = argument;

	if (!counters->packets || !is_meant(listing->adapters, adapter))
		return true;
	if (listing->table)
		add_row(listing->table, adapter, place, counters);
	else
		listing->no_memory = !fw_json_print_line(
			fw_json_filter_place(adapter, place, counters, fw_host_boot_ns()));
	return !listing->no_memory;
}

enum fw_status fw_filter_places_print(struct fw_backend *backend, const struct fw_adapters *adapters, bool json,
	struct fw_error *error)
{
	static const struct fw_column columns[] = {
		{ "ADAPTER", FW_LEFT },	 { "SEEN AT", FW_LEFT },  { "PACKETS", FW_RIGHT },
		{ "BYTES", FW_RIGHT, true }, { "DROPPED", FW_RIGHT }, { "DROPPED BYTES", FW_RIGHT },
	};
	struct listing listing = { .adapters = adapters };
	enum fw_status status;

	if (!backend->ops->filter_places)
		return FW_OK;
	if (!json)
		listing.table = fw_text_table_new(columns, FW_ARRAY_SIZE(columns));
	listing.no_memory = !json && !listing.table;
	status = listing.no_memory ? FW_NO_MEMORY :
				     backend->ops->filter_places(backend, take, &listing, error);
	if (status == FW_OK && listing.table)
		listing.no_memory = !fw_text_table_print(listing.table);
	fw_text_table_free(listing.table);
	if (listing.no_memory)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu adapters", adapters->count);
	return status;
}
