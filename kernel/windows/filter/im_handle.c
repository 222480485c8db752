/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/filter/im_handle.h"

#include "kernel/windows/control_request.h"
#include "kernel/windows/event_stream.h"
#include "kernel/windows/filter/im_list.h"
#include "kernel/windows/filter/im_request.h"
#include "kernel/windows/filter/im_rows.h"
#include "kernel/windows/filter/im_set.h"
#include "kernel/windows/nt_memory.h"

#define QUERY_MOST (1u << 16)

static volatile LONG handles;

struct request {
	struct fw_im_handle *handle;
	struct fw_control_request data;
};

struct fw_im_handle *fw_im_handle_new(void)
{
	struct fw_im_handle *handle = fw_allocate(sizeof(*handle));

	if (!handle)
		return NULL;
	handle->references = 1;
	KeInitializeMutex(&handle->lock, 0);
	fw_im_follower_init(&handle->follower);
	InterlockedIncrement(&handles);
	return handle;
}

uint32_t fw_im_handles_count(void)
{
	return (uint32_t)InterlockedCompareExchange(&handles, 0, 0);
}

void fw_im_handle_put(struct fw_im_handle *handle)
{
	if (!handle || InterlockedDecrement(&handle->references))
		return;
	fw_im_follower_done(&handle->follower);
	fw_im_drafts_done(&handle->drafts);
	fw_im_adapter_put(handle->adapter);
	fw_free(handle);
	InterlockedDecrement(&handles);
}

static void lock(struct fw_im_handle *handle)
{
	KeWaitForSingleObject(&handle->lock, Executive, KernelMode, FALSE, NULL);
}

static void unlock(struct fw_im_handle *handle)
{
	KeReleaseMutex(&handle->lock, FALSE);
}

static NTSTATUS on_hello(struct request *request)
{
	return fw_control_greet(&request->data, &request->handle->is_greeted);
}

static NTSTATUS answer_rows(struct request *request, enum fw_im_kind kind)
{
	struct fw_control_request *data = &request->data;
	uint64_t after;
	NTSTATUS status = fw_control_take_cursor(data, fw_im_rows_least(kind), &after);

	if (NT_SUCCESS(status))
		data->answered = fw_im_rows_fill(kind, NULL, after, data->buffer, data->out);
	return status;
}

static NTSTATUS on_adapters(struct request *request)
{
	return answer_rows(request, FW_IM_KIND_ADAPTER);
}

static NTSTATUS on_lists(struct request *request)
{
	return answer_rows(request, FW_IM_KIND_LIST);
}

static NTSTATUS on_features(struct request *request)
{
	return answer_rows(request, FW_IM_KIND_FEATURE);
}

static NTSTATUS on_places(struct request *request)
{
	return answer_rows(request, FW_IM_KIND_PLACE);
}

static NTSTATUS on_prefixes(struct request *request)
{
	struct fw_filter_control_prefixes prefixes;
	NTSTATUS status = fw_control_take(&request->data, &prefixes, sizeof(prefixes));
	struct fw_im_set *set;

	if (!NT_SUCCESS(status))
		return status;
	if (request->data.out < fw_im_rows_least(FW_IM_KIND_PREFIX))
		return STATUS_BUFFER_TOO_SMALL;
	set = fw_im_lists_find(prefixes.list);
	if (!set)
		return STATUS_NOT_FOUND;
	memset(request->data.buffer, 0, request->data.out);
	request->data.answered = fw_im_rows_fill(
		FW_IM_KIND_PREFIX, set, prefixes.after, request->data.buffer, request->data.out);
	fw_im_set_put(set);
	return STATUS_SUCCESS;
}

static NTSTATUS on_draft(struct request *request)
{
	struct fw_filter_control_draft draft;
	NTSTATUS status = fw_control_take(&request->data, &draft, sizeof(draft));

	if (!NT_SUCCESS(status))
		return status;
	lock(request->handle);
	status = fw_im_draft_add(&request->handle->drafts, &draft);
	unlock(request->handle);
	return status;
}

