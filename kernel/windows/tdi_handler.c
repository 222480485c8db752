/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_handler.h"

#include "kernel/windows/event_stream.h"
#include "kernel/windows/tdi_event.h"
#include "kernel/windows/tdi_request.h"

/* Lock of the tables. */
static struct {
	struct fw_object_table by_id;
	uint64_t moments; /* orders what is asked for and what is accepted */
	uint32_t last_id; /* 32 bits, so that it fits into a pointer everywhere */
	LONG volatile count;
} handlers;

void fw_tdi_handlers_init(void)
{
	fw_object_table_init(&handlers.by_id, fw_time_boot_ns());
}

struct fw_tdi_handler *fw_tdi_handler_get(void *event_context)
{
	struct fw_object_node *node;
	struct fw_tdi_handler *handler = NULL;
	KIRQL irql;

	fw_tdi_tables_lock(&irql);
	node = fw_object_table_find(&handlers.by_id, (uint64_t)(uintptr_t)event_context, 0);
	if (node) {
		handler = fw_object_of(node, struct fw_tdi_handler, by_id);
		InterlockedIncrement(&handler->references);
	}
	fw_tdi_tables_unlock(irql);
	return handler;
}

void fw_tdi_handler_put(struct fw_tdi_handler *handler)
{
	if (!handler || InterlockedDecrement(&handler->references))
		return;
	fw_tdi_object_put(handler->address);
	ExFreePoolWithTag(handler, FW_TDI_TAG);
	InterlockedDecrement(&handlers.count);
}

struct fw_tdi_handler *fw_tdi_handler_find(struct fw_tdi_object *address, LONG type)
{
	struct fw_tdi_handler *found = NULL;
	LIST_ENTRY *entry;
	KIRQL irql;

	fw_tdi_tables_lock(&irql);
	for (entry = address->handlers.Flink; entry != &address->handlers; entry = entry->Flink) {
		struct fw_tdi_handler *handler =
			CONTAINING_RECORD(entry, struct fw_tdi_handler, in_address);

		if (handler->type == type && handler->accepted &&
			(!found || handler->accepted > found->accepted))
			found = handler;
	}
	if (found)
		InterlockedIncrement(&found->references);
	fw_tdi_tables_unlock(irql);
	return found;
}

/* With the lock of the tables: take it out and onto a list of those to be put. */
static void unlink_handler(struct fw_tdi_handler *handler, LIST_ENTRY *gone)
{
	fw_object_table_remove(&handlers.by_id, &handler->by_id);
	RemoveEntryList(&handler->in_address);
	InsertTailList(gone, &handler->in_address);
	handler->linked = FALSE;
}

static void put_all(LIST_ENTRY *gone)
{
	while (!IsListEmpty(gone))
		fw_tdi_handler_put(
			CONTAINING_RECORD(RemoveHeadList(gone), struct fw_tdi_handler, in_address));
}

/* With the lock of the tables: those that were accepted before this moment. */
static void unlink_before(
	struct fw_tdi_object *address, LONG type, uint64_t moment, LIST_ENTRY *gone)
{
	LIST_ENTRY *entry, *next;

	for (entry = address->handlers.Flink; entry != &address->handlers; entry = next) {
		struct fw_tdi_handler *handler =
			CONTAINING_RECORD(entry, struct fw_tdi_handler, in_address);

		next = entry->Flink;
		if (handler->type == type && handler->accepted && handler->accepted < moment)
			unlink_handler(handler, gone);
	}
}

void fw_tdi_handlers_retire(struct fw_tdi_object *address)
{
	LIST_ENTRY gone;
	KIRQL irql;

	InitializeListHead(&gone);
	fw_tdi_tables_lock(&irql);
	while (!IsListEmpty(&address->handlers))
		unlink_handler(CONTAINING_RECORD(
				       address->handlers.Flink, struct fw_tdi_handler, in_address),
			&gone);
	fw_tdi_tables_unlock(irql);
	put_all(&gone);
}

/* It can be found at once, but only by an event that carries its number: when the lower driver has
 * accepted it, which may call before its answer has come up to us. */
static void link_handler(struct fw_tdi_handler *handler)
{
	KIRQL irql;

	fw_tdi_tables_lock(&irql);
	handler->began = ++handlers.moments;
	do {
		handler->by_id.key = ++handlers.last_id;
	} while (!handler->by_id.key || !fw_object_table_insert(&handlers.by_id, &handler->by_id));
	if (handler->address->retired) {
		fw_object_table_remove(&handlers.by_id, &handler->by_id);
	} else {
		InsertTailList(&handler->address->handlers, &handler->in_address);
		InterlockedIncrement(&handler->references);
		handler->linked = TRUE;
	}
	fw_tdi_tables_unlock(irql);
}

