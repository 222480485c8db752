/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/filter_xdp.h"

#include "backend/linux/libbpf_log.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#define RUN_PRIORITY                                                                               \
	5 /* before xdp-filter (10) and who chooses none (50): what is dropped costs them nothing  \
	   */
#define DISPATCHERS "xdp" /* libxdp's directory below its bpffs */

/* What this process has found out about the kernel: nothing yet, or that libxdp put our program
 * there alone. */
static bool has_no_dispatcher;

static int say_nothing(enum libxdp_print_level level, const char *format, va_list arguments)
{
	return 0;
}

static struct xdp_multiprog *look_at(uint32_t index)
{
	struct xdp_multiprog *found;

	fw_libbpf_log_capture();
	libxdp_set_print(say_nothing);
	found = xdp_multiprog__get_from_ifindex((int)index);
	return libxdp_get_error(found) ? NULL : found;
}

static uint32_t id_if_ours(const struct fw_kernel_side *side, const struct xdp_program *program)
{
	return fw_filter_program_is_ours(side, xdp_program__fd(program)) ? xdp_program__id(program)
									 : 0;
}

/* NULL: it is not there. */
static struct xdp_program *find_ours(const struct fw_kernel_side *side, struct xdp_multiprog *all)
{
	struct xdp_program *program = xdp_multiprog__is_legacy(all)
					      ? xdp_multiprog__main_prog(all)
					      : xdp_multiprog__next_prog(NULL, all);

	while (program && !id_if_ours(side, program))
		program = xdp_multiprog__is_legacy(all) ? NULL
							: xdp_multiprog__next_prog(program, all);
	return program;
}

void fw_filter_xdp_look(
	const struct fw_kernel_side *side, uint32_t index, struct fw_filter_xdp *found)
{
	struct xdp_multiprog *all = look_at(index);
	const struct xdp_program *ours;

	memset(found, 0, sizeof(*found));
	if (!all)
		return;
	ours = find_ours(side, all);
	found->hook = xdp_multiprog__attach_mode(all) == XDP_MODE_SKB ? FW_FILTER_HOOK_XDP_GENERIC
								      : FW_FILTER_HOOK_XDP_NATIVE;
	found->takes_others = !xdp_multiprog__is_legacy(all);
	if (ours)
		found->ours = xdp_program__id(ours);
	if (!found->takes_others && xdp_multiprog__main_prog(all))
		snprintf(found->name, sizeof(found->name), "%s",
			xdp_program__name(xdp_multiprog__main_prog(all)));
	xdp_multiprog__close(all);
}

static int attach_beside(const struct fw_kernel_side *side, const struct fw_filter_use *use,
	uint32_t index, enum fw_filter_hook hook, uint32_t *program)
{
	struct flowwatcher_filter_bpf *object;
	struct xdp_program *made;
	int result = fw_filter_program_open(side, use, &object);

	if (result)
		return result;
	DECLARE_LIBXDP_OPTS(xdp_program_opts, options, .obj = fw_filter_program_object(object),
		.prog_name = use->program);
	made = xdp_program__create(&options);
	result = (int)libxdp_get_error(made);
	if (!result) {
		xdp_program__set_run_prio(made, RUN_PRIORITY);
		/* libbpf would find that out while it loads, which is too late for the dispatcher.
		 */
		xdp_program__set_xdp_frags_support(made, true);
		result = xdp_program__attach(made, (int)index,
			hook == FW_FILTER_HOOK_XDP_GENERIC ? XDP_MODE_SKB : XDP_MODE_NATIVE, 0);
		if (!result)
			*program = fw_filter_program_id(xdp_program__fd(made));
		xdp_program__close(made);
	}
	fw_filter_program_close(object);
	return result;
}

