/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The fake kernel as a whole: its own threads, starting, stopping and what may not be left. */
#include "nt_internal.h"

#define SERVICES 12

bool nt_stopping;
static PETHREAD services[SERVICES];
static unsigned service_count;

void nt_service_thread(const char *name, void (*routine)(void *context), void *context)
{
	PETHREAD thread = nt_thread_new(name, NULL, routine, context);

	thread->kernel = true;
	services[service_count++] = thread;
}

void nt_service_start(const char *name, void (*routine)(void *context))
{
	nt_service_thread(name, routine, NULL);
}

void nt_kernel_start(const struct nt_options *options)
{
	static const struct nt_options none;

	if (nt_self_or_null())
		nt_violation(0, "the kernel is started while one runs (nt_each_seed() starts its own)");
	nt_stopping = false;
	service_count = 0;
	nt_spinlock_reset();
	nt_failure_reset();
	nt_scheduler_start(options ? options : &none);
	nt_cancel_start();
	nt_process_start();
	nt_object_start();
	nt_timer_start();
	nt_work_start();
}

static void checks(void)
{
	static const char when[] = "the end of a test";

	nt_device_check(when, NULL);
	nt_notify_check(when);
	nt_timer_check(when);
	nt_work_check(when);
	nt_thread_check(when);
	nt_irp_check(when, NULL);
	nt_pool_check(when);
	nt_mdl_check(when);
}

void nt_kernel_stop(void)
{
	nt_enter_unlocked("nt_kernel_stop", PASSIVE_LEVEL);
	checks();
	nt_process_stop();
	nt_lock();
	nt_stopping = true;
	nt_unlock();
	while (service_count)
		nt_thread_join(services[--service_count]);
	nt_object_check("the end of a test");
	nt_pool_reset();
	nt_print_reset();
	nt_registry_reset();
	nt_routine_reset();
	nt_driver_reset();
	nt_notify_slots(0);
	nt_scheduler_stop();
}
