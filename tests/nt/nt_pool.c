/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Pool: every block has its tag and guard bytes at both ends, fresh memory is full of rubbish, what was given back is
 * kept for a while and looked at for late writes (with ASan it is given to that at once), and what is left is a leak.
 */
#include <stdio.h>

#include "nt_internal.h"

#define BLOCK_MAGIC 0x706f6f6cu
#define FREED_MAGIC 0x66726565u
#define GUARD 16
#define FRESH 0xa5
#define GUARDED 0xfd
#define FREED 0xdd
#define QUARANTINE 256

struct block {
	uint32_t magic;
	ULONG tag;
	SIZE_T size;
	struct block *previous, *next;
	POOL_TYPE type;
	UCHAR guard[GUARD + 12];
	UCHAR data[] __attribute__((aligned(16)));
};
_Static_assert(offsetof(struct block, guard) + GUARD + 12 == offsetof(struct block, data),
	"the guard ends where the data begins");

static struct block *live;
static nt_quiet_lock live_lock;
static struct block *quarantine[QUARANTINE];
static unsigned quarantine_next;

static const char *tag_text(ULONG tag, char text[5])
{
	memcpy(text, &tag, 4);
	text[4] = 0;
	return text;
}

static bool is_filled(const UCHAR *bytes, SIZE_T count, UCHAR value)
{
	SIZE_T index;

	for (index = 0; index < count; index++)
		if (bytes[index] != value)
			return false;
	return true;
}

NT_QUIET static void link_block(struct block *block)
{
	nt_quiet_acquire(&live_lock);
	block->previous = NULL;
	block->next = live;
	if (live)
		live->previous = block;
	live = block;
	nt_quiet_release(&live_lock);
}

NT_QUIET static void unlink_block(struct block *block)
{
	nt_quiet_acquire(&live_lock);
	if (block->previous)
		block->previous->next = block->next;
	else
		live = block->next;
	if (block->next)
		block->next->previous = block->previous;
	nt_quiet_release(&live_lock);
}

static void release(struct block *block)
{
	char text[5];

	if (block && !is_filled(block->data, block->size + GUARD, FREED))
		nt_violation(NT_RULE_OBJECT, "pool block '%s' of %zu bytes was written to after it was freed",
			tag_text(block->tag, text), block->size);
	free(block);
}

/* The oldest of the quarantine makes room. */
NT_QUIET static struct block *keep(struct block *block)
{
	struct block *oldest;

	nt_quiet_acquire(&live_lock);
	oldest = quarantine[quarantine_next];
	quarantine[quarantine_next] = block;
	quarantine_next = (quarantine_next + 1) % QUARANTINE;
	nt_quiet_release(&live_lock);
	return oldest;
}

PVOID ExAllocatePoolWithTag(POOL_TYPE type, SIZE_T size, ULONG tag)
{
	PETHREAD thread = nt_enter("ExAllocatePoolWithTag", DISPATCH_LEVEL);
	struct block *block;

	if (type == PagedPool && thread->irql > APC_LEVEL)
		nt_violation(NT_RULE_LEVEL, "paged pool allocated at IRQL %u", thread->irql);
	if (!size)
		nt_violation(NT_RULE_LEVEL, "a pool block of 0 bytes");
	if (!tag || tag == 0x656e6f4e)
		nt_violation(NT_RULE_LEVEL, "a pool block without a tag of its own");
	if (size > 1u << 30 || nt_fails("pool"))
		return NULL;
	block = malloc(sizeof(*block) + size + GUARD);
	if (!block)
		return NULL;
	block->magic = BLOCK_MAGIC;
	block->tag = tag;
	block->size = size;
	block->type = type;
	memset(block->guard, GUARDED, sizeof(block->guard));
	memset(block->data, FRESH, size);
	memset(block->data + size, GUARDED, GUARD);
	link_block(block);
	return block->data;
}

