/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/filter/im_event.h"

#include "kernel/windows/event_stream.h"
#include "kernel/windows/nt_memory.h"

static struct {
	KSPIN_LOCK lock;
	LIST_ENTRY followers;
	uint32_t count;
} all;

void fw_im_events_init(void)
{
	memset(&all, 0, sizeof(all));
	KeInitializeSpinLock(&all.lock);
	InitializeListHead(&all.followers);
}

void fw_im_follower_init(struct fw_im_follower *follower)
{
	InitializeListHead(&follower->entry);
	fw_irp_queue_init(&follower->requests, &all.lock);
}

static uint32_t room_of(IRP *irp)
{
	return IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength;
}

/* The lock is held. Into a request's buffer, with room for one at least. */
static void fill(struct fw_im_follower *follower, IRP *irp)
{
	uint8_t *buffer = irp->AssociatedIrp.SystemBuffer;
	struct fw_control_rows rows = { .size = sizeof(rows),
		.row_size = sizeof(struct fw_adapter_event) };
	uint32_t room = room_of(irp), used = sizeof(rows);

	while (follower->count && room - used >= sizeof(struct fw_adapter_event)) {
		memcpy(buffer + used, &follower->events[follower->first],
			sizeof(struct fw_adapter_event));
		follower->first = (follower->first + 1) % FW_IM_EVENTS;
		follower->count--;
		used += sizeof(struct fw_adapter_event);
		rows.count++;
	}
	memcpy(buffer, &rows, sizeof(rows));
	irp->IoStatus.Status = STATUS_SUCCESS;
	irp->IoStatus.Information = used;
}

/* The lock is held. What is kept goes to the requests that wait; those are to be completed without
 * it. */
static void serve(struct fw_im_follower *follower, LIST_ENTRY *served)
{
	while (follower->count || follower->overran) {
		IRP *irp = fw_irp_queue_pop(&follower->requests);

		if (!irp)
			return;
		if (follower->overran) {
			irp->IoStatus.Status = STATUS_DATA_OVERRUN;
			irp->IoStatus.Information = 0;
			follower->overran = false;
		} else {
			fill(follower, irp);
		}
		InsertTailList(served, &irp->Tail.Overlay.ListEntry);
	}
}

/* The lock is held. When there is no room all are dropped: the follower asks for the adapters anew
 * anyway. */
static void keep(struct fw_im_follower *follower, const struct fw_adapter_event *event)
{
	if (follower->count == FW_IM_EVENTS) {
		follower->count = 0;
		follower->overran = true;
	}
	follower->events[(follower->first + follower->count) % FW_IM_EVENTS] = *event;
	follower->count++;
}

void fw_im_event_post(
	const struct fw_im_adapter *adapter, enum fw_adapter_action action, uint32_t direction)
{
	struct fw_adapter_event event;
	LIST_ENTRY served;
	KIRQL irql;

	memset(&event, 0, sizeof(event));
	event.time_ns = fw_time_boot_ns();
	event.index = adapter->index;
	event.action = (uint32_t)action;
	event.direction = direction;
	memcpy(event.name, adapter->name, sizeof(event.name));
	InitializeListHead(&served);
	KeAcquireSpinLock(&all.lock, &irql);
	for (LIST_ENTRY *entry = all.followers.Flink; entry != &all.followers;
		entry = entry->Flink) {
		struct fw_im_follower *follower =
			CONTAINING_RECORD(entry, struct fw_im_follower, entry);

		keep(follower, &event);
		serve(follower, &served);
	}
	KeReleaseSpinLock(&all.lock, irql);
	fw_irp_complete_all(&served);
}

/* The lock is held. It follows from now on, unless it does. */
static NTSTATUS begin(struct fw_im_follower *follower, struct fw_adapter_event **ring)
{
	if (follower->stopped)
		return STATUS_INVALID_DEVICE_STATE;
	if (follower->events)
		return STATUS_SUCCESS;
	if (!*ring || all.count == FW_IM_FOLLOWERS)
		return STATUS_INSUFFICIENT_RESOURCES;
	follower->events = *ring;
	*ring = NULL;
	InsertTailList(&all.followers, &follower->entry);
	all.count++;
	return STATUS_SUCCESS;
}

NTSTATUS fw_im_follower_request(struct fw_im_follower *follower, IRP *irp)
{
	struct fw_adapter_event *ring = NULL;
	LIST_ENTRY served;
	NTSTATUS status = STATUS_SUCCESS;
	bool waits = false;
	KIRQL irql;

	InitializeListHead(&served);
	if (room_of(irp) < sizeof(struct fw_control_rows) + sizeof(struct fw_adapter_event))
		status = STATUS_BUFFER_TOO_SMALL;
	else if (!follower->events)
		ring = fw_allocate(FW_IM_EVENTS * sizeof(*ring));
	KeAcquireSpinLock(&all.lock, &irql);
	if (NT_SUCCESS(status))
		status = begin(follower, &ring);
	if (NT_SUCCESS(status)) {
		waits = fw_irp_queue_push(&follower->requests, irp);
		serve(follower, &served);
	}
	KeReleaseSpinLock(&all.lock, irql);
	fw_free(ring);
	fw_irp_complete_all(&served);
	if (waits)
		return STATUS_PENDING;
	if (NT_SUCCESS(status)) { /* it was marked pending, and cancelled */
		fw_irp_complete(irp, STATUS_CANCELLED, 0);
		return STATUS_PENDING;
	}
	fw_irp_complete(irp, status, 0);
	return status;
}

void fw_im_follower_stop(struct fw_im_follower *follower)
{
	LIST_ENTRY ended;
	IRP *irp;
	KIRQL irql;

	InitializeListHead(&ended);
	KeAcquireSpinLock(&all.lock, &irql);
	follower->stopped = true;
	if (!IsListEmpty(&follower->entry)) {
		RemoveEntryList(&follower->entry);
		InitializeListHead(&follower->entry);
		all.count--;
	}
	while ((irp = fw_irp_queue_pop(&follower->requests)) != NULL) {
		irp->IoStatus.Status = STATUS_CANCELLED;
		irp->IoStatus.Information = 0;
		InsertTailList(&ended, &irp->Tail.Overlay.ListEntry);
	}
	KeReleaseSpinLock(&all.lock, irql);
	fw_irp_complete_all(&ended);
}

void fw_im_follower_done(struct fw_im_follower *follower)
{
	fw_im_follower_stop(follower);
	fw_free(follower->events);
	follower->events = NULL;
}
