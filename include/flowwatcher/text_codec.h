/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Bytes of unknown origin (names of processes, paths) made safe for JSON and terminals. Callable
 * from any thread.
 */
#ifndef FLOWWATCHER_TEXT_CODEC_H
#define FLOWWATCHER_TEXT_CODEC_H

#include <stdbool.h>
#include <stddef.h>

/* Valid UTF-8 as RFC 3629 defines it (no surrogates, nothing overlong)? */
bool fw_utf8_is_valid(const char *bytes, size_t length);

/* Room that fw_utf8_replace needs for `length` bytes, the terminating zero included. */
#define FW_UTF8_REPLACED_SIZE(length) (3 * (length) + 1)

/* Copy with U+FFFD in place of each byte that is not part of valid UTF-8. `text` has at least
 * FW_UTF8_REPLACED_SIZE(length) bytes. Returns the length of the text. */
size_t fw_utf8_replace(const char *bytes, size_t length, char *text);

/* Room that fw_base64_encode needs for `length` bytes, the terminating zero included. */
#define FW_BASE64_SIZE(length) (((length) + 2) / 3 * 4 + 1)

/* RFC 4648 base64 with padding. Returns the length of the text. */
size_t fw_base64_encode(const char *bytes, size_t length, char *text);

/* Copy for a terminal: bytes that are control characters or not valid UTF-8 become '?'. Cut to fit
 * `size` (with the zero) without splitting a character. Returns the length of the text. */
size_t fw_text_printable(const char *bytes, size_t length, char *text, size_t size);

/* Room that fw_shell_quote needs for `length` bytes, the terminating zero included. */
#define FW_SHELL_QUOTED_SIZE(length) (4 * (length) + 4)

/* One argument as a shell takes it: plain where that is safe, else 'quoted'; $'quoted' with \n and
 * \xHH where there are control characters or bytes that are not valid UTF-8, so that a terminal may
 * see it. Returns the length of the text. */
size_t fw_shell_quote(const char *bytes, size_t length, char *text);

/* Number of characters (code points) in valid UTF-8 text: the columns it takes on a terminal, but
 * for wide and combining characters. */
size_t fw_text_columns(const char *text);

#endif
