/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Calls of a client's event handlers that begin with us, not with the lower driver: what waited for
 * a limit, and ends that it does not tell of. Its cleanup of a file waits for its own calls only, so
 * the cleanup waits for ours here: a client frees what its handlers are given when its file is closed.
 * Used by the files of limits and tdi_connection.c. No lock is held.
 */
#ifndef FW_NT_TDI_TELL_H
#define FW_NT_TDI_TELL_H

#include "kernel/windows/tdi_handler.h"

/* A call that is under way, at DISPATCH_LEVEL as the lower driver's. */
struct fw_tdi_tell {
	struct fw_tdi_handler *handler;
	struct fw_tdi_object *object;
	struct fw_tdi_object *address; /* of a connection; NULL: the object is it */
	KIRQL irql;
};

/* Before the handler of this type that an address, or the address of a connection, has is called.
 * False: there is none, or its file is being cleaned up; nothing is to be ended. IRQL <=
 * DISPATCH_LEVEL. */
bool fw_tdi_tell_begin(struct fw_tdi_tell *tell, struct fw_tdi_object *object, LONG type);
void fw_tdi_tell_end(struct fw_tdi_tell *tell);

/* A file is cleaned up: from now on no call begins, and none is under way. PASSIVE_LEVEL. */
void fw_tdi_tell_stop(struct fw_tdi_object *object);

#endif
