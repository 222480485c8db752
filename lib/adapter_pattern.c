/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/adapter_pattern.h"

#include "core/name_pattern.h"

bool fw_adapter_is_pattern(const char *text)
{
	return fw_pattern_is(text);
}

bool fw_adapter_matches(const char *pattern, const char *name)
{
	return fw_pattern_matches(pattern, name);
}

bool fw_adapter_precedes(const char *text, const char *other)
{
	return fw_pattern_precedes(text, other);
}
