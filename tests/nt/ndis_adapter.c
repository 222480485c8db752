/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Adapters: miniports that drivers register, instances of them, their beginning and their end. */
#include <stdio.h>

#include "ndis_internal.h"

struct ndis_adapter *ndis_adapters;
static struct ndis_miniport *miniports;
static struct ndis_adapter *gone; /* kept until the end: a driver may ask NDIS to halt one that it has just halted */

struct ndis_miniport *ndis_miniport_of(NDIS_HANDLE handle, const char *function)
{
	struct ndis_miniport *miniport;

	nt_lock();
	for (miniport = miniports; miniport && miniport != handle; miniport = miniport->next)
		;
	nt_unlock();
	if (!miniport)
		nt_violation(NT_RULE_OBJECT, "%s with a handle that is of no miniport driver", function);
	return miniport;
}

bool ndis_miniport_is_there(const struct ndis_wrapper *wrapper)
{
	struct ndis_miniport *miniport;

	nt_lock();
	for (miniport = miniports; miniport && miniport->wrapper != wrapper; miniport = miniport->next)
		;
	nt_unlock();
	return miniport;
}

struct ndis_adapter *ndis_adapter_of(NDIS_HANDLE handle, const char *function)
{
	struct ndis_adapter *adapter;

	nt_lock();
	for (adapter = ndis_adapters; adapter && adapter != handle; adapter = adapter->next)
		;
	nt_unlock();
	if (!adapter)
		nt_violation(NT_RULE_OBJECT, "%s with a handle that is of no adapter, or of one that is gone", function);
	return adapter;
}

bool ndis_adapter_is_there(const struct ndis_adapter *adapter)
{
	const struct ndis_adapter *other;

	for (other = ndis_adapters; other && other != adapter; other = other->next)
		;
	return other;
}

static struct ndis_miniport *miniport_new(struct ndis_wrapper *wrapper, const NDIS_MINIPORT_CHARACTERISTICS *calls)
{
	struct ndis_miniport *miniport = ndis_new(sizeof(*miniport));

	miniport->magic = NDIS_MINIPORT;
	miniport->wrapper = wrapper;
	miniport->calls = *calls;
	nt_lock();
	miniport->next = miniports;
	miniports = miniport;
	nt_unlock();
	return miniport;
}

static void miniport_free(struct ndis_miniport *miniport)
{
	struct ndis_miniport **at;

	nt_lock();
	for (at = &miniports; *at != miniport; at = &(*at)->next)
		;
	*at = miniport->next;
	nt_unlock();
	free(miniport);
}

NDIS_STATUS NdisIMRegisterLayeredMiniport(NDIS_HANDLE wrapper, PNDIS_MINIPORT_CHARACTERISTICS calls, UINT length,
	PNDIS_HANDLE driver)
{
	struct ndis_wrapper *owner = ndis_wrapper_of(wrapper, "NdisIMRegisterLayeredMiniport");

	nt_enter_unlocked("NdisIMRegisterLayeredMiniport", PASSIVE_LEVEL);
	if (calls->MajorNdisVersion != 5 || calls->MinorNdisVersion != 1)
		return NDIS_STATUS_BAD_VERSION;
	if (length < sizeof(*calls) || !calls->HaltHandler || !calls->InitializeHandler ||
	    !calls->QueryInformationHandler || !calls->SetInformationHandler || !calls->TransferDataHandler ||
	    !calls->ReturnPacketHandler || !(calls->SendPacketsHandler || calls->SendHandler))
		return NDIS_STATUS_BAD_CHARACTERISTICS;
	if (nt_fails("NdisIMRegisterLayeredMiniport"))
		return NDIS_STATUS_RESOURCES;
	*driver = miniport_new(owner, calls);
	return NDIS_STATUS_SUCCESS;
}

