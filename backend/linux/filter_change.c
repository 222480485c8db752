/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/filter_change.h"

#include "backend/linux/filter_attach.h"
#include "core/address_set.h"
#include "flowwatcher/adapter_pattern.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const side_names[FW_FILTER_SIDES] = { "receives", "sends" };

static const struct fw_filter_bound *choose(const struct fw_filter_changing *changing,
	const struct fw_adapter_entry *entry, enum fw_filter_side which)
{
	const struct fw_filter_store *store = &changing->store;
	const struct fw_filter_bound *chosen = NULL;

	for (size_t i = 0; i < store->binding_count && !entry->is_of_shaper; i++) {
		const struct fw_filter_bound *bound = &store->bindings[i];

		if (bound->key.side == which &&
			fw_adapter_matches(bound->key.adapter, entry->name) &&
			(!chosen || fw_adapter_precedes(bound->key.adapter, chosen->key.adapter)))
			chosen = bound;
	}
	return chosen;
}

static struct fw_filter_slot_row *row_of(
	const struct fw_filter_changing *changing, const struct fw_filter_plan *plan)
{
	return fw_filter_store_slot(&changing->store, plan->entry->index);
}

int fw_filter_plan_make(struct fw_filter_changing *changing)
{
	changing->plans = calloc(changing->adapters.count + 1, sizeof(*changing->plans));
	if (!changing->plans)
		return -ENOMEM;
	for (size_t i = 0; i < changing->adapters.count; i++) {
		struct fw_filter_plan plan = { .entry = &changing->adapters.at[i] };
		const struct fw_filter_slot_row *row = row_of(changing, &plan);

		for (enum fw_filter_side which = 0; which < FW_FILTER_SIDES; which++) {
			plan.wanted[which] = choose(changing, plan.entry, which);
			if (row)
				plan.before[which] = row->slot.side[which];
		}
		if (row || plan.wanted[FW_FILTER_SIDE_IN] || plan.wanted[FW_FILTER_SIDE_OUT])
			changing->plans[changing->plan_count++] = plan;
	}
	return 0;
}

static struct fw_filter_adapter adapter_of(struct fw_filter_changing *changing,
	const struct fw_filter_plan *plan, const struct fw_filter_slot_row *row)
{
	return (struct fw_filter_adapter){ changing->side, &changing->control, plan->entry,
		row->number };
}

static bool is_xdp(uint32_t hook)
{
	return hook == FW_FILTER_HOOK_XDP_NATIVE || hook == FW_FILTER_HOOK_XDP_GENERIC;
}

/* What is there already may be what is wanted now. */
static bool fits(const struct fw_filter_slot_side *there, enum fw_filter_way way)
{
	if (way == there->way)
		return true;
	return (way == FW_FILTER_WAY_NATIVE || way == FW_FILTER_WAY_BEST)
		       ? there->hook == FW_FILTER_HOOK_XDP_NATIVE
		       : way == FW_FILTER_WAY_GENERIC && there->hook == FW_FILTER_HOOK_XDP_GENERIC;
}

/* The other hook first, so that no packet slips through; but XDP's two exclude each other. */
static int move(const struct fw_filter_adapter *adapter, enum fw_filter_side which,
	enum fw_filter_way way, struct fw_filter_slot_side *there)
{
	struct fw_filter_slot_side made = *there;
	bool xdp_only = is_xdp(there->hook) && way != FW_FILTER_WAY_TC;
	int result = xdp_only ? fw_filter_detach(adapter, which, there) : 0;

	if (!result)
		result = fw_filter_attach(adapter, which, way, &made);
	if (result && xdp_only)
		fw_filter_attach(adapter, which, there->way, there);
	else if (!result && !xdp_only && made.hook != there->hook)
		fw_filter_detach(adapter, which, there);
	memcpy(there->reason, made.reason, sizeof(there->reason));
	if (!result)
		*there = made;
	return result;
}