/* With the request's reference; takes over that of the address. */
static struct fw_tdi_handler *handler_new(
	struct fw_tdi_object *address, const TDI_REQUEST_KERNEL_SET_EVENT *request)
{
	struct fw_tdi_handler *handler =
		ExAllocatePoolWithTag(NonPagedPool, sizeof(*handler), FW_TDI_TAG);

	if (!handler)
		return NULL;
	RtlZeroMemory(handler, sizeof(*handler));
	handler->references = 1;
	handler->type = request->EventType;
	handler->function = request->EventHandler;
	handler->context = request->EventContext;
	handler->address = address;
	InterlockedIncrement(&handlers.count);
	link_handler(handler);
	return handler;
}

/* Which handler was replaced: what had been accepted before this one was asked for. What was asked
 * for meanwhile may be what the lower driver has, and stays. */
static NTSTATUS NTAPI was_set(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct fw_tdi_handler *handler = context;
	LIST_ENTRY gone;
	KIRQL irql;

	InitializeListHead(&gone);
	fw_tdi_tables_lock(&irql);
	if (NT_SUCCESS(irp->IoStatus.Status)) {
		handler->accepted = ++handlers.moments;
		unlink_before(handler->address, handler->type, handler->began, &gone);
	} else if (handler->linked) {
		unlink_handler(handler, &gone);
	}
	fw_tdi_tables_unlock(irql);
	put_all(&gone);
	fw_tdi_handler_put(handler);
	return fw_tdi_watched(irp);
}

/* Needs no memory: a client that removes a handler forgets what it belongs to, whatever we answer.
 */
static NTSTATUS NTAPI was_removed(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
	const TDI_REQUEST_KERNEL_SET_EVENT *request =
		(const TDI_REQUEST_KERNEL_SET_EVENT *)&location->Parameters;
	struct fw_tdi_object *address = context;
	LIST_ENTRY gone;
	KIRQL irql;

	InitializeListHead(&gone);
	fw_tdi_tables_lock(&irql);
	if (NT_SUCCESS(irp->IoStatus.Status))
		unlink_before(address, request->EventType, handlers.moments + 1, &gone);
	fw_tdi_tables_unlock(irql);
	put_all(&gone);
	fw_tdi_object_put(address);
	return fw_tdi_watched(irp);
}

static NTSTATUS set(struct fw_tdi_device *device, IRP *irp, struct fw_tdi_object *address,
	const TDI_REQUEST_KERNEL_SET_EVENT *request)
{
	struct fw_tdi_handler *handler = handler_new(address, request);
	TDI_REQUEST_KERNEL_SET_EVENT *changed;

	if (!handler) {
		fw_tdi_object_put(address);
		return fw_tdi_refuse(irp, STATUS_INSUFFICIENT_RESOURCES);
	}
	fw_tdi_request_enter();
	IoCopyCurrentIrpStackLocationToNext(irp);
	changed = (TDI_REQUEST_KERNEL_SET_EVENT *)&IoGetNextIrpStackLocation(irp)->Parameters;
	changed->EventHandler = fw_tdi_event_function(request->EventType);
	changed->EventContext = (void *)(uintptr_t)handler->by_id.key;
	IoSetCompletionRoutine(irp, was_set, handler, TRUE, TRUE, TRUE);
	return IoCallDriver(device->lower, irp);
}

NTSTATUS fw_tdi_set_handler(struct fw_tdi_device *device, IRP *irp)
{
	const IO_STACK_LOCATION *location = IoGetCurrentIrpStackLocation(irp);
	const TDI_REQUEST_KERNEL_SET_EVENT *request =
		(const TDI_REQUEST_KERNEL_SET_EVENT *)&location->Parameters;
	struct fw_tdi_object *address = fw_tdi_object_get(location->FileObject);

	/* What a user asks for is no function of the kernel: the lower driver may refuse it. */
	if (!address || address->kind != FW_TDI_ADDRESS || irp->RequestorMode != KernelMode ||
		!fw_tdi_event_function(request->EventType)) {
		fw_tdi_object_put(address);
		return fw_tdi_pass(device, irp);
	}
	if (!request->EventHandler)
		return fw_tdi_watch(device, irp, was_removed, address);
	return set(device, irp, address, request);
}

uint32_t fw_tdi_handlers_count(void)
{
	return (uint32_t)handlers.count;
}
