/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "tdi_client.h"

#include <assert.h>

#define PROCESSES 16
#define FILES 64

static PDRIVER_OBJECT filter;
static NTSTATUS attached;
static PEPROCESS processes[PROCESSES];
static struct {
	PFILE_OBJECT file;
	HANDLE handle;
} files[FILES];

static NTSTATUS filter_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
	return fw_tdi_dispatch(device, irp);
}

static void filter_unload(PDRIVER_OBJECT driver)
{
	struct fw_control_status status = { 0 };

	if (!NT_SUCCESS(fw_tdi_detach(&status)))
		nt_violation(NT_RULE_UNLOAD,
			"the TDI filter is in use: %u addresses, %u connections, "
			"%u handlers, %u requests",
			status.addresses, status.connections, status.handlers, status.requests);
}

static NTSTATUS filter_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	unsigned index;

	driver->DriverUnload = filter_unload;
	for (index = 0; index <= IRP_MJ_MAXIMUM_FUNCTION; index++)
		driver->MajorFunction[index] = filter_dispatch;
	attached = fw_tdi_attach(driver);
	return attached;
}

NTSTATUS tdi_filter_load(void)
{
	return nt_driver_load("flowwatcher", filter_entry, &filter);
}

NTSTATUS tdi_filter_unload(struct fw_control_status *status)
{
	NTSTATUS result;

	memset(status, 0, sizeof(*status));
	result = fw_tdi_detach(status);
	if (NT_SUCCESS(result))
		nt_driver_unload(filter);
	return result;
}

void tdi_process(uint32_t pid)
{
	struct nt_process_options options = { .pid = pid, .image = "\\client.exe", .quiet = true };
	unsigned index = pid / 100 % PROCESSES;
	NTSTATUS status;

	if (pid && !processes[index])
		processes[index] = nt_process_create(&options, &status);
	nt_process_become(pid ? processes[index] : NULL);
}

void tdi_process_end(void)
{
	unsigned index;

	nt_process_become(NULL);
	for (index = 0; index < PROCESSES; index++) {
		if (processes[index])
			nt_process_exit(processes[index]);
		processes[index] = NULL;
	}
}

void tdi_world_start(unsigned devices)
{
	tdi_world_start_with(devices, NULL);
}

void tdi_world_start_with(unsigned devices, const struct nt_options *options)
{
	nt_kernel_start(options);
	nt_failures_pause();
	tdi_doubles_reset();
	tdi_lower_start(devices);
	assert(NT_SUCCESS(tdi_filter_load()));
	tdi_process(TDI_CLIENT_PID);
	nt_failures_resume();
}

void tdi_world_stop(void)
{
	struct fw_control_status status;

	tdi_settle();
	if (!NT_SUCCESS(tdi_filter_unload(&status)))
		filter_unload(filter);
	tdi_lower_stop();
	tdi_process_end();
	assert(!tdi_doubles.processes);
	nt_kernel_stop();
}

static unsigned find_file(PFILE_OBJECT file)
{
	unsigned index;

	for (index = 0; index + 1 < FILES && files[index].file != file; index++)
		;
	return index;
}

NTSTATUS tdi_open(const char *name, const void *ea, uint32_t ea_length, PFILE_OBJECT *file)
{
	NTSTATUS status = nt_file_open(
		name, FILE_READ_DATA | FILE_WRITE_DATA, ea, ea_length, KernelMode, file);
	unsigned index = find_file(NULL);

	if (NT_SUCCESS(status)) {
		files[index].file = *file;
		files[index].handle = nt_handle_new(*file, false, FILE_READ_DATA);
	}
	return status;
}

uint32_t tdi_ea(uint8_t *bytes, const char *name, const void *value, uint16_t length)
{
	uint8_t name_length = (uint8_t)strlen(name);

	memset(bytes, 0, 8);
	bytes[5] = name_length;
	memcpy(bytes + 6, &length, 2);
	memcpy(bytes + 8, name, name_length + 1u);
	memcpy(bytes + 9 + name_length, value, length);
	return 9u + name_length + length;
}

PFILE_OBJECT tdi_open_address(const char *name, uint16_t port)
{
	uint8_t address[40], ea[80];
	uint32_t length = tdi_lower_address(address, FW_FAMILY_IPV4, NULL, port);
	PFILE_OBJECT file = NULL;

	length = tdi_ea(ea, TdiTransportAddress, address, (uint16_t)length);
	if (port)
		tdi_lower.port = port;
	tdi_open(name, ea, length, &file);
	return file;
}

PFILE_OBJECT tdi_open_connection(const char *name, void *context)
{
	uint8_t ea[64];
	PFILE_OBJECT file = NULL;

	tdi_open(name, ea, tdi_ea(ea, TdiConnectionContext, &context, sizeof(context)), &file);
	return file;
}

HANDLE tdi_handle(PFILE_OBJECT file)
{
	return files[find_file(file)].handle;
}

void tdi_close(PFILE_OBJECT file)
{
	unsigned index = find_file(file);

	if (!file)
		return;
	files[index].file = NULL;
	ZwClose(files[index].handle);
}

static NTSTATUS completed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
	struct tdi_request *request = context;

	nt_lock();
	request->status = irp->IoStatus.Status;
	request->information = irp->IoStatus.Information;
	request->done = true;
	nt_unlock();
	return STATUS_MORE_PROCESSING_REQUIRED;
}

/* With one location for each driver below the client. */
static CCHAR locations(PFILE_OBJECT file)
{
	return IoGetRelatedDeviceObject(file)->StackSize;
}

