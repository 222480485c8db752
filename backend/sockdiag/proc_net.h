/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The parser of the tables /proc/net/{tcp,udp,udplite,raw,icmp}{,6}: pure functions over a line.
 * For machines without inet_diag, and for ping sockets, which it does not know. Callable from any
 * thread.
 */
#ifndef FW_PROC_NET_H
#define FW_PROC_NET_H

#include "backend/sockdiag/diag_socket.h"

/*
 * One line after the heading, newline or not. false: not such a line; *socket is then untouched.
 * The table names no cookie: the inode number stands for it. Byte counts stay 0.
 */
bool fw_proc_net_parse(const char *line, size_t length, uint8_t family, uint16_t protocol,
	struct fw_diag_socket *socket);

#endif
