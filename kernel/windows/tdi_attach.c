/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_attach.h"

#include "kernel/windows/limit_queue.h"
#include "kernel/windows/limit_timer.h"
#include "kernel/windows/rule_table.h"
#include "kernel/windows/tdi_connection.h"
#include "kernel/windows/tdi_flow.h"
#include "kernel/windows/tdi_handler.h"
#include "kernel/windows/tdi_judge.h"
#include "kernel/windows/tdi_port.h"
#include "kernel/windows/tdi_worker.h"

#define DEVICES 6
#define TURNS 512u /* of a round of what is let go */
#define ROUNDS 64u /* of that; a client that asks for more each time could go on for ever */
#define FLAGS_OF_LOWER (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE)

/* Time for a completion routine that has counted itself out to return, in 100 ns, relative. */
#define LEAVE_TIME (-100 * 10000ll)

static const struct {
	const WCHAR *name;
	uint16_t protocol;
	uint8_t family;
	uint32_t state;
} transports[DEVICES] = {
	{ L"\\Device\\Tcp", FW_TDI_PROTOCOL_TCP, FW_FAMILY_IPV4, FW_CONTROL_HAS_TCP },
	{ L"\\Device\\Udp", FW_TDI_PROTOCOL_UDP, FW_FAMILY_IPV4, FW_CONTROL_HAS_UDP },
	{ L"\\Device\\RawIp", FW_TDI_PROTOCOL_RAW, FW_FAMILY_IPV4, FW_CONTROL_HAS_RAW },
	{ L"\\Device\\Tcp6", FW_TDI_PROTOCOL_TCP, FW_FAMILY_IPV6, FW_CONTROL_HAS_TCP6 },
	{ L"\\Device\\Udp6", FW_TDI_PROTOCOL_UDP, FW_FAMILY_IPV6, FW_CONTROL_HAS_UDP6 },
	{ L"\\Device\\RawIp6", FW_TDI_PROTOCOL_RAW, FW_FAMILY_IPV6, FW_CONTROL_HAS_RAW6 },
};

static struct {
	DEVICE_OBJECT *devices[DEVICES]; /* NULL: there is no such transport */
	LONG volatile bypassed;
	LONG volatile requests;
	LONG volatile failures;
} filter;

bool fw_tdi_bypassed(void)
{
	return filter.bypassed != 0;
}

void fw_tdi_bypass(bool bypass)
{
	InterlockedExchange(&filter.bypassed, bypass);
	if (bypass)
		fw_tdi_let_go();
}

void fw_tdi_let_go(void)
{
	unsigned int round = 0;

	if (!fw_tdi_worker_ready())
		return; /* not attached */
	while (round < ROUNDS && fw_limit_turns(TURNS) >= TURNS)
		round++;
	if (!fw_rules_have_limits() || fw_tdi_bypassed())
		fw_limit_timer_stop();
}

void fw_tdi_count_failure(void)
{
	InterlockedIncrement(&filter.failures);
}

void fw_tdi_request_enter(void)
{
	InterlockedIncrement(&filter.requests);
}

void fw_tdi_request_leave(void)
{
	InterlockedDecrement(&filter.requests);
}

bool fw_tdi_owns(const DEVICE_OBJECT *device)
{
	unsigned int i;

	for (i = 0; i < DEVICES; i++)
		if (device && filter.devices[i] == device)
			return true;
	return false;
}

/* Requests may come as soon as it is attached, so everything is in place before: what is below,
 * though another filter may come in between, and that it is ready. */
static NTSTATUS attach_to(DEVICE_OBJECT *self, DEVICE_OBJECT *target)
{
	struct fw_tdi_device *device = self->DeviceExtension;
	DEVICE_OBJECT *lower;

	device->lower = IoGetAttachedDevice(target);
	self->Flags |= device->lower->Flags & FLAGS_OF_LOWER;
	self->Flags &= ~DO_DEVICE_INITIALIZING;
	lower = IoAttachDeviceToDeviceStack(self, target);
	if (!lower)
		return STATUS_NO_SUCH_DEVICE;
	device->lower = lower;
	device->attached = TRUE;
	return STATUS_SUCCESS;
}

static NTSTATUS create_above(DRIVER_OBJECT *driver, unsigned int number, DEVICE_OBJECT *target)
{
	struct fw_tdi_device *device;
	DEVICE_OBJECT *self;
	NTSTATUS status = IoCreateDevice(driver, sizeof(*device), NULL, target->DeviceType,
		target->Characteristics, FALSE, &self);

	if (!NT_SUCCESS(status))
		return status;
	device = self->DeviceExtension;
	device->self = self;
	device->protocol = transports[number].protocol;
	device->family = transports[number].family;
	device->state = transports[number].state;
	if (!fw_tdi_worker_ready())
		status = fw_tdi_worker_init(self);
	filter.devices[number] = self;
	if (NT_SUCCESS(status))
		status = attach_to(self, target);
	if (NT_SUCCESS(status))
		return status;
	filter.devices[number] = NULL;
	IoDeleteDevice(self);
	return status;
}

