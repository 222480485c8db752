/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/measuring_group.h"

#include "backend/linux/socket_table.h"
#include "lib/host/host.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Task storage is reached from user space through a pidfd. */
static enum fw_status join(const struct fw_kernel_side *side, uint32_t pid, uint64_t group,
	struct fw_error *error)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	enum fw_status status = FW_OK;

	if (pidfd < 0)
		return fw_error_set_errno(error, errno, "opening process %u", pid);
	if (bpf_map_update_elem(side->map_fd[FW_MAP_MEMBERSHIP], &pidfd, &group, BPF_ANY))
		status = fw_error_set_errno(error, errno, "marking process %u for measuring", pid);
	close(pidfd);
	return status;
}

enum fw_status fw_measuring_group_start(struct fw_kernel_side *side, uint32_t pid, uint64_t *group,
	struct fw_error *error)
{
	struct fw_group_state state = { 0 };
	uint64_t id = fw_host_boot_ns(), start_ns;
	enum fw_status status;
	uint32_t own_pid;

	status = fw_socket_table_identity(side, &own_pid, &start_ns, error);
	if (status != FW_OK)
		return status;
	state.owner = fw_handle(own_pid, start_ns);
	while (bpf_map_update_elem(side->map_fd[FW_MAP_GROUPS], &id, &state, BPF_NOEXIST)) {
		if (errno != EEXIST)
			return fw_error_set_errno(error, errno, "starting a measurement");
		id++;
	}
	__atomic_add_fetch(&side->machine->groups_active, 1, __ATOMIC_ACQ_REL);
	status = join(side, pid, id, error);
	if (status != FW_OK)
		fw_measuring_group_stop(side, id);
	else
		*group = id;
	return status;
}

enum fw_status fw_measuring_group_departed(const struct fw_kernel_side *side, uint64_t group,
	struct fw_counters *departed, struct fw_error *error)
{
	struct fw_group_state state;

	if (bpf_map_lookup_elem(side->map_fd[FW_MAP_GROUPS], &group, &state))
		return fw_error_set_errno(error, errno, "reading measurement %llu",
			(unsigned long long)group);
	*departed = state.departed;
	return FW_OK;
}

void fw_measuring_group_stop(struct fw_kernel_side *side, uint64_t group)
{
	if (bpf_map_delete_elem(side->map_fd[FW_MAP_GROUPS], &group) == 0)
		__atomic_sub_fetch(&side->machine->groups_active, 1, __ATOMIC_ACQ_REL);
}

/* Only processes that this pid namespace would show can be told to be gone: pid 1's namespace. */
static bool owner_is_gone(uint64_t owner)
{
	pid_t pid = (pid_t)fw_handle_pid(owner);

	return kill(pid, 0) && errno == ESRCH;
}

void fw_measuring_group_sweep(struct fw_kernel_side *side)
{
	uint64_t own_start_ns, id, next;
	struct fw_group_state state;
	struct fw_error ignored;
	uint32_t own_pid;
	bool more;

	if (!side->machine->groups_active)
		return;
	if (fw_socket_table_identity(side, &own_pid, &own_start_ns, &ignored) != FW_OK ||
		own_pid != (uint32_t)getpid())
		return;
	more = bpf_map_get_next_key(side->map_fd[FW_MAP_GROUPS], NULL, &id) == 0;
	while (more) {
		more = bpf_map_get_next_key(side->map_fd[FW_MAP_GROUPS], &id, &next) == 0;
		if (bpf_map_lookup_elem(side->map_fd[FW_MAP_GROUPS], &id, &state) == 0 &&
			owner_is_gone(state.owner))
			fw_measuring_group_stop(side, id);
		id = next;
	}
}
