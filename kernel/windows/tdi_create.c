/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_create.h"

#include "kernel/windows/event_stream.h"
#include "kernel/windows/limit_receive.h"
#include "kernel/windows/tdi_attach.h"
#include "kernel/windows/tdi_flow.h"
#include "kernel/windows/tdi_port.h"
#include "kernel/windows/tdi_request.h"
#include "kernel/windows/tdi_tell.h"

/* FILE_FULL_EA_INFORMATION: where its parts are; the name and a zero byte come first, then the
 * value. */
enum {
	EA_NEXT = 0,	     /* bytes to the next one, 32 bits; 0: the last */
	EA_NAME_LENGTH = 5,  /* 8 bits */
	EA_VALUE_LENGTH = 6, /* 16 bits */
	EA_NAME = 8,
};

static bool is_named(const uint8_t *attribute, const char *name, uint32_t length)
{
	return attribute[EA_NAME_LENGTH] == length &&
	       RtlCompareMemory(attribute + EA_NAME, name, length) == length;
}

/* One attribute that lies within its bounds. False: it says nothing about the kind. */
static bool take_attribute(const uint8_t *attribute, uint32_t value_length, enum fw_tdi_kind *kind,
	struct fw_tdi_endpoint *local, void **context)
{
	const uint8_t *value = attribute + EA_NAME + attribute[EA_NAME_LENGTH] + 1;

	if (is_named(attribute, TdiTransportAddress, TDI_TRANSPORT_ADDRESS_LENGTH)) {
		*kind = FW_TDI_ADDRESS;
		fw_tdi_endpoint_read(value, (int32_t)value_length, local);
		return true;
	}
	if (is_named(attribute, TdiConnectionContext, TDI_CONNECTION_CONTEXT_LENGTH) &&
		value_length >= sizeof(*context)) {
		*kind = FW_TDI_CONNECTION;
		RtlCopyMemory(context, value, sizeof(*context)); /* it need not be aligned */
		return true;
	}
	return false;
}

enum fw_tdi_kind fw_tdi_create_kind(
	const void *attributes, uint32_t length, struct fw_tdi_endpoint *local, void **context)
{
	enum fw_tdi_kind kind = FW_TDI_CONTROL;
	const uint8_t *attribute = attributes;

	while (attribute && length > EA_NAME) {
		uint32_t next, name = attribute[EA_NAME_LENGTH] + 1u;
		uint16_t value;

		RtlCopyMemory(&next, attribute + EA_NEXT, sizeof(next));
		RtlCopyMemory(&value, attribute + EA_VALUE_LENGTH, sizeof(value));
		if (name + value > length - EA_NAME)
			break;
		if (take_attribute(attribute, value, &kind, local, context))
			break;
		if (next < EA_NAME || next >= length)
			break;
		attribute += next;
		length -= next;
	}
	return kind;
}

/* \Device\RawIp\17: the protocol is the name of the file. */
static uint16_t raw_protocol(const FILE_OBJECT *file)
{
	uint32_t i, count = file->FileName.Length / sizeof(WCHAR), number = 0;

	if (!file->FileName.Buffer)
		return FW_TDI_PROTOCOL_RAW;
	for (i = count && file->FileName.Buffer[0] == '\\' ? 1 : 0; i < count; i++) {
		WCHAR digit = file->FileName.Buffer[i];

		if (digit < '0' || digit > '9' || number > FW_TDI_PROTOCOL_RAW)
			return FW_TDI_PROTOCOL_RAW;
		number = number * 10 + (digit - '0');
	}
	return number && number < FW_TDI_PROTOCOL_RAW ? (uint16_t)number : FW_TDI_PROTOCOL_RAW;
}

/* The lower driver has opened it. Its port is what it says now, not what was asked for, which may
 * have been any. */
static void opened(struct fw_tdi_object *object, FILE_OBJECT *file, struct fw_tdi_endpoint *local)
{
	struct fw_tdi_endpoint found = *local;

	object->opened_ns = object->kind == FW_TDI_ADDRESS ? fw_time_boot_ns() : 0;
	if (object->protocol == FW_TDI_PROTOCOL_RAW)
		object->protocol = raw_protocol(file);
	if (object->kind == FW_TDI_ADDRESS)
		fw_tdi_query_local(object->device, file, &found);
	fw_tdi_object_open(object, file);
	if (object->kind == FW_TDI_ADDRESS)
		fw_tdi_port_taken(object, &found);
}

/*
 * A create always comes at PASSIVE_LEVEL in its caller's thread, so the request is held by waiting
 * here for the lower driver, wherever that completes it, and what is asked afterwards is asked at
 * PASSIVE_LEVEL too.
 *
 * Without memory for the object the create fails. A client remembers our device with the file; a
 * file that we did not know of would escape the rules and make the driver's unload unsafe.
 */
NTSTATUS fw_tdi_create(struct fw_tdi_device *device, IRP *irp)
{
	const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
	struct fw_tdi_endpoint local = { 0 };
	struct fw_tdi_object *object;
	enum fw_tdi_kind kind;
	void *context = NULL;
	NTSTATUS status;

	kind = fw_tdi_create_kind(irp->AssociatedIrp.SystemBuffer,
		location->Parameters.Create.EaLength, &local, &context);
	object = fw_tdi_object_new(device, kind);
	if (!object)
		return fw_tdi_refuse(irp, STATUS_INSUFFICIENT_RESOURCES);
	object->context = context;
	fw_tdi_request_enter();
	status = fw_tdi_wait(device, irp);
	if (NT_SUCCESS(status))
		opened(object, location->FileObject, &local);
	fw_tdi_object_put(object);
	IoCompleteRequest(irp, IO_NETWORK_INCREMENT);
	fw_tdi_request_leave();
	return status;
}

/* Nothing of it comes any more. It may have been told already. */
static void retire(struct fw_tdi_object *object)
{
	if (!fw_tdi_object_retire(object))
		return;
	if (object->kind == FW_TDI_CONNECTION)
		fw_tdi_flow_over(object);
	else
		fw_tdi_port_released(object);
}

static NTSTATUS NTAPI was_cleaned_up(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct fw_tdi_object *object = context;

	retire(object);
	fw_tdi_object_put(object);
	return fw_tdi_watched(irp);
}

NTSTATUS fw_tdi_cleanup(struct fw_tdi_device *device, IRP *irp)
{
	struct fw_tdi_object *object =
		fw_tdi_object_get(IoGetCurrentIrpStackLocation(irp)->FileObject);

	if (!object)
		return fw_tdi_pass(device, irp);
	fw_limit_stop(object);
	fw_tdi_tell_stop(object);
	return fw_tdi_watch(device, irp, was_cleaned_up, object);
}

static NTSTATUS NTAPI was_closed(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct fw_tdi_object *object = context;

	retire(object); /* who was never cleaned up */
	fw_tdi_object_close(object);
	fw_tdi_object_put(object);
	return fw_tdi_watched(irp);
}

NTSTATUS fw_tdi_close(struct fw_tdi_device *device, IRP *irp)
{
	struct fw_tdi_object *object =
		fw_tdi_object_get(IoGetCurrentIrpStackLocation(irp)->FileObject);

	return object ? fw_tdi_watch(device, irp, was_closed, object) : fw_tdi_pass(device, irp);
}
