/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/filter/im_list.h"

#include "core/name_pattern.h"
#include "kernel/windows/event_stream.h"
#include "kernel/windows/filter/im_event.h"
#include "kernel/windows/filter/im_judge.h"
#include "kernel/windows/filter/im_set.h"
#include "kernel/windows/nt_memory.h"

/* A list of one direction of a name or pattern. */
struct binding {
	LIST_ENTRY entry;
	uint64_t number; /* in the order in which they were made */
	char adapter[FW_ADAPTER_NAME_SIZE];
	char source[FW_FILTER_SOURCE_SIZE];
	enum fw_im_side side;
	struct fw_im_set *set;
	uint64_t changed_ns;
	struct fw_filter_hits before; /* of lists that were here before */
};

static struct {
	KMUTEX changes; /* of all below, and of which list is in force on which adapter */
	LIST_ENTRY bindings;
	uint32_t count;
	uint64_t last_number;
	uint32_t last_id;
	bool is_over; /* no adapter will come any more, and no list */
} lists;

/* The first one, or the one behind; NULL: there are no more. */
static struct binding *next_of(const struct binding *binding)
{
	LIST_ENTRY *next = binding ? binding->entry.Flink : lists.bindings.Flink;

	return next == &lists.bindings ? NULL : CONTAINING_RECORD(next, struct binding, entry);
}

static void lock(void)
{
	KeWaitForSingleObject(&lists.changes, Executive, KernelMode, FALSE, NULL);
}

static void unlock(void)
{
	KeReleaseMutex(&lists.changes, FALSE);
}

void fw_im_lists_init(void)
{
	memset(&lists, 0, sizeof(lists));
	KeInitializeMutex(&lists.changes, 0);
	InitializeListHead(&lists.bindings);
}

static void binding_free(struct binding *binding)
{
	fw_im_set_put(binding->set);
	fw_free(binding);
}

static void free_all(LIST_ENTRY *bindings)
{
	while (!IsListEmpty(bindings))
		binding_free(CONTAINING_RECORD(RemoveHeadList(bindings), struct binding, entry));
}

static bool is_text(const char *text, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		if (!text[i])
			return true;
	return false;
}

static struct binding *find(const char *adapter, enum fw_im_side side)
{
	struct binding *binding;

	for (binding = next_of(NULL); binding; binding = next_of(binding))
		if (binding->side == side && strcmp(binding->adapter, adapter) == 0)
			return binding;
	return NULL;
}

static bool has_side(const struct fw_filter_control_change *change, enum fw_im_side side)
{
	return change->direction & (side == FW_IM_IN ? FW_FILTER_IN : FW_FILTER_OUT);
}

