/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "filter_probe.h"

#include "backend/linux/filter_list.h"
#include "backend/linux/kernel_loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "filter_probe.skel.h"

struct filter_probe {
	struct fw_kernel_side side;
	struct filter_probe_bpf *skeleton;
	uint32_t (*addresses)[4];
	const uint64_t *verdicts;
	uint32_t bytes;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "filter_probe: %s: %s\n", what, why);
	exit(1);
}

static void *map_memory(const struct bpf_map *map, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (memory == MAP_FAILED)
		die("mapping a map", strerror(errno));
	return memory;
}

struct filter_probe *probe_open(void)
{
	const struct fw_hook_choice choice = { .rules = true };
	struct filter_probe *probe = calloc(1, sizeof(*probe));
	struct fw_error error;

	if (!probe)
		die("starting", "no memory");
	probe->bytes = PROBE_BYTES;
	if (fw_kernel_side_start(&probe->side, &choice, &error) != FW_OK)
		die("loading the kernel side", error.text);
	probe->skeleton = filter_probe_bpf__open_and_load();
	if (!probe->skeleton)
		die("loading the probe", strerror(errno));
	probe->addresses = map_memory(probe->skeleton->maps.addresses, PROBE_ADDRESSES * sizeof(uint32_t[4]));
	probe->verdicts = map_memory(probe->skeleton->maps.verdicts, PROBE_ADDRESSES * sizeof(uint64_t));
	return probe;
}

void probe_close(struct filter_probe *probe)
{
	filter_probe_bpf__destroy(probe->skeleton);
	fw_kernel_side_close(&probe->side);
	free(probe);
}

int probe_building_fd(const struct filter_probe *probe)
{
	return probe->side.map_fd[FW_MAP_FILTER_BUILDING];
}

int probe_commit_fd(const struct filter_probe *probe)
{
	return probe->side.program_fd[FW_PROGRAM_FILTER_COMMIT];
}

int probe_lists_fd(const struct filter_probe *probe)
{
	return bpf_map__fd(probe->skeleton->maps.filter_lists);
}

int probe_make(struct filter_probe *probe, const struct fw_filter_prefix *prefixes, size_t count, int *fd)
{
	return fw_filter_list_make(&probe->side, prefixes, count, 1, fd);
}

void probe_use(struct filter_probe *probe, int list)
{
	const uint32_t slot = 0;

	if (bpf_map_update_elem(probe_lists_fd(probe), &slot, &list, BPF_ANY))
		die("putting a list in force", strerror(errno));
}

uint32_t (*probe_addresses(struct filter_probe *probe))[4]
{
	return probe->addresses;
}

const uint64_t *probe_verdicts(struct filter_probe *probe)
{
	return probe->verdicts;
}

void probe_set_bytes(struct filter_probe *probe, uint32_t bytes)
{
	probe->bytes = bytes;
}

struct probe_argument probe_search(struct filter_probe *probe, uint32_t family, uint32_t mode,
	uint32_t count)
{
	struct probe_argument argument = { .family = family, .mode = mode, .count = count,
		.bytes = probe->bytes };
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &argument, .ctx_size_in = sizeof(argument));

	if (bpf_prog_test_run_opts(bpf_program__fd(probe->skeleton->progs.probe_run), &options))
		die("searching", strerror(errno));
	return argument;
}

uint64_t probe_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
