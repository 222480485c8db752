/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the adapter below says of itself without being asked. While one of both ends sleeps nothing
 * goes up, and it is not said again: what became of the cable is kept until both are awake.
 */
#include "kernel/windows/filter/im_request.h"

static bool is_media(NDIS_STATUS status)
{
	return status == NDIS_STATUS_MEDIA_CONNECT || status == NDIS_STATUS_MEDIA_DISCONNECT;
}

static void hear_media(struct fw_im_adapter *adapter, NDIS_STATUS status)
{
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	adapter->facts.has_carrier = status == NDIS_STATUS_MEDIA_CONNECT;
	adapter->media = status;
	adapter->media_heard++;
	KeReleaseSpinLock(&adapter->lock, irql);
}

/* The next to be told, for whoever tells; false: there is none, or another tells it, who asks again
 * when he is through. */
static bool next_media(struct fw_im_adapter *adapter, bool *tells, NDIS_STATUS *status)
{
	bool is_new = false;
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	if (*tells || !adapter->is_telling) {
		is_new = adapter->media_told != adapter->media_heard;
		adapter->media_told = adapter->media_heard;
		*status = adapter->media;
		*tells = adapter->is_telling = is_new;
	}
	KeReleaseSpinLock(&adapter->lock, irql);
	return is_new;
}

/* One at a time, so that the last one told is the last one heard. */
static void tell_media(struct fw_im_adapter *adapter, bool completes)
{
	NDIS_STATUS status;
	bool tells = false;

	if (!fw_im_adapter_begin_up(adapter))
		return;
	while (next_media(adapter, &tells, &status)) {
		NdisMIndicateStatus(adapter->miniport, status, NULL, 0);
		if (completes)
			NdisMIndicateStatusComplete(adapter->miniport);
	}
	fw_im_adapter_end(adapter);
}

void fw_im_status_resume(struct fw_im_adapter *adapter)
{
	tell_media(adapter, true);
}

void NTAPI fw_im_status(NDIS_HANDLE context, NDIS_STATUS status, PVOID buffer, UINT bytes)
{
	struct fw_im_adapter *adapter = context;

	if (status == NDIS_STATUS_RESET_START || status == NDIS_STATUS_RESET_END)
		return; /* NDIS tells those above of a reset itself */
	if (is_media(status)) {
		hear_media(adapter, status);
		tell_media(adapter, false);
		return;
	}
	if (!fw_im_adapter_begin_up(adapter))
		return;
	NdisMIndicateStatus(adapter->miniport, status, buffer, bytes);
	fw_im_adapter_end(adapter);
}

void NTAPI fw_im_status_complete(NDIS_HANDLE context)
{
	struct fw_im_adapter *adapter = context;

	if (!fw_im_adapter_begin_up(adapter))
		return;
	NdisMIndicateStatusComplete(adapter->miniport);
	fw_im_adapter_end(adapter);
}
