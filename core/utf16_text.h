/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Text as NT has it (UTF-16, not necessarily valid, lengths in units of two bytes) and as records
 * have it (UTF-8). Half of a surrogate pair becomes U+FFFD, as does each byte that is no UTF-8. No
 * allocation; callable from anywhere.
 */
#ifndef FW_CORE_UTF16_TEXT_H
#define FW_CORE_UTF16_TEXT_H

#include "core/types.h"

#define FW_UTF_REPLACEMENT 0xfffdu

/* The character at *at, which moves behind it. The caller saw that *at < units. */
static inline uint32_t fw_utf16_next(const uint16_t *text, uint32_t units, uint32_t *at)
{
	uint32_t unit = text[(*at)++];

	if (unit < 0xd800 || unit > 0xdfff)
		return unit;
	if (unit > 0xdbff || *at == units || (text[*at] & 0xfc00) != 0xdc00)
		return FW_UTF_REPLACEMENT;
	return 0x10000 + ((unit - 0xd800) << 10) + (text[(*at)++] - 0xdc00u);
}

static inline uint32_t fw_utf8_size(uint32_t character)
{
	return character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
}

static inline void fw_utf8_put(char *to, uint32_t character)
{
	uint32_t size = fw_utf8_size(character);
	static const uint8_t leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (uint32_t i = size - 1; i > 0; i--, character >>= 6)
		to[i] = (char)(0x80 | (character & 0x3f));
	to[0] = (char)(leads[size] | character);
}

/* As much from the beginning as `room` bytes hold, without a terminating zero. Returns bytes; *cut:
 * not all of it. */
static inline uint32_t fw_utf16_to_utf8(
	const uint16_t *text, uint32_t units, char *to, uint32_t room, bool *cut)
{
	uint32_t length = 0;

	for (uint32_t at = 0; at < units;) {
		uint32_t character = fw_utf16_next(text, units, &at);

		if (fw_utf8_size(character) > room - length) {
			*cut = true;
			return length;
		}
		fw_utf8_put(to + length, character);
		length += fw_utf8_size(character);
	}
	*cut = false;
	return length;
}

/* Where the longest end that fits in `room` bytes begins. */
static inline uint32_t fw_utf16_tail(const uint16_t *text, uint32_t units, uint32_t room)
{
	uint32_t bytes = 0, start = 0;

	for (uint32_t at = 0; at < units;) {
		bytes += fw_utf8_size(fw_utf16_next(text, units, &at));
		while (bytes > room)
			bytes -= fw_utf8_size(fw_utf16_next(text, units, &start));
	}
	return start;
}

static inline bool fw_utf8_is_tail(const char *text, uint32_t length, uint32_t at)
{
	return at < length && ((uint8_t)text[at] & 0xc0) == 0x80;
}

/* The character at *at, which moves behind it. The caller saw that *at < length. */
static inline uint32_t fw_utf8_next(const char *text, uint32_t length, uint32_t *at)
{
	static const uint32_t lowest[] = { 0, 0x80, 0x800, 0x10000 };
	uint8_t lead = (uint8_t)text[(*at)++];
	uint32_t tails = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
	uint32_t character = lead & (0x3fu >> tails), behind = *at;

	if (lead < 0x80)
		return lead;
	if (lead < 0xc0 || lead > 0xf7)
		return FW_UTF_REPLACEMENT;
	for (uint32_t i = 0; i < tails; i++, behind++) {
		if (!fw_utf8_is_tail(text, length, behind))
			return FW_UTF_REPLACEMENT;
		character = character << 6 | ((uint8_t)text[behind] & 0x3f);
	}
	if (character < lowest[tails] || character > 0x10ffff || (character & ~0x7ffu) == 0xd800)
		return FW_UTF_REPLACEMENT;
	*at = behind;
	return character;
}

/* As many units as there is room for. Returns units; *cut: not all of it. */
static inline uint32_t fw_utf8_to_utf16(
	const char *text, uint32_t length, uint16_t *to, uint32_t room, bool *cut)
{
	uint32_t units = 0;

	for (uint32_t at = 0; at < length;) {
		uint32_t character = fw_utf8_next(text, length, &at);
		uint32_t needed = character < 0x10000 ? 1 : 2;

		if (needed > room - units) {
			*cut = true;
			return units;
		}
		if (needed == 2) {
			to[units++] = (uint16_t)(0xd7c0 + (character >> 10));
			character = 0xdc00 | (character & 0x3ff);
		}
		to[units++] = (uint16_t)character;
	}
	*cut = false;
	return units;
}

#endif
