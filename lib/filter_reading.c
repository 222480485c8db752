/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/filter_reading.h"

#include <stdlib.h>
#include <string.h>

#include "flowwatcher/names.h"
#include "lib/grow.h"

#define MOST_SECTIONS 1024u
#define MOST_PREFIXES (2u * (FW_FILTER_MAX_IPV4 + FW_FILTER_MAX_IPV6)) /* before they are merged   \
									*/
#define SHOWN 60 /* bytes of a line that a message quotes */
#define SHOWN_SIZE 100

/* Quoted as far as it is shown, with \xHH for bytes that a terminal must not see. */
static char *show(const char *text, size_t length, char *shown)
{
	bool is_cut = length > SHOWN;
	size_t at = 0;

	if (is_cut)
		length = SHOWN;
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		bool is_plain = byte >= ' ' && byte < 0x7f;

		if (at + (is_plain ? 1 : 4) + sizeof("...") > SHOWN_SIZE) {
			is_cut = true;
			break;
		}
		if (is_plain)
			shown[at++] = text[i];
		else
			at += (size_t)snprintf(shown + at, 5, "\\x%02x", byte);
	}
	strcpy(shown + at, is_cut ? "..." : "");
	return shown;
}

bool fw_filter_reading_may_tell(struct fw_filter_reading *reading, enum fw_filter_note_kind kind)
{
	if (!reading->options->note || reading->told[kind] >= reading->options->notes)
		return false;
	reading->told[kind]++;
	return true;
}

static const char *adapter_of(const struct fw_filter_reading *reading)
{
	return reading->section == FW_FILTER_NO_SECTION
		       ? ""
		       : reading->file->sections[reading->section].adapter;
}

/* The line is wrong: leave it out, or refuse all. */
static enum fw_status take_fault(struct fw_filter_reading *reading, const char *text, size_t length,
	const struct fw_filter_fault *fault)
{
	uint32_t line = (uint32_t)reading->file->lines, column = (uint32_t)fault->offset + 1;
	char shown[SHOWN_SIZE];

	show(text, length, shown);
	if (!reading->options->skip_bad || fault->is_final)
		return fw_error_set(reading->error, FW_MALFORMED,
			"%.120s line %u column %u: '%s': %s", reading->name, line, column, shown,
			fault->reason);
	reading->file->skipped++;
	if (fw_filter_reading_may_tell(reading, FW_FILTER_NOTE_SKIPPED))
		reading->options->note(&(struct fw_filter_note){ FW_FILTER_NOTE_SKIPPED, line,
					       column, shown, fault->reason, "", 0,
					       adapter_of(reading) },
			reading->options->argument);
	return FW_OK;
}

enum fw_status fw_filter_reading_no_memory(const struct fw_filter_reading *reading)
{
	return fw_error_set(reading->error, FW_NO_MEMORY,
		"no memory for the %ju lines of %.200s so far", (uintmax_t)reading->file->lines,
		reading->name);
}

static bool grow_sections(struct fw_filter_file *file)
{
	struct fw_filter_section *grown =
		fw_grow(file->sections, file->count, &file->capacity, sizeof(*grown));

	if (!grown)
		return false;
	file->sections = grown;
	return true;
}

/* Go on with the section of an adapter and a direction. */
static enum fw_status choose_section(struct fw_filter_reading *reading, const char *adapter,
	uint32_t direction, uint32_t line, struct fw_filter_fault *fault)
{
	struct fw_filter_file *file = reading->file;
	struct fw_filter_section *section;

	for (size_t i = 0; i < file->count; i++) {
		section = &file->sections[i];
		if (strcmp(section->adapter, adapter) != 0 || !(section->direction & direction))
			continue;
		reading->section = i;
		if (section->direction == direction)
			return FW_OK;
		fw_filter_fault_set(fault, 0,
			"line %u begins a list for this adapter in direction %s; have one for in "
			"and one for out, or one for both",
			section->line, fw_filter_direction_name(section->direction));
		return FW_MALFORMED;
	}
	if (file->count == MOST_SECTIONS) {
		fw_filter_fault_set(fault, 0, "a file has at most %u lists", MOST_SECTIONS);
		return FW_MALFORMED;
	}
	if (!grow_sections(file))
		return fw_filter_reading_no_memory(reading);
	section = &file->sections[reading->section = file->count++];
	*section = (struct fw_filter_section){ .direction = direction, .line = line };
	strcpy(section->adapter, adapter);
	return FW_OK;
}

static enum fw_status begin_section(struct fw_filter_reading *reading,
	const struct fw_filter_line *line, const char *text, size_t length)
{
	uint32_t direction = line->direction ? line->direction : reading->options->direction;
	struct fw_filter_fault fault;
	enum fw_status status;

	status = choose_section(reading, line->adapter, direction ? direction : FW_FILTER_BOTH,
		(uint32_t)reading->file->lines, &fault);
	if (status != FW_MALFORMED)
		return status;
	fault.is_final = true;
	return take_fault(reading, text, length, &fault);
}

static enum fw_status add_entry(struct fw_filter_reading *reading,
	const struct fw_filter_entry *entry)
{
	uint32_t direction = reading->options->direction;
	struct fw_filter_prefix prefixes[FW_RANGE_PREFIXES];
	size_t count = fw_filter_entry_expand(entry, prefixes);
	struct fw_filter_section *section;
	struct fw_filter_fault fault;

	if (reading->section == FW_FILTER_NO_SECTION &&
		choose_section(reading, "", direction ? direction : FW_FILTER_BOTH, 0, &fault) !=
			FW_OK)
		return fw_filter_reading_no_memory(reading);
	section = &reading->file->sections[reading->section];
	if (section->list.count > MOST_PREFIXES - count)
		return fw_error_set(reading->error, FW_MALFORMED,
			"%.200s line %ju: more than %u prefixes before they are merged; split the "
			"list over several adapters, or shorten it",
			reading->name, (uintmax_t)reading->file->lines, MOST_PREFIXES);
	for (size_t i = 0; i < count; i++) {
		prefixes[i].line = (uint32_t)reading->file->lines;
		if (!fw_prefix_list_append(&section->list, &prefixes[i]))
			return fw_filter_reading_no_memory(reading);
	}
	section->entries++;
	return FW_OK;
}

enum fw_status fw_filter_reading_take_line(struct fw_filter_reading *reading,
	enum fw_line_result result, const char *text, size_t length)
{
	struct fw_filter_fault fault = { .offset = FW_FILTER_LINE_SIZE };
	struct fw_filter_line line;

	if (reading->file->lines == UINT32_MAX)
		return fw_error_set(reading->error, FW_MALFORMED, "%.200s has more than %u lines",
			reading->name, UINT32_MAX);
	reading->file->lines++;
	if (result != FW_LINE_READ) {
		fw_filter_fault_set(&fault, FW_FILTER_LINE_SIZE,
			"the line is longer than %u bytes; give a text file with an address a line",
			FW_FILTER_LINE_SIZE);
		fault.is_final = result == FW_LINE_UNENDING;
		reading->grammar.has_begun = true;
		return take_fault(reading, text, length, &fault);
	}
	if (!fw_filter_line_read(&reading->grammar, text, length, &line, &fault))
		return take_fault(reading, text, length, &fault);
	if (line.kind == FW_FILTER_LINE_SECTION)
		return begin_section(reading, &line, text, length);
	return line.kind == FW_FILTER_LINE_ENTRY ? add_entry(reading, &line.entry) : FW_OK;
}