static int attach_alone(const struct fw_kernel_side *side, const struct fw_filter_use *use,
	uint32_t index, enum fw_filter_hook hook, uint32_t *program)
{
	uint32_t mode =
		hook == FW_FILTER_HOOK_XDP_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	struct flowwatcher_filter_bpf *object;
	int result = fw_filter_program_open(side, use, &object), fd;

	if (result)
		return result;
	fd = fw_filter_program_load(object, use->program);
	result = fd < 0 ? fd
			: bpf_xdp_attach((int)index, fd, mode | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	if (!result)
		*program = fw_filter_program_id(fd);
	fw_filter_program_close(object);
	return result;
}

int fw_filter_xdp_attach(const struct fw_kernel_side *side, uint32_t index, uint32_t slot,
	enum fw_filter_hook hook, uint32_t *program)
{
	const struct fw_filter_use use = { slot, false, FW_FILTER_PROGRAM_XDP };
	struct fw_filter_xdp there;
	int result = -EOPNOTSUPP;

	fw_filter_xdp_look(side, index, &there);
	if (there.hook && (!there.takes_others || there.hook != hook))
		return -EBUSY;
	if (there.takes_others || !has_no_dispatcher)
		result = attach_beside(side, &use, index, hook, program);
	if (!result && !has_no_dispatcher) {
		fw_filter_xdp_look(side, index, &there);
		has_no_dispatcher = there.hook && !there.takes_others;
	} else if (result && !there.takes_others) {
		result = attach_alone(side, &use, index, hook, program);
		if (!result)
			has_no_dispatcher = true;
	}
	return result;
}

static int detach_alone(const struct xdp_program *ours, uint32_t index, enum xdp_attach_mode mode)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, options, .old_prog_fd = xdp_program__fd(ours));

	return bpf_xdp_detach((int)index,
		mode == XDP_MODE_SKB ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE, &options);
}

int fw_filter_xdp_detach(const struct fw_kernel_side *side, uint32_t index)
{
	struct xdp_multiprog *all = look_at(index);
	struct xdp_program *ours = all ? find_ours(side, all) : NULL;
	int result = 0;

	if (ours && xdp_multiprog__is_legacy(all))
		result = detach_alone(ours, index, xdp_multiprog__attach_mode(all));
	else if (ours)
		result = xdp_program__detach(ours, (int)index, xdp_multiprog__attach_mode(all), 0);
	xdp_multiprog__close(all);
	return result;
}

/* Is a program of ours pinned in a dispatcher's directory? */
static bool holds_ours(const struct fw_kernel_side *side, const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char pin[PATH_MAX + 256];
	bool ours = false;

	while (directory && !ours && (entry = readdir(directory))) {
		int program;

		snprintf(pin, sizeof(pin), "%s/%s", path, entry->d_name);
		if (!strstr(entry->d_name, "-prog") || (program = bpf_obj_get(pin)) < 0)
			continue;
		ours = fw_filter_program_is_ours(side, program);
		close(program);
	}
	if (directory)
		closedir(directory);
	return ours;
}

static void remove_pins(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		closedir(directory);
	rmdir(path);
}

void fw_filter_xdp_sweep(const struct fw_kernel_side *side,
	bool (*runs)(uint32_t dispatcher, void *argument), void *argument)
{
	const char *bpffs = getenv("LIBXDP_BPFFS");
	char top[PATH_MAX / 2], path[PATH_MAX];
	struct dirent *entry;
	DIR *directory;
	uint32_t adapter, dispatcher;

	snprintf(top, sizeof(top), "%s/" DISPATCHERS, bpffs && *bpffs ? bpffs : "/sys/fs/bpf");
	directory = opendir(top);
	while (directory && (entry = readdir(directory))) {
		if (sscanf(entry->d_name, "dispatch-%u-%u", &adapter, &dispatcher) != 2)
			continue;
		snprintf(path, sizeof(path), "%s/%s", top, entry->d_name);
		if (!runs(dispatcher, argument) && holds_ours(side, path))
			remove_pins(path);
	}
	if (directory)
		closedir(directory);
	rmdir(top); /* unless others are there; libxdp makes it again */
}
