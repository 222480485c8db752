/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/filter_clear.h"

#include "backend/linux/adapter_filter.h"
#include "backend/linux/filter_attach.h"
#include "backend/linux/filter_xdp.h"
#include "backend/linux/network_namespaces.h"
#include "lib/grow.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct numbers {
	uint32_t *at;
	size_t count, capacity;
};

/* What is found in the network namespaces there are. */
struct survey {
	const struct fw_kernel_side *side;
	struct numbers namespaces;  /* inodes */
	struct numbers dispatchers; /* ids of programs at XDP */
	bool looks;  /* at adapters, too */
	bool clears; /* and takes what is ours off them */
	int result;  /* the first failure */
};

static bool add(struct numbers *numbers, uint32_t value)
{
	uint32_t *at = fw_grow(numbers->at, numbers->count, &numbers->capacity, sizeof(*at));

	if (!at)
		return false;
	numbers->at = at;
	at[numbers->count++] = value;
	return true;
}

static bool has(const struct numbers *numbers, uint32_t value)
{
	for (size_t i = 0; i < numbers->count; i++)
		if (numbers->at[i] == value)
			return true;
	return false;
}

static int visit_adapters(struct survey *survey, struct fw_traffic_control *control)
{
	struct fw_adapter_table adapters;
	int result = fw_adapter_table_read(control, &adapters);

	if (result)
		return result;
	for (size_t i = 0; i < adapters.count; i++) {
		const struct fw_filter_adapter adapter = { survey->side, control, &adapters.at[i],
			0 };
		int detached = survey->clears ? fw_filter_detach_all(&adapter) : 0;

		if (adapters.at[i].xdp_program &&
			!add(&survey->dispatchers, adapters.at[i].xdp_program))
			result = -ENOMEM;
		if (detached && !result)
			result = detached;
	}
	fw_adapter_table_done(&adapters);
	return result;
}

/* XDP is asked in the thread's own namespace. */
static int visit(uint32_t inode, int fd, void *argument)
{
	struct survey *survey = argument;
	struct fw_traffic_control control;
	int home, result;

	if (!add(&survey->namespaces, inode))
		return -ENOMEM;
	if (!survey->looks)
		return 0;
	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || setns(fd, CLONE_NEWNET)) {
		result = -errno;
		if (home >= 0)
			close(home);
		goto out;
	}
	result = fw_traffic_control_open(&control, fd);
	if (!result) {
		result = visit_adapters(survey, &control);
		fw_traffic_control_close(&control);
	}
	fw_network_namespace_leave(home);
out:
	if (result && !survey->result)
		survey->result = result;
	return 0; /* the others all the same */
}

static bool is_run(uint32_t dispatcher, void *argument)
{
	const struct survey *survey = argument;

	return has(&survey->dispatchers, dispatcher);
}

static void forget(struct survey *survey)
{
	free(survey->namespaces.at);
	free(survey->dispatchers.at);
}

static bool programs_live(const struct fw_filter_slot *slot)
{
	return fw_filter_program_lives(slot->side[FW_FILTER_SIDE_IN].program) ||
	       fw_filter_program_lives(slot->side[FW_FILTER_SIDE_OUT].program);
}

/* Programs in a namespace that cannot be found go on; they are to drop nothing. */
static void empty_unseen(const struct fw_kernel_side *side)
{
	int map = side->map_fd[FW_MAP_FILTER_SLOTS];
	struct fw_filter_slot slot;
	uint32_t number, next;
	bool more = !bpf_map_get_next_key(map, NULL, &next);

	while (more) {
		number = next;
		more = !bpf_map_get_next_key(map, &number, &next);
		if (bpf_map_lookup_elem(map, &number, &slot) || !programs_live(&slot))
			continue;
		for (enum fw_filter_side which = 0; which < FW_FILTER_SIDES; which++) {
			uint32_t place = fw_filter_place(number, which);

			bpf_map_delete_elem(side->map_fd[FW_MAP_FILTER_LISTS], &place);
		}
	}
}

