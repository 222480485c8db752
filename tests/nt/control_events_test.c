/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Records on their way to readers: the inverted call with many requests, cancelled, closed by
 * another thread, not read at all; losses counted exactly; each reader on its own.
 */
#include "abi/process_event.h"
#include "control_client.h"
#include "core/record_check.h"
#include "kernel/windows/event_stream.h"

#define ALL 0xfffull
#define WAIT_MS 10000
#define REQUESTS 8
#define SEEDS 300

struct sums {
	uint64_t delivered[FW_RECORD_EVENT_TYPES];
	uint64_t lost[FW_RECORD_EVENT_TYPES];
	uint64_t sequence;
};

static void add(struct sums *sums, const uint8_t *bytes, uint32_t length)
{
	for (uint32_t at = 0; at < length;) {
		const struct fw_record_header *record;
		const struct fw_loss_record *loss;

		NT_CHECK_EQUAL(fw_record_whole(bytes + at, length - at, &record), FW_OK);
		loss = (const void *)record;
		NT_CHECK_EQUAL(record->sequence, sums->sequence + 1);
		if (record->type != FW_RECORD_LOSS) {
			sums->sequence++;
			if (!(record->flags & FW_RECORD_EXISTING))
				sums->delivered[record->type]++;
		}
		for (int type = 0; record->type == FW_RECORD_LOSS && type < FW_RECORD_EVENT_TYPES;
			type++) {
			sums->lost[type] += loss->lost[type];
			sums->sequence += loss->lost[type];
		}
		at += record->size;
	}
}

/* Read all there is and compare with what the driver reports: produced = delivered + lost, of every
 * type. */
static void drain_and_compare(HANDLE handle, struct sums *sums)
{
	static uint8_t buffer[FW_CONTROL_READ_MIN];
	struct fw_control_report report;
	ULONG_PTR bytes;

	NT_CHECK_EQUAL(
		control_ask(handle, FW_CONTROL_DRAIN, NULL, 0, NULL, 0, NULL), STATUS_SUCCESS);
	do {
		struct nt_request *request = control_read_start(handle, buffer);

		NT_CHECK_EQUAL(nt_request_end(request, &bytes), STATUS_SUCCESS);
		add(sums, buffer, (uint32_t)bytes);
	} while (bytes);
	NT_CHECK_EQUAL(
		control_ask(handle, FW_CONTROL_REPORT, NULL, 0, &report, sizeof(report), NULL),
		STATUS_SUCCESS);
	for (int type = 0; type < FW_RECORD_EVENT_TYPES; type++) {
		NT_CHECK_EQUAL(report.delivered[type], sums->delivered[type]);
		NT_CHECK_EQUAL(report.lost[type], sums->lost[type]);
		NT_CHECK_EQUAL(report.produced[type], report.delivered[type] + report.lost[type]);
	}
}

static void one_reader(void)
{
	struct sums sums = { 0 };
	PEPROCESS process;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	NT_CHECK_EQUAL(control_subscribe(handle, ALL, 0, false), STATUS_SUCCESS);
	NT_CHECK_EQUAL(control_subscribe(handle, ALL, 0, false), STATUS_INVALID_DEVICE_STATE);
	process = control_process(100, 4, "\\Device\\HarddiskVolume1\\a.exe");
	nt_notify_thread(100, 101, true);
	nt_notify_thread(100, 102, true);
	nt_notify_thread(100, 102, false);
	nt_notify_image("\\Device\\HarddiskVolume1\\b.dll", 100, (void *)0x10000, 4096);
	nt_notify_image(NULL, 0, (void *)0x20000, 0);
	nt_process_exit(process);
	drain_and_compare(handle, &sums);
	NT_CHECK_EQUAL(sums.delivered[FW_RECORD_PROCESS_CREATE], 1);
	NT_CHECK_EQUAL(sums.delivered[FW_RECORD_PROCESS_EXIT], 1);
	NT_CHECK_EQUAL(sums.delivered[FW_RECORD_THREAD_CREATE], 1);
	NT_CHECK_EQUAL(sums.delivered[FW_RECORD_THREAD_EXIT], 1);
	NT_CHECK_EQUAL(sums.delivered[FW_RECORD_IMAGE_LOAD], 2);
	nt_close(handle);
	control_end();
}

