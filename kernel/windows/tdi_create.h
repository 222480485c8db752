/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The beginning and the end of a file object of the transport. Called by the dispatch routine. */
#ifndef FW_NT_TDI_CREATE_H
#define FW_NT_TDI_CREATE_H

#include "kernel/windows/tdi_object.h"

NTSTATUS fw_tdi_create(struct fw_tdi_device *device, IRP *irp); /* PASSIVE_LEVEL */
NTSTATUS fw_tdi_cleanup(struct fw_tdi_device *device, IRP *irp);
NTSTATUS fw_tdi_close(struct fw_tdi_device *device, IRP *irp);

/* What the extended attributes of a create ask for, FILE_FULL_EA_INFORMATION; of an address its
 * requested local end, of a connection its context. Attributes that lie about their lengths ask for
 * a control channel. Any IRQL. */
enum fw_tdi_kind fw_tdi_create_kind(
	const void *attributes, uint32_t length, struct fw_tdi_endpoint *local, void **context);

#endif
