/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Who may: a token is its process, and an administrator's or not. */
#include "nt_internal.h"

static GENERIC_MAPPING file_mapping = { FILE_GENERIC_READ, FILE_GENERIC_WRITE, 0x001200a0, FILE_ALL_ACCESS };

PGENERIC_MAPPING IoGetFileObjectGenericMapping(void)
{
	return &file_mapping;
}

BOOLEAN SeTokenIsAdmin(PACCESS_TOKEN token)
{
	nt_enter("SeTokenIsAdmin", PASSIVE_LEVEL);
	return ((PEPROCESS)token)->administrator;
}

BOOLEAN SeSinglePrivilegeCheck(LUID privilege, KPROCESSOR_MODE mode)
{
	(void)privilege;
	nt_enter("SeSinglePrivilegeCheck", PASSIVE_LEVEL);
	return mode == KernelMode || IoGetCurrentProcess()->administrator;
}

PACCESS_TOKEN PsReferencePrimaryToken(PEPROCESS process)
{
	nt_enter("PsReferencePrimaryToken", PASSIVE_LEVEL);
	nt_object_hold(process);
	return process;
}

void PsDereferencePrimaryToken(PACCESS_TOKEN token)
{
	ObfDereferenceObject(token);
}

void SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT context)
{
	memset(context, 0, sizeof(*context));
	context->PrimaryToken = IoGetCurrentProcess();
	nt_object_hold(context->PrimaryToken);
}

void SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT context)
{
	(void)context;
}

void SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT context)
{
	(void)context;
}

void SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT context)
{
	ObfDereferenceObject(context->PrimaryToken);
	context->PrimaryToken = NULL;
}
