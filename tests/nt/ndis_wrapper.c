/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Drivers as NDIS knows them, their devices, what is done later, starting and stopping the whole. */
#include "ndis_internal.h"

struct ndis_job {
	struct ndis_job *next;
	void (*routine)(void *context);
	void *context;
	KIRQL irql;
};

struct ndis_device {
	struct ndis_device *next;
	struct ndis_wrapper *wrapper;
	PDEVICE_OBJECT device;
	WCHAR link_buffer[NDIS_NAME];
	UNICODE_STRING link;
	bool has_link;
	bool gone; /* deregistered; files that are open still come here */
	PDRIVER_DISPATCH routines[IRP_MJ_MAXIMUM_FUNCTION + 1];
};

struct ndis_options ndis_set;
static struct ndis_wrapper *wrappers;
static struct ndis_device *devices;
static struct ndis_job *jobs;
static unsigned working;

void *ndis_new(size_t size)
{
	void *block = calloc(1, size);

	if (!block)
		abort();
	return block;
}

bool ndis_is_late(void)
{
	unsigned chance = ndis_set.later_chance ? ndis_set.later_chance : 50;
	bool late;

	nt_lock();
	late = chance <= 100 && nt_random(100) < chance;
	nt_unlock();
	return late;
}

void ndis_later(void (*routine)(void *context), void *context, KIRQL irql)
{
	struct ndis_job *job = ndis_new(sizeof(*job)), **at;

	job->routine = routine;
	job->context = context;
	job->irql = irql;
	nt_lock();
	for (at = &jobs; *at; at = &(*at)->next)
		;
	*at = job;
	nt_unlock();
}

static bool has_job(void *context)
{
	(void)context;
	return jobs || nt_stopping;
}

static void job_run(struct ndis_job *job)
{
	PETHREAD thread = nt_self();
	struct nt_frame frame;

	nt_irql_set(thread, job->irql);
	frame = nt_frame_begin();
	job->routine(job->context);
	nt_frame_end(frame, "a call from NDIS");
	nt_irql_set(thread, PASSIVE_LEVEL);
	free(job);
}

static void work(void *context)
{
	struct ndis_job *job;

	(void)context;
	nt_lock();
	for (;;) {
		nt_wait_locked(has_job, NULL, NT_FOREVER);
		job = jobs;
		if (!job)
			break;
		jobs = job->next;
		working++;
		nt_unlock();
		job_run(job);
		nt_lock();
		working--;
	}
	nt_unlock();
}

void ndis_wait(bool (*condition)(void *context), void *context)
{
	nt_lock();
	nt_wait_locked(condition, context, NT_FOREVER);
	nt_unlock();
}

static bool is_drained(void *context)
{
	(void)context;
	return !jobs && !working;
}

void ndis_drain(void)
{
	ndis_wait(is_drained, NULL);
}

struct ndis_wrapper *ndis_wrapper_of(NDIS_HANDLE handle, const char *function)
{
	struct ndis_wrapper *wrapper;

	for (wrapper = wrappers; wrapper && wrapper != handle; wrapper = wrapper->next)
		;
	if (!wrapper)
		nt_violation(NT_RULE_OBJECT, "%s with a handle that NdisInitializeWrapper did not give", function);
	return wrapper;
}

static void wrapper_forget(struct ndis_wrapper *wrapper)
{
	struct ndis_wrapper **at;

	for (at = &wrappers; *at != wrapper; at = &(*at)->next)
		;
	*at = wrapper->next;
	free(wrapper);
}

/* What NDIS puts into the driver object. */
static void unload(PDRIVER_OBJECT driver)
{
	struct ndis_wrapper *wrapper;

	for (wrapper = wrappers; wrapper && wrapper->driver != driver; wrapper = wrapper->next)
		;
	if (!wrapper)
		return;
	if (wrapper->unload)
		wrapper->unload(driver);
	ndis_drain();
	ndis_registration_check("the driver's unload", driver);
	wrapper_forget(wrapper);
}

static NTSTATUS dispatch(PDEVICE_OBJECT device, PIRP irp)
{
	struct ndis_device *own;

	nt_lock();
	for (own = devices; own && own->device != device; own = own->next)
		;
	nt_unlock();
	if (!own)
		nt_violation(NT_RULE_DISPATCH, "a request to a device that NDIS does not know");
	if (own->routines[IoGetCurrentIrpStackLocation(irp)->MajorFunction])
		return own->routines[IoGetCurrentIrpStackLocation(irp)->MajorFunction](device, irp);
	irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
	irp->IoStatus.Information = 0;
	IoCompleteRequest(irp, IO_NO_INCREMENT);
	return STATUS_NOT_SUPPORTED;
}

/* The routines of the driver object are NDIS's own from now on. */
void NdisInitializeWrapper(PNDIS_HANDLE handle, PVOID driver, PVOID registry_path, PVOID specific)
{
	struct ndis_wrapper *wrapper;
	unsigned index;

	(void)registry_path;
	nt_enter_unlocked("NdisMInitializeWrapper", PASSIVE_LEVEL);
	if (specific)
		nt_violation(0, "NdisMInitializeWrapper with a last argument that is not NULL");
	*handle = NULL;
	if (nt_fails("NdisMInitializeWrapper"))
		return;
	wrapper = ndis_new(sizeof(*wrapper));
	wrapper->magic = NDIS_WRAPPER;
	wrapper->driver = driver;
	wrapper->driver->DriverUnload = unload;
	for (index = 0; index <= IRP_MJ_MAXIMUM_FUNCTION; index++)
		wrapper->driver->MajorFunction[index] = dispatch;
	wrapper->next = wrappers;
	wrappers = wrapper;
	*handle = wrapper;
}