/* No read, then a storm: the queue fills, losses are counted, ends of processes still find room. */
static void storm_without_a_reader(void)
{
	struct sums sums = { 0 };
	HANDLE handle, other;

	NT_CHECK(control_begin());
	handle = control_open();
	other = control_open();
	NT_CHECK_EQUAL(control_subscribe(handle, ALL, 1, false), STATUS_SUCCESS);
	for (uint32_t i = 0; i < 3000; i++)
		nt_notify_image("\\Device\\HarddiskVolume1\\b.dll", 100, (void *)0x10000, 4096);
	for (uint32_t i = 0; i < 20; i++)
		nt_process_exit(control_process(200 + i, 4, "\\x.exe"));
	drain_and_compare(handle, &sums);
	NT_CHECK_EQUAL(
		sums.delivered[FW_RECORD_IMAGE_LOAD] + sums.lost[FW_RECORD_IMAGE_LOAD], 3000);
	NT_CHECK(sums.lost[FW_RECORD_IMAGE_LOAD] > 2000);
	NT_CHECK_EQUAL(sums.delivered[FW_RECORD_PROCESS_EXIT], 20);
	NT_CHECK_EQUAL(sums.lost[FW_RECORD_PROCESS_CREATE], 20);
	nt_close(other);
	nt_close(handle);
	control_end();
}

/* Two readers have queues of their own: the one that does not read loses, the other does not. */
static void readers_do_not_steal(void)
{
	struct sums lazy_sums = { 0 }, keen_sums = { 0 };
	HANDLE lazy, keen;

	NT_CHECK(control_begin());
	lazy = control_open();
	keen = control_open();
	NT_CHECK_EQUAL(control_subscribe(lazy, ALL, 1, false), STATUS_SUCCESS);
	NT_CHECK_EQUAL(control_subscribe(keen, ALL, 4u << 20, false), STATUS_SUCCESS);
	for (uint32_t i = 0; i < 2000; i++)
		nt_notify_image("\\b.dll", 100, (void *)0x10000, 4096);
	drain_and_compare(keen, &keen_sums);
	drain_and_compare(lazy, &lazy_sums);
	NT_CHECK_EQUAL(keen_sums.delivered[FW_RECORD_IMAGE_LOAD], 2000);
	NT_CHECK(lazy_sums.lost[FW_RECORD_IMAGE_LOAD] > 0);
	nt_close(keen);
	nt_close(lazy);
	control_end();
}

static void only_so_many_readers(void)
{
	HANDLE handles[FW_CONTROL_READERS + 1];
	uint8_t buffer[FW_CONTROL_READ_MIN];

	NT_CHECK(control_begin());
	for (int i = 0; i <= FW_CONTROL_READERS; i++) {
		handles[i] = control_open();
		NT_CHECK_EQUAL(control_subscribe(handles[i], ALL, 0, false),
			i < FW_CONTROL_READERS ? STATUS_SUCCESS : STATUS_QUOTA_EXCEEDED);
	}
	NT_CHECK_EQUAL(
		nt_request_end(control_read_start(handles[FW_CONTROL_READERS], buffer), NULL),
		STATUS_INVALID_DEVICE_STATE);
	nt_close(handles[0]);
	NT_CHECK_EQUAL(
		control_subscribe(handles[FW_CONTROL_READERS], ALL, 0, false), STATUS_SUCCESS);
	for (int i = 1; i <= FW_CONTROL_READERS; i++)
		nt_close(handles[i]);
	control_end();
}

