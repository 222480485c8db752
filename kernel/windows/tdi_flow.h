/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The life of a connection on a connection object, and what rows and records say of objects. Used
 * by the files of the TDI filter. IRQL <= DISPATCH_LEVEL but where it says else, no lock is held.
 */
#ifndef FW_NT_TDI_FLOW_H
#define FW_NT_TDI_FLOW_H

#include "kernel/windows/tdi_object.h"

/* Its local end is that of this address, until more is known. */
void fw_tdi_flow_local(struct fw_tdi_object *connection, struct fw_tdi_object *address);

/* A connection is tried or offered; one that was there before is over. `remote` NULL: not known. */
void fw_tdi_flow_begin(struct fw_tdi_object *connection, const struct fw_tdi_endpoint *remote,
	enum fw_tcp_state state);
void fw_tdi_flow_established(struct fw_tdi_object *connection);
void fw_tdi_flow_failed(struct fw_tdi_object *connection);

/* One side ended it, with TDI_DISCONNECT_*. */
void fw_tdi_flow_ended_by_peer(struct fw_tdi_object *connection, ULONG flags);
void fw_tdi_flow_ended_here(struct fw_tdi_object *connection, ULONG flags);

/* Nothing of it comes any more. */
void fw_tdi_flow_over(struct fw_tdi_object *connection);

/* The remote end, if one is known. */
bool fw_tdi_flow_remote(struct fw_tdi_object *object, struct fw_tdi_endpoint *remote);

/* Bytes that went through: for the object and its process. NULL object: nothing. */
void fw_tdi_flow_sent(struct fw_tdi_object *object, uint64_t bytes);
void fw_tdi_flow_received(struct fw_tdi_object *object, uint64_t bytes);

/* Ask for the local end, then say that the connection is there; if it is over, that was said.
 * PASSIVE_LEVEL. */
void fw_tdi_flow_announce(struct fw_tdi_object *connection);

/* What a snapshot says of an object. False: it is no connection, socket or listener. */
bool fw_tdi_flow_row(struct fw_tdi_object *object, struct fw_connection *row);

#endif
