/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Requests on their way to the lower driver, the only ways on there are: passed, watched, refused;
 * and requests of our own. Used by the files of the TDI filter. IRQL <= DISPATCH_LEVEL but where it
 * says else; no lock is held.
 */
#ifndef FW_NT_TDI_REQUEST_H
#define FW_NT_TDI_REQUEST_H

#include "kernel/windows/tdi_attach.h"
#include "kernel/windows/tdi_endpoint.h"

/* Let it go on; we shall not hear of it again. */
NTSTATUS fw_tdi_pass(struct fw_tdi_device *device, IRP *irp);

/* Let it go on and hear of its completion. `routine` ends with fw_tdi_watched(). */
NTSTATUS fw_tdi_watch(
	struct fw_tdi_device *device, IRP *irp, PIO_COMPLETION_ROUTINE routine, void *context);

/* The same for one that `routine` may hold back: STATUS_PENDING in any case. */
NTSTATUS fw_tdi_watch_pending(
	struct fw_tdi_device *device, IRP *irp, PIO_COMPLETION_ROUTINE routine, void *context);

/* The same for one that a client handed to the lower driver out of an event. False: there is no
 * room in it for another stack location, so nothing was done. */
bool fw_tdi_watch_returned(
	struct fw_tdi_device *device, IRP *irp, PIO_COMPLETION_ROUTINE routine, void *context);

/* End of a completion routine that lets its request go on. */
NTSTATUS fw_tdi_watched(IRP *irp);

/* Complete it here. */
NTSTATUS fw_tdi_refuse(IRP *irp, NTSTATUS status);

/* Send it down and wait; the caller has it again afterwards. PASSIVE_LEVEL. */
NTSTATUS fw_tdi_wait(struct fw_tdi_device *device, IRP *irp);

/* The local address of an address or a connection file, asked of the lower driver. PASSIVE_LEVEL.
 */
NTSTATUS fw_tdi_query_local(
	struct fw_tdi_device *device, FILE_OBJECT *file, struct fw_tdi_endpoint *endpoint);

/* End a connection abortively. PASSIVE_LEVEL. */
NTSTATUS fw_tdi_abort(struct fw_tdi_device *device, FILE_OBJECT *file);

#endif
