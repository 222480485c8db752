/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/wide_text.h"

#include <limits.h>
#include <stdlib.h>
#include <windows.h>

bool fw_wide_to_text(const wchar_t *wide, char *text, size_t size)
{
	int room = size > INT_MAX ? INT_MAX : (int)size;

	if (room && WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, room, NULL, NULL) > 0)
		return true;
	if (size)
		text[0] = '\0';
	return false;
}

bool fw_text_to_wide(const char *text, wchar_t *wide, size_t size)
{
	int room = size > INT_MAX ? INT_MAX : (int)size;

	if (room && MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, room) > 0)
		return true;
	if (size)
		wide[0] = L'\0';
	return false;
}

wchar_t *fw_wide_new(const char *text)
{
	int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
	wchar_t *wide = length > 0 ? malloc((size_t)length * sizeof(*wide)) : NULL;

	if (wide)
		fw_text_to_wide(text, wide, (size_t)length);
	return wide;
}

char *fw_wide_text_new(const wchar_t *wide)
{
	int length = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
	char *text = length > 0 ? malloc((size_t)length) : NULL;

	if (text)
		fw_wide_to_text(wide, text, (size_t)length);
	return text;
}
