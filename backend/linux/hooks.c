/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/linux/hooks.h"

#include "backend/linux/cgroup_root.h"
#include "backend/linux/libbpf_log.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TRACEPOINT(program, target, role, purpose) \
	{ program, target, FW_HOOK_TRACEPOINT, role, BPF_TRACE_RAW_TP, purpose, 0, false }
#define FEXIT(program, target, role, purpose) \
	{ program, target, FW_HOOK_FEXIT, role, BPF_TRACE_FEXIT, purpose, 0, false }
#define FENTRY(program, target, role, purpose) \
	{ program, target, FW_HOOK_FENTRY, role, BPF_TRACE_FENTRY, purpose, 0, false }
#define ITERATOR(program, target, role, purpose) \
	{ program, target, FW_HOOK_ITERATOR, role, BPF_TRACE_ITER, purpose, 0, false }
#define CGROUP(program, target, role, attach_type, purpose) \
	{ program, target, FW_HOOK_CGROUP, role, attach_type, purpose, 0, false }
#define FMOD_RET(program, target, role, purpose) \
	{ program, target, FW_HOOK_FMOD_RET, role, BPF_MODIFY_RETURN, purpose, 0, false }
#define CLASSIFIER(program, target, purpose) \
	{ program, target, FW_HOOK_CLASSIFIER, FW_ROLE_SHAPER, 0, purpose, 0, false }

