/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Ring 2: a driver in the place of afd.sys. When it is loaded it opens an address and a connection on \Device\Tcp and an
 * address on \Device\Udp, moves what standin.h says, and keeps them open until it is unloaded. Wine drops the extended
 * attributes of a create, so the requests are made here and given to the top of the stack, with files of our own.
 */
#include <ntddk.h>
#include <tdikrnl.h>

#include "tests/wine/standin.h"

#define STANDIN_TAG 0x74735746 /* "FWst" */

/* What Wine keeps in front of an object: a count first. It never becomes 0. */
#define IN_FRONT   64
#define REFERENCES 1000000

NTSTATUS NTAPI standin_reference(PUNICODE_STRING name, ULONG attributes, PACCESS_STATE access_state,
	ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID context, PVOID *object);

struct file {
	PDEVICE_OBJECT bottom, top;
	FILE_OBJECT *object;
	UCHAR *memory;
};

static struct file tcp_address, tcp_connection, udp_address;
static UCHAR *buffer;
static PMDL mdl;

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS NTAPI on_complete(PDEVICE_OBJECT device, PIRP irp, PVOID event)
{
	(void)device;
	(void)irp;
	KeSetEvent(event, IO_NO_INCREMENT, FALSE);
	return STATUS_MORE_PROCESSING_REQUIRED;
}

/* A request for a file, and its answer. `parameters` and `bytes` may be NULL. */
static NTSTATUS ask(struct file *file, UCHAR major, UCHAR minor, const void *parameters, ULONG size,
	void *bytes, ULONG_PTR *information)
{
	PIRP irp = IoAllocateIrp(file->top->StackSize, FALSE);
	PIO_STACK_LOCATION location;
	NTSTATUS status;
	KEVENT event;

	if (!irp)
		return STATUS_INSUFFICIENT_RESOURCES;
	KeInitializeEvent(&event, NotificationEvent, FALSE);
	location = IoGetNextIrpStackLocation(irp);
	location->MajorFunction = major;
	location->MinorFunction = minor;
	location->FileObject = file->object;
	if (parameters)
		RtlCopyMemory(&location->Parameters, parameters, size);
	irp->AssociatedIrp.SystemBuffer = bytes;
	if (major == IRP_MJ_INTERNAL_DEVICE_CONTROL)
		irp->MdlAddress = mdl;
	IoSetCompletionRoutine(irp, on_complete, &event, TRUE, TRUE, TRUE);
	IoCallDriver(file->top, irp);
	KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
	status = irp->IoStatus.Status;
	if (information)
		*information = irp->IoStatus.Information;
	irp->MdlAddress = NULL;
	IoFreeIrp(irp);
	return status;
}

static NTSTATUS make_file(const WCHAR *device, struct file *file)
{
	UNICODE_STRING name;
	NTSTATUS status;

	RtlInitUnicodeString(&name, device);
	status = standin_reference(&name, OBJ_CASE_INSENSITIVE, NULL, 0, NULL, KernelMode, NULL, (void **)&file->bottom);
	if (!NT_SUCCESS(status))
		return status;
	file->memory = ExAllocatePoolWithTag(NonPagedPool, IN_FRONT + sizeof(FILE_OBJECT), STANDIN_TAG);
	if (!file->memory)
		return STATUS_INSUFFICIENT_RESOURCES;
	RtlZeroMemory(file->memory, IN_FRONT + sizeof(FILE_OBJECT));
	for (int i = 0; i < IN_FRONT; i += 8)
		*(LONG *)(file->memory + i) = REFERENCES;
	file->object = (FILE_OBJECT *)(file->memory + IN_FRONT);
	file->object->Type = 5; /* IO_TYPE_FILE */
	file->object->Size = sizeof(FILE_OBJECT);
	file->object->DeviceObject = file->bottom;
	file->top = IoGetAttachedDevice(file->bottom);
	return STATUS_SUCCESS;
}

/* Open with one attribute. */
static NTSTATUS open(const WCHAR *device, const char *name, const void *value, USHORT length,
	struct file *file)
{
	struct {
		PVOID security;
		ULONG options;
		USHORT POINTER_ALIGNMENT attributes;
		USHORT share;
		ULONG POINTER_ALIGNMENT ea_length;
	} create = { 0 };
	UCHAR bytes[128];
	UCHAR name_length = 0;
	NTSTATUS status = make_file(device, file);

	if (!NT_SUCCESS(status))
		return status;
	while (name[name_length])
		name_length++;
	RtlZeroMemory(bytes, sizeof(bytes));
	bytes[5] = name_length;
	bytes[6] = (UCHAR)length;
	RtlCopyMemory(bytes + 8, name, name_length);
	RtlCopyMemory(bytes + 9 + name_length, value, length);
	create.ea_length = 9u + name_length + length;
	return ask(file, IRP_MJ_CREATE, 0, &create, sizeof(create), bytes, NULL);
}

