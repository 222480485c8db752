/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Asking the kernel for its sockets over NETLINK_SOCK_DIAG, and being told of TCP sockets that end.
 * One thread. Functions return 0 or negative errno.
 */
#ifndef FW_DIAG_NETLINK_H
#define FW_DIAG_NETLINK_H

#include "backend/sockdiag/diag_message.h"

struct mnl_socket;

struct fw_diag_netlink {
	struct mnl_socket *questions;
	struct mnl_socket *endings; /* NULL: not offered */
	uint32_t sequence;
	void *buffer;
};

/* What to ask for. States are bits (1 << enum fw_tcp_state) and only matter for TCP and MPTCP. */
struct fw_diag_question {
	uint8_t family;	   /* enum fw_family */
	uint16_t protocol; /* IPPROTO_*, FW_PROTOCOL_MPTCP or FW_PROTOCOL_PACKET */
	uint32_t states;
	bool wants_tcp_info;
};

/* TCP sockets in the state CLOSED that hold a port: only as a bit of a question, since Linux 6.8.
 */
#define FW_DIAG_STATE_BOUND 13

int fw_diag_netlink_open(struct fw_diag_netlink *netlink);
void fw_diag_netlink_close(struct fw_diag_netlink *netlink);

/* Append the answer to *list. On failure *list is as before. -ENOENT or -EOPNOTSUPP: this kernel
 * has no such table. */
int fw_diag_netlink_dump(struct fw_diag_netlink *netlink, const struct fw_diag_question *question,
	struct fw_socket_list *list);

/* Take the TCP sockets that ended since the last call, without waiting. Their state is that after
 * the end, FW_STATE_CLOSED. *missed: some could not be delivered, because there were too many. */
int fw_diag_netlink_endings(
	struct fw_diag_netlink *netlink, struct fw_socket_list *list, bool *missed);

#endif
