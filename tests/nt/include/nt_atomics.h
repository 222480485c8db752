/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Interlocked operations and doubly linked lists. Each interlocked operation is a place where the scheduler of the
 * fake kernel may let another thread run. Any IRQL. Included by <ntddk.h>.
 */
#ifndef FW_NT_ATOMICS_H
#define FW_NT_ATOMICS_H

#include "nt_types.h"

/* tests/nt/nt_scheduler.c: another thread may run here. */
void nt_point(void);

#define NT_INTERLOCKED(name, type, builtin, change) \
	static inline type name(volatile type *target, type value) \
	{ \
		nt_point(); \
		return __atomic_##builtin(target, value, __ATOMIC_SEQ_CST) change; \
	}
NT_INTERLOCKED(InterlockedExchange, LONG, exchange_n, )
NT_INTERLOCKED(InterlockedExchangeAdd, LONG, fetch_add, )
NT_INTERLOCKED(InterlockedOr, LONG, fetch_or, )
NT_INTERLOCKED(InterlockedAnd, LONG, fetch_and, )
NT_INTERLOCKED(InterlockedXor, LONG, fetch_xor, )
NT_INTERLOCKED(InterlockedExchange64, LONG64, exchange_n, )
NT_INTERLOCKED(InterlockedExchangeAdd64, LONG64, fetch_add, )
NT_INTERLOCKED(InterlockedOr64, LONG64, fetch_or, )
NT_INTERLOCKED(InterlockedAnd64, LONG64, fetch_and, )
NT_INTERLOCKED(InterlockedAdd, LONG, add_fetch, )
NT_INTERLOCKED(InterlockedAdd64, LONG64, add_fetch, )
#undef NT_INTERLOCKED

#define NT_INTERLOCKED_STEP(name, type, builtin) \
	static inline type name(volatile type *target) \
	{ \
		nt_point(); \
		return __atomic_##builtin(target, 1, __ATOMIC_SEQ_CST); \
	}
NT_INTERLOCKED_STEP(InterlockedIncrement, LONG, add_fetch)
NT_INTERLOCKED_STEP(InterlockedDecrement, LONG, sub_fetch)
NT_INTERLOCKED_STEP(InterlockedIncrement64, LONG64, add_fetch)
NT_INTERLOCKED_STEP(InterlockedDecrement64, LONG64, sub_fetch)
#undef NT_INTERLOCKED_STEP

#define NT_INTERLOCKED_COMPARE(name, type) \
	static inline type name(volatile type *target, type value, type expected) \
	{ \
		nt_point(); \
		__atomic_compare_exchange_n(target, &expected, value, 0, __ATOMIC_SEQ_CST, \
			__ATOMIC_SEQ_CST); \
		return expected; \
	}
NT_INTERLOCKED_COMPARE(InterlockedCompareExchange, LONG)
NT_INTERLOCKED_COMPARE(InterlockedCompareExchange64, LONG64)
#undef NT_INTERLOCKED_COMPARE

/* Targets are pointers of any type, as with the macros of NT's C. */
static inline PVOID nt_exchange_pointer(PVOID volatile *target, PVOID value)
{
	nt_point();
	return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}

static inline PVOID nt_compare_exchange_pointer(PVOID volatile *target, PVOID value, PVOID expected)
{
	nt_point();
	__atomic_compare_exchange_n(target, &expected, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return expected;
}
#define InterlockedExchangePointer(target, value) \
	nt_exchange_pointer((PVOID volatile *)(target), (PVOID)(value))
#define InterlockedCompareExchangePointer(target, value, expected) \
	nt_compare_exchange_pointer((PVOID volatile *)(target), (PVOID)(value), (PVOID)(expected))

#define KeMemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define MemoryBarrier() KeMemoryBarrier()
#define YieldProcessor() nt_point()

/* tests/nt/nt_list.c: a list that is broken, or an entry that is in none or still in one, is a violation. */
void nt_list_check(const LIST_ENTRY *entry, const char *operation);

static inline void InitializeListHead(PLIST_ENTRY head)
{
	head->Flink = head->Blink = head;
}

static inline BOOLEAN IsListEmpty(const LIST_ENTRY *head)
{
	return head->Flink == head;
}

/* TRUE: the list is empty now. */
static inline BOOLEAN RemoveEntryList(PLIST_ENTRY entry)
{
	nt_list_check(entry, "RemoveEntryList");
	entry->Blink->Flink = entry->Flink;
	entry->Flink->Blink = entry->Blink;
	return entry->Flink == entry->Blink;
}

static inline PLIST_ENTRY RemoveHeadList(PLIST_ENTRY head)
{
	PLIST_ENTRY entry = head->Flink;

	RemoveEntryList(entry);
	return entry;
}

static inline PLIST_ENTRY RemoveTailList(PLIST_ENTRY head)
{
	PLIST_ENTRY entry = head->Blink;

	RemoveEntryList(entry);
	return entry;
}

static inline void InsertHeadList(PLIST_ENTRY head, PLIST_ENTRY entry)
{
	nt_list_check(head, "InsertHeadList");
	entry->Flink = head->Flink;
	entry->Blink = head;
	head->Flink->Blink = entry;
	head->Flink = entry;
}

static inline void InsertTailList(PLIST_ENTRY head, PLIST_ENTRY entry)
{
	nt_list_check(head, "InsertTailList");
	entry->Flink = head;
	entry->Blink = head->Blink;
	head->Blink->Flink = entry;
	head->Blink = entry;
}

static inline void AppendTailList(PLIST_ENTRY head, PLIST_ENTRY first)
{
	PLIST_ENTRY last = first->Blink;

	head->Blink->Flink = first;
	first->Blink->Flink = head;
	first->Blink = head->Blink;
	head->Blink = last;
}

#endif
