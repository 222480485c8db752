/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * NT's kernel interface as the driver needs it: the compiler's <ntddk.h> and what it lacks. Everything here is exported by
 * XP. Included by the driver's files that ask for processes, tokens and names.
 */
#ifndef FW_NT_SYSTEM_H
#define FW_NT_SYSTEM_H

#include <ntddk.h>

#include <stdbool.h>

#include "core/types.h"

#ifdef __MINGW32__
#define FW_NT_IMPORT __declspec(dllimport)
#else
#define FW_NT_IMPORT
#endif

/* mingw-w64 has it for x64 only, and for x86 one that NT imports. */
#if defined(__MINGW32__) && defined(__i386__)
#undef InterlockedCompareExchange64
#define InterlockedCompareExchange64(target, value, expected)                                      \
	__sync_val_compare_and_swap(target, expected, value)
#endif

#define FW_CURRENT_PROCESS ((HANDLE)(LONG_PTR)-1)
#define FW_CURRENT_THREAD  ((HANDLE)(LONG_PTR)-2)

/* PROCESSINFOCLASS */
#define FW_PROCESS_BASIC_INFORMATION 0
#define FW_PROCESS_TIMES	     4
#define FW_PROCESS_IMAGE_NAME	     27

struct fw_process_basic {
	NTSTATUS exit_status;
	PVOID peb;
	ULONG_PTR affinity;
	LONG base_priority;
	ULONG_PTR pid;
	ULONG_PTR parent_pid;
};

struct fw_process_times {
	LARGE_INTEGER created; /* 100 ns since 1601 */
	LARGE_INTEGER exited;
	LARGE_INTEGER kernel;
	LARGE_INTEGER user;
};

/* SYSTEM_INFORMATION_CLASS 5: one behind the other, each followed by its threads. */
#define FW_SYSTEM_PROCESSES 5

struct fw_system_process {
	ULONG next; /* bytes to the next one; 0: the last */
	ULONG threads;
	LARGE_INTEGER reserved[3];
	LARGE_INTEGER created;
	LARGE_INTEGER user;
	LARGE_INTEGER kernel;
	UNICODE_STRING image_name; /* of the file, without its path; empty for the idle process */
	LONG priority;
	HANDLE pid;
	HANDLE parent_pid;
};

/* TOKEN_INFORMATION_CLASS */
#define FW_TOKEN_USER		     1
#define FW_TOKEN_GROUPS		     2
#define FW_TOKEN_IMPERSONATION_LEVEL 9
#define FW_TOKEN_QUERY		     0x0008u
#define FW_GROUP_ENABLED	     0x00000004u
#define FW_GROUP_DENY_ONLY	     0x00000010u
#define FW_IMPERSONATION	     2 /* of anonymous, identification, impersonation, delegation */

struct fw_sid {
	uint8_t revision;
	uint8_t count;
	uint8_t authority[6];
	uint32_t parts[15];
};

struct fw_sid_and_attributes {
	struct fw_sid *sid;
	ULONG attributes;
};

struct fw_token_groups {
	ULONG count;
	struct fw_sid_and_attributes groups[1];
};

#ifndef OBJ_KERNEL_HANDLE
#define OBJ_KERNEL_HANDLE 0x200u
#endif
#define FW_WRITE_DAC	      0x00040000u
#define FW_DACL_INFORMATION   4u
#define FW_SYMBOLIC_LINK_QUERY 1u

#ifdef __MINGW32__
FW_NT_IMPORT NTSTATUS NTAPI PsLookupProcessByProcessId(HANDLE pid, PEPROCESS *process);
FW_NT_IMPORT NTSTATUS NTAPI ObOpenObjectByPointer(PVOID object, ULONG attributes,
	PACCESS_STATE state, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode,
	HANDLE *handle);
FW_NT_IMPORT NTSTATUS NTAPI ZwQueryInformationProcess(HANDLE process, PROCESSINFOCLASS kind,
	PVOID buffer, ULONG length, ULONG *needed);
#endif
FW_NT_IMPORT NTSTATUS NTAPI ZwQuerySystemInformation(ULONG kind, PVOID buffer, ULONG length,
	ULONG *needed);
FW_NT_IMPORT NTSTATUS NTAPI ZwOpenProcessTokenEx(HANDLE process, ACCESS_MASK access,
	ULONG attributes, HANDLE *token);
FW_NT_IMPORT NTSTATUS NTAPI ZwOpenThreadTokenEx(HANDLE thread, ACCESS_MASK access,
	BOOLEAN as_self, ULONG attributes, HANDLE *token);
FW_NT_IMPORT NTSTATUS NTAPI ZwQueryInformationToken(HANDLE token, ULONG kind, PVOID buffer,
	ULONG length, ULONG *needed);
FW_NT_IMPORT NTSTATUS NTAPI ZwSetSecurityObject(HANDLE handle, ULONG kind, PVOID descriptor);
#ifndef __MINGW32__
NTSTATUS ZwOpenSymbolicLinkObject(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes);
NTSTATUS ZwQuerySymbolicLinkObject(HANDLE handle, PUNICODE_STRING target, PULONG length);
#endif

#endif
