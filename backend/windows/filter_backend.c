/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/windows/filter_backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/windows/device_greeting.h"
#include "backend/windows/device_rows.h"
#include "backend/windows/filter_draft.h"
#include "backend/windows/filter_rows.h"
#include "flowwatcher/adapter_pattern.h"
#include "lib/host/network_adapters.h"

#define EVENT_BYTES 65536u

struct filter_backend {
	struct fw_backend base;
	struct fw_device_channel *channel;
	uint8_t *events; /* buffer of the one read for them; NULL: nobody follows */
	bool is_pending; /* it is the driver's */
};

static struct filter_backend *self(struct fw_backend *base)
{
	return (struct filter_backend *)base;
}

static enum fw_status filter_adapters(struct fw_backend *base, fw_adapter_fn row, void *argument,
	struct fw_error *error)
{
	return fw_filter_rows_adapters(self(base)->channel, row, argument, error);
}

struct naming {
	uint32_t index;
	char name[FW_ADAPTER_NAME_SIZE];
};

static bool find_index(const struct fw_adapter *adapter, void *argument)
{
	struct naming *naming = argument;

	if (adapter->index != naming->index)
		return true;
	memcpy(naming->name, adapter->name, sizeof(naming->name));
	return false;
}

struct address_listing {
	const char *name;
	fw_adapter_address_fn row;
	void *argument;
	bool was_stopped;
};

static bool hand_addresses(const struct fw_network_adapter *adapter, void *argument)
{
	struct address_listing *listing = argument;

	if (!fw_filter_rows_same_name(adapter->name, listing->name))
		return true;
	for (size_t i = 0; i < adapter->address_count && !listing->was_stopped; i++)
		listing->was_stopped = !listing->row(&adapter->addresses[i], listing->argument);
	return false;
}

/* The driver knows the adapters, Windows their addresses; one that no protocol of these is bound to has none. */
static enum fw_status filter_addresses(struct fw_backend *base, uint32_t index, fw_adapter_address_fn row,
	void *argument, struct fw_error *error)
{
	struct naming naming = { .index = index };
	struct address_listing listing = { naming.name, row, argument, false };
	enum fw_status status = fw_filter_rows_adapters(self(base)->channel, find_index, &naming, error);

	if (status == FW_OK)
		return fw_error_set(error, FW_NOT_FOUND, "there is no adapter with index %u any more", index);
	if (status != FW_STOPPED)
		return status;
	status = fw_network_adapters(hand_addresses, &listing, error);
	if (listing.was_stopped)
		return FW_STOPPED;
	return status == FW_STOPPED ? FW_OK : status;
}

struct search {
	const char *name;
	bool found;
};

static bool find_name(const struct fw_adapter *adapter, void *argument)
{
	struct search *search = argument;

	search->found = !strcmp(adapter->name, search->name);
	return !search->found;
}

/* The driver does not say which of the names is that of no adapter. */
static enum fw_status name_missing(struct filter_backend *backend, const struct fw_filter_change *changes,
	size_t count, struct fw_error *error)
{
	for (size_t i = 0; i < count; i++) {
		struct search search = { .name = changes[i].adapter };

		if (fw_adapter_is_pattern(search.name))
			continue;
		if (fw_filter_rows_adapters(backend->channel, find_name, &search, NULL) == FW_OK && !search.found)
			return fw_error_set(error, FW_NOT_FOUND,
				"there is no adapter %.64s here; 'flowwatcher filter enum' lists them", search.name);
	}
	return FW_NOT_FOUND;
}

static enum fw_status filter_set(struct fw_backend *base, const struct fw_filter_change *changes, size_t count,
	enum fw_filter_way way, struct fw_error *error)
{
	enum fw_status status;

	if (way != FW_FILTER_WAY_BEST && way != FW_FILTER_WAY_KEEP)
		return fw_error_set(error, FW_UNSUPPORTED,
			"not on Windows: --hook %s; the NDIS driver sees all packets, leave it out",
			way == FW_FILTER_WAY_NATIVE  ? "native" :
			way == FW_FILTER_WAY_GENERIC ? "generic" :
						       "tc");
	status = fw_filter_draft_set(changes, count, error);
	return status == FW_NOT_FOUND ? name_missing(self(base), changes, count, error) : status;
}

/* The driver matches patterns itself, as adapters come. */
static enum fw_status filter_settle(struct fw_backend *base, struct fw_error *error)
{
	(void)base;
	(void)error;
	return FW_OK;
}

static enum fw_status filter_lists(struct fw_backend *base, fw_filter_list_fn row, void *argument,
	struct fw_error *error)
{
	return fw_filter_rows_lists(self(base)->channel, row, argument, error);
}

static enum fw_status filter_prefixes(struct fw_backend *base, uint32_t list, fw_filter_prefix_fn row,
	void *argument, struct fw_error *error)
{
	return fw_filter_rows_prefixes(self(base)->channel, list, row, argument, error);
}

