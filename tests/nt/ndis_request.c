/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Requests, resets and what a miniport reports: up and down the bindings. A miniport has one request at a time. */
#include "ndis_internal.h"

static bool is_set(const struct ndis_question *question)
{
	return question->request->RequestType == NdisRequestSetInformation;
}

static NDIS_STATUS ask(struct ndis_adapter *adapter, struct ndis_question *question)
{
	NDIS_MINIPORT_CHARACTERISTICS *calls = &adapter->miniport->calls;
	PNDIS_REQUEST request = question->request;
	struct nt_frame frame = nt_frame_begin();
	bool sets = is_set(question); /* which may be gone when the routine has completed it */
	NDIS_STATUS status;

	if (sets)
		status = calls->SetInformationHandler(adapter->context, request->DATA.SET_INFORMATION.Oid,
			request->DATA.SET_INFORMATION.InformationBuffer,
			request->DATA.SET_INFORMATION.InformationBufferLength, &question->transferred, &question->needed);
	else
		status = calls->QueryInformationHandler(adapter->context, request->DATA.QUERY_INFORMATION.Oid,
			request->DATA.QUERY_INFORMATION.InformationBuffer,
			request->DATA.QUERY_INFORMATION.InformationBufferLength, &question->transferred,
			&question->needed);
	nt_frame_end(frame, sets ? "MiniportSetInformation" : "MiniportQueryInformation");
	return status;
}

/* Called later, too, when the adapter that had none left may have gone. */
static void questions_go_on(struct ndis_adapter *adapter)
{
	struct ndis_question *first;
	NDIS_STATUS status;

	nt_lock();
	first = ndis_adapter_is_there(adapter) && !adapter->asking ? adapter->questions : NULL;
	if (first)
		adapter->asking = true;
	nt_unlock();
	if (!first)
		return;
	status = ask(adapter, first);
	if (status != NDIS_STATUS_PENDING)
		ndis_question_end(adapter, status, "a request");
}

static void go_on_later(void *context)
{
	questions_go_on(context);
}

static void answer_check(const struct ndis_question *question, NDIS_STATUS status, const char *who)
{
	const struct QUERY_INFORMATION *query = &question->request->DATA.QUERY_INFORMATION;

	if (status == NDIS_STATUS_SUCCESS && question->transferred > query->InformationBufferLength)
		nt_violation(NT_RULE_CONTROL, "%s answered %u bytes to OID 0x%x, there is room for %u", who,
			question->transferred, query->Oid, query->InformationBufferLength);
}

void ndis_question_end(struct ndis_adapter *adapter, NDIS_STATUS status, const char *function)
{
	struct ndis_question *first;
	struct ndis_open *open;
	PNDIS_REQUEST request;

	nt_lock();
	first = adapter->questions;
	if (!first || !adapter->asking)
		nt_violation(NT_RULE_COMPLETION, "%s: %s has no request to complete (any more)", function, adapter->text);
	if (status == NDIS_STATUS_PENDING)
		nt_violation(NT_RULE_COMPLETION, "%s with NDIS_STATUS_PENDING", function);
	answer_check(first, status, adapter->text);
	adapter->questions = first->next;
	adapter->asking = false;
	open = first->open;
	request = first->request;
	request->DATA.QUERY_INFORMATION.BytesWritten = first->transferred;
	request->DATA.QUERY_INFORMATION.BytesNeeded = first->needed;
	first->status = status;
	first->done = true;
	nt_unlock();
	if (open) {
		free(first);
		open->protocol->calls.RequestCompleteHandler(open->context, request, status);
		nt_lock();
		open->requests--;
		nt_unlock();
	}
	ndis_later(go_on_later, adapter, PASSIVE_LEVEL);
}

static void enqueue(struct ndis_adapter *adapter, struct ndis_question *question)
{
	struct ndis_question **at;

	for (at = &adapter->questions; *at; at = &(*at)->next)
		;
	*at = question;
}