static void requests_are_served_in_order(void)
{
	static uint8_t buffers[REQUESTS][FW_CONTROL_READ_MIN];
	struct nt_request *requests[REQUESTS];
	struct sums sums = { 0 };
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	NT_CHECK_EQUAL(control_subscribe(handle, ALL, 0, false), STATUS_SUCCESS);
	for (int i = 0; i < REQUESTS; i++)
		requests[i] = control_read_start(handle, buffers[i]);
	for (int i = 0; i < REQUESTS; i++)
		nt_notify_image("\\b.dll", (uint32_t)i, (void *)0x10000, 4096);
	for (int i = 0; i < REQUESTS; i++) {
		const struct fw_image_record *record = (const void *)buffers[i];
		ULONG_PTR bytes;

		NT_CHECK_EQUAL(nt_request_end(requests[i], &bytes), STATUS_SUCCESS);
		NT_CHECK_EQUAL(record->pid, i);
		add(&sums, buffers[i], (uint32_t)bytes);
	}
	NT_CHECK_EQUAL(sums.sequence, REQUESTS);
	nt_close(handle);
	control_end();
}

/* Requests are cancelled while records come: each ends once, as cancelled or with records, and none
 * is lost. */
struct storm {
	HANDLE handle;
	uint32_t pid;
	uint32_t events;
	bool is_over;
};

static void send_events(void *context)
{
	struct storm *storm = context;

	for (uint32_t i = 0; i < storm->events; i++)
		nt_notify_image("\\b.dll", storm->pid, (void *)(uintptr_t)(0x10000 + i), 4096);
	__atomic_store_n(&storm->is_over, true, __ATOMIC_SEQ_CST);
}

static void cancels_under_load(void *context)
{
	static uint8_t buffers[REQUESTS][FW_CONTROL_READ_MIN];
	struct nt_request *requests[REQUESTS];
	struct storm storm = { .pid = 7, .events = 60 };
	struct sums sums = { 0 };
	PETHREAD thread;
	HANDLE handle;
	unsigned turn = 0;

	(void)context;
	NT_CHECK(control_load());
	handle = control_open();
	NT_CHECK_EQUAL(control_subscribe(handle, ALL, 0, false), STATUS_SUCCESS);
	thread = nt_thread_start("events", NULL, send_events, &storm);
	while (!__atomic_load_n(&storm.is_over, __ATOMIC_SEQ_CST) && turn++ < 40) {
		for (int i = 0; i < REQUESTS; i++)
			requests[i] = control_read_start(handle, buffers[i]);
		for (int i = REQUESTS - 1; i >= 0; i--)
			nt_request_cancel(requests[i]);
		for (int i = 0; i < REQUESTS; i++) {
			ULONG_PTR bytes = 0;
			NTSTATUS status = nt_request_end(requests[i], &bytes);

			NT_CHECK(status == STATUS_SUCCESS || status == STATUS_CANCELLED);
			NT_CHECK(status == STATUS_SUCCESS || bytes == 0);
			add(&sums, buffers[i], (uint32_t)bytes);
		}
	}
	nt_thread_join(thread);
	drain_and_compare(handle, &sums);
	NT_CHECK_EQUAL(sums.delivered[FW_RECORD_IMAGE_LOAD], storm.events);
	nt_close(handle);
	control_unload();
}

static void cancels_with_many_seeds(void)
{
	nt_each_seed(1, SEEDS, cancels_under_load, NULL);
}

static NTSTATUS NTAPI is_back(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	(void)device;
	(void)irp;
	KeSetEvent(context, IO_NO_INCREMENT, FALSE);
	return STATUS_MORE_PROCESSING_REQUIRED;
}

static void cancel(void *context)
{
	IoCancelIrp(context);
}

/* A read of the kernel's, so that another thread can cancel it while it is on its way into the queue. */
static IRP *kernel_read(DEVICE_OBJECT *device, FILE_OBJECT *file, void *buffer, KEVENT *back)
{
	IRP *irp = IoAllocateIrp(device->StackSize, FALSE);
	IO_STACK_LOCATION *location = IoGetNextIrpStackLocation(irp);

	irp->MdlAddress = IoAllocateMdl(buffer, FW_CONTROL_READ_MIN, FALSE, FALSE, NULL);
	MmBuildMdlForNonPagedPool(irp->MdlAddress);
	location->MajorFunction = IRP_MJ_DEVICE_CONTROL;
	location->FileObject = file;
	location->Parameters.DeviceIoControl.IoControlCode = fw_control_code(FW_CONTROL_READ);
	location->Parameters.DeviceIoControl.OutputBufferLength = FW_CONTROL_READ_MIN;
	IoSetCompletionRoutine(irp, is_back, back, TRUE, TRUE, TRUE);
	return irp;
}

