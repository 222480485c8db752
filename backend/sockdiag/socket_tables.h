/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel's tables of sockets, each by inet_diag where it is offered and from /proc/net where it
 * is not. One thread.
 */
#ifndef FW_SOCKET_TABLES_H
#define FW_SOCKET_TABLES_H

#include "backend/sockdiag/diag_netlink.h"
#include "core/status.h"
#include "flowwatcher/error.h"

struct fw_socket_tables {
	struct fw_diag_netlink netlink;
	int netlink_error; /* negative errno that opening it gave; 0: it is open */
};

/* How one table can be read; also for `doctor`. */
enum fw_table_source { FW_TABLE_DIAG, FW_TABLE_PROC, FW_TABLE_NONE };

struct fw_socket_table_kind {
	const char *name;      /* "tcp6" */
	const char *proc_path; /* NULL: not a table of /proc/net we read */
	uint8_t family;
	uint16_t protocol;
	bool has_diag; /* inet_diag or packet_diag may know it */
};

extern const struct fw_socket_table_kind fw_socket_table_kinds[];
extern const size_t fw_socket_table_count;

/* Never fails: without netlink, /proc/net is left. */
void fw_socket_tables_open(struct fw_socket_tables *tables);
void fw_socket_tables_close(struct fw_socket_tables *tables);

/*
 * Append the TCP sockets that are not listening, with their byte counts if `wants_info`. Sockets
 * that no longer or do not yet belong to a process's connection (TIME_WAIT, requests) are left out.
 * *has_bytes: the counts are there. FW_NO_MEMORY; FW_FAILED: TCP's tables cannot be read at all.
 */
enum fw_status fw_socket_tables_tcp(struct fw_socket_tables *tables, bool wants_info,
	struct fw_socket_list *list, bool *has_bytes, struct fw_error *error);

/* Append all that the former leaves to list: listening and bound TCP, and every other protocol.
 * Tables that cannot be read are left out. FW_NO_MEMORY. */
enum fw_status fw_socket_tables_others(
	struct fw_socket_tables *tables, struct fw_socket_list *list, struct fw_error *error);

/* Where would this table come from? */
enum fw_table_source fw_socket_tables_source(
	struct fw_socket_tables *tables, const struct fw_socket_table_kind *kind);

#endif
