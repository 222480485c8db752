/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/adapter_filter.h"
#include "backend/linux/filter_change.h"
#include "backend/linux/filter_clear.h"
#include "backend/linux/filter_list.h"
#include "backend/linux/pin_directory.h"
#include "flowwatcher/adapter_pattern.h"
#include "lib/host/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An adapter of ours that is not here any more. What is known of its programs stays until they are
 * gone. */
static void let_leave(struct fw_filter_changing *changing)
{
	for (size_t i = 0; i < changing->store.slot_count; i++) {
		struct fw_filter_slot_row *row = &changing->store.slots[i];

		if (row->slot.leaves || !fw_filter_store_is_here(&changing->store, &row->slot) ||
			fw_adapter_table_find(&changing->adapters, row->slot.index))
			continue;
		row->slot.leaves = 1;
		fw_filter_store_note(&changing->store, row);
	}
}

/* What was set for one adapter stays with it when it is renamed, and goes with it. True: bindings
 * changed. */
static bool follow_names(struct fw_filter_changing *changing)
{
	struct fw_filter_store *store = &changing->store;
	bool changed = false;

	for (size_t i = 0; i < store->binding_count;) {
		struct fw_filter_bound *bound = &store->bindings[i];
		const struct fw_adapter_entry *entry =
			fw_adapter_table_find(&changing->adapters, bound->binding.index);

		if (!bound->binding.index || (entry && !strcmp(entry->name, bound->key.adapter))) {
			i++;
			continue;
		}
		changed = true;
		if (!entry || !fw_filter_store_slot(store, entry->index)) {
			fw_filter_store_unbind(store, i);
			continue;
		}
		memset(bound->key.adapter, 0, sizeof(bound->key.adapter));
		memcpy(bound->key.adapter, entry->name, strlen(entry->name));
	}
	return changed;
}

static void rename_slots(struct fw_filter_changing *changing)
{
	for (size_t i = 0; i < changing->adapters.count; i++) {
		const struct fw_adapter_entry *entry = &changing->adapters.at[i];
		struct fw_filter_slot_row *row =
			fw_filter_store_slot(&changing->store, entry->index);

		if (!row || !strcmp(row->slot.name, entry->name))
			continue;
		memset(row->slot.name, 0, sizeof(row->slot.name));
		memcpy(row->slot.name, entry->name, strlen(entry->name));
		fw_filter_store_note(&changing->store, row);
	}
}

static enum fw_status begin(struct fw_filter_changing *changing, struct fw_kernel_side *side,
	int *lock, bool *renamed, struct fw_error *error)
{
	enum fw_status status;
	int result;

	*changing = (struct fw_filter_changing){ .side = side };
	*lock = -1;
	if (side->is_read_only)
		return fw_error_set(error, FW_DENIED,
			"lists may be read by this user, not changed: run as root");
	status = fw_pin_directory_lock(lock, error);
	if (status != FW_OK)
		return status;
	if (!fw_kernel_side_is_pinned(side))
		return fw_pin_directory_gone(error);
	result = fw_filter_store_read(side, &changing->store);
	if (result)
		return fw_error_set_errno(error, result, "reading the lists of adapters");
	result = fw_traffic_control_open(&changing->control, -1);
	if (!result)
		result = fw_adapter_table_read(&changing->control, &changing->adapters);
	if (result)
		return fw_error_set_errno(error, result, "listing the adapters");
	let_leave(changing);
	*renamed = follow_names(changing);
	rename_slots(changing);
	return FW_OK;
}

static enum fw_status end(struct fw_filter_changing *changing, int lock, enum fw_status status)
{
	free(changing->plans);
	fw_adapter_table_done(&changing->adapters);
	fw_filter_store_done(&changing->store);
	fw_traffic_control_close(&changing->control);
	if (lock >= 0)
		close(lock);
	return status;
}

static const struct fw_filter_bound *first_of(const struct fw_filter_store *store, uint32_t list)
{
	for (size_t i = 0; i < store->binding_count; i++)
		if (store->bindings[i].binding.list == list)
			return &store->bindings[i];
	return NULL;
}

/* What a list dropped goes to the one that took its place, once, and only when it is in force
 * nowhere. */
