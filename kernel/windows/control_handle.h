/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One open handle of the control device. Counted: requests under way keep it, for the one that
 * waits may be completed, and the file object with it, while its dispatch routine still runs.
 * PASSIVE_LEVEL; called by control_device.c.
 */
#ifndef FW_NT_CONTROL_HANDLE_H
#define FW_NT_CONTROL_HANDLE_H

#include "kernel/windows/event_reader.h"

struct fw_control_handle {
	volatile LONG references;
	volatile LONG is_greeted;
	struct fw_event_reader reader;
};

struct fw_control_handle *fw_control_handle_new(void); /* NULL: no memory */
void fw_control_handle_get(struct fw_control_handle *handle);
void fw_control_handle_put(struct fw_control_handle *handle);

/* One control request; completes it or keeps it pending. */
NTSTATUS fw_control_handle_request(struct fw_control_handle *handle, IRP *irp);

#endif