static int attach_side(
	struct fw_filter_changing *changing, struct fw_filter_plan *plan, enum fw_filter_side which)
{
	struct fw_filter_slot_row *row = row_of(changing, plan);
	const struct fw_filter_adapter adapter = adapter_of(changing, plan, row);
	struct fw_filter_slot_side *there = &row->slot.side[which];
	enum fw_filter_way way = plan->wanted[which]->binding.way;
	int result = 0;

	if (!fw_filter_is_attached(&adapter, which, there)) {
		plan->before[which].hook = there->hook = FW_FILTER_HOOK_NONE;
		plan->made[which] = true;
		result = fw_filter_detach_side(&adapter, which);
		if (!result)
			result = fw_filter_attach(&adapter, which, way, there);
	} else if (which == FW_FILTER_SIDE_IN && !fits(there, way)) {
		plan->made[which] = true;
		result = move(&adapter, which, way, there);
	}
	if (!result)
		there->way = way;
	return result ? result : fw_filter_store_note(&changing->store, row);
}

static int attach_plan(struct fw_filter_changing *changing, struct fw_filter_plan *plan,
	enum fw_filter_side *which)
{
	struct fw_filter_slot_row *row = row_of(changing, plan);
	int result = 0;

	*which = FW_FILTER_SIDE_IN;
	if (!plan->wanted[FW_FILTER_SIDE_IN] && !plan->wanted[FW_FILTER_SIDE_OUT])
		return 0;
	if (!row) {
		result = fw_filter_store_take(
			&changing->store, plan->entry->index, plan->entry->name, &row);
		plan->took_slot = !result;
	}
	for (enum fw_filter_side side = 0; side < FW_FILTER_SIDES && !result; side++) {
		*which = side;
		if (plan->wanted[side])
			result = attach_side(changing, plan, side);
	}
	return result;
}

static enum fw_status refuse(const struct fw_filter_changing *changing,
	const struct fw_filter_plan *plan, enum fw_filter_side which, int result,
	struct fw_error *error)
{
	const struct fw_filter_slot_row *row = row_of(changing, plan);
	const char *reason = row ? row->slot.side[which].reason : "";

	if (result == -ENOSPC)
		return fw_error_set(error, FW_FAILED,
			"%u adapters have lists, which is as many as there can be",
			FW_FILTER_SLOTS);
	if (!reason[0])
		return fw_error_set_errno(
			error, result, "attaching the filter to %s", plan->entry->name);
	return fw_error_set(error, result == -EPERM ? FW_DENIED : FW_UNSUPPORTED,
		"%s: what it %s cannot be filtered: %s", plan->entry->name, side_names[which],
		reason);
}

static void mark_in_use(const struct fw_filter_changing *changing)
{
	if (changing->plan_count)
		__atomic_store_n(&changing->side->machine->filter_is_used, 1, __ATOMIC_SEQ_CST);
}

enum fw_status fw_filter_plan_attach(
	struct fw_filter_changing *changing, bool strict, struct fw_error *error)
{
	mark_in_use(changing);
	for (size_t i = 0; i < changing->plan_count; i++) {
		struct fw_filter_plan *plan = &changing->plans[i];
		enum fw_filter_side which;
		int result = attach_plan(changing, plan, &which);

		if (!result || result == -ENODEV || !strict)
			continue;
		refuse(changing, plan, which, result, error);
		fw_filter_plan_undo(changing);
		return error ? error->status : FW_FAILED;
	}
	return FW_OK;
}

static void undo_side(struct fw_filter_changing *changing, struct fw_filter_plan *plan,
	struct fw_filter_slot_row *row, enum fw_filter_side which)
{
	const struct fw_filter_adapter adapter = adapter_of(changing, plan, row);
	struct fw_filter_slot_side *there = &row->slot.side[which];

