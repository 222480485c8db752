/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/kernel_side.h"

#include "backend/linux/cgroup_root.h"
#include "backend/linux/libbpf_log.h"
#include "backend/linux/pin_directory.h"
#include "backend/linux/self_check.h"
#include "lib/host/host.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "flowwatcher.skel.h"

static const char *const map_names[FW_MAP_COUNT] = {
	[FW_MAP_PROCESSES] = "processes",
	[FW_MAP_NAMES] = "names",
	[FW_MAP_MEMBERSHIP] = "membership",
	[FW_MAP_GROUPS] = "groups",
	[FW_MAP_READERS] = "readers",
	[FW_MAP_MACHINE] = ".bss",
};

static const char *const pin_names[FW_MAP_COUNT] = {
	[FW_MAP_PROCESSES] = "processes",
	[FW_MAP_NAMES] = "names",
	[FW_MAP_MEMBERSHIP] = "membership",
	[FW_MAP_GROUPS] = "groups",
	[FW_MAP_READERS] = "readers",
	[FW_MAP_MACHINE] = "machine",
};

static const char *const iterator_programs[FW_ITERATOR_COUNT] = {
	[FW_ITERATOR_FLOWS] = "fw_iter_flows",
	[FW_ITERATOR_DESCRIPTORS] = "fw_iter_descriptors",
};

static const char *const seed_programs[] = { "fw_iter_seed", "fw_iter_seed_tcp" };

static void side_init(struct fw_kernel_side *side)
{
	memset(side, 0, sizeof(*side));
	for (int i = 0; i < FW_MAP_COUNT; i++)
		side->map_fd[i] = -1;
	for (int i = 0; i < FW_ITERATOR_COUNT; i++)
		side->iterator_fd[i] = -1;
}

/* libbpf's map name of a section is cut from the object's name; take the one that ends like it. */
static struct bpf_map *find_map(struct bpf_object *object, const char *name)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *full = bpf_map__name(map);
		size_t length = strlen(full), wanted = strlen(name);

		if (length >= wanted && !strcmp(full + length - wanted, name))
			return map;
	}
	return NULL;
}

static enum fw_status map_machine(struct fw_kernel_side *side, struct fw_error *error)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory;

	side->machine_size = (sizeof(*side->machine) + page - 1) / page * page;
	memory = mmap(NULL, side->machine_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		side->map_fd[FW_MAP_MACHINE], 0);
	if (memory == MAP_FAILED)
		return fw_error_set_errno(error, errno, "mapping the kernel side's shared state");
	side->machine = memory;
	return FW_OK;
}

static enum fw_status load_programs(struct fw_kernel_side *side, const struct fw_hooks *hooks,
	struct fw_error *error)
{
	struct bpf_object *object;
	int result;

	fw_libbpf_log_capture();
	side->skeleton = flowwatcher_bpf__open();
	if (!side->skeleton)
		return fw_error_set_errno(error, errno, "opening the BPF object: %s",
			fw_libbpf_log_first());
	object = side->skeleton->obj;
	for (size_t i = 0; i < hooks->count; i++) {
		const struct fw_hook *hook = &hooks->hook[i];

		bpf_program__set_autoload(bpf_object__find_program_by_name(object, hook->program),
			hook->chosen);
	}
	side->skeleton->rodata->udp_by_consume = fw_hooks_use(hooks, FW_ROLE_RECEIVE_UDP);
	result = flowwatcher_bpf__load(side->skeleton);
	if (result)
		return fw_error_set_errno(error, result, "loading the BPF programs: %s",
			fw_libbpf_log_first());
	for (int i = 0; i < FW_MAP_COUNT; i++)
		side->map_fd[i] = dup(bpf_map__fd(find_map(object, map_names[i])));
	return map_machine(side, error);
}

static struct bpf_link *attach_iterator(struct fw_kernel_side *side, struct bpf_program *program)
{
	union bpf_iter_link_info info = { 0 };
	LIBBPF_OPTS(bpf_iter_attach_opts, options);

	if (!strcmp(bpf_program__name(program), iterator_programs[FW_ITERATOR_FLOWS])) {
		info.map.map_fd = (__u32)bpf_map__fd(side->skeleton->maps.flows);
		options.link_info = &info;
		options.link_info_len = sizeof(info);
	}
	return bpf_program__attach_iter(program, &options);
}

