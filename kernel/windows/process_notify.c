/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/process_notify.h"

#include "kernel/windows/event_stream.h"
#include "kernel/windows/nt_memory.h"
#include "kernel/windows/nt_optional.h"
#include "kernel/windows/process_query.h"
#include "kernel/windows/process_record.h"
#include "kernel/windows/rule_registry.h"

#define DRAIN_NAP_TICKS (-10 * 10000) /* 10 ms */

static struct fw_process_notify_state state;
static volatile LONG in_flight; /* notifications that run */

static uint32_t number_of(HANDLE id)
{
	return (uint32_t)(ULONG_PTR)id;
}

/* What a handle says of a process that begins, and its row. *image is the caller's to free. */
static struct fw_process_state *make_row(HANDLE handle, uint32_t pid, uint32_t parent_pid,
	UNICODE_STRING **image, const UNICODE_STRING *told_image)
{
	struct fw_process_state *creator = fw_process_current_get();
	struct fw_process_facts facts = { .pid = pid, .parent_pid = parent_pid };
	struct fw_process_state *row;

	*image = handle ? fw_process_image_name(handle) : NULL;
	facts.created = handle ? fw_process_created(handle) : 0;
	facts.image = *image ? *image : told_image;
	facts.creator = creator;
	row = fw_process_make(&facts);
	fw_process_put(creator);
	return row;
}

/* It begins, in the context of who creates it. Returns the rule that denies it. */
static uint32_t begin(HANDLE handle, uint32_t pid, uint32_t parent_pid,
	const UNICODE_STRING *told_image, const UNICODE_STRING *command_line, bool may_deny)
{
	UNICODE_STRING *image;
	struct fw_process_state *row = make_row(handle, pid, parent_pid, &image, told_image);
	uint32_t rule = 0;

	if (!row) {
		fw_event_lose(FW_RECORD_PROCESS_CREATE);
		fw_free(image);
		return 0;
	}
	if (may_deny)
		rule = fw_rule_registry_deny(row);
	if (rule) {
		fw_process_record_denied(row, rule);
		fw_process_end(row);
	} else {
		fw_process_record_create(row, image ? image : told_image, command_line);
	}
	fw_process_put(row);
	fw_free(image);
	return rule;
}

/* It ended: its last thread is about to. */
static void end(HANDLE handle, uint32_t pid)
{
	struct fw_process_state *row = fw_process_running_get(pid);
	struct fw_process_basic basic;

	if (!row)
		return; /* denied, or there was no memory for it */
	memset(&basic, 0, sizeof(basic));
	if (handle)
		(void)fw_process_basic(handle, &basic);
	fw_process_end(row);
	fw_process_record_exit(row, (uint32_t)basic.exit_status);
	fw_process_put(row);
}

static void NTAPI on_process_ex(PEPROCESS process, HANDLE id, PPS_CREATE_NOTIFY_INFO info)
{
	HANDLE handle = NULL;

	InterlockedIncrement(&in_flight);
	if (!NT_SUCCESS(fw_process_open(process, &handle)))
		handle = NULL;
	if (!info)
		end(handle, number_of(id));
	else if (begin(handle, number_of(id), number_of(info->ParentProcessId), info->ImageFileName,
			 info->CommandLine, true))
		info->CreationStatus = STATUS_ACCESS_DENIED;
	if (handle)
		ZwClose(handle);
	InterlockedDecrement(&in_flight);
}

static void NTAPI on_process(HANDLE parent, HANDLE id, BOOLEAN is_created)
{
	HANDLE handle = NULL;

	InterlockedIncrement(&in_flight);
	if (!NT_SUCCESS(fw_process_open_pid(number_of(id), &handle)))
		handle = NULL;
	if (is_created)
		(void)begin(handle, number_of(id), number_of(parent), NULL, NULL, false);
	else
		end(handle, number_of(id));
	if (handle)
		ZwClose(handle);
	InterlockedDecrement(&in_flight);
}

