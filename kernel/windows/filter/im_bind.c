/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/filter/im_bind.h"

#include "kernel/windows/filter/im_control.h"
#include "kernel/windows/filter/im_driver.h"
#include "kernel/windows/filter/im_event.h"
#include "kernel/windows/filter/im_list.h"
#include "kernel/windows/filter/im_packet.h"
#include "kernel/windows/filter/im_request.h"
#include "kernel/windows/nt_text.h"

#define PACKETS_AT_FIRST 256
#define PACKETS_MORE 3840

/* Of an open or close that may pend. */
static NDIS_STATUS outcome(struct fw_im_adapter *adapter, NDIS_STATUS status)
{
	if (status != NDIS_STATUS_PENDING)
		return status;
	KeWaitForSingleObject(&adapter->opened, Executive, KernelMode, FALSE, NULL);
	return adapter->open_status;
}

void NTAPI fw_im_open_complete(NDIS_HANDLE context, NDIS_STATUS status, NDIS_STATUS open_status)
{
	struct fw_im_adapter *adapter = context;

	(void)open_status;
	adapter->open_status = status;
	KeSetEvent(&adapter->opened, IO_NO_INCREMENT, FALSE);
}

void NTAPI fw_im_close_complete(NDIS_HANDLE context, NDIS_STATUS status)
{
	fw_im_open_complete(context, status, NDIS_STATUS_SUCCESS);
}

static void free_pools(struct fw_im_adapter *adapter)
{
	if (adapter->send_pool)
		NdisFreePacketPool(adapter->send_pool);
	if (adapter->receive_pool)
		NdisFreePacketPool(adapter->receive_pool);
	adapter->send_pool = adapter->receive_pool = NULL;
}

/* NT-29: packets of our own, for those that have no stack location left for us. */
static NDIS_STATUS take_pools(struct fw_im_adapter *adapter)
{
	NDIS_STATUS status;

	NdisAllocatePacketPoolEx(
		&status, &adapter->send_pool, PACKETS_AT_FIRST, PACKETS_MORE, FW_IM_RESERVED_BYTES);
	if (status != NDIS_STATUS_SUCCESS) {
		adapter->send_pool = NULL;
		return status;
	}
	NdisAllocatePacketPoolEx(&status, &adapter->receive_pool, PACKETS_AT_FIRST, PACKETS_MORE,
		FW_IM_RESERVED_BYTES);
	if (status != NDIS_STATUS_SUCCESS)
		adapter->receive_pool = NULL;
	return status;
}

/* The adapter below indicates from its opening on, before we are told of that: others look at both
 * handles under the lock. */
static void set_handle(struct fw_im_adapter *adapter, NDIS_HANDLE *at, NDIS_HANDLE handle)
{
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	*at = handle;
	KeReleaseSpinLock(&adapter->lock, irql);
}

static NDIS_STATUS open_below(struct fw_im_adapter *adapter, NDIS_STRING *device)
{
	static NDIS_MEDIUM media[] = { NdisMedium802_3,
		NdisMediumWan }; /* both have Ethernet's frames */
	NDIS_STATUS status, open_status;
	NDIS_HANDLE binding;
	UINT medium = 0;

	KeClearEvent(&adapter->opened);
	NdisOpenAdapter(&status, &open_status, &binding, &medium, media, FW_ARRAY_SIZE(media),
		fw_im_driver_protocol(), adapter, device, 0, NULL);
	status = outcome(adapter, status);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	set_handle(adapter, &adapter->binding, binding);
	adapter->medium = medium < FW_ARRAY_SIZE(media) ? media[medium] : NdisMedium802_3;
	return NDIS_STATUS_SUCCESS;
}

static void close_below(struct fw_im_adapter *adapter)
{
	NDIS_STATUS status;

	if (adapter->binding) {
		KeClearEvent(&adapter->opened);
		NdisCloseAdapter(&status, adapter->binding);
		(void)outcome(adapter, status);
		set_handle(adapter, &adapter->binding, NULL);
	}
	free_pools(adapter);
}

/* The name that people know it by; not all have one. */
static void describe(struct fw_im_adapter *adapter)
{
	NDIS_STRING name;

	if (NdisQueryAdapterInstanceName(&name, adapter->binding) != NDIS_STATUS_SUCCESS)
		return;
	(void)fw_text_path_end(&name, adapter->description, sizeof(adapter->description));
	NdisFreeString(name);
}

