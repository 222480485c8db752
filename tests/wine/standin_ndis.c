/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ndis.sys for tests/wine/filter_load, in the place of Wine's, whose functions end the process: it takes the registrations
 * of a driver and gives them back, and has no adapter. What it lacks is Missing (the script makes a name for each).
 */
#include <ntddk.h>

static PDRIVER_UNLOAD unload_handler;

DRIVER_INITIALIZE DriverEntry;

static void NTAPI unload(DRIVER_OBJECT *object)
{
	if (unload_handler)
		unload_handler(object);
}

void NTAPI NdisInitializeWrapper(PVOID *wrapper, DRIVER_OBJECT *object, PVOID path, PVOID specific)
{
	(void)path;
	(void)specific;
	object->DriverUnload = unload;
	*wrapper = object;
}

void NTAPI NdisMRegisterUnloadHandler(PVOID wrapper, PDRIVER_UNLOAD handler)
{
	(void)wrapper;
	unload_handler = handler;
}

LONG NTAPI NdisIMRegisterLayeredMiniport(PVOID wrapper, PVOID miniport, ULONG length, PVOID *driver)
{
	(void)miniport;
	(void)length;
	*driver = wrapper;
	return STATUS_SUCCESS;
}

void NTAPI NdisRegisterProtocol(LONG *status, PVOID *protocol, PVOID characteristics, ULONG length)
{
	(void)length;
	*protocol = characteristics;
	*status = STATUS_SUCCESS;
}

void NTAPI NdisIMAssociateMiniport(PVOID driver, PVOID protocol)
{
	(void)driver;
	(void)protocol;
}

void NTAPI NdisDeregisterProtocol(LONG *status, PVOID protocol)
{
	(void)protocol;
	*status = STATUS_SUCCESS;
}

void NTAPI NdisIMDeregisterLayeredMiniport(PVOID driver)
{
	(void)driver;
}

LONG NTAPI Missing(void)
{
	DbgPrint("standin_ndis: a function that is not here was called\n");
	return STATUS_NOT_IMPLEMENTED;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	(void)object;
	(void)path;
	return STATUS_SUCCESS;
}