/* The first thread comes and goes with its process. */
static bool is_first(struct fw_process_state *row, uint32_t tid, bool is_created)
{
	if (!row)
		return false;
	if (is_created && !row->first_tid)
		row->first_tid = tid; /* before it runs, so before there is another one */
	return row->first_tid == tid;
}

static void NTAPI on_thread(HANDLE pid, HANDLE tid, BOOLEAN is_created)
{
	struct fw_process_state *row;

	InterlockedIncrement(&in_flight);
	row = fw_process_running_get(number_of(pid));
	if (!is_first(row, number_of(tid), is_created))
		fw_process_record_thread(
			is_created ? FW_RECORD_THREAD_CREATE : FW_RECORD_THREAD_EXIT, row,
			number_of(pid), number_of(tid));
	fw_process_put(row);
	InterlockedDecrement(&in_flight);
}

/* NT-28: the name may be NULL and has no terminating zero; process 0 is the kernel, which loads a
 * driver. */
static void NTAPI on_image(PUNICODE_STRING name, HANDLE pid, PIMAGE_INFO info)
{
	InterlockedIncrement(&in_flight);
	fw_process_record_image(
		number_of(pid), (uint64_t)(ULONG_PTR)info->ImageBase, info->ImageSize, name);
	InterlockedDecrement(&in_flight);
}

/* The best there is first: an image without its integrity flag, or no place left, refuses the
 * better ones (NT-26). */
static void start_processes(void)
{
	state.ex_status = STATUS_NOT_SUPPORTED;
	if (fw_nt_optional.set_process_notify_ex2) {
		state.ex_status = fw_nt_optional.set_process_notify_ex2(
			FW_NOTIFY_SUBSYSTEMS, (PVOID)(ULONG_PTR)on_process_ex, FALSE);
		state.processes = FW_PROCESS_NOTIFY_EX2;
	}
	if (!NT_SUCCESS(state.ex_status) && fw_nt_optional.set_process_notify_ex) {
		state.ex_status = fw_nt_optional.set_process_notify_ex(on_process_ex, FALSE);
		state.processes = FW_PROCESS_NOTIFY_EX;
	}
	state.process_status = state.ex_status;
	if (NT_SUCCESS(state.ex_status))
		return;
	state.process_status = PsSetCreateProcessNotifyRoutine(on_process, FALSE);
	state.processes =
		NT_SUCCESS(state.process_status) ? FW_PROCESS_NOTIFY_PLAIN : FW_PROCESS_NOTIFY_NONE;
}

void fw_process_notify_start(void)
{
	memset(&state, 0, sizeof(state));
	start_processes();
	state.thread_status = PsSetCreateThreadNotifyRoutine(on_thread);
	state.image_status = PsSetLoadImageNotifyRoutine(on_image);
}

static void stop_processes(void)
{
	switch (state.processes) {
	case FW_PROCESS_NOTIFY_EX2:
		fw_nt_optional.set_process_notify_ex2(
			FW_NOTIFY_SUBSYSTEMS, (PVOID)(ULONG_PTR)on_process_ex, TRUE);
		break;
	case FW_PROCESS_NOTIFY_EX:
		fw_nt_optional.set_process_notify_ex(on_process_ex, TRUE);
		break;
	case FW_PROCESS_NOTIFY_PLAIN:
		PsSetCreateProcessNotifyRoutine(on_process, TRUE);
		break;
	case FW_PROCESS_NOTIFY_NONE:
		break;
	}
	state.processes = FW_PROCESS_NOTIFY_NONE;
}

void fw_process_notify_stop(void)
{
	LARGE_INTEGER nap;

	if (NT_SUCCESS(state.image_status))
		PsRemoveLoadImageNotifyRoutine(on_image);
	if (NT_SUCCESS(state.thread_status))
		PsRemoveCreateThreadNotifyRoutine(on_thread);
	stop_processes();
	nap.QuadPart = DRAIN_NAP_TICKS;
	while (InterlockedCompareExchange(&in_flight, 0, 0))
		KeDelayExecutionThread(KernelMode, FALSE, &nap);
}

const struct fw_process_notify_state *fw_process_notify_state(void)
{
	return &state;
}