/* Is a change one that can be made, whatever is there? */
static NTSTATUS check_form(const struct fw_im_change *change)
{
	const struct fw_filter_control_change *wanted = change->wanted;

	if (!is_text(wanted->adapter, sizeof(wanted->adapter)) || !wanted->adapter[0] ||
		!is_text(wanted->source, sizeof(wanted->source)))
		return STATUS_INVALID_PARAMETER;
	if (!wanted->direction || wanted->direction & ~(uint32_t)FW_FILTER_BOTH ||
		wanted->flags & ~(uint32_t)FW_FILTER_CONTROL_UPDATE)
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

static bool is_bound(const char *name)
{
	struct fw_im_adapter *adapter = fw_im_adapter_named(name);

	fw_im_adapter_put(adapter);
	return adapter != NULL;
}

static NTSTATUS check(const struct fw_im_change *change)
{
	const struct fw_filter_control_change *wanted = change->wanted;
	NTSTATUS status = check_form(change);

	if (!NT_SUCCESS(status))
		return status;
	if (change->set && !fw_pattern_is(wanted->adapter) && !is_bound(wanted->adapter))
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if (!(wanted->flags & FW_FILTER_CONTROL_UPDATE))
		return STATUS_SUCCESS;
	for (int side = 0; side < FW_IM_SIDES; side++) {
		const struct binding *there = find(wanted->adapter, side);

		if (has_side(wanted, side) &&
			(there ? fw_im_set_id(there->set) : 0) != wanted->replaces)
			return STATUS_OBJECT_NAME_COLLISION;
	}
	return STATUS_SUCCESS;
}

static struct binding *binding_new(const struct fw_im_change *change, enum fw_im_side side)
{
	struct binding *binding = fw_allocate(sizeof(*binding));

	if (!binding)
		return NULL;
	memcpy(binding->adapter, change->wanted->adapter, strlen(change->wanted->adapter));
	memcpy(binding->source, change->wanted->source, strlen(change->wanted->source));
	binding->side = side;
	binding->changed_ns = fw_time_boot_ns();
	binding->set = change->set;
	fw_im_set_get(change->set);
	return binding;
}

/* What the changes want, made before anything is changed: from then on nothing can fail. */
static NTSTATUS prepare(const struct fw_im_change *changes, uint32_t count, LIST_ENTRY *made)
{
	uint32_t more = 0;

	for (uint32_t i = 0; i < count; i++) {
		NTSTATUS status = check(&changes[i]);

		if (!NT_SUCCESS(status))
			return status;
		for (int side = 0; side < FW_IM_SIDES; side++) {
			struct binding *binding;

			if (!changes[i].set || !has_side(changes[i].wanted, side))
				continue;
			binding = binding_new(&changes[i], side);
			if (!binding)
				return STATUS_INSUFFICIENT_RESOURCES;
			InsertTailList(made, &binding->entry); /* it is freed with the others */
			if (++more + lists.count > FW_IM_BINDINGS)
				return STATUS_INSUFFICIENT_RESOURCES;
		}
	}
	return STATUS_SUCCESS;
}

static void take_out(struct binding *binding, LIST_ENTRY *gone)
{
	RemoveEntryList(&binding->entry);
	InsertTailList(gone, &binding->entry);
	__atomic_fetch_sub(&lists.count, 1, __ATOMIC_RELAXED);
}

void fw_im_lists_done(void)
{
	LIST_ENTRY gone;

	InitializeListHead(&gone);
	lock();
	lists.is_over = true;
	while (!IsListEmpty(&lists.bindings))
		take_out(next_of(NULL), &gone);
	unlock();
	free_all(&gone);
}

static void put_in(struct binding *binding, LIST_ENTRY *gone)
{
	struct binding *there = find(binding->adapter, binding->side);

	if (there) {
		binding->before = there->before;
		take_out(there, gone);
	}
	binding->number = ++lists.last_number;
	if (!fw_im_set_id(binding->set))
		fw_im_set_number(binding->set, ++lists.last_id);
	InsertTailList(&lists.bindings, &binding->entry);
	__atomic_fetch_add(&lists.count, 1, __ATOMIC_RELAXED);
}

static void change_bindings(
	const struct fw_im_change *changes, uint32_t count, LIST_ENTRY *made, LIST_ENTRY *gone)
{
	for (uint32_t i = 0; i < count; i++) {
		for (int side = 0; side < FW_IM_SIDES; side++) {
			struct binding *there;

			if (!has_side(changes[i].wanted, side))
				continue;
			if (changes[i].set) {
				put_in(CONTAINING_RECORD(
					       RemoveHeadList(made), struct binding, entry),
					gone);
				continue;
			}
			there = find(changes[i].wanted->adapter, side);
			if (there)
				take_out(there, gone);
		}
	}
}

/* Of those that stand for an adapter, the one that counts. */
static struct binding *choose(const char *name, enum fw_im_side side)
{
	struct binding *binding, *best = NULL;

	for (binding = next_of(NULL); binding; binding = next_of(binding))
		if (binding->side == side && fw_pattern_matches(binding->adapter, name) &&
			(!best || fw_pattern_precedes(binding->adapter, best->adapter)))
			best = binding;
	return best;
}

static void enforce(struct fw_im_adapter *adapter)
{
	for (int side = 0; side < FW_IM_SIDES; side++) {
		struct binding *best = choose(adapter->name, side);

		if (best)
			fw_im_set_get(best->set);
		fw_im_set_put(fw_im_judge_replace(
			&adapter->side[side], best ? best->set : NULL, best ? best->adapter : ""));
	}
}

/* From here on it is under way nowhere: so what it dropped is known, and goes to the one in its
 * place, once. */
static void carry_hits(struct binding *gone)
{
	struct binding *binding, *heir = find(gone->adapter, gone->side);
	struct fw_filter_list list;

	for (binding = next_of(NULL); binding; binding = next_of(binding))
		if (binding->set == gone->set)
			return;
	if (!heir)
		return;
	fw_im_set_describe(gone->set, &list);
	heir->before.packets += list.hits.packets;
	heir->before.bytes += list.hits.bytes;
}

static void carry_all(LIST_ENTRY *gone)
{
	struct fw_im_set *last = NULL;

	for (LIST_ENTRY *entry = gone->Flink; entry != gone; entry = entry->Flink) {
		struct binding *binding = CONTAINING_RECORD(entry, struct binding, entry);

		if (binding->set != last) /* those of both directions stand side by side */
			carry_hits(binding);
		last = binding->set;
	}
}

static void enforce_all(void)
{
	struct fw_im_adapter *adapter;
	uint32_t after = 0;

	while ((adapter = fw_im_adapter_next(after)) != NULL) {
		after = adapter->index;
		enforce(adapter);
		fw_im_adapter_put(adapter);
	}
}

NTSTATUS fw_im_lists_commit(const struct fw_im_change *changes, uint32_t count)
{
	LIST_ENTRY made, gone;
	NTSTATUS status;

	InitializeListHead(&made);
	InitializeListHead(&gone);
	lock();
	status = lists.is_over ? STATUS_DEVICE_REMOVED : prepare(changes, count, &made);
	if (NT_SUCCESS(status)) {
		change_bindings(changes, count, &made, &gone);
		enforce_all();
		carry_all(&gone);
	}
	unlock();
	free_all(&made);
	free_all(&gone);
	return status;
}

static uint32_t directions_of(const struct fw_im_adapter *adapter)
{
	return (adapter->side[FW_IM_IN].set ? FW_FILTER_IN : 0) |
	       (adapter->side[FW_IM_OUT].set ? FW_FILTER_OUT : 0);
}

void fw_im_list_insert(struct fw_im_adapter *adapter)
{
	lock();
	enforce(adapter);
	fw_im_adapter_insert(adapter);
	fw_im_event_post(adapter, FW_ADAPTER_APPEARED, directions_of(adapter));
	if (directions_of(adapter))
		fw_im_event_post(adapter, FW_ADAPTER_FILTERED, directions_of(adapter));
	unlock();
}

void fw_im_list_remove(struct fw_im_adapter *adapter)
{
	lock();
	if (fw_im_adapter_remove(adapter))
		fw_im_event_post(adapter, FW_ADAPTER_VANISHED, directions_of(adapter));
	unlock();
}

/* The other direction of the same change. */
static struct binding *twin_of(const struct binding *binding)
{
	struct binding *twin =
		find(binding->adapter, binding->side == FW_IM_IN ? FW_IM_OUT : FW_IM_IN);

	return twin && twin->set == binding->set ? twin : NULL;
}

static void fill(
	const struct binding *binding, const struct binding *twin, struct fw_filter_list *row)
{
	memcpy(row->adapter, binding->adapter, sizeof(row->adapter));
	memcpy(row->source, binding->source, sizeof(row->source));
	row->direction = twin			     ? FW_FILTER_BOTH
			 : binding->side == FW_IM_IN ? FW_FILTER_IN
						     : FW_FILTER_OUT;
	row->changed_ns = binding->changed_ns;
	fw_im_set_describe(binding->set, row);
	row->hits.packets += binding->before.packets + (twin ? twin->before.packets : 0);
	row->hits.bytes += binding->before.bytes + (twin ? twin->before.bytes : 0);
}

bool fw_im_lists_next(uint64_t *after, struct fw_filter_list *row)
{
	struct binding *binding;
	bool found = false;

	lock();
	for (binding = next_of(NULL); binding; binding = next_of(binding)) {
		const struct binding *twin = twin_of(binding);

		if (binding->number <= *after || (twin && twin->number < binding->number))
			continue;
		*after = binding->number;
		fill(binding, twin, row);
		found = true;
		break;
	}
	unlock();
	return found;
}

uint32_t fw_im_lists_count(void)
{
	return __atomic_load_n(&lists.count, __ATOMIC_RELAXED); /* asked without the lock */
}

struct fw_im_set *fw_im_lists_find(uint32_t id)
{
	struct fw_im_set *set = NULL;
	struct binding *binding;

	lock();
	for (binding = next_of(NULL); binding; binding = next_of(binding)) {
		if (fw_im_set_id(binding->set) != id)
			continue;
		set = binding->set;
		fw_im_set_get(set);
		break;
	}
	unlock();
	return set;
}
