/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Cancellation: the routine is taken out of the request once, by who cancels or by the driver. */
#include "nt_irp.h"

static KSPIN_LOCK cancel_lock;

void nt_cancel_start(void)
{
	KeInitializeSpinLock(&cancel_lock);
}

void IoAcquireCancelSpinLock(PKIRQL irql)
{
	*irql = KeAcquireSpinLockRaiseToDpc(&cancel_lock);
}

void IoReleaseCancelSpinLock(KIRQL irql)
{
	KeReleaseSpinLock(&cancel_lock, irql);
}

PDRIVER_CANCEL IoSetCancelRoutine(PIRP irp, PDRIVER_CANCEL routine)
{
	nt_enter("IoSetCancelRoutine", DISPATCH_LEVEL);
	nt_irp_of(irp, "IoSetCancelRoutine");
	if (routine && irp->CurrentLocation <= irp->StackCount &&
		!(irp->Tail.Overlay.CurrentStackLocation->Control & SL_PENDING_RETURNED))
		nt_violation(NT_RULE_PENDING, "a cancel routine is set before IoMarkIrpPending");
	return __atomic_exchange_n(&irp->CancelRoutine, routine, __ATOMIC_SEQ_CST);
}

BOOLEAN IoCancelIrp(PIRP irp)
{
	PDEVICE_OBJECT device = NULL;
	PDRIVER_CANCEL routine;
	struct nt_frame frame;
	KIRQL irql;

	nt_enter_unlocked("IoCancelIrp", DISPATCH_LEVEL);
	nt_irp_of(irp, "IoCancelIrp");
	frame = nt_frame_begin();
	IoAcquireCancelSpinLock(&irql);
	__atomic_store_n(&irp->Cancel, TRUE, __ATOMIC_SEQ_CST);
	routine = __atomic_exchange_n(&irp->CancelRoutine, NULL, __ATOMIC_SEQ_CST);
	if (!routine) {
		IoReleaseCancelSpinLock(irql);
		return FALSE;
	}
	irp->CancelIrql = irql;
	if (irp->CurrentLocation <= irp->StackCount)
		device = irp->Tail.Overlay.CurrentStackLocation->DeviceObject;
	routine(device, irp);
	nt_frame_end(frame, "a cancel routine (it must release the cancel spin lock)");
	return TRUE;
}
