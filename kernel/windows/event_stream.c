/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/event_stream.h"

#include "kernel/windows/event_reader.h"

static struct {
	KSPIN_LOCK lock; /* before that of a reader */
	uint32_t count;
	struct fw_event_reader *readers[FW_CONTROL_READERS];
	volatile LONG wanted; /* types, of all of them */
} stream;

void fw_event_stream_init(void)
{
	memset(&stream, 0, sizeof(stream));
	KeInitializeSpinLock(&stream.lock);
}

/* The list is locked. */
static void settle(void)
{
	uint64_t types = 0;

	for (uint32_t i = 0; i < stream.count; i++)
		if (!stream.readers[i]->queue.is_closed)
			types |= stream.readers[i]->queue.types;
	InterlockedExchange(&stream.wanted, (LONG)(types & ((1u << FW_RECORD_EVENT_TYPES) - 1)));
}

void fw_event_stream_settle(void)
{
	KIRQL irql;

	KeAcquireSpinLock(&stream.lock, &irql);
	settle();
	KeReleaseSpinLock(&stream.lock, irql);
}

NTSTATUS fw_event_stream_add(struct fw_event_reader *reader)
{
	NTSTATUS status = STATUS_QUOTA_EXCEEDED;
	KIRQL irql;

	KeAcquireSpinLock(&stream.lock, &irql);
	KeAcquireSpinLockAtDpcLevel(&reader->lock);
	if (reader->is_stopped) {
		status = STATUS_INVALID_DEVICE_STATE;
	} else if (stream.count < FW_CONTROL_READERS) {
		reader->is_listed = true;
		stream.readers[stream.count++] = reader;
		status = STATUS_SUCCESS;
	}
	KeReleaseSpinLockFromDpcLevel(&reader->lock);
	settle();
	KeReleaseSpinLock(&stream.lock, irql);
	return status;
}

void fw_event_stream_remove(struct fw_event_reader *reader)
{
	KIRQL irql;

	KeAcquireSpinLock(&stream.lock, &irql);
	KeAcquireSpinLockAtDpcLevel(&reader->lock);
	reader->is_stopped = true; /* so that it does not come back */
	reader->is_listed = false;
	KeReleaseSpinLockFromDpcLevel(&reader->lock);
	for (uint32_t i = 0; i < stream.count; i++) {
		if (stream.readers[i] != reader)
			continue;
		stream.readers[i] = stream.readers[--stream.count];
		break;
	}
	settle();
	KeReleaseSpinLock(&stream.lock, irql);
}

uint32_t fw_event_stream_readers(void)
{
	uint32_t count;
	KIRQL irql;

	KeAcquireSpinLock(&stream.lock, &irql);
	count = stream.count;
	KeReleaseSpinLock(&stream.lock, irql);
	return count;
}

bool fw_event_wanted(enum fw_record_type type)
{
	return stream.wanted >> type & 1;
}

/* To each reader a record, or that one was lost, and what this ends of its requests. */
static void tell(const struct fw_record_header *record, uint16_t type, uint64_t time_ns)
{
	LIST_ENTRY done;
	KIRQL irql;

	InitializeListHead(&done);
	KeAcquireSpinLock(&stream.lock, &irql);
	for (uint32_t i = 0; i < stream.count; i++) {
		struct fw_event_reader *reader = stream.readers[i];

		KeAcquireSpinLockAtDpcLevel(&reader->lock);
		if (record)
			fw_event_queue_put(&reader->queue, record);
		else
			fw_event_queue_lose(&reader->queue, type, time_ns);
		fw_event_reader_serve(reader, &done);
		KeReleaseSpinLockFromDpcLevel(&reader->lock);
	}
	KeReleaseSpinLock(&stream.lock, irql);
	fw_irp_complete_all(&done);
}

void fw_event_publish(struct fw_record_header *record)
{
	if (!fw_event_wanted(record->type))
		return;
	if (!record->time_ns)
		record->time_ns = fw_time_boot_ns();
	if (record->size > FW_CONTROL_READ_MIN)
		tell(NULL, record->type, record->time_ns); /* no read would ever take it */
	else
		tell(record, record->type, record->time_ns);
}

void fw_event_lose(enum fw_record_type type)
{
	if (fw_event_wanted(type))
		tell(NULL, (uint16_t)type, fw_time_boot_ns());
}
