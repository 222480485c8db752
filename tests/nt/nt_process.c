/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Processes and who runs in which. */
#include <stdio.h>

#include "nt_internal.h"

PEPROCESS PsInitialSystemProcess;
static PEPROCESS processes;

static PEPROCESS find(uint32_t pid)
{
	PEPROCESS process;

	for (process = processes; process; process = process->next)
		if (process->pid == pid && !process->exited)
			return process;
	return NULL;
}

static void unlink_process(void *body)
{
	PEPROCESS *at;

	nt_lock();
	for (at = &processes; *at && *at != body; at = &(*at)->next)
		;
	if (*at)
		*at = (*at)->next;
	nt_unlock();
}

static PEPROCESS process_new(const struct nt_process_options *options)
{
	PEPROCESS process = nt_object_new(NT_PROCESS, sizeof(*process), unlink_process);
	UNICODE_STRING text;

	process->pid = options->pid;
	process->parent_pid = options->parent_pid;
	process->administrator = options->administrator;
	process->created = (LONGLONG)(NT_EPOCH + nt_now());
	nt_utf16(options->image ? options->image : "", process->image, FW_NT_COUNT(process->image), &text);
	nt_utf16(options->command_line ? options->command_line : "", process->command_line,
		FW_NT_COUNT(process->command_line), &text);
	nt_lock();
	process->next = processes;
	processes = process;
	nt_unlock();
	return process;
}

PEPROCESS nt_process_create(const struct nt_process_options *options, NTSTATUS *status)
{
	PEPROCESS process = process_new(options);
	NTSTATUS verdict = options->quiet ? STATUS_SUCCESS : nt_notify_process(process, options);

	if (status)
		*status = verdict;
	if (NT_SUCCESS(verdict))
		return process;
	nt_process_exit(process);
	return NULL;
}

void nt_process_exit(PEPROCESS process)
{
	nt_notify_process(process, NULL);
	nt_lock();
	process->exited = true;
	nt_unlock();
	ObfDereferenceObject(process);
}

void nt_process_become(PEPROCESS process)
{
	nt_self()->process = process;
}

void nt_process_start(void)
{
	static const struct nt_process_options system = { .pid = 4, .image = "System", .administrator = true };

	PsInitialSystemProcess = process_new(&system);
}

void nt_process_stop(void)
{
	ObfDereferenceObject(PsInitialSystemProcess);
	PsInitialSystemProcess = NULL;
}

PEPROCESS IoGetCurrentProcess(void)
{
	PEPROCESS process = nt_self()->process;

	return process ? process : PsInitialSystemProcess;
}

PETHREAD PsGetCurrentThread(void)
{
	return nt_self();
}

HANDLE PsGetCurrentProcessId(void)
{
	return PsGetProcessId(IoGetCurrentProcess());
}

HANDLE PsGetCurrentThreadId(void)
{
	return (HANDLE)(uintptr_t)nt_self()->tid;
}

HANDLE PsGetProcessId(PEPROCESS process)
{
	return (HANDLE)(uintptr_t)process->pid;
}

LONGLONG PsGetProcessCreateTimeQuadPart(PEPROCESS process)
{
	return process->created;
}

NTSTATUS PsGetProcessExitStatus(PEPROCESS process)
{
	return process->exited ? process->exit_status : STATUS_PENDING;
}

NTSTATUS PsLookupProcessByProcessId(HANDLE pid, PEPROCESS *result)
{
	PEPROCESS process;

	nt_enter_unlocked("PsLookupProcessByProcessId", APC_LEVEL);
	nt_lock();
	process = find(HandleToULong(pid));
	if (process)
		nt_object_hold(process);
	nt_unlock();
	if (!process)
		return STATUS_INVALID_PARAMETER;
	*result = process;
	return STATUS_SUCCESS;
}

PEPROCESS IoThreadToProcess(PETHREAD thread)
{
	return thread->process ? thread->process : PsInitialSystemProcess;
}

PEPROCESS IoGetRequestorProcess(PIRP irp)
{
	return irp->Tail.Overlay.Thread ? IoThreadToProcess(irp->Tail.Overlay.Thread) : NULL;
}

ULONG IoGetRequestorProcessId(PIRP irp)
{
	PEPROCESS process = IoGetRequestorProcess(irp);

	return process ? process->pid : 0;
}

/* KERNEL_USER_TIMES, PROCESS_BASIC_INFORMATION */
static NTSTATUS query_fixed(PEPROCESS process, PROCESSINFOCLASS kind, PVOID buffer, ULONG length)
{
	LONGLONG times[4] = { process->created };
	uint64_t basic[6] = { (ULONG)process->exit_status, [4] = process->pid, process->parent_pid };
	const void *answer = kind == ProcessTimes ? (void *)times : (void *)basic;
	ULONG size = kind == ProcessTimes ? sizeof(times) : sizeof(basic);

	if (length != size)
		return STATUS_INFO_LENGTH_MISMATCH;
	memcpy(buffer, answer, size);
	return STATUS_SUCCESS;
}

NTSTATUS ZwQueryInformationProcess(HANDLE handle, PROCESSINFOCLASS kind, PVOID buffer, ULONG length, PULONG needed)
{
	PEPROCESS process;
	UNICODE_STRING *name = buffer;
	size_t bytes;

	nt_enter_unlocked("ZwQueryInformationProcess", PASSIVE_LEVEL);
	nt_lock();
	process = (intptr_t)handle == -1 ? IoGetCurrentProcess() : nt_handle_body(handle, NT_PROCESS);
	nt_unlock();
	if (!process)
		return STATUS_INVALID_HANDLE;
	if (kind == ProcessTimes || kind == ProcessBasicInformation)
		return query_fixed(process, kind, buffer, length);
	if (kind != ProcessImageFileName)
		return STATUS_INVALID_INFO_CLASS;
	if (nt_fails("ZwQueryInformationProcess"))
		return STATUS_INSUFFICIENT_RESOURCES;
	for (bytes = 0; process->image[bytes / 2]; bytes += 2)
		;
	if (needed)
		*needed = (ULONG)(sizeof(*name) + bytes + 2);
	if (length < sizeof(*name) + bytes + 2)
		return STATUS_INFO_LENGTH_MISMATCH;
	name->Buffer = (PWSTR)(name + 1);
	name->Length = (USHORT)bytes;
	name->MaximumLength = (USHORT)(bytes + 2);
	memcpy(name->Buffer, process->image, bytes + 2);
	return STATUS_SUCCESS;
}
