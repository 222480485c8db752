/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The second way to read and set: requests that NDIS makes of WMI's (abi/filter_wmi.h). IRQL <=
 * DISPATCH_LEVEL; called by im_request.c. */
#ifndef FW_NT_IM_WMI_H
#define FW_NT_IM_WMI_H

#include "kernel/windows/filter/im_adapter.h"

/* False: the request is not about that, and nothing was done. *status may be NDIS_STATUS_PENDING
 * for a set. */
bool fw_im_wmi_query(struct fw_im_adapter *adapter, NDIS_OID oid, void *buffer, ULONG bytes,
	ULONG *written, ULONG *needed, NDIS_STATUS *status);
bool fw_im_wmi_set(struct fw_im_adapter *adapter, NDIS_OID oid, void *buffer, ULONG bytes,
	ULONG *read, ULONG *needed, NDIS_STATUS *status);

#endif