static const struct fw_hook hook_table[] = {
	TRACEPOINT("fw_sock_send_length", "sock_send_length", FW_ROLE_SEND_TRACEPOINT,
		"bytes of every send call"),
	FEXIT("fw_inet_sendmsg", "inet_sendmsg", FW_ROLE_SEND_FEXIT, "bytes sent over IPv4"),
	FEXIT("fw_inet6_sendmsg", "inet6_sendmsg", FW_ROLE_SEND_FEXIT, "bytes sent over IPv6"),
	FEXIT("fw_packet_sendmsg", "packet_sendmsg", FW_ROLE_SEND_FEXIT,
		"frames of packet sockets"),
	FEXIT("fw_inet_sendpage", "inet_sendpage", FW_ROLE_SEND_PAGE,
		"sendfile and splice into sockets on kernels up to 6.4"),
	TRACEPOINT("fw_sock_recv_length", "sock_recv_length", FW_ROLE_RECEIVE_TRACEPOINT,
		"bytes of every receive call"),
	FEXIT("fw_inet_recvmsg", "inet_recvmsg", FW_ROLE_RECEIVE_FEXIT, "bytes received over IPv4"),
	FEXIT("fw_inet6_recvmsg", "inet6_recvmsg", FW_ROLE_RECEIVE_FEXIT,
		"bytes received over IPv6"),
	FEXIT("fw_sock_common_recvmsg", "sock_common_recvmsg", FW_ROLE_RECEIVE_FEXIT,
		"raw and ping sockets of IPv6"),
	FEXIT("fw_packet_recvmsg", "packet_recvmsg", FW_ROLE_RECEIVE_FEXIT,
		"frames of packet sockets"),
	FENTRY("fw_udp_consumed", "skb_consume_udp", FW_ROLE_RECEIVE_UDP,
		"UDP datagrams, also for a receive that waited before counting began"),
	TRACEPOINT("fw_tcp_consumed", "tcp_rcv_space_adjust", FW_ROLE_RECEIVE_TCP,
		"TCP bytes taken, splice included"),
	TRACEPOINT("fw_tcp_state", "inet_sock_set_state", FW_ROLE_CONNECTION,
		"birth and owner of TCP connections, listening ports"),
	TRACEPOINT("fw_tcp_destroyed", "tcp_destroy_sock", FW_ROLE_CONNECTION,
		"last totals of TCP connections"),
	TRACEPOINT("fw_task_new", "task_newtask", FW_ROLE_PROCESS,
		"descendants of a measured command"),
	TRACEPOINT("fw_process_exec", "sched_process_exec", FW_ROLE_PROCESS,
		"names that change with exec"),
	TRACEPOINT("fw_process_exit", "sched_process_exit", FW_ROLE_PROCESS, "end of processes"),
	TRACEPOINT("fw_event_new_task", "task_newtask", FW_ROLE_EVENT,
		"records of forks and new threads"),
	TRACEPOINT("fw_event_exec", "sched_process_exec", FW_ROLE_EVENT,
		"records of programs that are started"),
	TRACEPOINT("fw_event_exit", "sched_process_exit", FW_ROLE_EVENT,
		"records of processes and threads that end"),
	ITERATOR("fw_iter_processes", "task", FW_ROLE_EVENT, "every process that runs already"),
	CGROUP("fw_socket_created", "sock_create", FW_ROLE_SOCKET, BPF_CGROUP_INET_SOCK_CREATE,
		"creator of sockets"),
	CGROUP("fw_socket_released", "sock_release", FW_ROLE_SOCKET, BPF_CGROUP_INET_SOCK_RELEASE,
		"last totals of UDP and raw sockets, released ports"),
	CGROUP("fw_bound4", "post_bind4", FW_ROLE_SOCKET, BPF_CGROUP_INET4_POST_BIND,
		"ports taken over IPv4"),
	CGROUP("fw_bound6", "post_bind6", FW_ROLE_SOCKET, BPF_CGROUP_INET6_POST_BIND,
		"ports taken over IPv6"),
	CGROUP("fw_wire_sent", "skb/egress", FW_ROLE_WIRE, BPF_CGROUP_INET_EGRESS,
		"IP bytes sent, headers and retransmissions included"),
	CGROUP("fw_wire_received", "skb/ingress", FW_ROLE_WIRE, BPF_CGROUP_INET_INGRESS,
		"IP bytes received"),
	FEXIT("fw_synack", "tcp_make_synack", FW_ROLE_WIRE_SYNACK,
		"SYN-ACKs over IPv6, where the cgroup hook does not see them (Linux 6.1)"),
	ITERATOR("fw_iter_flows", "bpf_sk_storage_map", FW_ROLE_SNAPSHOT,
		"every connection with its counters"),
	ITERATOR("fw_iter_descriptors", "task_file", FW_ROLE_SNAPSHOT,
		"which process holds which socket"),
	ITERATOR("fw_iter_seed", "task_file", FW_ROLE_SNAPSHOT,
		"sockets from before counting began"),
	ITERATOR("fw_iter_seed_tcp", "tcp", FW_ROLE_SNAPSHOT,
		"connections from before counting began that nobody has accepted yet"),
	TRACEPOINT("fw_member_new", "task_newtask", FW_ROLE_RULE, "rules that a child falls under"),
	TRACEPOINT("fw_member_exec", "sched_process_exec", FW_ROLE_RULE,
		"rules on programs, from their first packet on"),
	TRACEPOINT("fw_member_renamed", "task_rename", FW_ROLE_RULE, "rules on names"),
	TRACEPOINT("fw_member_moved", "cgroup_attach_task", FW_ROLE_RULE,
		"rules on cgroups and units"),
	CGROUP("fw_block_connect4", "connect4", FW_ROLE_RULE, BPF_CGROUP_INET4_CONNECT,
		"refuses connect() over IPv4"),
	CGROUP("fw_block_connect6", "connect6", FW_ROLE_RULE, BPF_CGROUP_INET6_CONNECT,
		"refuses connect() over IPv6"),
	CGROUP("fw_rule_sent", "skb/egress", FW_ROLE_RULE, BPF_CGROUP_INET_EGRESS,
		"drops what blocked processes send, and beyond a limit what cannot wait"),
	CGROUP("fw_rule_received", "skb/ingress", FW_ROLE_RULE, BPF_CGROUP_INET_INGRESS,
		"drops what others send to blocked processes, and beyond a limit what cannot wait"),
	TRACEPOINT("fw_owner_sending", "tcp_sendmsg_locked", FW_ROLE_RULE_OWNER,
		"who sends over a connection that was handed on"),
	/* Not as LSM programs: those need "bpf" among the security modules chosen at boot. */
	FMOD_RET("fw_block_sendmsg", "security_socket_sendmsg", FW_ROLE_RULE_CALL,
		"refuses send calls, packet sockets included"),
	FMOD_RET("fw_block_create", "security_socket_create", FW_ROLE_RULE_CALL,
		"refuses new packet and XDP sockets"),
	FMOD_RET("fw_block_recvmsg", "security_socket_recvmsg", FW_ROLE_RULE_CALL,
		"refuses receive calls, of what was queued too"),
	ITERATOR(
		"fw_iter_members", "task", FW_ROLE_RULE_PASS, "every process that a rule is about"),
	ITERATOR("fw_iter_holders", "task_file", FW_ROLE_RULE_PASS,
		"sockets that only blocked processes hold"),
	ITERATOR("fw_iter_cut", "bpf_sk_storage_map", FW_ROLE_RULE_PASS,
		"connections that a block cuts"),
	CLASSIFIER("fw_shape_egress", "egress", "limits what processes send"),
	CLASSIFIER("fw_shape_ingress", "ingress", "limits what processes receive"),
	CLASSIFIER("fw_shape_slice", "ingress of our own device",
		"queues the segments of large packets"),
	CLASSIFIER("fw_shape_return", "ingress of our own device",
		"brings packets back that have waited"),
	CLASSIFIER("fw_shape_loopback", "egress of lo", "limits what processes exchange"),
};
_Static_assert(sizeof(hook_table) / sizeof(hook_table[0]) <= FW_HOOK_COUNT, "room for every hook");

