/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The fake NT kernel as tests see it: starting and stopping it, drivers, threads, processes, handles and requests as
 * user programs make them, failures on order. Called by threads of the fake kernel (the one that started it is one).
 */
#ifndef FW_NT_KERNEL_H
#define FW_NT_KERNEL_H

#include <stdbool.h>

#include "include/ntddk.h"

/* A driver that breaks a rule ends the program with this code after `VIOLATION NT-<rule>: ...` on standard error. */
#define NT_VIOLATION_EXIT 86

struct nt_options {
	uint64_t seed;	       /* of the scheduler; 0: from the environment's NT_SEED, or 1 */
	bool free_running;     /* threads run in parallel and by the real clock, for TSan */
	unsigned switch_chance; /* of 100: that a call hands over to another thread; 0: by the seed, 4 to 50 */
};

void nt_kernel_start(const struct nt_options *options); /* NULL: all zero */
/* What the test itself left behind is a violation too. */
void nt_kernel_stop(void);
uint64_t nt_seed(void);

/* Seeds one after another, `count` from the first on: for (nt_seeds_begin(1, 20); nt_seeds_next(&seed);). The environment's
 * NT_SEED=n gives that one only, NT_SEEDS=n so many, NT_SECONDS=n as many as there is time for, but no fewer than asked. */
void nt_seeds_begin(uint64_t first, unsigned count);
bool nt_seeds_next(uint64_t *seed);
/* A teardown of cmocka: which seed it was with which a test failed. */
int nt_seeds_tell(void **state);
/* Runs the scenario with each of these seeds, each in a kernel of its own. */
void nt_each_seed(uint64_t first, unsigned count, void (*scenario)(void *context), void *context);

/* Runs the scenario (kernel included) again and again: in the n-th run the n-th allocation, kernel resource or request
 * to a transport fails. Ends with the run in which nothing was left to fail; returns how many failed. */
unsigned nt_each_failure(void (*scenario)(void *context), void *context);
/* Does this call fail on order? For stand-ins of tests; `what` is said when it does and NT_VERBOSE is set. */
bool nt_fails(const char *what);
/* From now on all of that fails, or none of it. */
void nt_failures_all(bool fail);
/* Calls of the own thread between them do not count. */
void nt_failures_pause(void);
void nt_failures_resume(void);

__attribute__((noreturn, format(printf, 2, 3))) void nt_violation(int rule, const char *format, ...);

/* Threads */
PETHREAD nt_thread_start(const char *name, PEPROCESS process, void (*routine)(void *context), void *context);
void nt_thread_join(PETHREAD thread); /* frees it */
void nt_sleep_ms(unsigned milliseconds);
void nt_point(void); /* another thread may run */
/* Until the condition holds, at most so long; false: it did not. Evaluated with the kernel's lock held: no calls of
 * kernel functions in it. */
#define NT_FOREVER_MS UINT32_MAX
bool nt_wait_for(bool (*condition)(void *context), void *context, unsigned milliseconds);
/* Asked when nothing can run: waits for the outside world at most so long, true when something came. */
void nt_idle_hook(bool (*wait)(unsigned milliseconds));

/* Drivers */
NTSTATUS nt_driver_load(const char *name, DRIVER_INITIALIZE *entry, PDRIVER_OBJECT *driver);
/* STATUS_INVALID_DEVICE_REQUEST: it cannot be; STATUS_PENDING: handles are open; no more of them can be, and when the last
 * is closed it is unloaded, whatever it thinks of it then. What is outstanding after its unload routine is a violation. */
NTSTATUS nt_driver_unload(PDRIVER_OBJECT driver);
/* A check more at each unload, e.g. of handlers that a transport still holds. */
void nt_unload_hook(void (*check)(PDRIVER_OBJECT driver));

/* Processes. Their creation calls the notification routines; denied: NULL and the status. */
struct nt_process_options {
	uint32_t pid, parent_pid;
	const char *image, *command_line; /* NULL: none */
	bool administrator;
	bool quiet; /* no notification: it was there before */
};
PEPROCESS nt_process_create(const struct nt_process_options *options, NTSTATUS *status);
void nt_process_exit(PEPROCESS process); /* the last reference of the test; its notification first */
void nt_process_become(PEPROCESS process); /* the current thread runs in it; NULL: in the system's */
void nt_notify_thread(uint32_t pid, uint32_t tid, bool create);
void nt_notify_image(const char *name, uint32_t pid, void *base, size_t size); /* name NULL: none */
/* Slots for each kind of notification routine; 0 by default means 8. */
void nt_notify_slots(unsigned count);

/* A function that MmGetSystemRoutineAddress() does not find from now on, as on an older system. */
void nt_routine_hide(const char *name);

/* Handles and requests, as a program's */
NTSTATUS nt_open(const char *device, ACCESS_MASK access, const void *ea, ULONG ea_length, HANDLE *handle);
void nt_close(HANDLE handle);
PFILE_OBJECT nt_file_of(HANDLE handle);

struct nt_request;
struct nt_request *nt_ioctl_start(HANDLE handle, ULONG code, const void *input, ULONG input_length, void *output,
	ULONG output_length);
bool nt_request_done(const struct nt_request *request);
bool nt_request_wait(struct nt_request *request, unsigned milliseconds);
bool nt_request_cancel(struct nt_request *request);
/* Waits, frees; outputs may be NULL. */
NTSTATUS nt_request_end(struct nt_request *request, ULONG_PTR *information);
NTSTATUS nt_ioctl(HANDLE handle, ULONG code, const void *input, ULONG input_length, void *output,
	ULONG output_length, ULONG_PTR *information);

/* What drivers said by DbgPrint since the start or the last call; the caller frees it. */
char *nt_debug_text(void);
/* Registry values below a driver's key. */
void nt_registry_set(const char *name, uint32_t value);

#endif
