/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Requests for information, state and power. What NDIS calls in our miniport goes down to the
 * adapter below and comes back changed where it must be; the driver's own questions are asked
 * beside that. IRQL <= DISPATCH_LEVEL where nothing else is said.
 */
#ifndef FW_NT_IM_REQUEST_H
#define FW_NT_IM_REQUEST_H

#include "kernel/windows/filter/im_adapter.h"

/* Of our miniport: registered by im_driver.c */
NDIS_STATUS NTAPI fw_im_query_information(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer,
	ULONG bytes, ULONG *written, ULONG *needed);
NDIS_STATUS NTAPI fw_im_set_information(
	NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG bytes, ULONG *read, ULONG *needed);
/* im_power.c */
NDIS_STATUS NTAPI fw_im_reset(BOOLEAN *addressing_reset, NDIS_HANDLE context);
void NTAPI fw_im_device_event(
	NDIS_HANDLE context, NDIS_DEVICE_PNP_EVENT event, PVOID buffer, ULONG bytes);
void NTAPI fw_im_shutdown(PVOID context);

/* Of our protocol */
void NTAPI fw_im_request_complete(NDIS_HANDLE context, NDIS_REQUEST *request, NDIS_STATUS status);
/* im_power.c */
void NTAPI fw_im_reset_complete(NDIS_HANDLE context, NDIS_STATUS status);
/* PASSIVE_LEVEL. `context` NULL: about no adapter. */
NDIS_STATUS NTAPI fw_im_pnp_event(NDIS_HANDLE context, NET_PNP_EVENT *event);
/* im_status.c */
void NTAPI fw_im_status(NDIS_HANDLE context, NDIS_STATUS status, PVOID buffer, UINT bytes);
void NTAPI fw_im_status_complete(NDIS_HANDLE context);

/* im_power.c: our miniport is put to sleep or woken up. */
NDIS_STATUS fw_im_set_power(
	struct fw_im_adapter *adapter, const void *buffer, ULONG bytes, ULONG *read, ULONG *needed);

/* im_status.c: one of both ends is awake again. If the other is, too, those above are told what
 * became of the cable meanwhile. */
void fw_im_status_resume(struct fw_im_adapter *adapter);

/* The request that waited for the adapter to wake up goes down, or fails, for it sleeps on; or the
 * adapter leaves and it fails, as all do that come later. */
void fw_im_request_resume(struct fw_im_adapter *adapter);
void fw_im_request_fail(struct fw_im_adapter *adapter);
void fw_im_request_refuse(struct fw_im_adapter *adapter);

/* A question of the driver's own; waits for the answer. PASSIVE_LEVEL. */
NDIS_STATUS fw_im_request_query(struct fw_im_adapter *adapter, NDIS_OID oid, void *buffer,
	uint32_t bytes, uint32_t *written);
/* Ask for adapter->facts; `all`: also for what never changes, and for enough look-ahead. What is
 * known then. PASSIVE_LEVEL. */
struct fw_im_facts fw_im_request_facts(struct fw_im_adapter *adapter, bool all);

#endif
