/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Windows' UTF-16 and our UTF-8, for the files of lib/, cli/ and backend/ that are Windows' alone. Any thread. */
#ifndef FW_WIDE_TEXT_H
#define FW_WIDE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* `size` counts the zero. False: too long, or not well formed; the output is then empty. */
bool fw_wide_to_text(const wchar_t *wide, char *text, size_t size);
bool fw_text_to_wide(const char *text, wchar_t *wide, size_t size);

/* On the heap; NULL: no memory, or not well formed. */
wchar_t *fw_wide_new(const char *text);
char *fw_wide_text_new(const wchar_t *wide);

#endif
