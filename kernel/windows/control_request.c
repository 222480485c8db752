/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/control_request.h"

#define ANSWER_MOST (1u << 20)

void fw_control_request_begin(struct fw_control_request *request, IRP *irp)
{
	IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);

	request->buffer = irp->AssociatedIrp.SystemBuffer;
	request->in = location->Parameters.DeviceIoControl.InputBufferLength;
	request->out = location->Parameters.DeviceIoControl.OutputBufferLength;
	request->answered = 0;
	if (!request->buffer)
		request->in = request->out = 0;
	if (request->out > ANSWER_MOST)
		request->out = ANSWER_MOST;
}

NTSTATUS fw_control_take(const struct fw_control_request *request, void *structure, uint32_t size)
{
	uint32_t said;

	if (request->in < size)
		return STATUS_BUFFER_TOO_SMALL;
	memcpy(&said, request->buffer, sizeof(said));
	if (said < size || said > request->in)
		return STATUS_INVALID_PARAMETER;
	memcpy(structure, request->buffer, size);
	return STATUS_SUCCESS;
}

NTSTATUS fw_control_take_cursor(
	struct fw_control_request *request, uint32_t least, uint64_t *after)
{
	struct fw_control_cursor cursor;
	NTSTATUS status = fw_control_take(request, &cursor, sizeof(cursor));

	if (!NT_SUCCESS(status))
		return status;
	if (cursor.reserved)
		return STATUS_INVALID_PARAMETER;
	if (request->out < least)
		return STATUS_BUFFER_TOO_SMALL;
	memset(request->buffer, 0, request->out);
	*after = cursor.after;
	return STATUS_SUCCESS;
}

NTSTATUS fw_control_answer(
	struct fw_control_request *request, const void *structure, uint32_t size)
{
	if (request->out < size)
		return STATUS_BUFFER_TOO_SMALL;
	memcpy(request->buffer, structure, size);
	request->answered = size;
	return STATUS_SUCCESS;
}

NTSTATUS fw_control_greet(struct fw_control_request *request, volatile LONG *is_greeted)
{
	struct fw_control_hello hello;
	NTSTATUS status = fw_control_take(request, &hello, sizeof(hello));

	if (!NT_SUCCESS(status))
		return status;
	if (request->out < sizeof(hello))
		return STATUS_BUFFER_TOO_SMALL;
	if (hello.major != FW_ABI_MAJOR)
		return STATUS_REVISION_MISMATCH;
	hello.size = sizeof(hello);
	hello.minor = FW_ABI_MINOR;
	InterlockedExchange(is_greeted, 1);
	return fw_control_answer(request, &hello, sizeof(hello));
}
