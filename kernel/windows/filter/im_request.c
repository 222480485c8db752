/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/filter/im_request.h"

#include "core/frame_address.h"
#include "kernel/windows/filter/im_wmi.h"

/* One of the driver's own, on the stack of who waits for it. */
struct own_request {
	NDIS_REQUEST request;
	KEVENT done;
	NDIS_STATUS status;
};

/* Under the lock it is one decision whether a request goes down, waits, or is refused. */
enum admission { REFUSED, GOES_DOWN, WAITS };

static enum admission admit(struct fw_im_adapter *adapter)
{
	enum admission admission = REFUSED;
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	if (!adapter->leaves && !adapter->stands_by && adapter->binding &&
		adapter->above == NdisDeviceStateD0) {
		admission = adapter->below == NdisDeviceStateD0 ? GOES_DOWN : WAITS;
		adapter->is_queued = admission == WAITS;
		adapter->requests.count += admission == GOES_DOWN;
	}
	KeReleaseSpinLock(&adapter->lock, irql);
	return admission;
}

static void issue(struct fw_im_adapter *adapter)
{
	NDIS_STATUS status;

	NdisRequest(&status, adapter->binding, &adapter->request);
	if (status != NDIS_STATUS_PENDING)
		fw_im_request_complete(adapter, &adapter->request, status);
}

/* NDIS has one request at a time with a miniport, so there is room for one. */
static NDIS_STATUS pass_down(struct fw_im_adapter *adapter, ULONG *transferred, ULONG *needed)
{
	adapter->transferred = transferred;
	adapter->needed = needed;
	switch (admit(adapter)) {
	case GOES_DOWN:
		issue(adapter);
		return NDIS_STATUS_PENDING;
	case WAITS:
		return NDIS_STATUS_PENDING;
	default:
		return NDIS_STATUS_FAILURE;
	}
}

/* Take the request that waits, if there is one. */
static bool take_queued(struct fw_im_adapter *adapter, bool goes_down)
{
	bool was;
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	was = adapter->is_queued;
	adapter->is_queued = false;
	adapter->requests.count += was && goes_down;
	KeReleaseSpinLock(&adapter->lock, irql);
	return was;
}

/* The one from above has its answer. */
static void answer(struct fw_im_adapter *adapter, NDIS_STATUS status)
{
	if (adapter->request.RequestType == NdisRequestSetInformation)
		NdisMSetInformationComplete(adapter->miniport, status);
	else
		NdisMQueryInformationComplete(adapter->miniport, status);
}

void fw_im_request_resume(struct fw_im_adapter *adapter)
{
	if (take_queued(adapter, true))
		issue(adapter);
}

void fw_im_request_fail(struct fw_im_adapter *adapter)
{
	if (take_queued(adapter, false))
		answer(adapter, NDIS_STATUS_FAILURE);
}

void fw_im_request_refuse(struct fw_im_adapter *adapter)
{
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	adapter->leaves = true;
	KeReleaseSpinLock(&adapter->lock, irql);
	fw_im_request_fail(adapter);
}

/* Wake-up is the adapter's below, and loopback is its business too: without the bit NDIS would loop
 * back above us again. */
static void adjust(NDIS_REQUEST *request)
{
	void *buffer = request->DATA.QUERY_INFORMATION.InformationBuffer;
	UINT written = request->DATA.QUERY_INFORMATION.BytesWritten;

	if (request->DATA.QUERY_INFORMATION.Oid == OID_GEN_MAC_OPTIONS && written >= sizeof(ULONG))
		*(ULONG *)buffer &= ~(ULONG)NDIS_MAC_OPTION_NO_LOOPBACK;
	if (request->DATA.QUERY_INFORMATION.Oid == OID_PNP_CAPABILITIES &&
		written >= sizeof(NDIS_PNP_CAPABILITIES)) {
		NDIS_PM_WAKE_UP_CAPABILITIES *wake =
			&((NDIS_PNP_CAPABILITIES *)buffer)->WakeUpCapabilities;

		wake->MinMagicPacketWakeUp = NdisDeviceStateUnspecified;
		wake->MinPatternWakeUp = NdisDeviceStateUnspecified;
		wake->MinLinkChangeWakeUp = NdisDeviceStateUnspecified;
	}
}

