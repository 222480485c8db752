/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Sleep, waking up, resets, and what Plug and Play tells. */
#include "kernel/windows/filter/im_driver.h"
#include "kernel/windows/filter/im_request.h"

/* Of one end. Until one of them wakes up again requests are refused: NDIS has one with our miniport
 * at a time, and one that waited would hold up the one that puts it to sleep. */
static void set_state(
	struct fw_im_adapter *adapter, NDIS_DEVICE_POWER_STATE *end, NDIS_DEVICE_POWER_STATE state)
{
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	*end = state;
	adapter->stands_by = state != NdisDeviceStateD0;
	KeReleaseSpinLock(&adapter->lock, irql);
}

/* From above; any state can be entered, and `below` has its own. */
NDIS_STATUS fw_im_set_power(
	struct fw_im_adapter *adapter, const void *buffer, ULONG bytes, ULONG *read, ULONG *needed)
{
	NDIS_DEVICE_POWER_STATE state;

	if (bytes < sizeof(state)) {
		*needed = sizeof(state);
		*read = 0;
		return NDIS_STATUS_INVALID_LENGTH;
	}
	memcpy(&state, buffer, sizeof(state));
	if (state < NdisDeviceStateD0 || state > NdisDeviceStateD3 || adapter->leaves)
		return NDIS_STATUS_FAILURE;
	set_state(adapter, &adapter->above, state);
	if (state == NdisDeviceStateD0)
		fw_im_status_resume(adapter);
	*read = sizeof(state);
	*needed = 0;
	return NDIS_STATUS_SUCCESS;
}

/* Those above hear of it as if they were bound to the adapter; without a miniport nobody is. */
static NDIS_STATUS notify_above(struct fw_im_adapter *adapter, NET_PNP_EVENT *event)
{
	NDIS_HANDLE miniport;
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	miniport = adapter->miniport;
	KeReleaseSpinLock(&adapter->lock, irql);
	return miniport ? NdisIMNotifyPnPEvent(miniport, event) : NDIS_STATUS_SUCCESS;
}

/* Once we agreed that the adapter sleeps nothing of ours may be down there: those above are told
 * before that is waited for, and of its waking up when they can use it. */
static NDIS_STATUS on_set_power(struct fw_im_adapter *adapter, NET_PNP_EVENT *event)
{
	NDIS_DEVICE_POWER_STATE state;

	if (!event->Buffer || event->BufferLength < sizeof(state))
		return NDIS_STATUS_FAILURE;
	memcpy(&state, event->Buffer, sizeof(state));
	set_state(adapter, &adapter->below, state);
	if (state == NdisDeviceStateD0) {
		fw_im_request_resume(adapter);
		fw_im_status_resume(adapter);
		(void)notify_above(adapter, event);
	} else {
		(void)notify_above(adapter, event);
		fw_im_adapter_wait(adapter);
		fw_im_request_fail(adapter);
	}
	return NDIS_STATUS_SUCCESS;
}

/* About no adapter: bindings may have been made or enabled by hand, and NDIS looks at all of them
 * again. */
static NDIS_STATUS on_global_event(const NET_PNP_EVENT *event)
{
	if (event->NetEvent == NetEventReconfigure)
		NdisReEnumerateProtocolBindings(fw_im_driver_protocol());
	return NDIS_STATUS_SUCCESS;
}

/* Neither the power of the adapter nor its removal is ours to refuse: unbinding waits by itself for
 * what is under way. */
NDIS_STATUS NTAPI fw_im_pnp_event(NDIS_HANDLE context, NET_PNP_EVENT *event)
{
	if (!context)
		return on_global_event(event);
	switch (event->NetEvent) {
	case NetEventSetPower:
		return on_set_power(context, event);
	case NetEventQueryPower:
		(void)notify_above(context, event);
		return NDIS_STATUS_SUCCESS;
	default:
		return notify_above(context, event);
	}
}

/* NDIS tells those above of the reset itself. */
NDIS_STATUS NTAPI fw_im_reset(BOOLEAN *addressing_reset, NDIS_HANDLE context)
{
	struct fw_im_adapter *adapter = context;
	NDIS_STATUS status;

	*addressing_reset =
		FALSE; /* the adapter below keeps its addresses, or is told them by NDIS */
	if (!fw_im_adapter_begin(adapter))
		return NDIS_STATUS_SUCCESS;
	NdisReset(&status, adapter->binding);
	if (status != NDIS_STATUS_PENDING)
		fw_im_adapter_end(adapter);
	return status;
}

void NTAPI fw_im_reset_complete(NDIS_HANDLE context, NDIS_STATUS status)
{
	struct fw_im_adapter *adapter = context;

	NdisMResetComplete(adapter->miniport, status, FALSE);
	fw_im_adapter_end(adapter);
}

/* Our device has no hardware that could be pulled out or switched off. */
void NTAPI fw_im_device_event(
	NDIS_HANDLE context, NDIS_DEVICE_PNP_EVENT event, PVOID buffer, ULONG bytes)
{
	(void)context;
	(void)event;
	(void)buffer;
	(void)bytes;
}

void NTAPI fw_im_shutdown(PVOID context)
{
	(void)context;
}
