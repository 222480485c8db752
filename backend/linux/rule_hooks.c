/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/rule_hooks.h"

#include "backend/linux/cgroup_root.h"
#include "backend/linux/kernel_side.h"
#include "backend/linux/pin_directory.h"
#include "backend/linux/pinned_links.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define PIN_LINK "link-rule-%zu"

static void link_path(size_t place, char *path, size_t size)
{
	snprintf(path, size, "%s/" PIN_LINK, fw_pin_directory(), place);
}

/* A link as a descriptor, or negative errno. */
static int make_link(const struct fw_hook *hook, int program, int cgroup)
{
	int link = hook->kind == FW_HOOK_CGROUP ?
			   bpf_link_create(program, cgroup, hook->attach_type, NULL) :
			   bpf_raw_tracepoint_open(NULL, program);

	return link < 0 ? -errno : link;
}

static int attach_one(const struct fw_hook *hook, size_t place, int cgroup)
{
	char path[PATH_MAX + 64], name[32];
	int program, link, result = 0;

	link_path(place, path, sizeof(path));
	if (access(path, F_OK) == 0)
		return 0;
	snprintf(name, sizeof(name), FW_PIN_PROGRAM, (int)place);
	program = fw_kernel_side_open_pin(name);
	if (program == -ENOENT)
		return 0; /* not of this kernel */
	if (program < 0)
		return program;
	link = make_link(hook, program, cgroup);
	close(program);
	if (link < 0)
		return link;
	if (bpf_obj_pin(link, path))
		result = -errno;
	close(link);
	return result;
}

void fw_rule_hooks_detach(void)
{
	char path[PATH_MAX + 64];

	for (size_t i = 0; i < FW_HOOK_COUNT; i++) {
		link_path(i, path, sizeof(path));
		fw_pinned_link_remove(path);
	}
}

enum fw_status fw_rule_hooks_attach(struct fw_error *error)
{
	size_t count;
	const struct fw_hook *known = fw_hooks_known(&count);
	int cgroup = fw_cgroup_root_open(), result = cgroup < 0 ? cgroup : 0;
	char name[64] = "the cgroup v2 root";

	for (size_t i = 0; i < count && !result; i++) {
		if (!fw_hook_waits(&known[i]))
			continue;
		fw_hook_name(&known[i], name, sizeof(name));
		result = attach_one(&known[i], i, cgroup);
	}
	if (cgroup >= 0)
		close(cgroup);
	if (!result)
		return FW_OK;
	fw_rule_hooks_detach();
	return fw_error_set_errno(error, result, "attaching %s, which rules need", name);
}
