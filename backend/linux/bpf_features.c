/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* `doctor`: what this kernel offers, what was chosen, and what the rest costs. */
#include "backend/linux/bpf_backend.h"
#include "backend/linux/adapter_filter.h"
#include "backend/linux/hooks.h"
#include "backend/linux/image_source.h"
#include "backend/linux/pin_directory.h"
#include "backend/linux/shaper.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static const char *const role_groups[] = {
	[FW_ROLE_SEND_TRACEPOINT] = "payload sent",
	[FW_ROLE_SEND_FEXIT] = "payload sent",
	[FW_ROLE_SEND_PAGE] = "payload sent",
	[FW_ROLE_RECEIVE_TRACEPOINT] = "payload received",
	[FW_ROLE_RECEIVE_FEXIT] = "payload received",
	[FW_ROLE_RECEIVE_UDP] = "payload received",
	[FW_ROLE_RECEIVE_TCP] = "payload received",
	[FW_ROLE_CONNECTION] = "connections",
	[FW_ROLE_PROCESS] = "processes",
	[FW_ROLE_SOCKET] = "sockets and ports",
	[FW_ROLE_WIRE] = "wire",
	[FW_ROLE_WIRE_SYNACK] = "wire",
	[FW_ROLE_SNAPSHOT] = "snapshots",
	[FW_ROLE_SHAPER] = "rate limits",
	[FW_ROLE_EVENT] = "process events",
	[FW_ROLE_RULE] = "rules",
	[FW_ROLE_RULE_CALL] = "rules",
	[FW_ROLE_RULE_OWNER] = "rules",
	[FW_ROLE_RULE_PASS] = "rules",
};

static const char *const role_costs[] = {
	[FW_ROLE_SEND_TRACEPOINT] = "fexit programs are used instead",
	[FW_ROLE_SEND_FEXIT] = "needed only where the sock_send_length tracepoint is missing",
	[FW_ROLE_SEND_PAGE] = "needed only on kernels that still have sendpage (up to 6.4)",
	[FW_ROLE_RECEIVE_TRACEPOINT] =
		"fexit programs are used instead; a receive of raw or multipath data that was "
		"already waiting when counting began is missed once",
	[FW_ROLE_RECEIVE_FEXIT] = "needed only where the sock_recv_length tracepoint is missing",
	[FW_ROLE_RECEIVE_UDP] = "needed only where the sock_recv_length tracepoint is missing",
	[FW_ROLE_RECEIVE_TCP] = "TCP receive cannot be counted: nothing is loaded",
	[FW_ROLE_CONNECTION] = "ends of connections and listening ports are not reported",
	[FW_ROLE_PROCESS] = "descendants, renames and exits of processes are not followed",
	[FW_ROLE_SOCKET] = "creators, bound ports and ends of UDP sockets are not reported",
	[FW_ROLE_WIRE] = "wire bytes are not counted",
	[FW_ROLE_WIRE_SYNACK] = "needed only where the cgroup hook misses SYN-ACKs over IPv6",
	[FW_ROLE_SNAPSHOT] = "connections and ports cannot be listed",
	[FW_ROLE_SHAPER] = "limits drop packets instead of letting them wait",
	[FW_ROLE_EVENT] = "no process and thread events, or none of those that run already",
	[FW_ROLE_RULE] = "rules are not followed in this respect",
	[FW_ROLE_RULE_CALL] =
		"a block does not reach what packet sockets send, nor new ones, nor of a socket that "
		"another process used last what is received before the first call returns",
	[FW_ROLE_RULE_OWNER] = "needed only where calls cannot be refused",
	[FW_ROLE_RULE_PASS] = "rules cannot be made",
};

static void describe_error(const struct fw_hook *hook, char *text, size_t size)
{
	if (hook->probe_error == -ENOENT)
		snprintf(text, size, "not in this kernel; %s", role_costs[hook->role]);
	else
		snprintf(text, size, "refused (%s); %s", strerror(-hook->probe_error),
			role_costs[hook->role]);
}

