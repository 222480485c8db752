/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Events, semaphores, mutexes, and waiting for them: at PASSIVE_LEVEL, or not at all. */
#include "nt_internal.h"

enum { TYPE_NOTIFICATION = 0, TYPE_SYNCHRONIZATION = 1, TYPE_MUTANT = 2, TYPE_SEMAPHORE = 5 };

static void header_init(DISPATCHER_HEADER *header, UCHAR type, LONG state)
{
	memset(header, 0, sizeof(*header));
	header->Type = type;
	header->Size = NT_DISPATCHER;
	header->SignalState = state;
	InitializeListHead(&header->WaitListHead);
}

static DISPATCHER_HEADER *header_check(PVOID object, const char *function)
{
	DISPATCHER_HEADER *header = object;

	if (header->Size != NT_DISPATCHER)
		nt_violation(NT_RULE_LEVEL, "%s: an object that was never initialised", function);
	return header;
}

void KeInitializeEvent(PKEVENT event, EVENT_TYPE type, BOOLEAN state)
{
	header_init(&event->Header, type == SynchronizationEvent ? TYPE_SYNCHRONIZATION : TYPE_NOTIFICATION, state);
}

static LONG exchange(DISPATCHER_HEADER *header, LONG state)
{
	LONG old;

	nt_lock();
	old = header->SignalState;
	header->SignalState = state;
	nt_unlock();
	return old;
}

LONG KeSetEvent(PKEVENT event, KPRIORITY increment, BOOLEAN wait)
{
	LONG old;

	(void)increment;
	nt_enter("KeSetEvent", wait ? PASSIVE_LEVEL : DISPATCH_LEVEL);
	old = exchange(header_check(event, "KeSetEvent"), 1);
	return old;
}

LONG KeResetEvent(PKEVENT event)
{
	nt_enter("KeResetEvent", DISPATCH_LEVEL);
	return exchange(header_check(event, "KeResetEvent"), 0);
}

void KeClearEvent(PKEVENT event)
{
	KeResetEvent(event);
}

LONG KeReadStateEvent(PKEVENT event)
{
	LONG state;

	nt_enter("KeReadStateEvent", DISPATCH_LEVEL);
	nt_lock();
	state = header_check(event, "KeReadStateEvent")->SignalState;
	nt_unlock();
	return state;
}

void KeInitializeSemaphore(PKSEMAPHORE semaphore, LONG count, LONG limit)
{
	header_init(&semaphore->Header, TYPE_SEMAPHORE, count);
	semaphore->Limit = limit;
}

LONG KeReleaseSemaphore(PKSEMAPHORE semaphore, KPRIORITY increment, LONG adjustment, BOOLEAN wait)
{
	LONG old;

	(void)increment;
	(void)wait;
	nt_enter("KeReleaseSemaphore", DISPATCH_LEVEL);
	nt_lock();
	old = header_check(semaphore, "KeReleaseSemaphore")->SignalState;
	if (adjustment > semaphore->Limit - old)
		nt_violation(NT_RULE_LEVEL, "a semaphore beyond its limit");
	semaphore->Header.SignalState += adjustment;
	nt_unlock();
	return old;
}

void KeInitializeMutex(PKMUTEX mutex, ULONG level)
{
	(void)level;
	memset(mutex, 0, sizeof(*mutex));
	header_init(&mutex->Header, TYPE_MUTANT, 1);
}

LONG KeReleaseMutex(PKMUTEX mutex, BOOLEAN wait)
{
	PETHREAD thread = nt_enter("KeReleaseMutex", DISPATCH_LEVEL);
	LONG old;

	(void)wait;
	nt_lock();
	if (mutex->OwnerThread != thread)
		nt_violation(NT_RULE_LEVEL, "a thread gives back a mutex that it does not hold");
	old = mutex->Header.SignalState++;
	if (mutex->Header.SignalState == 1)
		mutex->OwnerThread = NULL;
	nt_unlock();
	return old;
}

struct wait {
	PVOID *objects;
	ULONG count;
	WAIT_TYPE type;
	PETHREAD thread;
	ULONG which;
};

static bool signalled(PVOID object, PETHREAD thread)
{
	DISPATCHER_HEADER *header = object;

	if (header->Type == NT_THREAD_HEADER)
		return ((PETHREAD)object)->state == NT_DEAD;
	if (header->Type == TYPE_MUTANT && ((PKMUTEX)object)->OwnerThread == thread)
		return true;
	return header->SignalState > 0;
}