	if (!plan->made[which])
		return;
	if (plan->before[which].hook != FW_FILTER_HOOK_NONE) {
		if (!fits(there, plan->before[which].way))
			move(&adapter, which, plan->before[which].way, there);
		there->way = plan->before[which].way;
		return;
	}
	fw_filter_detach(&adapter, which, there);
	memset(there, 0, sizeof(*there));
}

void fw_filter_plan_undo(struct fw_filter_changing *changing)
{
	for (size_t i = 0; i < changing->plan_count; i++) {
		struct fw_filter_plan *plan = &changing->plans[i];
		struct fw_filter_slot_row *row = row_of(changing, plan);

		if (!row)
			continue;
		for (enum fw_filter_side which = 0; which < FW_FILTER_SIDES; which++)
			undo_side(changing, plan, row, which);
		if (plan->took_slot)
			fw_filter_store_free(&changing->store, row);
		else
			fw_filter_store_note(&changing->store, row);
	}
}

/* What goes into filter_lists. */
struct elements {
	uint32_t *places, *maps;
	uint32_t count;
	uint32_t *lists; /* ids of opened ones */
	int *fds;
	size_t opened;
	int empty; /* a list of nothing, in the place of those that go */
};

static int make_empty(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_INNER_MAP | BPF_F_RDONLY);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "fw_no_list", sizeof(uint32_t),
		sizeof(struct fw_set_block), 1, &options);

	return fd < 0 ? -errno : fd;
}

static int list_fd(struct elements *elements, uint32_t list)
{
	int fd;

	if (!list)
		return elements->empty;
	for (size_t i = 0; i < elements->opened; i++)
		if (elements->lists[i] == list)
			return elements->fds[i];
	fd = fw_filter_store_list(list);
	if (fd >= 0) {
		elements->lists[elements->opened] = list;
		elements->fds[elements->opened++] = fd;
	}
	return fd;
}

static int elements_make(struct elements *elements, size_t most)
{
	memset(elements, 0, sizeof(*elements));
	elements->empty = make_empty();
	elements->places = calloc(most, sizeof(*elements->places));
	elements->maps = calloc(most, sizeof(*elements->maps));
	elements->lists = calloc(most, sizeof(*elements->lists));
	elements->fds = calloc(most, sizeof(*elements->fds));
	if (elements->empty < 0)
		return elements->empty;
	return elements->places && elements->maps && elements->lists && elements->fds ? 0 : -ENOMEM;
}

static void elements_done(struct elements *elements)
{
	for (size_t i = 0; i < elements->opened; i++)
		close(elements->fds[i]);
	if (elements->empty >= 0)
		close(elements->empty);
	free(elements->places);
	free(elements->maps);
	free(elements->lists);
	free(elements->fds);
}

static int add_element(struct elements *elements, uint32_t place, uint32_t list)
{
	int fd = list_fd(elements, list);

	if (fd < 0)
		return fd;
	elements->places[elements->count] = place;
	elements->maps[elements->count++] = (uint32_t)fd;
	return 0;
}

/* One by one where the kernel takes no batch. Each update waits for the programs that run; a batch
 * does once on kernels from 6.8 on. */
static int write_elements(const struct fw_kernel_side *side, const struct elements *elements)
{
	int map = side->map_fd[FW_MAP_FILTER_LISTS];
	uint32_t written = elements->count;

	if (written > 1 &&
		!bpf_map_update_batch(map, elements->places, elements->maps, &written, NULL))
		return 0;
	for (uint32_t i = 0; i < elements->count; i++)
		if (bpf_map_update_elem(map, &elements->places[i], &elements->maps[i], BPF_ANY))
			return -errno;
	return 0;
}

static uint32_t list_wanted(const struct fw_filter_plan *plan, const struct fw_filter_slot_row *row,
	enum fw_filter_side which)
{
	return plan->wanted[which] && row->slot.side[which].hook ? plan->wanted[which]->binding.list
								 : 0;
}

/* Slots whose adapter has left: its programs may run elsewhere, where it went, and are to drop
 * nothing. */
