/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the view without BPF offers on this machine, for `doctor`. */
#include "backend/sockdiag/sockdiag_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/sockdiag/socket_tables.h"

static bool tell(fw_feature_fn feature, void *argument, const char *name,
	enum fw_feature_state state, const char *reason)
{
	const struct fw_feature row = {
		.group = "fallback",
		.name = name,
		.state = state,
		.reason = reason,
	};

	return feature(&row, argument);
}

static const char *table_reason(
	const struct fw_socket_table_kind *kind, enum fw_table_source source)
{
	const bool is_tcp = kind->protocol == IPPROTO_TCP;

	if (source == FW_TABLE_DIAG)
		return is_tcp ? "payload bytes, connections and ports" : "sockets without bytes";
	if (source == FW_TABLE_PROC)
		return is_tcp ? "inet_diag refused: from /proc/net, bytes are not known"
			      : "from /proc/net: sockets without bytes";
	return is_tcp ? "neither inet_diag nor /proc/net has it: not seen (is IPv6 off?)"
		      : "the kernel offers no table of them: not seen";
}

static bool tell_tables(struct fw_socket_tables *tables, fw_feature_fn feature, void *argument)
{
	for (size_t i = 0; i < fw_socket_table_count; i++) {
		const struct fw_socket_table_kind *kind = &fw_socket_table_kinds[i];
		enum fw_table_source source = fw_socket_tables_source(tables, kind);
		char name[64];

		snprintf(name, sizeof(name), "%s/%s",
			source == FW_TABLE_PROC ? "proc_net" : "inet_diag", kind->name);
		if (!tell(feature, argument, name,
			    source == FW_TABLE_NONE ? FW_FEATURE_MISSING : FW_FEATURE_USED,
			    table_reason(kind, source)))
			return false;
	}
	return true;
}

/* The first process belongs to root; who may look into it may look into all. */
static bool sees_all_processes(void)
{
	int fd = open("/proc/1/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool tell_limits(
	const struct fw_socket_tables *tables, fw_feature_fn feature, void *argument)
{
	const bool has_endings = tables->netlink.endings != NULL;
	const bool sees_all = sees_all_processes();

	return tell(feature, argument, "tcp_destroy",
		       has_endings ? FW_FEATURE_USED : FW_FEATURE_MISSING,
		       has_endings ? "last totals of connections that end between two looks"
				   : "connections that end between two looks keep what was seen "
				     "last, and short ones are missed") &&
	       tell(feature, argument, "processes of other users",
		       sees_all ? FW_FEATURE_USED : FW_FEATURE_MISSING,
		       sees_all ? "all descriptors may be read"
				: "their traffic is unattributed (run as root to name them)") &&
	       tell(feature, argument, "other network namespaces", FW_FEATURE_MISSING,
		       "only the caller's own is seen") &&
	       tell(feature, argument, "bytes of UDP and other protocols", FW_FEATURE_MISSING,
		       "the kernel keeps none; needs BPF") &&
	       tell(feature, argument, "wire bytes", FW_FEATURE_MISSING,
		       "the kernel keeps none by process; needs BPF");
}

enum fw_status fw_sockdiag_features(fw_feature_fn feature, void *argument, struct fw_error *error)
{
	struct fw_socket_tables tables;
	bool went_on;

	fw_socket_tables_open(&tables);
	went_on =
		tell_tables(&tables, feature, argument) && tell_limits(&tables, feature, argument);
	fw_socket_tables_close(&tables);
	return went_on ? FW_OK : FW_STOPPED;
}
