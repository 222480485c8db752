/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Addresses of the fake transport: opened with an address, asked for it, given handlers. */
#include <sys/socket.h>

#include "fake_internal.h"

static NTSTATUS set_handler(struct fake_file *address, PIRP irp, PIO_STACK_LOCATION location)
{
	const TDI_REQUEST_KERNEL_SET_EVENT *request = (void *)&location->Parameters;
	KIRQL irql;

	if (irp->RequestorMode != KernelMode)
		return fake_answer(irp, STATUS_ACCESS_DENIED, 0);
	if (request->EventType < 0 || request->EventType >= FAKE_EVENTS)
		return fake_answer(irp, STATUS_INVALID_PARAMETER, 0);
	KeAcquireSpinLock(&fake_lock, &irql);
	address->handlers[request->EventType].function = request->EventHandler;
	address->handlers[request->EventType].context = request->EventContext;
	if (request->EventType == TDI_EVENT_CONNECT && request->EventHandler && !address->listening &&
		fake_wire_is_stream(address->protocol))
		address->listening = !listen(address->fd, 64);
	KeReleaseSpinLock(&fake_lock, irql);
	fake_network_wake();
	return fake_answer(irp, STATUS_SUCCESS, 0);
}

/* TDI_ADDRESS_INFO: a count, then the address. */
NTSTATUS fake_query(struct fake_file *file, PIRP irp, PIO_STACK_LOCATION location)
{
	const TDI_REQUEST_KERNEL_QUERY_INFORMATION *request = (void *)&location->Parameters;
	UCHAR answer[4 + FAKE_ADDRESS_MAX] = { 1 };
	int fd = file->fd;
	ULONG length;
	size_t count;

	if (request->QueryType != TDI_QUERY_ADDRESS_INFO)
		return fake_answer(irp, STATUS_NOT_IMPLEMENTED, 0);
	if (fd < 0 && file->address)
		fd = file->address->fd;
	if (fd < 0)
		return fake_answer(irp, STATUS_INVALID_CONNECTION, 0);
	length = 4 + fake_wire_local(fd, answer + 4);
	count = fake_mdl_put(irp->MdlAddress, 0, answer, length);
	return fake_answer(irp, count < length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, count);
}

NTSTATUS fake_address_request(struct fake_file *address, PIRP irp, PIO_STACK_LOCATION location)
{
	switch (location->MinorFunction) {
	case TDI_SET_EVENT_HANDLER:
		return set_handler(address, irp, location);
	case TDI_QUERY_INFORMATION:
		return fake_query(address, irp, location);
	case TDI_SEND_DATAGRAM:
		if (!fake_wire_is_stream(address->protocol))
			return fake_send_datagram(address, irp, location);
		break;
	case TDI_RECEIVE_DATAGRAM:
		if (!fake_wire_is_stream(address->protocol))
			return fake_receive_datagram(address, irp);
		break;
	case TDI_SET_INFORMATION:
	case TDI_ACTION:
		return fake_answer(irp, STATUS_SUCCESS, 0);
	}
	return fake_answer(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}
