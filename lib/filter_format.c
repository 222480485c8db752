/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The words of filter files that are chosen or written, not read. */
#include "flowwatcher/filter_file.h"

#include <string.h>

#include "flowwatcher/names.h"

enum fw_status fw_filter_format_parse(const char *text, enum fw_filter_format *format,
	struct fw_error *error)
{
	static const struct {
		const char *name;
		enum fw_filter_format format;
	} formats[] = {
		{ "auto", FW_FILTER_FORMAT_AUTO },
		{ "classic", FW_FILTER_FORMAT_CLASSIC },
		{ "plain", FW_FILTER_FORMAT_PLAIN },
		{ "netset", FW_FILTER_FORMAT_PLAIN },
		{ "hosts", FW_FILTER_FORMAT_PLAIN },
		{ "ipset", FW_FILTER_FORMAT_IPSET },
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(formats); i++) {
		if (strcmp(text, formats[i].name) == 0) {
			*format = formats[i].format;
			return FW_OK;
		}
	}
	return fw_error_set(error, FW_USAGE,
		"'%.40s' is no format of lists; choose auto, classic, plain (netset, hosts) or "
		"ipset",
		text);
}

enum fw_status fw_filter_direction_parse(const char *text, uint32_t *direction,
	struct fw_error *error)
{
	for (uint32_t each = FW_FILTER_IN; each <= FW_FILTER_BOTH; each++) {
		if (strcmp(text, fw_filter_direction_name(each)) == 0) {
			*direction = each;
			return FW_OK;
		}
	}
	return fw_error_set(error, FW_USAGE, "'%.40s' is no direction; choose in, out or both",
		text);
}

/* The direction is always said, so that a name that is one of its words is none. */
void fw_filter_file_write_section(FILE *file, const char *adapter, uint32_t direction)
{
	const char *name = fw_filter_direction_name(direction);

	if (strchr(adapter, ']'))
		fprintf(file, "adapter %s %s\n", adapter, name);
	else
		fprintf(file, "[adapter %s %s]\n", adapter, name);
}

void fw_filter_file_write_prefix(FILE *file, const struct fw_filter_prefix *prefix,
	const char *remark)
{
	char text[FW_FILTER_PREFIX_TEXT_SIZE];

	fw_filter_prefix_format(prefix, text, sizeof(text));
	if (remark && remark[0])
		fprintf(file, "%s ; %s\n", text, remark);
	else
		fprintf(file, "%s\n", text);
}
