/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Tokens, the list of processes, drives and security descriptors: what drivers ask of them by Zw functions. */
#include "nt_information.h"

#include "../../kernel/windows/ddk/nt_system.h"
#include "nt_internal.h"

#define DRIVES 4

static __thread enum nt_token current;
static uint8_t descriptor[256];
static struct drive {
	char letter;
	const char *target;
} drives[DRIVES];

void nt_token_set(enum nt_token token)
{
	current = token;
}

void nt_drive_set(char letter, const char *target)
{
	for (unsigned index = 0; index < DRIVES; index++)
		if (drives[index].letter == letter || !drives[index].letter) {
			drives[index] = (struct drive){ letter, target };
			return;
		}
}

/* A handle of a token is one of its process; what the token says depends on the thread that asks. */
static NTSTATUS open_token(HANDLE *token)
{
	PEPROCESS process = IoGetCurrentProcess();

	if (nt_fails("a token"))
		return STATUS_INSUFFICIENT_RESOURCES;
	nt_object_hold(process);
	*token = nt_handle_new(process, false, FW_TOKEN_QUERY);
	return STATUS_SUCCESS;
}

NTSTATUS ZwOpenThreadTokenEx(HANDLE thread, ACCESS_MASK access, BOOLEAN as_self, ULONG attributes,
	HANDLE *token)
{
	(void)thread;
	(void)access;
	(void)as_self;
	nt_enter_unlocked("ZwOpenThreadTokenEx", PASSIVE_LEVEL);
	if (!(attributes & OBJ_KERNEL_HANDLE))
		nt_violation(NT_RULE_HANDLE, "a handle of the driver's that programs can use");
	return current == NT_TOKEN_OF_PROCESS ? STATUS_NO_TOKEN : open_token(token);
}

NTSTATUS ZwOpenProcessTokenEx(HANDLE process, ACCESS_MASK access, ULONG attributes, HANDLE *token)
{
	(void)process;
	(void)access;
	nt_enter_unlocked("ZwOpenProcessTokenEx", PASSIVE_LEVEL);
	if (!(attributes & OBJ_KERNEL_HANDLE))
		nt_violation(NT_RULE_HANDLE, "a handle of the driver's that programs can use");
	return open_token(token);
}

static NTSTATUS give(const void *answer, ULONG size, void *buffer, ULONG length, ULONG *needed)
{
	if (needed)
		*needed = size;
	if (length < size)
		return STATUS_BUFFER_TOO_SMALL;
	memcpy(buffer, answer, size);
	return STATUS_SUCCESS;
}

NTSTATUS ZwQueryInformationToken(HANDLE token, ULONG kind, PVOID buffer, ULONG length, ULONG *needed)
{
	static struct fw_sid system = { 1, 1, { 0, 0, 0, 0, 0, 5 }, { 18 } };
	static struct fw_sid user = { 1, 1, { 0, 0, 0, 0, 0, 5 }, { 1000 } };
	static struct fw_sid administrators = { 1, 2, { 0, 0, 0, 0, 0, 5 }, { 32, 544 } };
	PEPROCESS process = nt_handle_body(token, NT_PROCESS);
	bool is_own = current == NT_TOKEN_OF_PROCESS;
	bool is_administrator = is_own ? process->administrator :
					 current != NT_TOKEN_USER;
	struct fw_sid_and_attributes who = { is_own && process->pid == 4 ? &system : &user, 0 };
	struct {
		ULONG count;
		struct fw_sid_and_attributes groups[2];
	} groups = { is_administrator ? 2 : 1,
		{ { &user, FW_GROUP_ENABLED },
			{ &administrators, current == NT_TOKEN_NOT_RAISED ? FW_GROUP_DENY_ONLY :
									    FW_GROUP_ENABLED } } };
	ULONG level = current == NT_TOKEN_IDENTIFIED ? 1 : 2;

	nt_enter_unlocked("ZwQueryInformationToken", PASSIVE_LEVEL);
	if (nt_fails("ZwQueryInformationToken"))
		return STATUS_INSUFFICIENT_RESOURCES;
	if (kind == FW_TOKEN_USER)
		return give(&who, sizeof(who), buffer, length, needed);
	if (kind == FW_TOKEN_GROUPS)
		return give(&groups, sizeof(groups), buffer, length, needed);
	return give(&level, sizeof(level), buffer, length, needed);
}

