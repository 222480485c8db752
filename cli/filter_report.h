/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What `filter set`, `add`, `remove` and `follow` say of a list that they put in force. One
 * thread. */
#ifndef FW_CLI_FILTER_REPORT_H
#define FW_CLI_FILTER_REPORT_H

#include "cli/filter_state.h"
#include "flowwatcher/filter_file.h"

struct json_object;

struct fw_filter_report {
	const char *adapter, *source;
	uint32_t direction;
	const struct fw_filter_section *section; /* NULL: not of a file */
	uint64_t skipped;			 /* lines of the file */
	uint64_t ipv4, ipv6;			 /* prefixes now */
	uint64_t added, removed, replaced, contained;
	bool json, is_dry;
};

/* One line, or object, with the adapters for which the list is in force (NULL: not known). False:
 * no memory. */
bool fw_filter_report_print(
	const struct fw_filter_report *report, const struct fw_adapters *adapters);

/* One for each section of a file. adapters as above. */
bool fw_filter_report_file(const struct fw_filter_file *file, const struct fw_adapters *adapters,
	bool json, bool is_dry);

/* Prefixes of each family. */
void fw_filter_report_count(struct fw_filter_report *report, const struct fw_prefix_list *list);

#endif
