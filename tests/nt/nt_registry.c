/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Numbers below a driver's key: what a driver reads of its settings. */
#include "nt_internal.h"

#define VALUES 16

static struct {
	char name[48];
	uint32_t value;
} values[VALUES];

void nt_registry_set(const char *name, uint32_t value)
{
	unsigned index;

	for (index = 0; index < VALUES - 1 && values[index].name[0] && strcmp(values[index].name, name); index++)
		;
	strncpy(values[index].name, name, sizeof(values[index].name) - 1);
	values[index].value = value;
}

void nt_registry_reset(void)
{
	memset(values, 0, sizeof(values));
}

NTSTATUS ZwOpenKey(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes)
{
	(void)attributes;
	nt_enter_unlocked("ZwOpenKey", PASSIVE_LEVEL);
	if (nt_fails("ZwOpenKey"))
		return STATUS_INSUFFICIENT_RESOURCES;
	*handle = nt_handle_new(nt_object_new(NT_KEY, sizeof(int), NULL), false, access);
	return STATUS_SUCCESS;
}

NTSTATUS ZwQueryValueKey(HANDLE key, PUNICODE_STRING name, KEY_VALUE_INFORMATION_CLASS kind, PVOID buffer, ULONG length,
	PULONG needed)
{
	const ULONG size = offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data) + sizeof(uint32_t);
	KEY_VALUE_PARTIAL_INFORMATION *information = buffer;
	char text[48];
	unsigned index;

	nt_enter_unlocked("ZwQueryValueKey", PASSIVE_LEVEL);
	if (!nt_handle_body(key, NT_KEY))
		return STATUS_INVALID_HANDLE;
	nt_utf8(name, text, sizeof(text));
	for (index = 0; index < VALUES && strcmp(values[index].name, text); index++)
		;
	if (index == VALUES || !text[0])
		return STATUS_OBJECT_NAME_NOT_FOUND;
	*needed = size;
	if (kind != KeyValuePartialInformation || length < size)
		return STATUS_BUFFER_TOO_SMALL;
	information->TitleIndex = 0;
	information->Type = REG_DWORD;
	information->DataLength = sizeof(uint32_t);
	memcpy(information->Data, &values[index].value, sizeof(uint32_t));
	return STATUS_SUCCESS;
}