void NTAPI fw_im_request_complete(NDIS_HANDLE context, NDIS_REQUEST *request, NDIS_STATUS status)
{
	struct fw_im_adapter *adapter = context;

	if (request != &adapter->request) {
		struct own_request *own = CONTAINING_RECORD(request, struct own_request, request);

		own->status = status;
		KeSetEvent(&own->done, IO_NO_INCREMENT, FALSE);
		return;
	}
	if (request->RequestType == NdisRequestSetInformation) {
		*adapter->transferred = request->DATA.SET_INFORMATION.BytesRead;
		*adapter->needed = request->DATA.SET_INFORMATION.BytesNeeded;
	} else {
		if (status == NDIS_STATUS_SUCCESS)
			adjust(request);
		*adapter->transferred = request->DATA.QUERY_INFORMATION.BytesWritten;
		*adapter->needed = request->DATA.QUERY_INFORMATION.BytesNeeded;
	}
	answer(adapter, status);
	fw_im_adapter_end(adapter);
}

NDIS_STATUS NTAPI fw_im_query_information(
	NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG bytes, ULONG *written, ULONG *needed)
{
	struct fw_im_adapter *adapter = context;
	NDIS_STATUS status;

	if (fw_im_wmi_query(adapter, oid, buffer, bytes, written, needed, &status))
		return status;
	if (oid == OID_PNP_QUERY_POWER) {
		*written = *needed = 0;
		return NDIS_STATUS_SUCCESS; /* our own device always can */
	}
	if (oid == OID_TCP_TASK_OFFLOAD)
		return NDIS_STATUS_NOT_SUPPORTED; /* what goes through us is judged as it will be on
						     the wire */
	memset(&adapter->request, 0, sizeof(adapter->request));
	adapter->request.RequestType = NdisRequestQueryInformation;
	adapter->request.DATA.QUERY_INFORMATION.Oid = oid;
	adapter->request.DATA.QUERY_INFORMATION.InformationBuffer = buffer;
	adapter->request.DATA.QUERY_INFORMATION.InformationBufferLength = bytes;
	return pass_down(adapter, written, needed);
}

NDIS_STATUS NTAPI fw_im_set_information(
	NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG bytes, ULONG *read, ULONG *needed)
{
	struct fw_im_adapter *adapter = context;
	NDIS_STATUS status;

	if (fw_im_wmi_set(adapter, oid, buffer, bytes, read, needed, &status))
		return status;
	if (oid == OID_PNP_SET_POWER)
		return fw_im_set_power(adapter, buffer, bytes, read, needed);
	memset(&adapter->request, 0, sizeof(adapter->request));
	adapter->request.RequestType = NdisRequestSetInformation;
	adapter->request.DATA.SET_INFORMATION.Oid = oid;
	adapter->request.DATA.SET_INFORMATION.InformationBuffer = buffer;
	adapter->request.DATA.SET_INFORMATION.InformationBufferLength = bytes;
	if (oid == OID_GEN_CURRENT_LOOKAHEAD && bytes >= sizeof(ULONG) &&
		*(ULONG *)buffer < FW_FRAME_HEAD) {
		adapter->lookahead = FW_FRAME_HEAD; /* or there is too little to judge by */
		adapter->request.DATA.SET_INFORMATION.InformationBuffer = &adapter->lookahead;
		adapter->request.DATA.SET_INFORMATION.InformationBufferLength =
			sizeof(adapter->lookahead);
	}
	return pass_down(adapter, read, needed);
}

