/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Protocols and their bindings. Those of drivers bind to the fake's adapters, the fake's own to those that drivers make:
 * what the registry says on NT. An open lives until the protocol's close is complete.
 */
#include <stdio.h>

#include "ndis_internal.h"

#define ADAPTERS 64
#define PROTOCOLS 16

static struct ndis_protocol *protocols;
static struct ndis_open *gone; /* kept, so that late use is found */

struct ndis_protocol *ndis_protocol_of(NDIS_HANDLE handle, const char *function)
{
	struct ndis_protocol *protocol;

	nt_lock();
	for (protocol = protocols; protocol && protocol != handle; protocol = protocol->next)
		;
	nt_unlock();
	if (!protocol)
		nt_violation(NT_RULE_OBJECT, "%s with a handle that is of no protocol, or of one that is gone", function);
	return protocol;
}

struct ndis_open *ndis_open_of(NDIS_HANDLE handle, const char *function)
{
	struct ndis_open *open = handle;

	if (!open || open->magic != NDIS_OPEN)
		nt_violation(NT_RULE_OBJECT, "%s with a handle that is of no binding", function);
	if (open->closing || open->closed)
		nt_violation(NT_RULE_UNLOAD, "%s on a binding that was closed", function);
	return open;
}

struct ndis_bind *ndis_bind_of(NDIS_HANDLE handle, const char *function)
{
	struct ndis_bind *bind = handle;

	if (!bind || bind->magic != NDIS_BIND)
		nt_violation(NT_RULE_OBJECT, "%s with a handle that is of no bind or unbind", function);
	return bind;
}

static struct ndis_protocol *protocol_new(const NDIS_PROTOCOL_CHARACTERISTICS *calls, bool is_own)
{
	struct ndis_protocol *protocol = ndis_new(sizeof(*protocol));

	protocol->magic = NDIS_PROTOCOL;
	protocol->calls = *calls;
	protocol->own = is_own;
	nt_lock();
	protocol->next = protocols;
	protocols = protocol;
	nt_unlock();
	return protocol;
}

/* One bind or unbind of an adapter at a time; adapters come and go while others are bound. */
static bool claim_locked(const struct ndis_protocol *protocol, struct ndis_adapter *adapter)
{
	bool fits = ndis_adapter_is_there(adapter) && !protocol->leaving && adapter->state == NDIS_RUNNING &&
		    !adapter->open && !adapter->binding && protocol->own == (adapter->miniport->wrapper != NULL);

	if (fits)
		adapter->binding = true;
	return fits;
}

static bool claim(const struct ndis_protocol *protocol, struct ndis_adapter *adapter)
{
	bool fits;

	nt_lock();
	fits = claim_locked(protocol, adapter);
	nt_unlock();
	return fits;
}

static NDIS_STATUS bind_claimed(struct ndis_protocol *protocol, struct ndis_adapter *adapter)
{
	NDIS_STATUS status = ndis_bind(protocol, adapter);

	nt_lock();
	adapter->binding = false;
	nt_unlock();
	return status;
}

static bool is_done(void *context)
{
	return ((struct ndis_bind *)context)->done;
}

static struct ndis_bind *bind_new(struct ndis_protocol *protocol, struct ndis_adapter *adapter)
{
	struct ndis_bind *bind = ndis_new(sizeof(*bind));
	char section[NDIS_NAME];

	bind->magic = NDIS_BIND;
	bind->protocol = protocol;
	bind->adapter = adapter;
	snprintf(section, sizeof(section), "Parameters\\Adapters\\%.80s", adapter ? adapter->text : "");
	nt_utf16(section, bind->section_buffer, NDIS_NAME, &bind->section);
	return bind;
}

