/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which programs of the BPF object to load on this kernel, found out by trying each hook. Called
 * while opening a kernel side and by `doctor`; one thread.
 */
#ifndef FW_HOOKS_H
#define FW_HOOKS_H

#include "backend/linux/bpf_backend.h"

enum fw_hook_kind {
	FW_HOOK_TRACEPOINT,
	FW_HOOK_FENTRY,
	FW_HOOK_FEXIT,
	FW_HOOK_ITERATOR,
	FW_HOOK_CGROUP,
	FW_HOOK_FMOD_RET,
	FW_HOOK_CLASSIFIER /* attached to network devices by the shaper, when there is a limit */
};

/* What a hook is for. Of the payload roles one way of several is chosen, of the others all that are
 * there. */
enum fw_hook_role {
	FW_ROLE_SEND_TRACEPOINT,
	FW_ROLE_SEND_FEXIT,
	FW_ROLE_SEND_PAGE,
	FW_ROLE_RECEIVE_TRACEPOINT,
	FW_ROLE_RECEIVE_FEXIT,
	FW_ROLE_RECEIVE_UDP, /* with the fexit way only */
	FW_ROLE_RECEIVE_TCP,
	FW_ROLE_CONNECTION,
	FW_ROLE_PROCESS,
	FW_ROLE_SOCKET,
	FW_ROLE_WIRE,
	FW_ROLE_WIRE_SYNACK, /* only where the self-check finds it needed */
	FW_ROLE_SNAPSHOT,
	FW_ROLE_SHAPER,
	FW_ROLE_EVENT, /* records of processes and threads; on demand in a private copy */
	FW_ROLE_RULE,  /* loaded with the kernel side that stays, attached while there are rules */
	FW_ROLE_RULE_CALL, /* likewise; what the hooks above cannot refuse */
	FW_ROLE_RULE_OWNER, /* likewise; who uses a socket, before a byte of his is in it */
	FW_ROLE_RULE_PASS, /* iterators of rules */
};

/* What is wanted beside payload, connections and ports. */
struct fw_hook_choice {
	bool wire;
	bool events;
	bool rules;
};

struct fw_hook {
	const char *program; /* in the BPF object */
	const char *target;  /* kernel symbol or attach type */
	enum fw_hook_kind kind;
	enum fw_hook_role role;
	unsigned int attach_type; /* enum bpf_attach_type */
	const char *purpose;
	int probe_error; /* 0: the kernel takes it; else negative errno */
	bool chosen;
};

#define FW_HOOK_COUNT 64

struct fw_hooks {
	struct fw_hook hook[FW_HOOK_COUNT];
	size_t count;
	bool has_btf;
	bool may_use_bpf;
	bool has_cgroup; /* the cgroup v2 root can be opened */
};

/* Probe every hook and choose. Fails only when nothing useful can be loaded: FW_DENIED without the
 * rights, FW_UNSUPPORTED when the kernel lacks BTF or any way to count payload; *hooks is filled in
 * any case. */
enum fw_status fw_hooks_choose(struct fw_hooks *hooks, const struct fw_hook_choice *choice,
	struct fw_error *error);

/* Do not use the hooks of a role after all. */
void fw_hooks_drop(struct fw_hooks *hooks, enum fw_hook_role role);
/* Is any hook of the role chosen? */
bool fw_hooks_use(const struct fw_hooks *hooks, enum fw_hook_role role);

/* Is the hook's program loaded without being attached? */
bool fw_hook_waits(const struct fw_hook *hook);

/* Every hook there may be, unprobed; their places are those of fw_hooks_choose(). */
const struct fw_hook *fw_hooks_known(size_t *count);

/* "tp_btf/sock_send_length": as `doctor` names it. */
void fw_hook_name(const struct fw_hook *hook, char *name, size_t size);

#endif
