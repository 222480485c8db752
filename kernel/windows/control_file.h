/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the control devices of both drivers do alike with an open file: who may open it, when its
 * handle begins, stops waiting and ends. Used by control_device.c and filter/im_control.c;
 * PASSIVE_LEVEL.
 */
#ifndef FW_NT_CONTROL_FILE_H
#define FW_NT_CONTROL_FILE_H

#include <ntddk.h>

/* A driver's handles; each file has one in FsContext. */
struct fw_control_file_handles {
	void *(*open)(void); /* NULL: no memory */
	/* Its requests that wait end. At cleanup, and once more before the end. */
	void (*stop)(void *handle);
	void (*close)(void *handle);
	/* IRP_MJ_DEVICE_CONTROL: completes it, or keeps it. */
	NTSTATUS (*request)(void *handle, IRP *irp);
};

/* A request for the device, or for no file of it: completed, or handed to `request`. */
NTSTATUS fw_control_file_dispatch(const struct fw_control_file_handles *handles, IRP *irp);

#endif