NDIS_STATUS ndis_bind(NDIS_HANDLE handle, struct ndis_adapter *adapter)
{
	struct ndis_protocol *protocol = ndis_protocol_of(handle, "ndis_bind");
	struct ndis_bind *bind = bind_new(protocol, adapter);
	struct nt_frame frame = nt_frame_begin();
	NDIS_STATUS status = NDIS_STATUS_FAILURE;

	protocol->calls.BindAdapterHandler(&status, bind, &adapter->name, &bind->section, NULL);
	nt_frame_end(frame, "ProtocolBindAdapter");
	if (status == NDIS_STATUS_PENDING) {
		ndis_wait(is_done, bind);
		status = bind->status;
	} else if (bind->done) {
		nt_violation(NT_RULE_COMPLETION, "ProtocolBindAdapter returned 0x%x after NdisCompleteBindAdapter", status);
	}
	if (status == NDIS_STATUS_SUCCESS && !adapter->open)
		nt_violation(NT_RULE_OBJECT, "ProtocolBindAdapter succeeded without a binding to %s", adapter->text);
	if (status != NDIS_STATUS_SUCCESS && adapter->open)
		nt_violation(NT_RULE_UNLOAD, "ProtocolBindAdapter failed with 0x%x and left its binding to %s", status,
			adapter->text);
	bind->magic = 0;
	free(bind);
	return status;
}

static void bind_done(NDIS_HANDLE handle, NDIS_STATUS status, const char *function)
{
	struct ndis_bind *bind;

	nt_enter_unlocked(function, PASSIVE_LEVEL);
	bind = ndis_bind_of(handle, function);
	nt_lock();
	if (bind->done)
		nt_violation(NT_RULE_COMPLETION, "%s twice", function);
	bind->status = status;
	bind->done = true;
	nt_unlock();
}

void NdisCompleteBindAdapter(NDIS_HANDLE bind, NDIS_STATUS status, NDIS_STATUS open_status)
{
	(void)open_status;
	bind_done(bind, status, "NdisCompleteBindAdapter");
}

void NdisCompleteUnbindAdapter(NDIS_HANDLE unbind, NDIS_STATUS status)
{
	bind_done(unbind, status, "NdisCompleteUnbindAdapter");
}

void ndis_bind_all(struct ndis_adapter *adapter)
{
	struct ndis_protocol *protocol;

	nt_lock();
	for (protocol = protocols; protocol && !claim_locked(protocol, adapter); protocol = protocol->next)
		;
	nt_unlock();
	if (protocol)
		bind_claimed(protocol, adapter);
}

static void protocol_bind_all(struct ndis_protocol *protocol)
{
	struct ndis_adapter *adapter, *all[ADAPTERS];
	unsigned count = 0, index;

	nt_lock();
	for (adapter = ndis_adapters; adapter && count < ADAPTERS; adapter = adapter->next)
		all[count++] = adapter;
	nt_unlock();
	for (index = 0; index < count; index++)
		if (claim(protocol, all[index]))
			bind_claimed(protocol, all[index]);
}

static void bind_late(void *context)
{
	struct ndis_protocol *protocol;

	nt_lock();
	for (protocol = protocols; protocol && protocol != context; protocol = protocol->next)
		;
	nt_unlock();
	if (protocol)
		protocol_bind_all(protocol);
}

static bool is_settled(void *context)
{
	struct ndis_adapter *adapter = context;

	return !adapter->binding && (!adapter->open || !adapter->open->opening);
}

void ndis_unbind(struct ndis_adapter *adapter)
{
	struct ndis_open *open;
	struct ndis_bind *bind;
	struct nt_frame frame;
	NDIS_STATUS status = NDIS_STATUS_FAILURE;

	nt_lock();
	nt_wait_locked(is_settled, adapter, NT_FOREVER);
	open = adapter->open;
	adapter->binding = open;
	nt_unlock();
	if (!open)
		return;
	bind = bind_new(open->protocol, adapter);
	if (ndis_set.slow_unbind)
		nt_sleep_ms(2);
	frame = nt_frame_begin();
	open->protocol->calls.UnbindAdapterHandler(&status, open->context, bind);
	nt_frame_end(frame, "ProtocolUnbindAdapter");
	if (status == NDIS_STATUS_PENDING)
		ndis_wait(is_done, bind);
	else if (bind->done)
		nt_violation(NT_RULE_COMPLETION, "ProtocolUnbindAdapter returned 0x%x after NdisCompleteUnbindAdapter",
			status);
	if (adapter->open)
		nt_violation(NT_RULE_UNLOAD, "ProtocolUnbindAdapter left its binding to %s", adapter->text);
	nt_lock();
	adapter->binding = false;
	nt_unlock();
	bind->magic = 0;
	free(bind);
}