static struct bpf_link *attach_hook(struct fw_kernel_side *side, const struct fw_hook *hook,
	struct bpf_program *program, int cgroup)
{
	if (hook->kind == FW_HOOK_CGROUP)
		return bpf_program__attach_cgroup(program, cgroup);
	if (hook->kind == FW_HOOK_ITERATOR)
		return attach_iterator(side, program);
	return bpf_program__attach_trace(program);
}

static enum fw_status attach_hooks(struct fw_kernel_side *side, const struct fw_hooks *hooks,
	struct fw_error *error)
{
	int cgroup = hooks->has_cgroup ? fw_cgroup_root_open() : -1;
	enum fw_status status = FW_OK;

	for (size_t i = 0; i < hooks->count && status == FW_OK; i++) {
		const struct fw_hook *hook = &hooks->hook[i];
		struct bpf_program *program;
		char name[64];

		if (!hook->chosen)
			continue;
		program = bpf_object__find_program_by_name(side->skeleton->obj, hook->program);
		side->links[i] = attach_hook(side, hook, program, cgroup);
		if (side->links[i])
			continue;
		fw_hook_name(hook, name, sizeof(name));
		status = fw_error_set_errno(error, errno, "attaching %s", name);
	}
	side->link_count = hooks->count;
	if (cgroup >= 0)
		close(cgroup);
	return status;
}

static struct bpf_link **find_link(struct fw_kernel_side *side, const struct fw_hooks *hooks,
	const char *program)
{
	for (size_t i = 0; i < hooks->count; i++)
		if (!strcmp(hooks->hook[i].program, program))
			return &side->links[i];
	return NULL;
}

/* Read a seeding iterator to its end once; its program has no output. */
static enum fw_status seed(struct fw_kernel_side *side, const struct fw_hooks *hooks,
	const char *program, struct fw_error *error)
{
	struct bpf_link **link = find_link(side, hooks, program);
	char unused[64];
	int iterator;

	iterator = bpf_iter_create(bpf_link__fd(*link));
	if (iterator < 0)
		return fw_error_set_errno(error, errno, "listing the sockets that exist already");
	while (read(iterator, unused, sizeof(unused)) > 0)
		;
	close(iterator);
	bpf_link__destroy(*link);
	*link = NULL;
	return FW_OK;
}

static void begin_machine(struct fw_machine *machine, bool wire)
{
	machine->abi_major = FW_ABI_MAJOR;
	machine->abi_minor = FW_ABI_MINOR;
	machine->has_wire = wire;
	machine->since_ns = fw_host_boot_ns();
	machine->maps_version = FW_MAPS_VERSION;
}

static enum fw_status start_once(struct fw_kernel_side *side, const struct fw_hooks *hooks,
	bool wire, struct fw_error *error)
{
	enum fw_status status;

	side_init(side);
	status = load_programs(side, hooks, error);
	if (status != FW_OK)
		return status;
	begin_machine(side->machine, wire && hooks->has_cgroup);
	status = attach_hooks(side, hooks, error);
	if (status != FW_OK)
		return status;
	for (int i = 0; i < FW_ITERATOR_COUNT; i++)
		side->iterator_fd[i] =
			dup(bpf_link__fd(*find_link(side, hooks, iterator_programs[i])));
	for (size_t i = 0; i < FW_ARRAY_SIZE(seed_programs) && status == FW_OK; i++)
		status = seed(side, hooks, seed_programs[i], error);
	malloc_trim(0); /* the kernel's BTF took megabytes that nobody needs any more */
	return status;
}

/*
 * The function that consumes UDP datagrams may have been inlined into its caller, which the kernel's
 * BTF does not tell; the self-check does.
 */
enum fw_status fw_kernel_side_start(struct fw_kernel_side *side, struct fw_hooks *hooks, bool wire,
	struct fw_error *error)
{
	enum fw_status status = start_once(side, hooks, wire, error);

	if (status != FW_OK || !fw_hooks_use(hooks, FW_ROLE_RECEIVE_UDP))
		return status;
	if (fw_self_check(side) != FW_SELF_CHECK_MISCOUNTS)
		return FW_OK;
	fw_hooks_drop(hooks, FW_ROLE_RECEIVE_UDP);
	fw_kernel_side_close(side);
	return start_once(side, hooks, wire, error);
}