static NTSTATUS on_append(struct request *request)
{
	struct fw_filter_control_append append;
	NTSTATUS status = fw_control_take(&request->data, &append, sizeof(append));

	if (!NT_SUCCESS(status))
		return status;
	if (append.reserved || !append.count || append.count > FW_FILTER_CONTROL_AT_ONCE)
		return STATUS_INVALID_PARAMETER;
	if ((uint64_t)append.count * sizeof(struct fw_filter_prefix) > request->data.in - append.size)
		return STATUS_BUFFER_TOO_SMALL;
	lock(request->handle);
	status = fw_im_draft_append(&request->handle->drafts, append.number,
		request->data.buffer + append.size, append.count);
	unlock(request->handle);
	return status;
}

static NTSTATUS on_commit(struct request *request)
{
	struct fw_filter_control_change *changes;
	struct fw_filter_control_commit commit;
	NTSTATUS status = fw_control_take(&request->data, &commit, sizeof(commit));
	uint32_t bytes;

	if (!NT_SUCCESS(status))
		return status;
	if (!commit.count || commit.count > FW_FILTER_CONTROL_DRAFTS)
		return STATUS_INVALID_PARAMETER;
	bytes = commit.count * (uint32_t)sizeof(*changes);
	if (bytes > request->data.in - commit.size)
		return STATUS_BUFFER_TOO_SMALL;
	changes = fw_allocate(bytes); /* where they are aligned, whatever the header's size is */
	if (!changes)
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(changes, request->data.buffer + commit.size, bytes);
	lock(request->handle);
	status = fw_im_draft_commit(&request->handle->drafts, changes, commit.count);
	unlock(request->handle);
	fw_free(changes);
	return status;
}

static NTSTATUS open_adapter(struct fw_im_handle *handle, const char *name)
{
	NTSTATUS status = STATUS_SUCCESS;

	lock(handle);
	if (handle->adapter)
		status = STATUS_INVALID_DEVICE_STATE;
	else
		handle->adapter = fw_im_adapter_named(name);
	if (!handle->adapter)
		status = STATUS_OBJECT_NAME_NOT_FOUND;
	unlock(handle);
	return status;
}

static NTSTATUS on_open(struct request *request)
{
	struct fw_filter_control_open open;
	NTSTATUS status = fw_control_take(&request->data, &open, sizeof(open));

	if (!NT_SUCCESS(status))
		return status;
	if (open.reserved || open.adapter[sizeof(open.adapter) - 1] || !open.adapter[0])
		return STATUS_INVALID_PARAMETER;
	return open_adapter(request->handle, open.adapter);
}

/* NDIS has its own words for some of NT's. */
static NTSTATUS converted(NDIS_STATUS status)
{
	switch (status) {
	case NDIS_STATUS_INVALID_OID:
		return STATUS_NOT_SUPPORTED;
	case NDIS_STATUS_INVALID_LENGTH:
	case NDIS_STATUS_BUFFER_TOO_SHORT:
		return STATUS_BUFFER_TOO_SMALL;
	case NDIS_STATUS_ADAPTER_NOT_READY:
		return STATUS_DEVICE_NOT_READY;
	case NDIS_STATUS_SUCCESS:
	case NDIS_STATUS_NOT_SUPPORTED:
	case NDIS_STATUS_RESOURCES:
		return (NTSTATUS)status;
	default:
		return STATUS_UNSUCCESSFUL;
	}
}

static NTSTATUS query_adapter(struct request *request, struct fw_im_adapter *adapter, uint32_t oid)
{
	uint32_t room = request->data.out < QUERY_MOST ? request->data.out : QUERY_MOST, written = 0;
	uint8_t *answer = fw_allocate(room + 1u);
	NTSTATUS status;

	if (!answer)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = converted(fw_im_request_query(adapter, oid, answer, room, &written));
	if (adapter->leaves)
		status = STATUS_DEVICE_REMOVED;
	if (NT_SUCCESS(status)) {
		request->data.answered = written < room ? written : room;
		memcpy(request->data.buffer, answer, request->data.answered);
	}
	fw_free(answer);
	return status;
}

/* The adapter is asked without our lock: whoever closes the handle meanwhile need not wait for its
 * answer. */
