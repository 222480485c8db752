/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A request goes down and comes back. Of each dispatch routine: STATUS_PENDING is returned exactly when its location is
 * marked, and every other status only after completion with that status. Of each completion: exactly one, without
 * locks, without cancel routine, and pending is handed on upwards.
 */
#include "nt_irp.h"

static nt_quiet_lock calls_lock;

NT_QUIET static void call_check(const struct nt_call *call)
{
	const char *name;

	if (!call->returned)
		return;
	name = nt_device_name(call->device);
	if (call->returned_status != STATUS_PENDING && !call->completed)
		nt_violation(NT_RULE_COMPLETION, "%s returned 0x%x without completing the IRP", name,
			call->returned_status);
	if (!call->completed)
		return;
	if (call->returned_status == STATUS_PENDING && !call->marked)
		nt_violation(NT_RULE_PENDING, "%s returned STATUS_PENDING for an IRP that it did not mark pending", name);
	if (call->returned_status != STATUS_PENDING && call->marked)
		nt_violation(NT_RULE_PENDING, "%s marked an IRP pending and returned 0x%x", name,
			call->returned_status);
	if (call->returned_status != STATUS_PENDING && call->returned_status != call->completed_status)
		nt_violation(NT_RULE_COMPLETION, "%s completed an IRP with 0x%x and returned 0x%x", name,
			call->completed_status, call->returned_status);
}

NT_QUIET static struct nt_call *call_begin(struct nt_irp *side, PDEVICE_OBJECT device)
{
	struct nt_call *call = calloc(1, sizeof(*call));
	int index = side->irp.CurrentLocation;

	if (!call)
		abort();
	call->device = device;
	nt_device_reference(device);
	nt_quiet_acquire(&calls_lock);
	call->next = side->locations[index];
	side->locations[index] = call;
	side->calls++;
	nt_quiet_release(&calls_lock);
	return call;
}

NT_QUIET static void call_end(struct nt_irp *side, struct nt_call *call, NTSTATUS status)
{
	bool done, release;

	nt_quiet_acquire(&calls_lock);
	call->returned = true;
	call->returned_status = status;
	call_check(call);
	done = call->completed;
	release = !--side->calls && side->freed;
	nt_quiet_release(&calls_lock);
	nt_device_dereference(call->device);
	if (done)
		free(call);
	if (release)
		nt_irp_release(side);
}

/* The location was completed: so were all calls that used it. */
NT_QUIET static void calls_complete(struct nt_irp *side, int index, bool marked, NTSTATUS status)
{
	struct nt_call *call, *next;

	nt_quiet_acquire(&calls_lock);
	for (call = side->locations[index]; call; call = next) {
		next = call->next;
		call->completed = true;
		call->marked = marked;
		call->completed_status = status;
		call_check(call);
		if (call->returned)
			free(call);
	}
	side->locations[index] = NULL;
	nt_quiet_release(&calls_lock);
}

NTSTATUS IoCallDriver(PDEVICE_OBJECT device, PIRP irp)
{
	PDRIVER_DISPATCH dispatch;
	PIO_STACK_LOCATION location;
	struct nt_frame frame;
	struct nt_call *call;
	struct nt_irp *side;
	NTSTATUS status;

	nt_enter_unlocked("IoCallDriver", DISPATCH_LEVEL);
	side = nt_irp_of(irp, "IoCallDriver");
	nt_device_call_check(device);
	if (irp->CurrentLocation <= 1)
		nt_violation(NT_RULE_STACK, "IoCallDriver to %s: no stack location is left in the IRP",
			nt_device_name(device));
	if (!side->prepared)
		nt_violation(NT_RULE_STACK, "IoCallDriver to %s: the next stack location was not filled in",
			nt_device_name(device));
	if (irp->CancelRoutine)
		nt_violation(NT_RULE_COMPLETION, "IoCallDriver to %s with a cancel routine set", nt_device_name(device));
	irp->CurrentLocation--;
	location = --irp->Tail.Overlay.CurrentStackLocation;
	location->DeviceObject = device;
	/* Who skipped left a mark that is the driver's below now. */
	if (!side->skipped)
		location->Control &= (UCHAR)~SL_PENDING_RETURNED;
	side->skipped = side->prepared = false;
	dispatch = device->DriverObject->MajorFunction[location->MajorFunction % (IRP_MJ_MAXIMUM_FUNCTION + 1)];
	if (!dispatch)
		nt_violation(NT_RULE_DISPATCH, "%s has no dispatch routine for major function 0x%x",
			nt_device_name(device), location->MajorFunction);
	call = call_begin(side, device);
	frame = nt_frame_begin();
	status = dispatch(device, irp);
	nt_frame_end(frame, "a dispatch routine");
	call_end(side, call, status);
	nt_point();
	return status;
}

