/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Requests for connection objects: associate, connect, listen, accept, disconnect. Called by the
 * dispatch routine, IRQL <= DISPATCH_LEVEL but where it says else.
 */
#ifndef FW_NT_TDI_CONNECTION_H
#define FW_NT_TDI_CONNECTION_H

#include "kernel/windows/tdi_object.h"

NTSTATUS fw_tdi_associate(struct fw_tdi_device *device, IRP *irp); /* PASSIVE_LEVEL */
NTSTATUS fw_tdi_disassociate(struct fw_tdi_device *device, IRP *irp);
NTSTATUS fw_tdi_connect(struct fw_tdi_device *device, IRP *irp);
NTSTATUS fw_tdi_listen(struct fw_tdi_device *device, IRP *irp);
NTSTATUS fw_tdi_accept(struct fw_tdi_device *device, IRP *irp);
NTSTATUS fw_tdi_disconnect(struct fw_tdi_device *device, IRP *irp);

/* The same behind the limits, with a reference on the connection. */
NTSTATUS fw_tdi_disconnect_on(struct fw_tdi_object *connection, IRP *irp);

/* A client answered a connect event with this TDI_ACCEPT; the lower driver gets it next. */
void fw_tdi_accept_returned(
	struct fw_tdi_device *device, IRP *irp, const struct fw_tdi_endpoint *remote);

/* End a connection, and tell its client as if the peer had done so. PASSIVE_LEVEL. */
void fw_tdi_connection_cut(struct fw_tdi_object *connection);

/* Tell the client that the connection has ended, as the lower driver would. */
void fw_tdi_connection_tell_end(struct fw_tdi_object *connection, ULONG flags);

/* The remote end that a structure of a request names. What a user's request points to is not looked
 * at. */
bool fw_tdi_information_read(const IRP *irp, const TDI_CONNECTION_INFORMATION *information,
	struct fw_tdi_endpoint *remote);

#endif
