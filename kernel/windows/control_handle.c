/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/control_handle.h"

#include "kernel/windows/control_request.h"
#include "kernel/windows/control_rows.h"
#include "kernel/windows/driver.h"
#include "kernel/windows/nt_memory.h"
#include "kernel/windows/nt_optional.h"
#include "kernel/windows/rule_registry.h"
#include "kernel/windows/usage_dump.h"


struct request {
	struct fw_control_handle *handle;
	struct fw_control_request data;
};

struct fw_control_handle *fw_control_handle_new(void)
{
	struct fw_control_handle *handle = fw_allocate(sizeof(*handle));

	if (!handle)
		return NULL;
	handle->references = 1;
	fw_event_reader_init(&handle->reader);
	return handle;
}

void fw_control_handle_get(struct fw_control_handle *handle)
{
	InterlockedIncrement(&handle->references);
}

void fw_control_handle_put(struct fw_control_handle *handle)
{
	if (!handle || InterlockedDecrement(&handle->references))
		return;
	fw_event_reader_done(&handle->reader);
	fw_free(handle);
}

static NTSTATUS answer_status(struct request *request)
{
	struct fw_control_status status;

	memset(&status, 0, sizeof(status));
	status.size = sizeof(status);
	fw_driver_status(&status);
	return fw_control_answer(&request->data, &status, sizeof(status));
}

static NTSTATUS on_hello(struct request *request)
{
	return fw_control_greet(&request->data, &request->handle->is_greeted);
}

static NTSTATUS on_status(struct request *request)
{
	return answer_status(request);
}

static NTSTATUS answer_rows(struct request *request, enum fw_control_kind kind)
{
	struct fw_control_request *data = &request->data;
	uint64_t after;
	NTSTATUS status = fw_control_take_cursor(data, fw_control_rows_least(kind), &after);

	if (NT_SUCCESS(status))
		data->answered = fw_control_rows_fill(kind, after, data->buffer, data->out);
	return status;
}

static NTSTATUS on_usage(struct request *request)
{
	return answer_rows(request, FW_CONTROL_KIND_USAGE);
}

static NTSTATUS on_connections(struct request *request)
{
	return answer_rows(request, FW_CONTROL_KIND_CONNECTION);
}

static NTSTATUS on_ports(struct request *request)
{
	return answer_rows(request, FW_CONTROL_KIND_PORT);
}

static NTSTATUS on_rules(struct request *request)
{
	return answer_rows(request, FW_CONTROL_KIND_RULE);
}

static NTSTATUS on_features(struct request *request)
{
	return answer_rows(request, FW_CONTROL_KIND_FEATURE);
}

static NTSTATUS on_subscribe(struct request *request)
{
	const uint64_t known = (1ull << FW_RECORD_TYPE_COUNT) - 1;
	struct fw_control_subscription subscription;
	NTSTATUS status = fw_control_take(&request->data, &subscription, sizeof(subscription));

	if (!NT_SUCCESS(status))
		return status;
	if (subscription.types & ~known || subscription.reserved)
		return STATUS_INVALID_PARAMETER;
	return fw_event_reader_subscribe(&request->handle->reader, &subscription);
}

static NTSTATUS on_drain(struct request *request)
{
	return fw_event_reader_drain(&request->handle->reader);
}

static NTSTATUS on_report(struct request *request)
{
	struct fw_control_report report = { .size = sizeof(report) };
	NTSTATUS status;

	if (request->data.out < sizeof(report))
		return STATUS_BUFFER_TOO_SMALL;
	status = fw_event_reader_report(&request->handle->reader, &report);
	if (!NT_SUCCESS(status))
		return status;
	return fw_control_answer(&request->data, &report, sizeof(report));
}

/* The header of a list, and where its elements are; all of them are there, and not too many. */
static NTSTATUS take_list(
	const struct request *request, uint32_t element, uint32_t *count, uint32_t *offset)
{
	struct fw_control_rules list; /* fw_control_rule_ids has the same form */
	NTSTATUS status = fw_control_take(&request->data, &list, sizeof(list));

	if (!NT_SUCCESS(status))
		return status;
	if (!list.count || list.count > FW_CONTROL_RULES_AT_ONCE)
		return STATUS_INVALID_PARAMETER;
	if ((uint64_t)list.count * element > request->data.in - list.size)
		return STATUS_BUFFER_TOO_SMALL;
	*count = list.count;
	*offset = list.size;
	return STATUS_SUCCESS;
}

static NTSTATUS on_rules_add(struct request *request)
{
	uint32_t count, offset, bytes;
	NTSTATUS status = take_list(request, sizeof(struct fw_rule), &count, &offset);
	struct fw_rule *rules;

	if (!NT_SUCCESS(status))
		return status;
	bytes = count * (uint32_t)sizeof(struct fw_rule);
	if (request->data.out < offset + bytes)
		return STATUS_BUFFER_TOO_SMALL;
	rules = fw_allocate(bytes); /* where they are aligned, whatever the header's size is */
	if (!rules)
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(rules, request->data.buffer + offset, bytes);
	status = fw_rule_registry_add(rules, count);
	if (NT_SUCCESS(status)) {
		memcpy(request->data.buffer + offset, rules, bytes);
		request->data.answered = offset + bytes;
	}
	fw_free(rules);
	return status;
}

