/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/filter_program.h"

#include "backend/linux/libbpf_log.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "flowwatcher_filter.skel.h"

#define MOST_MAPS 16u

/* Those of the kernel side; what else the object declares is not made. */
static int use_maps(const struct fw_kernel_side *side, struct flowwatcher_filter_bpf *object)
{
	struct bpf_map *map;
	int result =
		bpf_map__reuse_fd(object->maps.filter_lists, side->map_fd[FW_MAP_FILTER_LISTS]);

	if (!result)
		result = bpf_map__reuse_fd(
			object->maps.filter_counters, side->map_fd[FW_MAP_FILTER_COUNTERS]);
	bpf_object__for_each_map(map, object->obj) if (map != object->maps.filter_lists &&
						       map != object->maps.filter_counters &&
						       !bpf_map__is_internal(map))
		bpf_map__set_autocreate(map, false);
	return result;
}

int fw_filter_program_open(const struct fw_kernel_side *side, const struct fw_filter_use *use,
	struct flowwatcher_filter_bpf **object)
{
	struct flowwatcher_filter_bpf *opened;
	struct bpf_program *program;
	int result;

	fw_libbpf_log_capture();
	opened = flowwatcher_filter_bpf__open();
	if (!opened)
		return -errno;
	opened->rodata->filter_slot = use->slot;
	opened->rodata->filter_no_link_header = use->no_link_header;
	bpf_object__for_each_program(program, opened->obj) bpf_program__set_autoload(
		program, !strcmp(bpf_program__name(program), use->program));
	result = use_maps(side, opened);
	if (result) {
		flowwatcher_filter_bpf__destroy(opened);
		return result;
	}
	*object = opened;
	return 0;
}

int fw_filter_program_load(struct flowwatcher_filter_bpf *object, const char *program)
{
	int result = flowwatcher_filter_bpf__load(object);

	return result ? result
		      : bpf_program__fd(bpf_object__find_program_by_name(object->obj, program));
}

struct bpf_object *fw_filter_program_object(struct flowwatcher_filter_bpf *object)
{
	return object->obj;
}

void fw_filter_program_close(struct flowwatcher_filter_bpf *object)
{
	flowwatcher_filter_bpf__destroy(object);
}

uint32_t fw_filter_program_id(int program)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(program, &info, &size) ? 0 : info.id;
}

bool fw_filter_program_is_ours(const struct fw_kernel_side *side, int program)
{
	struct bpf_map_info counters = { 0 };
	uint32_t maps[MOST_MAPS] = { 0 }, size = sizeof(counters);
	struct bpf_prog_info info = { .nr_map_ids = MOST_MAPS,
		.map_ids = (uint64_t)(uintptr_t)maps };

	if (bpf_obj_get_info_by_fd(side->map_fd[FW_MAP_FILTER_COUNTERS], &counters, &size))
		return false;
	size = sizeof(info);
	if (bpf_obj_get_info_by_fd(program, &info, &size))
		return false;
	for (uint32_t i = 0; i < info.nr_map_ids && i < MOST_MAPS; i++)
		if (maps[i] == counters.id)
			return true;
	return false;
}

bool fw_filter_program_id_is_ours(const struct fw_kernel_side *side, uint32_t id)
{
	int program = id ? bpf_prog_get_fd_by_id(id) : -1;
	bool ours = program >= 0 && fw_filter_program_is_ours(side, program);

	if (program >= 0)
		close(program);
	return ours;
}

bool fw_filter_program_lives(uint32_t id)
{
	int program = id ? bpf_prog_get_fd_by_id(id) : -1;

	if (program < 0)
		return id && errno != ENOENT;
	close(program);
	return true;
}