static bool report_hook(const struct fw_hook *hook, fw_feature_fn feature, void *argument)
{
	char name[64], reason[256];
	struct fw_feature row = { role_groups[hook->role], name, FW_FEATURE_USED, reason };

	fw_hook_name(hook, name, sizeof(name));
	if (hook->chosen) {
		snprintf(reason, sizeof(reason), "%s", hook->purpose);
	} else if (hook->probe_error == 0) {
		row.state = FW_FEATURE_AVAILABLE;
		snprintf(reason, sizeof(reason), "%s; a better hook is used", hook->purpose);
	} else {
		row.state = FW_FEATURE_MISSING;
		describe_error(hook, reason, sizeof(reason));
	}
	return feature(&row, argument);
}

static bool report_fact(fw_feature_fn feature, void *argument, const char *name, bool holds,
	const char *yes, const char *no)
{
	struct fw_feature row = { "kernel", name, holds ? FW_FEATURE_USED : FW_FEATURE_MISSING,
		holds ? yes : no };

	return feature(&row, argument);
}

static bool report_ground(const struct fw_hooks *hooks, const struct fw_error *why,
	fw_feature_fn feature, void *argument)
{
	struct utsname system;
	struct fw_feature row = { "kernel", "release", FW_FEATURE_USED, system.release };

	uname(&system);
	return feature(&row, argument) &&
	       report_fact(feature, argument, "BPF permitted", hooks->may_use_bpf,
		       "programs can be loaded by this user", why->text) &&
	       report_fact(feature, argument, "BTF", hooks->has_btf, "/sys/kernel/btf/vmlinux",
		       "/sys/kernel/btf/vmlinux is missing: no BPF program of ours can be fitted "
		       "to this kernel") &&
	       report_fact(feature, argument, "cgroup v2", hooks->has_cgroup,
		       "its root takes our programs, mounted or not",
		       "not to be had: no wire bytes, no ports of UDP sockets as they are taken");
}

static bool report_images(fw_feature_fn feature, void *argument)
{
	struct fw_error why = { FW_OK, "" };
	struct fw_feature row = { "image events", "perf MMAP2", FW_FEATURE_USED,
		"files that are mapped executable, by exec, the loader, dlopen and mprotect, with "
		"paths as the process sees them" };

	if (fw_image_source_probe(&why) != FW_OK) {
		row.state = FW_FEATURE_MISSING;
		row.reason = why.text;
	}
	return feature(&row, argument);
}

/* What has no hook on any kernel is said too. */
static bool report_limits(fw_feature_fn feature, void *argument)
{
	static const struct fw_feature limits[] = {
		{ "limits", "memory-mapped packet rings", FW_FEATURE_MISSING,
			"AF_PACKET with PACKET_RX_RING and AF_XDP pass no system call: "
			"not counted" },
		{ "limits", "kTLS splice", FW_FEATURE_MISSING,
			"splice() out of a socket with kernel TLS passes no hook: not counted" },
		{ "limits", "packets without a socket", FW_FEATURE_MISSING,
			"forwarded packets, resets to closed ports and TIME-WAIT answers belong to "
			"no process and pass no cgroup" },
		{ "limits", "first threads", FW_FEATURE_MISSING,
			"a process's first thread comes and goes with it and has no events of "
			"its own" },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(limits); i++)
		if (!feature(&limits[i], argument))
			return false;
	return true;
}

enum fw_status fw_bpf_features(fw_feature_fn feature, void *argument, struct fw_error *error)
{
	static const struct fw_hook_choice all = { .wire = true, .events = true, .rules = true };
	struct fw_hooks hooks;
	struct fw_error why = { FW_OK, "" };

	fw_hooks_choose(&hooks, &all, &why);
	if (!report_ground(&hooks, &why, feature, argument))
		return FW_STOPPED;
	if (!hooks.may_use_bpf || !hooks.has_btf)
		return FW_OK;
	for (size_t i = 0; i < hooks.count; i++)
		if (!report_hook(&hooks.hook[i], feature, argument))
			return FW_STOPPED;
	if (fw_shaper_features(feature, argument) != FW_OK ||
		fw_filter_features(feature, argument) != FW_OK || !report_images(feature, argument))
		return FW_STOPPED;
	return report_limits(feature, argument) ? FW_OK : FW_STOPPED;
}
