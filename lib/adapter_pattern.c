/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/adapter_pattern.h"

#include <stddef.h>
#include <string.h>

bool fw_adapter_is_pattern(const char *text)
{
	return strpbrk(text, "*?") != NULL;
}

/* Only the last '*' ever has to take more bytes: an earlier one that took more would leave less for
 * the same rest. So the time is bounded by the product of the lengths. */
bool fw_adapter_matches(const char *pattern, const char *name)
{
	const char *star = NULL, *taken = NULL;

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

bool fw_adapter_precedes(const char *text, const char *other)
{
	bool is_pattern = fw_adapter_is_pattern(text), other_is = fw_adapter_is_pattern(other);
	size_t length = strlen(text), other_length = strlen(other);

	if (is_pattern != other_is)
		return other_is;
	if (length != other_length)
		return length > other_length;
	return strcmp(text, other) < 0;
}
