/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Upload: sends wait for their limit before the lower driver sees them. Called by tdi_transfer.c
 * and tdi_connection.c. IRQL <= DISPATCH_LEVEL, no lock is held.
 */
#ifndef FW_NT_LIMIT_SEND_H
#define FW_NT_LIMIT_SEND_H

#include "kernel/windows/limit_queue.h"

/* Does any limit concern the object, or did one? A look, for what all requests do. */
bool fw_limit_concerns(const struct fw_tdi_object *object);

/* A TDI_SEND or TDI_SEND_DATAGRAM, with a reference on its object: it goes on, now or later. */
NTSTATUS fw_limit_send(struct fw_tdi_object *object, IRP *irp);

/* A TDI_DISCONNECT that lets go on what was sent before, the same. */
NTSTATUS fw_limit_disconnect(struct fw_tdi_object *object, IRP *irp);

/* The lane's functions. */
bool fw_limit_send_run(struct fw_limit_lane *lane);
void fw_limit_send_fail(struct fw_limit_lane *lane, IRP *irp, NTSTATUS status);

#endif
