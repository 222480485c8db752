/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What drivers look up at run time, because older systems lack it. */
#include "nt_internal.h"

#define HIDDEN 16

NTSTATUS PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX routine, BOOLEAN remove);
NTSTATUS PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE type, PVOID routine, BOOLEAN remove);

PVOID MmMapLockedPagesSpecifyCache(PMDL mdl, KPROCESSOR_MODE mode, ULONG cache, PVOID address, ULONG bug_check,
	ULONG priority);

static const struct {
	const char *name;
	void *routine;
} routines[] = {
	{ "PsSetCreateProcessNotifyRoutineEx", (void *)PsSetCreateProcessNotifyRoutineEx },
	{ "PsSetCreateProcessNotifyRoutineEx2", (void *)PsSetCreateProcessNotifyRoutineEx2 },
	{ "IoBuildPartialMdl", (void *)IoBuildPartialMdl },
	{ "KeFlushQueuedDpcs", (void *)KeFlushQueuedDpcs },
	{ "KeInsertQueueDpc", (void *)KeInsertQueueDpc },
	{ "KeQueryInterruptTime", (void *)KeQueryInterruptTime },
	{ "MmMapLockedPagesSpecifyCache", (void *)MmMapLockedPagesSpecifyCache },
	{ "RtlGetVersion", (void *)RtlGetVersion },
	{ "ZwQueryInformationProcess", (void *)ZwQueryInformationProcess },
	{ "PsGetProcessCreateTimeQuadPart", (void *)PsGetProcessCreateTimeQuadPart },
	{ "PsGetProcessId", (void *)PsGetProcessId },
	{ "PsGetProcessExitStatus", (void *)PsGetProcessExitStatus },
	{ "PsSetLoadImageNotifyRoutine", (void *)PsSetLoadImageNotifyRoutine },
	{ "PsRemoveLoadImageNotifyRoutine", (void *)PsRemoveLoadImageNotifyRoutine },
	{ "PsSetCreateThreadNotifyRoutine", (void *)PsSetCreateThreadNotifyRoutine },
	{ "PsRemoveCreateThreadNotifyRoutine", (void *)PsRemoveCreateThreadNotifyRoutine },
	{ "PsSetCreateProcessNotifyRoutine", (void *)PsSetCreateProcessNotifyRoutine },
	{ "PsReferencePrimaryToken", (void *)PsReferencePrimaryToken },
	{ "PsDereferencePrimaryToken", (void *)PsDereferencePrimaryToken },
	{ "SeTokenIsAdmin", (void *)SeTokenIsAdmin },
	{ "SeSinglePrivilegeCheck", (void *)SeSinglePrivilegeCheck },
	{ "IoGetRequestorProcessId", (void *)IoGetRequestorProcessId },
	{ "IoAttachDevice", (void *)IoAttachDevice },
	{ "ObOpenObjectByPointer", (void *)ObOpenObjectByPointer },
	{ "ObReferenceObjectByHandle", (void *)ObReferenceObjectByHandle },
	{ "IoGetDeviceObjectPointer", (void *)IoGetDeviceObjectPointer },
};

static const char *hidden[HIDDEN];

void nt_routine_hide(const char *name)
{
	unsigned index;

	for (index = 0; index < HIDDEN - 1 && hidden[index]; index++)
		;
	hidden[index] = name;
}

void nt_routine_reset(void)
{
	memset(hidden, 0, sizeof(hidden));
}

PVOID MmGetSystemRoutineAddress(PUNICODE_STRING name)
{
	char text[64];
	unsigned index;

	nt_enter_unlocked("MmGetSystemRoutineAddress", PASSIVE_LEVEL);
	nt_utf8(name, text, sizeof(text));
	for (index = 0; index < HIDDEN; index++)
		if (hidden[index] && !strcmp(hidden[index], text))
			return NULL;
	for (index = 0; index < FW_NT_COUNT(routines); index++)
		if (!strcmp(routines[index].name, text))
			return routines[index].routine;
	return NULL;
}