static void free_check(const struct block *block, ULONG tag)
{
	char text[5], other[5];

	if (block->magic == FREED_MAGIC)
		nt_violation(NT_RULE_OBJECT, "pool block '%s' of %zu bytes freed twice", tag_text(block->tag, text),
			block->size);
	if (block->magic != BLOCK_MAGIC)
		nt_violation(NT_RULE_OBJECT, "freed what is no pool block");
	if (tag && tag != block->tag)
		nt_violation(NT_RULE_OBJECT, "pool block '%s' freed as '%s'", tag_text(block->tag, text),
			tag_text(tag, other));
	if (!is_filled(block->guard, sizeof(block->guard), GUARDED))
		nt_violation(NT_RULE_OBJECT, "written before the begin of pool block '%s' of %zu bytes",
			tag_text(block->tag, text), block->size);
	if (!is_filled(block->data + block->size, GUARD, GUARDED))
		nt_violation(NT_RULE_OBJECT, "written behind the end of pool block '%s' of %zu bytes",
			tag_text(block->tag, text), block->size);
}

void ExFreePoolWithTag(PVOID data, ULONG tag)
{
	PETHREAD thread = nt_enter("ExFreePoolWithTag", DISPATCH_LEVEL);
	struct block *block;

	if (!data)
		nt_violation(NT_RULE_OBJECT, "freed a NULL pool block");
	block = CONTAINING_RECORD(data, struct block, data);
	free_check(block, tag);
	if (block->type == PagedPool && thread->irql > APC_LEVEL)
		nt_violation(NT_RULE_LEVEL, "paged pool freed at IRQL %u", thread->irql);
	unlink_block(block);
	block->magic = FREED_MAGIC;
#ifdef __SANITIZE_ADDRESS__
	free(block);
#else
	memset(block->data, FREED, block->size + GUARD);
	release(keep(block));
#endif
}

void ExFreePool(PVOID data)
{
	ExFreePoolWithTag(data, 0);
}

NT_QUIET size_t nt_pool_bytes(void)
{
	size_t bytes = 0;

	nt_quiet_acquire(&live_lock);
	for (const struct block *block = live; block; block = block->next)
		bytes += block->size;
	nt_quiet_release(&live_lock);
	return bytes;
}

void nt_pool_check(const char *when)
{
	const struct block *block;
	unsigned count = 0;
	char text[5];

	for (block = live; block; block = block->next) {
		if (count++ < 8)
			fprintf(stderr, "  left: pool block '%s' of %zu bytes\n", tag_text(block->tag, text), block->size);
	}
	if (count)
		nt_violation(NT_RULE_UNLOAD, "%u pool blocks are left after %s", count, when);
}

void nt_pool_reset(void)
{
	unsigned index;

	for (index = 0; index < QUARANTINE; index++)
		release(keep(NULL));
}

#define LIST_MAGIC 0x6c6f6f6bull
static LONG lists;

void ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST list, PVOID allocate, PVOID free_routine, ULONG flags,
	SIZE_T size, ULONG tag, USHORT depth)
{
	nt_enter("ExInitializeNPagedLookasideList", DISPATCH_LEVEL);
	if (allocate || free_routine || flags || depth)
		nt_violation(0, "lookaside lists with own routines are not made here");
	memset(list, 0, sizeof(*list));
	list->Magic = LIST_MAGIC;
	list->Size = (ULONG)size;
	list->Tag = tag;
	__atomic_add_fetch(&lists, 1, __ATOMIC_RELAXED);
}

static void list_check(const NPAGED_LOOKASIDE_LIST *list)
{
	if (list->Magic != LIST_MAGIC)
		nt_violation(NT_RULE_OBJECT, "a lookaside list that is not initialised, or deleted");
}

void ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST list)
{
	nt_enter("ExDeleteNPagedLookasideList", DISPATCH_LEVEL);
	list_check(list);
	if (__atomic_load_n(&list->Live, __ATOMIC_RELAXED))
		nt_violation(NT_RULE_UNLOAD, "a lookaside list deleted with %zu entries in use", list->Live);
	list->Magic = 0;
	__atomic_sub_fetch(&lists, 1, __ATOMIC_RELAXED);
}

PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST list)
{
	PVOID entry;

	list_check(list);
	entry = ExAllocatePoolWithTag(NonPagedPool, list->Size, list->Tag);
	if (entry)
		__atomic_add_fetch(&list->Live, 1, __ATOMIC_RELAXED);
	return entry;
}

void ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST list, PVOID entry)
{
	list_check(list);
	__atomic_sub_fetch(&list->Live, 1, __ATOMIC_RELAXED);
	ExFreePoolWithTag(entry, list->Tag);
}
