/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/windows/filter_rows.h"

#include <stdlib.h>
#include <string.h>

#include "backend/windows/device_rows.h"
#include "core/prefix_order.h"
#include "lib/grow.h"
#include "lib/host/network_adapters.h"

#define MOST_ROWS 65536u /* more than any driver has adapters */

static void end_text(char *text, size_t size)
{
	text[size - 1] = '\0';
}

static enum fw_status malformed(struct fw_error *error, const char *what, const char *why)
{
	return fw_error_set(error, FW_MALFORMED, "%s: the driver's answer is not as it must be (%s); %s", what, why,
		fw_device_renewal(FW_DEVICE_FILTER));
}

bool fw_filter_rows_same_name(const char *left, const char *right)
{
	for (; *left || *right; left++, right++) {
		char a = *left >= 'a' && *left <= 'z' ? (char)(*left - 'a' + 'A') : *left;
		char b = *right >= 'a' && *right <= 'z' ? (char)(*right - 'a' + 'A') : *right;

		if (a != b)
			return false;
	}
	return true;
}

/* Rows of an answer, all of them, before any is handed out. */
struct kept {
	void *at;
	size_t size; /* of a row */
	size_t count, capacity;
	bool no_memory;
};

static bool keep(void *row, void *argument)
{
	struct kept *kept = argument;
	void *at;

	if (kept->count == MOST_ROWS)
		return false;
	at = fw_grow(kept->at, kept->count, &kept->capacity, kept->size);
	kept->no_memory = !at;
	if (!at)
		return false;
	kept->at = at;
	memcpy((char *)at + kept->count++ * kept->size, row, kept->size);
	return true;
}

static enum fw_status keep_all(struct fw_device_channel *channel, uint32_t command, const char *what, struct kept *kept,
	struct fw_error *error)
{
	const struct fw_rows_request request = { command, kept->size, what, keep, kept };
	enum fw_status status = fw_device_rows(channel, &request, error);

	if (kept->no_memory)
		return fw_error_set(error, FW_NO_MEMORY, "%s: no memory for more than %zu of them", what, kept->count);
	return status == FW_STOPPED ? malformed(error, what, "too many of them") : status;
}

static void tidy_direction(struct fw_adapter_direction *direction)
{
	end_text(direction->reason, sizeof(direction->reason));
	end_text(direction->pattern, sizeof(direction->pattern));
}

static void tidy_adapter(struct fw_adapter *adapter)
{
	end_text(adapter->name, sizeof(adapter->name));
	end_text(adapter->driver, sizeof(adapter->driver));
	end_text(adapter->medium, sizeof(adapter->medium));
	end_text(adapter->alias, sizeof(adapter->alias));
	tidy_direction(&adapter->in);
	tidy_direction(&adapter->out);
	if (adapter->mac_length > sizeof(adapter->mac))
		adapter->mac_length = sizeof(adapter->mac);
}

static bool take_alias(const struct fw_network_adapter *from, void *argument)
{
	const struct kept *kept = argument;
	struct fw_adapter *adapters = kept->at;

	for (size_t i = 0; i < kept->count; i++) {
		if (!fw_filter_rows_same_name(from->name, adapters[i].name))
			continue;
		memcpy(adapters[i].alias, from->alias, sizeof(adapters[i].alias));
		adapters[i].address_count = (uint32_t)from->address_count;
	}
	return true;
}

/* What users call an adapter, and its addresses, are not the driver's to know. */
enum fw_status fw_filter_rows_adapters(struct fw_device_channel *channel, fw_adapter_fn row, void *argument,
	struct fw_error *error)
{
	struct kept kept = { .size = sizeof(struct fw_adapter) };
	enum fw_status status =
		keep_all(channel, FW_FILTER_CONTROL_ADAPTERS, "listing the adapters", &kept, error);
	struct fw_adapter *adapters = kept.at;

	for (size_t i = 0; i < kept.count; i++)
		tidy_adapter(&adapters[i]);
	if (kept.count)
		fw_network_adapters(take_alias, &kept, NULL);
	for (size_t i = 0; i < kept.count && status == FW_OK; i++)
		if (!row(&adapters[i], argument))
			status = FW_STOPPED;
	free(kept.at);
	return status;
}

static int compare_lists(const void *left, const void *right)
{
	const struct fw_filter_list *a = left, *b = right;
	int order = strcmp(a->adapter, b->adapter);

	return order ? order : (a->id > b->id) - (a->id < b->id);
}