static void carry_hits(struct fw_filter_store *store)
{
	for (size_t i = 0; i < store->binding_count; i++) {
		struct fw_filter_bound *bound = &store->bindings[i];
		struct fw_filter_list info = { .id = 0 };
		uint32_t list = bound->replaced;
		int fd;

		if (!list || first_of(store, list))
			continue;
		for (size_t j = i; j < store->binding_count; j++)
			if (store->bindings[j].replaced == list)
				store->bindings[j].replaced = 0;
		fd = fw_filter_store_list(list);
		if (fd < 0)
			continue;
		if (!fw_filter_list_info(fd, &info)) {
			bound->binding.before.packets += info.hits.packets;
			bound->binding.before.bytes += info.hits.bytes;
			fw_filter_store_rewrite(store, bound);
		}
		close(fd);
	}
}

/* Everything that can fail comes before `commits` comes into force. */
static enum fw_status apply(struct fw_filter_changing *changing, bool strict, bool commits,
	struct fw_error *error)
{
	enum fw_status status;
	int result = fw_filter_plan_make(changing);

	if (result)
		return fw_error_set_errno(error, result, "planning the lists of adapters");
	status = fw_filter_plan_attach(changing, strict, error);
	if (status != FW_OK)
		return status;
	result = commits ? fw_filter_store_commit(&changing->store) : 0;
	if (result) {
		fw_filter_plan_undo(changing);
		return fw_error_set_errno(error, result, "noting the lists of adapters");
	}
	result = fw_filter_plan_enforce(changing);
	if (result)
		return fw_error_set_errno(error, result, "putting the lists of adapters in force");
	carry_hits(&changing->store);
	fw_filter_plan_finish(changing);
	fw_filter_store_sweep(&changing->store);
	fw_filter_sweep_slots(changing->side, &changing->store);
	return FW_OK;
}

/* NULL: none was set for just this text. */
static struct fw_filter_bound *find_bound(const struct fw_filter_store *store, const char *adapter,
	enum fw_filter_side which)
{
	for (size_t i = 0; i < store->binding_count; i++)
		if (store->bindings[i].key.side == which &&
			!strcmp(store->bindings[i].key.adapter, adapter))
			return &store->bindings[i];
	return NULL;
}

static bool has_side(const struct fw_filter_change *change, enum fw_filter_side which)
{
	return change->direction & (which == FW_FILTER_SIDE_IN ? FW_FILTER_IN : FW_FILTER_OUT);
}

/* Does an update find the list that it is to replace? */
static enum fw_status check_update(const struct fw_filter_changing *changing,
	const struct fw_filter_change *change, struct fw_error *error)
{
	for (enum fw_filter_side which = 0; which < FW_FILTER_SIDES && change->is_update; which++) {
		const struct fw_filter_bound *bound =
			find_bound(&changing->store, change->adapter, which);

		if (has_side(change, which) &&
			(bound ? bound->binding.list : 0) != change->replaces)
			return fw_error_set(error, FW_EXISTS,
				"the list of %s was changed by another command meanwhile; try again",
				change->adapter);
	}
	return FW_OK;
}

static enum fw_status check(const struct fw_filter_changing *changing,
	const struct fw_filter_change *change, struct fw_error *error)
{
	size_t length = strlen(change->adapter);

	if (!length || length >= FW_ADAPTER_NAME_SIZE)
		return fw_error_set(error, FW_MALFORMED,
			"an adapter's name has 1 to %d bytes, not %zu", FW_ADAPTER_NAME_SIZE - 1,
			length);
	if (!change->direction || change->direction & ~(uint32_t)FW_FILTER_BOTH)
		return fw_error_set(error, FW_MALFORMED, "%s: direction %u is none",
			change->adapter, change->direction);
	if (change->prefixes && !fw_adapter_is_pattern(change->adapter) &&
		!fw_adapter_table_named(&changing->adapters, change->adapter))
		return fw_error_set(error, FW_NOT_FOUND,
			"there is no adapter %s here; 'flowwatcher filter enum' lists them",
			change->adapter);
	return check_update(changing, change, error);
}