/* For drivers whose DriverEntry fails. */
void NdisTerminateWrapper(NDIS_HANDLE handle, PVOID specific)
{
	struct ndis_wrapper *wrapper = ndis_wrapper_of(handle, "NdisTerminateWrapper");

	(void)specific;
	nt_enter_unlocked("NdisTerminateWrapper", PASSIVE_LEVEL);
	ndis_registration_check("NdisTerminateWrapper", wrapper->driver);
	wrapper_forget(wrapper);
}

/* It belongs to the block of the driver, which the registration of its miniport makes. */
void NdisMRegisterUnloadHandler(NDIS_HANDLE handle, PDRIVER_UNLOAD routine)
{
	struct ndis_wrapper *wrapper = ndis_wrapper_of(handle, "NdisMRegisterUnloadHandler");

	nt_enter("NdisMRegisterUnloadHandler", PASSIVE_LEVEL);
	if (!ndis_miniport_is_there(wrapper))
		nt_violation(NT_RULE_UNLOAD, "NdisMRegisterUnloadHandler before a miniport is registered");
	wrapper->unload = routine;
}

NDIS_STATUS NdisMRegisterDevice(NDIS_HANDLE handle, PNDIS_STRING name, PNDIS_STRING link, PDRIVER_DISPATCH routines[],
	PDEVICE_OBJECT *device, NDIS_HANDLE *device_handle)
{
	struct ndis_wrapper *wrapper = ndis_wrapper_of(handle, "NdisMRegisterDevice");
	struct ndis_device *own = ndis_new(sizeof(*own));
	NTSTATUS status;

	status = IoCreateDevice(wrapper->driver, 0, name, FILE_DEVICE_NETWORK, FILE_DEVICE_SECURE_OPEN, FALSE,
		&own->device);
	if (!NT_SUCCESS(status))
		goto no_device;
	status = link ? IoCreateSymbolicLink(link, name) : STATUS_SUCCESS;
	if (!NT_SUCCESS(status))
		goto no_link;
	own->wrapper = wrapper;
	own->has_link = link;
	own->link.Buffer = own->link_buffer;
	own->link.MaximumLength = sizeof(own->link_buffer);
	if (link)
		RtlCopyUnicodeString(&own->link, link);
	memcpy(own->routines, routines, sizeof(own->routines));
	*device = own->device;
	*device_handle = own;
	nt_lock();
	own->next = devices;
	devices = own;
	own->device->Flags &= ~DO_DEVICE_INITIALIZING;
	nt_unlock();
	return NDIS_STATUS_SUCCESS;
no_link:
	IoDeleteDevice(own->device);
no_device:
	free(own);
	return status;
}

static void device_forget(struct ndis_device *own)
{
	struct ndis_device **at;

	nt_lock();
	for (at = &devices; *at != own; at = &(*at)->next)
		;
	*at = own->next;
	nt_unlock();
	free(own);
}

NDIS_STATUS NdisMDeregisterDevice(NDIS_HANDLE handle)
{
	struct ndis_device *own;

	nt_lock();
	for (own = devices; own && own != handle; own = own->next)
		;
	nt_unlock();
	if (!own || own->gone)
		nt_violation(NT_RULE_OBJECT, "NdisMDeregisterDevice of what is no device, or gone");
	if (own->has_link)
		IoDeleteSymbolicLink(&own->link);
	own->gone = true;
	if (nt_device_retire(own->device))
		return NDIS_STATUS_SUCCESS;
	IoDeleteDevice(own->device);
	device_forget(own);
	return NDIS_STATUS_SUCCESS;
}

static void unload_check(PDRIVER_OBJECT driver)
{
	struct ndis_wrapper *wrapper;

	for (wrapper = wrappers; wrapper; wrapper = wrapper->next)
		if (wrapper->driver == driver)
			nt_violation(NT_RULE_UNLOAD, "a DriverEntry that failed left its NDIS wrapper");
	ndis_driver_pool_check("the driver's unload");
}

void ndis_start(const struct ndis_options *options)
{
	static const struct ndis_options usual = { .packet_stacks = 2 };

	ndis_set = options ? *options : usual;
	if (ndis_set.packet_stacks > NDIS_LEVELS)
		ndis_set.packet_stacks = NDIS_LEVELS;
	working = 0;
	nt_unload_hook(unload_check);
	nt_service_start("ndis 0", work);
	nt_service_start("ndis 1", work);
}

void ndis_stop(void)
{
	struct ndis_device *own, *next;

	ndis_drain();
	for (own = devices; own; own = next) {
		next = own->next;
		if (own->gone)
			device_forget(own);
	}
	ndis_registration_check("the end of a test", NULL);
	if (devices)
		nt_violation(NT_RULE_UNLOAD, "a device of NDIS is left after the end of a test");
	ndis_support_check("the end of a test");
	ndis_pool_check("the end of a test");
}
