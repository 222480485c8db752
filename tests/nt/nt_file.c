/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Files: opened on devices, cleaned up with the last handle, closed with the last reference. */
#include "nt_irp.h"

struct sent {
	bool done;
	NTSTATUS status;
};

static void finish(PIRP irp, void *context)
{
	struct sent *sent = context;

	nt_lock();
	sent->status = irp->IoStatus.Status;
	sent->done = true;
	nt_unlock();
	nt_irp_delete(irp);
}

static bool is_done(void *context)
{
	return ((struct sent *)context)->done;
}

static NTSTATUS send(PIRP irp, PDEVICE_OBJECT device, struct sent *sent)
{
	IoCallDriver(device, irp);
	nt_lock();
	nt_wait_locked(is_done, sent, NT_FOREVER);
	nt_unlock();
	return sent->status;
}

static NTSTATUS send_simple(PFILE_OBJECT file, UCHAR major)
{
	PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
	struct sent sent = { false, 0 };
	PIRP irp = nt_irp_new(device->StackSize, finish, &sent);
	PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);

	location->MajorFunction = major;
	location->FileObject = file;
	irp->Tail.Overlay.OriginalFileObject = file;
	return send(irp, device, &sent);
}

void nt_file_cleanup(PFILE_OBJECT file)
{
	send_simple(file, IRP_MJ_CLEANUP);
}

static void file_destroy(void *body)
{
	PFILE_OBJECT file = body;
	PDRIVER_OBJECT driver = file->DeviceObject->DriverObject;

	if (file->Flags)
		send_simple(file, IRP_MJ_CLOSE);
	nt_device_closed(file->DeviceObject);
	free(file->FileName.Buffer);
	nt_driver_released(driver);
}

/* The device has been told. */
static PFILE_OBJECT file_new(PDEVICE_OBJECT device, const char *rest, ACCESS_MASK access)
{
	PFILE_OBJECT file = nt_object_new(NT_FILE, sizeof(*file), file_destroy);
	size_t count = strlen(rest) + 1;
	WCHAR *name = calloc(count, sizeof(WCHAR));

	file->Type = 5;
	file->Size = sizeof(*file);
	file->DeviceObject = device;
	nt_utf16(rest, name, count, &file->FileName);
	file->ReadAccess = (access & (FILE_READ_DATA | GENERIC_READ | GENERIC_ALL)) != 0;
	file->WriteAccess = (access & (FILE_WRITE_DATA | GENERIC_WRITE | GENERIC_ALL)) != 0;
	return file;
}

static NTSTATUS create(PFILE_OBJECT file, ACCESS_MASK access, const void *ea, ULONG ea_length, KPROCESSOR_MODE mode)
{
	PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
	ACCESS_STATE state = { .OriginalDesiredAccess = access, .PreviouslyGrantedAccess = access };
	IO_SECURITY_CONTEXT security = { .AccessState = &state, .DesiredAccess = access };
	struct sent sent = { false, 0 };
	PIRP irp = nt_irp_new(device->StackSize, finish, &sent);
	PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);
	void *buffer = NULL;
	NTSTATUS status;

	/* Exactly as long as it says: who reads beyond is found by ASan. */
	if (ea_length) {
		buffer = malloc(ea_length);
		memcpy(buffer, ea, ea_length);
	}
	SeCaptureSubjectContext(&state.SubjectSecurityContext);
	location->MajorFunction = IRP_MJ_CREATE;
	location->FileObject = file;
	location->Parameters.Create.SecurityContext = &security;
	location->Parameters.Create.Options = FILE_OPEN_IF << 24;
	location->Parameters.Create.EaLength = ea_length;
	irp->AssociatedIrp.SystemBuffer = buffer;
	irp->RequestorMode = mode;
	irp->Tail.Overlay.OriginalFileObject = file;
	status = send(irp, device, &sent);
	SeReleaseSubjectContext(&state.SubjectSecurityContext);
	free(buffer);
	return status;
}

