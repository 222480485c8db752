/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the Windows driver costs: its sources as tests/nt compiles them for this machine, without
 * the checks of the fake kernel. Usage: bench_driver [ROUNDS]. See docs/benchmarks-windows.md.
 */
#include "driver_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <tdikrnl.h>

#include "nt_internal.h"
#include "tdi_lower.h"

#define PROCESSES 2048

static PEPROCESS processes[PROCESSES];
static unsigned process_count;

PEPROCESS bench_process(uint32_t pid)
{
	const struct nt_process_options options = { .pid = pid,
		.parent_pid = 4,
		.image = "\\Device\\HarddiskVolume1\\Program Files\\Example\\example.exe",
		.quiet = true };
	PEPROCESS process = nt_process_create(&options, NULL);

	bench_check(process && process_count < PROCESSES, "a process could not be made");
	processes[process_count++] = process;
	return process;
}

void bench_processes_end(void)
{
	nt_process_become(NULL);
	while (process_count)
		nt_process_exit(processes[--process_count]);
}

/* An extended attribute of one entry. */
static FILE_OBJECT *open_file(
	const char *device, const char *name, const void *value, uint16_t size)
{
	uint8_t list[96] = { 0 };
	uint8_t length = (uint8_t)strlen(name);
	FILE_OBJECT *file = NULL;
	NTSTATUS status;

	list[5] = length;
	memcpy(list + 6, &size, sizeof(size));
	memcpy(list + 8, name, length);
	memcpy(list + 9 + length, value, size);
	status = nt_file_open(device, FILE_READ_DATA | FILE_WRITE_DATA, list, 9u + length + size,
		KernelMode, &file);
	bench_check(NT_SUCCESS(status), "a file of the transport could not be opened");
	return file;
}

FILE_OBJECT *bench_open_connection(void *context)
{
	return open_file("\\Device\\Tcp", TdiConnectionContext, &context, sizeof(context));
}

FILE_OBJECT *bench_open_address(uint16_t port)
{
	uint8_t address[40];
	uint32_t length = tdi_lower_address(address, FW_FAMILY_IPV4, NULL, port);

	tdi_lower.port = port;
	return open_file("\\Device\\Udp", TdiTransportAddress, address, (uint16_t)length);
}

/* As the last handle of a file does, which these have none of. */
void bench_close(FILE_OBJECT *file)
{
	nt_file_cleanup(file);
	ObDereferenceObject(file);
}

NTSTATUS NTAPI bench_done(DEVICE_OBJECT *device, IRP *irp, void *context)
{
	(void)device;
	(void)irp;
	(void)context;
	return STATUS_MORE_PROCESSING_REQUIRED;
}

void bench_send(struct bare_request *request, DEVICE_OBJECT *device)
{
	bench_check(IoCallDriver(device, &request->irp) == STATUS_SUCCESS, "a request failed");
}

struct fw_counters bench_counted(void)
{
	static uint8_t rows[1 << 19];
	struct fw_control_cursor cursor = { .size = sizeof(cursor) };
	struct fw_counters sum = { 0 };
	struct fw_control_rows *header = (void *)rows;
	HANDLE handle = control_open();
	uint32_t bytes;

	do {
		bench_check(NT_SUCCESS(control_ask(handle, FW_CONTROL_USAGE, &cursor,
				    sizeof(cursor), rows, sizeof(rows), &bytes)),
			"the driver gave no rows");
		for (uint32_t i = 0; i < header->count; i++) {
			struct fw_usage usage;

			memcpy(&usage, rows + header->size + i * header->row_size, sizeof(usage));
			sum.sent += usage.counters.sent;
			sum.received += usage.counters.received;
		}
		cursor.after = header->after;
	} while (header->count);
	nt_close(handle);
	return sum;
}

static void world_start(void)
{
	const struct nt_options options = { .switch_chance = 1 };

	nt_kernel_start(&options);
	tdi_lower_start(3); /* Tcp, Udp */
	bench_check(control_load(), "the driver did not load");
}

static void world_stop(void)
{
	nt_sleep_ms(1000);
	control_unload();
	tdi_lower_stop();
	nt_kernel_stop();
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 11;

	if (argc > 2 || rounds < 1 || rounds > BENCH_MOST_ROUNDS) {
		fprintf(stderr, "Usage: bench_driver [ROUNDS (1 to %d)]\n", BENCH_MOST_ROUNDS);
		return 2;
	}
	world_start();
	driver_traffic_measure(rounds);
	driver_events_measure(rounds);
	driver_memory_measure();
	world_stop();
	printf("\n");
	driver_limits_measure();
	return 0;
}
