/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tdi_lower.h"

#include "abi/flow.h"

struct tdi_lower tdi_lower;

static const char *const names[] = { "\\Device\\Tcp", "\\Device\\Udp", "\\Device\\RawIp",
	"\\Device\\Tcp6", "\\Device\\Udp6", "\\Device\\RawIp6" };
static unsigned wanted;
static PDRIVER_OBJECT driver;

uint32_t tdi_lower_address(uint8_t *bytes, uint8_t family, const uint8_t *address, uint16_t port)
{
	uint16_t length = family == FW_FAMILY_IPV6 ? 26 : 14;
	uint16_t type = family == FW_FAMILY_IPV6 ? TDI_ADDRESS_TYPE_IP6 : TDI_ADDRESS_TYPE_IP;
	uint32_t count = 1;

	memset(bytes, 0, 8u + length);
	memcpy(bytes, &count, 4);
	memcpy(bytes + 4, &length, 2);
	memcpy(bytes + 6, &type, 2);
	bytes[8] = (uint8_t)(port >> 8);
	bytes[9] = (uint8_t)port;
	if (address)
		memcpy(bytes + (family == FW_FAMILY_IPV6 ? 14 : 10), address,
			family == FW_FAMILY_IPV6 ? 16 : 4);
	return 8u + length;
}

/* No more than there is room for, of which the length says nothing new. */
static void say(uint8_t *to, uint32_t room)
{
	memcpy(to, tdi_lower.said, tdi_lower.said_size < room ? tdi_lower.said_size : room);
}

static void answer_query(IRP *irp)
{
	uint8_t bytes[4 + 34] = { 1 };
	uint8_t address[16] = { 10, 0, 0, 1 };
	uint32_t length =
		4 + tdi_lower_address(bytes + 4, tdi_lower.family, address, tdi_lower.port);
	uint8_t *to = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);

	if (to && tdi_lower.said)
		say(to, MmGetMdlByteCount(irp->MdlAddress));
	else if (to && MmGetMdlByteCount(irp->MdlAddress) >= length)
		memcpy(to, bytes, length);
	irp->IoStatus.Information = length;
}

static void report_remote(TDI_CONNECTION_INFORMATION *information)
{
	if (information && information->RemoteAddress && tdi_lower.said)
		say(information->RemoteAddress, (uint32_t)information->RemoteAddressLength);
	else if (information && information->RemoteAddress)
		information->RemoteAddressLength = (LONG)tdi_lower_address(
			information->RemoteAddress, FW_FAMILY_IPV4, tdi_lower.remote, 4000);
}

static ULONG_PTR moved(unsigned minor, const IO_STACK_LOCATION *location)
{
	if (tdi_lower.information[minor])
		return tdi_lower.information[minor];
	if (minor == TDI_SEND || minor == TDI_RECEIVE || minor == TDI_SEND_DATAGRAM ||
		minor == TDI_RECEIVE_DATAGRAM)
		return ((const TDI_REQUEST_KERNEL_SEND *)&location->Parameters)->SendLength;
	return 0;
}

/* Everything that a request does beside its status. */
static void act(unsigned minor, IRP *irp, const IO_STACK_LOCATION *location)
{
	const TDI_REQUEST_KERNEL *request = (const void *)&location->Parameters;

	if (minor == TDI_QUERY_INFORMATION)
		answer_query(irp);
	if (minor == TDI_DISCONNECT)
		__atomic_store_n(
			&tdi_lower.disconnect_flags, request->RequestFlags, __ATOMIC_RELAXED);
	if (minor == TDI_LISTEN)
		report_remote(request->ReturnConnectionInformation);
	if (minor == TDI_RECEIVE_DATAGRAM)
		report_remote(
			((const TDI_REQUEST_KERNEL_RECEIVEDG *)request)->ReturnDatagramInformation);
	if (minor == TDI_SET_EVENT_HANDLER) {
		const TDI_REQUEST_KERNEL_SET_EVENT *set = (const void *)request;

		if (set->EventType < 0 || set->EventType >= TDI_LOWER_EVENTS)
			return;
		nt_lock();
		tdi_lower.handler[set->EventType] = set->EventHandler;
		tdi_lower.handler_context[set->EventType] = set->EventContext;
		nt_unlock();
		if (tdi_lower.in_set)
			tdi_lower.in_set(set->EventType);
	}
}

static NTSTATUS finish(unsigned minor, IRP *irp, NTSTATUS status)
{
	IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);

	irp->IoStatus.Status = status;
	if (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW)
		irp->IoStatus.Information = moved(minor, location);
	if (NT_SUCCESS(status))
		act(minor, irp, location);
	IoCompleteRequest(irp, IO_NETWORK_INCREMENT);
	return status;
}