bool ndis_is_bound(const struct ndis_adapter *adapter)
{
	return adapter->open && !adapter->open->opening;
}

void NdisRegisterProtocol(PNDIS_STATUS status, PNDIS_HANDLE handle, PNDIS_PROTOCOL_CHARACTERISTICS calls, UINT length)
{
	nt_enter_unlocked("NdisRegisterProtocol", PASSIVE_LEVEL);
	*status = NDIS_STATUS_BAD_CHARACTERISTICS;
	if (calls->MajorNdisVersion != 5 || length < offsetof(NDIS_PROTOCOL_CHARACTERISTICS, ReservedHandlers) ||
	    !calls->OpenAdapterCompleteHandler || !calls->CloseAdapterCompleteHandler || !calls->SendCompleteHandler ||
	    !calls->TransferDataCompleteHandler || !calls->ResetCompleteHandler || !calls->RequestCompleteHandler ||
	    !calls->ReceiveHandler || !calls->ReceiveCompleteHandler || !calls->StatusHandler ||
	    !calls->StatusCompleteHandler || !calls->BindAdapterHandler || !calls->UnbindAdapterHandler ||
	    !calls->PnPEventHandler || !calls->Name.Length)
		return;
	*status = NDIS_STATUS_RESOURCES;
	if (nt_fails("NdisRegisterProtocol"))
		return;
	*status = NDIS_STATUS_SUCCESS;
	*handle = protocol_new(calls, false);
	/* Adapters that are there are offered when DriverEntry is over, or while it is not. */
	ndis_later(bind_late, *handle, PASSIVE_LEVEL);
}

static void protocol_free(struct ndis_protocol *protocol)
{
	struct ndis_protocol **at;

	nt_lock();
	for (at = &protocols; *at != protocol; at = &(*at)->next)
		;
	*at = protocol->next;
	nt_unlock();
	free(protocol);
}

/* An adapter that it is bound to; NULL: there is none any more. */
static struct ndis_adapter *bound_to(const struct ndis_protocol *protocol)
{
	struct ndis_adapter *adapter;

	nt_lock();
	for (adapter = ndis_adapters; adapter && !(adapter->open && adapter->open->protocol == protocol);
		adapter = adapter->next)
		;
	nt_unlock();
	return adapter;
}

static void protocol_end(struct ndis_protocol *protocol)
{
	struct ndis_adapter *adapter;

	nt_lock();
	protocol->leaving = true;
	nt_unlock();
	ndis_drain();
	while ((adapter = bound_to(protocol))) /* adapters above the last one may have gone */
		ndis_unbind(adapter);
	protocol_free(protocol);
}

void NdisDeregisterProtocol(PNDIS_STATUS status, NDIS_HANDLE handle)
{
	nt_enter_unlocked("NdisDeregisterProtocol", PASSIVE_LEVEL);
	protocol_end(ndis_protocol_of(handle, "NdisDeregisterProtocol"));
	*status = NDIS_STATUS_SUCCESS;
}

void ndis_protocol_register(NDIS_HANDLE *handle, const char *name, const NDIS_PROTOCOL_CHARACTERISTICS *calls)
{
	struct ndis_protocol *protocol = protocol_new(calls, true);

	snprintf(protocol->name, sizeof(protocol->name), "%s", name);
	*handle = protocol;
	protocol_bind_all(protocol);
}

