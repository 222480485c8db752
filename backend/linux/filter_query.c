/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the filter does, for whoever may read it: needs no lock and changes nothing. */
#include "backend/linux/adapter_filter.h"

#include "backend/linux/adapter_table.h"
#include "backend/linux/filter_list.h"
#include "backend/linux/filter_store.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_adapters(struct fw_adapter_table *adapters)
{
	struct fw_traffic_control control;
	int result = fw_traffic_control_open(&control, -1);

	if (result)
		return result;
	result = fw_adapter_table_read(&control, adapters);
	if (!result)
		result = fw_adapter_table_count_addresses(&control, adapters);
	fw_traffic_control_close(&control);
	return result;
}

static void sum_counters(
	const struct fw_kernel_side *side, uint32_t place, struct fw_filter_counters *sum)
{
	int processors = libbpf_num_possible_cpus();
	struct fw_filter_counters *each;

	if (processors <= 0)
		return;
	each = calloc((size_t)processors, sizeof(*each));
	if (each && !bpf_map_lookup_elem(side->map_fd[FW_MAP_FILTER_COUNTERS], &place, each))
		for (int i = 0; i < processors; i++) {
			sum->packets += each[i].packets;
			sum->bytes += each[i].bytes;
			sum->dropped_packets += each[i].dropped_packets;
			sum->dropped_bytes += each[i].dropped_bytes;
		}
	free(each);
}

/* A side without a list says why only if it was to have one. */
static void fill_direction(const struct fw_kernel_side *side, const struct fw_filter_slot_row *row,
	enum fw_filter_side which, struct fw_adapter_direction *direction)
{
	const struct fw_filter_slot_side *there = &row->slot.side[which];

	direction->list = there->list;
	memcpy(direction->reason, there->reason, sizeof(direction->reason));
	memcpy(direction->pattern, there->pattern, sizeof(direction->pattern));
	if (!there->list)
		return;
	direction->hook = there->hook;
	direction->program = there->program;
	sum_counters(side, fw_filter_place(row->number, which), &direction->counters);
}

static void fill_adapter(const struct fw_kernel_side *side, const struct fw_filter_store *store,
	const struct fw_adapter_entry *entry, struct fw_adapter *adapter)
{
	const struct fw_filter_slot_row *row = fw_filter_store_slot(store, entry->index);

	memset(adapter, 0, sizeof(*adapter));
	adapter->index = entry->index;
	adapter->flags = entry->flags;
	adapter->mtu = entry->mtu;
	adapter->network_namespace = store->network_namespace;
	adapter->address_count = entry->address_count;
	adapter->mac_length = entry->mac_length;
	memcpy(adapter->mac, entry->mac, sizeof(adapter->mac));
	memcpy(adapter->name, entry->name, strlen(entry->name));
	memcpy(adapter->driver, entry->kind, strlen(entry->kind));
	memcpy(adapter->alias, entry->alias, sizeof(adapter->alias));
	strcpy(adapter->medium, fw_adapter_medium(entry->hardware_type));
	fw_adapter_ask_driver(entry->name, adapter);
	if (!row)
		return;
	fill_direction(side, row, FW_FILTER_SIDE_IN, &adapter->in);
	fill_direction(side, row, FW_FILTER_SIDE_OUT, &adapter->out);
}

enum fw_status fw_filter_adapters(const struct fw_kernel_side *side, fw_adapter_fn row,
	void *argument, struct fw_error *error)
{
	struct fw_adapter_table adapters = { 0 };
	struct fw_filter_store store = { 0 };
	enum fw_status status = FW_OK;
	int result = fw_filter_store_read(side, &store);

	if (!result)
		result = read_adapters(&adapters);
	if (result)
		status = fw_error_set_errno(error, result, "listing the adapters");
	for (size_t i = 0; i < adapters.count && status == FW_OK; i++) {
		struct fw_adapter adapter;

		fill_adapter(side, &store, &adapters.at[i], &adapter);
		if (!row(&adapter, argument))
			status = FW_STOPPED;
	}
	fw_adapter_table_done(&adapters);
	fw_filter_store_done(&store);
	return status;
}

struct addresses {
	uint32_t index;
	fw_adapter_address_fn row;
	void *argument;
	bool stopped;
};

static bool pass_address(uint32_t index, const struct fw_filter_prefix *address, void *argument)
{
	struct addresses *addresses = argument;

	if (index == addresses->index && !addresses->stopped &&
		!addresses->row(address, addresses->argument))
		addresses->stopped = true;
	return true;
}

