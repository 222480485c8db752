/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Wine finds drivers by name, and no devices. For the test with a transport flowwatcher.sys is linked with this in the
 * place of ObReferenceObjectByName(): a device is looked for among those of the stand-in transport, which have their
 * names in their extensions. Everything else of the driver is as it is.
 */
#include "tests/wine/standin.h"

#include <ntddk.h>

#undef ObReferenceObjectByName /* which the driver's sources are compiled with another name for */
__declspec(dllimport) NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING name, ULONG attributes,
	PACCESS_STATE access_state, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode,
	PVOID context, PVOID *object);
extern __declspec(dllimport) POBJECT_TYPE IoDriverObjectType;

NTSTATUS NTAPI standin_reference(PUNICODE_STRING name, ULONG attributes, PACCESS_STATE access_state,
	ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID context, PVOID *object);

/* What a caller that takes it for an import reads; x86 has other names for both. */
#ifdef _WIN64
#define IMPORT "__imp_standin_reference"
#else
#define IMPORT "__imp__standin_reference@32"
#endif
extern PVOID standin_import __asm__(IMPORT);
PVOID standin_import = (PVOID)standin_reference;

static BOOLEAN is_named(PDEVICE_OBJECT device, PUNICODE_STRING name)
{
	const WCHAR *own = *(const WCHAR **)device->DeviceExtension;
	USHORT i = 0;

	while (i < name->Length / sizeof(WCHAR) && own[i] && own[i] == name->Buffer[i])
		i++;
	return i == name->Length / sizeof(WCHAR) && !own[i];
}

NTSTATUS NTAPI standin_reference(PUNICODE_STRING name, ULONG attributes, PACCESS_STATE access_state,
	ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID context, PVOID *object)
{
	UNICODE_STRING driver_name;
	PDRIVER_OBJECT driver;
	PDEVICE_OBJECT device;
	NTSTATUS status;

	(void)type;
	RtlInitUnicodeString(&driver_name, STANDIN_TRANSPORT);
	status = ObReferenceObjectByName(&driver_name, attributes, access_state, access, IoDriverObjectType,
		mode, context, (void **)&driver);
	if (!NT_SUCCESS(status))
		return STATUS_OBJECT_NAME_NOT_FOUND;
	for (device = driver->DeviceObject; device; device = device->NextDevice)
		if (is_named(device, name))
			break;
	if (device)
		ObReferenceObject(device);
	ObDereferenceObject(driver);
	*object = device;
	return device ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}