void NdisIMDeregisterLayeredMiniport(NDIS_HANDLE driver)
{
	struct ndis_miniport *miniport = ndis_miniport_of(driver, "NdisIMDeregisterLayeredMiniport");
	struct ndis_adapter *adapter;

	nt_enter_unlocked("NdisIMDeregisterLayeredMiniport", PASSIVE_LEVEL);
	nt_lock();
	for (adapter = ndis_adapters; adapter; adapter = adapter->next)
		if (adapter->miniport == miniport)
			nt_violation(NT_RULE_UNLOAD, "NdisIMDeregisterLayeredMiniport with %s still there",
				adapter->text);
	nt_unlock();
	miniport_free(miniport);
}

struct ndis_adapter *ndis_adapter_new(const char *name, const char *instance, struct ndis_miniport *miniport)
{
	struct ndis_adapter *adapter = ndis_new(sizeof(*adapter));

	adapter->magic = NDIS_ADAPTER;
	adapter->miniport = miniport;
	snprintf(adapter->text, sizeof(adapter->text), "%s", name);
	nt_utf16(name, adapter->name_buffer, NDIS_NAME, &adapter->name);
	nt_utf16(instance, adapter->instance_buffer, NDIS_NAME, &adapter->instance);
	nt_lock();
	adapter->next = ndis_adapters;
	ndis_adapters = adapter;
	nt_unlock();
	return adapter;
}

static void adapter_free(struct ndis_adapter *adapter)
{
	struct ndis_adapter **at;

	nt_lock();
	for (at = &ndis_adapters; *at != adapter; at = &(*at)->next)
		;
	*at = adapter->next;
	adapter->next = gone;
	gone = adapter;
	nt_unlock();
}

static bool is_gone(NDIS_HANDLE handle)
{
	struct ndis_adapter *adapter;

	nt_lock();
	for (adapter = gone; adapter && adapter != handle; adapter = adapter->next)
		;
	nt_unlock();
	return adapter;
}

NDIS_STATUS ndis_adapter_initialize(struct ndis_adapter *adapter)
{
	NDIS_MEDIUM media[] = { NdisMedium802_5, NdisMedium802_3, NdisMediumWan, NdisMediumFddi };
	NDIS_STATUS status, open_status = NDIS_STATUS_SUCCESS;
	struct nt_frame frame = nt_frame_begin();
	UINT selected = UINT32_MAX;

	status = adapter->miniport->calls.InitializeHandler(&open_status, &selected, media, FW_NT_COUNT(media), adapter,
		adapter);
	nt_frame_end(frame, "MiniportInitialize");
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	if (selected >= FW_NT_COUNT(media))
		nt_violation(NDIS_RULE_PACKET, "MiniportInitialize of %s chose no medium", adapter->text);
	if (!adapter->context)
		nt_violation(NDIS_RULE_PACKET, "MiniportInitialize of %s without NdisMSetAttributesEx", adapter->text);
	if (adapter->miniport->wrapper && (adapter->attributes & (NDIS_ATTRIBUTE_INTERMEDIATE_DRIVER |
			NDIS_ATTRIBUTE_DESERIALIZE)) != (NDIS_ATTRIBUTE_INTERMEDIATE_DRIVER | NDIS_ATTRIBUTE_DESERIALIZE))
		nt_violation(NDIS_RULE_PACKET, "%s is not set up as a deserialized intermediate driver's",
			adapter->text);
	nt_lock();
	adapter->state = NDIS_RUNNING;
	nt_unlock();
	return status;
}

/* NDIS has more to do for a device: what fails there ends the miniport that it has initialised. */
static bool fails_later(void)
{
	return nt_fails("NdisIMInitializeDeviceInstanceEx after MiniportInitialize");
}

static void initialize_late(void *context)
{
	struct ndis_adapter *adapter = context;
	bool is_cancelled, fails;

	nt_lock();
	is_cancelled = adapter->cancelled;
	adapter->initializing = true;
	adapter->busy++;
	nt_unlock();
	if (is_cancelled || ndis_adapter_initialize(adapter) != NDIS_STATUS_SUCCESS) {
		adapter_free(adapter);
		return;
	}
	fails = fails_later();
	if (!fails)
		ndis_bind_all(adapter);
	nt_lock();
	adapter->busy--;
	adapter->initializing = false;
	nt_unlock();
	if (fails)
		(void)ndis_adapter_end(adapter);
}