/* r0 = result; exit */
static int probe_program(enum bpf_prog_type type, const char *name, int result,
	size_t attach_btf_id, unsigned int attach_type)
{
	const struct bpf_insn code[] = {
		{ .code = 0xb7, .dst_reg = 0, .imm = result },
		{ .code = 0x95 },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type,
		.attach_btf_id = (__u32)attach_btf_id);
	int fd = bpf_prog_load(type, name, "GPL", code, 2, &options);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -errno : 0;
}

/* The kernel's BTF names what a tracing program attaches to by these conventions. */
static int find_target(const struct btf *kernel, const struct fw_hook *hook)
{
	char name[128];

	if (hook->kind == FW_HOOK_TRACEPOINT) {
		snprintf(name, sizeof(name), "btf_trace_%s", hook->target);
		return btf__find_by_name_kind(kernel, name, BTF_KIND_TYPEDEF);
	}
	if (hook->kind == FW_HOOK_ITERATOR) {
		snprintf(name, sizeof(name), "bpf_iter_%s", hook->target);
		return btf__find_by_name_kind(kernel, name, BTF_KIND_FUNC);
	}
	return btf__find_by_name_kind(kernel, hook->target, BTF_KIND_FUNC);
}

static int probe_tracing(const struct btf *kernel, const struct fw_hook *hook)
{
	int id = find_target(kernel, hook);

	if (id < 0)
		return -ENOENT;
	return probe_program(BPF_PROG_TYPE_TRACING, "fw_probe", 0, (size_t)id, hook->attach_type);
}

static enum bpf_prog_type cgroup_program_type(unsigned int attach_type)
{
	switch (attach_type) {
	case BPF_CGROUP_INET_INGRESS:
	case BPF_CGROUP_INET_EGRESS:
		return BPF_PROG_TYPE_CGROUP_SKB;
	case BPF_CGROUP_INET4_CONNECT:
	case BPF_CGROUP_INET6_CONNECT:
		return BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
	default:
		return BPF_PROG_TYPE_CGROUP_SOCK;
	}
}

static int probe_hook(const struct btf *kernel, const struct fw_hook *hook, bool has_cgroup)
{
	if (hook->kind == FW_HOOK_CLASSIFIER)
		return probe_program(BPF_PROG_TYPE_SCHED_CLS, "fw_probe", 0, 0, 0);
	if (hook->kind != FW_HOOK_CGROUP)
		return probe_tracing(kernel, hook);
	if (!has_cgroup)
		return -ENOENT;
	return probe_program(cgroup_program_type(hook->attach_type), "fw_probe", 1, 0,
		hook->attach_type);
}

static bool role_works(const struct fw_hooks *hooks, enum fw_hook_role role)
{
	for (size_t i = 0; i < hooks->count; i++)
		if (hooks->hook[i].role == role && hooks->hook[i].probe_error == 0)
			return true;
	return false;
}

static void role_choose(struct fw_hooks *hooks, enum fw_hook_role role)
{
	for (size_t i = 0; i < hooks->count; i++)
		if (hooks->hook[i].role == role)
			hooks->hook[i].chosen = hooks->hook[i].probe_error == 0;
}

static enum fw_status choose_payload(struct fw_hooks *hooks, struct fw_error *error)
{
	bool send_tracepoint = role_works(hooks, FW_ROLE_SEND_TRACEPOINT);
	bool receive_tracepoint = role_works(hooks, FW_ROLE_RECEIVE_TRACEPOINT);

	if (!send_tracepoint && !role_works(hooks, FW_ROLE_SEND_FEXIT))
		goto missing;
	if (!receive_tracepoint && !role_works(hooks, FW_ROLE_RECEIVE_FEXIT))
		goto missing;
	if (!role_works(hooks, FW_ROLE_RECEIVE_TCP))
		goto missing;
	role_choose(hooks, send_tracepoint ? FW_ROLE_SEND_TRACEPOINT : FW_ROLE_SEND_FEXIT);
	role_choose(hooks,
		receive_tracepoint ? FW_ROLE_RECEIVE_TRACEPOINT : FW_ROLE_RECEIVE_FEXIT);
	if (!receive_tracepoint)
		role_choose(hooks, FW_ROLE_RECEIVE_UDP);
	role_choose(hooks, FW_ROLE_SEND_PAGE);
	role_choose(hooks, FW_ROLE_RECEIVE_TCP);
	return FW_OK;
missing:
	return fw_error_set(error, FW_UNSUPPORTED,
		"this kernel offers no hook to count payload (neither the sock_send_length and "
		"sock_recv_length tracepoints of Linux 6.3 nor fexit); see 'flowwatcher doctor'");
}

