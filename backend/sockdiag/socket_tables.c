/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/sockdiag/socket_tables.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/sockdiag/proc_net.h"

#define STATE_BIT(state) (1u << (state))

/* Connections; a request (12, shown as SYN_RECEIVED) and TIME_WAIT are no sockets yet or any more.
 */
#define CONNECTION_STATES                                                                          \
	(STATE_BIT(FW_STATE_ESTABLISHED) | STATE_BIT(FW_STATE_SYN_SENT) |                          \
		STATE_BIT(FW_STATE_SYN_RECEIVED) | STATE_BIT(FW_STATE_FIN_WAIT_1) |                \
		STATE_BIT(FW_STATE_FIN_WAIT_2) | STATE_BIT(FW_STATE_CLOSE_WAIT) |                  \
		STATE_BIT(FW_STATE_LAST_ACK) | STATE_BIT(FW_STATE_CLOSING))
#define OTHER_TCP_STATES (STATE_BIT(FW_STATE_LISTEN) | STATE_BIT(FW_DIAG_STATE_BOUND))
#define ALL_STATES UINT32_MAX

const struct fw_socket_table_kind fw_socket_table_kinds[] = {
	{ "tcp", "/proc/net/tcp", FW_FAMILY_IPV4, IPPROTO_TCP, true },
	{ "tcp6", "/proc/net/tcp6", FW_FAMILY_IPV6, IPPROTO_TCP, true },
	{ "udp", "/proc/net/udp", FW_FAMILY_IPV4, IPPROTO_UDP, true },
	{ "udp6", "/proc/net/udp6", FW_FAMILY_IPV6, IPPROTO_UDP, true },
	{ "udplite", "/proc/net/udplite", FW_FAMILY_IPV4, IPPROTO_UDPLITE, true },
	{ "udplite6", "/proc/net/udplite6", FW_FAMILY_IPV6, IPPROTO_UDPLITE, true },
	{ "raw", "/proc/net/raw", FW_FAMILY_IPV4, IPPROTO_RAW, true },
	{ "raw6", "/proc/net/raw6", FW_FAMILY_IPV6, IPPROTO_RAW, true },
	{ "icmp", "/proc/net/icmp", FW_FAMILY_IPV4, IPPROTO_ICMP, false },
	{ "icmp6", "/proc/net/icmp6", FW_FAMILY_IPV6, IPPROTO_ICMPV6, false },
	{ "mptcp", NULL, FW_FAMILY_IPV4, FW_PROTOCOL_MPTCP, true },
	{ "mptcp6", NULL, FW_FAMILY_IPV6, FW_PROTOCOL_MPTCP, true },
	{ "packet", NULL, FW_FAMILY_PACKET, FW_PROTOCOL_PACKET, true },
};
const size_t fw_socket_table_count = FW_ARRAY_SIZE(fw_socket_table_kinds);

void fw_socket_tables_open(struct fw_socket_tables *tables)
{
	memset(tables, 0, sizeof(*tables));
	tables->netlink_error = fw_diag_netlink_open(&tables->netlink);
}

void fw_socket_tables_close(struct fw_socket_tables *tables)
{
	fw_diag_netlink_close(&tables->netlink);
}

static int dump(struct fw_socket_tables *tables, const struct fw_socket_table_kind *kind,
	uint32_t states, bool wants_info, struct fw_socket_list *list)
{
	const struct fw_diag_question question = {
		.family = kind->family,
		.protocol = kind->protocol,
		.states = states,
		.wants_tcp_info = wants_info,
	};

	if (!kind->has_diag)
		return -EOPNOTSUPP;
	if (tables->netlink_error)
		return tables->netlink_error;
	return fw_diag_netlink_dump(&tables->netlink, &question, list);
}

