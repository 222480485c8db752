/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_tell.h"

static bool enter(struct fw_tdi_object *object)
{
	bool enters;
	KIRQL irql;

	KeAcquireSpinLock(&object->lock, &irql);
	enters = !object->untold;
	object->telling += enters;
	KeReleaseSpinLock(&object->lock, irql);
	return enters;
}

static void leave(struct fw_tdi_object *object)
{
	KIRQL irql;

	KeAcquireSpinLock(&object->lock, &irql);
	if (!--object->telling && object->told)
		KeSetEvent(object->told, IO_NO_INCREMENT, FALSE);
	KeReleaseSpinLock(&object->lock, irql);
}

static bool enter_both(struct fw_tdi_tell *tell)
{
	if (!enter(tell->object))
		return false;
	if (!tell->address || enter(tell->address))
		return true;
	leave(tell->object);
	return false;
}

/* Nobody can take the processor away from here on: a cleanup does not wait for who waits for it. */
bool fw_tdi_tell_begin(struct fw_tdi_tell *tell, struct fw_tdi_object *object, LONG type)
{
	bool is_address = object->kind == FW_TDI_ADDRESS;

	KeRaiseIrql(DISPATCH_LEVEL, &tell->irql);
	tell->object = object;
	tell->handler = NULL;
	tell->address = is_address ? NULL : fw_tdi_object_address(object);
	if ((is_address || tell->address) && enter_both(tell)) {
		tell->handler = fw_tdi_handler_find(is_address ? object : tell->address, type);
		if (tell->handler)
			return true;
		if (tell->address)
			leave(tell->address);
		leave(object);
	}
	fw_tdi_object_put(tell->address);
	KeLowerIrql(tell->irql);
	return false;
}

void fw_tdi_tell_end(struct fw_tdi_tell *tell)
{
	if (tell->address)
		leave(tell->address);
	leave(tell->object);
	fw_tdi_handler_put(tell->handler);
	fw_tdi_object_put(tell->address);
	KeLowerIrql(tell->irql);
}

void fw_tdi_tell_stop(struct fw_tdi_object *object)
{
	KEVENT over;
	bool waits;
	KIRQL irql;

	KeInitializeEvent(&over, NotificationEvent, FALSE);
	KeAcquireSpinLock(&object->lock, &irql);
	object->untold = TRUE;
	waits = object->telling != 0;
	if (waits)
		object->told = &over;
	KeReleaseSpinLock(&object->lock, irql);
	if (!waits)
		return;
	KeWaitForSingleObject(&over, Executive, KernelMode, FALSE, NULL);
	/* Who has set the event has left it when the lock is free. */
	KeAcquireSpinLock(&object->lock, &irql);
	object->told = NULL;
	KeReleaseSpinLock(&object->lock, irql);
}
