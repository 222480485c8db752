/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * \Device\FlowWatcher: who may open it, its handles and what they ask (abi/control.h).
 * PASSIVE_LEVEL; called by driver.c.
 */
#ifndef FW_NT_CONTROL_DEVICE_H
#define FW_NT_CONTROL_DEVICE_H

#include <ntddk.h>

#include <stdbool.h>

NTSTATUS fw_control_device_create(DRIVER_OBJECT *driver);
void fw_control_device_remove(void);

bool fw_control_device_owns(const DEVICE_OBJECT *device);

/* Every request for the device. */
NTSTATUS fw_control_device_dispatch(DEVICE_OBJECT *device, IRP *irp);

/* Was its security descriptor set? Access is checked by our own code either way. */
bool fw_control_device_is_secured(void);

/* For what is done on its behalf at PASSIVE_LEVEL later. */
DEVICE_OBJECT *fw_control_device_object(void);

#endif