static NTSTATUS on_rules_remove(struct request *request)
{
	uint32_t count, offset;
	uint32_t *ids;
	NTSTATUS status = take_list(request, sizeof(*ids), &count, &offset);

	if (!NT_SUCCESS(status))
		return status;
	ids = fw_allocate(count * sizeof(*ids));
	if (!ids)
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(ids, request->data.buffer + offset, count * sizeof(*ids));
	status = fw_rule_registry_remove(ids, count);
	fw_free(ids);
	return status;
}

static NTSTATUS on_stop(struct request *request)
{
	if (request->data.out < sizeof(struct fw_control_status))
		return STATUS_BUFFER_TOO_SMALL;
	fw_driver_stop();
	return answer_status(request);
}

static NTSTATUS on_start(struct request *request)
{
	NTSTATUS status;

	if (request->data.out < sizeof(struct fw_control_status))
		return STATUS_BUFFER_TOO_SMALL;
	status = fw_driver_start();
	return NT_SUCCESS(status) ? answer_status(request) : status;
}

static NTSTATUS on_dump(struct request *request)
{
	struct fw_control_dump dump;
	NTSTATUS status = fw_control_take(&request->data, &dump, sizeof(dump));

	return NT_SUCCESS(status) ? fw_usage_dump_set(dump.interval_ms) : status;
}

static NTSTATUS (*const functions[])(struct request *request) = {
	[FW_CONTROL_HELLO - FW_CONTROL_HELLO] = on_hello,
	[FW_CONTROL_STATUS - FW_CONTROL_HELLO] = on_status,
	[FW_CONTROL_USAGE - FW_CONTROL_HELLO] = on_usage,
	[FW_CONTROL_CONNECTIONS - FW_CONTROL_HELLO] = on_connections,
	[FW_CONTROL_PORTS - FW_CONTROL_HELLO] = on_ports,
	[FW_CONTROL_SUBSCRIBE - FW_CONTROL_HELLO] = on_subscribe,
	[FW_CONTROL_DRAIN - FW_CONTROL_HELLO] = on_drain,
	[FW_CONTROL_REPORT - FW_CONTROL_HELLO] = on_report,
	[FW_CONTROL_RULES - FW_CONTROL_HELLO] = on_rules,
	[FW_CONTROL_RULES_ADD - FW_CONTROL_HELLO] = on_rules_add,
	[FW_CONTROL_RULES_REMOVE - FW_CONTROL_HELLO] = on_rules_remove,
	[FW_CONTROL_STOP - FW_CONTROL_HELLO] = on_stop,
	[FW_CONTROL_START - FW_CONTROL_HELLO] = on_start,
	[FW_CONTROL_FEATURES - FW_CONTROL_HELLO] = on_features,
	[FW_CONTROL_DUMP - FW_CONTROL_HELLO] = on_dump,
};

/* Direct: records go into the caller's own pages, from whatever thread has them. */
static NTSTATUS read(struct fw_control_handle *handle, IRP *irp, uint32_t room)
{
	NTSTATUS status = STATUS_SUCCESS;
	void *buffer = NULL;

	if (!handle->is_greeted)
		status = STATUS_INVALID_DEVICE_STATE;
	else if (room < FW_CONTROL_READ_MIN)
		status = STATUS_BUFFER_TOO_SMALL;
	if (NT_SUCCESS(status)) {
		buffer = fw_nt_mdl_address(irp->MdlAddress);
		if (!buffer)
			status = STATUS_INSUFFICIENT_RESOURCES;
	}
	if (NT_SUCCESS(status))
		return fw_event_reader_read(&handle->reader, irp, buffer);
	fw_irp_complete(irp, status, 0);
	return status;
}

static NTSTATUS answer(struct fw_control_handle *handle, IRP *irp, uint32_t code)
{
	uint32_t number = (code >> 2 & 0xfffu) - FW_CONTROL_HELLO;
	struct request request = { .handle = handle };
	NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;

	fw_control_request_begin(&request.data, irp);
	if (number < FW_ARRAY_SIZE(functions) && functions[number] &&
		code == fw_control_code((enum fw_control_function)(FW_CONTROL_HELLO + number)))
		status = handle->is_greeted || !number ? functions[number](&request)
						       : STATUS_INVALID_DEVICE_STATE;
	fw_irp_complete(irp, status, NT_SUCCESS(status) ? request.data.answered : 0);
	return status;
}

NTSTATUS fw_control_handle_request(struct fw_control_handle *handle, IRP *irp)
{
	IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
	uint32_t code = location->Parameters.DeviceIoControl.IoControlCode;
	NTSTATUS status;

	fw_control_handle_get(handle);
	if (code == fw_control_code(FW_CONTROL_READ))
		status = read(handle, irp, location->Parameters.DeviceIoControl.OutputBufferLength);
	else
		status = answer(handle, irp, code);
	fw_control_handle_put(handle);
	return status;
}
