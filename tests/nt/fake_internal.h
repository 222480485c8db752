/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the parts of the fake transport share. One spin lock guards all of it; nobody is called with it held. */
#ifndef FW_FAKE_INTERNAL_H
#define FW_FAKE_INTERNAL_H

#include <sys/types.h>

#include "fake_transport.h"
#include "nt_irp.h"

#define FAKE_EVENTS 11
#define FAKE_BUFFER 16384

struct fake_handler {
	PVOID function;
	PVOID context;
};

/* The device extension. */
struct fake_device {
	enum fake_protocol protocol;
};

/* FsContext of every file; FsContext2 says the kind. */
struct fake_file {
	LIST_ENTRY all;
	int kind; /* TDI_..._FILE */
	enum fake_protocol protocol;
	PFILE_OBJECT file;
	int fd;
	bool closing;
	bool discard; /* the connection was aborted: its data is nobody's */
	unsigned calls; /* of handlers and of the network thread: it stays until they left */
	LIST_ENTRY receives; /* pending: TDI_RECEIVE, or TDI_RECEIVE_DATAGRAM of an address */

	/* an address */
	struct fake_handler handlers[FAKE_EVENTS];
	LIST_ENTRY connections; /* associated */
	LIST_ENTRY listens;	/* pending TDI_LISTEN, of its connections */
	bool listening;

	/* a connection */
	LIST_ENTRY in_address;
	struct fake_file *address;
	struct fake_file *told; /* the address, while the network thread has the connection */
	CONNECTION_CONTEXT context;
	bool connected, told_end, end;
	bool blocked; /* the client knows of data and will ask for it */
	bool waits_accept;
	NTSTATUS end_status;
	bool connecting; /* its request is in `sends` */
	LIST_ENTRY sends; /* pending */
	UCHAR *data;	  /* came, not yet delivered */
	size_t begin, length;
};

/* What a pending request remembers: IRP.Tail.Overlay.DriverContext. */
enum { FAKE_QUEUED, FAKE_DONE_BYTES, FAKE_STATUS };

extern KSPIN_LOCK fake_lock;
extern LIST_ENTRY fake_files;
extern struct fake_policy fake_policy;
extern struct fake_totals fake_totals[FAKE_PROTOCOLS];

/* fake_wire.c: sockets without blocking. */
int fake_wire_open(enum fake_protocol protocol, const void *address, ULONG length, NTSTATUS *status);
bool fake_wire_is_stream(enum fake_protocol protocol);
ULONG fake_wire_local(int fd, UCHAR *address);			    /* as TRANSPORT_ADDRESS; the length */
ULONG fake_wire_remote(int fd, UCHAR *address);
NTSTATUS fake_wire_connect(int fd, const void *address, ULONG length); /* STATUS_PENDING: see fake_wire_result() */
NTSTATUS fake_wire_result(int fd);
NTSTATUS fake_wire_status(int error);
NTSTATUS fake_wire_send_to(int fd, const void *data, size_t size, const void *address, ULONG length);
ssize_t fake_wire_receive_from(int fd, void *data, size_t size, UCHAR *address, ULONG *length);
void fake_wire_abort(int fd);
#define FAKE_ADDRESS_MAX 40

/* fake_request.c: answers, at once or later; requests that wait. */
bool fake_chance(unsigned of_100);
unsigned fake_random(unsigned below);
NTSTATUS fake_answer(PIRP irp, NTSTATUS status, ULONG_PTR information);
void fake_complete(PIRP irp, NTSTATUS status, ULONG_PTR information); /* of one that is pending, here and now */
void fake_complete_later(PIRP irp, NTSTATUS status, ULONG_PTR information);
/* With the lock held; false: it was cancelled, and completed by that. Marked pending before. */
bool fake_queue(LIST_ENTRY *queue, PIRP irp);
PIRP fake_queue_take(LIST_ENTRY *queue); /* with the lock held; NULL: none */
void fake_queue_fail(LIST_ENTRY *queue, NTSTATUS status); /* without the lock */
size_t fake_mdl_put(PMDL mdl, size_t offset, const void *data, size_t size);
size_t fake_mdl_get(PMDL mdl, size_t offset, void *data, size_t size);
bool fake_is_stopping(void);
void fake_completer(void *context);
bool fake_completer_idle(void *context);
KIRQL fake_raise(void); /* to DISPATCH_LEVEL, or not */

/* Requests of each kind of file. */
NTSTATUS fake_address_request(struct fake_file *address, PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS fake_connection_request(struct fake_file *connection, PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS fake_query(struct fake_file *file, PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS fake_send_datagram(struct fake_file *address, PIRP irp, PIO_STACK_LOCATION location);
NTSTATUS fake_receive_datagram(struct fake_file *address, PIRP irp);
void fake_disconnected(struct fake_file *connection, NTSTATUS status);
void fake_disassociate(struct fake_file *connection); /* with the lock held */

/* fake_deliver.c, fake_datagram.c, fake_connection.c: something came; in the network thread. */
void fake_deliver(struct fake_file *connection);
void fake_datagram_came(struct fake_file *address);
void fake_connection_came(struct fake_file *address);
void fake_connected(struct fake_file *connection);
void fake_send_more(struct fake_file *connection);
void fake_urgent_came(struct fake_file *connection);
void fake_receive_posted(struct fake_file *connection, PIRP irp);

/* fake_handler.c: the handler of an event, and that it runs. Without the lock. */
bool fake_handler_enter(struct fake_file *address, unsigned event, struct fake_handler *handler);
void fake_handler_leave(struct fake_file *address);
/* Bytes that a chained receive tells of; the client may keep them. */
PVOID fake_chain_new(const void *data, size_t size, PMDL *mdl);
void fake_network_wake(void);

#endif
