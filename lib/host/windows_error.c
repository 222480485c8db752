/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/windows_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "lib/host/wide_text.h"

enum fw_status fw_windows_status(uint32_t number)
{
	switch (number) {
	case ERROR_SUCCESS:
		return FW_OK;
	case ERROR_ACCESS_DENIED:
	case ERROR_PRIVILEGE_NOT_HELD:
	case FW_ERROR_INVALID_IMAGE_HASH:
		return FW_DENIED;
	case ERROR_NOT_ENOUGH_MEMORY:
	case ERROR_OUTOFMEMORY:
	case ERROR_NO_SYSTEM_RESOURCES:
		return FW_NO_MEMORY;
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
	case ERROR_NOT_FOUND:
	case ERROR_SERVICE_DOES_NOT_EXIST:
	case ERROR_DEVICE_REMOVED:
		return FW_NOT_FOUND;
	case ERROR_ALREADY_EXISTS:
	case ERROR_FILE_EXISTS:
	case ERROR_SERVICE_ALREADY_RUNNING:
	case ERROR_SERVICE_EXISTS:
		return FW_EXISTS;
	case ERROR_INVALID_FUNCTION:
	case ERROR_NOT_SUPPORTED:
	case ERROR_CALL_NOT_IMPLEMENTED:
	case ERROR_REVISION_MISMATCH:
		return FW_UNSUPPORTED;
	default:
		return FW_FAILED;
	}
}

/* What the system says, without the dot and the line end behind it. */
static void describe(uint32_t number, char *text, size_t size)
{
	wchar_t wide[256];
	DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
		number, 0, wide, FW_ARRAY_SIZE(wide), NULL);

	while (length && (wide[length - 1] <= L' ' || wide[length - 1] == L'.'))
		length--;
	wide[length] = L'\0';
	if (!length || !fw_wide_to_text(wide, text, size))
		snprintf(text, size, "refused");
}

enum fw_status fw_error_set_windows(struct fw_error *error, uint32_t number, const char *format, ...)
{
	enum fw_status status = fw_windows_status(number);
	va_list arguments;
	char reason[512], numbered[sizeof(reason) + 32];

	describe(number, reason, sizeof(reason));
	snprintf(numbered, sizeof(numbered), "%s (error %u)", reason, number);
	va_start(arguments, format);
	fw_error_set_reason(error, status, numbered, format, arguments);
	va_end(arguments);
	return status;
}