static enum fw_status filter_places(struct fw_backend *base, fw_filter_place_fn row, void *argument,
	struct fw_error *error)
{
	return fw_filter_rows_places(self(base)->channel, row, argument, error);
}

/* A handle is about one adapter for good, so the question has its own. */
static enum fw_status adapter_query(struct fw_backend *base, const char *adapter, uint32_t question, void *answer,
	uint32_t size, uint32_t *length, struct fw_error *error)
{
	const struct fw_filter_control_query query = { sizeof(query), question };
	struct fw_filter_control_open open = { .size = sizeof(open) };
	struct fw_device_channel *channel;
	enum fw_status status = fw_device_greet(FW_DEVICE_FILTER, &channel, error);
	uint32_t returned;
	char what[64];

	(void)base;
	if (status != FW_OK)
		return status;
	memcpy(open.adapter, adapter, strnlen(adapter, sizeof(open.adapter) - 1));
	status = fw_device_call(channel, FW_FILTER_CONTROL_OPEN, &open, sizeof(open), NULL, 0, &returned,
		"opening the adapter", error);
	snprintf(what, sizeof(what), "asking the adapter for OID 0x%08x", question);
	if (status == FW_OK)
		status = fw_device_call(channel, FW_FILTER_CONTROL_QUERY, &query, sizeof(query), answer, size,
			length, what, error);
	fw_device_close(channel);
	return status;
}

/* Events are kept for this handle from the first read on. */
static enum fw_status begin_read(struct filter_backend *backend, struct fw_error *error)
{
	enum fw_status status;

	if (!backend->events)
		backend->events = malloc(EVENT_BYTES);
	if (!backend->events)
		return fw_error_set(error, FW_NO_MEMORY, "no memory to follow adapters");
	status = fw_device_read_start(backend->channel, 0, backend->events, EVENT_BYTES, error);
	backend->is_pending = status == FW_OK;
	return status;
}

static enum fw_status filter_follow(struct fw_backend *base, int timeout_ms, fw_adapter_event_fn row,
	void *argument, struct fw_error *error)
{
	struct filter_backend *backend = self(base);
	enum fw_status status = backend->is_pending ? FW_OK : begin_read(backend, error);
	uint32_t length;
	bool done;

	if (status == FW_OK)
		status = fw_device_read_wait(backend->channel, 0, timeout_ms, &done, &length, error);
	if (status != FW_OK) {
		backend->is_pending = false;
		return status;
	}
	if (!done)
		return FW_OK;
	backend->is_pending = false;
	return fw_filter_rows_events(backend->events, length, row, argument, error);
}

static void filter_close(struct fw_backend *base)
{
	struct filter_backend *backend = self(base);

	if (!backend)
		return;
	fw_device_close(backend->channel);
	free(backend->events);
	free(backend);
}

static const struct fw_backend_ops filter_ops = {
	.name = "windows filter",
	.description = "the packet filter of adapters",
	.close = filter_close,
	.adapters = filter_adapters,
	.adapter_addresses = filter_addresses,
	.filter_set = filter_set,
	.filter_settle = filter_settle,
	.filter_lists = filter_lists,
	.filter_prefixes = filter_prefixes,
	.filter_places = filter_places,
	.adapter_query = adapter_query,
	.filter_follow = filter_follow,
};

enum fw_status fw_windows_filter_open(struct fw_backend **backend, struct fw_error *error)
{
	struct filter_backend *made = calloc(1, sizeof(*made));
	enum fw_status status;

	if (!made)
		return fw_error_set(error, FW_NO_MEMORY, "no memory to open the packet filter");
	made->base.ops = &filter_ops;
	status = fw_device_greet(FW_DEVICE_FILTER, &made->channel, error);
	if (status == FW_OK)
		*backend = &made->base;
	else
		free(made);
	return status;
}

enum fw_status fw_windows_filter_status(struct fw_filter_control_status *status, struct fw_error *error)
{
	struct fw_filter_control_status answer;
	struct fw_device_channel *channel;
	uint32_t returned;
	enum fw_status result = fw_device_greet(FW_DEVICE_FILTER, &channel, error);

	if (result != FW_OK)
		return result;
	result = fw_device_call(channel, FW_FILTER_CONTROL_STATUS, NULL, 0, &answer, sizeof(answer), &returned,
		"asking the packet filter for its state", error);
	fw_device_close(channel);
	if (result == FW_OK && (returned < sizeof(answer) || answer.size < sizeof(answer)))
		return fw_error_set(error, FW_MALFORMED, "the packet filter tells too little of its state; %s",
			fw_device_renewal(FW_DEVICE_FILTER));
	if (result == FW_OK)
		*status = answer;
	return result;
}

enum fw_status fw_windows_filter_features(fw_feature_fn feature, void *argument, struct fw_error *error)
{
	return fw_device_features(FW_DEVICE_FILTER, feature, argument, error);
}
