/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A driver with nothing but the TDI filter, and a client of the transport above it: files,
 * requests, handlers. For tests of the TDI filter, from threads of the fake kernel.
 */
#ifndef FW_TDI_CLIENT_H
#define FW_TDI_CLIENT_H

#include "kernel/windows/tdi_filter.h"
#include "tdi_doubles.h"
#include "tdi_lower.h"

#define TDI_TCP "\\Device\\Tcp"
#define TDI_UDP "\\Device\\Udp"
#define TDI_RAW "\\Device\\RawIp\\1"
#define TDI_TCP6 "\\Device\\Tcp6"
#define TDI_ALL4 7u
#define TDI_ALL 63u
#define TDI_CLIENT_PID 300u

/* Kernel, transport, filter; the current thread is one of process TDI_CLIENT_PID. */
void tdi_world_start(unsigned devices);
void tdi_world_start_with(unsigned devices, const struct nt_options *options);

/* Unloads all of it: everything has to be gone. */
void tdi_world_stop(void);

/* The same without the filter, for tests that attach by themselves; the last status of an attach or
 * detach. */
NTSTATUS tdi_filter_load(void);
NTSTATUS tdi_filter_unload(
	struct fw_control_status *status); /* as the driver's control device would */

/* From now on, the current thread is one of this process; 0: of the system. Processes end with the
 * world. */
void tdi_process(uint32_t pid);
void tdi_process_end(void);

NTSTATUS tdi_open(const char *name, const void *ea, uint32_t ea_length, PFILE_OBJECT *file);
PFILE_OBJECT tdi_open_address(const char *name, uint16_t port);
PFILE_OBJECT tdi_open_connection(const char *name, void *context);
void tdi_close(PFILE_OBJECT file);
HANDLE tdi_handle(PFILE_OBJECT file); /* the kernel's, as tdi_open() made it */

/* An EA list of one entry; the length. */
uint32_t tdi_ea(uint8_t *bytes, const char *name, const void *value, uint16_t length);

struct tdi_request {
	IRP *irp;
	bool done;
	NTSTATUS status;
	ULONG_PTR information;
};

/* Send a request with these parameters; where it is NULL it goes to who is on top of the file's
 * stack. */
void tdi_begin(struct tdi_request *request, PFILE_OBJECT file, uint8_t minor,
	const void *parameters, size_t size);
/* The same with the bytes that the descriptor has. */
void tdi_begin_with(struct tdi_request *request, PFILE_OBJECT file, uint8_t minor,
	const void *parameters, size_t size, MDL *data);
/* Wait for it and free it. */
NTSTATUS tdi_end(struct tdi_request *request);
NTSTATUS tdi_send_request(PFILE_OBJECT file, uint8_t minor, const void *parameters, size_t size);

/* One that a handler returns to the transport. */
IRP *tdi_returned(struct tdi_request *request, PFILE_OBJECT file, uint8_t minor,
	const void *parameters, size_t size);
/* The same with one location, for the transport alone. */
IRP *tdi_returned_alone(struct tdi_request *request, PFILE_OBJECT file, uint8_t minor,
	const void *parameters, size_t size);

NTSTATUS tdi_transfer(PFILE_OBJECT file, uint8_t minor, uint32_t length, uint32_t flags);
NTSTATUS tdi_datagram(PFILE_OBJECT file, uint8_t minor, uint32_t length, uint16_t remote_port);
NTSTATUS tdi_associate(PFILE_OBJECT connection, PFILE_OBJECT address);
NTSTATUS tdi_connect(PFILE_OBJECT file, uint16_t port);
NTSTATUS tdi_set_handler(PFILE_OBJECT address, LONG type, void *function, void *context);

/* The handler that the transport has, to be called as it would. */
#define TDI_RAISE(kind, type, ...)                                                                 \
	(((kind)tdi_lower.handler[type])(tdi_lower.handler_context[type], __VA_ARGS__))

/* Rows, as a snapshot gives them. */
unsigned tdi_connections(struct fw_connection *rows, unsigned max);
unsigned tdi_ports(struct fw_port *rows, unsigned max);

/* Until the filter's worker is idle. */
void tdi_settle(void);

#endif
