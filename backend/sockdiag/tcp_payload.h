/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From what inet_diag says about a TCP connection to the bytes its application wrote and took. Pure
 * functions. docs/fallback.md derives them.
 */
#ifndef FW_TCP_PAYLOAD_H
#define FW_TCP_PAYLOAD_H

#include "backend/sockdiag/diag_socket.h"

struct fw_tcp_payload {
	uint64_t sent;	   /* accepted by the socket from the application, sent already or not */
	uint64_t received; /* taken by the application */
};

/* Does `acked` count a SYN? It does for the side that connected. */
enum fw_syn_counted { FW_SYN_UNKNOWN, FW_SYN_NOT_COUNTED, FW_SYN_COUNTED };

/*
 * Payload of a connection since its beginning, from two readings of it, `second` later than `first`
 * (the same one twice if there is no other). Never more than was true at the second reading, since
 * the queues of the second are set against the totals of the first; exact when the connection was
 * at rest between the two. `first` must have tcp.has_acked.
 */
struct fw_tcp_payload fw_tcp_payload_live(const struct fw_diag_socket *first,
	const struct fw_diag_socket *second, enum fw_syn_counted syn);

/* The same for a socket that has ended (its queues no longer change). */
struct fw_tcp_payload fw_tcp_payload_ended(
	const struct fw_diag_socket *ended, enum fw_syn_counted syn);

/* What the two readings tell about the SYN; FW_SYN_UNKNOWN while data is under way. */
enum fw_syn_counted fw_tcp_payload_syn(
	const struct fw_diag_socket *first, const struct fw_diag_socket *second);

#endif
