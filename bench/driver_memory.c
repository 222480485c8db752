/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "driver_bench.h"

#include <stdio.h>
#include <tdikrnl.h>

#define OBJECTS 1000
#define RULES 100
#define QUEUE FW_CONTROL_QUEUE_DEFAULT

static struct bare_pool begin;
static FILE_OBJECT *addresses[OBJECTS], *connections[OBJECTS];

static void mark(void)
{
	begin = bare_pool;
}

static void print(const char *name, unsigned count)
{
	uint64_t bytes = bare_pool.bytes - begin.bytes, blocks = bare_pool.blocks - begin.blocks;

	printf("| %s | %.0f | %.1f |\n", name, (double)bytes / count, (double)blocks / count);
}

/* Told of, as when they begin while the driver is loaded. */
static void make_processes(PEPROCESS *processes)
{
	struct nt_process_options options = { .parent_pid = 4,
		.image = "\\Device\\HarddiskVolume1\\Program Files\\Example\\example.exe",
		.command_line = "example.exe --verbose" };

	for (unsigned i = 0; i < OBJECTS; i++) {
		options.pid = 8000 + 4 * i;
		processes[i] = nt_process_create(&options, NULL);
		bench_check(processes[i] != NULL, "a process could not be made");
	}
}

static NTSTATUS never(void)
{
	return STATUS_DATA_NOT_ACCEPTED;
}

static void set_handlers(void)
{
	static struct bare_request request;

	bare_kernel_on(true);
	for (unsigned i = 0; i < OBJECTS; i++) {
		IO_STACK_LOCATION *location =
			bare_request_init(&request, IRP_MJ_INTERNAL_DEVICE_CONTROL,
				TDI_SET_EVENT_HANDLER, addresses[i], bench_done);
		TDI_REQUEST_KERNEL_SET_EVENT *parameters = (void *)&location->Parameters;

		parameters->EventType = TDI_EVENT_RECEIVE_DATAGRAM;
		parameters->EventHandler = (void *)never;
		parameters->EventContext = &addresses[i];
		bench_send(&request, IoGetAttachedDevice(addresses[i]->DeviceObject));
	}
	bare_kernel_on(false);
}

static void measure_files(PEPROCESS *processes)
{
	mark();
	for (unsigned i = 0; i < OBJECTS; i++) {
		nt_process_become(processes[i]);
		addresses[i] = bench_open_address((uint16_t)(1024 + i));
	}
	print("address object", OBJECTS);
	mark();
	for (unsigned i = 0; i < OBJECTS; i++) {
		nt_process_become(processes[i]);
		connections[i] = bench_open_connection(&connections[i]);
	}
	print("connection object", OBJECTS);
	nt_process_become(NULL);
	mark();
	set_handlers();
	print("event handler", OBJECTS);
	for (unsigned i = 0; i < OBJECTS; i++) {
		bench_close(connections[i]);
		bench_close(addresses[i]);
	}
}

static void measure_control(void)
{
	struct fw_rule rules[RULES];
	uint32_t ids[RULES];
	HANDLE handle;

	mark();
	handle = control_open();
	bench_check(handle != NULL, "the control device could not be opened");
	print("handle of the control device", 1);
	mark();
	bench_check(NT_SUCCESS(control_subscribe(handle, 1, QUEUE, false)), "no subscription");
	print("its queue of records, as by default", 1);
	mark();
	for (unsigned i = 0; i < RULES; i++) {
		char path[64];

		snprintf(path, sizeof(path), "\\Device\\HarddiskVolume1\\%u.exe", i);
		rules[i] = control_rule(FW_RULE_BLOCK, FW_RULE_EXE, 0, path);
	}
	bench_check(NT_SUCCESS(control_add(handle, rules, RULES)), "no rules");
	print("rule", RULES);
	for (unsigned i = 0; i < RULES; i++)
		ids[i] = rules[i].id;
	bench_check(NT_SUCCESS(control_remove(handle, ids, RULES)), "rules stayed");
	nt_close(handle);
}

void driver_memory_measure(void)
{
	static PEPROCESS processes[OBJECTS];

	printf("\n### Memory\n\n"
	       "Bytes that the driver asks of the pool for each, and in how many blocks, built\n"
	       "for 64 bits.\n\n"
	       "| | bytes | blocks |\n|---|---:|---:|\n");
	mark();
	make_processes(processes);
	print("process", OBJECTS);
	measure_files(processes);
	for (unsigned i = 0; i < OBJECTS; i++)
		nt_process_exit(processes[i]);
	measure_control();
}