static void cancelled_on_its_way(void *context)
{
	static uint8_t buffer[FW_CONTROL_READ_MIN];
	DEVICE_OBJECT *device;
	FILE_OBJECT *file;
	PETHREAD thread;
	HANDLE handle;
	KEVENT back;
	IRP *irp;

	(void)context;
	NT_CHECK(control_load());
	handle = control_open();
	NT_CHECK_EQUAL(control_subscribe(handle, ALL, 0, false), STATUS_SUCCESS);
	NT_CHECK_EQUAL(ObReferenceObjectByHandle(
			       handle, 0, *IoFileObjectType, KernelMode, (void **)&file, NULL),
		STATUS_SUCCESS);
	device = IoGetRelatedDeviceObject(file);
	KeInitializeEvent(&back, NotificationEvent, FALSE);
	irp = kernel_read(device, file, buffer, &back);
	thread = nt_thread_start("canceller", NULL, cancel, irp);
	(void)IoCallDriver(device, irp);
	KeWaitForSingleObject(&back, Executive, KernelMode, FALSE, NULL);
	nt_thread_join(thread);
	NT_CHECK_EQUAL(irp->IoStatus.Status, STATUS_CANCELLED);
	IoFreeMdl(irp->MdlAddress);
	irp->MdlAddress = NULL;
	IoFreeIrp(irp);
	ObDereferenceObject(file);
	nt_close(handle);
	control_unload();
}

static void cancelled_with_many_seeds(void)
{
	nt_each_seed(1, SEEDS, cancelled_on_its_way, NULL);
}

static void close_handle(void *context)
{
	nt_close(*(HANDLE *)context);
}

/* The handle is closed by another thread while requests wait and records come. */
static void closed_by_another(void *context)
{
	static uint8_t buffers[REQUESTS][FW_CONTROL_READ_MIN];
	struct nt_request *requests[REQUESTS];
	struct storm storm = { .pid = 7, .events = 12 };
	PETHREAD closer, sender;
	HANDLE handle, kept;

	(void)context;
	NT_CHECK(control_load());
	handle = control_open();
	kept = control_open();
	NT_CHECK_EQUAL(control_subscribe(handle, ALL, 0, true), STATUS_SUCCESS);
	NT_CHECK_EQUAL(control_subscribe(kept, ALL, 0, false), STATUS_SUCCESS);
	requests[0] = control_read_start(kept, buffers[0]);
	sender = nt_thread_start("events", NULL, send_events, &storm);
	for (int i = 1; i < REQUESTS; i++)
		requests[i] = control_read_start(handle, buffers[i]);
	closer = nt_thread_start("closer", NULL, close_handle, &handle);
	for (int i = 1; i < REQUESTS; i++) {
		NTSTATUS status;

		NT_CHECK(nt_request_wait(requests[i], WAIT_MS));
		status = nt_request_end(requests[i], NULL);
		NT_CHECK(status == STATUS_SUCCESS || status == STATUS_CANCELLED);
	}
	nt_thread_join(closer);
	nt_thread_join(sender);
	/* NT-24: the other handle's request is not touched by this. */
	NT_CHECK_EQUAL(nt_request_end(requests[0], NULL), STATUS_SUCCESS);
	nt_close(kept);
	control_unload();
}

