/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/filter_words.h"

#include "flowwatcher/names.h"
#include "flowwatcher/text_codec.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

char *fw_origin_text(const char *source, uint32_t line, char *text, size_t size)
{
	char name[FW_FILTER_SOURCE_SIZE];

	if (!strcmp(source, "-"))
		source = "standard input";
	fw_text_printable(source, strlen(source), name, sizeof(name));
	if (line)
		snprintf(text, size, "%s line %u", name, line);
	else
		snprintf(text, size, "command");
	return text;
}

const char *fw_direction_words(uint32_t direction)
{
	return direction == FW_FILTER_BOTH ? "in and out" : fw_filter_direction_name(direction);
}

const char *fw_hook_words(uint32_t hook)
{
	switch (hook) {
	case FW_FILTER_HOOK_NONE:
		return "-";
	case FW_FILTER_HOOK_XDP_NATIVE:
		return "xdp native";
	case FW_FILTER_HOOK_XDP_GENERIC:
		return "xdp generic";
	default:
		return fw_filter_hook_name(hook);
	}
}

char *fw_prefixes_words(uint64_t ipv4, uint64_t ipv6, char *text, size_t size)
{
	if (ipv4 && ipv6)
		snprintf(text, size, "%" PRIu64 " prefixes (%" PRIu64 " IPv4, %" PRIu64 " IPv6)",
			ipv4 + ipv6, ipv4, ipv6);
	else
		snprintf(text, size, "%" PRIu64 " %s prefix%s", ipv4 + ipv6,
			ipv6 ? "IPv6" : "IPv4", ipv4 + ipv6 == 1 ? "" : "es");
	return text;
}
