/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Names of adapters and patterns for them: '*' stands for any number of bytes, '?' for one. The same answer for the
 * programs (include/flowwatcher/adapter_pattern.h) and for the kernel side that chooses an adapter's list. Callable from
 * anywhere.
 */
#ifndef FW_CORE_NAME_PATTERN_H
#define FW_CORE_NAME_PATTERN_H

#include "core/types.h"

/* Is it a pattern and not the name of one adapter? */
static inline bool fw_pattern_is(const char *text)
{
	for (; *text; text++)
		if (*text == '*' || *text == '?')
			return true;
	return false;
}

/* Only the last '*' ever has to take more bytes: an earlier one that took more would leave less for
 * the same rest. So the time is bounded by the product of the lengths. */
static inline bool fw_pattern_matches(const char *pattern, const char *name)
{
	const char *star = (const char *)0, *taken = (const char *)0;

	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			taken = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++taken;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static inline uint32_t fw_pattern_length(const char *text)
{
	uint32_t length = 0;

	while (text[length])
		length++;
	return length;
}

/*
 * Of two texts that both stand for an adapter: does `text` count, and not `other`? Its own name comes before any
 * pattern, a longer pattern before a shorter one, the first by its bytes of two equally long ones.
 */
static inline bool fw_pattern_precedes(const char *text, const char *other)
{
	bool is_pattern = fw_pattern_is(text), other_is = fw_pattern_is(other);
	uint32_t length = fw_pattern_length(text), other_length = fw_pattern_length(other);

	if (is_pattern != other_is)
		return other_is;
	if (length != other_length)
		return length > other_length;
	while (*text && *text == *other)
		text++, other++;
	return (uint8_t)*text < (uint8_t)*other;
}

#endif