/* A transport that is not there is no error. */
static NTSTATUS attach_one(DRIVER_OBJECT *driver, unsigned int number)
{
	UNICODE_STRING name;
	DEVICE_OBJECT *target;
	NTSTATUS status;

	RtlInitUnicodeString(&name, transports[number].name);
	status = ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, NULL, 0,
		FW_DEVICE_OBJECT_TYPE, KernelMode, NULL, (void **)&target);
	if (status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_OBJECT_PATH_NOT_FOUND)
		return STATUS_SUCCESS;
	if (!NT_SUCCESS(status))
		return status;
	status = create_above(driver, number, target);
	ObDereferenceObject(target);
	return status;
}

static void detach_all(void)
{
	unsigned int i;

	for (i = 0; i < DEVICES; i++) {
		struct fw_tdi_device *device =
			filter.devices[i] ? filter.devices[i]->DeviceExtension : NULL;

		if (device && device->attached)
			IoDetachDevice(device->lower);
		if (device)
			device->attached = FALSE;
	}
}

static void delete_all(void)
{
	unsigned int i;

	fw_tdi_worker_done();
	for (i = 0; i < DEVICES; i++) {
		if (filter.devices[i])
			IoDeleteDevice(filter.devices[i]);
		filter.devices[i] = NULL;
	}
}

NTSTATUS fw_tdi_attach(DRIVER_OBJECT *driver)
{
	struct fw_control_status now = { 0 };
	NTSTATUS status = STATUS_SUCCESS;
	unsigned int i;

	fw_tdi_bypass(false);
	fw_limit_queue_init();
	fw_limit_timer_init();
	fw_tdi_tables_init();
	fw_tdi_handlers_init();
	for (i = 0; i < DEVICES && NT_SUCCESS(status); i++)
		status = attach_one(driver, i);
	if (NT_SUCCESS(status) || NT_SUCCESS(fw_tdi_detach(&now)))
		return status;
	/* Somebody opened a file through us already: the driver has to stay, so it does its work
	 * where it can. */
	fw_tdi_bypass(false);
	return STATUS_SUCCESS;
}

/* Who is attached above us has our device, and was told of nothing. */
static bool is_covered(void)
{
	unsigned int i;

	for (i = 0; i < DEVICES; i++)
		if (filter.devices[i] && filter.devices[i]->AttachedDevice)
			return true;
	return false;
}

static bool in_use(struct fw_control_status *status)
{
	fw_tdi_status(status);
	return status->addresses || status->connections || status->handlers || status->requests ||
	       status->state & FW_CONTROL_COVERED;
}

/*
 * First nothing new may come to us, then what was on its way is awaited. If a file was opened in
 * between, its client has our device, so we are put back and stay. A client that asked for the
 * topmost device before and has not called it yet cannot be seen by anybody; the time that is
 * waited is for it, too.
 */
NTSTATUS fw_tdi_detach(struct fw_control_status *status)
{
	LARGE_INTEGER interval = { .QuadPart = LEAVE_TIME };
	unsigned int i;

	fw_tdi_bypass(true);
	if (in_use(status))
		return STATUS_DEVICE_BUSY;
	detach_all();
	KeDelayExecutionThread(KernelMode, FALSE, &interval);
	if (!in_use(status)) {
		fw_limit_timer_stop();
		delete_all();
		return STATUS_SUCCESS;
	}
	for (i = 0; i < DEVICES; i++)
		if (filter.devices[i])
			attach_to(filter.devices[i],
				((struct fw_tdi_device *)filter.devices[i]->DeviceExtension)
					->lower);
	return STATUS_DEVICE_BUSY;
}

void fw_tdi_status(struct fw_control_status *status)
{
	unsigned int i;

	if (fw_tdi_bypassed())
		status->state |= FW_CONTROL_BYPASS;
	for (i = 0; i < DEVICES; i++)
		if (filter.devices[i])
			status->state |= transports[i].state;
	if (is_covered())
		status->state |= FW_CONTROL_COVERED;
	status->failures += (uint32_t)filter.failures;
	fw_tdi_object_counts(&status->addresses, &status->connections);
	status->handlers = fw_tdi_handlers_count();
	status->requests = (uint32_t)filter.requests + fw_tdi_worker_busy();
}

bool fw_tdi_next_connection(uint64_t *after, struct fw_connection *row)
{
	struct fw_tdi_object *object;
	bool found = false;

	while (!found && (object = fw_tdi_object_after(*after))) {
		*after = object->number;
		found = fw_tdi_flow_row(object, row);
		fw_tdi_object_put(object);
	}
	return found;
}

bool fw_tdi_next_port(uint64_t *after, struct fw_port *row)
{
	struct fw_tdi_object *object;
	bool found = false;

	while (!found && (object = fw_tdi_object_after(*after))) {
		*after = object->number;
		found = fw_tdi_port_row(object, row);
		fw_tdi_object_put(object);
	}
	return found;
}

/* Those that are judged at every datagram need no cutting. */
void fw_tdi_cut_refused(void)
{
	struct fw_tdi_object *object;
	uint64_t number = 0;

	while ((object = fw_tdi_object_after(number))) {
		struct fw_tdi_endpoint remote;
		struct fw_connection row;
		bool known = fw_tdi_flow_remote(object, &remote);

		number = object->number;
		if (object->kind == FW_TDI_CONNECTION && fw_tdi_flow_row(object, &row) &&
			fw_tdi_refused(object, known ? &remote : NULL, FW_BLOCKED_CUT, 0))
			fw_tdi_connection_cut(object);
		fw_tdi_object_put(object);
	}
}
