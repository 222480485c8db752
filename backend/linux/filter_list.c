/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/filter_list.h"

#include "backend/linux/libbpf_log.h"
#include "backend/linux/pin_directory.h"
#include "core/address_build.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flowwatcher_commit.skel.h"

static const uint32_t building_place = 0;

static struct fw_set_wide address6(const struct fw_filter_prefix *prefix)
{
	struct fw_set_wide address;

	memcpy(&address, prefix->address, sizeof(address));
	address.high = be64toh(address.high);
	address.low = be64toh(address.low);
	return address;
}

static uint32_t address4(const struct fw_filter_prefix *prefix)
{
	uint32_t address;

	memcpy(&address, prefix->address, sizeof(address));
	return be32toh(address);
}

/* Blocks that the kernel side will fill. With prefixes that it refuses the number is any. */
static uint32_t count_blocks(const struct fw_filter_prefix *prefixes, uint32_t ipv4, uint32_t ipv6)
{
	const struct fw_filter_prefix *last4 = ipv4 ? &prefixes[ipv4 - 1] : NULL;
	const struct fw_filter_prefix *last6 = ipv6 ? &prefixes[ipv4 + ipv6 - 1] : NULL;
	struct fw_set_wide none = { 0, 0 };
	struct fw_set_build build = { 0 };
	uint32_t last = 0;

	if (last4)
		last = address4(last4) | (uint32_t)(UINT32_MAX >> (last4->length & 31));
	if (last4 && last4->length >= 32)
		last = address4(last4);
	fw_set_lay4(&build, ipv4, FW_SET_FIRST);
	fw_set_split4(&build, ipv4 ? address4(prefixes) : 0, last, build.places.end);
	fw_set_lay6(&build, ipv6, build.index + build.buckets);
	fw_set_split6(&build, ipv6 ? address6(&prefixes[ipv4]) : none,
		ipv6 ? fw_set_last6(address6(last6), last6->length) : none, build.places.end);
	return build.index + build.buckets;
}

static int create_map(uint32_t blocks)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_INNER_MAP);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "fw_filter_list", sizeof(uint32_t),
		sizeof(struct fw_set_block), blocks, &options);
	int result;

	if (fd >= 0 && bpf_map_freeze(fd) == 0)
		return fd;
	result = -errno;
	if (fd >= 0)
		close(fd);
	return result;
}

static int result_of(uint32_t result)
{
	switch (result) {
	case FW_FILTER_COMMIT_DONE:
		return 0;
	case FW_FILTER_COMMIT_REFUSED:
		return -EINVAL;
	case FW_FILTER_COMMIT_UNREADABLE:
		return -EFAULT;
	case FW_FILTER_COMMIT_NO_ROOM:
		return -E2BIG;
	default:
		return -EBUSY;
	}
}

/* So that the next command need not wait for the verifier; where it cannot be kept that one loads its own. */
static void keep_commit(const struct fw_kernel_side *side)
{
	char path[PATH_MAX];

	if (!fw_kernel_side_is_pinned(side))
		return;
	snprintf(path, sizeof(path), "%s/%s", fw_pin_directory(), fw_program_name(FW_PROGRAM_FILTER_COMMIT));
	bpf_obj_pin(side->program_fd[FW_PROGRAM_FILTER_COMMIT], path);
}

/* The program that builds lists, which side->program_fd keeps. */
static int load_commit(struct fw_kernel_side *side)
{
	struct flowwatcher_commit_bpf *object;
	struct bpf_map *map;
	int fd, result;

	fw_libbpf_log_capture();
	object = flowwatcher_commit_bpf__open();
	if (!object)
		return -errno;
	bpf_object__for_each_map(map, object->obj)
		if (map != object->maps.filter_building && !bpf_map__is_internal(map))
			bpf_map__set_autocreate(map, false);
	result = bpf_map__reuse_fd(object->maps.filter_building, side->map_fd[FW_MAP_FILTER_BUILDING]);
	if (!result)
		result = flowwatcher_commit_bpf__load(object);
	if (!result) {
		fd = fcntl(bpf_program__fd(object->progs.fw_filter_commit), F_DUPFD_CLOEXEC, 3);
		result = fd < 0 ? -errno : 0;
		side->program_fd[FW_PROGRAM_FILTER_COMMIT] = fd;
		if (!result)
			keep_commit(side);
	}
	flowwatcher_commit_bpf__destroy(object);
	return result;
}

static int commit(const struct fw_kernel_side *side, int list, struct fw_filter_commit *argument)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = argument, .ctx_size_in = sizeof(*argument));
	int result = 0;

	if (bpf_map_update_elem(side->map_fd[FW_MAP_FILTER_BUILDING], &building_place, &list, BPF_ANY))
		return -errno;
	if (bpf_prog_test_run_opts(side->program_fd[FW_PROGRAM_FILTER_COMMIT], &options))
		result = -errno;
	else
		result = result_of(options.retval);
	/* What stays there stays in memory. */
	bpf_map_delete_elem(side->map_fd[FW_MAP_FILTER_BUILDING], &building_place);
	return result;
}

int fw_filter_list_make(struct fw_kernel_side *side, const struct fw_filter_prefix *prefixes,
	size_t count, uint32_t id, int *fd)
{
	struct fw_filter_commit argument = { .prefixes = (uintptr_t)prefixes, .id = id };
	size_t ipv4 = 0;
	int list, result = 0;

	if (side->program_fd[FW_PROGRAM_FILTER_COMMIT] < 0)
		result = load_commit(side);
	if (result)
		return result;
	while (ipv4 < count && prefixes[ipv4].family == FW_FAMILY_IPV4)
		ipv4++;
	if (ipv4 > FW_FILTER_MAX_IPV4 || count - ipv4 > FW_FILTER_MAX_IPV6)
		return -E2BIG;
	argument.ipv4 = (uint32_t)ipv4;
	argument.ipv6 = (uint32_t)(count - ipv4);
	result = libbpf_num_possible_cpus();
	if (result < 0)
		return result;
	argument.processors = (uint32_t)result;
	list = create_map(count_blocks(prefixes, argument.ipv4, argument.ipv6));
	if (list < 0)
		return list;
	result = commit(side, list, &argument);
	if (result) {
		close(list);
		return result;
	}
	*fd = list;
	return 0;
}
