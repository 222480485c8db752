/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The fake transport as a driver: its devices, files, and the thread that watches the sockets. */
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_internal.h"

#define FILES_MAX 2048

KSPIN_LOCK fake_lock;
LIST_ENTRY fake_files;
struct fake_policy fake_policy;
struct fake_totals fake_totals[FAKE_PROTOCOLS];
static bool stopping, woken;
static bool holding; /* the network thread is at work on a file */
static unsigned wanted_devices;
static PDRIVER_OBJECT transport;
static PETHREAD network, completer;

void fake_request_start(void);

static const struct fake_policy mix = { 50, 50, 30, 30, 5 };
static const char *const names[FAKE_PROTOCOLS] = { "\\Device\\Tcp", "\\Device\\Udp", "\\Device\\RawIp",
	"\\Device\\Tcp6", "\\Device\\Udp6", "\\Device\\RawIp6" };

bool fake_is_stopping(void)
{
	return __atomic_load_n(&stopping, __ATOMIC_RELAXED);
}

const char *fake_device_name(enum fake_protocol protocol)
{
	return names[protocol];
}

void fake_network_wake(void)
{
	nt_lock();
	woken = true;
	nt_unlock();
}

static struct fake_file *file_new(int kind, enum fake_protocol protocol, PFILE_OBJECT file)
{
	struct fake_file *new = calloc(1, sizeof(*new));

	new->kind = kind;
	new->protocol = protocol;
	new->file = file;
	new->fd = -1;
	InitializeListHead(&new->receives);
	InitializeListHead(&new->sends);
	InitializeListHead(&new->listens);
	InitializeListHead(&new->connections);
	if (kind == TDI_CONNECTION_FILE)
		new->data = malloc(FAKE_BUFFER);
	return new;
}

/* The attribute that says what is opened, NULL for a control channel; its value is unaligned. */
static const UCHAR *attribute(PIRP irp, PIO_STACK_LOCATION location, int *kind, USHORT *length)
{
	const FILE_FULL_EA_INFORMATION *ea = irp->AssociatedIrp.SystemBuffer;
	ULONG size = location->Parameters.Create.EaLength;
	const UCHAR *value;

	*kind = TDI_CONTROL_CHANNEL_FILE;
	if (!ea || size < 9 || 8u + ea->EaNameLength + 1 + ea->EaValueLength > size)
		return NULL;
	value = (const UCHAR *)ea->EaName + ea->EaNameLength + 1;
	*length = ea->EaValueLength;
	if (ea->EaNameLength == TDI_TRANSPORT_ADDRESS_LENGTH &&
		!memcmp(ea->EaName, TdiTransportAddress, TDI_TRANSPORT_ADDRESS_LENGTH))
		*kind = TDI_TRANSPORT_ADDRESS_FILE;
	else if (ea->EaNameLength == TDI_CONNECTION_CONTEXT_LENGTH && *length >= sizeof(PVOID) &&
		 !memcmp(ea->EaName, TdiConnectionContext, TDI_CONNECTION_CONTEXT_LENGTH))
		*kind = TDI_CONNECTION_FILE;
	return value;
}

static NTSTATUS create(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION location)
{
	enum fake_protocol protocol = ((struct fake_device *)device->DeviceExtension)->protocol;
	NTSTATUS status = STATUS_SUCCESS;
	struct fake_file *new;
	const UCHAR *value;
	USHORT length = 0;
	KIRQL irql;
	int kind;

	value = attribute(irp, location, &kind, &length);
	new = file_new(kind, protocol, location->FileObject);
	if (kind == TDI_TRANSPORT_ADDRESS_FILE)
		new->fd = fake_wire_open(protocol, value, length, &status);
	else if (kind == TDI_CONNECTION_FILE)
		memcpy(&new->context, value, sizeof(new->context));
	if (!NT_SUCCESS(status)) {
		free(new->data);
		free(new);
		return fake_answer(irp, status, 0);
	}
	location->FileObject->FsContext = new;
	location->FileObject->FsContext2 = (PVOID)(ULONG_PTR)kind;
	KeAcquireSpinLock(&fake_lock, &irql);
	InsertTailList(&fake_files, &new->all);
	KeReleaseSpinLock(&fake_lock, irql);
	return fake_answer(irp, STATUS_SUCCESS, 0);
}

