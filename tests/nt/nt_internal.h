/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the parts of the fake kernel, the fake transport and the fake socket layer share. Not for tests, not for
 * drivers.
 */
#ifndef FW_NT_INTERNAL_H
#define FW_NT_INTERNAL_H

#include <pthread.h>

#include "nt_kernel.h"

#define NT_LOCKS_HELD 16
#define NT_PROCESSORS 4
#define NT_FOREVER UINT64_MAX
#define FW_NT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Rules that several parts check. */
enum nt_rule {
	NT_RULE_DISPATCH = 1,
	NT_RULE_ATTACH = 2,
	NT_RULE_STACK = 3,
	NT_RULE_HANDLE = 9,
	NT_RULE_OBJECT = 11,
	NT_RULE_PENDING = 18,
	NT_RULE_COMPLETION = 19,
	NT_RULE_LEVEL = 22,
	NT_RULE_UNLOAD = 23,
	NT_RULE_CONTROL = 24,
	NT_RULE_CALLBACK = 27,
};

enum nt_thread_state { NT_READY, NT_WAITING, NT_DEAD };

/* The `Size` of every initialised object that can be waited for, and types of them that several parts know. */
#define NT_DISPATCHER 0x4e
enum { NT_THREAD_HEADER = 6, NT_TIMER_NOTIFICATION = 8, NT_TIMER_SYNCHRONIZATION = 9 };
/* System time (100 ns since 1601) at the start of the virtual clock. */
#define NT_EPOCH 0x01dc000000000000ull

struct _ETHREAD {
	DISPATCHER_HEADER header;
	pthread_t pthread;
	pthread_cond_t wake;
	PETHREAD next;
	PEPROCESS process;
	const char *name;
	void (*routine)(void *context);
	void *context;
	bool (*condition)(void *context); /* what it waits for */
	void *condition_context;
	uint64_t deadline;
	enum nt_thread_state state;
	uint32_t tid;
	unsigned lock_count;
	unsigned failures_paused;
	unsigned region; /* KeEnterCriticalRegion() depth */
	int processor;	 /* -1: none */
	KIRQL irql;
	bool system; /* a driver made it */
	bool kernel; /* the fake kernel's own */
	bool joined;
	PKSPIN_LOCK locks[NT_LOCKS_HELD];
};

struct _EPROCESS {
	PEPROCESS next;
	uint32_t pid, parent_pid;
	LONGLONG created;
	WCHAR image[260];
	WCHAR command_line[520];
	NTSTATUS exit_status;
	bool administrator;
	bool exited;
};

/* nt_scheduler.c: the world's lock guards what conditions look at. */
extern bool nt_free_running;
PETHREAD nt_self(void);	    /* a violation when the thread is none of the fake kernel's */
PETHREAD nt_self_or_null(void);
void nt_lock(void);
void nt_unlock(void); /* waiting threads look again */
/* With the lock held, before and after. Until the condition holds or the time (100 ns since start) came; false: it did. */
bool nt_wait_locked(bool (*condition)(void *context), void *context, uint64_t deadline);
uint64_t nt_now(void); /* 100 ns since start; with or without the lock */
uint64_t nt_deadline(const LARGE_INTEGER *timeout); /* NULL: never */
uint32_t nt_random(uint32_t below); /* with the lock held, or the only thread running */
void nt_scheduler_start(const struct nt_options *options);
void nt_scheduler_stop(void);

/* Begins each function of the kernel: another thread may run first; a level above `highest` is a violation. */
PETHREAD nt_enter(const char *function, KIRQL highest);
/* The same, and no spin lock may be held (the cancel spin lock neither). */
PETHREAD nt_enter_unlocked(const char *function, KIRQL highest);
void nt_irql_set(PETHREAD thread, KIRQL irql); /* takes and gives back virtual processors */
/* Around each call of a driver: what it must leave as it was. */
struct nt_frame {
	KIRQL irql;
	unsigned lock_count;
	unsigned region;
};
struct nt_frame nt_frame_begin(void);
void nt_frame_end(struct nt_frame frame, const char *what);

/* A lock that makes no order between threads which TSan would see: for the fake's own lists, so that its checks do not
 * hide a driver's races. Only from functions with NT_QUIET. */
#define NT_QUIET __attribute__((no_sanitize("thread"), noinline))
typedef int nt_quiet_lock;
void nt_quiet_acquire(nt_quiet_lock *lock);
void nt_quiet_release(nt_quiet_lock *lock);

