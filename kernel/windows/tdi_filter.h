/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The TDI filter as the rest of the driver sees it: attached above \Device\Tcp, Udp, RawIp and, where they are, Tcp6, Udp6,
 * RawIp6. Rules NT-1 to NT-17 and NT-23 are its own.
 */
#ifndef FW_NT_TDI_FILTER_H
#define FW_NT_TDI_FILTER_H

#include <ntddk.h>

#include "abi/control.h"

/* Attach to what there is; an attach that fails undoes the others. PASSIVE_LEVEL. */
NTSTATUS fw_tdi_attach(DRIVER_OBJECT *driver);

/* From now on everything passes; when nothing of ours is in use any more, detach. STATUS_DEVICE_BUSY: something is, and
 * status->addresses, connections, handlers, requests say what; may be called again. PASSIVE_LEVEL. */
NTSTATUS fw_tdi_detach(struct fw_control_status *status);

/* Pass everything, or watch again. PASSIVE_LEVEL. */
void fw_tdi_bypass(bool bypass);

/* Is it a device of the filter? Then every request for it goes to fw_tdi_dispatch(). */
bool fw_tdi_owns(const DEVICE_OBJECT *device);
NTSTATUS fw_tdi_dispatch(DEVICE_OBJECT *device, IRP *irp);

/* status->state, addresses, connections, handlers, requests. */
void fw_tdi_status(struct fw_control_status *status);

/* The next row with a number greater than *after, which becomes its number; false: there is none. PASSIVE_LEVEL. */
bool fw_tdi_next_connection(uint64_t *after, struct fw_connection *row);
bool fw_tdi_next_port(uint64_t *after, struct fw_port *row);

/* End what a new rule refuses: connections of its processes are disconnected abortively. PASSIVE_LEVEL. */
void fw_tdi_cut_refused(void);

/* The rules have changed: what waits for a limit that is gone goes. PASSIVE_LEVEL. */
void fw_tdi_let_go(void);

#endif
