/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What has to be done at PASSIVE_LEVEL and came up above it: one work item for the whole filter,
 * made when it is attached, so that nothing fails for lack of memory later. Used by the files of
 * the TDI filter.
 */
#ifndef FW_NT_TDI_WORKER_H
#define FW_NT_TDI_WORKER_H

#include "kernel/windows/tdi_object.h"

/* With a device that exists until fw_tdi_worker_done(). PASSIVE_LEVEL. */
NTSTATUS fw_tdi_worker_init(DEVICE_OBJECT *device);
void fw_tdi_worker_done(void);
bool fw_tdi_worker_ready(void);

/* Is there something to be done, or being done? */
bool fw_tdi_worker_busy(void);

/* Announce a connection, see fw_tdi_flow_announce(). IRQL <= DISPATCH_LEVEL, no lock is held. */
void fw_tdi_worker_announce(struct fw_tdi_object *connection);

/* What becomes of a request that its completion routine has kept back. PASSIVE_LEVEL. */
typedef void fw_tdi_resume(struct fw_tdi_object *object, IRP *irp);

/* Resume a request; the reference on the object goes with it. IRQL <= DISPATCH_LEVEL, no lock is
 * held. */
void fw_tdi_worker_resume(struct fw_tdi_object *object, IRP *irp, fw_tdi_resume *resume);

#endif