/* Before anything is taken down: nobody finds it any more, nothing goes down any more, and what is
 * down there comes back. */
static void leave(struct fw_im_adapter *adapter)
{
	fw_im_list_remove(adapter);
	fw_im_request_refuse(adapter);
	fw_im_adapter_wait(adapter);
}

static bool claim_close(struct fw_im_adapter *adapter)
{
	bool is_first;
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	is_first = !adapter->closes;
	adapter->closes = true;
	KeReleaseSpinLock(&adapter->lock, irql);
	return is_first;
}

/* A halt and an unbind may come at once, from two threads: one does it, the other waits until it is
 * done. Protocols above may still have packets that came up, and return them until the binding is
 * closed. */
static void take_down(struct fw_im_adapter *adapter)
{
	if (!claim_close(adapter)) {
		KeWaitForSingleObject(&adapter->closed, Executive, KernelMode, FALSE, NULL);
		return;
	}
	leave(adapter);
	fw_im_adapter_wait_lent(adapter);
	close_below(adapter);
	KeSetEvent(&adapter->closed, IO_NO_INCREMENT, FALSE);
}

/* The name that our miniport has in the registry. */
static NDIS_STATUS read_instance(
	NDIS_STRING *section, NDIS_HANDLE *configuration, UNICODE_STRING *instance)
{
	NDIS_STRING keyword;
	NDIS_CONFIGURATION_PARAMETER *parameter;
	NDIS_STATUS status;

	RtlInitUnicodeString(&keyword, (const WCHAR *)L"UpperBindings");
	NdisOpenProtocolConfiguration(&status, configuration, section);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	NdisReadConfiguration(&status, &parameter, *configuration, &keyword, NdisParameterString);
	if (status == NDIS_STATUS_SUCCESS)
		*instance = parameter->ParameterData.StringData;
	else
		NdisCloseConfiguration(*configuration);
	return status;
}

static NDIS_STATUS initialize_above(struct fw_im_adapter *adapter)
{
	NDIS_STATUS status;

	adapter->initializes = true;
	KeClearEvent(&adapter->initialized);
	status = NdisIMInitializeDeviceInstanceEx(
		fw_im_driver_miniport(), &adapter->instance, adapter);
	if (status == NDIS_STATUS_SUCCESS)
		return status;
	adapter->initializes = false;
	KeSetEvent(&adapter->initialized, IO_NO_INCREMENT, FALSE);
	return status;
}

static NDIS_STATUS bind(struct fw_im_adapter *adapter, NDIS_STRING *device)
{
	NDIS_STATUS status = take_pools(adapter);

	if (status == NDIS_STATUS_SUCCESS)
		status = open_below(adapter, device);
	if (status != NDIS_STATUS_SUCCESS)
		goto pools_free;
	describe(adapter);
	(void)fw_im_request_facts(adapter, true);
	fw_im_list_insert(adapter);
	fw_im_control_update();
	status = initialize_above(adapter);
	if (status == NDIS_STATUS_SUCCESS || adapter->is_halted)
		return status;
	take_down(adapter);
	fw_im_control_update();
	return status;

pools_free:
	free_pools(adapter);
	return status;
}

/* NDIS may fail our miniport after it has initialised it: then it was halted, which has undone all
 * of it. */
void NTAPI fw_im_bind(NDIS_STATUS *status, NDIS_HANDLE bind_context, NDIS_STRING *device,
	PVOID specific1, PVOID specific2)
{
	struct fw_im_adapter *adapter;
	NDIS_HANDLE configuration;
	UNICODE_STRING instance;

	(void)bind_context;
	(void)specific2;
	*status = read_instance(specific1, &configuration, &instance);
	if (*status != NDIS_STATUS_SUCCESS)
		return;
	adapter = fw_im_adapter_new(device, &instance);
	NdisCloseConfiguration(configuration);
	*status = NDIS_STATUS_RESOURCES;
	if (!adapter)
		return;
	fw_im_adapter_get(adapter);
	*status = bind(adapter, device);
	if (*status != NDIS_STATUS_SUCCESS && !adapter->is_halted)
		fw_im_adapter_put(adapter); /* NDIS does not get it */
	fw_im_adapter_put(adapter);
}