/* A request is completed by the close, and its file goes with it, while its own dispatch routine still runs. */
static void closed_while_asked(void *context)
{
	static uint8_t buffers[REQUESTS][FW_CONTROL_READ_MIN];
	struct nt_request *requests[REQUESTS];
	PETHREAD closer;
	HANDLE handle;

	(void)context;
	NT_CHECK(control_load());
	handle = control_open();
	NT_CHECK_EQUAL(control_subscribe(handle, ALL, 0, false), STATUS_SUCCESS);
	closer = nt_thread_start("closer", NULL, close_handle, &handle);
	for (int i = 0; i < REQUESTS; i++)
		requests[i] = control_read_start(handle, buffers[i]);
	for (int i = 0; i < REQUESTS; i++) {
		NTSTATUS status = nt_request_end(requests[i], NULL);

		NT_CHECK(status == STATUS_CANCELLED || status == STATUS_INVALID_HANDLE);
	}
	nt_thread_join(closer);
	control_unload();
}

static void closes_with_many_seeds(void)
{
	nt_each_seed(1, SEEDS, closed_by_another, NULL);
	nt_each_seed(1, SEEDS, closed_while_asked, NULL);
}

static void too_many_requests(void)
{
	static uint8_t buffer[FW_CONTROL_READ_MIN];
	static struct nt_request *requests[300];
	unsigned refused = 0;
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	NT_CHECK_EQUAL(control_subscribe(handle, ALL, 0, false), STATUS_SUCCESS);
	for (int i = 0; i < 300; i++)
		requests[i] = control_read_start(handle, buffer);
	nt_close(handle);
	for (int i = 0; i < 300; i++) {
		NTSTATUS status = nt_request_end(requests[i], NULL);

		refused += status == STATUS_INSUFFICIENT_RESOURCES;
		NT_CHECK(status == STATUS_INSUFFICIENT_RESOURCES || status == STATUS_CANCELLED);
	}
	NT_CHECK_EQUAL(refused, 300 - 256);
	control_end();
}

/* Two threads send and two read, really at the same time if NT_FREE_RUNNING is set, as TSan wants
 * it. */
static void read_all(void *context)
{
	static __thread uint8_t buffer[FW_CONTROL_READ_MIN];
	struct storm *storm = context;
	ULONG_PTR bytes;

	do {
		NT_CHECK_EQUAL(nt_request_end(control_read_start(storm->handle, buffer), &bytes),
			STATUS_SUCCESS);
		for (uint32_t at = 0; at < bytes; storm->events++)
			at += ((const struct fw_record_header *)(buffer + at))->size;
	} while (bytes);
}

static void all_at_once(void)
{
	struct storm senders[2] = { { .pid = 1, .events = 300 }, { .pid = 2, .events = 300 } };
	struct storm readers[2] = { { 0 } };
	struct fw_control_report report;
	PETHREAD threads[4];
	HANDLE handle;

	NT_CHECK(control_begin());
	handle = control_open();
	NT_CHECK_EQUAL(control_subscribe(handle, ALL, 4u << 20, true), STATUS_SUCCESS);
	for (int i = 0; i < 2; i++) {
		readers[i].handle = handle;
		threads[i] = nt_thread_start("sender", NULL, send_events, &senders[i]);
		threads[2 + i] = nt_thread_start("reader", NULL, read_all, &readers[i]);
	}
	for (int i = 0; i < 2; i++)
		nt_thread_join(threads[i]);
	NT_CHECK_EQUAL(
		control_ask(handle, FW_CONTROL_DRAIN, NULL, 0, NULL, 0, NULL), STATUS_SUCCESS);
	for (int i = 2; i < 4; i++)
		nt_thread_join(threads[i]);
	NT_CHECK_EQUAL(
		control_ask(handle, FW_CONTROL_REPORT, NULL, 0, &report, sizeof(report), NULL),
		STATUS_SUCCESS);
	NT_CHECK_EQUAL(report.delivered[FW_RECORD_IMAGE_LOAD], 600);
	NT_CHECK_EQUAL(
		readers[0].events + readers[1].events, 600 + 1); /* and System, which exists */
	nt_close(handle);
	control_end();
}

