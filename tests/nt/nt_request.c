/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* DeviceIoControl as a program's: buffers of exactly their size, copied as the method says, pending, cancelled. */
#include "nt_irp.h"

struct nt_request {
	PIRP irp; /* NULL when done */
	PFILE_OBJECT file;
	void *system_buffer, *output;
	ULONG output_length;
	ULONG method;
	PMDL mdl;
	bool done;
	bool cancelling; /* keeps the IRP until IoCancelIrp() has returned */
	NTSTATUS status;
	ULONG_PTR information;
};

static void copy_back(struct nt_request *request, PIRP irp)
{
	ULONG_PTR length = irp->IoStatus.Information;

	if (length > request->output_length && request->output_length)
		nt_violation(NT_RULE_CONTROL, "a request for %u bytes was completed with %zu", request->output_length,
			length);
	if (request->method == METHOD_BUFFERED && !NT_ERROR(irp->IoStatus.Status) && request->output_length)
		memcpy(request->output, request->system_buffer, length);
}

static void request_finish(PIRP irp, void *context)
{
	struct nt_request *request = context;
	PFILE_OBJECT file = request->file;
	bool keep;

	copy_back(request, irp);
	/* The request held its file up to here, and nobody else need: its dispatch routine may still run. */
	request->file = NULL;
	ObfDereferenceObject(file);
	nt_lock();
	request->status = irp->IoStatus.Status;
	request->information = irp->IoStatus.Information;
	keep = request->cancelling;
	if (!keep)
		request->irp = NULL;
	request->done = true;
	nt_unlock();
	if (!keep)
		nt_irp_delete(irp);
}

static ULONG larger(ULONG a, ULONG b)
{
	return a > b ? a : b;
}

static void buffers_set(struct nt_request *request, PIRP irp, const void *input, ULONG input_length)
{
	ULONG size = request->method == METHOD_BUFFERED ? larger(input_length, request->output_length) : input_length;

	if (size) {
		request->system_buffer = malloc(size);
		memset(request->system_buffer, 0xa5, size);
		if (input_length)
			memcpy(request->system_buffer, input, input_length);
		irp->AssociatedIrp.SystemBuffer = request->system_buffer;
	}
	if (request->method != METHOD_BUFFERED && request->output_length) {
		nt_failures_pause();
		request->mdl = IoAllocateMdl(request->output, request->output_length, FALSE, FALSE, NULL);
		nt_failures_resume();
		request->mdl->MdlFlags |= MDL_PAGES_LOCKED;
		irp->MdlAddress = request->mdl;
	}
}

/* What the I/O manager refuses itself. */
static bool may(HANDLE handle, ULONG code)
{
	ACCESS_MASK granted = nt_handle_access(handle);
	ULONG wanted = code >> 14 & 3;

	if (granted & GENERIC_ALL)
		return true;
	if ((wanted & FILE_READ_ACCESS) && !(granted & (FILE_READ_DATA | GENERIC_READ)))
		return false;
	return !(wanted & FILE_WRITE_ACCESS) || (granted & (FILE_WRITE_DATA | GENERIC_WRITE));
}

struct nt_request *nt_ioctl_start(HANDLE handle, ULONG code, const void *input, ULONG input_length, void *output,
	ULONG output_length)
{
	struct nt_request *request = calloc(1, sizeof(*request));
	PFILE_OBJECT file = nt_handle_body(handle, NT_FILE);
	PIO_STACK_LOCATION location;
	PDEVICE_OBJECT device;
	PIRP irp;

	if (file)
		nt_object_hold(file); /* before anybody else runs, who may close the handle */
	if (!file || !may(handle, code)) {
		request->status = file ? STATUS_ACCESS_DENIED : STATUS_INVALID_HANDLE;
		request->done = true;
		if (file)
			ObfDereferenceObject(file);
		return request;
	}
	device = IoGetRelatedDeviceObject(file);
	request->file = file;
	request->output = output;
	request->output_length = output_length;
	request->method = code & 3;
	irp = nt_irp_new(device->StackSize, request_finish, request);
	request->irp = irp;
	irp->RequestorMode = UserMode;
	irp->Tail.Overlay.OriginalFileObject = file;
	buffers_set(request, irp, input, input_length);
	location = IoGetNextIrpStackLocation(irp);
	location->MajorFunction = IRP_MJ_DEVICE_CONTROL;
	location->FileObject = file;
	location->Parameters.DeviceIoControl.IoControlCode = code;
	location->Parameters.DeviceIoControl.InputBufferLength = input_length;
	location->Parameters.DeviceIoControl.OutputBufferLength = output_length;
	IoCallDriver(device, irp);
	return request;
}

static bool is_done(void *context)
{
	return ((struct nt_request *)context)->done;
}

bool nt_request_done(const struct nt_request *request)
{
	bool done;

	nt_enter("nt_request_done", PASSIVE_LEVEL);
	nt_lock();
	done = request->done;
	nt_unlock();
	return done;
}

bool nt_request_wait(struct nt_request *request, unsigned milliseconds)
{
	return nt_wait_for(is_done, request, milliseconds);
}

bool nt_request_cancel(struct nt_request *request)
{
	bool cancelled, done;
	PIRP irp;

	nt_lock();
	irp = request->irp;
	request->cancelling = irp != NULL;
	nt_unlock();
	if (!irp)
		return false;
	cancelled = IoCancelIrp(irp);
	nt_lock();
	request->cancelling = false;
	done = request->done;
	if (done)
		request->irp = NULL;
	nt_unlock();
	if (done)
		nt_irp_delete(irp);
	return cancelled;
}

NTSTATUS nt_request_end(struct nt_request *request, ULONG_PTR *information)
{
	NTSTATUS status;

	nt_lock();
	nt_wait_locked(is_done, request, NT_FOREVER);
	nt_unlock();
	status = request->status;
	if (information)
		*information = request->information;
	if (request->mdl)
		IoFreeMdl(request->mdl);
	free(request->system_buffer);
	free(request);
	return status;
}

NTSTATUS nt_ioctl(HANDLE handle, ULONG code, const void *input, ULONG input_length, void *output, ULONG output_length,
	ULONG_PTR *information)
{
	return nt_request_end(nt_ioctl_start(handle, code, input, input_length, output, output_length), information);
}
