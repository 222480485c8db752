/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/filter_store.h"

#include "backend/linux/pin_directory.h"
#include "lib/grow.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_PIN "filter-list-%u"
#define READ_TRIES 200
#define HASTY_TRIES 5
#define READ_WAIT_US 5000

/* Of the calling thread. */
static int identify(uint32_t *inode, uint64_t *cookie)
{
	int asking = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), result = 0;
	socklen_t size = sizeof(*cookie);
	struct stat status;

	if (asking < 0)
		return -errno;
	if (stat("/proc/thread-self/ns/net", &status))
		result = -errno;
	else if (getsockopt(asking, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &size))
		*cookie = 0; /* before 5.14: the inode number has to do */
	if (!result)
		*inode = (uint32_t)status.st_ino;
	close(asking);
	return result;
}

static int add_binding(struct fw_filter_store *store, const struct fw_filter_bound *bound)
{
	struct fw_filter_bound *at = fw_grow(
		store->bindings, store->binding_count, &store->binding_capacity, sizeof(*at));

	if (!at)
		return -ENOMEM;
	store->bindings = at;
	at[store->binding_count++] = *bound;
	return 0;
}

static int add_slot(struct fw_filter_store *store, const struct fw_filter_slot_row *row)
{
	struct fw_filter_slot_row *at =
		fw_grow(store->slots, store->slot_count, &store->slot_capacity, sizeof(*at));

	if (!at)
		return -ENOMEM;
	store->slots = at;
	at[store->slot_count++] = *row;
	return 0;
}

static bool generation_of(
	const struct fw_kernel_side *side, uint32_t inode, uint64_t cookie, uint32_t *generation)
{
	struct fw_filter_namespace found;

	if (bpf_map_lookup_elem(side->map_fd[FW_MAP_FILTER_NAMESPACES], &inode, &found) ||
		(cookie && found.cookie != cookie))
		return false;
	*generation = found.generation;
	return true;
}

static int read_bindings(struct fw_filter_store *store)
{
	int map = store->side->map_fd[FW_MAP_FILTER_BINDINGS], result = 0;
	struct fw_filter_binding_key *before = NULL;
	struct fw_filter_bound bound = { .replaced = 0 };

	if (!store->generation)
		return 0;
	while (!result && !bpf_map_get_next_key(map, before, &bound.key)) {
		before = &bound.key;
		if (bound.key.network_namespace == store->network_namespace &&
			bound.key.generation == store->generation &&
			!bpf_map_lookup_elem(map, &bound.key, &bound.binding))
			result = add_binding(store, &bound);
	}
	return result;
}

static int read_slots(struct fw_filter_store *store)
{
	int map = store->side->map_fd[FW_MAP_FILTER_SLOTS], result = 0;
	struct fw_filter_slot_row row;
	uint32_t *before = NULL;

	while (!result && !bpf_map_get_next_key(map, before, &row.number)) {
		before = &row.number;
		if (!bpf_map_lookup_elem(map, &row.number, &row.slot))
			result = add_slot(store, &row);
	}
	return result;
}

bool fw_filter_store_again(int tries)
{
	if (tries >= HASTY_TRIES)
		usleep(READ_WAIT_US);
	return tries < READ_TRIES;
}

/* Readers hold no lock, so that they cannot keep a change waiting: they look again. */
int fw_filter_store_read(const struct fw_kernel_side *side, struct fw_filter_store *store)
{
	int tries = 0, result = 0;

	do {
		uint32_t generation = 0;

		memset(store, 0, sizeof(*store));
		store->side = side;
		result = identify(&store->network_namespace, &store->cookie);
		if (result)
			return result;
		generation_of(side, store->network_namespace, store->cookie, &store->generation);
		result = read_bindings(store);
		if (!result)
			result = read_slots(store);
		generation_of(side, store->network_namespace, store->cookie, &generation);
		if (!result && generation == store->generation)
			return 0;
		fw_filter_store_done(store);
	} while (fw_filter_store_again(tries++));
	return result ? result : -EAGAIN;
}

