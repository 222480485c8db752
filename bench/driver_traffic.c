/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "driver_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <tdikrnl.h>

#define REQUESTS 100000
#define ORDER (1u << 17)
#define BYTES 1460
#define MOST 100000
#define PER_PROCESS 100 /* objects */

static const size_t sizes[] = { 1, 100, MOST };
#define SIZES FW_ARRAY_SIZE(sizes)

/* Who gets the requests: the transport itself, the filter above it, the transport again. */
enum way { DIRECT, FILTERED, DIRECT_AGAIN, WAYS };

static FILE_OBJECT *files[MOST];
static FILE_OBJECT *order[ORDER]; /* of the files, by chance */

static const struct {
	UCHAR minor;
	const char *name;
} kinds[] = {
	{ TDI_SEND, "TDI_SEND" },
	{ TDI_RECEIVE, "TDI_RECEIVE" },
};
#define KINDS FW_ARRAY_SIZE(kinds)

struct cell {
	double ns[WAYS][BENCH_MOST_ROUNDS];
};
static struct cell cells[KINDS][SIZES];

static void open_files(size_t count)
{
	uint64_t state = 1;

	for (size_t i = 0; i < count; i++) {
		if (i % PER_PROCESS == 0)
			nt_process_become(bench_process((uint32_t)(1000 + 4 * (i / PER_PROCESS))));
		files[i] = bench_open_connection((void *)(i + 1));
	}
	nt_process_become(NULL);
	for (size_t i = 0; i < ORDER; i++) {
		state = state * 6364136223846793005ull + 1442695040888963407ull;
		order[i] = files[(state >> 33) % count];
	}
}

static void close_files(size_t count)
{
	for (size_t i = 0; i < count; i++)
		bench_close(files[i]);
	bench_processes_end();
}

static double request_ns(DEVICE_OBJECT *device, UCHAR minor, uint32_t from)
{
	static struct bare_request request;
	uint64_t begin = bench_now_ns();

	for (uint32_t i = 0; i < REQUESTS; i++) {
		IO_STACK_LOCATION *location =
			bare_request_init(&request, IRP_MJ_INTERNAL_DEVICE_CONTROL, minor,
				order[(from + i) % ORDER], bench_done);
		TDI_REQUEST_KERNEL_SEND *parameters = (void *)&location->Parameters;

		parameters->SendLength = BYTES; /* those of a receive are the same */
		parameters->SendFlags = 0;
		bench_send(&request, device);
	}
	return (double)(bench_now_ns() - begin) / REQUESTS;
}

/* The first round is not counted. */
static void measure_kind(size_t kind, size_t size, int rounds)
{
	DEVICE_OBJECT *transport = files[0]->DeviceObject;
	DEVICE_OBJECT *top = IoGetRelatedDeviceObject(files[0]);

	bench_check(top != transport, "the filter is not attached");
	for (int round = -1; round < rounds; round++)
		for (int way = 0; way < WAYS; way++) {
			double ns = request_ns(way == FILTERED ? top : transport, kinds[kind].minor,
				(uint32_t)(round + 1) * REQUESTS);

			if (round >= 0)
				cells[kind][size].ns[way][round] = ns;
		}
}

static void measure_size(size_t size, int rounds)
{
	struct fw_counters before, after;
	uint64_t allocations, expected = (uint64_t)(rounds + 1) * REQUESTS * BYTES;

	open_files(sizes[size]);
	before = bench_counted();
	allocations = bare_pool.allocations;
	bare_kernel_on(true);
	for (size_t kind = 0; kind < KINDS; kind++)
		measure_kind(kind, size, rounds);
	bare_kernel_on(false);
	bench_check(bare_pool.allocations == allocations, "a request allocated memory");
	after = bench_counted();
	bench_check(after.sent - before.sent == expected &&
			    after.received - before.received == expected,
		"the driver did not count what was moved");
	close_files(sizes[size]);
}

static void print_row(
	const struct cell *cell, const char *name, size_t objects, enum way way, int rounds)
{
	double whole[BENCH_MOST_ROUNDS], base[BENCH_MOST_ROUNDS], added[BENCH_MOST_ROUNDS],
		ratio[BENCH_MOST_ROUNDS];

	for (int i = 0; i < rounds; i++) {
		base[i] = cell->ns[DIRECT][i];
		whole[i] = cell->ns[way][i];
		added[i] = whole[i] - base[i];
		ratio[i] = whole[i] / base[i];
	}
	printf("| %s%s | %zu | %s | %s | %s | %s |\n", name,
		way == FILTERED ? "" : ", without, again", objects,
		bench_spread(base, rounds, 0).text, bench_spread(whole, rounds, 0).text,
		bench_spread(added, rounds, 0).text, bench_spread(ratio, rounds, 2).text);
}

void driver_traffic_measure(int rounds)
{
	for (size_t size = 0; size < SIZES; size++)
		measure_size(size, rounds);
	printf("### A request\n\n"
	       "Nanoseconds of the processor from IoCallDriver until it has returned, the request\n"
	       "completed: median of %d interleaved rounds of %d requests, with the least and\n"
	       "the most. Objects are connections, %d of a process; each request is for one of\n"
	       "them by chance.\n\n"
	       "| | objects | without the filter | with it | added | ratio |\n"
	       "|---|---:|---:|---:|---:|---:|\n",
		rounds, REQUESTS, PER_PROCESS);
	for (size_t kind = 0; kind < KINDS; kind++)
		for (size_t size = 0; size < SIZES; size++)
			for (int way = FILTERED; way < WAYS; way++)
				print_row(&cells[kind][size], kinds[kind].name, sizes[size],
					(enum way)way, rounds);
	printf("\nThese requests allocated no pool block, and every byte of them was counted.\n");
}