void ndis_protocol_uninstall(void)
{
	struct ndis_protocol *protocol;
	struct ndis_adapter *adapter;
	struct nt_frame frame;

	nt_lock();
	for (protocol = protocols; protocol && protocol->own; protocol = protocol->next)
		;
	if (protocol)
		protocol->leaving = true;
	nt_unlock();
	if (!protocol)
		return;
	ndis_drain();
	while ((adapter = bound_to(protocol)))
		ndis_unbind(adapter);
	frame = nt_frame_begin();
	if (protocol->calls.UnloadHandler)
		protocol->calls.UnloadHandler();
	nt_frame_end(frame, "ProtocolUnload");
}

void ndis_protocol_deregister(NDIS_HANDLE handle)
{
	protocol_end(ndis_protocol_of(handle, "ndis_protocol_deregister"));
}

void NdisIMAssociateMiniport(NDIS_HANDLE driver, NDIS_HANDLE protocol)
{
	nt_enter("NdisIMAssociateMiniport", PASSIVE_LEVEL);
	ndis_protocol_of(protocol, "NdisIMAssociateMiniport")->miniport =
		ndis_miniport_of(driver, "NdisIMAssociateMiniport");
}

void NdisReEnumerateProtocolBindings(NDIS_HANDLE protocol)
{
	nt_enter_unlocked("NdisReEnumerateProtocolBindings", PASSIVE_LEVEL);
	ndis_protocol_of(protocol, "NdisReEnumerateProtocolBindings");
	ndis_later(bind_late, protocol, PASSIVE_LEVEL);
}

static void open_complete(void *context)
{
	struct ndis_open *open = context;

	nt_lock();
	open->opening = false;
	nt_unlock();
	open->protocol->calls.OpenAdapterCompleteHandler(open->context, NDIS_STATUS_SUCCESS, NDIS_STATUS_SUCCESS);
}

static void open_failed(void *context)
{
	struct ndis_open *open = context;

	open->magic = 0;
	open->protocol->calls.OpenAdapterCompleteHandler(open->context, NDIS_STATUS_OPEN_FAILED,
		NDIS_STATUS_DEVICE_FAILED);
	free(open);
}

static struct ndis_open *open_new(struct ndis_protocol *protocol, struct ndis_adapter *adapter, NDIS_HANDLE context)
{
	struct ndis_open *open = ndis_new(sizeof(*open));

	open->magic = NDIS_OPEN;
	open->protocol = protocol;
	open->adapter = adapter;
	open->context = context;
	return open;
}

static struct ndis_adapter *adapter_named(PNDIS_STRING name)
{
	char text[NDIS_NAME];

	return ndis_adapter_find(nt_utf8(name, text, sizeof(text)));
}

void NdisOpenAdapter(PNDIS_STATUS status, PNDIS_STATUS open_status, PNDIS_HANDLE binding, PUINT selected,
	PNDIS_MEDIUM media, UINT count, NDIS_HANDLE protocol, NDIS_HANDLE context, PNDIS_STRING name, UINT options,
	PSTRING addressing)
{
	struct ndis_protocol *opener = ndis_protocol_of(protocol, "NdisOpenAdapter");
	struct ndis_adapter *adapter;
	struct ndis_open *open;

	(void)options;
	(void)addressing;
	nt_enter_unlocked("NdisOpenAdapter", PASSIVE_LEVEL);
	adapter = adapter_named(name);
	*open_status = NDIS_STATUS_SUCCESS;
	*status = NDIS_STATUS_ADAPTER_NOT_FOUND;
	if (!adapter || adapter->state != NDIS_RUNNING)
		return;
	if (adapter->open)
		nt_violation(NT_RULE_OBJECT, "NdisOpenAdapter of %s, which is open", adapter->text);
	*status = NDIS_STATUS_UNSUPPORTED_MEDIA;
	for (*selected = 0; *selected < count && media[*selected] != NdisMedium802_3; (*selected)++)
		;
	if (*selected == count)
		return;
	open = open_new(opener, adapter, context);
	*binding = open;
	if (nt_fails("NdisOpenAdapter")) {
		/* A failure comes at once, or later as well. */
		*status = ndis_is_late() ? NDIS_STATUS_PENDING : NDIS_STATUS_RESOURCES;
		if (*status == NDIS_STATUS_PENDING)
			ndis_later(open_failed, open, PASSIVE_LEVEL);
		else
			free(open);
		return;
	}
	open->opening = ndis_is_late();
	*status = open->opening ? NDIS_STATUS_PENDING : NDIS_STATUS_SUCCESS;
	nt_lock();
	adapter->open = open;
	nt_unlock();
	if (*status == NDIS_STATUS_PENDING)
		ndis_later(open_complete, open, PASSIVE_LEVEL);
}

