/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Counted strings. What NT keeps in pageable code checks its level here. */
#include "nt_internal.h"

#define STRING_TAG 0x72747352 /* Rstr */

SIZE_T RtlCompareMemory(const void *a, const void *b, SIZE_T length)
{
	const UCHAR *first = a, *second = b;
	SIZE_T index;

	for (index = 0; index < length && first[index] == second[index]; index++)
		;
	return index;
}

void RtlInitUnicodeString(PUNICODE_STRING string, PCWSTR text)
{
	size_t length = 0;

	while (text && text[length])
		length++;
	string->Length = (USHORT)(length * sizeof(WCHAR));
	string->MaximumLength = text ? (USHORT)(string->Length + sizeof(WCHAR)) : 0;
	string->Buffer = (PWSTR)text;
}

void RtlInitAnsiString(PANSI_STRING string, PCSZ text)
{
	string->Length = text ? (USHORT)strlen(text) : 0;
	string->MaximumLength = text ? (USHORT)(string->Length + 1) : 0;
	string->Buffer = (PCHAR)text;
}

void RtlCopyUnicodeString(PUNICODE_STRING to, PCUNICODE_STRING from)
{
	to->Length = 0;
	if (!from)
		return;
	to->Length = from->Length < to->MaximumLength ? from->Length : to->MaximumLength;
	memcpy(to->Buffer, from->Buffer, to->Length);
	if ((ULONG)to->Length + sizeof(WCHAR) <= to->MaximumLength)
		to->Buffer[to->Length / sizeof(WCHAR)] = 0;
}

NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING to, PCUNICODE_STRING from)
{
	if ((ULONG)to->Length + from->Length > to->MaximumLength)
		return STATUS_BUFFER_TOO_SMALL;
	memmove((PCHAR)to->Buffer + to->Length, from->Buffer, from->Length);
	to->Length += from->Length;
	return STATUS_SUCCESS;
}

NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING to, PCWSTR text)
{
	UNICODE_STRING from;

	RtlInitUnicodeString(&from, text);
	return RtlAppendUnicodeStringToString(to, &from);
}

static WCHAR upper(WCHAR character)
{
	return character >= 'a' && character <= 'z' ? (WCHAR)(character - 'a' + 'A') : character;
}

/* The table of NT is pageable. */
WCHAR RtlUpcaseUnicodeChar(WCHAR character)
{
	nt_enter("RtlUpcaseUnicodeChar", APC_LEVEL);
	return upper(character);
}

WCHAR RtlDowncaseUnicodeChar(WCHAR character)
{
	nt_enter("RtlDowncaseUnicodeChar", APC_LEVEL);
	return character >= 'A' && character <= 'Z' ? (WCHAR)(character - 'A' + 'a') : character;
}

LONG RtlCompareUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignore_case)
{
	size_t index, length = (a->Length < b->Length ? a->Length : b->Length) / sizeof(WCHAR);
	WCHAR first, second;

	nt_enter("RtlCompareUnicodeString", APC_LEVEL);
	for (index = 0; index < length; index++) {
		first = ignore_case ? upper(a->Buffer[index]) : a->Buffer[index];
		second = ignore_case ? upper(b->Buffer[index]) : b->Buffer[index];
		if (first != second)
			return (LONG)first - second;
	}
	return (LONG)a->Length - b->Length;
}

BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignore_case)
{
	return a->Length == b->Length && !RtlCompareUnicodeString(a, b, ignore_case);
}

BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING prefix, PCUNICODE_STRING string, BOOLEAN ignore_case)
{
	UNICODE_STRING begin = *string;

	if (string->Length < prefix->Length)
		return FALSE;
	begin.Length = prefix->Length;
	return RtlEqualUnicodeString(prefix, &begin, ignore_case);
}

NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING to, PCUNICODE_STRING from, BOOLEAN allocate)
{
	USHORT length = from->Length / sizeof(WCHAR), index;

	nt_enter("RtlUnicodeStringToAnsiString", PASSIVE_LEVEL);
	if (allocate) {
		to->Buffer = ExAllocatePoolWithTag(PagedPool, length + 1u, STRING_TAG);
		if (!to->Buffer)
			return STATUS_NO_MEMORY;
		to->MaximumLength = (USHORT)(length + 1);
	}
	if (length >= to->MaximumLength)
		return STATUS_BUFFER_OVERFLOW;
	for (index = 0; index < length; index++)
		to->Buffer[index] = from->Buffer[index] < 128 ? (CHAR)from->Buffer[index] : '?';
	to->Buffer[length] = 0;
	to->Length = length;
	return STATUS_SUCCESS;
}

NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING to, PANSI_STRING from, BOOLEAN allocate)
{
	USHORT index;

	nt_enter("RtlAnsiStringToUnicodeString", PASSIVE_LEVEL);
	if (allocate) {
		to->MaximumLength = (USHORT)((from->Length + 1) * sizeof(WCHAR));
		to->Buffer = ExAllocatePoolWithTag(PagedPool, to->MaximumLength, STRING_TAG);
		if (!to->Buffer)
			return STATUS_NO_MEMORY;
	}
	if ((from->Length + 1u) * sizeof(WCHAR) > to->MaximumLength)
		return STATUS_BUFFER_OVERFLOW;
	for (index = 0; index < from->Length; index++)
		to->Buffer[index] = (UCHAR)from->Buffer[index];
	to->Buffer[from->Length] = 0;
	to->Length = (USHORT)(from->Length * sizeof(WCHAR));
	return STATUS_SUCCESS;
}

void RtlFreeUnicodeString(PUNICODE_STRING string)
{
	if (string->Buffer)
		ExFreePoolWithTag(string->Buffer, STRING_TAG);
	memset(string, 0, sizeof(*string));
}

void RtlFreeAnsiString(PANSI_STRING string)
{
	if (string->Buffer)
		ExFreePoolWithTag(string->Buffer, STRING_TAG);
	memset(string, 0, sizeof(*string));
}

NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW version)
{
	version->dwMajorVersion = 6;
	version->dwMinorVersion = 1;
	version->dwBuildNumber = 7601;
	return STATUS_SUCCESS;
}
