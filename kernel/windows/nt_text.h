/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* NT's texts for rows, records and rules. PASSIVE_LEVEL where it folds case (its tables are paged),
 * else any. */
#ifndef FW_NT_TEXT_H
#define FW_NT_TEXT_H

#include <ntddk.h>

#include <stdbool.h>

#include "core/types.h"

/* The units that a string really has: Length in whole units, none without a buffer (NT-28). */
uint32_t fw_text_units(const UNICODE_STRING *string);

/* The name behind the last backslash, as much as there is room for with a terminating zero. */
void fw_text_file_name(const UNICODE_STRING *path, char *name, uint32_t size);

/* The end of a path that there is room for with a terminating zero; returns whether it was cut. */
bool fw_text_path_end(const UNICODE_STRING *path, char *text, uint32_t size);

/* Without case, as NT compares names: bytes without a terminating zero; 0: empty or longer than
 * `room`. */
uint32_t fw_text_fold(const UNICODE_STRING *string, char *text, uint32_t room);

/* The same of text that is UTF-8 already. */
uint32_t fw_text_fold_utf8(const char *from, uint32_t length, char *text, uint32_t room);

/* The part of a path behind its last backslash. */
UNICODE_STRING fw_text_last_part(const UNICODE_STRING *path);

#endif