static int pin_all(struct fw_kernel_side *side, const char *directory)
{
	char path[PATH_MAX + 64];
	int result;

	for (int i = 0; i < FW_MAP_COUNT; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, pin_names[i]);
		if (bpf_obj_pin(side->map_fd[i], path))
			return -errno;
	}
	for (int i = 0; i < FW_ITERATOR_COUNT; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, iterator_programs[i]);
		if (bpf_obj_pin(side->iterator_fd[i], path))
			return -errno;
	}
	for (size_t i = 0; i < side->link_count; i++) {
		if (!side->links[i])
			continue;
		snprintf(path, sizeof(path), "%s/link-%zu", directory, i);
		result = bpf_link__pin(side->links[i], path);
		if (result)
			return result;
	}
	return 0;
}

enum fw_status fw_kernel_side_pin(struct fw_kernel_side *side, struct fw_error *error)
{
	char directory[PATH_MAX];
	enum fw_status status;
	int result;

	status = fw_pin_directory_begin(directory, sizeof(directory), error);
	if (status != FW_OK)
		return status;
	result = pin_all(side, directory);
	if (result)
		status = fw_error_set_errno(error, result, "pinning into %s", directory);
	else
		status = fw_pin_directory_publish(directory, error);
	if (status != FW_OK)
		fw_pin_directory_remove(directory, NULL);
	return status;
}

static enum fw_status open_pins(struct fw_kernel_side *side, struct fw_error *error)
{
	char path[PATH_MAX];

	for (int i = 0; i < FW_MAP_COUNT; i++) {
		snprintf(path, sizeof(path), "%s/%s", fw_pin_directory(), pin_names[i]);
		side->map_fd[i] = bpf_obj_get(path);
		if (side->map_fd[i] < 0)
			goto failed;
	}
	for (int i = 0; i < FW_ITERATOR_COUNT; i++) {
		snprintf(path, sizeof(path), "%s/%s", fw_pin_directory(), iterator_programs[i]);
		side->iterator_fd[i] = bpf_obj_get(path);
		if (side->iterator_fd[i] < 0)
			goto failed;
	}
	return FW_OK;
failed:
	if (errno == ENOENT)
		return fw_error_set(error, FW_NOT_FOUND,
			"the kernel side is not loaded; 'flowwatcher load' puts it in place");
	return fw_error_set_errno(error, errno, "opening %s", path);
}

enum fw_status fw_kernel_side_open(struct fw_kernel_side *side, struct fw_error *error)
{
	enum fw_status status;

	side_init(side);
	status = open_pins(side, error);
	if (status != FW_OK)
		return status;
	status = map_machine(side, error);
	if (status != FW_OK)
		return status;
	if (side->machine->maps_version != FW_MAPS_VERSION ||
		side->machine->abi_major != FW_ABI_MAJOR)
		return fw_error_set(error, FW_FAILED,
			"the loaded kernel side is of another version (%u.%u, this command knows %u.%u): "
			"'flowwatcher unload', then 'flowwatcher load'",
			side->machine->abi_major, side->machine->maps_version, FW_ABI_MAJOR,
			FW_MAPS_VERSION);
	return FW_OK;
}

void fw_kernel_side_close(struct fw_kernel_side *side)
{
	if (side->machine)
		munmap(side->machine, side->machine_size);
	for (int i = 0; i < FW_MAP_COUNT; i++)
		if (side->map_fd[i] >= 0)
			close(side->map_fd[i]);
	for (int i = 0; i < FW_ITERATOR_COUNT; i++)
		if (side->iterator_fd[i] >= 0)
			close(side->iterator_fd[i]);
	for (size_t i = 0; i < side->link_count; i++)
		bpf_link__destroy(side->links[i]);
	flowwatcher_bpf__destroy(side->skeleton);
	side_init(side);
}

int fw_kernel_side_iterate(const struct fw_kernel_side *side, enum fw_iterator iterator)
{
	int fd = bpf_iter_create(side->iterator_fd[iterator]);

	return fd < 0 ? -errno : fd;
}