static void existing_first(void)
{
	struct sums sums = { 0 };
	uint8_t buffer[FW_CONTROL_READ_MIN];
	PEPROCESS processes[40];
	uint32_t existing = 0;
	ULONG_PTR bytes;
	HANDLE handle;

	NT_CHECK(control_begin());
	for (uint32_t i = 0; i < 40; i++)
		processes[i] = control_process(100 + 4 * i, 4, "\\Device\\HarddiskVolume1\\a.exe");
	handle = control_open();
	NT_CHECK_EQUAL(control_subscribe(handle, ALL, 0, true), STATUS_SUCCESS);
	nt_process_exit(processes[39]);
	while (existing < 40) {
		NT_CHECK_EQUAL(
			nt_request_end(control_read_start(handle, buffer), &bytes), STATUS_SUCCESS);
		add(&sums, buffer, (uint32_t)bytes);
		for (uint32_t at = 0; at < bytes;) {
			const struct fw_record_header *record = (const void *)(buffer + at);

			NT_CHECK(existing == 40 || record->flags & FW_RECORD_EXISTING);
			existing += record->type == FW_RECORD_PROCESS_CREATE &&
				    record->flags & FW_RECORD_EXISTING;
			at += record->size;
		}
	}
	NT_CHECK_EQUAL(existing, 40); /* System, and those that still ran */
	NT_CHECK_EQUAL(sums.delivered[FW_RECORD_PROCESS_CREATE], 0);
	drain_and_compare(handle, &sums);
	NT_CHECK_EQUAL(sums.delivered[FW_RECORD_PROCESS_EXIT], 1);
	for (uint32_t i = 0; i < 39; i++)
		nt_process_exit(processes[i]);
	nt_close(handle);
	control_end();
}

static void everything_fails_once(void *context)
{
	uint8_t buffer[FW_CONTROL_READ_MIN];
	struct sums sums = { 0 };
	PEPROCESS process;
	HANDLE handle;

	(void)context;
	nt_kernel_start(NULL);
	nt_failures_pause(); /* a notification that was not registered tells nothing */
	NT_CHECK(control_load());
	nt_failures_resume();
	handle = control_open();
	if (handle && NT_SUCCESS(control_subscribe(handle, ALL, 0, false))) {
		struct nt_request *request = control_read_start(handle, buffer);
		ULONG_PTR bytes = 0;

		process = control_process(100, 4, "\\Device\\HarddiskVolume1\\a.exe");
		nt_notify_image("\\b.dll", 100, (void *)0x10000, 4096);
		if (process)
			nt_process_exit(process);
		nt_failures_pause();
		if (NT_SUCCESS(nt_request_end(request, &bytes)))
			add(&sums, buffer, (uint32_t)bytes);
		drain_and_compare(handle, &sums);
		/* What could not be made for want of memory is a loss. */
		NT_CHECK_EQUAL(sums.delivered[FW_RECORD_PROCESS_CREATE] +
				       sums.lost[FW_RECORD_PROCESS_CREATE],
			1);
		NT_CHECK_EQUAL(
			sums.delivered[FW_RECORD_IMAGE_LOAD] + sums.lost[FW_RECORD_IMAGE_LOAD], 1);
		nt_failures_resume();
	}
	if (handle)
		nt_close(handle);
	control_end();
}

static void each_failure(void)
{
	NT_CHECK(nt_each_failure(everything_fails_once, NULL) > 10);
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("one reader, records of every kind", one_reader);
	nt_test("NT-25: systems 4 and 5: no loss is silent, with a storm and no reader",
		storm_without_a_reader);
	nt_test("NT-25: system 5: readers do not steal from each other", readers_do_not_steal);
	nt_test("only so many readers", only_so_many_readers);
	nt_test("NT-25: system 5: order is kept, requests are served in theirs",
		requests_are_served_in_order);
	nt_test("NT-18: requests cancelled under load end once and lose nothing",
		cancels_with_many_seeds);
	nt_test("NT-18: system 2: cancelled while it enters the queue", cancelled_with_many_seeds);
	nt_test("NT-24: a handle closed by another thread ends its requests only",
		closes_with_many_seeds);
	nt_test("NT-21: no more than so many requests wait", too_many_requests);
	nt_test("senders and readers at once", all_at_once);
	nt_test("what exists comes first", existing_first);
	nt_test("each failure is a loss that is told", each_failure);
	return nt_tests_end();
}