static bool wants(const IO_STACK_LOCATION *location, PIRP irp)
{
	if (!location->CompletionRoutine)
		return false;
	if (irp->Cancel && (location->Control & SL_INVOKE_ON_CANCEL))
		return true;
	return location->Control & (NT_SUCCESS(irp->IoStatus.Status) ? SL_INVOKE_ON_SUCCESS : SL_INVOKE_ON_ERROR);
}

/* For nt_irp.c: nobody refers to the request from now on but calls that have not returned. */
NT_QUIET void nt_irp_mark_freed(struct nt_irp *side)
{
	unsigned calls;

	nt_quiet_acquire(&calls_lock);
	side->freed = true;
	calls = side->calls;
	nt_quiet_release(&calls_lock);
	if (!calls)
		nt_irp_release(side);
}

enum step { STEP_ON, STEP_STOP };

static enum step routine_call(struct nt_irp *side, const IO_STACK_LOCATION *left)
{
	PIRP irp = &side->irp;
	bool pending = irp->PendingReturned, top = irp->CurrentLocation > irp->StackCount;
	PDEVICE_OBJECT device = top ? NULL : irp->Tail.Overlay.CurrentStackLocation->DeviceObject;
	uint32_t generation = side->generation;
	struct nt_frame frame = nt_frame_begin();
	NTSTATUS status;

	status = left->CompletionRoutine(device, irp, left->Context);
	nt_frame_end(frame, "a completion routine");
	nt_point();
	if (status == STATUS_MORE_PROCESSING_REQUIRED)
		return STEP_STOP;
	if (side->freed)
		nt_violation(NT_RULE_COMPLETION, "a completion routine freed its IRP and lets it go on");
	if (side->generation != generation)
		nt_violation(NT_RULE_COMPLETION, "a completion routine lets an IRP go on that was completed meanwhile");
	if (pending && !top && !(irp->Tail.Overlay.CurrentStackLocation->Control & SL_PENDING_RETURNED))
		nt_violation(NT_RULE_COMPLETION, "a completion routine of %s lets a pended IRP go on without "
			"IoMarkIrpPending", device ? nt_device_name(device) : "the sender");
	return STEP_ON;
}

/* From the current location to that above. */
static enum step step_up(struct nt_irp *side)
{
	PIRP irp = &side->irp;
	PIO_STACK_LOCATION location = irp->Tail.Overlay.CurrentStackLocation;
	IO_STACK_LOCATION left = *location;

	irp->PendingReturned = (left.Control & SL_PENDING_RETURNED) != 0;
	memset(location, 0, sizeof(*location));
	calls_complete(side, irp->CurrentLocation, irp->PendingReturned, irp->IoStatus.Status);
	irp->CurrentLocation++;
	irp->Tail.Overlay.CurrentStackLocation++;
	if (wants(&left, irp))
		return routine_call(side, &left);
	if (irp->PendingReturned && irp->CurrentLocation <= irp->StackCount)
		irp->Tail.Overlay.CurrentStackLocation->Control |= SL_PENDING_RETURNED;
	return STEP_ON;
}

static void completion_check(struct nt_irp *side)
{
	PIRP irp = &side->irp;

	if (side->completed || irp->CurrentLocation > irp->StackCount)
		nt_violation(NT_RULE_COMPLETION, "IoCompleteRequest of an IRP that was completed, or never sent");
	if (side->skipped)
		nt_violation(NT_RULE_COMPLETION, "IoCompleteRequest after IoSkipCurrentIrpStackLocation");
	if (irp->IoStatus.Status == STATUS_PENDING)
		nt_violation(NT_RULE_COMPLETION, "IoCompleteRequest with STATUS_PENDING");
	if (irp->IoStatus.Status == STATUS_MORE_PROCESSING_REQUIRED)
		nt_violation(NT_RULE_COMPLETION, "IoCompleteRequest with STATUS_MORE_PROCESSING_REQUIRED");
	if (irp->CancelRoutine)
		nt_violation(NT_RULE_COMPLETION, "IoCompleteRequest with a cancel routine set");
}

void IoCompleteRequest(PIRP irp, CCHAR boost)
{
	struct nt_irp *side;

	(void)boost;
	nt_enter_unlocked("IoCompleteRequest", DISPATCH_LEVEL);
	side = nt_irp_of(irp, "IoCompleteRequest");
	completion_check(side);
	side->generation++;
	while (irp->CurrentLocation <= irp->StackCount)
		if (step_up(side) == STEP_STOP)
			return;
	if (side->driver)
		nt_violation(NT_RULE_COMPLETION, "an IRP that a driver allocated was completed to its end: its "
			"completion routine must return STATUS_MORE_PROCESSING_REQUIRED");
	side->completed = true;
	side->finish(irp, side->finish_context);
}

void nt_irp_take(PIRP irp, const char *who)
{
	nt_irp_of(irp, who);
	if (irp->CurrentLocation > irp->StackCount)
		nt_violation(NT_RULE_STACK, "%s was given an IRP without IoSetNextIrpStackLocation", who);
}
