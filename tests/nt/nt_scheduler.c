/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Who runs. Threads are real ones; of them one runs at a time and hands over at calls of the kernel, to whom a seeded
 * generator says, so that a seed repeats a run. The clock is virtual: it jumps when all wait. Free running, all run in
 * parallel and by the real clock.
 */
#include <stdio.h>
#include <sched.h>
#include <time.h>

#include "nt_internal.h"

#define TICKS_PER_SECOND 10000000ull
#define IDLE_MS 20u
#define IDLE_ROUNDS 500u /* 10 s without anything happening is a deadlock */

bool nt_free_running;
static pthread_mutex_t world = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static PETHREAD threads, running;
static __thread PETHREAD self;
static uint64_t seed, state, virtual_now, real_start;
static unsigned switch_chance;
/* Some races need many changes, some that one thread gets far while another stands still. */
static const unsigned chances[] = { 10, 25, 4, 50 };
static uint32_t last_tid;
static bool (*idle)(unsigned milliseconds);

PETHREAD nt_self_or_null(void)
{
	return self;
}

PETHREAD nt_self(void)
{
	if (!self)
		nt_violation(0, "a thread that is none of the fake kernel's called it");
	return self;
}

uint64_t nt_seed(void)
{
	return seed;
}

void nt_idle_hook(bool (*wait)(unsigned milliseconds))
{
	idle = wait;
}

static uint64_t real_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * TICKS_PER_SECOND + (uint64_t)now.tv_nsec / 100;
}

uint64_t nt_now(void)
{
	if (nt_free_running)
		return real_now() - real_start;
	return __atomic_load_n(&virtual_now, __ATOMIC_RELAXED);
}

/* splitmix64 */
static uint64_t next_random(void)
{
	uint64_t value = state += 0x9e3779b97f4a7c15ull;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ull;
	value = (value ^ value >> 27) * 0x94d049bb133111ebull;
	return value ^ value >> 31;
}

uint32_t nt_random(uint32_t below)
{
	return (uint32_t)((next_random() >> 32) * below >> 32);
}

static bool can_run(PETHREAD thread)
{
	if (thread->state == NT_READY)
		return true;
	return thread->state == NT_WAITING &&
	       (thread->deadline <= virtual_now || thread->condition(thread->condition_context));
}

/* Any thread that can run, from a random one on. */
static PETHREAD choose(void)
{
	unsigned count = 0, skip;
	PETHREAD first, thread;

	for (thread = threads; thread; thread = thread->next)
		count++;
	if (!count)
		return NULL;
	first = threads;
	for (skip = nt_random(count); skip; skip--)
		first = first->next;
	thread = first;
	do {
		if (can_run(thread))
			return thread;
		thread = thread->next ? thread->next : threads;
	} while (thread != first);
	return NULL;
}

static bool advance_clock(void)
{
	uint64_t earliest = NT_FOREVER;
	PETHREAD thread;

	for (thread = threads; thread; thread = thread->next)
		if (thread->state == NT_WAITING && thread->deadline < earliest)
			earliest = thread->deadline;
	if (earliest == NT_FOREVER)
		return false;
	__atomic_store_n(&virtual_now, earliest, __ATOMIC_RELAXED);
	return true;
}

__attribute__((noreturn)) static void deadlock(void)
{
	PETHREAD thread;

	for (thread = threads; thread; thread = thread->next)
		fprintf(stderr, "  thread %s: state %d, IRQL %u, %u locks\n", thread->name, thread->state, thread->irql,
			thread->lock_count);
	nt_violation(NT_RULE_LEVEL, "deadlock: every thread waits, and nothing will happen");
}

/* The next to run; what comes from outside goes before the passing of time. */
static PETHREAD choose_or_idle(void)
{
	unsigned round;
	PETHREAD next;

	for (round = 0; round < IDLE_ROUNDS; round++) {
		next = choose();
		if (next)
			return next;
		/* What is on its way through this machine's loopback comes before time passes. */
		if (idle && idle(1))
			continue;
		if (advance_clock())
			continue;
		if (!idle)
			break;
		idle(IDLE_MS);
	}
	deadlock();
}

static void hand_over(void)
{
	PETHREAD next = choose_or_idle();

	if (next == self)
		return;
	running = next;
	pthread_cond_signal(&next->wake);
	while (running != self)
		pthread_cond_wait(&self->wake, &world);
}

void nt_lock(void)
{
	pthread_mutex_lock(&world);
}

void nt_unlock(void)
{
	if (nt_free_running)
		pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&world);
}

void nt_point(void)
{
	if (!self)
		return;
	if (nt_free_running) {
		if (((uintptr_t)&self ^ real_now() >> 4) % 64 == 0)
			sched_yield();
		return;
	}
	if (nt_random(100) >= switch_chance)
		return;
	pthread_mutex_lock(&world);
	__atomic_store_n(&virtual_now, virtual_now + 1 + nt_random(10), __ATOMIC_RELAXED);
	hand_over();
	pthread_mutex_unlock(&world);
}

static void real_wait(uint64_t deadline)
{
	struct timespec until;
	uint64_t now = nt_now(), left = deadline > now ? deadline - now : 0;

	if (left > TICKS_PER_SECOND / 10)
		left = TICKS_PER_SECOND / 10;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(left * 100);
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&changed, &world, &until);
}

