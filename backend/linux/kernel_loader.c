/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/kernel_loader.h"

#include "backend/linux/cgroup_root.h"
#include "backend/linux/libbpf_log.h"
#include "backend/linux/self_check.h"
#include "lib/host/host.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "flowwatcher.skel.h"

static const char *const seed_programs[] = { "fw_iter_seed", "fw_iter_seed_tcp" };

/* What is needed only while loading. */
struct loading {
	struct flowwatcher_bpf *skeleton;
	const struct fw_hooks *hooks;
	struct bpf_link *links[FW_HOOK_COUNT];
};

/* Descriptors that outlive the skeleton. */
static int keep(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static enum fw_status load_programs(struct loading *loading, struct fw_error *error)
{
	const struct fw_hooks *hooks = loading->hooks;
	struct bpf_object *object;
	int result;

	fw_libbpf_log_capture();
	loading->skeleton = flowwatcher_bpf__open();
	if (!loading->skeleton)
		return fw_error_set_errno(error, errno, "opening the BPF object: %s",
			fw_libbpf_log_first());
	object = loading->skeleton->obj;
	for (size_t i = 0; i < hooks->count; i++) {
		const struct fw_hook *hook = &hooks->hook[i];

		bpf_program__set_autoload(bpf_object__find_program_by_name(object, hook->program),
			hook->chosen);
	}
	loading->skeleton->rodata->udp_by_consume = fw_hooks_use(hooks, FW_ROLE_RECEIVE_UDP);
	result = flowwatcher_bpf__load(loading->skeleton);
	if (result)
		return fw_error_set_errno(error, result, "loading the BPF programs: %s",
			fw_libbpf_log_first());
	return FW_OK;
}

static enum fw_status keep_maps(const struct loading *loading, struct fw_kernel_side *side,
	struct fw_error *error)
{
	const struct bpf_map *maps[FW_MAP_COUNT] = {
		[FW_MAP_ROWS] = loading->skeleton->maps.rows,
		[FW_MAP_PROCESSES] = loading->skeleton->maps.processes,
		[FW_MAP_FREE_ROWS] = loading->skeleton->maps.free_rows,
		[FW_MAP_NAMES] = loading->skeleton->maps.names,
		[FW_MAP_MEMBERSHIP] = loading->skeleton->maps.membership,
		[FW_MAP_GROUPS] = loading->skeleton->maps.groups,
		[FW_MAP_READERS] = loading->skeleton->maps.readers,
		[FW_MAP_RULES] = loading->skeleton->maps.rules,
		[FW_MAP_POLICIES] = loading->skeleton->maps.policies,
		[FW_MAP_POLICY_BLOCKS] = loading->skeleton->maps.policy_blocks,
		[FW_MAP_MEMBERS] = loading->skeleton->maps.members,
		[FW_MAP_LIMITS] = loading->skeleton->maps.limits,
		[FW_MAP_MACHINE] = loading->skeleton->maps.bss,
		[FW_MAP_LIMIT_STATES] = loading->skeleton->maps.limit_states,
		[FW_MAP_COVERED_DEVICES] = loading->skeleton->maps.covered_devices,
		[FW_MAP_SHAPED_DEVICES] = loading->skeleton->maps.shaped_devices,
		[FW_MAP_FILTER_LISTS] = loading->skeleton->maps.filter_lists,
		[FW_MAP_FILTER_BUILDING] = loading->skeleton->maps.filter_building,
		[FW_MAP_FILTER_COUNTERS] = loading->skeleton->maps.filter_counters,
		[FW_MAP_FILTER_SLOTS] = loading->skeleton->maps.filter_slots,
		[FW_MAP_FILTER_BINDINGS] = loading->skeleton->maps.filter_bindings,
		[FW_MAP_FILTER_NAMESPACES] = loading->skeleton->maps.filter_namespaces,
	};

	for (int i = 0; i < FW_MAP_COUNT; i++) {
		side->map_fd[i] = keep(bpf_map__fd(maps[i]));
		if (side->map_fd[i] < 0)
			return fw_error_set_errno(error, errno, "keeping a BPF map");
	}
	return fw_kernel_side_map(side, error);
}

/* The shaper attaches these when there is something to limit. */
static enum fw_status keep_programs(const struct loading *loading, struct fw_kernel_side *side,
	struct fw_error *error)
{
	for (int i = 0; i < FW_PROGRAM_COUNT; i++) {
		const struct bpf_program *program = bpf_object__find_program_by_name(
			loading->skeleton->obj, fw_program_name(i));

		if (bpf_program__fd(program) < 0)
			continue;
		side->program_fd[i] = keep(bpf_program__fd(program));
		if (side->program_fd[i] < 0)
			return fw_error_set_errno(error, errno, "keeping a BPF program");
	}
	return FW_OK;
}

static struct bpf_link *attach_iterator(const struct loading *loading, struct bpf_program *program)
{
	union bpf_iter_link_info info = { 0 };
	LIBBPF_OPTS(bpf_iter_attach_opts, options);

	if (bpf_program__expected_attach_type(program) == BPF_TRACE_ITER &&
		strstr(bpf_program__section_name(program), "sk_storage_map")) {
		info.map.map_fd = (__u32)bpf_map__fd(loading->skeleton->maps.flows);
		options.link_info = &info;
		options.link_info_len = sizeof(info);
	}
	return bpf_program__attach_iter(program, &options);
}

static struct bpf_link *attach_hook(const struct loading *loading, const struct fw_hook *hook,
	int cgroup)
{
	struct bpf_program *program =
		bpf_object__find_program_by_name(loading->skeleton->obj, hook->program);

	if (hook->kind == FW_HOOK_CGROUP)
		return bpf_program__attach_cgroup(program, cgroup);
	if (hook->kind == FW_HOOK_ITERATOR)
		return attach_iterator(loading, program);
	return bpf_program__attach_trace(program);
}

static enum fw_status attach_hooks(struct loading *loading, struct fw_error *error)
{
	const struct fw_hooks *hooks = loading->hooks;
	int cgroup = hooks->has_cgroup ? fw_cgroup_root_open() : -1;
	enum fw_status status = FW_OK;

	for (size_t i = 0; i < hooks->count && status == FW_OK; i++) {
		char name[64];

		if (!hooks->hook[i].chosen || fw_hook_waits(&hooks->hook[i]) ||
			hooks->hook[i].kind == FW_HOOK_CLASSIFIER)
			continue;
		loading->links[i] = attach_hook(loading, &hooks->hook[i], cgroup);
		if (loading->links[i])
			continue;
		fw_hook_name(&hooks->hook[i], name, sizeof(name));
		status = fw_error_set_errno(error, errno, "attaching %s", name);
	}
	if (cgroup >= 0)
		close(cgroup);
	return status;
}

static struct bpf_link *find_link(const struct loading *loading, const char *program)
{
	for (size_t i = 0; i < loading->hooks->count; i++)
		if (!strcmp(loading->hooks->hook[i].program, program))
			return loading->links[i];
	return NULL;
}

/* One pass of a seeding iterator. */
static enum fw_status seed(const struct loading *loading, const char *program,
	struct fw_error *error)
{
	int iterator = bpf_iter_create(bpf_link__fd(find_link(loading, program)));

	if (iterator < 0)
		return fw_error_set_errno(error, errno, "listing the sockets that exist already");
	fw_kernel_side_drain(iterator);
	return FW_OK;
}

/* Those of rules are attached when there is one. */
static enum fw_status keep_waiting(const struct loading *loading, struct fw_kernel_side *side,
	struct fw_error *error)
{
	for (size_t i = 0; i < loading->hooks->count; i++) {
		const struct fw_hook *hook = &loading->hooks->hook[i];

		if (!hook->chosen || !fw_hook_waits(hook))
			continue;
		side->waiting_fd[i] = keep(bpf_program__fd(bpf_object__find_program_by_name(
			loading->skeleton->obj, hook->program)));
		if (side->waiting_fd[i] < 0)
			return fw_error_set_errno(error, errno, "keeping a BPF program");
	}
	return FW_OK;
}

/* Iterators are kept apart from the links that count. */
static enum fw_status keep_links(const struct loading *loading, struct fw_kernel_side *side,
	struct fw_error *error)
{
	for (int i = 0; i < FW_ITERATOR_COUNT; i++) {
		struct bpf_link *link = find_link(loading, fw_iterator_program(i));

		side->iterator_fd[i] = link ? keep(bpf_link__fd(link)) : -1;
		if (side->iterator_fd[i] < 0 && fw_iterator_is_needed(i))
			return fw_error_set(error, FW_UNSUPPORTED,
				"this kernel cannot list sockets (%s); see 'flowwatcher doctor'",
				fw_iterator_program(i));
	}
	for (size_t i = 0; i < loading->hooks->count; i++) {
		if (!loading->links[i] || loading->hooks->hook[i].kind == FW_HOOK_ITERATOR)
			continue;
		side->link_fd[i] = keep(bpf_link__fd(loading->links[i]));
		if (side->link_fd[i] < 0)
			return fw_error_set_errno(error, errno, "keeping a BPF link");
	}
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

static enum fw_status bring_up(struct loading *loading, struct fw_kernel_side *side,
	struct fw_error *error)
{
	enum fw_status status = load_programs(loading, error);

	if (status == FW_OK)
		status = keep_maps(loading, side, error);
	if (status == FW_OK)
		status = keep_programs(loading, side, error);
	if (status != FW_OK)
		return status;
	begin_machine(side->machine, fw_hooks_use(loading->hooks, FW_ROLE_WIRE));
	status = attach_hooks(loading, error);
	if (status == FW_OK)
		status = keep_links(loading, side, error);
	if (status == FW_OK)
		status = keep_waiting(loading, side, error);
	for (size_t i = 0; i < FW_ARRAY_SIZE(seed_programs) && status == FW_OK; i++)
		if (find_link(loading, seed_programs[i]))
			status = seed(loading, seed_programs[i], error);
	return status;
}

static enum fw_status start_once(struct fw_kernel_side *side, const struct fw_hooks *hooks,
	struct fw_error *error)
{
	struct loading loading = { .hooks = hooks };
	enum fw_status status = bring_up(&loading, side, error);

	for (size_t i = 0; i < hooks->count; i++)
		bpf_link__destroy(loading.links[i]);
	flowwatcher_bpf__destroy(loading.skeleton);
	return status;
}

/*
 * The function that consumes UDP datagrams may have been inlined into its caller, which the
 * kernel's BTF does not tell; the self-check does.
 */
static enum fw_status check_udp(struct fw_kernel_side *side, struct fw_hooks *hooks,
	struct fw_error *error)
{
	if (!fw_hooks_use(hooks, FW_ROLE_RECEIVE_UDP) ||
		fw_self_check(side) != FW_SELF_CHECK_MISCOUNTS)
		return FW_OK;
	fw_hooks_drop(hooks, FW_ROLE_RECEIVE_UDP);
	fw_kernel_side_close(side);
	return start_once(side, hooks, error);
}

/* The program for SYN-ACKs counts only if the check, without it, finds them missing. */
static void check_synack(struct fw_kernel_side *side, const struct fw_hooks *hooks)
{
	if (!fw_hooks_use(hooks, FW_ROLE_WIRE_SYNACK))
		return;
	if (!fw_self_check_sees_synack(side)) {
		side->machine->count_synack = 1;
		return;
	}
	for (size_t i = 0; i < hooks->count; i++) {
		if (hooks->hook[i].role != FW_ROLE_WIRE_SYNACK || side->link_fd[i] < 0)
			continue;
		close(side->link_fd[i]);
		side->link_fd[i] = -1;
	}
}

enum fw_status fw_kernel_side_start(
	struct fw_kernel_side *side, const struct fw_hook_choice *choice, struct fw_error *error)
{
	struct fw_hooks hooks;
	enum fw_status status;

	fw_kernel_side_init(side);
	status = fw_hooks_choose(&hooks, choice, error);
	if (status == FW_OK)
		status = start_once(side, &hooks, error);
	if (status == FW_OK)
		status = check_udp(side, &hooks, error);
	if (status == FW_OK)
		check_synack(side, &hooks);
	return status;
}