static void consume(PVOID object, PETHREAD thread)
{
	DISPATCHER_HEADER *header = object;

	if (header->Type == TYPE_SYNCHRONIZATION || header->Type == NT_TIMER_SYNCHRONIZATION)
		header->SignalState = 0;
	else if (header->Type == TYPE_SEMAPHORE)
		header->SignalState--;
	else if (header->Type == TYPE_MUTANT) {
		header->SignalState--;
		((PKMUTEX)object)->OwnerThread = thread;
	}
}

static bool ready(void *context)
{
	struct wait *wait = context;
	ULONG index, count = 0;

	for (index = 0; index < wait->count; index++)
		if (signalled(wait->objects[index], wait->thread)) {
			if (wait->type == WaitAny) {
				wait->which = index;
				return true;
			}
			count++;
		}
	return wait->type == WaitAll && count == wait->count;
}

static NTSTATUS wait_for(struct wait *wait, PLARGE_INTEGER timeout)
{
	ULONG index;
	bool holds;

	nt_lock();
	holds = nt_wait_locked(ready, wait, nt_deadline(timeout));
	if (holds && wait->type == WaitAny)
		consume(wait->objects[wait->which], wait->thread);
	else if (holds)
		for (index = 0; index < wait->count; index++)
			consume(wait->objects[index], wait->thread);
	nt_unlock();
	return holds ? STATUS_WAIT_0 + (NTSTATUS)wait->which : STATUS_TIMEOUT;
}

NTSTATUS KeWaitForMultipleObjects(ULONG count, PVOID objects[], WAIT_TYPE type, KWAIT_REASON reason,
	KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER timeout, PVOID blocks)
{
	bool polls = timeout && timeout->QuadPart == 0;
	PETHREAD thread = nt_enter_unlocked("KeWaitForSingleObject", polls ? DISPATCH_LEVEL : APC_LEVEL);
	struct wait wait = { objects, count, type, thread, 0 };
	ULONG index;

	(void)reason;
	(void)mode;
	(void)alertable;
	if (count > MAXIMUM_WAIT_OBJECTS || (count > THREAD_WAIT_OBJECTS && !blocks))
		nt_violation(NT_RULE_LEVEL, "a wait for %u objects without wait blocks", count);
	for (index = 0; index < count; index++)
		header_check(objects[index], "KeWaitForSingleObject");
	return wait_for(&wait, timeout);
}

NTSTATUS KeWaitForSingleObject(PVOID object, KWAIT_REASON reason, KPROCESSOR_MODE mode, BOOLEAN alertable,
	PLARGE_INTEGER timeout)
{
	return KeWaitForMultipleObjects(1, &object, WaitAny, reason, mode, alertable, timeout, NULL);
}

static bool never(void *context)
{
	(void)context;
	return false;
}

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER interval)
{
	(void)mode;
	(void)alertable;
	nt_enter_unlocked("KeDelayExecutionThread", APC_LEVEL);
	nt_lock();
	nt_wait_locked(never, NULL, nt_deadline(interval));
	nt_unlock();
	return STATUS_SUCCESS;
}

void ExInitializeFastMutex(PFAST_MUTEX mutex)
{
	memset(mutex, 0, sizeof(*mutex));
	mutex->Count = 1;
	header_init(&mutex->Event.Header, TYPE_SYNCHRONIZATION, 0);
}

static bool mutex_free(void *context)
{
	return ((PFAST_MUTEX)context)->Count == 1;
}

void ExAcquireFastMutex(PFAST_MUTEX mutex)
{
	PETHREAD thread = nt_enter_unlocked("ExAcquireFastMutex", APC_LEVEL);

	header_check(&mutex->Event, "ExAcquireFastMutex");
	nt_lock();
	if (mutex->Owner == thread)
		nt_violation(NT_RULE_LEVEL, "a thread takes a fast mutex that it holds");
	nt_wait_locked(mutex_free, mutex, NT_FOREVER);
	mutex->Count = 0;
	mutex->Owner = thread;
	mutex->OldIrql = thread->irql;
	nt_unlock();
	nt_irql_set(thread, APC_LEVEL);
}

void ExReleaseFastMutex(PFAST_MUTEX mutex)
{
	PETHREAD thread = nt_enter("ExReleaseFastMutex", APC_LEVEL);
	KIRQL irql = (KIRQL)mutex->OldIrql;

	nt_lock();
	if (mutex->Owner != thread)
		nt_violation(NT_RULE_LEVEL, "a thread gives back a fast mutex that it does not hold");
	mutex->Owner = NULL;
	mutex->Count = 1;
	nt_unlock();
	nt_irql_set(thread, irql);
}