static enum fw_status make_list(struct fw_filter_changing *changing,
	const struct fw_filter_change *change, uint32_t *list, struct fw_error *error)
{
	uint32_t id = __atomic_add_fetch(
		&changing->side->machine->filter_lists_made, 1, __ATOMIC_SEQ_CST);
	int fd, result = fw_filter_list_make(
			changing->side, change->prefixes, change->count, id, &fd);

	if (result == -EINVAL)
		return fw_error_set(error, FW_MALFORMED,
			"%s: the kernel side refused the list: its prefixes are not sorted, overlap, or "
			"have host bits", change->adapter);
	if (result == -E2BIG)
		return fw_error_set(error, FW_MALFORMED,
			"%s: a list has at most %u IPv4 and %u IPv6 prefixes, this one %zu",
			change->adapter, FW_FILTER_MAX_IPV4, FW_FILTER_MAX_IPV6, change->count);
	if (result)
		return fw_error_set_errno(error, result, "%s: making a list of %zu prefixes",
			change->adapter, change->count);
	result = fw_filter_store_pin(id, fd);
	close(fd);
	if (result)
		return fw_error_set_errno(error, result, "%s: pinning its list", change->adapter);
	*list = id;
	return FW_OK;
}

/* The last bytes of a long source say most. */
static void copy_source(char *to, size_t size, const char *source)
{
	size_t length = strlen(source);

	if (length >= size)
		source += length - size + 1;
	memcpy(to, source, strlen(source));
}

static int bind_list(struct fw_filter_changing *changing, const struct fw_filter_change *change,
	enum fw_filter_side which, uint32_t list, enum fw_filter_way way)
{
	const struct fw_adapter_entry *entry =
		fw_adapter_is_pattern(change->adapter)
			? NULL
			: fw_adapter_table_named(&changing->adapters, change->adapter);
	const struct fw_filter_bound *there = find_bound(&changing->store, change->adapter, which);
	struct fw_filter_bound bound = { .key = { .side = which },
		.binding = { .list = list,
			.way = way,
			.index = entry ? entry->index : 0,
			.changed_ns = fw_host_boot_ns() } };

	if (way == FW_FILTER_WAY_KEEP)
		bound.binding.way = there ? there->binding.way : FW_FILTER_WAY_BEST;
	memcpy(bound.key.adapter, change->adapter, strlen(change->adapter));
	copy_source(bound.binding.source, sizeof(bound.binding.source),
		change->source ? change->source : "");
	return fw_filter_store_bind(&changing->store, &bound);
}

static void unbind_list(
	struct fw_filter_changing *changing, const char *adapter, enum fw_filter_side which)
{
	struct fw_filter_store *store = &changing->store;
	const struct fw_filter_bound *bound = find_bound(store, adapter, which);

	if (bound)
		fw_filter_store_unbind(store, (size_t)(bound - store->bindings));
}

static enum fw_status take_change(struct fw_filter_changing *changing,
	const struct fw_filter_change *change, enum fw_filter_way way, struct fw_error *error)
{
	enum fw_status status = check(changing, change, error);
	uint32_t list = 0;
	int result = 0;

	if (status == FW_OK && change->prefixes)
		status = make_list(changing, change, &list, error);
	if (status != FW_OK)
		return status;
	for (enum fw_filter_side which = 0; which < FW_FILTER_SIDES && !result; which++) {
		if (!has_side(change, which))
			continue;
		if (change->prefixes)
			result = bind_list(changing, change, which, list, way);
		else
			unbind_list(changing, change->adapter, which);
	}
	return result ? fw_error_set_errno(error, result, "noting the list of %s", change->adapter)
		      : FW_OK;
}

/* Lists of a change that failed are bound to nothing. */
static void sweep_made(struct fw_filter_changing *changing)
{
	if (changing->store.side)
		fw_filter_store_sweep(&changing->store);
}

enum fw_status fw_filter_set(struct fw_kernel_side *side, const struct fw_filter_change *changes,
	size_t count, enum fw_filter_way way, struct fw_error *error)
{
	struct fw_filter_changing changing;
	bool renamed;
	int lock;
	enum fw_status status = begin(&changing, side, &lock, &renamed, error);

	if (status != FW_OK)
		return end(&changing, lock, status);
	for (size_t i = 0; i < count && status == FW_OK; i++)
		status = take_change(&changing, &changes[i], way, error);
	if (status == FW_OK)
		status = apply(&changing, true, true, error);
	if (status != FW_OK)
		sweep_made(&changing);
	return end(&changing, lock, status);
}

enum fw_status fw_filter_settle(struct fw_kernel_side *side, struct fw_error *error)
{
	struct fw_filter_changing changing;
	bool renamed;
	int lock;
	enum fw_status status = begin(&changing, side, &lock, &renamed, error);

	if (status == FW_OK)
		status = apply(&changing, false, renamed, error);
	return end(&changing, lock, status);
}