static unsigned minor_of(const IO_STACK_LOCATION *location)
{
	switch (location->MajorFunction) {
	case IRP_MJ_CREATE:
		return TDI_LOWER_CREATE;
	case IRP_MJ_CLEANUP:
		return TDI_LOWER_CLEANUP;
	case IRP_MJ_CLOSE:
		return TDI_LOWER_CLOSE;
	default:
		return location->MinorFunction;
	}
}

static NTSTATUS hold(IRP *irp)
{
	unsigned index;

	IoMarkIrpPending(irp);
	for (index = 0; tdi_lower.held[index]; index++)
		;
	tdi_lower.held[index] = irp;
	return STATUS_PENDING;
}

static void fail_at_dispatch(void *context)
{
	KIRQL irql;

	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	finish(TDI_ACTION, context, tdi_lower.failure);
	KeLowerIrql(irql);
}

static NTSTATUS fail(unsigned minor, IRP *irp)
{
	if (!tdi_lower.failure)
		return finish(minor, irp, STATUS_INSUFFICIENT_RESOURCES);
	if (!tdi_lower.fails_late)
		return finish(minor, irp, tdi_lower.failure);
	IoMarkIrpPending(irp);
	nt_thread_join(nt_thread_start("late", NULL, fail_at_dispatch, irp));
	return STATUS_PENDING;
}

static NTSTATUS dispatch(PDEVICE_OBJECT device, PIRP irp)
{
	IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
	unsigned minor = minor_of(location);

	if (location->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
		tdi_lower.device_controls++;
		return finish(TDI_ACTION, irp, STATUS_NOT_IMPLEMENTED);
	}
	__atomic_add_fetch(&tdi_lower.calls[minor], 1, __ATOMIC_RELAXED);
	if (tdi_lower.hold[minor])
		return hold(irp);
	if (nt_fails("a request to the transport"))
		return fail(minor, irp);
	return finish(minor, irp, tdi_lower.status[minor]);
}

static unsigned find(unsigned minor)
{
	unsigned index;

	for (index = 0; index < TDI_LOWER_HELD; index++)
		if (tdi_lower.held[index] &&
			minor_of(IoGetCurrentIrpStackLocation(tdi_lower.held[index])) == minor)
			break;
	return index;
}

bool tdi_lower_holds(unsigned minor)
{
	return find(minor) < TDI_LOWER_HELD;
}

bool tdi_lower_complete(unsigned minor, NTSTATUS status, ULONG_PTR information)
{
	unsigned index = find(minor);
	KIRQL irql;
	IRP *irp;

	if (index == TDI_LOWER_HELD)
		return false;
	irp = tdi_lower.held[index];
	for (; index + 1 < TDI_LOWER_HELD; index++)
		tdi_lower.held[index] = tdi_lower.held[index + 1];
	tdi_lower.held[index] = NULL;
	tdi_lower.information[minor] = information;
	KeRaiseIrql(DISPATCH_LEVEL, &irql);
	finish(minor, irp, status);
	KeLowerIrql(irql);
	tdi_lower.information[minor] = 0;
	return true;
}

void tdi_lower_take(IRP *irp)
{
	nt_irp_take(irp, "the transport");
	hold(irp);
}

static void unload(PDRIVER_OBJECT object)
{
	while (object->DeviceObject)
		IoDeleteDevice(object->DeviceObject);
}

static NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	PDEVICE_OBJECT device;
	UNICODE_STRING name;
	WCHAR text[32];
	unsigned index;

	object->DriverUnload = unload;
	for (index = 0; index <= IRP_MJ_MAXIMUM_FUNCTION; index++)
		object->MajorFunction[index] = dispatch;
	for (index = 0; index < FW_NT_COUNT(names); index++) {
		if (!(wanted & 1u << index))
			continue;
		nt_utf16(names[index], text, FW_NT_COUNT(text), &name);
		IoCreateDevice(object, 0, &name, FILE_DEVICE_NETWORK, FILE_DEVICE_SECURE_OPEN,
			FALSE, &device);
		device->Flags |= DO_DIRECT_IO;
	}
	return STATUS_SUCCESS;
}

void tdi_lower_start(unsigned devices)
{
	memset(&tdi_lower, 0, sizeof(tdi_lower));
	tdi_lower.family = FW_FAMILY_IPV4;
	tdi_lower.port = 1025;
	wanted = devices;
	nt_failures_pause();
	nt_driver_load("Tcpip", entry, &driver);
	nt_failures_resume();
}

void tdi_lower_stop(void)
{
	nt_driver_unload(driver);
}