/* By adapter; the driver has them as they were set. */
enum fw_status fw_filter_rows_lists(struct fw_device_channel *channel, fw_filter_list_fn row, void *argument,
	struct fw_error *error)
{
	struct kept kept = { .size = sizeof(struct fw_filter_list) };
	enum fw_status status = keep_all(channel, FW_FILTER_CONTROL_LISTS, "listing the lists", &kept, error);
	struct fw_filter_list *lists = kept.at;

	for (size_t i = 0; i < kept.count; i++) {
		end_text(lists[i].adapter, sizeof(lists[i].adapter));
		end_text(lists[i].source, sizeof(lists[i].source));
		lists[i].direction &= FW_FILTER_BOTH;
	}
	if (status == FW_OK && kept.count)
		qsort(lists, kept.count, sizeof(*lists), compare_lists);
	for (size_t i = 0; i < kept.count && status == FW_OK; i++)
		if (!row(&lists[i], argument))
			status = FW_STOPPED;
	free(kept.at);
	return status;
}

struct prefix_rows {
	fw_filter_prefix_fn row;
	void *argument;
	struct fw_filter_prefix last;
	bool has_last, is_wrong;
};

/* Who looks something up in them relies on their order. */
static bool hand_prefix(void *row, void *argument)
{
	const struct fw_filter_control_prefix *found = row;
	struct prefix_rows *rows = argument;

	rows->is_wrong = !fw_prefix_is_sound(&found->prefix) ||
			 (rows->has_last && !fw_prefix_may_follow(&rows->last, &found->prefix));
	if (rows->is_wrong)
		return false;
	rows->last = found->prefix;
	rows->has_last = true;
	return rows->row(&found->prefix, &found->hits, rows->argument);
}

enum fw_status fw_filter_rows_prefixes(struct fw_device_channel *channel, uint32_t list, fw_filter_prefix_fn row,
	void *argument, struct fw_error *error)
{
	struct prefix_rows rows = { .row = row, .argument = argument };
	const struct fw_rows_request request = { FW_FILTER_CONTROL_PREFIXES,
		sizeof(struct fw_filter_control_prefix), "listing the prefixes", hand_prefix, &rows };
	enum fw_status status = fw_device_rows_of(channel, list, &request, error);

	return rows.is_wrong ? malformed(error, request.what, "prefixes that are none, or in no order") : status;
}

struct place_rows {
	fw_filter_place_fn row;
	void *argument;
};

static bool hand_place(void *row, void *argument)
{
	static const char *const names[FW_FILTER_PLACES] = {
		[FW_FILTER_PLACE_SEND] = "send",
		[FW_FILTER_PLACE_LOOKAHEAD] = "lookahead",
		[FW_FILTER_PLACE_PACKET] = "packet",
	};
	const struct place_rows *rows = argument;
	struct fw_filter_control_place *place = row;

	end_text(place->name, sizeof(place->name));
	return rows->row(place->name, place->place < FW_FILTER_PLACES ? names[place->place] : "unknown",
		&place->counters, rows->argument);
}

enum fw_status fw_filter_rows_places(struct fw_device_channel *channel, fw_filter_place_fn row, void *argument,
	struct fw_error *error)
{
	struct place_rows rows = { row, argument };
	const struct fw_rows_request request = { FW_FILTER_CONTROL_PLACES, sizeof(struct fw_filter_control_place),
		"listing where packets are seen", hand_place, &rows };

	return fw_device_rows(channel, &request, error);
}

struct event_rows {
	fw_adapter_event_fn row;
	void *argument;
};

static bool hand_event(void *row, void *argument)
{
	const struct event_rows *rows = argument;
	struct fw_adapter_event *event = row;

	end_text(event->name, sizeof(event->name));
	event->direction &= FW_FILTER_BOTH;
	return rows->row(event, rows->argument);
}

/* An answer without a row would be asked for again at once, for ever. */
enum fw_status fw_filter_rows_events(const void *answer, uint32_t length, fw_adapter_event_fn row, void *argument,
	struct fw_error *error)
{
	struct event_rows rows = { row, argument };
	const struct fw_rows_request request = { FW_FILTER_CONTROL_FOLLOW, sizeof(struct fw_adapter_event),
		"following adapters", hand_event, &rows };
	const struct fw_control_rows *header = answer;

	if (length >= sizeof(*header) && !header->count)
		return malformed(error, request.what, "no rows");
	return fw_device_rows_hand(&request, answer, length, error);
}