static NDIS_STATUS ask(struct fw_im_adapter *adapter, struct own_request *own)
{
	NDIS_STATUS status;

	if (!fw_im_adapter_begin(adapter))
		return NDIS_STATUS_ADAPTER_NOT_READY;
	KeInitializeEvent(&own->done, NotificationEvent, FALSE);
	NdisRequest(&status, adapter->binding, &own->request);
	if (status == NDIS_STATUS_PENDING) {
		KeWaitForSingleObject(&own->done, Executive, KernelMode, FALSE, NULL);
		status = own->status;
	}
	fw_im_adapter_end(adapter);
	return status;
}

NDIS_STATUS fw_im_request_query(struct fw_im_adapter *adapter, NDIS_OID oid, void *buffer,
	uint32_t bytes, uint32_t *written)
{
	struct own_request own;
	NDIS_STATUS status;

	memset(&own, 0, sizeof(own));
	own.request.RequestType = NdisRequestQueryInformation;
	own.request.DATA.QUERY_INFORMATION.Oid = oid;
	own.request.DATA.QUERY_INFORMATION.InformationBuffer = buffer;
	own.request.DATA.QUERY_INFORMATION.InformationBufferLength = bytes;
	status = ask(adapter, &own);
	if (status == NDIS_STATUS_SUCCESS)
		*written = own.request.DATA.QUERY_INFORMATION.BytesWritten;
	return status;
}

static void want_lookahead(struct fw_im_adapter *adapter)
{
	ULONG lookahead = FW_FRAME_HEAD;
	struct own_request own;

	memset(&own, 0, sizeof(own));
	own.request.RequestType = NdisRequestSetInformation;
	own.request.DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_LOOKAHEAD;
	own.request.DATA.SET_INFORMATION.InformationBuffer = &lookahead;
	own.request.DATA.SET_INFORMATION.InformationBufferLength = sizeof(lookahead);
	(void)ask(adapter, &own); /* im_lookahead.c does without it */
}

static bool ask_number(struct fw_im_adapter *adapter, NDIS_OID oid, ULONG *number)
{
	uint32_t written = 0;
	ULONG answer = 0;

	if (fw_im_request_query(adapter, oid, &answer, sizeof(answer), &written) !=
			NDIS_STATUS_SUCCESS ||
		written != sizeof(answer))
		return false;
	*number = answer;
	return true;
}

/* What is known; how often the adapter has told of its cable. */
static uint32_t read_facts(struct fw_im_adapter *adapter, struct fw_im_facts *facts)
{
	uint32_t heard;
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	*facts = adapter->facts;
	heard = adapter->media_heard;
	KeReleaseSpinLock(&adapter->lock, irql);
	return heard;
}

/* An answer about the cable may be older than what the adapter has told since it was asked. */
static void write_facts(struct fw_im_adapter *adapter, struct fw_im_facts *facts, uint32_t heard)
{
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	if (adapter->media_heard != heard)
		facts->has_carrier = adapter->facts.has_carrier;
	adapter->facts = *facts;
	KeReleaseSpinLock(&adapter->lock, irql);
}

struct fw_im_facts fw_im_request_facts(struct fw_im_adapter *adapter, bool all)
{
	struct fw_im_facts facts;
	uint32_t heard = read_facts(adapter, &facts), written = 0;
	ULONG number;

	if (ask_number(adapter, OID_GEN_LINK_SPEED, &number))
		facts.speed_bps = (uint64_t)number * 100; /* told in units of 100 bit/s */
	if (ask_number(adapter, OID_GEN_MEDIA_CONNECT_STATUS, &number))
		facts.has_carrier = number == NdisMediaStateConnected;
	if (all) {
		if (ask_number(adapter, OID_GEN_MAXIMUM_FRAME_SIZE, &number))
			facts.mtu = number;
		if (fw_im_request_query(adapter, OID_802_3_CURRENT_ADDRESS, facts.mac,
			    sizeof(facts.mac), &written) == NDIS_STATUS_SUCCESS &&
			written <= sizeof(facts.mac))
			facts.mac_length = written;
		want_lookahead(adapter);
	}
	write_facts(adapter, &facts, heard);
	return facts;
}
