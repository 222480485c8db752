/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/kernel_side.h"

#include "backend/linux/pin_directory.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define READ_BYTES	   32768 /* of an iterator at a time */
#define FEWEST_ROWS_MAPPED 256 /* with FW_MAX_PROCESSES a power of two */

static const char *const pin_names[FW_MAP_COUNT] = {
	[FW_MAP_ROWS] = "rows",
	[FW_MAP_PROCESSES] = "processes",
	[FW_MAP_FREE_ROWS] = "free_rows",
	[FW_MAP_NAMES] = "names",
	[FW_MAP_MEMBERSHIP] = "membership",
	[FW_MAP_GROUPS] = "groups",
	[FW_MAP_READERS] = "readers",
	[FW_MAP_RULES] = "rules",
	[FW_MAP_POLICIES] = "policies",
	[FW_MAP_POLICY_BLOCKS] = "policy_blocks",
	[FW_MAP_MEMBERS] = "members",
	[FW_MAP_LIMITS] = "limits",
	[FW_MAP_MACHINE] = "machine",
	[FW_MAP_LIMIT_STATES] = "limit_states",
	[FW_MAP_COVERED_DEVICES] = "covered_devices",
	[FW_MAP_SHAPED_DEVICES] = "shaped_devices",
	[FW_MAP_FILTER_LISTS] = "filter_lists",
	[FW_MAP_FILTER_BUILDING] = "filter_building",
	[FW_MAP_FILTER_COUNTERS] = "filter_counters",
	[FW_MAP_FILTER_SLOTS] = "filter_slots",
	[FW_MAP_FILTER_BINDINGS] = "filter_bindings",
	[FW_MAP_FILTER_NAMESPACES] = "filter_namespaces",
};

static const char *const iterator_programs[FW_ITERATOR_COUNT] = {
	[FW_ITERATOR_FLOWS] = "fw_iter_flows",
	[FW_ITERATOR_DESCRIPTORS] = "fw_iter_descriptors",
	[FW_ITERATOR_PROCESSES] = "fw_iter_processes",
	[FW_ITERATOR_MEMBERS] = "fw_iter_members",
	[FW_ITERATOR_HOLDERS] = "fw_iter_holders",
	[FW_ITERATOR_CUT] = "fw_iter_cut",
};

static const char *const program_names[FW_PROGRAM_COUNT] = {
	[FW_PROGRAM_EGRESS] = "fw_shape_egress",
	[FW_PROGRAM_INGRESS] = "fw_shape_ingress",
	[FW_PROGRAM_SLICE] = "fw_shape_slice",
	[FW_PROGRAM_RETURN] = "fw_shape_return",
	[FW_PROGRAM_LOOPBACK] = "fw_shape_loopback",
	[FW_PROGRAM_FILTER_COMMIT] = "fw_filter_commit",
};

void fw_kernel_side_init(struct fw_kernel_side *side)
{
	/* All bytes of -1 are 0xff. */
	memset(side, 0xff, sizeof(*side));
	side->machine = NULL;
	side->rows = NULL;
	side->rows_mapped = 0;
	side->is_read_only = false;
}

const char *fw_iterator_program(enum fw_iterator iterator)
{
	return iterator_programs[iterator];
}

const char *fw_program_name(enum fw_program program)
{
	return program_names[program];
}

/* The kernel shares no map with who may only read it. */
static bool copy_values(int map, uint32_t count, size_t size, char *to)
{
	for (uint32_t i = 0; i < count; i++)
		if (bpf_map_lookup_elem(map, &i, to + i * size))
			return false;
	return true;
}

static size_t value_size(int map)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(map, &info, &size) ? 0 : info.value_size;
}

