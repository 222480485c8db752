/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Process, thread and image notifications: few slots, calls without locks, removal that waits for calls under way, and
 * hostile details: names that do not end with a zero, or are missing.
 */
#include <stdio.h>

#include "nt_internal.h"

#define SLOTS 8

enum kind { KIND_PROCESS, KIND_PROCESS_EX, KIND_THREAD, KIND_IMAGE, KINDS };

static struct slot {
	void *routine;
	unsigned calls;
	bool leaving;
} slots[KINDS][SLOTS];
static unsigned slot_count = SLOTS;
static const char *const kind_names[] = { "process", "process (Ex)", "thread", "image" };
static __thread unsigned depth; /* a routine runs in this thread */

void nt_notify_slots(unsigned count)
{
	slot_count = count ? count : SLOTS;
}

static NTSTATUS add(enum kind kind, void *routine)
{
	NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
	unsigned index;

	nt_enter_unlocked("Ps...NotifyRoutine", PASSIVE_LEVEL);
	if (nt_fails("notification routine"))
		return status;
	nt_lock();
	for (index = 0; index < SLOTS; index++)
		if (slots[kind][index].routine == routine) {
			nt_unlock();
			return STATUS_INVALID_PARAMETER;
		}
	for (index = 0; index < slot_count && slots[kind][index].routine; index++)
		;
	if (index < slot_count) {
		slots[kind][index] = (struct slot){ routine, 0, false };
		status = STATUS_SUCCESS;
	}
	nt_unlock();
	return status;
}

static bool is_quiet(void *context)
{
	return !((struct slot *)context)->calls;
}

static NTSTATUS take_away(enum kind kind, void *routine)
{
	NTSTATUS status = STATUS_PROCEDURE_NOT_FOUND;
	unsigned index;

	nt_enter_unlocked("Ps...NotifyRoutine (removal)", PASSIVE_LEVEL);
	if (depth)
		nt_violation(NT_RULE_CALLBACK, "a notification routine is removed from within one: this never ends");
	nt_lock();
	for (index = 0; index < SLOTS; index++)
		if (slots[kind][index].routine == routine && !slots[kind][index].leaving) {
			slots[kind][index].leaving = true;
			nt_wait_locked(is_quiet, &slots[kind][index], NT_FOREVER);
			slots[kind][index].routine = NULL;
			status = STATUS_SUCCESS;
			break;
		}
	nt_unlock();
	return status;
}

NTSTATUS PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE routine, BOOLEAN remove)
{
	return remove ? take_away(KIND_PROCESS, (void *)routine) : add(KIND_PROCESS, (void *)routine);
}

NTSTATUS PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX routine, BOOLEAN remove);
NTSTATUS PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX routine, BOOLEAN remove)
{
	return remove ? take_away(KIND_PROCESS_EX, (void *)routine) : add(KIND_PROCESS_EX, (void *)routine);
}

NTSTATUS PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE type, PVOID routine, BOOLEAN remove);
NTSTATUS PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE type, PVOID routine, BOOLEAN remove)
{
	if (type != PsCreateProcessNotifySubsystems)
		return STATUS_INVALID_PARAMETER;
	return remove ? take_away(KIND_PROCESS_EX, routine) : add(KIND_PROCESS_EX, routine);
}

NTSTATUS PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE routine)
{
	return add(KIND_THREAD, (void *)routine);
}

NTSTATUS PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE routine)
{
	return take_away(KIND_THREAD, (void *)routine);
}

NTSTATUS PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE routine)
{
	return add(KIND_IMAGE, (void *)routine);
}

NTSTATUS PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE routine)
{
	return take_away(KIND_IMAGE, (void *)routine);
}

/* What is said to routines of each kind. */
struct notice {
	PEPROCESS process;
	uint32_t pid, parent, tid;
	bool create;
	PS_CREATE_NOTIFY_INFO *info;
	PUNICODE_STRING name;
	PIMAGE_INFO image;
};

