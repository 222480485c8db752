/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/filter_reading.h"

#include "flowwatcher/names.h"

/* What was left out of one section. */
struct merging {
	struct fw_filter_reading *reading;
	struct fw_filter_section *section;
};

static void count_merge(const struct fw_prefix_merge *merge, void *argument)
{
	char text[FW_FILTER_PREFIX_TEXT_SIZE], kept[FW_FILTER_PREFIX_TEXT_SIZE];
	const struct merging *merging = argument;
	bool is_duplicate = fw_filter_prefix_compare(merge->left_out, merge->kept) == 0;
	enum fw_filter_note_kind kind =
		is_duplicate ? FW_FILTER_NOTE_DUPLICATE : FW_FILTER_NOTE_CONTAINED;

	if (is_duplicate)
		merging->section->duplicates++;
	else
		merging->section->contained++;
	if (!fw_filter_reading_may_tell(merging->reading, kind))
		return;
	fw_filter_prefix_format(merge->left_out, text, sizeof(text));
	fw_filter_prefix_format(merge->kept, kept, sizeof(kept));
	merging->reading->options->note(&(struct fw_filter_note){ kind, merge->left_out->line, 0,
						text, "", kept, merge->kept->line,
						merging->section->adapter },
		merging->reading->options->argument);
}

/* Of one family: does it fit, and does it leave anything to pass? */
static enum fw_status check_family(struct fw_filter_reading *reading,
	const struct fw_filter_section *section, uint8_t family, size_t first, uint32_t count,
	uint32_t most)
{
	const struct fw_filter_prefix *prefix = &section->list.prefixes[first];
	char text[FW_FILTER_PREFIX_TEXT_SIZE];

	if (count > most)
		return fw_error_set(reading->error, FW_MALFORMED,
			"%.200s has %u prefixes of %s in one list, which takes %u", reading->name,
			count, fw_family_name(family), most);
	if (reading->options->force || count == 0 ||
		!fw_prefix_list_is_everything(section->list.prefixes, section->list.count, family))
		return FW_OK;
	fw_filter_prefix_format(prefix, text, sizeof(text));
	if (count == 1)
		return fw_error_set(reading->error, FW_MALFORMED,
			"%.200s line %u column 1: '%s': this drops all of %s; say --force if it is "
			"meant",
			reading->name, prefix->line, text, fw_family_name(family));
	return fw_error_set(reading->error, FW_MALFORMED,
		"%.200s: %u prefixes, from '%s' in line %u on, together drop all of %s; say "
		"--force if it is meant",
		reading->name, count, text, prefix->line, fw_family_name(family));
}

static enum fw_status settle_section(struct fw_filter_reading *reading,
	struct fw_filter_section *section)
{
	struct merging merging = { reading, section };
	enum fw_status status;

	if (section->list.count == 0)
		return fw_error_set(reading->error, FW_MALFORMED,
			"%.200s line %u: '%s': no address follows; to have no list there, say: "
			"flowwatcher filter setdflt --adapter %s",
			reading->name, section->line, section->adapter, section->adapter);
	status = fw_prefix_list_settle(&section->list, count_merge, &merging, reading->error);
	if (status != FW_OK)
		return status;
	for (size_t i = 0; i < section->list.count; i++)
		section->ipv4 += section->list.prefixes[i].family == FW_FAMILY_IPV4;
	section->ipv6 = (uint32_t)section->list.count - section->ipv4;
	status = check_family(reading, section, FW_FAMILY_IPV4, 0, section->ipv4,
		FW_FILTER_MAX_IPV4);
	if (status != FW_OK || section->ipv6 == 0)
		return status;
	return check_family(reading, section, FW_FAMILY_IPV6, section->ipv4, section->ipv6,
		FW_FILTER_MAX_IPV6);
}

enum fw_status fw_filter_reading_settle(struct fw_filter_reading *reading)
{
	struct fw_filter_file *file = reading->file;
	enum fw_status status = FW_OK;

	if (file->count == 0)
		return fw_error_set(reading->error, FW_MALFORMED,
			"%.200s has no address in %ju lines%s; to have no list, say: flowwatcher "
			"filter setdflt",
			reading->name, (uintmax_t)file->lines,
			file->skipped ? ", some of which were skipped" : "");
	for (size_t i = 0; i < file->count && status == FW_OK; i++)
		status = settle_section(reading, &file->sections[i]);
	return status;
}
