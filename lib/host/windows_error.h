/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Errors of Windows as ours: the one place that converts. Called by what is Windows' alone, from any thread. */
#ifndef FW_WINDOWS_ERROR_H
#define FW_WINDOWS_ERROR_H

#include <stdint.h>

#include "flowwatcher/error.h"

#define FW_ERROR_INVALID_IMAGE_HASH 577 /* since Vista: a signature was refused */

enum fw_status fw_windows_status(uint32_t number);

/* "<format>: what the system says of the error (error 5)". Returns its status; error may be NULL. */
enum fw_status fw_error_set_windows(struct fw_error *error, uint32_t number, const char *format, ...)
	FW_PRINTF(3, 4);

#endif
