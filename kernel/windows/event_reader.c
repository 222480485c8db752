/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/event_reader.h"

#include "kernel/windows/nt_memory.h"

#define PENDING_MOST 256u
#define BUFFER_OF(irp) ((irp)->Tail.Overlay.DriverContext[1])

void fw_event_reader_init(struct fw_event_reader *reader)
{
	memset(reader, 0, sizeof(*reader));
	KeInitializeSpinLock(&reader->lock);
	fw_irp_queue_init(&reader->pending, &reader->lock);
}

static uint32_t room_of(IRP *irp)
{
	return IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.OutputBufferLength;
}

static void collect(IRP *irp, NTSTATUS status, uint32_t bytes, LIST_ENTRY *done)
{
	irp->IoStatus.Status = status;
	irp->IoStatus.Information = bytes;
	InsertTailList(done, &irp->Tail.Overlay.ListEntry);
}

void fw_event_reader_serve(struct fw_event_reader *reader, LIST_ENTRY *done)
{
	if (reader->tells_existing)
		return;
	while (fw_event_queue_has(&reader->queue) || reader->queue.is_closed) {
		IRP *irp = fw_irp_queue_pop(&reader->pending);

		if (!irp)
			return;
		collect(irp, STATUS_SUCCESS,
			fw_event_queue_take(&reader->queue, BUFFER_OF(irp), room_of(irp)), done);
	}
}

/* Who filled a request with what exists found nothing more: it waits for records now, before all
 * others. */
static void hand_back(struct fw_event_reader *reader, IRP *irp, LIST_ENTRY *done)
{
	reader->tells_existing = false;
	if (reader->is_stopped || !fw_irp_queue_push_back(&reader->pending, irp))
		collect(irp, STATUS_CANCELLED, 0, done);
}

/* Give requests what there is: what exists, one thread at a time; what others pend meanwhile is
 * filled here too. */
static void give_all(struct fw_event_reader *reader)
{
	LIST_ENTRY done;
	KIRQL irql;
	IRP *irp;

	InitializeListHead(&done);
	KeAcquireSpinLock(&reader->lock, &irql);
	if (reader->is_filling) {
		KeReleaseSpinLock(&reader->lock, irql);
		return;
	}
	reader->is_filling = true;
	while (reader->tells_existing && (irp = fw_irp_queue_pop(&reader->pending)) != NULL) {
		uint32_t bytes;

		KeReleaseSpinLock(&reader->lock, irql);
		bytes = fw_event_existing(reader, BUFFER_OF(irp), room_of(irp));
		if (bytes)
			fw_irp_complete(irp, STATUS_SUCCESS, bytes);
		KeAcquireSpinLock(&reader->lock, &irql);
		if (!bytes)
			hand_back(reader, irp, &done);
	}
	reader->is_filling = false;
	fw_event_reader_serve(reader, &done);
	KeReleaseSpinLock(&reader->lock, irql);
	fw_irp_complete_all(&done);
}

void fw_event_reader_stop(struct fw_event_reader *reader)
{
	LIST_ENTRY done;
	KIRQL irql;
	IRP *irp;

	InitializeListHead(&done);
	fw_event_stream_remove(reader);
	KeAcquireSpinLock(&reader->lock, &irql);
	reader->is_stopped = true;
	while ((irp = fw_irp_queue_pop(&reader->pending)) != NULL)
		collect(irp, STATUS_CANCELLED, 0, &done);
	KeReleaseSpinLock(&reader->lock, irql);
	fw_irp_complete_all(&done);
}

void fw_event_reader_done(struct fw_event_reader *reader)
{
	fw_free(reader->queue.ring);
	reader->queue.ring = NULL;
}

static uint32_t ring_bytes(uint32_t asked)
{
	if (!asked)
		return FW_CONTROL_QUEUE_DEFAULT;
	if (asked < FW_CONTROL_QUEUE_MIN)
		return FW_CONTROL_QUEUE_MIN;
	if (asked > FW_CONTROL_QUEUE_MAX)
		return FW_CONTROL_QUEUE_MAX;
	return asked & ~(FW_RECORD_ALIGN - 1);
}

