/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The parser of what NETLINK_SOCK_DIAG answers: a pure function over a buffer, whatever is in it.
 * Callable from any thread.
 */
#ifndef FW_DIAG_MESSAGE_H
#define FW_DIAG_MESSAGE_H

#include "backend/sockdiag/diag_socket.h"

/* What a buffer of messages says beside its sockets. */
struct fw_diag_answer {
	bool is_done;	     /* the dump's end was reached */
	bool is_interrupted; /* the table changed during the dump: rows may miss or be double */
	int error_number;    /* positive errno the kernel refused with; 0: none */
	bool is_malformed;   /* a message or its lengths are not as documented; the rest was read */
};

/* Return false to stop: fw_diag_parse() then returns false. */
typedef bool (*fw_diag_socket_fn)(const struct fw_diag_socket *socket, void *argument);

/*
 * `buffer` is aligned to 4 bytes. `protocol`: the one asked for, since most messages do not tell.
 * Messages with another `sequence` number belong to an older question and are skipped. *answer is
 * added to, so one can span a dump's buffers.
 */
bool fw_diag_parse(const void *buffer, size_t length, uint32_t sequence, uint16_t protocol,
	fw_diag_socket_fn socket, void *argument, struct fw_diag_answer *answer);

#endif
