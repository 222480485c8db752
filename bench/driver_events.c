/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "driver_bench.h"

#include <stdio.h>

#define EVENTS 100000 /* of a round */
#define RECORD ((uint32_t)sizeof(struct fw_thread_record))
#define PID 5000
#define READS 64
#define READ_BYTES FW_CONTROL_READ_MIN

/* One way of reading: so many requests wait, or so many events come before the next request. */
static const struct {
	const char *name;
	uint32_t reads; /* pending at one time */
	uint32_t batch; /* events before a read takes them; 0: each finds a request that waits */
	bool subscribed;
} ways[] = {
	{ "nobody reads", 0, 0, false },
	{ "1 read pending", 1, 0, true },
	{ "8 reads pending", 8, 0, true },
	{ "64 reads pending", 64, 0, true },
	{ "a batch of 100", 1, 100, true },
	{ "slower: of 1000 a read takes what 16 KiB hold", 1, 1000, true },
};

struct reader {
	HANDLE handle;
	FILE_OBJECT *file;
	uint32_t done; /* requests */
	uint64_t bytes;
};

struct read {
	struct bare_request request; /* first: what a completion is told */
	struct reader *reader;
	MDL *mdl;
};

static struct read reads[READS];
static uint8_t buffers[READS][READ_BYTES];

static NTSTATUS NTAPI was_read(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	struct reader *reader = ((struct read *)context)->reader;

	(void)device;
	reader->done++;
	reader->bytes += irp->IoStatus.Information;
	return STATUS_MORE_PROCESSING_REQUIRED;
}

static void read_start(struct read *read, struct reader *reader)
{
	IO_STACK_LOCATION *location =
		bare_request_init(&read->request, IRP_MJ_DEVICE_CONTROL, 0, reader->file, was_read);

	read->reader = reader;
	read->request.irp.MdlAddress = read->mdl;
	location->Parameters.DeviceIoControl.IoControlCode = fw_control_code(FW_CONTROL_READ);
	location->Parameters.DeviceIoControl.InputBufferLength = 0;
	location->Parameters.DeviceIoControl.OutputBufferLength = READ_BYTES;
	IoCallDriver(reader->file->DeviceObject, &read->request.irp);
}

static void event(uint32_t tid)
{
	bare_thread_routine((HANDLE)(uintptr_t)PID, (HANDLE)(uintptr_t)tid, TRUE);
}

static double round_ns(size_t way, struct reader *reader)
{
	uint32_t each = ways[way].batch	  ? ways[way].batch
			: ways[way].reads ? ways[way].reads
					  : EVENTS;
	uint64_t begin = bench_now_ns();
	uint32_t done = 0;

	while (done < EVENTS) {
		if (!ways[way].batch)
			for (uint32_t i = 0; i < ways[way].reads; i++)
				read_start(&reads[i], reader);
		for (uint32_t i = 0; i < each; i++)
			event(100 + i);
		if (ways[way].batch)
			read_start(&reads[0], reader);
		done += each;
	}
	return (double)(bench_now_ns() - begin) / done;
}

static void subscribe(struct reader *reader)
{
	reader->handle = control_open();
	bench_check(NT_SUCCESS(control_subscribe(reader->handle, 1ull << FW_RECORD_THREAD_CREATE,
			    FW_CONTROL_QUEUE_MIN, false)),
		"the driver took no subscription");
	reader->file = nt_file_of(reader->handle);
}

/* Takes what is left and looks at the books. */
static struct fw_control_report leave(struct reader *reader)
{
	struct fw_control_report report = { 0 };
	uint64_t before;

	bench_check(
		NT_SUCCESS(control_ask(reader->handle, FW_CONTROL_DRAIN, NULL, 0, NULL, 0, NULL)),
		"the driver did not drain");
	bare_kernel_on(true);
	do {
		before = reader->bytes;
		read_start(&reads[0], reader);
	} while (reader->bytes != before);
	bare_kernel_on(false);
	bench_check(NT_SUCCESS(control_ask(reader->handle, FW_CONTROL_REPORT, NULL, 0, &report,
			    sizeof(report), NULL)),
		"the driver gave no report");
	nt_close(reader->handle);
	return report;
}

static void check_books(
	const struct fw_control_report *report, const struct reader *reader, uint64_t raised)
{
	uint64_t delivered = report->delivered[FW_RECORD_THREAD_CREATE];
	uint64_t lost = report->lost[FW_RECORD_THREAD_CREATE];

	bench_check(
		report->produced[FW_RECORD_THREAD_CREATE] == raised && delivered + lost == raised,
		"produced is not delivered and lost");
	bench_check(reader->bytes >= delivered * RECORD &&
			    (lost || reader->bytes == delivered * RECORD),
		"what was read is not what was delivered");
}

static void measure(size_t way, int rounds)
{
	struct fw_control_report report = { 0 };
	struct reader reader = { 0 };
	double ns[BENCH_MOST_ROUNDS], rate[BENCH_MOST_ROUNDS];
	uint64_t lost = 0, raised = 0;

	if (ways[way].subscribed)
		subscribe(&reader);
	for (int round = -1; round < rounds; round++) {
		double took;

		bare_kernel_on(true);
		took = round_ns(way, &reader);
		bare_kernel_on(false);
		if (round < 0)
			continue;
		ns[round] = took;
		rate[round] = 1e3 / took;
	}
	if (ways[way].subscribed) {
		report = leave(&reader);
		raised = report.produced[FW_RECORD_THREAD_CREATE];
		lost = report.lost[FW_RECORD_THREAD_CREATE];
		bench_check(raised >= (uint64_t)(rounds + 1) * EVENTS, "events are missing");
		check_books(&report, &reader, raised);
	}
	printf("| %s | %s | %s | %.1f |\n", ways[way].name, bench_spread(ns, rounds, 0).text,
		bench_spread(rate, rounds, 2).text,
		raised ? 100.0 * (double)lost / (double)raised : 0.0);
}

void driver_events_measure(int rounds)
{
	bench_check(bare_thread_routine != NULL, "the driver wants no threads");
	nt_process_become(bench_process(PID));
	bench_close(bench_open_connection(NULL)); /* so that the driver knows it */
	nt_process_become(NULL);
	for (unsigned i = 0; i < READS; i++) {
		reads[i].mdl = IoAllocateMdl(buffers[i], READ_BYTES, FALSE, FALSE, NULL);
		MmBuildMdlForNonPagedPool(reads[i].mdl);
	}
	printf("\n### An event\n\n"
	       "A thread that begins, from the kernel's notification to the completed request\n"
	       "of who reads, and that request's way down: nanoseconds of the processor an event,\n"
	       "millions of events a second, and of a hundred how many were lost; median of\n"
	       "%d rounds of %d events, with the least and the most. A record has %u\n"
	       "bytes, the reader's queue 64 KiB.\n\n"
	       "| | ns | millions a second | %% lost |\n|---|---:|---:|---:|\n",
		rounds, EVENTS, RECORD);
	for (size_t way = 0; way < FW_ARRAY_SIZE(ways); way++)
		measure(way, rounds);
	printf("\nFor each row produced = delivered + lost, to the record.\n");
	for (unsigned i = 0; i < READS; i++)
		IoFreeMdl(reads[i].mdl);
	bench_processes_end();
}
