/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A socket as inet_diag, packet_diag or /proc/net describes it, and a growable list of them. One
 * thread.
 */
#ifndef FW_DIAG_SOCKET_H
#define FW_DIAG_SOCKET_H

#include "abi/flow.h"

/*
 * Byte counts of a TCP connection, from struct tcp_info; the kernel fills them under the socket
 * lock, so they belong together. `acked` counts the SYN of the side that connected and an
 * acknowledged FIN as one byte each, `received` an arrived FIN; `sent` and `retransmitted` are pure
 * payload.
 */
struct fw_tcp_info {
	uint64_t acked;
	uint64_t received;
	uint64_t sent; /* put on the wire, each retransmission again */
	uint64_t retransmitted;
	uint32_t not_sent;	    /* written, never put on the wire; counts a waiting FIN */
	uint32_t packets_in_flight; /* 0: all that was put on the wire is acknowledged */
	bool has_acked;		    /* acked and received are there (Linux 4.1) */
	bool has_sent;		    /* the others too (Linux 4.19) */
};

struct fw_diag_socket {
	uint64_t cookie; /* the kernel's id of the socket; 0: not known */
	uint64_t inode;	 /* 0: no descriptor refers to it (not accepted yet, or closed) */
	uint32_t uid;
	/* Of TCP that does not listen, read before fw_tcp_info and without the lock: */
	uint32_t unread;   /* in the receive queue; counts a FIN that was not read */
	uint32_t unacked;  /* written, not acknowledged; counts the FIN */
	uint16_t protocol; /* as in struct fw_connection */
	uint16_t local_port;
	uint16_t remote_port;
	uint8_t family; /* enum fw_family */
	uint8_t state;	/* enum fw_tcp_state */
	uint8_t local_address[16];
	uint8_t remote_address[16];
	bool is_subflow; /* carries part of an MPTCP connection, some of it perhaps twice */
	struct fw_tcp_info tcp;
};

struct fw_socket_list {
	struct fw_diag_socket *at;
	size_t count;
	size_t capacity;
};

/* false: out of memory, the list is as before. */
bool fw_socket_list_add(struct fw_socket_list *list, const struct fw_diag_socket *socket);
void fw_socket_list_done(struct fw_socket_list *list);

#endif
