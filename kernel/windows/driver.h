/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The driver as a whole: stopped and started by who controls it. PASSIVE_LEVEL; called by
 * control_handle.c. */
#ifndef FW_NT_DRIVER_H
#define FW_NT_DRIVER_H

#include "abi/control.h"
#include "kernel/windows/ddk/nt_system.h"

/* Pass everything, and make ready to be unloaded as soon as nothing is in use (NT-23). */
void fw_driver_stop(void);

/* Watch again. STATUS_INVALID_DEVICE_STATE: it can be unloaded already, and has to be, to begin anew. */
NTSTATUS fw_driver_start(void);

/* All of it but `size`. */
void fw_driver_status(struct fw_control_status *status);

/* Why the TDI filter is not attached, if it is not. */
NTSTATUS fw_driver_attach_status(void);

#endif
