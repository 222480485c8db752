/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/json_filter.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "flowwatcher/json_objects.h"
#include "flowwatcher/names.h"
#include "flowwatcher/prefix_list.h"

#define MAC_TEXT_SIZE (3 * sizeof(((struct fw_adapter *)0)->mac))

static void add_text(struct json_object *object, const char *key, const char *text)
{
	if (text)
		fw_json_add_text(object, key, text, strlen(text));
	else if (object)
		json_object_object_add(object, key, NULL);
}

/* A field with or without its terminating zero; null where it is empty. */
static void add_known(struct json_object *object, const char *key, const char *bytes, size_t size)
{
	if (bytes[0])
		fw_json_add_bounded(object, key, bytes, size);
	else
		add_text(object, key, NULL);
}

static void add_mac(struct json_object *object, const struct fw_adapter *adapter)
{
	size_t length = adapter->mac_length;
	char text[MAC_TEXT_SIZE] = "";

	if (length > sizeof(adapter->mac))
		length = sizeof(adapter->mac);
	for (size_t i = 0; i < length; i++)
		snprintf(text + 3 * i, sizeof(text) - 3 * i, i + 1 < length ? "%02x:" : "%02x",
			adapter->mac[i]);
	add_text(object, "mac", length ? text : NULL);
}

static void add_addresses(struct json_object *object, const struct fw_filter_prefix *addresses,
	size_t count)
{
	struct json_object *array = json_object_new_array();
	char text[FW_FILTER_PREFIX_TEXT_SIZE];

	for (size_t i = 0; array && i < count; i++)
		json_object_array_add(array,
			json_object_new_string(fw_filter_prefix_format(&addresses[i], text,
				sizeof(text))));
	if (object)
		json_object_object_add(object, "addresses", array);
	else
		json_object_put(array);
}

static void add_counters(struct json_object *object, const struct fw_filter_counters *counters)
{
	fw_json_add_number(object, "packets", counters->packets);
	fw_json_add_number(object, "bytes", counters->bytes);
	fw_json_add_number(object, "dropped_packets", counters->dropped_packets);
	fw_json_add_number(object, "dropped_bytes", counters->dropped_bytes);
}

static void add_hits(struct json_object *object, const struct fw_filter_hits *hits)
{
	fw_json_add_number(object, "dropped_packets", hits->packets);
	fw_json_add_number(object, "dropped_bytes", hits->bytes);
}

/* What one direction of an adapter is filtered by. */
static void add_direction(struct json_object *object, const char *key,
	const struct fw_adapter_direction *direction)
{
	struct json_object *inner;

	if (!object)
		return;
	inner = json_object_new_object();
	fw_json_add_bool(inner, "filtered", direction->list != 0);
	add_text(inner, "hook", fw_filter_hook_name(direction->hook));
	add_known(inner, "reason", direction->reason, sizeof(direction->reason));
	fw_json_add_id(inner, "program", direction->program, 0);
	fw_json_add_id(inner, "list", direction->list, 0);
	add_known(inner, "pattern", direction->pattern, sizeof(direction->pattern));
	json_object_object_add(object, key, inner);
}

struct json_object *fw_json_adapter(const struct fw_adapter *adapter,
	const struct fw_filter_prefix *addresses, size_t count)
{
	struct json_object *object = fw_json_new("adapter");

	fw_json_add_bounded(object, "name", adapter->name, sizeof(adapter->name));
	add_known(object, "alias", adapter->alias, sizeof(adapter->alias));
	fw_json_add_number(object, "index", adapter->index);
	fw_json_add_number(object, "network_namespace", adapter->network_namespace);
	add_known(object, "driver", adapter->driver, sizeof(adapter->driver));
	fw_json_add_bounded(object, "medium", adapter->medium, sizeof(adapter->medium));
	add_mac(object, adapter);
	fw_json_add_bool(object, "up", adapter->flags & FW_ADAPTER_UP);
	fw_json_add_bool(object, "carrier", adapter->flags & FW_ADAPTER_CARRIER);
	fw_json_add_bool(object, "loopback", adapter->flags & FW_ADAPTER_LOOPBACK);
	fw_json_add_id(object, "speed_bps", adapter->speed_bps, 0);
	fw_json_add_number(object, "mtu", adapter->mtu);
	add_addresses(object, addresses, count);
	fw_json_add_bool(object, "filtered", adapter->in.list || adapter->out.list);
	add_direction(object, "in", &adapter->in);
	add_direction(object, "out", &adapter->out);
	return object;
}