bool nt_wait_locked(bool (*condition)(void *context), void *context, uint64_t deadline)
{
	bool holds = condition(context);

	if (holds)
		return true;
	if (nt_free_running) {
		for (; !holds && nt_now() < deadline; holds = condition(context))
			real_wait(deadline);
		return holds;
	}
	self->condition = condition;
	self->condition_context = context;
	self->deadline = deadline;
	self->state = NT_WAITING;
	hand_over();
	self->state = NT_READY;
	self->deadline = NT_FOREVER;
	return condition(context);
}

bool nt_wait_for(bool (*condition)(void *context), void *context, unsigned milliseconds)
{
	bool holds;

	nt_self();
	nt_lock();
	holds = nt_wait_locked(condition, context,
		milliseconds == NT_FOREVER_MS ? NT_FOREVER : nt_now() + (uint64_t)milliseconds * 10000);
	nt_unlock();
	return holds;
}

static bool never(void *context)
{
	(void)context;
	return false;
}

void nt_sleep_ms(unsigned milliseconds)
{
	nt_wait_for(never, NULL, milliseconds);
}

uint64_t nt_deadline(const LARGE_INTEGER *timeout)
{
	if (!timeout)
		return NT_FOREVER;
	if (timeout->QuadPart <= 0)
		return nt_now() + (uint64_t)-timeout->QuadPart;
	return (uint64_t)timeout->QuadPart - NT_EPOCH;
}

static void enrol(PETHREAD thread)
{
	pthread_cond_init(&thread->wake, NULL);
	thread->header.Type = NT_THREAD_HEADER;
	thread->header.Size = NT_DISPATCHER;
	thread->state = NT_READY;
	thread->deadline = NT_FOREVER;
	thread->processor = -1;
	thread->next = threads;
	threads = thread;
}

static void leave(PETHREAD thread)
{
	PETHREAD *at;

	for (at = &threads; *at; at = &(*at)->next)
		if (*at == thread) {
			*at = thread->next;
			return;
		}
}

static void *thread_main(void *argument)
{
	PETHREAD thread = argument;

	self = thread;
	pthread_mutex_lock(&world);
	while (!nt_free_running && running != thread)
		pthread_cond_wait(&thread->wake, &world);
	pthread_mutex_unlock(&world);
	thread->routine(thread->context);
	if (thread->irql != PASSIVE_LEVEL || thread->lock_count)
		nt_violation(NT_RULE_LEVEL, "a thread ended at IRQL %u with %u spin locks", thread->irql,
			thread->lock_count);
	pthread_mutex_lock(&world);
	thread->state = NT_DEAD;
	leave(thread);
	self = NULL;
	if (thread->system)
		nt_object_put(thread);
	if (nt_free_running)
		pthread_cond_broadcast(&changed);
	else if (threads) {
		running = choose_or_idle();
		pthread_cond_signal(&running->wake);
	}
	pthread_mutex_unlock(&world);
	return NULL;
}

/* A thread that a driver made has a reference to itself, as nobody need join it. */
static PETHREAD thread_new(const char *name, PEPROCESS process, void (*routine)(void *), void *context, bool system)
{
	PETHREAD thread = nt_object_new(NT_THREAD, sizeof(*thread), NULL);

	thread->name = name;
	thread->process = process;
	thread->routine = routine;
	thread->context = context;
	thread->system = system;
	if (system)
		nt_object_hold(thread);
	nt_lock();
	thread->tid = last_tid += 4;
	enrol(thread);
	nt_unlock();
	if (pthread_create(&thread->pthread, NULL, thread_main, thread)) {
		perror("nt: pthread_create");
		_Exit(1);
	}
	return thread;
}

PETHREAD nt_thread_new(const char *name, PEPROCESS process, void (*routine)(void *), void *context)
{
	return thread_new(name, process, routine, context, false);
}

PETHREAD nt_system_thread_new(void (*routine)(void *), void *context)
{
	return thread_new("system thread", NULL, routine, context, true);
}

PETHREAD nt_thread_start(const char *name, PEPROCESS process, void (*routine)(void *), void *context)
{
	nt_self();
	return thread_new(name, process, routine, context, false);
}

static bool is_dead(void *context)
{
	return ((PETHREAD)context)->state == NT_DEAD;
}

void nt_thread_join(PETHREAD thread)
{
	nt_self();
	nt_lock();
	nt_wait_locked(is_dead, thread, NT_FOREVER);
	nt_unlock();
	pthread_join(thread->pthread, NULL);
	thread->joined = true;
	ObfDereferenceObject(thread);
}

void nt_scheduler_start(const struct nt_options *options)
{
	const char *environment = getenv("NT_SEED");
	pthread_condattr_t monotonic;
	PETHREAD main_thread;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	nt_free_running = options->free_running;
	seed = options->seed ? options->seed : environment ? strtoull(environment, NULL, 0) : 1;
	state = seed;
	last_tid = 1000;
	switch_chance = options->switch_chance ? options->switch_chance : chances[seed % FW_NT_COUNT(chances)];
	virtual_now = TICKS_PER_SECOND;
	real_start = real_now() - TICKS_PER_SECOND;
	main_thread = nt_object_new(NT_THREAD, sizeof(*main_thread), NULL);
	main_thread->name = "main";
	main_thread->tid = 4;
	enrol(main_thread);
	self = running = main_thread;
}

void nt_scheduler_stop(void)
{
	PETHREAD main_thread = self;

	if (threads != main_thread || main_thread->next)
		nt_violation(NT_RULE_UNLOAD, "threads still run at the end of a test");
	leave(main_thread);
	nt_object_free(main_thread);
	self = NULL;
	idle = NULL;
}
