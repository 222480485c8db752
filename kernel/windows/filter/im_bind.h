/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How adapters come and go: bound and unbound below, initialised and halted above. Called by NDIS,
 * at PASSIVE_LEVEL but for the completions; registered by im_driver.c. */
#ifndef FW_NT_IM_BIND_H
#define FW_NT_IM_BIND_H

#include "kernel/windows/filter/im_adapter.h"

/* Of our protocol */
void NTAPI fw_im_bind(NDIS_STATUS *status, NDIS_HANDLE bind_context, NDIS_STRING *device,
	PVOID specific1, PVOID specific2);
void NTAPI fw_im_unbind(NDIS_STATUS *status, NDIS_HANDLE context, NDIS_HANDLE unbind_context);
void NTAPI fw_im_open_complete(NDIS_HANDLE context, NDIS_STATUS status, NDIS_STATUS open_status);
void NTAPI fw_im_close_complete(NDIS_HANDLE context, NDIS_STATUS status);

/* Of our miniport */
NDIS_STATUS NTAPI fw_im_initialize(NDIS_STATUS *open_status, UINT *selected, NDIS_MEDIUM *media,
	UINT count, NDIS_HANDLE handle, NDIS_HANDLE configuration);
void NTAPI fw_im_halt(NDIS_HANDLE context);

#endif
