/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Adapters and their lists as the JSON objects of `filter`. As in json_objects.h each function
 * returns a new object, or NULL when memory ran out. Any thread. */
#ifndef FLOWWATCHER_JSON_FILTER_H
#define FLOWWATCHER_JSON_FILTER_H

#include <stddef.h>

#include "abi/filter.h"

struct json_object;

/* "adapter", of `enum`; with its addresses. */
struct json_object *fw_json_adapter(const struct fw_adapter *adapter,
	const struct fw_filter_prefix *addresses, size_t count);

/* The name, and what either direction is filtered by: for an object of another type. */
struct json_object *fw_json_adapter_filter(const struct fw_adapter *adapter);

/* "list", of `get`, without its prefixes. */
struct json_object *fw_json_filter_list(const struct fw_filter_list *list);

/* "filter_prefix", of `get`, `stats --top` and `test`: one prefix of the list, and what it dropped;
 * `hits` may be NULL (a file's). */
struct json_object *fw_json_filter_prefix(const struct fw_filter_list *list,
	const struct fw_filter_prefix *prefix, const struct fw_filter_hits *hits);

/* "filter_stats": one direction (FW_FILTER_IN: "receive", FW_FILTER_OUT: "send") of an adapter.
 * time_ns: now, ns since boot. */
struct json_object *fw_json_filter_stats(const struct fw_adapter *adapter, uint32_t direction,
	uint64_t time_ns);

/* "filter_place": one place of an adapter where packets are seen. */
struct json_object *fw_json_filter_place(const char *adapter, const char *place,
	const struct fw_filter_counters *counters, uint64_t time_ns);

/* "adapter_event". */
struct json_object *fw_json_adapter_event(const struct fw_adapter_event *event);

#endif
