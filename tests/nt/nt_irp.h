/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the fake kernel remembers of a request beside what drivers see: who has it, which calls of drivers are under
 * way for it, how each stack location was used. For nt_irp*.c.
 */
#ifndef FW_NT_IRP_H
#define FW_NT_IRP_H

#include "nt_internal.h"

#define NT_STACK_MAX 16

/* One call of a dispatch routine: checked when it has returned and its location was completed, in either order. */
struct nt_call {
	struct nt_call *next; /* calls of one location: those above skipped theirs */
	PDEVICE_OBJECT device;
	bool returned, completed;
	bool marked; /* pending, when it was completed */
	NTSTATUS returned_status, completed_status;
};

struct nt_irp {
	uint32_t magic;
	bool driver;	/* by IoAllocateIrp() */
	bool completed; /* to the end */
	bool freed;
	bool skipped; /* IoSkipCurrentIrpStackLocation() was the last change */
	bool prepared; /* the next location was filled in */
	unsigned calls; /* dispatch routines that have not returned */
	uint32_t generation; /* of completions */
	void (*finish)(PIRP irp, void *context);
	void *finish_context;
	struct nt_irp *previous, *next;
	struct nt_call *locations[NT_STACK_MAX + 1];
	IRP irp __attribute__((aligned(16)));
	IO_STACK_LOCATION stack[];
};

/* A violation when it is none, or no more. */
struct nt_irp *nt_irp_of(PIRP irp, const char *function);
void nt_irp_release(struct nt_irp *side); /* when freed and no call is under way */
void nt_irp_mark_freed(struct nt_irp *side);
const char *nt_device_name(PDEVICE_OBJECT device);

#endif