/* Without another before it, it is answered here; what NdisRequest returns then completes it. */
static NDIS_STATUS ask_first(struct ndis_adapter *adapter, struct ndis_question *question)
{
	struct ndis_open *open = question->open;
	NDIS_STATUS status = ask(adapter, question);

	if (status == NDIS_STATUS_PENDING)
		return status;
	nt_lock();
	if (adapter->questions != question)
		nt_violation(NT_RULE_COMPLETION, "%s returned 0x%x for a request that it has completed", adapter->text,
			status);
	answer_check(question, status, adapter->text);
	adapter->questions = question->next;
	adapter->asking = false;
	question->request->DATA.QUERY_INFORMATION.BytesWritten = question->transferred;
	question->request->DATA.QUERY_INFORMATION.BytesNeeded = question->needed;
	open->requests--;
	nt_unlock();
	free(question);
	ndis_later(go_on_later, adapter, PASSIVE_LEVEL);
	return status;
}

void NdisRequest(PNDIS_STATUS status, NDIS_HANDLE binding, PNDIS_REQUEST request)
{
	struct ndis_question *question;
	struct ndis_adapter *adapter;
	struct ndis_open *open;
	bool is_first;

	nt_enter_unlocked("NdisRequest", DISPATCH_LEVEL);
	open = ndis_open_of(binding, "NdisRequest");
	adapter = open->adapter;
	if (nt_fails("NdisRequest")) {
		*status = NDIS_STATUS_RESOURCES;
		return;
	}
	question = ndis_new(sizeof(*question));
	question->open = open;
	question->request = request;
	nt_lock();
	is_first = !adapter->questions && !adapter->asking;
	enqueue(adapter, question);
	adapter->asking = adapter->asking || is_first;
	open->requests++;
	nt_unlock();
	*status = is_first ? ask_first(adapter, question) : NDIS_STATUS_PENDING;
}

void NdisMQueryInformationComplete(NDIS_HANDLE miniport, NDIS_STATUS status)
{
	nt_enter_unlocked("NdisMQueryInformationComplete", DISPATCH_LEVEL);
	ndis_question_end(ndis_adapter_of(miniport, "NdisMQueryInformationComplete"), status,
		"NdisMQueryInformationComplete");
}

void NdisMSetInformationComplete(NDIS_HANDLE miniport, NDIS_STATUS status)
{
	nt_enter_unlocked("NdisMSetInformationComplete", DISPATCH_LEVEL);
	ndis_question_end(ndis_adapter_of(miniport, "NdisMSetInformationComplete"), status,
		"NdisMSetInformationComplete");
}

static bool is_answered(void *context)
{
	return ((struct ndis_question *)context)->done;
}

static NDIS_STATUS system_ask(struct ndis_adapter *adapter, NDIS_REQUEST_TYPE type, NDIS_OID oid, void *buffer,
	ULONG length, ULONG *written)
{
	NDIS_REQUEST request = { .RequestType = type };
	struct ndis_question question = { .request = &request };

	request.DATA.QUERY_INFORMATION.Oid = oid;
	request.DATA.QUERY_INFORMATION.InformationBuffer = buffer;
	request.DATA.QUERY_INFORMATION.InformationBufferLength = length;
	nt_lock();
	enqueue(adapter, &question);
	nt_unlock();
	questions_go_on(adapter);
	ndis_wait(is_answered, &question);
	if (written)
		*written = question.transferred;
	return question.status;
}

NDIS_STATUS ndis_system_query(struct ndis_adapter *adapter, NDIS_OID oid, void *buffer, ULONG length, ULONG *written)
{
	return system_ask(adapter, NdisRequestQueryInformation, oid, buffer, length, written);
}

NDIS_STATUS ndis_system_set(struct ndis_adapter *adapter, NDIS_OID oid, void *buffer, ULONG length)
{
	return system_ask(adapter, NdisRequestSetInformation, oid, buffer, length, NULL);
}