static void prepare(struct tdi_request *request, PFILE_OBJECT file, CCHAR count, uint8_t minor,
	const void *parameters, size_t size)
{
	PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
	IO_STACK_LOCATION *location;

	memset(request, 0, sizeof(*request));
	nt_failures_pause();
	request->irp = IoAllocateIrp(count, FALSE);
	nt_failures_resume();
	location = IoGetNextIrpStackLocation(request->irp);
	location->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
	location->MinorFunction = minor;
	location->DeviceObject = device;
	location->FileObject = file;
	if (size)
		memcpy(&location->Parameters, parameters, size);
	IoSetCompletionRoutine(request->irp, completed, request, TRUE, TRUE, TRUE);
}

void tdi_begin(struct tdi_request *request, PFILE_OBJECT file, uint8_t minor,
	const void *parameters, size_t size)
{
	tdi_begin_with(request, file, minor, parameters, size, NULL);
}

void tdi_begin_with(struct tdi_request *request, PFILE_OBJECT file, uint8_t minor,
	const void *parameters, size_t size, MDL *data)
{
	prepare(request, file, locations(file), minor, parameters, size);
	request->irp->MdlAddress = data;
	IoCallDriver(IoGetRelatedDeviceObject(file), request->irp);
}

static bool is_done(void *context)
{
	return ((struct tdi_request *)context)->done;
}

NTSTATUS tdi_end(struct tdi_request *request)
{
	if (!nt_wait_for(is_done, request, 10000))
		nt_violation(NT_RULE_COMPLETION, "a request was never completed");
	IoFreeIrp(request->irp);
	return request->status;
}

NTSTATUS tdi_send_request(PFILE_OBJECT file, uint8_t minor, const void *parameters, size_t size)
{
	struct tdi_request request;

	tdi_begin(&request, file, minor, parameters, size);
	return tdi_end(&request);
}

IRP *tdi_returned(struct tdi_request *request, PFILE_OBJECT file, uint8_t minor,
	const void *parameters, size_t size)
{
	prepare(request, file, locations(file), minor, parameters, size);
	IoSetNextIrpStackLocation(request->irp);
	return request->irp;
}

IRP *tdi_returned_alone(struct tdi_request *request, PFILE_OBJECT file, uint8_t minor,
	const void *parameters, size_t size)
{
	prepare(request, file, 1, minor, parameters, size);
	IoSetNextIrpStackLocation(request->irp);
	return request->irp;
}

NTSTATUS tdi_transfer(PFILE_OBJECT file, uint8_t minor, uint32_t length, uint32_t flags)
{
	TDI_REQUEST_KERNEL_SEND parameters = { length, flags };

	return tdi_send_request(file, minor, &parameters, sizeof(parameters));
}

/* 192.0.2.9 and a port; the length of the structure that names them is the caller's. */
static void remote_end(TDI_CONNECTION_INFORMATION *information, uint8_t *bytes, uint16_t port)
{
	static const uint8_t address[4] = { 192, 0, 2, 9 };

	memset(information, 0, sizeof(*information));
	information->RemoteAddress = bytes;
	information->RemoteAddressLength =
		(LONG)tdi_lower_address(bytes, FW_FAMILY_IPV4, address, port);
}

NTSTATUS tdi_datagram(PFILE_OBJECT file, uint8_t minor, uint32_t length, uint16_t remote_port)
{
	TDI_CONNECTION_INFORMATION information;
	uint8_t bytes[40];
	TDI_REQUEST_KERNEL_RECEIVEDG receive = { length, NULL, &information, 0 };
	TDI_REQUEST_KERNEL_SENDDG send = { length, &information };

	remote_end(&information, bytes, remote_port);
	if (minor == TDI_RECEIVE_DATAGRAM)
		return tdi_send_request(file, minor, &receive, sizeof(receive));
	return tdi_send_request(file, minor, &send, sizeof(send));
}

NTSTATUS tdi_associate(PFILE_OBJECT connection, PFILE_OBJECT address)
{
	TDI_REQUEST_KERNEL_ASSOCIATE parameters = { tdi_handle(address) };

	return tdi_send_request(connection, TDI_ASSOCIATE_ADDRESS, &parameters, sizeof(parameters));
}

NTSTATUS tdi_connect(PFILE_OBJECT file, uint16_t port)
{
	TDI_CONNECTION_INFORMATION information;
	TDI_REQUEST_KERNEL parameters = { .RequestConnectionInformation = &information };
	uint8_t bytes[40];

	remote_end(&information, bytes, port);
	return tdi_send_request(file, TDI_CONNECT, &parameters, sizeof(parameters));
}

NTSTATUS tdi_set_handler(PFILE_OBJECT address, LONG type, void *function, void *context)
{
	TDI_REQUEST_KERNEL_SET_EVENT parameters = { type, function, context };

	return tdi_send_request(address, TDI_SET_EVENT_HANDLER, &parameters, sizeof(parameters));
}

unsigned tdi_connections(struct fw_connection *rows, unsigned max)
{
	uint64_t after = 0;
	unsigned count;

	for (count = 0; count < max && fw_tdi_next_connection(&after, &rows[count]); count++)
		;
	return count;
}

unsigned tdi_ports(struct fw_port *rows, unsigned max)
{
	uint64_t after = 0;
	unsigned count;

	for (count = 0; count < max && fw_tdi_next_port(&after, &rows[count]); count++)
		;
	return count;
}

void tdi_settle(void)
{
	struct fw_control_status status = { 0 };
	unsigned i;

	for (i = 0; i < 1000; i++) {
		fw_tdi_status(&status);
		if (!status.requests)
			return;
		nt_sleep_ms(1);
	}
}
