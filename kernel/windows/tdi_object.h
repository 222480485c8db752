/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * File objects of the transport that were opened through the filter: addresses, connections,
 * control channels, and the tables they are found in. Used by the files of the TDI filter only.
 * IRQL <= DISPATCH_LEVEL but where it says else.
 *
 * Locks, in their order: that of the tables, that of an object. Neither is held while anything
 * outside the TDI filter is called. Those of what is found by file, one for each few files, are
 * held alone, inside tdi_object.c.
 */
#ifndef FW_NT_TDI_OBJECT_H
#define FW_NT_TDI_OBJECT_H

#include "core/object_table.h"
#include "kernel/windows/ddk/tdi_kernel.h"
#include "kernel/windows/process_state.h"
#include "kernel/windows/tdi_endpoint.h"

#define FW_TDI_TAG 0x74577746u /* FwWt */

struct fw_tdi_device;
struct fw_limit_file;

enum fw_tdi_kind {
	FW_TDI_CONTROL, /* neither an address nor a connection: for queries */
	FW_TDI_ADDRESS,
	FW_TDI_CONNECTION,
};

/*
 * A connection object is used for any number of connections, one after the other: `flow` and what
 * follows it belong to the present one. Of an address they are about its datagrams and begin with
 * it.
 */
struct fw_tdi_object {
	/* What each transfer reads and writes comes first, together: of many objects that memory is
	 * in no cache. */
	struct fw_object_node by_file; /* key: `file`; from create to close */
	LONG volatile references;
	enum fw_tdi_kind kind;
	/* Who is charged: its creator, but for a connection that a thread of the system made in
	 * advance for somebody's address that somebody. Changes once at most; both are referenced
	 * until the object goes. */
	struct fw_process_state *volatile payer;
	KSPIN_LOCK lock; /* of the two below, and of `local` to `told` */
	uint64_t sent;
	uint64_t received;
	struct fw_limit_file
		*volatile limited; /* what waits for limits; NULL: none ever concerned it */
	BOOLEAN stopped; /* it is cleaned up: nothing waits any more; lock of limit_queue.c */

	struct fw_object_node by_number;  /* key: `number`; from create to cleanup */
	struct fw_object_node by_context; /* of the associated address: context, number */
	uint64_t number;		  /* from 1, never used again */
	struct fw_tdi_device *device;
	FILE_OBJECT *file;		  /* not referenced */
	struct fw_process_state *process; /* who created it; NULL: there was no memory */
	uint16_t protocol;
	BOOLEAN listed;	 /* is in by_number; lock of the tables, as for the three below */
	BOOLEAN retired; /* cleaned up */
	struct fw_object_table contexts; /* of an address: the connections that are associated */
	LIST_ENTRY handlers;		 /* of an address: struct fw_tdi_handler */

	void *context;		       /* of a connection, for the lower driver's events */
	struct fw_tdi_object *address; /* of a connection; a reference; lock of the tables */

	struct fw_tdi_endpoint local;
	struct fw_tdi_endpoint remote;
	uint64_t flow;	    /* id */
	uint64_t opened_ns; /* 0: not yet a connection */
	uint8_t state;	    /* enum fw_tcp_state */
	BOOLEAN port_taken;
	BOOLEAN to_announce; /* it is a connection, which nobody was told yet */
	BOOLEAN announcing;  /* somebody is told just now */
	BOOLEAN end_due;     /* `ended` is to be told by who tells the beginning */
	struct fw_connection ended;

	uint32_t telling; /* calls of its handlers by us, tdi_tell.c */
	BOOLEAN untold;	  /* none begins any more */
	KEVENT *told;	  /* of who waits for them; NULL: nobody */

	LIST_ENTRY work; /* lock of the worker, as for `queued` */
	BOOLEAN queued;	 /* is in its list and has a reference */
};

void fw_tdi_tables_init(void);

/* The number that comes next; lock of the tables not held. */
uint64_t fw_tdi_number_new(void);

/* A new object with one reference and in no table; NULL: no memory. PASSIVE_LEVEL, in the creator's
 * process. */
struct fw_tdi_object *fw_tdi_object_new(struct fw_tdi_device *device, enum fw_tdi_kind kind);
void fw_tdi_object_hold(struct fw_tdi_object *object);
void fw_tdi_object_put(struct fw_tdi_object *object); /* NULL is accepted */

/* Put it into the tables as that of a file, with a reference that fw_tdi_object_close() takes back.
 */
void fw_tdi_object_open(struct fw_tdi_object *object, FILE_OBJECT *file);

/* A reference, or NULL: the file was not opened through the filter. */
struct fw_tdi_object *fw_tdi_object_get(const FILE_OBJECT *file);

/* Its file, referenced; NULL: it is cleaned up. Who dereferences it does so at PASSIVE_LEVEL: it
 * may close the file. */
FILE_OBJECT *fw_tdi_object_file(struct fw_tdi_object *object);

/* The object after this number that is not cleaned up yet: a reference, or NULL. */
struct fw_tdi_object *fw_tdi_object_after(uint64_t number);

/* The lower driver has cleaned it up: nobody but its file finds it any more. False: it was so
 * already. */
bool fw_tdi_object_retire(struct fw_tdi_object *object);
void fw_tdi_object_close(struct fw_tdi_object *object);

/* A connection becomes one of an address, or of none (NULL). */
void fw_tdi_object_associate(struct fw_tdi_object *connection, struct fw_tdi_object *address);

/* The address of a connection: a reference, or NULL. */
struct fw_tdi_object *fw_tdi_object_address(struct fw_tdi_object *connection);

/* The only connection of an address that has this context: a reference, or NULL when there is none
 * or are several. */
struct fw_tdi_object *fw_tdi_object_of_context(struct fw_tdi_object *address, void *context);

/* Counts of what keeps the driver in memory. */
void fw_tdi_object_counts(uint32_t *addresses, uint32_t *connections);

/* The lock of all tables. */
void fw_tdi_tables_lock(KIRQL *irql);
void fw_tdi_tables_unlock(KIRQL irql);

#endif
