/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A socket layer that drives transports as the system's own does: files with extended attributes, association, event
 * handlers that take, refuse or give requests, or requests only. Calls wait; they are made by threads of the fake kernel
 * at PASSIVE_LEVEL, in the process that the thread runs in.
 */
#ifndef FW_FAKE_SOCKETS_H
#define FW_FAKE_SOCKETS_H

#include "fake_transport.h"

enum fake_style {
	FAKE_BY_EVENTS,	  /* handlers, connection contexts */
	FAKE_BY_REQUESTS, /* TDI_LISTEN, TDI_RECEIVE, NULL contexts */
};

struct fake_socket;

/* Every status is the transport's, or the filter's above it. Port 0: any; NULL and the status when it fails. */
struct fake_socket *fake_socket_open(enum fake_protocol protocol, enum fake_style style, uint16_t port,
	NTSTATUS *status);
void fake_socket_close(struct fake_socket *socket); /* NULL is accepted */
uint16_t fake_socket_port(struct fake_socket *socket); /* host byte order, as the transport says; 0: unknown */

NTSTATUS fake_socket_connect(struct fake_socket *socket, uint16_t port); /* of the loopback */
NTSTATUS fake_socket_listen(struct fake_socket *socket, unsigned backlog);
/* NULL: none within this (virtual) time, or the listener failed. Events and requests both. */
struct fake_socket *fake_socket_accept(struct fake_socket *listener, unsigned milliseconds, NTSTATUS *status);
NTSTATUS fake_socket_send(struct fake_socket *socket, const void *data, size_t size, size_t *sent);
NTSTATUS fake_socket_send_urgent(struct fake_socket *socket, unsigned char byte);
/* Success with 0 bytes: the other side gave its last. */
NTSTATUS fake_socket_receive(struct fake_socket *socket, void *data, size_t size, size_t *received);
NTSTATUS fake_socket_shutdown(struct fake_socket *socket);
NTSTATUS fake_socket_abort(struct fake_socket *socket);
NTSTATUS fake_socket_send_to(struct fake_socket *socket, uint16_t port, const void *data, size_t size);
/* One datagram, or STATUS_TIMEOUT. */
NTSTATUS fake_socket_receive_from(struct fake_socket *socket, void *data, size_t size, size_t *received,
	unsigned milliseconds);
/* A handler is taken away and set again: events come late. A transport that found none does not tell again, so whose data it
 * is about asks for what it may have missed. */
NTSTATUS fake_socket_toggle(struct fake_socket *socket, int event, struct fake_socket *told);

/* What it sent and got, bytes; urgent ones included. */
uint64_t fake_socket_sent(const struct fake_socket *socket);
uint64_t fake_socket_received(const struct fake_socket *socket);
PFILE_OBJECT fake_socket_address_file(struct fake_socket *socket);
PFILE_OBJECT fake_socket_connection_file(struct fake_socket *socket); /* NULL: none */

#endif
