/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Requests that carry data, counted when they complete by what was transferred. Called by the
 * dispatch routine and the event handlers, IRQL <= DISPATCH_LEVEL, no lock is held.
 */
#ifndef FW_NT_TDI_TRANSFER_H
#define FW_NT_TDI_TRANSFER_H

#include "kernel/windows/tdi_object.h"

NTSTATUS fw_tdi_send(struct fw_tdi_device *device, IRP *irp);
NTSTATUS fw_tdi_receive(struct fw_tdi_device *device, IRP *irp);
NTSTATUS fw_tdi_send_datagram(struct fw_tdi_device *device, IRP *irp);
NTSTATUS fw_tdi_receive_datagram(struct fw_tdi_device *device, IRP *irp);

/* The same behind the limits, with a reference on the object: sends of both kinds, and a
 * TDI_RECEIVE that is marked pending, or will be, of which limits let no more come at once than
 * they allow. */
NTSTATUS fw_tdi_send_on(struct fw_tdi_object *object, IRP *irp);
NTSTATUS fw_tdi_receive_on(struct fw_tdi_object *object, IRP *irp);

/* The bytes of a request that has completed. */
uint64_t fw_tdi_transferred(const IRP *irp);

/* A client answered an event with this TDI_RECEIVE or TDI_RECEIVE_DATAGRAM; the lower driver gets
 * it next. */
void fw_tdi_receive_returned(struct fw_tdi_device *device, IRP *irp);

#endif
