/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the driver calls for each request, record and pool block, as a kernel does it that checks
 * nothing: stack locations, completion, spin locks, cancel routines. Linked before the fake
 * kernel's own by --wrap (bench/meson.build) and used while bare_kernel_on() says so; else the fake
 * kernel works as ever. For the benchmark of the driver: one thread calls.
 */
#ifndef FW_BENCH_BARE_KERNEL_H
#define FW_BENCH_BARE_KERNEL_H

#include "nt_kernel.h"

/* __real_ is the fake kernel's function, __wrap_ what everybody calls instead. */
#define BARE_WRAP(type, name, ...)                                                                 \
	type __real_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__);                                                           \
	type __wrap_##name(__VA_ARGS__)

#define BARE_LOCATIONS 2 /* the filter's and the transport's */

/* A request that the fake kernel does not know. */
struct bare_request {
	IRP irp;
	IO_STACK_LOCATION stack[BARE_LOCATIONS];
};

/* Requests made under one kernel are not for the other. */
void bare_kernel_on(bool on);
bool bare_kernel_is_on(void);

/* Make it anew, to be filled in and sent by IoCallDriver(); `done` is told of its end. */
IO_STACK_LOCATION *bare_request_init(struct bare_request *request, UCHAR major, UCHAR minor,
	FILE_OBJECT *file, PIO_COMPLETION_ROUTINE done);

/* What the driver has of the pool now, and how often it ever asked. Counted always. */
struct bare_pool {
	uint64_t bytes;
	uint64_t blocks;
	uint64_t allocations;
};
extern struct bare_pool bare_pool;

/* What the driver set to be told of threads. */
extern PCREATE_THREAD_NOTIFY_ROUTINE bare_thread_routine;

#endif
