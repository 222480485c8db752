/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/process_query.h"

#include "kernel/windows/nt_memory.h"

#define LIST_BYTES_FIRST (256u << 10)
#define LIST_BYTES_MOST (16u << 20)
#define NAME_BYTES_MOST (sizeof(UNICODE_STRING) + 65536)

NTSTATUS fw_process_open(PEPROCESS process, HANDLE *handle)
{
	return ObOpenObjectByPointer(process, OBJ_KERNEL_HANDLE, NULL, 0, NULL, KernelMode, handle);
}

NTSTATUS fw_process_open_pid(uint32_t pid, HANDLE *handle)
{
	PEPROCESS process;
	NTSTATUS status = PsLookupProcessByProcessId((HANDLE)(ULONG_PTR)pid, &process);

	if (!NT_SUCCESS(status))
		return status;
	status = fw_process_open(process, handle);
	ObDereferenceObject(process);
	return status;
}

uint64_t fw_process_created(HANDLE process)
{
	struct fw_process_times times;
	NTSTATUS status = ZwQueryInformationProcess(
		process, (PROCESSINFOCLASS)FW_PROCESS_TIMES, &times, sizeof(times), NULL);

	return NT_SUCCESS(status) ? (uint64_t)times.created.QuadPart : 0;
}

UNICODE_STRING *fw_process_image_name(HANDLE process)
{
	const PROCESSINFOCLASS kind = (PROCESSINFOCLASS)FW_PROCESS_IMAGE_NAME;
	ULONG needed = 0;
	NTSTATUS status = ZwQueryInformationProcess(process, kind, NULL, 0, &needed);
	UNICODE_STRING *name;

	if (needed < sizeof(*name) || needed > NAME_BYTES_MOST)
		return NULL;
	name = fw_allocate(needed);
	if (!name)
		return NULL;
	status = ZwQueryInformationProcess(process, kind, name, needed, &needed);
	if (!NT_SUCCESS(status) || !name->Buffer || !name->Length) {
		fw_free(name);
		return NULL;
	}
	return name;
}

bool fw_process_basic(HANDLE process, struct fw_process_basic *basic)
{
	return NT_SUCCESS(ZwQueryInformationProcess(process,
		(PROCESSINFOCLASS)FW_PROCESS_BASIC_INFORMATION, basic, sizeof(*basic), NULL));
}

void *fw_process_list(uint32_t *bytes)
{
	for (uint32_t size = LIST_BYTES_FIRST; size <= LIST_BYTES_MOST; size *= 2) {
		void *list = fw_allocate(size);
		ULONG needed = 0;
		NTSTATUS status;

		if (!list)
			return NULL;
		status = ZwQuerySystemInformation(FW_SYSTEM_PROCESSES, list, size, &needed);
		if (NT_SUCCESS(status)) {
			*bytes = needed && needed < size ? needed : size;
			return list;
		}
		fw_free(list);
		if (status != STATUS_INFO_LENGTH_MISMATCH)
			return NULL;
	}
	return NULL;
}
