/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * TDI as the driver needs it: the compiler's own headers and what these lack or declare wrong.
 * Included by the files of the TDI filter.
 */
#ifndef FW_NT_TDI_KERNEL_H
#define FW_NT_TDI_KERNEL_H

#include <ntddk.h>
#include <tdikrnl.h>

/* The object types are declared as imported data by mingw-w64, so their names are one reference
 * further than the documentation says. */
#ifdef __MINGW32__
#define FW_FILE_OBJECT_TYPE ((POBJECT_TYPE)(void *)IoFileObjectType)
#define FW_DEVICE_OBJECT_TYPE ((POBJECT_TYPE)(void *)IoDeviceObjectType)

__declspec(dllimport) extern POBJECT_TYPE *IoDeviceObjectType;

/* Exported by every NT, declared by no kit. PASSIVE_LEVEL; the object is referenced. */
__declspec(dllimport) NTSTATUS NTAPI ObReferenceObjectByName(UNICODE_STRING *name, ULONG attributes,
	PACCESS_STATE state, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode,
	PVOID parse_context, PVOID *object);
#else
extern POBJECT_TYPE *IoDeviceObjectType;

#define FW_FILE_OBJECT_TYPE (*IoFileObjectType)
#define FW_DEVICE_OBJECT_TYPE (*IoDeviceObjectType)
#endif

#endif