/* What NDIS began and has not done is called off, or waited for: both leave it decided whether
 * there is a miniport. */
static void settle(struct fw_im_adapter *adapter)
{
	if (!adapter->initializes)
		return;
	if (NdisIMCancelInitializeDeviceInstance(fw_im_driver_miniport(), &adapter->instance) ==
		NDIS_STATUS_SUCCESS)
		adapter->initializes = false;
	else
		KeWaitForSingleObject(&adapter->initialized, Executive, KernelMode, FALSE, NULL);
}

/* False: there never was one, and NDIS's reference is ours to drop. NULL: it was halted, or just
 * is. */
static bool had_miniport(struct fw_im_adapter *adapter, NDIS_HANDLE *miniport)
{
	bool had;
	KIRQL irql;

	KeAcquireSpinLock(&adapter->lock, &irql);
	*miniport = adapter->closes ? NULL : adapter->miniport;
	had = adapter->miniport || adapter->is_halted;
	KeReleaseSpinLock(&adapter->lock, irql);
	return had;
}

/* With a miniport its halt does the rest, and drops the reference that NDIS has. NDIS may not halt
 * it, or do it already in another thread, whatever it says then: the binding is closed when we
 * return all the same. That halt may be through before we have a reference. */
void NTAPI fw_im_unbind(NDIS_STATUS *status, NDIS_HANDLE context, NDIS_HANDLE unbind_context)
{
	struct fw_im_adapter *adapter = fw_im_adapter_known(context);
	NDIS_HANDLE miniport;
	bool had;

	(void)unbind_context;
	*status = NDIS_STATUS_SUCCESS;
	if (!adapter)
		return;
	settle(adapter);
	fw_im_request_refuse(adapter);
	fw_im_adapter_wait(adapter); /* nothing goes up, either, when our miniport is taken down */
	had = had_miniport(adapter, &miniport);
	if (miniport)
		(void)NdisIMDeInitializeDeviceInstance(miniport);
	take_down(adapter);
	fw_im_control_update();
	if (!had)
		fw_im_adapter_put(adapter);
	fw_im_adapter_put(adapter);
}

static NDIS_STATUS select_medium(UINT *selected, const NDIS_MEDIUM *media, UINT count)
{
	for (UINT i = 0; i < count; i++) {
		if (media[i] != NdisMedium802_3) /* WAN too is this to the protocols above */
			continue;
		*selected = i;
		return NDIS_STATUS_SUCCESS;
	}
	return NDIS_STATUS_UNSUPPORTED_MEDIA;
}

NDIS_STATUS NTAPI fw_im_initialize(NDIS_STATUS *open_status, UINT *selected, NDIS_MEDIUM *media,
	UINT count, NDIS_HANDLE handle, NDIS_HANDLE configuration)
{
	struct fw_im_adapter *adapter = NdisIMGetDeviceContext(handle);
	NDIS_STATUS status = select_medium(selected, media, count);

	(void)open_status;
	(void)configuration;
	if (status == NDIS_STATUS_SUCCESS) {
		NdisMSetAttributesEx(handle, adapter, 0,
			NDIS_ATTRIBUTE_IGNORE_PACKET_TIMEOUT |
				NDIS_ATTRIBUTE_IGNORE_REQUEST_TIMEOUT |
				NDIS_ATTRIBUTE_INTERMEDIATE_DRIVER | NDIS_ATTRIBUTE_DESERIALIZE |
				NDIS_ATTRIBUTE_NO_HALT_ON_SUSPEND,
			NdisInterfaceInternal);
		set_handle(adapter, &adapter->miniport, handle);
	}
	adapter->initializes = false;
	KeSetEvent(&adapter->initialized, IO_NO_INCREMENT, FALSE);
	return status;
}

/* Our miniport is taken away: by our unbind, or because it was disabled. Nothing comes from below
 * once that is closed, so only then is our handle gone. */
void NTAPI fw_im_halt(NDIS_HANDLE context)
{
	struct fw_im_adapter *adapter = context;
	KIRQL irql;

	take_down(adapter);
	KeAcquireSpinLock(&adapter->lock, &irql);
	adapter->miniport = NULL;
	adapter->is_halted = true;
	KeReleaseSpinLock(&adapter->lock, irql);
	fw_im_adapter_put(adapter);
	fw_im_control_update();
}
