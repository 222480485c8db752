/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Stack locations of a request: what each driver may read and fill in. */
#include "nt_irp.h"

PIO_STACK_LOCATION IoGetCurrentIrpStackLocation(PIRP irp)
{
	struct nt_irp *side = nt_irp_of(irp, "IoGetCurrentIrpStackLocation");

	(void)side;
	if (irp->CurrentLocation > irp->StackCount)
		nt_violation(NT_RULE_STACK, "IoGetCurrentIrpStackLocation of an IRP that was not sent");
	return irp->Tail.Overlay.CurrentStackLocation;
}

PIO_STACK_LOCATION IoGetNextIrpStackLocation(PIRP irp)
{
	struct nt_irp *side = nt_irp_of(irp, "IoGetNextIrpStackLocation");

	if (irp->CurrentLocation <= 1)
		nt_violation(NT_RULE_STACK, "no stack location is left in the IRP");
	side->prepared = true;
	return irp->Tail.Overlay.CurrentStackLocation - 1;
}

void IoSkipCurrentIrpStackLocation(PIRP irp)
{
	struct nt_irp *side = nt_irp_of(irp, "IoSkipCurrentIrpStackLocation");

	if (irp->CurrentLocation > irp->StackCount || side->skipped)
		nt_violation(NT_RULE_STACK, "IoSkipCurrentIrpStackLocation of a location that is not the driver's");
	irp->CurrentLocation++;
	irp->Tail.Overlay.CurrentStackLocation++;
	side->skipped = true;
	side->prepared = true;
}

void IoCopyCurrentIrpStackLocationToNext(PIRP irp)
{
	struct nt_irp *side = nt_irp_of(irp, "IoCopyCurrentIrpStackLocationToNext");
	PIO_STACK_LOCATION current = IoGetCurrentIrpStackLocation(irp), next = IoGetNextIrpStackLocation(irp);

	if (side->skipped)
		nt_violation(NT_RULE_STACK, "a stack location is skipped and copied");
	memcpy(next, current, offsetof(IO_STACK_LOCATION, CompletionRoutine));
	next->CompletionRoutine = NULL;
	next->Context = NULL;
	next->Control = 0;
}

void IoSetNextIrpStackLocation(PIRP irp)
{
	struct nt_irp *side = nt_irp_of(irp, "IoSetNextIrpStackLocation");

	if (irp->CurrentLocation <= 1)
		nt_violation(NT_RULE_STACK, "no stack location is left in the IRP");
	irp->CurrentLocation--;
	irp->Tail.Overlay.CurrentStackLocation--;
	side->prepared = side->skipped = false;
}

void IoSetCompletionRoutine(PIRP irp, PIO_COMPLETION_ROUTINE routine, PVOID context, BOOLEAN success, BOOLEAN error,
	BOOLEAN cancel)
{
	struct nt_irp *side = nt_irp_of(irp, "IoSetCompletionRoutine");
	PIO_STACK_LOCATION next;

	if (side->skipped)
		nt_violation(NT_RULE_STACK, "IoSetCompletionRoutine after IoSkipCurrentIrpStackLocation: it would "
			"replace that of the driver above");
	if (!side->prepared)
		nt_violation(NT_RULE_STACK, "IoSetCompletionRoutine before the next stack location is filled in");
	next = IoGetNextIrpStackLocation(irp);
	next->CompletionRoutine = routine;
	next->Context = context;
	next->Control = (UCHAR)((next->Control & SL_PENDING_RETURNED) | (success ? SL_INVOKE_ON_SUCCESS : 0) |
				(error ? SL_INVOKE_ON_ERROR : 0) | (cancel ? SL_INVOKE_ON_CANCEL : 0));
}

void IoMarkIrpPending(PIRP irp)
{
	nt_irp_of(irp, "IoMarkIrpPending");
	nt_point();
	if (irp->CurrentLocation > irp->StackCount)
		nt_violation(NT_RULE_COMPLETION, "IoMarkIrpPending of an IRP that the driver allocated");
	irp->Tail.Overlay.CurrentStackLocation->Control |= SL_PENDING_RETURNED;
}
