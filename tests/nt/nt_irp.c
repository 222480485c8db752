/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Requests come and go: allocation, reuse, freeing, and which are left. */
#include <stdio.h>

#include "nt_irp.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define __asan_poison_memory_region(address, size) memset(address, 0xdd, size)
#define __asan_unpoison_memory_region(address, size) ((void)(address), (void)(size))
#endif

#define IRP_MAGIC 0x6972706du
#define IRP_FREED 0x69727066u
#define IRP_TYPE 6
#define QUARANTINE 128

static struct nt_irp *live;
static struct nt_irp *quarantine[QUARANTINE];
static unsigned quarantine_next;
static nt_quiet_lock live_lock;

static size_t part_size(const struct nt_irp *side, CCHAR count)
{
	(void)side;
	return sizeof(IRP) + (size_t)count * sizeof(IO_STACK_LOCATION);
}

NT_QUIET static void link_irp(struct nt_irp *side)
{
	nt_quiet_acquire(&live_lock);
	side->previous = NULL;
	side->next = live;
	if (live)
		live->previous = side;
	live = side;
	nt_quiet_release(&live_lock);
}

NT_QUIET static void unlink_irp(struct nt_irp *side)
{
	nt_quiet_acquire(&live_lock);
	if (side->previous)
		side->previous->next = side->next;
	else
		live = side->next;
	if (side->next)
		side->next->previous = side->previous;
	nt_quiet_release(&live_lock);
}

NT_QUIET static struct nt_irp *keep(struct nt_irp *side)
{
	struct nt_irp *oldest;

	nt_quiet_acquire(&live_lock);
	oldest = quarantine[quarantine_next];
	quarantine[quarantine_next] = side;
	quarantine_next = (quarantine_next + 1) % QUARANTINE;
	nt_quiet_release(&live_lock);
	return oldest;
}

static void initialise(struct nt_irp *side, CCHAR count)
{
	PIRP irp = &side->irp;

	memset(irp, 0, part_size(side, count));
	irp->Type = IRP_TYPE;
	irp->Size = (USHORT)part_size(side, count);
	irp->StackCount = count;
	irp->CurrentLocation = count + 1;
	irp->Tail.Overlay.CurrentStackLocation = &side->stack[(int)count];
	InitializeListHead(&irp->ThreadListEntry);
}

static struct nt_irp *allocate(CCHAR count)
{
	struct nt_irp *side;

	if (count < 1 || count > NT_STACK_MAX)
		nt_violation(NT_RULE_STACK, "an IRP with %d stack locations", count);
	side = calloc(1, sizeof(*side) + (size_t)count * sizeof(IO_STACK_LOCATION));
	if (!side)
		abort();
	side->magic = IRP_MAGIC;
	initialise(side, count);
	link_irp(side);
	return side;
}

PIRP nt_irp_new(CCHAR count, void (*finish)(PIRP irp, void *context), void *context)
{
	struct nt_irp *side = allocate(count);

	side->finish = finish;
	side->finish_context = context;
	side->irp.Tail.Overlay.Thread = nt_self();
	return &side->irp;
}

PIRP IoAllocateIrp(CCHAR count, BOOLEAN quota)
{
	struct nt_irp *side;

	(void)quota;
	nt_enter("IoAllocateIrp", DISPATCH_LEVEL);
	if (nt_fails("IoAllocateIrp"))
		return NULL;
	side = allocate(count);
	side->driver = true;
	return &side->irp;
}

struct nt_irp *nt_irp_of(PIRP irp, const char *function)
{
	struct nt_irp *side = CONTAINING_RECORD(irp, struct nt_irp, irp);

	if (!irp || (side->magic != IRP_MAGIC && side->magic != IRP_FREED))
		nt_violation(NT_RULE_COMPLETION, "%s: what is no IRP", function);
	if (side->magic == IRP_FREED)
		nt_violation(NT_RULE_COMPLETION, "%s: an IRP that was completed or freed", function);
	return side;
}

void nt_irp_release(struct nt_irp *side)
{
	struct nt_irp *oldest = keep(side);

	if (!oldest)
		return;
	__asan_unpoison_memory_region(&oldest->irp, sizeof(IRP));
	free(oldest);
}

/* The memory stays readable for the calls that have not returned, the request does not. */
static void discard(struct nt_irp *side)
{
	unlink_irp(side);
	side->magic = IRP_FREED;
	__asan_poison_memory_region(&side->irp, sizeof(IRP));
	nt_irp_mark_freed(side);
}

void nt_irp_delete(PIRP irp)
{
	discard(nt_irp_of(irp, "nt_irp_delete"));
}

static void idle_check(struct nt_irp *side, const char *function)
{
	struct nt_call *call;
	int index;

	for (index = 0; index <= NT_STACK_MAX; index++)
		for (call = side->locations[index]; call; call = call->next)
			if (!call->completed)
				nt_violation(NT_RULE_COMPLETION, "%s: a driver below still has the IRP (%s)",
					function, nt_device_name(call->device));
}

void IoFreeIrp(PIRP irp)
{
	struct nt_irp *side;

	nt_enter("IoFreeIrp", DISPATCH_LEVEL);
	side = nt_irp_of(irp, "IoFreeIrp");
	if (!side->driver)
		nt_violation(NT_RULE_COMPLETION, "IoFreeIrp of an IRP that is not the driver's");
	idle_check(side, "IoFreeIrp");
	discard(side);
}

void IoReuseIrp(PIRP irp, NTSTATUS status)
{
	struct nt_irp *side;

	nt_enter("IoReuseIrp", DISPATCH_LEVEL);
	side = nt_irp_of(irp, "IoReuseIrp");
	if (!side->driver)
		nt_violation(NT_RULE_COMPLETION, "IoReuseIrp of an IRP that is not the driver's");
	idle_check(side, "IoReuseIrp");
	initialise(side, irp->StackCount);
	irp->IoStatus.Status = status;
}

static bool concerns(const struct nt_irp *side, PDRIVER_OBJECT driver)
{
	const struct nt_call *call;
	int index;

	if (!driver || side->driver)
		return true;
	for (index = 0; index <= NT_STACK_MAX; index++)
		for (call = side->locations[index]; call; call = call->next)
			if (call->device->DriverObject == driver)
				return true;
	return false;
}

void nt_irp_check(const char *when, PDRIVER_OBJECT driver)
{
	const struct nt_irp *side;

	nt_lock();
	for (side = live; side; side = side->next)
		if (concerns(side, driver))
			nt_violation(NT_RULE_UNLOAD, "%s is under way after %s",
				side->driver ? "an IRP that the driver allocated" : "a request", when);
	nt_unlock();
}
