/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the parts of the fake socket layer share. The kernel's lock (nt_lock) guards what changes. */
#ifndef FW_FAKE_SOCKET_H
#define FW_FAKE_SOCKET_H

#include "fake_internal.h"
#include "fake_sockets.h"

#define FAKE_BACKLOG 32

struct fake_socket {
	enum fake_protocol protocol;
	enum fake_style style;
	HANDLE address_handle, connection_handle;
	PFILE_OBJECT address, connection;
	bool shares_address; /* accepted: the address is the listener's */
	bool is_closing;     /* takes no connections any more */
	UCHAR *data;	     /* came, not yet asked for */
	size_t length, room;
	bool pull;  /* the transport has more, which must be asked for */
	bool ended; /* nothing comes any more */
	NTSTATUS end_status;
	unsigned requests; /* given to the transport by handlers, or under way */
	uint64_t sent, received;

	/* a listener: connections that wait to be taken, and those that were */
	struct fake_socket *spare[FAKE_BACKLOG], *taken[FAKE_BACKLOG];
	unsigned spare_count, taken_count;

	/* datagrams: their sizes, in order; the bytes are in `data` */
	size_t sizes[256];
	unsigned size_count;
};

/* A request under way: its memory is one block. */
struct fake_call {
	struct fake_socket *socket;
	PIRP irp;
	PMDL mdl;
	bool done;
	NTSTATUS status;
	ULONG_PTR information;
	TDI_CONNECTION_INFORMATION remote, reply;
	UCHAR remote_address[FAKE_ADDRESS_MAX], reply_address[FAKE_ADDRESS_MAX];
	size_t size;
	UCHAR data[];
};

/* With `size` bytes of data, for which it makes a descriptor. */
struct fake_call *fake_call_new(struct fake_socket *socket, PFILE_OBJECT file, size_t size,
	void (*finish)(PIRP irp, void *context));
void fake_call_fill(struct fake_call *call, PFILE_OBJECT file, UCHAR minor, const void *parameters, size_t size);
void fake_call_free(struct fake_call *call);

void fake_socket_put_data(struct fake_socket *socket, const void *data, size_t size); /* lock held */
NTSTATUS fake_socket_handlers(struct fake_socket *socket, bool listens);
NTSTATUS fake_socket_handler(struct fake_socket *socket, int event, bool set);
NTSTATUS fake_socket_call(struct fake_socket *socket, PFILE_OBJECT file, UCHAR minor, const void *parameters,
	size_t size);
struct fake_socket *fake_socket_spare(struct fake_socket *listener, NTSTATUS *status);

#endif