static void close(struct file *file)
{
	if (file->object) {
		ask(file, IRP_MJ_CLEANUP, 0, NULL, 0, NULL, NULL);
		ask(file, IRP_MJ_CLOSE, 0, NULL, 0, NULL, NULL);
	}
	if (file->memory)
		ExFreePoolWithTag(file->memory, STANDIN_TAG);
	if (file->bottom)
		ObDereferenceObject(file->bottom);
	RtlZeroMemory(file, sizeof(*file));
}

static NTSTATUS NTAPI take_datagram(PVOID context, LONG address_length, PVOID address, LONG options_length,
	PVOID options, ULONG flags, ULONG indicated, ULONG available, ULONG *taken, PVOID bytes, PIRP *irp)
{
	(void)context;
	(void)address_length;
	(void)address;
	(void)options_length;
	(void)options;
	(void)flags;
	(void)available;
	(void)bytes;
	*taken = indicated;
	*irp = NULL;
	return STATUS_SUCCESS;
}

static NTSTATUS open_all(void)
{
	static const UCHAR address[] = { 1, 0, 0, 0, 14, 0, 2, 0, STANDIN_PORT >> 8, STANDIN_PORT & 0xff, 127, 0, 0,
		1, 0, 0, 0, 0, 0, 0, 0, 0 };
	const PVOID context = &tcp_connection;
	TDI_REQUEST_KERNEL_SET_EVENT handler = { TDI_EVENT_RECEIVE_DATAGRAM, (PVOID)take_datagram, &udp_address };
	NTSTATUS status = open(L"\\Device\\Tcp", TdiTransportAddress, address, sizeof(address), &tcp_address);

	if (NT_SUCCESS(status))
		status = open(L"\\Device\\Tcp", TdiConnectionContext, &context, sizeof(context), &tcp_connection);
	if (NT_SUCCESS(status))
		status = open(L"\\Device\\Udp", TdiTransportAddress, address, sizeof(address), &udp_address);
	if (NT_SUCCESS(status))
		status = ask(&udp_address, IRP_MJ_INTERNAL_DEVICE_CONTROL, TDI_SET_EVENT_HANDLER, &handler,
			sizeof(handler), NULL, NULL);
	return status;
}

static NTSTATUS move(struct file *file, UCHAR minor, ULONG times, ULONG bytes, ULONG_PTR expected)
{
	const TDI_REQUEST_KERNEL_SEND send = { .SendLength = bytes };
	const TDI_REQUEST_KERNEL_SENDDG datagram = { .SendLength = bytes };
	const void *parameters = minor == TDI_SEND_DATAGRAM ? (const void *)&datagram : &send;
	ULONG size = minor == TDI_SEND_DATAGRAM ? sizeof(datagram) : sizeof(send);

	for (ULONG i = 0; i < times; i++) {
		ULONG_PTR moved;
		NTSTATUS status = ask(file, IRP_MJ_INTERNAL_DEVICE_CONTROL, minor, parameters, size, NULL,
			&moved);

		if (!NT_SUCCESS(status) || moved != expected)
			return NT_SUCCESS(status) ? STATUS_UNSUCCESSFUL : status;
	}
	return STATUS_SUCCESS;
}

static void NTAPI unload(PDRIVER_OBJECT driver)
{
	(void)driver;
	close(&tcp_connection);
	close(&tcp_address);
	close(&udp_address);
	if (mdl)
		IoFreeMdl(mdl);
	if (buffer)
		ExFreePoolWithTag(buffer, STANDIN_TAG);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

	(void)path;
	driver->DriverUnload = unload;
	buffer = ExAllocatePoolWithTag(NonPagedPool, STANDIN_SENT, STANDIN_TAG);
	mdl = buffer ? IoAllocateMdl(buffer, STANDIN_SENT, FALSE, FALSE, NULL) : NULL;
	if (mdl) {
		MmBuildMdlForNonPagedPool(mdl);
		status = open_all();
	}
	if (NT_SUCCESS(status))
		status = move(&tcp_connection, TDI_SEND, STANDIN_SENDS, STANDIN_SENT, STANDIN_SENT);
	if (NT_SUCCESS(status))
		status = move(&tcp_connection, TDI_RECEIVE, STANDIN_RECEIVES, STANDIN_SENT, STANDIN_RECEIVED);
	if (NT_SUCCESS(status))
		status = move(&udp_address, TDI_SEND_DATAGRAM, STANDIN_DATAGRAMS, STANDIN_DATAGRAM,
			STANDIN_DATAGRAM);
	if (!NT_SUCCESS(status))
		unload(driver);
	return status;
}
