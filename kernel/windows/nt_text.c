/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/nt_text.h"

#include "core/utf16_text.h"

uint32_t fw_text_units(const UNICODE_STRING *string)
{
	return string && string->Buffer ? string->Length / sizeof(WCHAR) : 0;
}

UNICODE_STRING fw_text_last_part(const UNICODE_STRING *path)
{
	uint32_t units = fw_text_units(path), start = units;
	UNICODE_STRING part;

	while (start && path->Buffer[start - 1] != '\\')
		start--;
	part.Buffer = units ? path->Buffer + start : NULL;
	part.Length = (USHORT)((units - start) * sizeof(WCHAR));
	part.MaximumLength = part.Length;
	return part;
}

void fw_text_file_name(const UNICODE_STRING *path, char *name, uint32_t size)
{
	UNICODE_STRING part = fw_text_last_part(path);
	bool cut;
	uint32_t length = fw_utf16_to_utf8(part.Buffer, fw_text_units(&part), name, size - 1, &cut);

	memset(name + length, 0, size - length);
}

bool fw_text_path_end(const UNICODE_STRING *path, char *text, uint32_t size)
{
	uint32_t units = fw_text_units(path), length;
	uint32_t start = units ? fw_utf16_tail(path->Buffer, units, size - 1) : 0;
	bool cut = false;

	length = units ? fw_utf16_to_utf8(path->Buffer + start, units - start, text, size - 1, &cut)
		       : 0;
	memset(text + length, 0, size - length);
	return start > 0;
}

/* One character without case, behind what is there. False: no room. */
static bool fold_one(uint32_t character, char *text, uint32_t room, uint32_t *length)
{
	if (character < 0x10000)
		character = RtlUpcaseUnicodeChar((WCHAR)character);
	if ((character & ~0x7ffu) == 0xd800)
		character = FW_UTF_REPLACEMENT; /* no table should say so */
	if (fw_utf8_size(character) > room - *length)
		return false;
	fw_utf8_put(text + *length, character);
	*length += fw_utf8_size(character);
	return true;
}

uint32_t fw_text_fold(const UNICODE_STRING *string, char *text, uint32_t room)
{
	uint32_t units = fw_text_units(string), length = 0;

	for (uint32_t at = 0; at < units;)
		if (!fold_one(fw_utf16_next(string->Buffer, units, &at), text, room, &length))
			return 0;
	return length;
}

uint32_t fw_text_fold_utf8(const char *from, uint32_t from_length, char *text, uint32_t room)
{
	uint32_t length = 0;

	for (uint32_t at = 0; at < from_length;)
		if (!fold_one(fw_utf8_next(from, from_length, &at), text, room, &length))
			return 0;
	return length;
}
