/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What went wrong, in words a user can act on. The library never prints: functions that can fail
 * take a `struct fw_error *` (may be NULL) and fill it only when they fail. Callable from any
 * thread.
 */
#ifndef FLOWWATCHER_ERROR_H
#define FLOWWATCHER_ERROR_H

#include <stdarg.h>

#include "core/status.h"
#include "core/types.h"

#define FW_ERROR_TEXT_SIZE 512

struct fw_error {
	enum fw_status status;
	char text[FW_ERROR_TEXT_SIZE]; /* object, reason and remedy; no newline at the end */
};

/* Fill *error (when not NULL) printf-style and return status, so that callers can `return` it. */
enum fw_status fw_error_set(struct fw_error *error, enum fw_status status, const char *format, ...)
	FW_PRINTF(3, 4);

/*
 * The same for a system call's result: appends ": " and the text of `error_number` (positive or
 * negative errno), and chooses the status (EPERM, EACCES -> FW_DENIED; ENOMEM -> FW_NO_MEMORY;
 * ENOENT, ESRCH -> FW_NOT_FOUND; EEXIST -> FW_EXISTS; EOPNOTSUPP, ENOSYS -> FW_UNSUPPORTED; else
 * FW_FAILED). The one place that converts errno to a status.
 */
enum fw_status fw_error_set_errno(struct fw_error *error, int error_number, const char *format, ...)
	FW_PRINTF(3, 4);

/* The same for whoever has a status and its reason already: the text, ": ", the reason. */
enum fw_status fw_error_set_reason(struct fw_error *error, enum fw_status status,
	const char *reason, const char *format, va_list arguments);

/* Exit code of the commands' contract: 0 done, 1 failed, 2 usage, 3 not permitted, 4 kernel lacks
 * something, 5 events were lost. */
int fw_status_exit_code(enum fw_status status);

#endif
