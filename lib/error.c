/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static enum fw_status status_of_errno(int error_number)
{
	switch (error_number) {
	case EPERM:
	case EACCES:
		return FW_DENIED;
	case ENOMEM:
		return FW_NO_MEMORY;
	case ENOENT:
	case ESRCH:
		return FW_NOT_FOUND;
	case EEXIST:
		return FW_EXISTS;
	case EOPNOTSUPP:
	case ENOSYS:
		return FW_UNSUPPORTED;
	default:
		return FW_FAILED;
	}
}

enum fw_status fw_error_set(struct fw_error *error, enum fw_status status, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return status;
	error->status = status;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return status;
}

enum fw_status fw_error_set_reason(struct fw_error *error, enum fw_status status,
	const char *reason, const char *format, va_list arguments)
{
	size_t length;

	if (!error)
		return status;
	error->status = status;
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	length = strlen(error->text);
	snprintf(error->text + length, sizeof(error->text) - length, ": %s", reason);
	return status;
}

enum fw_status fw_error_set_errno(struct fw_error *error, int error_number, const char *format, ...)
{
	int number = error_number < 0 ? -error_number : error_number;
	enum fw_status status = status_of_errno(number);
	char reason[128];
	va_list arguments;

	va_start(arguments, format);
	fw_error_set_reason(
		error, status, strerror_r(number, reason, sizeof(reason)), format, arguments);
	va_end(arguments);
	return status;
}

int fw_status_exit_code(enum fw_status status)
{
	switch (status) {
	case FW_OK:
	case FW_STOPPED:
		return 0;
	case FW_USAGE:
		return 2;
	case FW_DENIED:
		return 3;
	case FW_UNSUPPORTED:
		return 4;
	case FW_LOST:
		return 5;
	default:
		return 1;
	}
}
