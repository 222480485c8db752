/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/filter_report.h"

#include "cli/filter_words.h"
#include "flowwatcher/adapter_pattern.h"
#include "flowwatcher/json_objects.h"
#include "flowwatcher/names.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define ADAPTERS_NAMED 8

/* Is the list of the report the one that counts for this direction of the adapter? */
static bool holds_for(const struct fw_filter_report *report,
	const struct fw_adapter_direction *direction, uint32_t bit)
{
	return (report->direction & bit) && direction->hook != FW_FILTER_HOOK_NONE &&
	       !strcmp(direction->pattern, report->adapter);
}

static bool holds(const struct fw_filter_report *report, const struct fw_adapter *adapter)
{
	return holds_for(report, &adapter->in, FW_FILTER_IN) ||
	       holds_for(report, &adapter->out, FW_FILTER_OUT);
}

static void print_adapter(const struct fw_filter_report *report, const struct fw_adapter *adapter)
{
	bool in = holds_for(report, &adapter->in, FW_FILTER_IN);
	bool out = holds_for(report, &adapter->out, FW_FILTER_OUT);

	printf(" %s (", adapter->name);
	if (in)
		printf("in: %s%s", fw_hook_words(adapter->in.hook), out ? ", " : "");
	if (out)
		printf("out: %s", fw_hook_words(adapter->out.hook));
	printf(")");
}

static void print_adapters(
	const struct fw_filter_report *report, const struct fw_adapters *adapters)
{
	size_t count = 0, named = 0;

	for (size_t i = 0; i < adapters->count; i++)
		count += holds(report, &adapters->rows[i]);
	if (!count) {
		printf("; no adapter has it yet");
		return;
	}
	printf("; in force for%s", count == 1 ? "" : " these:");
	for (size_t i = 0; i < adapters->count && named < ADAPTERS_NAMED; i++) {
		if (!holds(report, &adapters->rows[i]))
			continue;
		printf("%s", named++ ? "," : "");
		print_adapter(report, &adapters->rows[i]);
	}
	if (count > named)
		printf(" and %zu more", count - named);
}

static void print_part(uint64_t count, const char *what)
{
	if (count)
		printf(", %" PRIu64 " %s", count, what);
}

static void print_text(const struct fw_filter_report *report, const struct fw_adapters *adapters)
{
	char words[FW_PREFIXES_WORDS_SIZE];

	printf("%s%s %s: ", report->is_dry ? "would be: " : "",
		report->adapter[0] ? report->adapter : "(no adapter)",
		fw_direction_words(report->direction));
	if (report->ipv4 + report->ipv6)
		printf("%s", fw_prefixes_words(report->ipv4, report->ipv6, words, sizeof(words)));
	else
		printf("no list any more");
	print_part(report->added, "added");
	print_part(report->removed, "removed");
	print_part(report->replaced, "replaced by a wider one");
	if (report->section) {
		print_part(report->section->duplicates, "duplicates merged");
		print_part(report->section->contained, "in wider ones merged");
	} else {
		print_part(report->contained, "there already");
	}
	print_part(report->skipped, "bad lines left out of the file");
	if (adapters && report->ipv4 + report->ipv6)
		print_adapters(report, adapters);
	printf("\n");
}

static struct json_object *names_of(const struct fw_filter_report *report,
	const struct fw_adapters *adapters)
{
	struct json_object *names = json_object_new_array();

	for (size_t i = 0; names && adapters && i < adapters->count; i++)
		if (holds(report, &adapters->rows[i]))
			json_object_array_add(names, fw_json_text(adapters->rows[i].name));
	return names;
}

static bool print_json(const struct fw_filter_report *report, const struct fw_adapters *adapters)
{
	struct json_object *object = fw_json_new("filter_set");
	const struct fw_filter_section *section = report->section;
	const char *direction = fw_filter_direction_name(report->direction);

	fw_json_add_text(object, "adapter", report->adapter, strlen(report->adapter));
	fw_json_add_text(object, "direction", direction, strlen(direction));
	fw_json_add_text(object, "source", report->source, strlen(report->source));
	fw_json_add_bool(object, "dry_run", report->is_dry);
	fw_json_add_number(object, "ipv4", report->ipv4);
	fw_json_add_number(object, "ipv6", report->ipv6);
	fw_json_add_number(object, "added", report->added);
	fw_json_add_number(object, "removed", report->removed);
	fw_json_add_number(object, "replaced", report->replaced);
	fw_json_add_number(object, "duplicates", section ? section->duplicates : 0);
	fw_json_add_number(object, "contained", section ? section->contained : report->contained);
	fw_json_add_number(object, "skipped", report->skipped);
	if (object)
		json_object_object_add(object, "adapters", names_of(report, adapters));
	return fw_json_print_line(object);
}

bool fw_filter_report_print(
	const struct fw_filter_report *report, const struct fw_adapters *adapters)
{
	if (report->json)
		return print_json(report, adapters);
	print_text(report, adapters);
	return true;
}

bool fw_filter_report_file(const struct fw_filter_file *file, const struct fw_adapters *adapters,
	bool json, bool is_dry)
{
	for (size_t i = 0; i < file->count; i++) {
		const struct fw_filter_section *section = &file->sections[i];
		const struct fw_filter_report report = {
			.adapter = section->adapter,
			.source = file->source,
			.direction = section->direction,
			.section = section,
			.skipped = i ? 0 : file->skipped,
			.ipv4 = section->ipv4,
			.ipv6 = section->ipv6,
			.added = section->list.count,
			.json = json,
			.is_dry = is_dry,
		};

		if (!fw_filter_report_print(&report, adapters))
			return false;
	}
	return true;
}

void fw_filter_report_count(struct fw_filter_report *report, const struct fw_prefix_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		(*(list->prefixes[i].family == FW_FAMILY_IPV4 ? &report->ipv4 : &report->ipv6))++;
}