/* NULL: failed, see errno. mmap() rounds the size up to whole pages itself, as munmap() does. */
static void *map_values(
	const struct fw_kernel_side *side, enum fw_map map, uint32_t count, size_t size)
{
	int fd = side->map_fd[map];
	size_t each = side->is_read_only ? value_size(fd) : size;
	void *memory;

	if (!side->is_read_only) {
		memory = mmap(NULL, count * size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		return memory == MAP_FAILED ? NULL : memory;
	}
	memory = each >= size ? malloc(count * each) : NULL;
	if (memory && copy_values(fd, count, each, memory))
		return memory;
	free(memory);
	return NULL;
}

static void unmap_values(const struct fw_kernel_side *side, void *memory, size_t bytes)
{
	if (memory && side->is_read_only)
		free(memory);
	else if (memory)
		munmap(memory, bytes);
}

void fw_kernel_side_refresh(const struct fw_kernel_side *side)
{
	if (side->is_read_only)
		copy_values(side->map_fd[FW_MAP_MACHINE], 1, 0, (char *)side->machine);
}

bool fw_iterator_is_needed(enum fw_iterator iterator)
{
	return iterator == FW_ITERATOR_FLOWS || iterator == FW_ITERATOR_DESCRIPTORS;
}

enum fw_status fw_kernel_side_map(struct fw_kernel_side *side, struct fw_error *error)
{
	side->machine = map_values(side, FW_MAP_MACHINE, 1, sizeof(*side->machine));
	if (!side->machine)
		return fw_error_set_errno(error, errno, "mapping the kernel side's shared state");
	return FW_OK;
}

static void unmap_rows(struct fw_kernel_side *side)
{
	unmap_values(side, side->rows, side->rows_mapped * sizeof(*side->rows));
	side->rows = NULL;
	side->rows_mapped = 0;
}

enum fw_status fw_kernel_side_map_rows(struct fw_kernel_side *side, size_t count,
	struct fw_error *error)
{
	size_t rows = FEWEST_ROWS_MAPPED;

	while (rows < count)
		rows *= 2;
	if (rows <= side->rows_mapped && !side->is_read_only)
		return FW_OK;
	unmap_rows(side);
	side->rows = map_values(side, FW_MAP_ROWS, (uint32_t)rows, sizeof(*side->rows));
	if (!side->rows)
		return fw_error_set_errno(error, errno, "mapping %zu process rows", rows);
	side->rows_mapped = rows;
	return FW_OK;
}

static int pin_one(int fd, const char *directory, const char *name)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return bpf_obj_pin(fd, path) ? -errno : 0;
}

static int pin_all(const struct fw_kernel_side *side, const char *directory)
{
	char name[32];
	int result = 0;

	for (int i = 0; i < FW_MAP_COUNT && !result; i++)
		result = pin_one(side->map_fd[i], directory, pin_names[i]);
	for (int i = 0; i < FW_ITERATOR_COUNT && !result; i++)
		if (side->iterator_fd[i] >= 0)
			result = pin_one(side->iterator_fd[i], directory, iterator_programs[i]);
	for (int i = 0; i < FW_PROGRAM_COUNT && !result; i++)
		if (side->program_fd[i] >= 0)
			result = pin_one(side->program_fd[i], directory, program_names[i]);
	for (int i = 0; i < FW_HOOK_COUNT && !result; i++) {
		if (side->link_fd[i] < 0)
			continue;
		snprintf(name, sizeof(name), "link-%d", i);
		result = pin_one(side->link_fd[i], directory, name);
	}
	for (int i = 0; i < FW_HOOK_COUNT && !result; i++) {
		if (side->waiting_fd[i] < 0)
			continue;
		snprintf(name, sizeof(name), FW_PIN_PROGRAM, i);
		result = pin_one(side->waiting_fd[i], directory, name);
	}
	return result;
}

enum fw_status fw_kernel_side_pin(
	struct fw_kernel_side *side, unsigned int readers, struct fw_error *error)
{
	char directory[PATH_MAX];
	enum fw_status status;
	int result;

	status = fw_pin_directory_begin(directory, sizeof(directory), error);
	if (status != FW_OK)
		return status;
	result = pin_all(side, directory);
	if (!result && readers)
		result = fw_pin_directory_share_all(directory, readers);
	if (result)
		status = fw_error_set_errno(error, result, "pinning into %s", directory);
	else
		status = fw_pin_directory_publish(directory, error);
	if (status != FW_OK)
		fw_pin_directory_remove(directory, NULL);
	return status;
}

