/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Ring 2: a driver in the place of tcpip.sys. It opens everything, takes every send whole, gives RECEIVED bytes to every
 * receive, every third of both later from a thread of its own, and with every tenth datagram that is sent one of DATAGRAM bytes is
 * indicated. Its objects are not told apart: who asks what is standin_client.c.
 */
#include <ntddk.h>
#include <tdikrnl.h>

#include "tests/wine/standin.h"

#define DEVICES 3
static PDEVICE_OBJECT devices[DEVICES];
static KEVENT arrived, ended; /* a timer's DPC that completes requests is a deadlock in Wine */
static BOOLEAN stopping;
static KSPIN_LOCK lock;
static LIST_ENTRY pending;
static LONG requests, datagrams;

/* The handler that was set last: there is one client with one address. */
static struct {
	PTDI_IND_RECEIVE_DATAGRAM handler;
	PVOID context;
} receive_datagram;

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = information;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return status;
}

static void complete_pending(void)
{
	LIST_ENTRY *entry;
	KIRQL irql;

	for (;;) {
		KeAcquireSpinLock(&lock, &irql);
		entry = IsListEmpty(&pending) ? NULL : RemoveHeadList(&pending);
		KeReleaseSpinLock(&lock, irql);
		if (!entry)
			return;
		PIRP irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);

		complete(irp, STATUS_SUCCESS, irp->IoStatus.Information);
	}
}

static void NTAPI work(PVOID context)
{
	(void)context;
	while (!stopping) {
		KeWaitForSingleObject(&arrived, Executive, KernelMode, FALSE, NULL);
		complete_pending();
	}
	KeSetEvent(&ended, IO_NO_INCREMENT, FALSE);
	PsTerminateSystemThread(STATUS_SUCCESS);
}

/* At once, or every third time later. */
static NTSTATUS transferred(PIRP irp, ULONG bytes)
{
	KIRQL irql;

	if (InterlockedIncrement(&requests) % 3)
		return complete(irp, STATUS_SUCCESS, bytes);
	irp->IoStatus.Information = bytes;
	IoMarkIrpPending(irp);
	KeAcquireSpinLock(&lock, &irql);
	InsertTailList(&pending, &irp->Tail.Overlay.ListEntry);
	KeReleaseSpinLock(&lock, irql);
	KeSetEvent(&arrived, IO_NO_INCREMENT, FALSE);
	return STATUS_PENDING;
}

static void indicate_datagram(void)
{
	static UCHAR bytes[STANDIN_DATAGRAM], address[22];
	ULONG taken = 0;
	PIRP irp = NULL;

	if (receive_datagram.handler && InterlockedIncrement(&datagrams) % 10 == 0)
		receive_datagram.handler(receive_datagram.context, sizeof(address), address, 0, NULL,
			TDI_RECEIVE_ENTIRE_MESSAGE, sizeof(bytes), sizeof(bytes), &taken, bytes, &irp);
}

static NTSTATUS on_set_handler(PIRP irp, const TDI_REQUEST_KERNEL_SET_EVENT *request)
{
	if (request->EventType == TDI_EVENT_RECEIVE_DATAGRAM) {
		receive_datagram.handler = (PTDI_IND_RECEIVE_DATAGRAM)request->EventHandler;
		receive_datagram.context = request->EventContext;
	}
	return complete(irp, STATUS_SUCCESS, 0);
}

/* Where the address is. */
static NTSTATUS on_query(PIRP irp)
{
	static const UCHAR answer[] = { 1, 0, 0, 0, /* activity */ 1, 0, 0, 0, /* one address */ 14, 0, 2, 0,
		STANDIN_PORT >> 8, STANDIN_PORT & 0xff, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 };
	MDL *mdl = irp->MdlAddress;

	if (!mdl || !(mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) ||
		MmGetMdlByteCount(mdl) < sizeof(answer))
		return complete(irp, STATUS_INVALID_PARAMETER, 0);
	RtlCopyMemory(mdl->MappedSystemVa, answer, sizeof(answer));
	return complete(irp, STATUS_SUCCESS, sizeof(answer));
}

static NTSTATUS on_internal(PIRP irp, PIO_STACK_LOCATION location)
{
	const void *parameters = &location->Parameters;
	const TDI_REQUEST_KERNEL_SEND *send = parameters;
	const TDI_REQUEST_KERNEL_SENDDG *datagram = parameters;

	switch (location->MinorFunction) {
	case TDI_SEND:
		return transferred(irp, send->SendLength);
	case TDI_RECEIVE:
		return transferred(irp, STANDIN_RECEIVED);
	case TDI_SEND_DATAGRAM:
		indicate_datagram();
		return transferred(irp, datagram->SendLength);
	case TDI_SET_EVENT_HANDLER:
		return on_set_handler(irp, parameters);
	case TDI_QUERY_INFORMATION:
		return on_query(irp);
	default:
		return complete(irp, STATUS_SUCCESS, 0);
	}
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);

	(void)device;
	if (location->MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL)
		return on_internal(irp, location);
	return complete(irp, STATUS_SUCCESS, 0);
}

static void NTAPI unload(PDRIVER_OBJECT driver)
{
	(void)driver;
	stopping = TRUE;
	KeSetEvent(&arrived, IO_NO_INCREMENT, FALSE);
	KeWaitForSingleObject(&ended, Executive, KernelMode, FALSE, NULL);
	for (int i = 0; i < DEVICES; i++)
		if (devices[i])
			IoDeleteDevice(devices[i]);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	static const WCHAR *const names[DEVICES] = { L"\\Device\\Tcp", L"\\Device\\Udp", L"\\Device\\RawIp" };
	NTSTATUS status = STATUS_SUCCESS;
	UNICODE_STRING name;
	HANDLE thread;

	(void)path;
	InitializeListHead(&pending);
	KeInitializeSpinLock(&lock);
	KeInitializeEvent(&arrived, SynchronizationEvent, FALSE);
	KeInitializeEvent(&ended, NotificationEvent, FALSE);
	status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, work, NULL);
	if (!NT_SUCCESS(status))
		return status;
	ZwClose(thread);
	for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
		driver->MajorFunction[i] = dispatch;
	driver->DriverUnload = unload;
	for (int i = 0; i < DEVICES && NT_SUCCESS(status); i++) {
		RtlInitUnicodeString(&name, names[i]);
		status = IoCreateDevice(driver, sizeof(names[i]), &name, FILE_DEVICE_NETWORK, 0, FALSE,
			&devices[i]);
		if (!NT_SUCCESS(status))
			break;
		*(const WCHAR **)devices[i]->DeviceExtension = names[i]; /* for standin_names.c */
		devices[i]->Flags = (devices[i]->Flags | DO_DIRECT_IO) & ~DO_DEVICE_INITIALIZING;
	}
	if (!NT_SUCCESS(status))
		unload(driver);
	return status;
}
