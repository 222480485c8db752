/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Event handlers that clients set for their addresses. The lower driver is given a function of ours
 * and, as its context, a number: what it calls with the number of a handler that was removed finds
 * nothing, however late it calls. Used by the files of the TDI filter. IRQL <= DISPATCH_LEVEL, no
 * lock is held.
 */
#ifndef FW_NT_TDI_HANDLER_H
#define FW_NT_TDI_HANDLER_H

#include "kernel/windows/tdi_object.h"

/* What a client set: function, context and what they belong to never change. */
struct fw_tdi_handler {
	struct fw_object_node by_id; /* key: what the lower driver has for its context */
	LIST_ENTRY in_address;
	LONG volatile references;
	LONG type; /* TDI_EVENT_* */
	void *function;
	void *context;
	struct fw_tdi_object *address; /* a reference */
	uint64_t began;	   /* number of the request that set it; lock of the tables, as for the two
			      below */
	uint64_t accepted; /* and of the moment the lower driver took it; 0: not yet */
	BOOLEAN linked;	   /* can be found */
};

void fw_tdi_handlers_init(void);

/* TDI_SET_EVENT_HANDLER. */
NTSTATUS fw_tdi_set_handler(struct fw_tdi_device *device, IRP *irp);

/* The handler an event is for: a reference, or NULL. */
struct fw_tdi_handler *fw_tdi_handler_get(void *event_context);

/* The handler of an address for a type, as the lower driver has it: a reference, or NULL. */
struct fw_tdi_handler *fw_tdi_handler_find(struct fw_tdi_object *address, LONG type);
void fw_tdi_handler_put(struct fw_tdi_handler *handler); /* NULL is accepted */

/* An address is cleaned up: nobody finds its handlers any more. */
void fw_tdi_handlers_retire(struct fw_tdi_object *address);

/* How many there are, those in use by a call included. */
uint32_t fw_tdi_handlers_count(void);

#endif