struct json_object *fw_json_adapter_filter(const struct fw_adapter *adapter)
{
	struct json_object *object = json_object_new_object();

	fw_json_add_bounded(object, "name", adapter->name, sizeof(adapter->name));
	add_direction(object, "in", &adapter->in);
	add_direction(object, "out", &adapter->out);
	return object;
}

struct json_object *fw_json_filter_list(const struct fw_filter_list *list)
{
	struct json_object *object = fw_json_new("list");

	fw_json_add_bounded(object, "adapter", list->adapter, sizeof(list->adapter));
	add_text(object, "direction", fw_filter_direction_name(list->direction));
	fw_json_add_number(object, "id", list->id);
	fw_json_add_bounded(object, "source", list->source, sizeof(list->source));
	fw_json_add_time(object, "changed", list->changed_ns);
	fw_json_add_number(object, "prefixes", (uint64_t)list->ipv4 + list->ipv6);
	fw_json_add_number(object, "ipv4", list->ipv4);
	fw_json_add_number(object, "ipv6", list->ipv6);
	fw_json_add_number(object, "memory_bytes", list->memory_bytes);
	add_hits(object, &list->hits);
	return object;
}

struct json_object *fw_json_filter_prefix(const struct fw_filter_list *list,
	const struct fw_filter_prefix *prefix, const struct fw_filter_hits *hits)
{
	struct json_object *object = fw_json_new("filter_prefix");
	char text[FW_FILTER_PREFIX_TEXT_SIZE];

	fw_json_add_bounded(object, "adapter", list->adapter, sizeof(list->adapter));
	add_text(object, "direction", fw_filter_direction_name(list->direction));
	fw_json_add_id(object, "id", list->id, 0);
	add_text(object, "prefix", fw_filter_prefix_format(prefix, text, sizeof(text)));
	add_text(object, "family", fw_family_name(prefix->family));
	fw_json_add_bounded(object, "source", list->source, sizeof(list->source));
	fw_json_add_id(object, "line", prefix->line, 0);
	if (hits)
		add_hits(object, hits);
	return object;
}

struct json_object *fw_json_filter_stats(const struct fw_adapter *adapter, uint32_t direction,
	uint64_t time_ns)
{
	bool is_in = direction == FW_FILTER_IN;
	const struct fw_adapter_direction *side = is_in ? &adapter->in : &adapter->out;
	struct json_object *object = fw_json_new("filter_stats");

	fw_json_add_time(object, "time", time_ns);
	fw_json_add_bounded(object, "adapter", adapter->name, sizeof(adapter->name));
	fw_json_add_number(object, "index", adapter->index);
	add_text(object, "hook", is_in ? "receive" : "send");
	add_text(object, "way", fw_filter_hook_name(side->hook));
	fw_json_add_id(object, "list", side->list, 0);
	add_known(object, "pattern", side->pattern, sizeof(side->pattern));
	add_counters(object, &side->counters);
	return object;
}

struct json_object *fw_json_filter_place(const char *adapter, const char *place,
	const struct fw_filter_counters *counters, uint64_t time_ns)
{
	struct json_object *object = fw_json_new("filter_place");

	fw_json_add_time(object, "time", time_ns);
	add_text(object, "adapter", adapter);
	add_text(object, "place", place);
	add_counters(object, counters);
	return object;
}

struct json_object *fw_json_adapter_event(const struct fw_adapter_event *event)
{
	struct json_object *object = fw_json_new("adapter_event");

	fw_json_add_time(object, "time", event->time_ns);
	add_text(object, "action", fw_adapter_action_name(event->action));
	fw_json_add_bounded(object, "adapter", event->name, sizeof(event->name));
	fw_json_add_number(object, "index", event->index);
	fw_json_add_number(object, "network_namespace", event->network_namespace);
	add_text(object, "direction", fw_filter_direction_name(event->direction));
	return object;
}