NTSTATUS ZwSetSecurityObject(HANDLE handle, ULONG kind, PVOID given)
{
	(void)handle;
	nt_enter_unlocked("ZwSetSecurityObject", PASSIVE_LEVEL);
	if (kind != FW_DACL_INFORMATION || nt_fails("ZwSetSecurityObject"))
		return STATUS_INSUFFICIENT_RESOURCES;
	memcpy(descriptor, given, 72);
	return STATUS_SUCCESS;
}

bool nt_device_is_secured(void)
{
	static const uint8_t sids[2][16] = { { 1, 1, 0, 0, 0, 0, 0, 5, 18 },
		{ 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2 } };
	uint32_t list, at;

	memcpy(&list, descriptor + 16, sizeof(list));
	if (descriptor[0] != 1 || list != 20 || descriptor[list + 4] != 2)
		return false;
	at = list + 8;
	for (int entry = 0; entry < 2; entry++, at += descriptor[at + 2])
		if (descriptor[at] || memcmp(descriptor + at + 8, sids[entry], entry ? 16 : 12) != 0)
			return false;
	return true;
}

/* The one process that is there before any driver. */
NTSTATUS ZwQuerySystemInformation(ULONG kind, PVOID buffer, ULONG length, ULONG *needed)
{
	struct fw_system_process entry;

	nt_enter_unlocked("ZwQuerySystemInformation", PASSIVE_LEVEL);
	if (kind != FW_SYSTEM_PROCESSES || nt_fails("ZwQuerySystemInformation"))
		return STATUS_INSUFFICIENT_RESOURCES;
	memset(&entry, 0, sizeof(entry));
	entry.pid = PsGetProcessId(PsInitialSystemProcess);
	entry.created.QuadPart = PsGetProcessCreateTimeQuadPart(PsInitialSystemProcess);
	return give(&entry, sizeof(entry), buffer, length, needed) ? STATUS_INFO_LENGTH_MISMATCH :
								     STATUS_SUCCESS;
}

NTSTATUS ZwOpenSymbolicLinkObject(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes)
{
	char name[16];

	nt_enter_unlocked("ZwOpenSymbolicLinkObject", PASSIVE_LEVEL);
	nt_utf8(attributes->ObjectName, name, sizeof(name));
	if (nt_fails("ZwOpenSymbolicLinkObject"))
		return STATUS_INSUFFICIENT_RESOURCES;
	for (unsigned index = 0; index < DRIVES; index++)
		if (drives[index].target && (name[4] & ~0x20) == drives[index].letter) {
			nt_object_hold(PsInitialSystemProcess);
			*handle = nt_handle_new(PsInitialSystemProcess, false, index | access << 8);
			return STATUS_SUCCESS;
		}
	return STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS ZwQuerySymbolicLinkObject(HANDLE handle, PUNICODE_STRING target, PULONG needed)
{
	WCHAR text[260];
	UNICODE_STRING found;

	(void)needed;
	nt_enter_unlocked("ZwQuerySymbolicLinkObject", PASSIVE_LEVEL);
	nt_utf16(drives[nt_handle_access(handle) & 0xff].target, text, FW_NT_COUNT(text), &found);
	if (found.Length > target->MaximumLength)
		return STATUS_BUFFER_TOO_SMALL;
	memcpy(target->Buffer, text, found.Length);
	target->Length = found.Length;
	return STATUS_SUCCESS;
}

PVOID MmMapLockedPagesSpecifyCache(PMDL mdl, KPROCESSOR_MODE mode, ULONG cache, PVOID address,
	ULONG bug_check, ULONG priority);
PVOID MmMapLockedPagesSpecifyCache(PMDL mdl, KPROCESSOR_MODE mode, ULONG cache, PVOID address,
	ULONG bug_check, ULONG priority)
{
	(void)mode;
	(void)cache;
	(void)address;
	(void)bug_check;
	return MmGetSystemAddressForMdlSafe(mdl, priority);
}