void NdisMIndicateStatus(NDIS_HANDLE miniport, NDIS_STATUS status, PVOID buffer, UINT length)
{
	struct ndis_adapter *adapter;
	struct ndis_open *open;
	struct nt_frame frame;

	nt_enter_unlocked("NdisMIndicateStatus", DISPATCH_LEVEL);
	adapter = ndis_adapter_of(miniport, "NdisMIndicateStatus");
	open = ndis_open_enter(adapter);
	if (!open)
		return;
	frame = nt_frame_begin();
	open->protocol->calls.StatusHandler(open->context, status, buffer, length);
	nt_frame_end(frame, "ProtocolStatus");
	ndis_open_leave(open);
}

void NdisMIndicateStatusComplete(NDIS_HANDLE miniport)
{
	struct ndis_adapter *adapter;
	struct ndis_open *open;
	struct nt_frame frame;

	nt_enter_unlocked("NdisMIndicateStatusComplete", DISPATCH_LEVEL);
	adapter = ndis_adapter_of(miniport, "NdisMIndicateStatusComplete");
	open = ndis_open_enter(adapter);
	if (!open)
		return;
	frame = nt_frame_begin();
	open->protocol->calls.StatusCompleteHandler(open->context);
	nt_frame_end(frame, "ProtocolStatusComplete");
	ndis_open_leave(open);
}

static NDIS_STATUS reset(struct ndis_adapter *adapter)
{
	BOOLEAN is_addressing = FALSE;
	NDIS_STATUS status;

	nt_lock();
	if (adapter->resetting) {
		nt_unlock();
		return NDIS_STATUS_RESET_IN_PROGRESS;
	}
	adapter->resetting = true;
	nt_unlock();
	NdisMIndicateStatus(adapter, NDIS_STATUS_RESET_START, NULL, 0);
	NdisMIndicateStatusComplete(adapter);
	status = adapter->miniport->calls.ResetHandler ?
		adapter->miniport->calls.ResetHandler(&is_addressing, adapter->context) : NDIS_STATUS_NOT_SUPPORTED;
	return status;
}

static void reset_end(struct ndis_adapter *adapter, NDIS_STATUS status)
{
	NdisMIndicateStatus(adapter, NDIS_STATUS_RESET_END, &status, sizeof(status));
	NdisMIndicateStatusComplete(adapter);
	nt_lock();
	adapter->reset_status = status;
	adapter->resetting = false;
	nt_unlock();
}

void NdisReset(PNDIS_STATUS status, NDIS_HANDLE binding)
{
	struct ndis_open *open;

	nt_enter_unlocked("NdisReset", DISPATCH_LEVEL);
	open = ndis_open_of(binding, "NdisReset");
	nt_lock();
	open->resets++;
	nt_unlock();
	*status = nt_fails("NdisReset") ? NDIS_STATUS_FAILURE : reset(open->adapter);
	if (*status == NDIS_STATUS_PENDING)
		return;
	if (*status != NDIS_STATUS_RESET_IN_PROGRESS && open->adapter->resetting)
		reset_end(open->adapter, *status);
	nt_lock();
	open->resets--;
	nt_unlock();
}

void NdisMResetComplete(NDIS_HANDLE miniport, NDIS_STATUS status, BOOLEAN is_addressing)
{
	struct ndis_adapter *adapter;
	struct ndis_open *open;

	(void)is_addressing;
	nt_enter_unlocked("NdisMResetComplete", DISPATCH_LEVEL);
	adapter = ndis_adapter_of(miniport, "NdisMResetComplete");
	if (!adapter->resetting)
		nt_violation(NT_RULE_COMPLETION, "NdisMResetComplete of %s, which has no reset pending", adapter->text);
	open = adapter->open;
	reset_end(adapter, status);
	if (!open || !open->resets)
		return;
	open->protocol->calls.ResetCompleteHandler(open->context, status);
	nt_lock();
	open->resets--;
	nt_unlock();
}

static bool is_reset(void *context)
{
	return !((struct ndis_adapter *)context)->resetting;
}

NDIS_STATUS ndis_system_reset(struct ndis_adapter *adapter)
{
	NDIS_STATUS status = reset(adapter);

	if (status == NDIS_STATUS_PENDING) {
		ndis_wait(is_reset, adapter);
		return adapter->reset_status;
	}
	if (status != NDIS_STATUS_RESET_IN_PROGRESS)
		reset_end(adapter, status);
	return status;
}