static void tell(enum kind kind, void *routine, const struct notice *notice)
{
	HANDLE pid = (HANDLE)(uintptr_t)notice->pid;

	switch (kind) {
	case KIND_PROCESS:
		((PCREATE_PROCESS_NOTIFY_ROUTINE)routine)((HANDLE)(uintptr_t)notice->parent, pid, notice->create);
		break;
	case KIND_PROCESS_EX:
		((PCREATE_PROCESS_NOTIFY_ROUTINE_EX)routine)(notice->process, pid, notice->info);
		break;
	case KIND_THREAD:
		((PCREATE_THREAD_NOTIFY_ROUTINE)routine)(pid, (HANDLE)(uintptr_t)notice->tid, notice->create);
		break;
	default:
		((PLOAD_IMAGE_NOTIFY_ROUTINE)routine)(notice->name, pid, notice->image);
	}
}

static void call_all(enum kind kind, const struct notice *notice)
{
	struct nt_frame frame;
	unsigned index;
	void *routine;

	for (index = 0; index < SLOTS; index++) {
		nt_lock();
		routine = slots[kind][index].leaving ? NULL : slots[kind][index].routine;
		if (routine)
			slots[kind][index].calls++;
		nt_unlock();
		if (!routine)
			continue;
		nt_point();
		frame = nt_frame_begin();
		depth++;
		tell(kind, routine, notice);
		depth--;
		nt_frame_end(frame, "a notification routine");
		nt_lock();
		slots[kind][index].calls--;
		nt_unlock();
	}
}

/* Exactly as long as the string: no zero behind it. */
static PUNICODE_STRING string_of(const char *text, PUNICODE_STRING string)
{
	size_t length;

	if (!text)
		return NULL;
	length = strlen(text);
	string->Buffer = malloc(length ? length * sizeof(WCHAR) : 1);
	string->Length = string->MaximumLength = (USHORT)(length * sizeof(WCHAR));
	while (length--)
		string->Buffer[length] = (UCHAR)text[length];
	return string;
}

NTSTATUS nt_notify_process(PEPROCESS process, const struct nt_process_options *options)
{
	UNICODE_STRING image = { 0 }, command_line = { 0 };
	PS_CREATE_NOTIFY_INFO info = { .Size = sizeof(info) };
	struct notice notice = { .process = process, .pid = process->pid, .parent = process->parent_pid,
		.create = options != NULL };

	if (options) {
		info.ParentProcessId = (HANDLE)(uintptr_t)process->parent_pid;
		info.CreatingThreadId.UniqueProcess = PsGetCurrentProcessId();
		info.CreatingThreadId.UniqueThread = PsGetCurrentThreadId();
		info.FileOpenNameAvailable = options->image != NULL;
		info.ImageFileName = string_of(options->image, &image);
		info.CommandLine = string_of(options->command_line, &command_line);
		notice.info = &info;
	}
	call_all(KIND_PROCESS, &notice);
	call_all(KIND_PROCESS_EX, &notice);
	free(image.Buffer);
	free(command_line.Buffer);
	return info.CreationStatus;
}

void nt_notify_thread(uint32_t pid, uint32_t tid, bool create)
{
	const struct notice notice = { .pid = pid, .tid = tid, .create = create };

	nt_self();
	call_all(KIND_THREAD, &notice);
}

void nt_notify_image(const char *name, uint32_t pid, void *base, size_t size)
{
	IMAGE_INFO image = { .ImageBase = base, .ImageSize = size, .SystemModeImage = pid == 0 };
	UNICODE_STRING string = { 0 };
	struct notice notice = { .pid = pid, .name = string_of(name, &string), .image = &image };

	nt_self();
	call_all(KIND_IMAGE, &notice);
	free(string.Buffer);
}

void nt_notify_check(const char *when)
{
	unsigned kind, index;

	for (kind = 0; kind < KINDS; kind++)
		for (index = 0; index < SLOTS; index++)
			if (slots[kind][index].routine)
				nt_violation(NT_RULE_CALLBACK, "a %s notification routine is left after %s",
					kind_names[kind], when);
}