/* There was no place for it in the list. Requests that came meanwhile end. */
static void unsubscribe(struct fw_event_reader *reader)
{
	LIST_ENTRY done;
	void *ring;
	KIRQL irql;
	IRP *irp;

	InitializeListHead(&done);
	KeAcquireSpinLock(&reader->lock, &irql);
	ring = reader->queue.ring;
	fw_event_queue_init(&reader->queue, NULL, 0, 0, 0);
	reader->tells_existing = false;
	reader->is_subscribed = false;
	while ((irp = fw_irp_queue_pop(&reader->pending)) != NULL)
		collect(irp, STATUS_INVALID_DEVICE_STATE, 0, &done);
	KeReleaseSpinLock(&reader->lock, irql);
	fw_irp_complete_all(&done);
	fw_free(ring);
}

NTSTATUS fw_event_reader_subscribe(
	struct fw_event_reader *reader, const struct fw_control_subscription *subscription)
{
	uint32_t size = ring_bytes(subscription->queue_bytes);
	void *ring = fw_allocate(size);
	NTSTATUS status = STATUS_SUCCESS;
	KIRQL irql;

	if (!ring)
		return STATUS_INSUFFICIENT_RESOURCES;
	KeAcquireSpinLock(&reader->lock, &irql);
	if (reader->is_stopped || reader->is_subscribed) {
		status = STATUS_INVALID_DEVICE_STATE;
	} else {
		fw_event_queue_init(&reader->queue, ring, size, size / 4, subscription->types);
		reader->tells_existing = subscription->existing != 0;
		reader->is_subscribed = true;
		ring = NULL;
	}
	KeReleaseSpinLock(&reader->lock, irql);
	fw_free(ring);
	if (!NT_SUCCESS(status))
		return status;
	status = fw_event_stream_add(reader);
	if (!NT_SUCCESS(status))
		unsubscribe(reader);
	return status;
}

NTSTATUS fw_event_reader_read(struct fw_event_reader *reader, IRP *irp, void *buffer)
{
	NTSTATUS refused = STATUS_SUCCESS;
	bool is_waiting = false;
	KIRQL irql;

	KeAcquireSpinLock(&reader->lock, &irql);
	if (reader->is_stopped)
		refused = STATUS_CANCELLED;
	else if (!reader->is_subscribed)
		refused = STATUS_INVALID_DEVICE_STATE;
	else if (reader->pending.count >= PENDING_MOST)
		refused = STATUS_INSUFFICIENT_RESOURCES;
	if (NT_SUCCESS(refused)) {
		BUFFER_OF(irp) = buffer;
		is_waiting = fw_irp_queue_push(&reader->pending, irp);
	}
	KeReleaseSpinLock(&reader->lock, irql);
	if (!NT_SUCCESS(refused)) {
		fw_irp_complete(irp, refused, 0);
		return refused;
	}
	if (!is_waiting)
		fw_irp_complete(irp, STATUS_CANCELLED, 0);
	give_all(reader);
	return STATUS_PENDING;
}

NTSTATUS fw_event_reader_drain(struct fw_event_reader *reader)
{
	KIRQL irql;

	KeAcquireSpinLock(&reader->lock, &irql);
	if (!reader->is_subscribed) {
		KeReleaseSpinLock(&reader->lock, irql);
		return STATUS_INVALID_DEVICE_STATE;
	}
	fw_event_queue_close(&reader->queue);
	KeReleaseSpinLock(&reader->lock, irql);
	fw_event_stream_settle();
	give_all(reader);
	return STATUS_SUCCESS;
}

NTSTATUS fw_event_reader_report(struct fw_event_reader *reader, struct fw_control_report *report)
{
	NTSTATUS status = STATUS_INVALID_DEVICE_STATE;
	KIRQL irql;

	KeAcquireSpinLock(&reader->lock, &irql);
	if (reader->is_subscribed) {
		memcpy(report->produced, reader->queue.produced, sizeof(report->produced));
		memcpy(report->delivered, reader->queue.delivered, sizeof(report->delivered));
		memcpy(report->lost, reader->queue.lost, sizeof(report->lost));
		status = STATUS_SUCCESS;
	}
	KeReleaseSpinLock(&reader->lock, irql);
	return status;
}