void fw_filter_store_done(struct fw_filter_store *store)
{
	free(store->bindings);
	free(store->slots);
	memset(store, 0, sizeof(*store));
}

bool fw_filter_store_is_here(const struct fw_filter_store *store, const struct fw_filter_slot *slot)
{
	return slot->network_namespace == store->network_namespace && slot->cookie == store->cookie;
}

struct fw_filter_slot_row *fw_filter_store_slot(const struct fw_filter_store *store, uint32_t index)
{
	for (size_t i = 0; i < store->slot_count; i++)
		if (store->slots[i].slot.index == index && !store->slots[i].slot.leaves &&
			fw_filter_store_is_here(store, &store->slots[i].slot))
			return &store->slots[i];
	return NULL;
}

int fw_filter_store_bind(struct fw_filter_store *store, const struct fw_filter_bound *bound)
{
	for (size_t i = 0; i < store->binding_count; i++) {
		struct fw_filter_bound *there = &store->bindings[i];

		if (there->key.side != bound->key.side ||
			strcmp(there->key.adapter, bound->key.adapter))
			continue;
		there->replaced = there->binding.list;
		there->binding = bound->binding;
		return 0;
	}
	return add_binding(store, bound);
}

void fw_filter_store_unbind(struct fw_filter_store *store, size_t place)
{
	store->bindings[place] = store->bindings[--store->binding_count];
}

/* Bindings of this namespace that are of the generation, or of all but it. */
static void remove_bindings(const struct fw_filter_store *store, uint32_t generation, bool others)
{
	int map = store->side->map_fd[FW_MAP_FILTER_BINDINGS];
	struct fw_filter_binding_key key, next;
	bool more = !bpf_map_get_next_key(map, NULL, &next);

	while (more) {
		key = next;
		more = !bpf_map_get_next_key(map, &key, &next);
		if (key.network_namespace == store->network_namespace &&
			(key.generation == generation) != others)
			bpf_map_delete_elem(map, &key);
	}
}

int fw_filter_store_commit(struct fw_filter_store *store)
{
	const int *maps = store->side->map_fd;
	const struct fw_filter_namespace made = { store->cookie, store->generation + 1, 0 };
	int result = 0;

	remove_bindings(store, made.generation, false); /* of a command that was killed here */
	for (size_t i = 0; i < store->binding_count && !result; i++) {
		struct fw_filter_bound *bound = &store->bindings[i];

		bound->key.network_namespace = store->network_namespace;
		bound->key.generation = made.generation;
		if (bpf_map_update_elem(
			    maps[FW_MAP_FILTER_BINDINGS], &bound->key, &bound->binding, BPF_ANY))
			result = -errno;
	}
	if (!result && bpf_map_update_elem(maps[FW_MAP_FILTER_NAMESPACES],
			       &store->network_namespace, &made, BPF_ANY))
		result = -errno;
	if (result) {
		remove_bindings(store, made.generation, false);
		return result;
	}
	remove_bindings(store, store->generation, false);
	store->generation = made.generation;
	return 0;
}

void fw_filter_store_rewrite(
	const struct fw_filter_store *store, const struct fw_filter_bound *bound)
{
	bpf_map_update_elem(store->side->map_fd[FW_MAP_FILTER_BINDINGS], &bound->key,
		&bound->binding, BPF_EXIST);
}

static bool is_taken(const struct fw_filter_store *store, uint32_t number)
{
	for (size_t i = 0; i < store->slot_count; i++)
		if (store->slots[i].number == number)
			return true;
	return false;
}