static bool is_quiet(const struct ndis_open *open)
{
	return !open->busy && !open->sends && !open->requests && !open->transfers && !open->resets;
}

static bool is_quiet_now(void *context)
{
	return is_quiet(context);
}

/* The fake's own protocol may return what it has after its close: the miniport's halt waits for that. */
static void received_check(const struct ndis_open *open, bool is_wrong)
{
	if (is_wrong && !open->protocol->own)
		nt_violation(NDIS_RULE_COMPLETION, "NdisCloseAdapter of %s with %d received packets not returned",
			open->adapter->text, open->received);
}

static void forget_open(struct ndis_open *open)
{
	nt_lock();
	received_check(open, open->received);
	open->closed = true;
	open->adapter->open = NULL;
	open->next = gone;
	gone = open;
	nt_unlock();
}

static void close_complete(void *context)
{
	struct ndis_open *open = context;

	ndis_wait(is_quiet_now, open);
	/* From here on nothing is called for the binding but this. */
	forget_open(open);
	open->protocol->calls.CloseAdapterCompleteHandler(open->context, NDIS_STATUS_SUCCESS);
}

void NdisCloseAdapter(PNDIS_STATUS status, NDIS_HANDLE binding)
{
	struct ndis_open *open;
	bool is_now;

	nt_enter_unlocked("NdisCloseAdapter", PASSIVE_LEVEL);
	open = ndis_open_of(binding, "NdisCloseAdapter");
	is_now = !ndis_is_late();
	nt_lock();
	/* Below 0: one was returned before its ProtocolReceivePacket, which still runs, said that it is kept. */
	received_check(open, open->received > 0);
	open->closing = true;
	is_now = is_now && is_quiet(open);
	nt_unlock();
	*status = is_now ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PENDING;
	if (is_now)
		forget_open(open);
	else
		ndis_later(close_complete, open, PASSIVE_LEVEL);
}

NDIS_HANDLE NdisIMGetBindingContext(NDIS_HANDLE binding)
{
	return ndis_open_of(binding, "NdisIMGetBindingContext")->adapter->device_context;
}

struct ndis_open *ndis_open_enter(struct ndis_adapter *adapter)
{
	struct ndis_open *open;

	nt_lock();
	open = adapter->open;
	if (open && (open->opening || open->closing))
		open = NULL;
	if (open)
		open->busy++;
	nt_unlock();
	return open;
}

void ndis_open_leave(struct ndis_open *open)
{
	nt_lock();
	open->busy--;
	nt_unlock();
}

