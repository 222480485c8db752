/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/filter/im_rows.h"

#include "kernel/windows/filter/im_control.h"
#include "kernel/windows/filter/im_judge.h"
#include "kernel/windows/filter/im_list.h"
#include "kernel/windows/filter/im_request.h"
#include "kernel/windows/filter/im_set.h"
#include "kernel/windows/nt_optional.h"

/* enum fw_feature_state of backend/backend.h */
enum { USED, AVAILABLE, MISSING };

/* Up to the terminating zero; the row is zeroed. */
static void copy_text(char *to, uint32_t size, const char *from)
{
	for (uint32_t i = 0; i + 1 < size && from[i]; i++)
		to[i] = from[i];
}

static void describe(struct fw_im_adapter *adapter, struct fw_adapter *row)
{
	struct fw_im_facts facts = fw_im_request_facts(adapter, false);

	row->index = adapter->index;
	row->flags = (adapter->miniport && fw_im_adapter_is_awake(adapter) ? FW_ADAPTER_UP : 0) |
		     (facts.has_carrier ? FW_ADAPTER_CARRIER : 0);
	row->mtu = facts.mtu;
	row->speed_bps = facts.speed_bps;
	memcpy(row->name, adapter->name, sizeof(row->name));
	memcpy(row->driver, adapter->description, sizeof(row->driver));
	copy_text(row->medium, sizeof(row->medium),
		adapter->medium == NdisMediumWan ? "wan" : "ethernet");
	memcpy(row->mac, facts.mac, sizeof(row->mac));
	row->mac_length = facts.mac_length;
	fw_im_judge_describe(&adapter->side[FW_IM_IN], &row->in);
	fw_im_judge_describe(&adapter->side[FW_IM_OUT], &row->out);
}

static bool next_adapter(void *of, uint64_t *after, void *row)
{
	struct fw_im_adapter *adapter =
		*after > UINT32_MAX ? NULL : fw_im_adapter_next((uint32_t)*after);

	(void)of;
	if (!adapter)
		return false;
	*after = adapter->index;
	describe(adapter, row);
	fw_im_adapter_put(adapter);
	return true;
}

static bool next_list(void *of, uint64_t *after, void *row)
{
	(void)of;
	return fw_im_lists_next(after, row);
}

static bool next_prefix(void *of, uint64_t *after, void *row)
{
	if (!fw_im_set_row(of, *after, row))
		return false;
	++*after;
	return true;
}

/* The rows of an adapter have the numbers index * 4 + 1 + place. */
static bool next_place(void *of, uint64_t *after, void *row)
{
	uint64_t next = *after + 1;
	struct fw_filter_control_place *place = row;
	struct fw_im_adapter *adapter;

	(void)of;
	if (next % 4 == 0) /* only three have rows */
		next++;
	if (next / 4 > UINT32_MAX)
		return false;
	adapter = fw_im_adapter_next(next / 4 ? (uint32_t)(next / 4 - 1) : 0);
	if (!adapter)
		return false;
	if (adapter->index != next / 4)
		next = (uint64_t)adapter->index * 4 + 1;
	place->index = adapter->index;
	place->place = (uint32_t)(next % 4 - 1);
	memcpy(place->name, adapter->name, sizeof(place->name));
	fw_im_judge_counters(&adapter->side[fw_im_side_of((enum fw_filter_place)place->place)],
		(enum fw_filter_place)place->place, &place->counters);
	fw_im_adapter_put(adapter);
	*after = next;
	return true;
}

static bool is_bound(void)
{
	return fw_im_adapter_count() != 0;
}

static bool has_precise_time(void)
{
	return fw_nt_optional.interrupt_time_precise != NULL;
}

static const struct {
	const char *name;
	bool (*is_there)(void);
	const char *without;
} features[] = {
	{ "NDIS 5.1 intermediate driver", is_bound,
		"it is bound to no adapter: install fwfilter.inf" },
	{ "KeQueryInterruptTimePrecise", has_precise_time,
		"this Windows lacks it: times have the resolution of its clock tick" },
	{ "security descriptor", fw_im_control_is_secured,
		"it could not be set: the driver checks who opens its device itself, as it does "
		"anyway" },
};

static bool next_feature(void *of, uint64_t *after, void *row)
{
	struct fw_control_feature *feature = row;
	uint64_t at = *after;
	bool is_there;

	(void)of;
	if (at >= FW_ARRAY_SIZE(features))
		return false;
	is_there = features[at].is_there();
	feature->number = (uint32_t)at + 1;
	feature->state = is_there ? USED : MISSING;
	copy_text(feature->group, sizeof(feature->group), "packet filter");
	copy_text(feature->name, sizeof(feature->name), features[at].name);
	copy_text(feature->reason, sizeof(feature->reason), is_there ? "" : features[at].without);
	*after = at + 1;
	return true;
}

static const struct {
	uint32_t size;
	bool (*next)(void *of, uint64_t *after, void *row); /* `row` is zeroed */
} kinds[FW_IM_KIND_COUNT] = {
	[FW_IM_KIND_ADAPTER] = { sizeof(struct fw_adapter), next_adapter },
	[FW_IM_KIND_LIST] = { sizeof(struct fw_filter_list), next_list },
	[FW_IM_KIND_PREFIX] = { sizeof(struct fw_filter_control_prefix), next_prefix },
	[FW_IM_KIND_FEATURE] = { sizeof(struct fw_control_feature), next_feature },
	[FW_IM_KIND_PLACE] = { sizeof(struct fw_filter_control_place), next_place },
};

uint32_t fw_im_rows_least(enum fw_im_kind kind)
{
	return (uint32_t)sizeof(struct fw_control_rows) + kinds[kind].size;
}

uint32_t fw_im_rows_fill(
	enum fw_im_kind kind, void *of, uint64_t after, void *buffer, uint32_t room)
{
	struct fw_control_rows *rows = buffer;
	uint32_t used = sizeof(*rows), size = kinds[kind].size;

	rows->size = sizeof(*rows);
	rows->row_size = size;
	rows->after = after;
	while (room - used >= size &&
		kinds[kind].next(of, &rows->after, (uint8_t *)buffer + used)) {
		rows->count++;
		used += size;
	}
	return used;
}