/* The table names no cookies, so a socket without an inode cannot be told from others: left out. */
static int read_proc(
	const struct fw_socket_table_kind *kind, uint32_t states, struct fw_socket_list *list)
{
	FILE *table = kind->proc_path ? fopen(kind->proc_path, "re") : NULL;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int result = 0;

	if (!table)
		return kind->proc_path ? -errno : -EOPNOTSUPP;
	while (!result && (length = getline(&line, &size, table)) > 0) {
		struct fw_diag_socket socket;

		if (fw_proc_net_parse(
			    line, (size_t)length, kind->family, kind->protocol, &socket) &&
			socket.inode && (states & STATE_BIT(socket.state)) &&
			!fw_socket_list_add(list, &socket))
			result = -ENOMEM;
	}
	free(line);
	fclose(table);
	return result;
}

static int read_table(struct fw_socket_tables *tables, const struct fw_socket_table_kind *kind,
	uint32_t states, bool wants_info, struct fw_socket_list *list, bool *by_diag)
{
	int result = dump(tables, kind, states, wants_info, list);

	*by_diag = result == 0;
	if (result && result != -ENOMEM)
		result = read_proc(kind, states, list);
	return result;
}

/*
 * Two kinds of rows are no sockets: requests for a connection are SYN_RECEIVED, and what is left of
 * a closed socket while its peer stays silent is FIN_WAIT_2 with its cookie but without its totals.
 */
static bool is_remnant(const struct fw_diag_socket *socket, bool has_info)
{
	if (socket->inode)
		return false;
	return socket->state == FW_STATE_SYN_RECEIVED ||
	       (socket->state == FW_STATE_FIN_WAIT_2 && has_info && !socket->tcp.has_acked);
}

static void drop_remnants(struct fw_socket_list *list, size_t from, bool has_info)
{
	size_t kept = from;

	for (size_t i = from; i < list->count; i++)
		if (!is_remnant(&list->at[i], has_info))
			list->at[kept++] = list->at[i];
	list->count = kept;
}

enum fw_status fw_socket_tables_tcp(struct fw_socket_tables *tables, bool wants_info,
	struct fw_socket_list *list, bool *has_bytes, struct fw_error *error)
{
	const size_t before = list->count;
	bool has_diag = true;
	int result[2];

	for (size_t i = 0; i < FW_ARRAY_SIZE(result); i++) {
		bool by_diag;

		result[i] = read_table(tables, &fw_socket_table_kinds[i], CONNECTION_STATES,
			wants_info, list, &by_diag);
		/* A machine without IPv6 has no tcp6 table: that takes nothing away from IPv4. */
		if (!by_diag && !(i && result[i]))
			has_diag = false;
		if (result[i] == -ENOMEM)
			return fw_error_set(error, FW_NO_MEMORY,
				"no memory for the list of TCP sockets: free some");
	}
	if (result[0] && result[1])
		return fw_error_set_errno(error, result[0],
			"cannot list TCP sockets by inet_diag or /proc/net/tcp (mount procfs, or "
			"run as root)");
	drop_remnants(list, before, wants_info && has_diag);
	*has_bytes = has_diag;
	return FW_OK;
}

enum fw_status fw_socket_tables_others(
	struct fw_socket_tables *tables, struct fw_socket_list *list, struct fw_error *error)
{
	for (size_t i = 0; i < fw_socket_table_count; i++) {
		const struct fw_socket_table_kind *kind = &fw_socket_table_kinds[i];
		bool by_diag;
		uint32_t states = kind->protocol == IPPROTO_TCP ? OTHER_TCP_STATES : ALL_STATES;

		if (read_table(tables, kind, states, false, list, &by_diag) == -ENOMEM)
			return fw_error_set(error, FW_NO_MEMORY,
				"no memory for the list of sockets: free some");
	}
	return FW_OK;
}

enum fw_table_source fw_socket_tables_source(
	struct fw_socket_tables *tables, const struct fw_socket_table_kind *kind)
{
	struct fw_socket_list rows = { 0 };
	/* A socket is in some state, so no state bits means no rows but the same checks. */
	int result = dump(tables, kind, 0, false, &rows);

	fw_socket_list_done(&rows);
	if (!result)
		return FW_TABLE_DIAG;
	return kind->proc_path && !access(kind->proc_path, R_OK) ? FW_TABLE_PROC : FW_TABLE_NONE;
}
