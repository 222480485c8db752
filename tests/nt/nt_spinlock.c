/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Spin locks with owner and order. The word of a lock says that it was initialised, its class (the place of its
 * initialisation), its owner. What is locked while what is held makes a graph of classes, which must have no circle:
 * then no order of threads can deadlock, also those that did not happen.
 */
#include <sched.h>

#include "nt_internal.h"

#define LOCK_MAGIC (0x5aull << 56)
#define LOCK_CLASS(value) ((unsigned)((value) >> 32 & 0xffff))
#define LOCK_OWNER(value) ((uint32_t)(value) >> 1)
#define CLASSES 128

static struct {
	const char *file;
	int line;
	bool before[CLASSES]; /* this class was held while that one was taken */
} classes[CLASSES];
static unsigned class_count = 1;
static nt_quiet_lock class_lock;

NT_QUIET void nt_quiet_acquire(nt_quiet_lock *lock)
{
	while (__atomic_exchange_n(lock, 1, __ATOMIC_RELAXED))
		__asm__ volatile("pause" ::: "memory");
	__asm__ volatile("" ::: "memory");
}

NT_QUIET void nt_quiet_release(nt_quiet_lock *lock)
{
	__asm__ volatile("" ::: "memory");
	__atomic_store_n(lock, 0, __ATOMIC_RELAXED);
}

NT_QUIET static unsigned class_of(const char *file, int line)
{
	unsigned number;

	nt_quiet_acquire(&class_lock);
	for (number = 1; number < class_count; number++)
		if (classes[number].file == file && classes[number].line == line)
			break;
	if (number == CLASSES)
		nt_violation(NT_RULE_LEVEL, "more than %d classes of spin locks", CLASSES);
	if (number == class_count) {
		classes[number].file = file;
		classes[number].line = line;
		class_count++;
	}
	nt_quiet_release(&class_lock);
	return number;
}

NT_QUIET static bool leads_to(unsigned from, unsigned to, unsigned depth)
{
	unsigned next;

	if (from == to)
		return true;
	for (next = 1; depth && next < class_count; next++)
		if (classes[from].before[next] && leads_to(next, to, depth - 1))
			return true;
	return false;
}

NT_QUIET static void order_check(unsigned held, unsigned taken)
{
	bool circle;

	nt_quiet_acquire(&class_lock);
	circle = !classes[held].before[taken] && leads_to(taken, held, class_count);
	classes[held].before[taken] = true;
	nt_quiet_release(&class_lock);
	if (circle || held == taken)
		nt_violation(NT_RULE_LEVEL, "the spin lock of %s:%d is taken under that of %s:%d, elsewhere it is "
			"the other way round", classes[taken].file, classes[taken].line, classes[held].file,
			classes[held].line);
}

NT_QUIET void nt_spinlock_reset(void)
{
	memset(classes, 0, sizeof(classes));
	class_count = 1;
}

void nt_spin_lock_init(PKSPIN_LOCK lock, const char *file, int line)
{
	*lock = LOCK_MAGIC | (uint64_t)class_of(file, line) << 32;
}

static bool is_free(void *context)
{
	return !(__atomic_load_n((PKSPIN_LOCK)context, __ATOMIC_RELAXED) & 1);
}

static bool try_lock(PKSPIN_LOCK lock, PETHREAD thread)
{
	uint64_t value = __atomic_load_n(lock, __ATOMIC_RELAXED) & ~(uint64_t)0xffffffff;

	return __atomic_compare_exchange_n(lock, &value, value | (uint64_t)thread->tid << 1 | 1, 0, __ATOMIC_ACQUIRE,
		__ATOMIC_RELAXED);
}

