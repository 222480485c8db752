/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The base types of NT's C with fixed widths: on NT `long` has 32 bits, here it has 64. Compile with -fshort-wchar, so
 * that L"..." is UTF-16. Included by the other headers of this folder; for drivers compiled for the host.
 */
#ifndef FW_NT_TYPES_H
#define FW_NT_TYPES_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

_Static_assert(sizeof(L"") == 2, "compile with -fshort-wchar");
_Static_assert(sizeof(void *) == 8, "the fake kernel is a 64-bit one");

/* clang says it in another way than gcc. */
#if defined(__has_feature) && !defined(__SANITIZE_ADDRESS__)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#define NTAPI
#define FASTCALL
#define NTKERNELAPI
#define NTSYSAPI
#define DECLSPEC_IMPORT
#define FORCEINLINE static inline
#define VOID void
#define CONST const
#define TRUE 1
#define FALSE 0
#define POINTER_ALIGNMENT __attribute__((aligned(8)))

typedef char CHAR, CCHAR, *PCHAR, *PSZ;
typedef const char *PCSTR, *PCSZ;
typedef unsigned char UCHAR, *PUCHAR, BOOLEAN, *PBOOLEAN;
typedef int16_t SHORT, CSHORT, *PSHORT;
typedef uint16_t USHORT, *PUSHORT, WORD;
typedef int32_t LONG, *PLONG, INT, BOOL;
typedef uint32_t ULONG, *PULONG, DWORD, UINT, ULONG32;
typedef int64_t LONGLONG, *PLONGLONG, LONG64, *PLONG64;
typedef uint64_t ULONGLONG, *PULONGLONG, ULONG64, *PULONG64, QUAD;
typedef intptr_t LONG_PTR, *PLONG_PTR, INT_PTR;
typedef uintptr_t ULONG_PTR, *PULONG_PTR, UINT_PTR, KAFFINITY;
typedef ULONG_PTR SIZE_T, *PSIZE_T;
typedef void *PVOID, *HANDLE, **PHANDLE;
typedef uint16_t WCHAR, *PWCHAR, *PWSTR;
typedef const WCHAR *PCWSTR;
typedef int32_t NTSTATUS, *PNTSTATUS;
typedef UCHAR KIRQL, *PKIRQL;
typedef CCHAR KPROCESSOR_MODE;
typedef LONG KPRIORITY;
typedef ULONG ACCESS_MASK, *PACCESS_MASK;
typedef ULONG DEVICE_TYPE;
typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;
typedef PVOID PSECURITY_DESCRIPTOR, PSID;

typedef union _LARGE_INTEGER {
	struct {
		ULONG LowPart;
		LONG HighPart;
	};
	struct {
		ULONG LowPart;
		LONG HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
	struct {
		ULONG LowPart;
		ULONG HighPart;
	};
	ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _LIST_ENTRY {
	struct _LIST_ENTRY *Flink;
	struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
	struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

/* Length and MaximumLength in bytes; Buffer need not end with a zero. */
typedef struct _UNICODE_STRING {
	USHORT Length;
	USHORT MaximumLength;
	PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _STRING {
	USHORT Length;
	USHORT MaximumLength;
	PCHAR Buffer;
} STRING, ANSI_STRING, *PSTRING, *PANSI_STRING;

typedef struct _OBJECT_ATTRIBUTES {
	ULONG Length;
	HANDLE RootDirectory;
	PUNICODE_STRING ObjectName;
	ULONG Attributes;
	PVOID SecurityDescriptor;
	PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;

typedef struct _IO_STATUS_BLOCK {
	union {
		NTSTATUS Status;
		PVOID Pointer;
	};
	ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef struct _CLIENT_ID {
	HANDLE UniqueProcess;
	HANDLE UniqueThread;
} CLIENT_ID, *PCLIENT_ID;

typedef struct _GUID {
	ULONG Data1;
	USHORT Data2;
	USHORT Data3;
	UCHAR Data4[8];
} GUID;
typedef const GUID *LPCGUID;

typedef enum _MODE { KernelMode, UserMode, MaximumMode } MODE;

#define PASSIVE_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2
#define HIGH_LEVEL 15

#define PAGE_SIZE 4096u
#define PAGE_SHIFT 12

#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#define CONTAINING_RECORD(address, type, field) \
	((type *)((char *)(address) - offsetof(type, field)))
#define UNREFERENCED_PARAMETER(name) ((void)(name))
#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))
#define RTL_NUMBER_OF(array) ARRAYSIZE(array)
#define HandleToULong(handle) ((ULONG)(ULONG_PTR)(handle))
#define HandleToUlong(handle) HandleToULong(handle)
#define ULongToHandle(number) ((HANDLE)(ULONG_PTR)(ULONG)(number))
#define UlongToHandle(number) ULongToHandle(number)
#define PtrToUlong(pointer) ((ULONG)(ULONG_PTR)(pointer))

#define RTL_CONSTANT_STRING(text) { sizeof(text) - sizeof((text)[0]), sizeof(text), (PWSTR)(text) }
#define OBJ_INHERIT 0x2u
#define OBJ_CASE_INSENSITIVE 0x40u
#define OBJ_KERNEL_HANDLE 0x200u
#define InitializeObjectAttributes(p, name, flags, root, security) \
	do { \
		(p)->Length = sizeof(OBJECT_ATTRIBUTES); \
		(p)->RootDirectory = (root); \
		(p)->Attributes = (flags); \
		(p)->ObjectName = (name); \
		(p)->SecurityDescriptor = (security); \
		(p)->SecurityQualityOfService = NULL; \
	} while (0)

#endif
