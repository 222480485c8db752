/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Who may use the control device: SYSTEM and Administrators (NT-24). PASSIVE_LEVEL; called by
 * control_device.c, control_file.c and filter/im_control.c. */
#ifndef FW_NT_CONTROL_SECURITY_H
#define FW_NT_CONTROL_SECURITY_H

#include <ntddk.h>

/* Give the device a descriptor that grants everything to the two and nothing to others. */
NTSTATUS fw_control_security_set(DEVICE_OBJECT *device);

/* Is who makes this request one of them? Its thread's token counts if it impersonates, so that a
 * service does not lend its rights to its clients. STATUS_ACCESS_DENIED: no, or that could not be
 * found out. */
NTSTATUS fw_control_security_check(IRP *irp);

#endif