static enum fw_status check_ground(struct fw_hooks *hooks, struct fw_error *error)
{
	int result = probe_program(BPF_PROG_TYPE_SOCKET_FILTER, "fw_probe", 0, 0, 0);
	int cgroup = fw_cgroup_root_open();

	hooks->has_cgroup = cgroup >= 0;
	if (cgroup >= 0)
		close(cgroup);
	hooks->has_btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
	hooks->may_use_bpf = result == 0;
	if (result == -EPERM || result == -EACCES)
		return fw_error_set(error, FW_DENIED,
			"the kernel refuses BPF to this user: run as root, or with CAP_BPF, "
			"CAP_PERFMON and CAP_NET_ADMIN");
	if (result)
		return fw_error_set_errno(error, result, "loading a BPF program");
	if (!hooks->has_btf)
		return fw_error_set(error, FW_UNSUPPORTED,
			"/sys/kernel/btf/vmlinux is missing: this needs a kernel built with "
			"CONFIG_DEBUG_INFO_BTF, and /sys mounted");
	return FW_OK;
}

enum fw_status fw_hooks_choose(struct fw_hooks *hooks, const struct fw_hook_choice *choice,
	struct fw_error *error)
{
	enum fw_status status;
	struct btf *kernel;

	fw_libbpf_log_capture();
	memset(hooks, 0, sizeof(*hooks));
	hooks->count = FW_ARRAY_SIZE(hook_table);
	memcpy(hooks->hook, hook_table, sizeof(hook_table));
	for (size_t i = 0; i < hooks->count; i++)
		hooks->hook[i].probe_error = -EPERM;
	status = check_ground(hooks, error);
	if (status != FW_OK)
		return status;
	kernel = btf__load_vmlinux_btf();
	if (!kernel)
		return fw_error_set_errno(error, errno, "reading /sys/kernel/btf/vmlinux");
	for (size_t i = 0; i < hooks->count; i++)
		hooks->hook[i].probe_error =
			probe_hook(kernel, &hooks->hook[i], hooks->has_cgroup);
	btf__free(kernel);
	role_choose(hooks, FW_ROLE_CONNECTION);
	role_choose(hooks, FW_ROLE_PROCESS);
	role_choose(hooks, FW_ROLE_SOCKET);
	role_choose(hooks, FW_ROLE_SNAPSHOT);
	if (choice->rules)
		role_choose(hooks, FW_ROLE_SHAPER);
	if (choice->events)
		role_choose(hooks, FW_ROLE_EVENT);
	if (choice->rules) {
		role_choose(hooks, FW_ROLE_RULE);
		role_choose(hooks, FW_ROLE_RULE_CALL);
		role_choose(hooks, FW_ROLE_RULE_OWNER);
		role_choose(hooks, FW_ROLE_RULE_PASS);
	}
	if (choice->wire) {
		role_choose(hooks, FW_ROLE_WIRE);
		role_choose(hooks, FW_ROLE_WIRE_SYNACK);
	}
	return choose_payload(hooks, error);
}

void fw_hooks_drop(struct fw_hooks *hooks, enum fw_hook_role role)
{
	for (size_t i = 0; i < hooks->count; i++)
		if (hooks->hook[i].role == role)
			hooks->hook[i].chosen = false;
}

bool fw_hooks_use(const struct fw_hooks *hooks, enum fw_hook_role role)
{
	for (size_t i = 0; i < hooks->count; i++)
		if (hooks->hook[i].role == role && hooks->hook[i].chosen)
			return true;
	return false;
}

bool fw_hook_waits(const struct fw_hook *hook)
{
	return hook->role == FW_ROLE_RULE || hook->role == FW_ROLE_RULE_CALL ||
	       hook->role == FW_ROLE_RULE_OWNER;
}

const struct fw_hook *fw_hooks_known(size_t *count)
{
	*count = FW_ARRAY_SIZE(hook_table);
	return hook_table;
}

void fw_hook_name(const struct fw_hook *hook, char *name, size_t size)
{
	static const char *const prefix[] = {
		[FW_HOOK_TRACEPOINT] = "tp_btf/",
		[FW_HOOK_FENTRY] = "fentry/",
		[FW_HOOK_FEXIT] = "fexit/",
		[FW_HOOK_ITERATOR] = "iter/",
		[FW_HOOK_CGROUP] = "cgroup/",
		[FW_HOOK_FMOD_RET] = "fmod_ret/",
		[FW_HOOK_CLASSIFIER] = "tc/",
	};

	snprintf(name, size, "%s%s", prefix[hook->kind], hook->target);
}