NDIS_STATUS NdisIMInitializeDeviceInstanceEx(NDIS_HANDLE driver, PNDIS_STRING device, NDIS_HANDLE context)
{
	struct ndis_miniport *miniport = ndis_miniport_of(driver, "NdisIMInitializeDeviceInstanceEx");
	struct ndis_adapter *adapter;
	NDIS_STATUS status;
	char name[NDIS_NAME];

	nt_enter_unlocked("NdisIMInitializeDeviceInstanceEx", PASSIVE_LEVEL);
	if (nt_fails("NdisIMInitializeDeviceInstanceEx"))
		return NDIS_STATUS_FAILURE;
	nt_utf8(device, name, sizeof(name));
	if (ndis_adapter_find(name))
		nt_violation(NT_RULE_OBJECT, "NdisIMInitializeDeviceInstanceEx of %s, which is there", name);
	adapter = ndis_adapter_new(name, name, miniport);
	adapter->device_context = context;
	if (ndis_set.late_initialize) {
		ndis_later(initialize_late, adapter, PASSIVE_LEVEL);
		return NDIS_STATUS_SUCCESS;
	}
	status = ndis_adapter_initialize(adapter);
	if (status != NDIS_STATUS_SUCCESS) {
		adapter_free(adapter);
		return status;
	}
	if (fails_later()) {
		(void)ndis_adapter_end(adapter);
		return NDIS_STATUS_FAILURE;
	}
	ndis_bind_all(adapter);
	return status;
}

/* Only of one whose MiniportInitialize has not begun. */
NDIS_STATUS NdisIMCancelInitializeDeviceInstance(NDIS_HANDLE driver, PNDIS_STRING device)
{
	NDIS_STATUS status = NDIS_STATUS_FAILURE;
	struct ndis_adapter *adapter;

	nt_enter_unlocked("NdisIMCancelInitializeDeviceInstance", PASSIVE_LEVEL);
	ndis_miniport_of(driver, "NdisIMCancelInitializeDeviceInstance");
	nt_lock();
	for (adapter = ndis_adapters; adapter; adapter = adapter->next)
		if (adapter->miniport == driver && adapter->state == NDIS_STARTING && !adapter->busy &&
		    adapter->name.Length == device->Length &&
		    !memcmp(adapter->name.Buffer, device->Buffer, device->Length)) {
			adapter->cancelled = true;
			status = NDIS_STATUS_SUCCESS;
		}
	nt_unlock();
	return status;
}

static bool is_idle(void *context)
{
	struct ndis_adapter *adapter = context;

	return !adapter->busy && !adapter->sends && !adapter->questions && !adapter->resetting;
}

static bool is_returned(void *context)
{
	struct ndis_adapter *adapter = context;

	return !adapter->receives && !adapter->returning;
}

/* NDIS does not wait for received packets that are above: a miniport does, in its MiniportHalt. The fake's own have no
 * need to: it waits for them. */
static void halt(struct ndis_adapter *adapter)
{
	struct nt_frame frame = nt_frame_begin();

	if (!adapter->miniport->wrapper)
		ndis_wait(is_returned, adapter);
	adapter->miniport->calls.HaltHandler(adapter->context);
	nt_frame_end(frame, "MiniportHalt");
	nt_lock();
	if (adapter->receives)
		nt_violation(NDIS_RULE_COMPLETION, "MiniportHalt of %s returned with %u of its packets above", adapter->text,
			adapter->receives);
	nt_wait_locked(is_returned, adapter, NT_FOREVER);
	nt_unlock();
}

/* False: somebody else ends it, or has. */
static bool claim_end(struct ndis_adapter *adapter)
{
	bool is_first;

	nt_lock();
	is_first = ndis_adapter_is_there(adapter) && adapter->state == NDIS_RUNNING;
	if (is_first)
		adapter->state = NDIS_HALTING;
	nt_unlock();
	return is_first;
}

bool ndis_adapter_end(struct ndis_adapter *adapter)
{
	if (!claim_end(adapter))
		return false;
	ndis_unbind(adapter);
	nt_lock();
	nt_wait_locked(is_idle, adapter, NT_FOREVER);
	adapter->state = NDIS_HALTED;
	nt_unlock();
	halt(adapter);
	adapter_free(adapter);
	return true;
}