static int zero_counters(const struct fw_filter_store *store, uint32_t number)
{
	int processors = libbpf_num_possible_cpus(), result = 0;
	struct fw_filter_counters *zeros;

	if (processors < 0)
		return processors;
	zeros = calloc((size_t)processors, sizeof(*zeros));
	if (!zeros)
		return -ENOMEM;
	for (uint32_t side = 0; side < FW_FILTER_SIDES && !result; side++) {
		uint32_t place = fw_filter_place(number, side);

		if (bpf_map_update_elem(
			    store->side->map_fd[FW_MAP_FILTER_COUNTERS], &place, zeros, BPF_ANY))
			result = -errno;
	}
	free(zeros);
	return result;
}

int fw_filter_store_take(struct fw_filter_store *store, uint32_t index, const char *name,
	struct fw_filter_slot_row **row)
{
	struct fw_filter_slot_row made = { .number = 0,
		.slot = { .cookie = store->cookie,
			.network_namespace = store->network_namespace,
			.index = index } };
	int result;

	while (made.number < FW_FILTER_SLOTS && is_taken(store, made.number))
		made.number++;
	if (made.number == FW_FILTER_SLOTS)
		return -ENOSPC;
	snprintf(made.slot.name, sizeof(made.slot.name), "%s", name);
	result = zero_counters(store, made.number);
	if (!result)
		result = fw_filter_store_note(store, &made);
	if (!result)
		result = add_slot(store, &made);
	if (!result)
		*row = &store->slots[store->slot_count - 1];
	return result;
}

int fw_filter_store_note(const struct fw_filter_store *store, const struct fw_filter_slot_row *row)
{
	return bpf_map_update_elem(
		       store->side->map_fd[FW_MAP_FILTER_SLOTS], &row->number, &row->slot, BPF_ANY)
		       ? -errno
		       : 0;
}

void fw_filter_store_free(struct fw_filter_store *store, struct fw_filter_slot_row *row)
{
	bpf_map_delete_elem(store->side->map_fd[FW_MAP_FILTER_SLOTS], &row->number);
	*row = store->slots[--store->slot_count];
}

static void pin_path(uint32_t list, char *path, size_t size)
{
	snprintf(path, size, "%s/" LIST_PIN, fw_pin_directory(), list);
}

int fw_filter_store_list(uint32_t list)
{
	char path[PATH_MAX];
	LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = BPF_F_RDONLY);
	int fd;

	pin_path(list, path, sizeof(path));
	fd = bpf_obj_get_opts(path, &options);
	return fd < 0 ? -errno : fd;
}

int fw_filter_store_pin(uint32_t list, int fd)
{
	char path[PATH_MAX];

	pin_path(list, path, sizeof(path));
	return bpf_obj_pin(fd, path) ? -errno : fw_pin_directory_share(path);
}

void fw_filter_store_unpin(uint32_t list)
{
	char path[PATH_MAX];

	pin_path(list, path, sizeof(path));
	unlink(path);
}

/* Of any namespace. */
static bool is_bound(const struct fw_filter_store *store, uint32_t list)
{
	int map = store->side->map_fd[FW_MAP_FILTER_BINDINGS];
	struct fw_filter_bound bound;
	struct fw_filter_binding_key *before = NULL;
	uint32_t generation;

	while (!bpf_map_get_next_key(map, before, &bound.key)) {
		before = &bound.key;
		if (!bpf_map_lookup_elem(map, &bound.key, &bound.binding) &&
			bound.binding.list == list &&
			generation_of(store->side, bound.key.network_namespace, 0, &generation) &&
			generation == bound.key.generation)
			return true;
	}
	return false;
}

void fw_filter_store_sweep(const struct fw_filter_store *store)
{
	DIR *directory = opendir(fw_pin_directory());
	struct dirent *entry;
	uint32_t list;

	/* Also those of a namespace that had this one's inode number before. */
	remove_bindings(store, store->generation, true);
	while (directory && (entry = readdir(directory)))
		if (sscanf(entry->d_name, LIST_PIN, &list) == 1 && !is_bound(store, list))
			fw_filter_store_unpin(list);
	if (directory)
		closedir(directory);
}