static NDIS_STATUS instance_name(PNDIS_STRING name, struct ndis_adapter *adapter, const char *function)
{
	nt_enter(function, PASSIVE_LEVEL);
	name->Length = adapter->instance.Length;
	name->MaximumLength = (USHORT)(name->Length + sizeof(WCHAR));
	name->Buffer = ExAllocatePoolWithTag(PagedPool, name->MaximumLength, 0x6e73694e);
	if (!name->Buffer)
		return NDIS_STATUS_RESOURCES;
	memcpy(name->Buffer, adapter->instance.Buffer, name->Length);
	name->Buffer[name->Length / sizeof(WCHAR)] = 0;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisQueryAdapterInstanceName(PNDIS_STRING name, NDIS_HANDLE binding)
{
	return instance_name(name, ndis_open_of(binding, "NdisQueryAdapterInstanceName")->adapter,
		"NdisQueryAdapterInstanceName");
}

NDIS_STATUS NdisQueryBindInstanceName(PNDIS_STRING name, NDIS_HANDLE bind)
{
	return instance_name(name, ndis_bind_of(bind, "NdisQueryBindInstanceName")->adapter,
		"NdisQueryBindInstanceName");
}

static NDIS_STATUS pnp_call(struct ndis_protocol *protocol, struct ndis_open *open, PNET_PNP_EVENT event)
{
	struct nt_frame frame = nt_frame_begin();
	NDIS_STATUS status;
	struct ndis_bind *bind = bind_new(protocol, NULL);

	event->NdisReserved[0] = (ULONG_PTR)bind;
	status = protocol->calls.PnPEventHandler(open ? open->context : NULL, event);
	nt_frame_end(frame, "ProtocolPnPEvent");
	if (status == NDIS_STATUS_PENDING) {
		ndis_wait(is_done, bind);
		status = bind->status;
	}
	bind->magic = 0;
	free(bind);
	return status;
}

void NdisCompletePnPEvent(NDIS_STATUS status, NDIS_HANDLE binding, PNET_PNP_EVENT event)
{
	(void)binding;
	bind_done((NDIS_HANDLE)event->NdisReserved[0], status, "NdisCompletePnPEvent");
}

NDIS_STATUS ndis_pnp_event(struct ndis_adapter *adapter, NET_PNP_EVENT_CODE code, void *buffer, ULONG length)
{
	NET_PNP_EVENT event = { .NetEvent = code, .Buffer = buffer, .BufferLength = length };
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;
	struct ndis_protocol *protocol, *all[PROTOCOLS];
	unsigned count = 0, index;
	struct ndis_open *open;

	if (adapter) {
		open = ndis_open_enter(adapter);
		if (!open)
			return NDIS_STATUS_ADAPTER_NOT_OPEN;
		status = pnp_call(open->protocol, open, &event);
		ndis_open_leave(open);
		return status;
	}
	nt_lock();
	for (protocol = protocols; protocol && count < PROTOCOLS; protocol = protocol->next)
		if (!protocol->own && !protocol->leaving)
			all[count++] = protocol;
	nt_unlock();
	for (index = 0; index < count; index++)
		status = pnp_call(all[index], NULL, &event);
	return status;
}

/* An intermediate driver hands an event on to who is bound to its adapter; if nobody is, nobody minds. */
NDIS_STATUS NdisIMNotifyPnPEvent(NDIS_HANDLE miniport, PNET_PNP_EVENT event)
{
	struct ndis_adapter *adapter = ndis_adapter_of(miniport, "NdisIMNotifyPnPEvent");
	NDIS_STATUS status;

	nt_enter_unlocked("NdisIMNotifyPnPEvent", PASSIVE_LEVEL);
	status = ndis_pnp_event(adapter, event->NetEvent, event->Buffer, event->BufferLength);
	return status == NDIS_STATUS_ADAPTER_NOT_OPEN ? NDIS_STATUS_SUCCESS : status;
}

void ndis_protocol_check(const char *when, PDRIVER_OBJECT driver)
{
	struct ndis_protocol *protocol;
	struct ndis_open *open;

	nt_lock();
	for (protocol = protocols; protocol; protocol = protocol->next)
		if (!driver || !protocol->own)
			nt_violation(NT_RULE_UNLOAD, "a protocol is left after %s", when);
	nt_unlock();
	if (driver)
		return;
	while ((open = gone)) {
		gone = open->next;
		free(open);
	}
}