/* Its initialisation, and the binds that come with it, are over. */
static bool is_initialized(void *context)
{
	struct ndis_adapter *adapter = context;

	return adapter->state != NDIS_STARTING && !(adapter->state == NDIS_RUNNING && adapter->initializing);
}

/* What it says when the miniport is being halted by somebody else is not documented: one or the other. */
NDIS_STATUS NdisIMDeInitializeDeviceInstance(NDIS_HANDLE miniport)
{
	struct ndis_adapter *adapter;

	nt_enter_unlocked("NdisIMDeInitializeDeviceInstance", PASSIVE_LEVEL);
	if (is_gone(miniport))
		return NDIS_STATUS_FAILURE;
	adapter = ndis_adapter_of(miniport, "NdisIMDeInitializeDeviceInstance");
	ndis_wait(is_initialized, adapter);
	return ndis_adapter_end(adapter) || nt_seed() % 4 > 1 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

NDIS_HANDLE NdisIMGetDeviceContext(NDIS_HANDLE miniport)
{
	return ndis_adapter_of(miniport, "NdisIMGetDeviceContext")->device_context;
}

void NdisMSetAttributesEx(NDIS_HANDLE miniport, NDIS_HANDLE context, UINT hang_seconds, ULONG flags,
	NDIS_INTERFACE_TYPE type)
{
	struct ndis_adapter *adapter = ndis_adapter_of(miniport, "NdisMSetAttributesEx");

	(void)hang_seconds;
	(void)type;
	nt_enter("NdisMSetAttributesEx", PASSIVE_LEVEL);
	if (adapter->state != NDIS_STARTING)
		nt_violation(NDIS_RULE_PACKET, "NdisMSetAttributesEx of %s outside MiniportInitialize", adapter->text);
	adapter->context = context;
	adapter->attributes = flags;
}

void ndis_adapter_plug(struct ndis_adapter **handle, const char *name, const char *instance,
	const NDIS_MINIPORT_CHARACTERISTICS *calls, void *context)
{
	struct ndis_adapter *adapter = ndis_adapter_new(name, instance, miniport_new(NULL, calls));

	*handle = adapter;
	adapter->context = context;
	nt_lock();
	adapter->state = NDIS_RUNNING;
	nt_unlock();
	ndis_bind_all(adapter);
}

void ndis_adapter_unplug(struct ndis_adapter *adapter)
{
	struct ndis_miniport *miniport = adapter->miniport;

	(void)ndis_adapter_end(adapter);
	miniport_free(miniport);
}

void ndis_adapter_halt(struct ndis_adapter *adapter)
{
	(void)ndis_adapter_end(adapter);
}

struct ndis_adapter *ndis_adapter_find(const char *name)
{
	struct ndis_adapter *adapter;

	nt_lock();
	for (adapter = ndis_adapters; adapter && strcmp(adapter->text, name); adapter = adapter->next)
		;
	nt_unlock();
	return adapter;
}

const char *ndis_adapter_name(const struct ndis_adapter *adapter)
{
	return adapter->text;
}

void ndis_registration_check(const char *when, PDRIVER_OBJECT driver)
{
	struct ndis_miniport *miniport;
	struct ndis_adapter *adapter;

	nt_lock();
	for (adapter = ndis_adapters; adapter; adapter = adapter->next)
		if (!driver || (adapter->miniport->wrapper && adapter->miniport->wrapper->driver == driver))
			nt_violation(NT_RULE_UNLOAD, "the adapter %s is left after %s", adapter->text, when);
	for (miniport = miniports; miniport; miniport = miniport->next)
		if (!driver || (miniport->wrapper && miniport->wrapper->driver == driver))
			nt_violation(NT_RULE_UNLOAD, "a miniport driver is left after %s", when);
	nt_unlock();
	while (!driver && (adapter = gone)) {
		gone = adapter->next;
		free(adapter);
	}
	ndis_protocol_check(when, driver);
}