enum fw_status fw_filter_adapter_addresses(
	uint32_t index, fw_adapter_address_fn row, void *argument, struct fw_error *error)
{
	struct addresses addresses = { index, row, argument, false };
	struct fw_adapter_table adapters = { 0 };
	struct fw_traffic_control control;
	int result = fw_traffic_control_open(&control, -1);
	bool there = false;

	if (!result) {
		result = fw_adapter_table_read(&control, &adapters);
		there = fw_adapter_table_find(&adapters, index) != NULL;
		if (!result && there)
			result = fw_adapter_addresses(&control, pass_address, &addresses);
		fw_adapter_table_done(&adapters);
		fw_traffic_control_close(&control);
	}
	if (result)
		return fw_error_set_errno(error, result, "listing addresses of adapter %u", index);
	if (!there)
		return fw_error_set(error, FW_NOT_FOUND, "adapter %u is gone", index);
	return addresses.stopped ? FW_STOPPED : FW_OK;
}

static int compare_bounds(const void *left, const void *right)
{
	const struct fw_filter_bound *a = left, *b = right;
	int order = strcmp(a->key.adapter, b->key.adapter);

	return order ? order : (a->key.side > b->key.side) - (a->key.side < b->key.side);
}

/* Of one side, or of both when `other` is not NULL. */
static int fill_list(const struct fw_filter_bound *bound, const struct fw_filter_bound *other,
	struct fw_filter_list *list)
{
	const struct fw_filter_binding *binding = &bound->binding;
	int fd = fw_filter_store_list(binding->list), result;

	if (fd < 0)
		return fd;
	memset(list, 0, sizeof(*list));
	result = fw_filter_list_info(fd, list);
	close(fd);
	memcpy(list->adapter, bound->key.adapter, sizeof(list->adapter));
	memcpy(list->source, binding->source, sizeof(list->source));
	list->direction = bound->key.side == FW_FILTER_SIDE_IN ? FW_FILTER_IN : FW_FILTER_OUT;
	if (other)
		list->direction = FW_FILTER_BOTH;
	list->id = binding->list;
	list->changed_ns = binding->changed_ns;
	list->hits.packets += binding->before.packets + (other ? other->binding.before.packets : 0);
	list->hits.bytes += binding->before.bytes + (other ? other->binding.before.bytes : 0);
	return result;
}

struct listing {
	struct fw_filter_list *at;
	size_t count;
};

/* -ENOENT: one was replaced meanwhile; `skips`: that one is left out. */
static int fill_lists(struct fw_filter_store *store, bool skips, struct listing *listing)
{
	int result = 0;

	listing->at = calloc(store->binding_count + 1, sizeof(*listing->at));
	listing->count = 0;
	if (!listing->at)
		return -ENOMEM;
	if (store->binding_count)
		qsort(store->bindings, store->binding_count, sizeof(*store->bindings),
			compare_bounds);
	for (size_t i = 0; i < store->binding_count && !result; i++) {
		const struct fw_filter_bound *bound = &store->bindings[i], *next = bound + 1;
		bool both = i + 1 < store->binding_count &&
			    next->binding.list == bound->binding.list &&
			    !strcmp(next->key.adapter, bound->key.adapter);

		result = fill_list(bound, both ? next : NULL, &listing->at[listing->count]);
		listing->count += !result;
		if (result == -ENOENT && skips)
			result = 0;
		i += both;
	}
	return result;
}

/* All of them as they were at one moment: with one that is replaced while it is read, all are read
 * again, or it would be missing. */
static int read_lists(const struct fw_kernel_side *side, struct listing *listing)
{
	struct fw_filter_store store = { 0 };
	int tries = 0, result;

	do {
		bool is_last = !fw_filter_store_again(tries++);

		free(listing->at);
		listing->at = NULL;
		result = fw_filter_store_read(side, &store);
		if (result)
			return result;
		result = fill_lists(&store, is_last, listing);
		fw_filter_store_done(&store);
	} while (result == -ENOENT);
	return result;
}

enum fw_status fw_filter_lists(const struct fw_kernel_side *side, fw_filter_list_fn row,
	void *argument, struct fw_error *error)
{
	struct listing listing = { NULL, 0 };
	int result = read_lists(side, &listing);
	enum fw_status status = FW_OK;

	if (result)
		status = fw_error_set_errno(error, result, "reading the lists of adapters");
	for (size_t i = 0; i < listing.count && status == FW_OK; i++)
		if (!row(&listing.at[i], argument))
			status = FW_STOPPED;
	free(listing.at);
	return status;
}

enum fw_status fw_filter_prefixes(const struct fw_kernel_side *side, uint32_t list,
	fw_filter_prefix_fn row, void *argument, struct fw_error *error)
{
	int fd = fw_filter_store_list(list), result;

	if (fd == -ENOENT)
		return fw_error_set(error, FW_NOT_FOUND,
			"there is no list %u; 'flowwatcher filter get' shows what there is", list);
	if (fd < 0)
		return fw_error_set_errno(error, fd, "opening list %u", list);
	result = fw_filter_list_read(fd, row, argument);
	close(fd);
	if (result < 0)
		return fw_error_set_errno(error, result, "reading list %u", list);
	return result ? FW_STOPPED : FW_OK;
}