NTSTATUS nt_file_open(const char *name, ACCESS_MASK access, const void *ea, ULONG ea_length, KPROCESSOR_MODE mode,
	PFILE_OBJECT *result)
{
	PDEVICE_OBJECT device = NULL;
	size_t length = strlen(name);
	PFILE_OBJECT file;
	NTSTATUS status;
	bool is_ready;

	nt_lock();
	while (length && !(device = nt_device_find(name, length)))
		while (length && name[--length] != '\\')
			;
	if (device)
		nt_device_opened(device);
	is_ready = device && !(IoGetAttachedDevice(device)->Flags & DO_DEVICE_INITIALIZING) &&
		!nt_driver_is_unloading(device->DriverObject);
	nt_unlock();
	if (!device)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	if (!is_ready) {
		nt_device_closed(device);
		return STATUS_NO_SUCH_DEVICE;
	}
	file = file_new(device, name + length, access);
	status = create(file, access, ea, ea_length, mode);
	if (!NT_SUCCESS(status)) {
		ObfDereferenceObject(file);
		return status;
	}
	file->Flags = 1; /* open: closing tells the driver */
	*result = file;
	return status;
}

NTSTATUS nt_open(const char *name, ACCESS_MASK access, const void *ea, ULONG ea_length, HANDLE *handle)
{
	PFILE_OBJECT file;
	NTSTATUS status = nt_file_open(name, access, ea, ea_length, UserMode, &file);

	if (NT_SUCCESS(status))
		*handle = nt_handle_new(file, true, access);
	return status;
}

void nt_close(HANDLE handle)
{
	ZwClose(handle);
}

PFILE_OBJECT nt_file_of(HANDLE handle)
{
	return nt_handle_body(handle, NT_FILE);
}

NTSTATUS ZwCreateFile(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, PIO_STATUS_BLOCK result,
	PLARGE_INTEGER allocation, ULONG file_attributes, ULONG share, ULONG disposition, ULONG options, PVOID ea,
	ULONG ea_length)
{
	PFILE_OBJECT file;
	NTSTATUS status;
	char name[256];

	(void)allocation;
	(void)file_attributes;
	(void)share;
	(void)disposition;
	(void)options;
	nt_enter_unlocked("ZwCreateFile", PASSIVE_LEVEL);
	if (nt_fails("ZwCreateFile"))
		return STATUS_INSUFFICIENT_RESOURCES;
	status = nt_file_open(nt_utf8(attributes->ObjectName, name, sizeof(name)), access, ea, ea_length, KernelMode,
		&file);
	result->Status = status;
	if (NT_SUCCESS(status))
		*handle = nt_handle_new(file, !(attributes->Attributes & OBJ_KERNEL_HANDLE), access);
	return status;
}

NTSTATUS IoGetDeviceObjectPointer(PUNICODE_STRING name, ACCESS_MASK access, PFILE_OBJECT *file, PDEVICE_OBJECT *device)
{
	NTSTATUS status;
	char text[256];

	nt_enter_unlocked("IoGetDeviceObjectPointer", PASSIVE_LEVEL);
	if (nt_fails("IoGetDeviceObjectPointer"))
		return STATUS_INSUFFICIENT_RESOURCES;
	status = nt_file_open(nt_utf8(name, text, sizeof(text)), access, NULL, 0, KernelMode, file);
	if (!NT_SUCCESS(status))
		return status;
	/* NT closes its handle at once; the reference stays. */
	nt_file_cleanup(*file);
	*device = IoGetRelatedDeviceObject(*file);
	return status;
}

/* Of devices only. */
NTSTATUS ObReferenceObjectByName(PUNICODE_STRING name, ULONG attributes, PVOID state, ACCESS_MASK access,
	POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID context, PVOID *object)
{
	PDEVICE_OBJECT device;
	char text[256];

	(void)attributes;
	(void)state;
	(void)access;
	(void)mode;
	(void)context;
	nt_enter_unlocked("ObReferenceObjectByName", PASSIVE_LEVEL);
	if (nt_fails("ObReferenceObjectByName"))
		return STATUS_INSUFFICIENT_RESOURCES;
	nt_utf8(name, text, sizeof(text));
	nt_lock();
	device = type == *IoDeviceObjectType ? nt_device_find(text, strlen(text)) : NULL;
	if (device)
		nt_device_reference(device);
	nt_unlock();
	if (!device)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	*object = device;
	return STATUS_SUCCESS;
}
