/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The benchmark of the Windows driver in its host build (tests/nt): what its parts share, and the
 * parts. Each writes Markdown tables to standard output. Called by driver_bench.c, by the one
 * thread that there is.
 */
#ifndef FW_BENCH_DRIVER_BENCH_H
#define FW_BENCH_DRIVER_BENCH_H

#include "bare_kernel.h"
#include "bench_figures.h"
#include "control_client.h"

/* A process of this pid, as one that was there before; it goes with bench_processes_end(). */
PEPROCESS bench_process(uint32_t pid);
void bench_processes_end(void);

/* Files of the transport through the filter, as the current process; bench_close() ends each. */
FILE_OBJECT *bench_open_connection(void *context);
FILE_OBJECT *bench_open_address(uint16_t port);
void bench_close(FILE_OBJECT *file);

/* Send a request whose end must be a success, under the bare kernel. */
void bench_send(struct bare_request *request, DEVICE_OBJECT *device);
NTSTATUS NTAPI bench_done(DEVICE_OBJECT *device, IRP *irp, void *context);

/* What all processes sent and received, by the driver's own rows. */
struct fw_counters bench_counted(void);

void driver_traffic_measure(int rounds);
void driver_events_measure(int rounds);
void driver_memory_measure(void);

/* In kernels of its own. */
void driver_limits_measure(void);

#endif
