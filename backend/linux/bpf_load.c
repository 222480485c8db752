/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* `load`, `unload` and `status`: the kernel side that stays. */
#include "backend/linux/bpf_backend.h"
#include "backend/linux/adapter_filter.h"
#include "backend/linux/kernel_loader.h"
#include "backend/linux/pin_directory.h"
#include "backend/linux/pinned_links.h"
#include "backend/linux/shaper.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_MAPS 64

static bool is_loaded(void)
{
	return access(fw_pin_directory(), F_OK) == 0;
}

enum fw_status fw_bpf_load(const struct fw_bpf_options *options, struct fw_error *error)
{
	const struct fw_hook_choice choice = { .wire = options->wire, .events = true,
		.rules = true };
	struct fw_kernel_side side;
	enum fw_status status;

	if (is_loaded())
		return fw_error_set(error, FW_EXISTS,
			"the kernel side is loaded already (%s); 'flowwatcher unload' removes it",
			fw_pin_directory());
	status = fw_kernel_side_start(&side, &choice, error);
	if (status == FW_OK)
		status = fw_kernel_side_pin(&side, options->readers, error);
	fw_kernel_side_close(&side);
	return status;
}

/* What is on network devices because of rules and lists. */
static enum fw_status clear_adapters(const struct fw_kernel_side *side, struct fw_error *error)
{
	enum fw_status filter, shaper = FW_OK;

	if (side->map_fd[FW_MAP_MACHINE] < 0)
		return FW_OK; /* not ours to change */
	filter = fw_filter_clear(side, error);
	if (!side->machine || fw_shaper_is_in_use(side))
		shaper = fw_shaper_remove(filter == FW_OK ? error : NULL);
	return filter == FW_OK ? shaper : filter;
}

enum fw_status fw_bpf_unload(struct fw_error *error)
{
	struct fw_pinned_links links;
	struct fw_kernel_side side;
	char path[PATH_MAX];
	enum fw_status status, cleared = FW_OK;

	if (access(fw_pin_directory(), F_OK)) {
		if (errno == EACCES)
			return fw_error_set(error, FW_DENIED,
				"%s may not be read: run as root", fw_pin_directory());
		fw_pin_directory_sweep();
		return fw_error_set(error, FW_NOT_FOUND, "nothing is loaded (no %s)",
			fw_pin_directory());
	}
	if (fw_kernel_side_open(&side, NULL) != FW_OK) {
		fw_kernel_side_close(&side);
		fw_kernel_side_open_maps(&side);
	}
	/* Queues and the filter go while the maps are there to tell of them, whenever we are
	 * killed; and again, when no command can put them back any more. */
	clear_adapters(&side, NULL);
	status = fw_pin_directory_withdraw(path, sizeof(path), error);
	if (status == FW_OK) {
		fw_kernel_side_retire(&side);
		cleared = clear_adapters(&side, error);
	}
	fw_kernel_side_close(&side);
	if (status != FW_OK)
		return status;
	fw_pinned_links_detach(path, &links);
	status = fw_pin_directory_remove(path, error);
	if (status == FW_OK)
		fw_pinned_links_wait(&links);
	return status == FW_OK ? cleared : status;
}

struct census {
	uint32_t programs, links, map_count;
	uint64_t missed_runs;
	uint32_t maps[MAX_MAPS];
};

static void census_add_map(struct census *census, uint32_t id)
{
	for (uint32_t i = 0; i < census->map_count; i++)
		if (census->maps[i] == id)
			return;
	if (census->map_count < MAX_MAPS)
		census->maps[census->map_count++] = id;
}

static void census_add_link(int link, void *argument)
{
	struct census *census = argument;
	struct bpf_link_info info = { 0 };
	struct bpf_prog_info program = { 0 };
	uint32_t size = sizeof(info), maps[MAX_MAPS];
	int fd;

	if (bpf_obj_get_info_by_fd(link, &info, &size))
		return;
	census->links++;
	fd = bpf_prog_get_fd_by_id(info.prog_id);
	if (fd < 0)
		return;
	program.nr_map_ids = MAX_MAPS;
	program.map_ids = (uint64_t)(uintptr_t)maps;
	size = sizeof(program);
	if (bpf_obj_get_info_by_fd(fd, &program, &size) == 0) {
		census->programs++;
		census->missed_runs += program.recursion_misses;
		for (uint32_t i = 0; i < program.nr_map_ids && i < MAX_MAPS; i++)
			census_add_map(census, maps[i]);
	}
	close(fd);
}

static void take_census(struct census *census)
{
	memset(census, 0, sizeof(*census));
	fw_pinned_links_each(fw_pin_directory(), census_add_link, census);
}

static uint32_t count_keys(int map)
{
	uint64_t key, next;
	uint32_t count = 0;

	if (bpf_map_get_next_key(map, NULL, &key))
		return 0;
	do
		count++;
	while (bpf_map_get_next_key(map, &key, &next) == 0 && (key = next, true));
	return count;
}

static uint32_t count_readers(const struct fw_machine *machine)
{
	uint32_t count = 0;

	for (int i = 0; i < FW_MAX_READERS; i++)
		count += machine->readers[i].types != 0;
	return count;
}

enum fw_status fw_bpf_status(struct fw_bpf_status *status, struct fw_error *error)
{
	struct fw_bpf_status found = { .directory = fw_pin_directory() };
	struct fw_kernel_side side;
	struct census census;
	enum fw_status result = fw_kernel_side_open(&side, error);

	if (result == FW_OK) {
		take_census(&census);
		found.loaded = true;
		found.wire = side.machine->has_wire;
		found.abi_major = side.machine->abi_major;
		found.abi_minor = side.machine->abi_minor;
		found.since_ns = side.machine->since_ns;
		found.programs = census.programs;
		found.links = census.links;
		found.maps = census.map_count;
		found.readers = count_readers(side.machine);
		found.groups = (uint32_t)side.machine->groups_active;
		found.missed_runs = census.missed_runs;
		found.failures = side.machine->flow_failures + side.machine->process_failures +
				 side.machine->group_failures;
		found.processes = count_keys(side.map_fd[FW_MAP_PROCESSES]);
	}
	fw_kernel_side_close(&side);
	if (result != FW_OK && result != FW_NOT_FOUND)
		return result;
	*status = found;
	return FW_OK;
}