static bool no_calls(void *context)
{
	return !__atomic_load_n(&((struct fake_file *)context)->calls, __ATOMIC_ACQUIRE);
}

/* After it nothing of the file is told of or answered: calls that run have left. */
static NTSTATUS cleanup(struct fake_file *file, PIRP irp)
{
	struct fake_file *connection;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	file->closing = true;
	KeReleaseSpinLock(&fake_lock, irql);
	fake_network_wake();
	nt_wait_for(no_calls, file, NT_FOREVER_MS);
	fake_queue_fail(&file->receives, STATUS_CANCELLED);
	fake_queue_fail(&file->sends, STATUS_CANCELLED);
	fake_queue_fail(&file->listens, STATUS_CANCELLED);
	KeAcquireSpinLock(&fake_lock, &irql);
	memset(file->handlers, 0, sizeof(file->handlers));
	file->connecting = false;
	if (file->kind == TDI_CONNECTION_FILE) {
		fake_disassociate(file);
		fake_totals[file->protocol].left += file->length;
		file->length = 0;
		/* An active one shares its socket with the address. */
		if (file->fd >= 0)
			shutdown(file->fd, SHUT_RDWR);
	}
	while (file->kind == TDI_TRANSPORT_ADDRESS_FILE && !IsListEmpty(&file->connections)) {
		connection = CONTAINING_RECORD(file->connections.Flink, struct fake_file, in_address);
		fake_disassociate(connection);
	}
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	KeReleaseSpinLock(&fake_lock, irql);
	return fake_answer(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS close_file(struct fake_file *file, PIRP irp)
{
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	RemoveEntryList(&file->all);
	KeReleaseSpinLock(&fake_lock, irql);
	free(file->data);
	free(file);
	return fake_answer(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS direct_send(PVOID a, PVOID b)
{
	(void)a;
	(void)b;
	fake_totals[FAKE_TCP].direct_sends++;
	return STATUS_SUCCESS;
}

static NTSTATUS device_control(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION location)
{
	ULONG code = location->Parameters.DeviceIoControl.IoControlCode;

	if (code == IOCTL_TDI_QUERY_DIRECT_SEND_HANDLER || code == IOCTL_TDI_QUERY_DIRECT_SENDDG_HANDLER) {
		*(PVOID *)location->Parameters.DeviceIoControl.Type3InputBuffer = (PVOID)direct_send;
		return fake_answer(irp, STATUS_SUCCESS, 0);
	}
	if (!NT_SUCCESS(TdiMapUserRequest(device, irp, location)))
		return fake_answer(irp, STATUS_NOT_IMPLEMENTED, 0);
	return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS dispatch(PDEVICE_OBJECT device, PIRP irp)
{
	PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
	struct fake_file *file = location->FileObject ? location->FileObject->FsContext : NULL;
	NTSTATUS status;

	if (location->MajorFunction == IRP_MJ_CREATE) {
		if (nt_fails("the transport's create"))
			return fake_answer(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
		return create(device, irp, location);
	}
	if (!file)
		return fake_answer(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
	if (location->MajorFunction == IRP_MJ_CLEANUP)
		return cleanup(file, irp);
	if (location->MajorFunction == IRP_MJ_CLOSE)
		return close_file(file, irp);
	if (nt_fails("a request to the transport"))
		return fake_answer(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
	if (location->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
		status = device_control(device, irp, location);
		if (status != STATUS_MORE_PROCESSING_REQUIRED)
			return status;
	}
	if (location->MajorFunction != IRP_MJ_INTERNAL_DEVICE_CONTROL)
		return fake_answer(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
	if (file->kind == TDI_CONNECTION_FILE)
		return fake_connection_request(file, irp, location);
	if (file->kind == TDI_TRANSPORT_ADDRESS_FILE)
		return fake_address_request(file, irp, location);
	return fake_answer(irp, STATUS_NOT_IMPLEMENTED, 0);
}

/* Datagrams that nobody asked for stay in the socket, so that tests need not hurry. */
static short address_interest(const struct fake_file *address)
{
	bool asked = address->receives.Flink != &address->receives ||
		     address->handlers[TDI_EVENT_RECEIVE_DATAGRAM].function;

	if (fake_wire_is_stream(address->protocol))
		return address->listening ? POLLIN : 0;
	return asked ? POLLIN : 0;
}

/* What a file waits for; 0: nothing. */
static short interest(const struct fake_file *file)
{
	short events = 0;

	if (file->fd < 0 || file->closing)
		return 0;
	if (file->kind == TDI_TRANSPORT_ADDRESS_FILE)
		return address_interest(file);
	if (file->connecting)
		return POLLOUT;
	if (!file->connected || !file->address)
		return 0;
	if (!file->length && !file->end)
		events |= POLLIN | POLLPRI;
	if (file->sends.Flink != &file->sends)
		events |= POLLOUT;
	return events;
}

/* Data in memory that a request or handler waits for, an end that is to be told, what nobody wants any more. */
static bool has_local_work(const struct fake_file *file)
{
	bool asked = file->receives.Flink != &file->receives;

	if (file->kind != TDI_CONNECTION_FILE || file->closing || !file->address)
		return false;
	if (file->length)
		return file->discard || !file->blocked || asked;
	return file->end && (!file->told_end || asked);
}

static struct fake_file *watched[FILES_MAX];
static struct pollfd polls[FILES_MAX];

/* One file with something to do, NULL: none. Beginning at any, so that none starves. With the lock held. */
static struct fake_file *find_work(int milliseconds, short *events)
{
	nfds_t count = 0, index, start;
	struct fake_file *file;
	LIST_ENTRY *entry;

	for (entry = fake_files.Flink; entry != &fake_files && count < FILES_MAX; entry = entry->Flink) {
		file = CONTAINING_RECORD(entry, struct fake_file, all);
		if (has_local_work(file)) {
			*events = POLLIN;
			return file;
		}
		if (!interest(file))
			continue;
		watched[count] = file;
		polls[count] = (struct pollfd){ file->fd, interest(file), 0 };
		count++;
	}
	if (poll(polls, count, milliseconds) <= 0)
		return NULL;
	start = fake_random((unsigned)count);
	for (index = 0; index < count; index++) {
		file = watched[(start + index) % count];
		*events = polls[(start + index) % count].revents;
		if (*events)
			return file;
	}
	return NULL;
}

/* For the scheduler: only one thread runs, and none is amid a change. */
static bool wait_outside(unsigned milliseconds)
{
	short events;

	return find_work((int)milliseconds, &events) != NULL;
}

static bool something_came(void *context)
{
	(void)context;
	return fake_is_stopping() || woken || (!nt_free_running && wait_outside(0));
}

static void handle(struct fake_file *file, short events)
{
	if (file->kind == TDI_TRANSPORT_ADDRESS_FILE) {
		if (fake_wire_is_stream(file->protocol))
			fake_connection_came(file);
		else
			fake_datagram_came(file);
		return;
	}
	if (file->connecting) {
		fake_connected(file);
		return;
	}
	if (events & POLLPRI)
		fake_urgent_came(file);
	if (events & POLLOUT)
		fake_send_more(file);
	if (events & (POLLIN | POLLHUP | POLLERR))
		fake_deliver(file);
}

/* The file, and the address whose handlers it calls, stay meanwhile. */
static struct fake_file *hold_work(short *events)
{
	struct fake_file *file;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	file = find_work(0, events);
	__atomic_store_n(&holding, file != NULL, __ATOMIC_RELEASE);
	if (file) {
		__atomic_add_fetch(&file->calls, 1, __ATOMIC_RELAXED);
		file->told = file->address;
		if (file->told)
			__atomic_add_fetch(&file->told->calls, 1, __ATOMIC_RELAXED);
	}
	KeReleaseSpinLock(&fake_lock, irql);
	return file;
}

static void let_go(struct fake_file *file)
{
	struct fake_file *told;
	KIRQL irql;

	KeAcquireSpinLock(&fake_lock, &irql);
	told = file->told;
	file->told = NULL;
	if (told)
		__atomic_sub_fetch(&told->calls, 1, __ATOMIC_RELEASE);
	__atomic_sub_fetch(&file->calls, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&holding, false, __ATOMIC_RELEASE);
	KeReleaseSpinLock(&fake_lock, irql);
}

static void watch_sockets(void *context)
{
	struct fake_file *file;
	short events = 0;

	(void)context;
	while (!fake_is_stopping()) {
		nt_wait_for(something_came, NULL, nt_free_running ? 1 : NT_FOREVER_MS);
		nt_lock();
		woken = false;
		nt_unlock();
		file = hold_work(&events);
		if (!file)
			continue;
		handle(file, events);
		let_go(file);
	}
}

static void unload(PDRIVER_OBJECT driver)
{
	while (driver->DeviceObject)
		IoDeleteDevice(driver->DeviceObject);
}

static NTSTATUS entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
	PDEVICE_OBJECT device;
	UNICODE_STRING name;
	WCHAR buffer[32];
	unsigned index;

	(void)path;
	for (index = 0; index <= IRP_MJ_MAXIMUM_FUNCTION; index++)
		driver->MajorFunction[index] = dispatch;
	driver->DriverUnload = unload;
	for (index = 0; index < FAKE_PROTOCOLS; index++) {
		if (!(wanted_devices >> index & 1))
			continue;
		nt_utf16(names[index], buffer, FW_NT_COUNT(buffer), &name);
		IoCreateDevice(driver, sizeof(struct fake_device), &name, FILE_DEVICE_NETWORK, FILE_DEVICE_SECURE_OPEN,
			FALSE, &device);
		device->Flags |= DO_DIRECT_IO;
		((struct fake_device *)device->DeviceExtension)->protocol = index;
	}
	return STATUS_SUCCESS;
}

void fake_transport_policy(const struct fake_policy *policy)
{
	fake_policy = policy ? *policy : mix;
}

NTSTATUS fake_transport_start(unsigned devices, const struct fake_policy *policy)
{
	NTSTATUS status;

	KeInitializeSpinLock(&fake_lock);
	InitializeListHead(&fake_files);
	memset(fake_totals, 0, sizeof(fake_totals));
	fake_request_start();
	fake_transport_policy(policy);
	wanted_devices = devices;
	stopping = woken = false;
	nt_failures_pause();
	status = nt_driver_load("Tcpip", entry, &transport);
	nt_failures_resume();
	network = nt_thread_start("network", NULL, watch_sockets, NULL);
	completer = nt_thread_start("completer", NULL, fake_completer, NULL);
	nt_idle_hook(wait_outside);
	return status;
}

void fake_transport_stop(void)
{
	nt_wait_for(fake_completer_idle, NULL, NT_FOREVER_MS);
	if (!IsListEmpty(&fake_files))
		nt_violation(NT_RULE_UNLOAD, "files of the transport are open at its end");
	nt_lock();
	__atomic_store_n(&stopping, true, __ATOMIC_RELAXED);
	nt_unlock();
	nt_idle_hook(NULL);
	nt_thread_join(network);
	nt_thread_join(completer);
	nt_driver_unload(transport);
}

static bool is_settled(void *context)
{
	return !__atomic_load_n(&holding, __ATOMIC_ACQUIRE) && fake_completer_idle(context);
}

void fake_transport_totals(enum fake_protocol protocol, struct fake_totals *totals)
{
	KIRQL irql;

	/* What it told of is counted when the client has answered. */
	nt_wait_for(is_settled, NULL, NT_FOREVER_MS);
	KeAcquireSpinLock(&fake_lock, &irql);
	*totals = fake_totals[protocol];
	KeReleaseSpinLock(&fake_lock, irql);
}