/* Outstanding things at unload and stop: each says what is left by a violation. */
void nt_pool_check(const char *when);
/* That are allocated now. */
size_t nt_pool_bytes(void);
void nt_irp_check(const char *when, PDRIVER_OBJECT driver);
void nt_timer_check(const char *when);
void nt_work_check(const char *when);
void nt_notify_check(const char *when);
void nt_object_check(const char *when);
void nt_thread_check(const char *when);
void nt_device_check(const char *when, PDRIVER_OBJECT driver);
void nt_spinlock_reset(void);
void nt_pool_reset(void);
void nt_registry_reset(void);
void nt_routine_reset(void);
void nt_mdl_check(const char *when);
NTSTATUS nt_notify_process(PEPROCESS process, const struct nt_process_options *options); /* NULL: it exits */
void nt_print_reset(void);
void nt_failure_reset(void);
void nt_driver_reset(void);

/* Threads of the kernel itself: timers, DPCs, work. */
PETHREAD nt_thread_new(const char *name, PEPROCESS process, void (*routine)(void *), void *context);
PETHREAD nt_system_thread_new(void (*routine)(void *), void *context);
void nt_service_start(const char *name, void (*routine)(void *context));
void nt_service_thread(const char *name, void (*routine)(void *context), void *context);
extern PETHREAD nt_timer_thread;
extern bool nt_stopping; /* with the lock held: kernel threads leave */
void nt_timer_start(void);
void nt_work_start(void);
void nt_cancel_start(void);
void nt_process_start(void);
void nt_process_stop(void);
void nt_object_start(void);

/* nt_object.c: counted bodies with a type; `destroy` runs at the last reference, at PASSIVE_LEVEL. */
enum nt_object_type { NT_FILE = 1, NT_DRIVER, NT_PROCESS, NT_THREAD, NT_KEY, NT_DEVICE };
void *nt_object_new(enum nt_object_type type, size_t size, void (*destroy)(void *body));
bool nt_object_is(const void *body, enum nt_object_type type);
HANDLE nt_handle_new(void *body, bool user, ACCESS_MASK access); /* takes over one reference */
void *nt_handle_body(HANDLE handle, enum nt_object_type type); /* no reference; NULL: none */
ACCESS_MASK nt_handle_access(HANDLE handle);
LONG nt_object_references(const void *body);
void nt_object_free(void *body); /* whoever refers to it */
void nt_object_hold(void *body); /* without the checks of level */
void nt_object_put(void *body);	 /* of types without `destroy` */

/* nt_device.c */
PDEVICE_OBJECT nt_device_find(const char *name, size_t length); /* the named one, not what is attached above */
void nt_device_check_alive(PDEVICE_OBJECT device); /* a violation when it is none, or deleted */
void nt_device_call_check(PDEVICE_OBJECT device); /* the same, and as one that gets a request */
void nt_device_reference(PDEVICE_OBJECT device);
/* A file more, with the kernel's lock held; one less. */
void nt_device_opened(PDEVICE_OBJECT device);
void nt_device_closed(PDEVICE_OBJECT device);
/* Nobody finds it from now on. True: it is open, its files still work, and the last close ends it. */
bool nt_device_retire(PDEVICE_OBJECT device);
/* Gives back a reference of ObReferenceObjectByName(); false: it is no device. */
bool nt_device_put_by_name(void *body);
void nt_device_dereference(PDEVICE_OBJECT device);
char *nt_utf8(PCUNICODE_STRING string, char *text, size_t size);
void nt_utf16(const char *text, WCHAR *buffer, size_t count, PUNICODE_STRING string);

/* nt_driver.c: an unload that waits for handles, and one of them that was closed. */
bool nt_driver_is_unloading(PDRIVER_OBJECT driver);
void nt_driver_released(PDRIVER_OBJECT driver);

/* nt_file.c: opening for the kernel and for programs. The name may go on behind the device's. */
NTSTATUS nt_file_open(const char *name, ACCESS_MASK access, const void *ea, ULONG ea_length, KPROCESSOR_MODE mode,
	PFILE_OBJECT *file);
void nt_file_cleanup(PFILE_OBJECT file);

/* nt_irp.c: requests of the I/O manager, ended by `finish` instead of a completion routine. It runs where the
 * request was completed and may free it by nt_irp_delete(). */
PIRP nt_irp_new(CCHAR stack_size, void (*finish)(PIRP irp, void *context), void *context);
void nt_irp_delete(PIRP irp);
/* What a transport does first with a request that a handler gave it. */
void nt_irp_take(PIRP irp, const char *who);

#endif