int fw_kernel_side_open_pin(const char *name)
{
	char path[PATH_MAX + 64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fw_pin_directory(), name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

static uint32_t map_id(int map)
{
	struct bpf_map_info info = { 0 };
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(map, &info, &size) ? 0 : info.id;
}

bool fw_kernel_side_is_pinned(const struct fw_kernel_side *side)
{
	int pinned = fw_kernel_side_open_pin(pin_names[FW_MAP_MACHINE]);
	bool same = pinned >= 0 && map_id(pinned) == map_id(side->map_fd[FW_MAP_MACHINE]);

	if (pinned >= 0)
		close(pinned);
	return same;
}

/* Links and programs cannot be opened for reading. */
static int open_for_reading(const char *name)
{
	LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = BPF_F_RDONLY);
	char path[PATH_MAX + 64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fw_pin_directory(), name);
	fd = bpf_obj_get_opts(path, &options);
	return fd < 0 ? -errno : fd;
}

static int open_map(struct fw_kernel_side *side, const char *name)
{
	int fd = side->is_read_only ? -EACCES : fw_kernel_side_open_pin(name);

	if (fd != -EACCES)
		return fd;
	fd = open_for_reading(name);
	side->is_read_only |= fd >= 0;
	return fd;
}

static enum fw_status open_pins(struct fw_kernel_side *side, struct fw_error *error)
{
	const char *name;
	int result;

	for (int i = 0; i < FW_MAP_COUNT; i++) {
		name = pin_names[i];
		side->map_fd[i] = result = open_map(side, name);
		if (result < 0)
			goto failed;
	}
	for (int i = 0; i < FW_ITERATOR_COUNT && !side->is_read_only; i++) {
		name = iterator_programs[i];
		side->iterator_fd[i] = result = fw_kernel_side_open_pin(name);
		if (result < 0 && fw_iterator_is_needed(i))
			goto failed;
	}
	for (int i = 0; i < FW_PROGRAM_COUNT && !side->is_read_only; i++)
		side->program_fd[i] = fw_kernel_side_open_pin(program_names[i]);
	return FW_OK;
failed:
	if (result == -ENOENT)
		return fw_error_set(error, FW_NOT_FOUND,
			"the kernel side is not loaded; 'flowwatcher load' puts it in place");
	return fw_error_set_errno(error, result, "opening %s/%s", fw_pin_directory(), name);
}

enum fw_status fw_kernel_side_open(struct fw_kernel_side *side, struct fw_error *error)
{
	enum fw_status status;

	fw_kernel_side_init(side);
	status = open_pins(side, error);
	if (status != FW_OK)
		return status;
	status = fw_kernel_side_map(side, error);
	if (status != FW_OK)
		return status;
	if (side->machine->maps_version != FW_MAPS_VERSION ||
		side->machine->abi_major != FW_ABI_MAJOR)
		return fw_error_set(error, FW_FAILED,
			"the loaded kernel side is of another version (%u.%u, this command knows "
			"%u.%u): 'flowwatcher unload', then 'flowwatcher load'",
			side->machine->abi_major, side->machine->maps_version, FW_ABI_MAJOR,
			FW_MAPS_VERSION);
	return FW_OK;
}

void fw_kernel_side_open_maps(struct fw_kernel_side *side)
{
	fw_kernel_side_init(side);
	for (int i = 0; i < FW_MAP_COUNT; i++)
		side->map_fd[i] = fw_kernel_side_open_pin(pin_names[i]);
}

/* The version is the first member of `machine`, always. */
void fw_kernel_side_retire(const struct fw_kernel_side *side)
{
	uint32_t *version = mmap(NULL, sizeof(*version), PROT_READ | PROT_WRITE, MAP_SHARED,
		side->map_fd[FW_MAP_MACHINE], 0);

	if (version == MAP_FAILED)
		return;
	__atomic_store_n(version, 0, __ATOMIC_RELEASE);
	munmap(version, sizeof(*version));
}

static void close_all(const int *descriptors, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (descriptors[i] >= 0)
			close(descriptors[i]);
}

void fw_kernel_side_close(struct fw_kernel_side *side)
{
	unmap_values(side, side->machine, sizeof(*side->machine));
	unmap_rows(side);
	close_all(side->map_fd, FW_MAP_COUNT);
	close_all(side->iterator_fd, FW_ITERATOR_COUNT);
	close_all(side->program_fd, FW_PROGRAM_COUNT);
	close_all(side->link_fd, FW_HOOK_COUNT);
	close_all(side->waiting_fd, FW_HOOK_COUNT);
	fw_kernel_side_init(side);
}

int fw_kernel_side_iterate(const struct fw_kernel_side *side, enum fw_iterator iterator)
{
	int fd;

	if (side->iterator_fd[iterator] < 0)
		return side->is_read_only ? -EACCES : -EOPNOTSUPP;
	fd = bpf_iter_create(side->iterator_fd[iterator]);
	return fd < 0 ? -errno : fd;
}

/* The kernel returns whole rows only as far as they fit its page, so a read may end inside one. */
static int read_rows(int fd, size_t row_size, fw_iterator_row_fn row, void *argument)
{
	uint64_t buffer[READ_BYTES / sizeof(uint64_t)];
	char *bytes = (char *)buffer;
	size_t room = READ_BYTES / row_size * row_size, filled = 0;

	for (;;) {
		ssize_t got = read(fd, bytes + filled, room - filled);
		size_t whole;

		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return got ? -errno : 0;
		filled += (size_t)got;
		whole = filled / row_size;
		for (size_t i = 0; i < whole; i++)
			if (!row(bytes + i * row_size, argument))
				return -ENOMEM;
		filled -= whole * row_size;
		memmove(bytes, bytes + whole * row_size, filled);
	}
}

void fw_kernel_side_drain(int iterator)
{
	char unused[64];
	ssize_t got;

	do
		got = read(iterator, unused, sizeof(unused));
	while (got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN)));
	close(iterator);
}

int fw_kernel_side_pass(const struct fw_kernel_side *side, enum fw_iterator iterator)
{
	int fd = fw_kernel_side_iterate(side, iterator);

	if (fd < 0)
		return fd;
	fw_kernel_side_drain(fd);
	return 0;
}

int fw_kernel_side_rows(const struct fw_kernel_side *side, enum fw_iterator iterator,
	size_t row_size, fw_iterator_row_fn row, void *argument)
{
	int fd = fw_kernel_side_iterate(side, iterator);
	int result;

	if (fd < 0)
		return fd;
	result = read_rows(fd, row_size, row, argument);
	close(fd);
	return result;
}
