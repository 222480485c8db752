/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/usage_dump.h"

#include "abi/control.h"
#include "core/classic_line.h"
#include "kernel/windows/event_stream.h"
#include "kernel/windows/process_row.h"

#define TICKS_PER_MS 10000

static struct {
	bool is_ready;
	PIO_WORKITEM work;
	KTIMER timer;
	KDPC dpc;
	KMUTEX changes;
	KEVENT idle;		 /* no work is queued or runs */
	volatile LONG is_queued; /* not 0: it is */
	uint64_t last_ns;	 /* the work's: when it printed last */
} dump;

static void print_process(struct fw_process_state *process, uint64_t interval_ns)
{
	struct fw_counters since = fw_process_since_dump(process);
	char line[FW_CLASSIC_LINE_SIZE];

	if (!since.sent && !since.received)
		return;
	fw_classic_line(process->process.pid, fw_classic_rate(since.sent, interval_ns),
		fw_classic_rate(since.received, interval_ns), line);
	DbgPrint("%s\n", line);
}

static void print_all(bool is_silent)
{
	uint64_t now_ns = fw_time_boot_ns(), number = 0;
	uint64_t interval_ns = now_ns - dump.last_ns;
	struct fw_process_state *process;

	dump.last_ns = now_ns;
	while ((process = fw_process_next(number)) != NULL) {
		number = fw_process_number(process);
		if (is_silent)
			(void)fw_process_since_dump(process);
		else
			print_process(process, interval_ns);
		fw_process_put(process);
	}
}

static void NTAPI work(DEVICE_OBJECT *device, PVOID context)
{
	(void)device;
	(void)context;
	print_all(false);
	/* In this order: the next one clears the event as soon as it may be queued. */
	KeSetEvent(&dump.idle, IO_NO_INCREMENT, FALSE);
	InterlockedExchange(&dump.is_queued, 0);
}

/* A dump that the worker has not come to yet is not queued twice: its lines then are of a longer
 * interval. */
static void NTAPI on_timer(KDPC *dpc, PVOID context, PVOID argument1, PVOID argument2)
{
	(void)dpc;
	(void)context;
	(void)argument1;
	(void)argument2;
	if (InterlockedExchange(&dump.is_queued, 1))
		return;
	KeClearEvent(&dump.idle);
	IoQueueWorkItem(dump.work, work, DelayedWorkQueue, NULL);
}

NTSTATUS fw_usage_dump_init(DEVICE_OBJECT *device)
{
	memset(&dump, 0, sizeof(dump));
	dump.work = IoAllocateWorkItem(device);
	if (!dump.work)
		return STATUS_INSUFFICIENT_RESOURCES;
	KeInitializeTimerEx(&dump.timer, NotificationTimer);
	KeInitializeDpc(&dump.dpc, on_timer, NULL);
	KeInitializeMutex(&dump.changes, 0);
	KeInitializeEvent(&dump.idle, NotificationEvent, TRUE);
	dump.is_ready = true;
	return STATUS_SUCCESS;
}

/* No timer, no DPC and no work is left when this returns (NT-27's order). */
static void stop(void)
{
	KeCancelTimer(&dump.timer);
	KeFlushQueuedDpcs();
	KeWaitForSingleObject(&dump.idle, Executive, KernelMode, FALSE, NULL);
}

NTSTATUS fw_usage_dump_set(uint32_t interval_ms)
{
	LARGE_INTEGER due;

	if (interval_ms &&
		(interval_ms < FW_CONTROL_DUMP_MIN_MS || interval_ms > FW_CONTROL_DUMP_MAX_MS))
		return STATUS_INVALID_PARAMETER;
	KeWaitForSingleObject(&dump.changes, Executive, KernelMode, FALSE, NULL);
	stop();
	if (interval_ms) {
		print_all(true);
		due.QuadPart = -(LONGLONG)interval_ms * TICKS_PER_MS;
		KeSetTimerEx(&dump.timer, due, (LONG)interval_ms, &dump.dpc);
	}
	KeReleaseMutex(&dump.changes, FALSE);
	return STATUS_SUCCESS;
}

void fw_usage_dump_done(void)
{
	if (!dump.is_ready)
		return;
	stop();
	IoFreeWorkItem(dump.work);
	dump.is_ready = false;
}