/* The same where it is not known what slots look like: no list is left. */
static void empty_all(const struct fw_kernel_side *side)
{
	int map = side->map_fd[FW_MAP_FILTER_LISTS];
	struct bpf_map_info info = { 0 };
	uint32_t list, size = sizeof(info);

	if (bpf_obj_get_info_by_fd(map, &info, &size) || info.key_size != sizeof(uint32_t) ||
		info.value_size != sizeof(list))
		return;
	for (uint32_t place = 0; place < info.max_entries; place++)
		if (!bpf_map_lookup_elem(map, &place, &list))
			bpf_map_delete_elem(map, &place);
}

enum fw_status fw_filter_clear(const struct fw_kernel_side *side, struct fw_error *error)
{
	struct survey survey = { .side = side, .looks = true, .clears = true };
	int result;

	if (side->machine ? !side->machine->filter_is_used
			  : side->map_fd[FW_MAP_FILTER_COUNTERS] < 0)
		return FW_OK;
	result = fw_network_namespaces(visit, &survey);
	if (!result)
		result = survey.result;
	fw_filter_xdp_sweep(side, is_run, &survey);
	if (side->machine)
		empty_unseen(side);
	else
		empty_all(side);
	forget(&survey);
	return result ? fw_error_set_errno(error, result, "taking the filter off the adapters")
		      : FW_OK;
}

/* Nothing of it can be attached anywhere any more. */
static void free_dead(struct fw_filter_store *store)
{
	for (size_t i = 0; i < store->slot_count;) {
		struct fw_filter_slot_row *row = &store->slots[i];

		if ((row->slot.leaves || !fw_filter_store_is_here(store, &row->slot)) &&
			!programs_live(&row->slot))
			fw_filter_store_free(store, row);
		else
			i++;
	}
}

static bool has_leaving(const struct fw_filter_store *store)
{
	for (size_t i = 0; i < store->slot_count; i++)
		if (store->slots[i].slot.leaves)
			return true;
	return false;
}

static bool has_strangers(const struct fw_filter_store *store)
{
	for (size_t i = 0; i < store->slot_count; i++)
		if (!fw_filter_store_is_here(store, &store->slots[i].slot))
			return true;
	return false;
}

/* Is there one whose programs live though its adapter is gone, as far as one can see? */
static bool has_undead(const struct fw_filter_store *store, const struct survey *survey)
{
	for (size_t i = 0; i < store->slot_count; i++)
		if (!has(&survey->namespaces, store->slots[i].slot.network_namespace))
			return true;
	return has_leaving(store);
}

static bool has_slot(const struct fw_filter_store *store, uint32_t network_namespace)
{
	for (size_t i = 0; i < store->slot_count; i++)
		if (store->slots[i].slot.network_namespace == network_namespace)
			return true;
	return false;
}

/* A namespace that cannot be found is gone if nothing of ours lives in it. */
static void forget_namespaces(const struct survey *survey, const struct fw_filter_store *store)
{
	int map = survey->side->map_fd[FW_MAP_FILTER_NAMESPACES];
	uint32_t inode, next;
	bool more = !bpf_map_get_next_key(map, NULL, &next);

	while (more) {
		inode = next;
		more = !bpf_map_get_next_key(map, &inode, &next);
		if (!has(&survey->namespaces, inode) &&
			!has_slot(store, inode))
			bpf_map_delete_elem(map, &inode);
	}
}

/* Looking at the adapters of all namespaces is for the rare case that pins of a dispatcher keep the
 * programs of an adapter that is gone. */
void fw_filter_sweep_slots(const struct fw_kernel_side *side, struct fw_filter_store *store)
{
	struct survey names = { .side = side }, all = { .side = side, .looks = true };

	free_dead(store);
	if (!has_strangers(store) && !has_leaving(store))
		return;
	if (!fw_network_namespaces(visit, &names) && !names.result && has_undead(store, &names) &&
		!fw_network_namespaces(visit, &all) && !all.result) {
		fw_filter_xdp_sweep(side, is_run, &all);
		free_dead(store);
	}
	if (!names.result)
		forget_namespaces(&names, store);
	forget(&names);
	forget(&all);
}