static NTSTATUS on_query(struct request *request)
{
	struct fw_filter_control_query query;
	struct fw_im_adapter *adapter;
	NTSTATUS status = fw_control_take(&request->data, &query, sizeof(query));

	if (!NT_SUCCESS(status))
		return status;
	lock(request->handle);
	adapter = request->handle->adapter;
	if (adapter)
		fw_im_adapter_get(adapter);
	unlock(request->handle);
	if (!adapter)
		return STATUS_INVALID_DEVICE_STATE;
	status = adapter->leaves ? STATUS_DEVICE_REMOVED
				 : query_adapter(request, adapter, query.oid);
	fw_im_adapter_put(adapter);
	return status;
}

static NTSTATUS on_status(struct request *request)
{
	struct fw_filter_control_status status;

	memset(&status, 0, sizeof(status));
	status.size = sizeof(status);
	status.adapters = fw_im_adapter_count();
	status.lists = fw_im_lists_count();
	status.handles = fw_im_handles_count();
	status.memory_bytes = fw_im_set_memory();
	status.time_ns = fw_time_boot_ns();
	return fw_control_answer(&request->data, &status, sizeof(status));
}

static NTSTATUS (*const functions[])(struct request *request) = {
	[FW_FILTER_CONTROL_HELLO - FW_FILTER_CONTROL_HELLO] = on_hello,
	[FW_FILTER_CONTROL_ADAPTERS - FW_FILTER_CONTROL_HELLO] = on_adapters,
	[FW_FILTER_CONTROL_LISTS - FW_FILTER_CONTROL_HELLO] = on_lists,
	[FW_FILTER_CONTROL_PREFIXES - FW_FILTER_CONTROL_HELLO] = on_prefixes,
	[FW_FILTER_CONTROL_DRAFT - FW_FILTER_CONTROL_HELLO] = on_draft,
	[FW_FILTER_CONTROL_APPEND - FW_FILTER_CONTROL_HELLO] = on_append,
	[FW_FILTER_CONTROL_COMMIT - FW_FILTER_CONTROL_HELLO] = on_commit,
	[FW_FILTER_CONTROL_OPEN - FW_FILTER_CONTROL_HELLO] = on_open,
	[FW_FILTER_CONTROL_QUERY - FW_FILTER_CONTROL_HELLO] = on_query,
	[FW_FILTER_CONTROL_STATUS - FW_FILTER_CONTROL_HELLO] = on_status,
	[FW_FILTER_CONTROL_FEATURES - FW_FILTER_CONTROL_HELLO] = on_features,
	[FW_FILTER_CONTROL_PLACES - FW_FILTER_CONTROL_HELLO] = on_places,
};

static NTSTATUS answer(struct fw_im_handle *handle, IRP *irp, uint32_t code)
{
	uint32_t number = (code >> 2 & 0xfffu) - FW_FILTER_CONTROL_HELLO;
	struct request request = { .handle = handle };
	NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;

	fw_control_request_begin(&request.data, irp);
	if (number < FW_ARRAY_SIZE(functions) && functions[number] &&
		code == fw_filter_control_code((enum fw_filter_control_function)(
				FW_FILTER_CONTROL_HELLO + number)))
		status = handle->is_greeted || !number ? functions[number](&request)
						       : STATUS_INVALID_DEVICE_STATE;
	fw_irp_complete(irp, status, NT_SUCCESS(status) ? request.data.answered : 0);
	return status;
}

NTSTATUS fw_im_handle_request(struct fw_im_handle *handle, IRP *irp)
{
	IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
	uint32_t code = location->Parameters.DeviceIoControl.IoControlCode;
	NTSTATUS status;

	InterlockedIncrement(&handle->references);
	if (code != fw_filter_control_code(FW_FILTER_CONTROL_FOLLOW)) {
		status = answer(handle, irp, code);
	} else if (handle->is_greeted) {
		status = fw_im_follower_request(&handle->follower, irp);
	} else {
		status = STATUS_INVALID_DEVICE_STATE;
		fw_irp_complete(irp, status, 0);
	}
	fw_im_handle_put(handle);
	return status;
}