static void check(PKSPIN_LOCK lock, PETHREAD thread)
{
	uint64_t value = __atomic_load_n(lock, __ATOMIC_RELAXED);
	unsigned index;

	if (value >> 56 != LOCK_MAGIC >> 56)
		nt_violation(NT_RULE_LEVEL, "a spin lock that was never initialised, or whose memory is gone");
	for (index = 0; index < thread->lock_count; index++)
		if (thread->locks[index] == lock)
			nt_violation(NT_RULE_LEVEL, "a thread takes the spin lock of %s:%d that it holds",
				classes[LOCK_CLASS(value)].file, classes[LOCK_CLASS(value)].line);
	for (index = 0; index < thread->lock_count; index++)
		order_check(LOCK_CLASS(__atomic_load_n(thread->locks[index], __ATOMIC_RELAXED)), LOCK_CLASS(value));
	if (thread->lock_count == NT_LOCKS_HELD)
		nt_violation(NT_RULE_LEVEL, "%d spin locks held", NT_LOCKS_HELD);
}

void KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock)
{
	PETHREAD thread = nt_enter("KeAcquireSpinLock", DISPATCH_LEVEL);

	if (thread->irql < DISPATCH_LEVEL)
		nt_violation(NT_RULE_LEVEL, "KeAcquireSpinLockAtDpcLevel at IRQL %u", thread->irql);
	check(lock, thread);
	while (!try_lock(lock, thread)) {
		if (nt_free_running) {
			sched_yield();
			continue;
		}
		nt_lock();
		nt_wait_locked(is_free, lock, NT_FOREVER);
		nt_unlock();
	}
	thread->locks[thread->lock_count++] = lock;
}

static void forget(PETHREAD thread, PKSPIN_LOCK lock)
{
	unsigned index;

	for (index = 0; index < thread->lock_count; index++)
		if (thread->locks[index] == lock) {
			thread->locks[index] = thread->locks[--thread->lock_count];
			return;
		}
	nt_violation(NT_RULE_LEVEL, "a thread gives back a spin lock that it does not hold");
}

void KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK lock)
{
	PETHREAD thread = nt_self();
	uint64_t value = __atomic_load_n(lock, __ATOMIC_RELAXED);

	if (!(value & 1) || LOCK_OWNER(value) != thread->tid)
		nt_violation(NT_RULE_LEVEL, "a thread gives back a spin lock that it does not hold");
	if (thread->irql < DISPATCH_LEVEL)
		nt_violation(NT_RULE_LEVEL, "a spin lock given back at IRQL %u", thread->irql);
	forget(thread, lock);
	__atomic_store_n(lock, value & ~(uint64_t)0xffffffff, __ATOMIC_RELEASE);
	nt_point();
}

KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK lock)
{
	PETHREAD thread = nt_enter("KeAcquireSpinLock", DISPATCH_LEVEL);
	KIRQL old = thread->irql;

	nt_irql_set(thread, DISPATCH_LEVEL);
	KeAcquireSpinLockAtDpcLevel(lock);
	return old;
}

void KeReleaseSpinLock(PKSPIN_LOCK lock, KIRQL irql)
{
	KeReleaseSpinLockFromDpcLevel(lock);
	if (irql > DISPATCH_LEVEL)
		nt_violation(NT_RULE_LEVEL, "KeReleaseSpinLock to IRQL %u: a level that was not saved", irql);
	KeLowerIrql(irql);
}

PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock)
{
	KIRQL irql = KeAcquireSpinLockRaiseToDpc(lock);
	PLIST_ENTRY last = IsListEmpty(head) ? NULL : head->Blink;

	InsertTailList(head, entry);
	KeReleaseSpinLock(lock, irql);
	return last;
}

PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY head, PLIST_ENTRY entry, PKSPIN_LOCK lock)
{
	KIRQL irql = KeAcquireSpinLockRaiseToDpc(lock);
	PLIST_ENTRY first = IsListEmpty(head) ? NULL : head->Flink;

	InsertHeadList(head, entry);
	KeReleaseSpinLock(lock, irql);
	return first;
}

PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY head, PKSPIN_LOCK lock)
{
	KIRQL irql = KeAcquireSpinLockRaiseToDpc(lock);
	PLIST_ENTRY entry = IsListEmpty(head) ? NULL : RemoveHeadList(head);

	KeReleaseSpinLock(lock, irql);
	return entry;
}