static int add_leaving(const struct fw_filter_changing *changing, struct elements *elements)
{
	int result = 0;

	for (size_t i = 0; i < changing->store.slot_count && !result; i++) {
		const struct fw_filter_slot_row *row = &changing->store.slots[i];

		for (enum fw_filter_side which = 0; which < FW_FILTER_SIDES && !result; which++)
			if (row->slot.leaves && row->slot.side[which].list)
				result = add_element(
					elements, fw_filter_place(row->number, which), 0);
	}
	return result;
}

/* After a killed command the element may not be what is noted, so what is attached is written
 * always. */
static int gather(const struct fw_filter_changing *changing, struct elements *elements)
{
	int result = add_leaving(changing, elements);

	for (size_t i = 0; i < changing->plan_count && !result; i++) {
		const struct fw_filter_plan *plan = &changing->plans[i];
		const struct fw_filter_slot_row *row = row_of(changing, plan);

		for (enum fw_filter_side which = 0; row && which < FW_FILTER_SIDES && !result;
			which++) {
			uint32_t list = list_wanted(plan, row, which);

			if (list != row->slot.side[which].list || plan->made[which])
				result = add_element(
					elements, fw_filter_place(row->number, which), list);
		}
	}
	return result;
}

static void note_lists(struct fw_filter_changing *changing)
{
	for (size_t i = 0; i < changing->store.slot_count; i++) {
		struct fw_filter_slot_row *row = &changing->store.slots[i];

		if (!row->slot.leaves)
			continue;
		row->slot.side[FW_FILTER_SIDE_IN].list = row->slot.side[FW_FILTER_SIDE_OUT].list =
			0;
		fw_filter_store_note(&changing->store, row);
	}
	for (size_t i = 0; i < changing->plan_count; i++) {
		const struct fw_filter_plan *plan = &changing->plans[i];
		struct fw_filter_slot_row *row = row_of(changing, plan);

		if (!row)
			continue;
		for (enum fw_filter_side which = 0; which < FW_FILTER_SIDES; which++) {
			struct fw_filter_slot_side *there = &row->slot.side[which];

			there->list = list_wanted(plan, row, which);
			memset(there->pattern, 0, sizeof(there->pattern));
			if (plan->wanted[which])
				memcpy(there->pattern, plan->wanted[which]->key.adapter,
					sizeof(there->pattern));
		}
		fw_filter_store_note(&changing->store, row);
	}
}

int fw_filter_plan_enforce(struct fw_filter_changing *changing)
{
	size_t most = FW_FILTER_SIDES * (changing->plan_count + changing->store.slot_count) + 1;
	struct elements elements;
	int result = elements_make(&elements, most);

	if (!result)
		result = gather(changing, &elements);
	if (!result && elements.count)
		result = write_elements(changing->side, &elements);
	if (!result)
		note_lists(changing);
	elements_done(&elements);
	return result;
}

void fw_filter_plan_finish(struct fw_filter_changing *changing)
{
	for (size_t i = 0; i < changing->plan_count; i++) {
		const struct fw_filter_plan *plan = &changing->plans[i];
		struct fw_filter_slot_row *row = row_of(changing, plan);
		bool done = row != NULL;

		for (enum fw_filter_side which = 0; row && which < FW_FILTER_SIDES; which++) {
			const struct fw_filter_adapter adapter = adapter_of(changing, plan, row);

			if (plan->wanted[which])
				done = false;
			else if (!fw_filter_detach_side(&adapter, which))
				memset(&row->slot.side[which], 0, sizeof(row->slot.side[which]));
			else
				done = false;
		}
		if (done)
			fw_filter_store_free(&changing->store, row);
		else if (row)
			fw_filter_store_note(&changing->store, row);
	}
	if (!changing->store.slot_count)
		__atomic_store_n(&changing->side->machine->filter_is_used, 0, __ATOMIC_SEQ_CST);
}
