/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/filter_source.h"

#include "cli/filter_guard.h"
#include "lib/host/adapter_alias.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_TOLD 4 /* of each kind */

struct telling {
	const char *name;
	uint32_t told[FW_FILTER_NOTE_KINDS];
};

const char *fw_filter_source_name(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

static void tell_note(const struct fw_filter_note *note, void *argument)
{
	struct telling *telling = argument;
	bool is_last = ++telling->told[note->kind] == NOTES_TOLD;

	fprintf(stderr, "flowwatcher: %.200s line %u", telling->name, note->line);
	if (note->kind == FW_FILTER_NOTE_SKIPPED)
		fprintf(stderr, " column %u left out: '%s': %s", note->column, note->text,
			note->reason);
	else if (note->kind == FW_FILTER_NOTE_DUPLICATE)
		fprintf(stderr, ": %s stands in line %u already", note->text, note->kept_line);
	else
		fprintf(stderr, ": %s is in %s of line %u", note->text, note->kept,
			note->kept_line);
	fprintf(stderr, "%s\n", is_last ? "; of more like it only the number is told" : "");
}

/* The first other list of the same adapter and direction; NULL: none. */
static const struct fw_filter_section *same_as(const struct fw_filter_file *file, size_t index)
{
	const struct fw_filter_section *section = &file->sections[index];

	for (size_t i = 0; i < index; i++)
		if (!strcmp(file->sections[i].adapter, section->adapter) &&
			(file->sections[i].direction & section->direction))
			return &file->sections[i];
	return NULL;
}

/* Sections of one name are one list already, but those of an adapter's alias and its name are two so
 * far. Releases *file on failure. */
static enum fw_status resolve_aliases(struct fw_filter_file *file, struct fw_error *error)
{
	for (size_t i = 0; i < file->count; i++)
		fw_adapter_alias_find(file->sections[i].adapter, file->sections[i].adapter);
	for (size_t i = 0; i < file->count; i++) {
		const struct fw_filter_section *other = same_as(file, i);

		if (!other)
			continue;
		fw_error_set(error, FW_USAGE,
			"%.200s: lines %u and %u begin lists of the same adapter, %.64s, by two names; "
			"choose one",
			fw_filter_source_name(file->source), other->line, file->sections[i].line,
			file->sections[i].adapter);
		fw_filter_file_done(file);
		return FW_USAGE;
	}
	return FW_OK;
}

enum fw_status fw_filter_source_read(const struct fw_filter_options *options, const char *path,
	struct fw_filter_file *file, struct fw_error *error)
{
	struct telling telling = { .name = fw_filter_source_name(path) };
	const struct fw_filter_file_options reading = {
		.format = options->format,
		.direction = options->direction,
		.skip_bad = options->skip_bad,
		.force = options->force,
		.notes = NOTES_TOLD,
		.note = tell_note,
		.argument = &telling,
	};

	enum fw_status status = fw_filter_file_read(path, &reading, file, error);

	return status == FW_OK ? resolve_aliases(file, error) : status;
}

static void drop_section(struct fw_filter_file *file, size_t index)
{
	fw_prefix_list_done(&file->sections[index].list);
	memmove(&file->sections[index], &file->sections[index + 1],
		(file->count - index - 1) * sizeof(*file->sections));
	file->count--;
}

static const struct fw_filter_section *nameless(const struct fw_filter_file *file)
{
	for (size_t i = 0; i < file->count; i++)
		if (!file->sections[i].adapter[0])
			return &file->sections[i];
	return NULL;
}

/* Lists for other adapters go. */
static void keep_only(struct fw_filter_file *file, const char *adapter)
{
	size_t dropped = 0;

	for (size_t i = file->count; i-- > 0;) {
		const char *own = file->sections[i].adapter;

		if (!own[0] || !strcmp(own, adapter))
			continue;
		drop_section(file, i);
		dropped++;
	}
	if (dropped && file->count)
		fprintf(stderr,
			"flowwatcher: %zu list%s of the file for other adapters than %s left "
			"alone\n",
			dropped, dropped == 1 ? "" : "s", adapter);
}

/* What the file says in front of any adapter is for the one that is asked for, unless it has a
 * list. */
static enum fw_status name_nameless(struct fw_filter_file *file, const char *adapter,
	struct fw_error *error)
{
	uint32_t taken = 0, direction = 0;

	for (size_t i = 0; i < file->count; i++)
		*(file->sections[i].adapter[0] ? &taken : &direction) |=
			file->sections[i].direction;
	if (taken & direction)
		return fw_error_set(error, FW_USAGE,
			"%.200s has a list of its own for %.64s and addresses in front of any adapter; "
			"write them below one name, or leave out --adapter",
			fw_filter_source_name(file->source), adapter);
	for (size_t i = 0; i < file->count; i++)
		snprintf(file->sections[i].adapter, FW_ADAPTER_NAME_SIZE, "%s", adapter);
	return FW_OK;
}

enum fw_status fw_filter_source_choose(const struct fw_filter_options *options,
	struct fw_filter_file *file, struct fw_error *error)
{
	const char *name = fw_filter_source_name(file->source);
	char first[FW_ADAPTER_NAME_SIZE];

	if (!options->adapter && nameless(file))
		return fw_error_set(error, FW_USAGE,
			"%.200s names no adapter; give --adapter NAME, or --adapter '*' for all of them",
			name);
	if (!options->adapter)
		return FW_OK;
	snprintf(first, sizeof(first), "%s", file->count ? file->sections[0].adapter : "");
	keep_only(file, options->adapter);
	if (!file->count)
		return fw_error_set(error, FW_USAGE,
			"%.200s has lists for %.64s and others but none for %.64s; leave out --adapter to "
			"take them as they are",
			name, first, options->adapter);
	return name_nameless(file, options->adapter, error);
}

enum fw_status fw_filter_source_guard(const struct fw_filter_options *options,
	const struct fw_filter_file *file, struct fw_error *error)
{
	enum fw_status status = FW_OK;

	for (size_t i = 0; i < file->count && status == FW_OK && !options->force; i++) {
		const struct fw_filter_section *section = &file->sections[i];

		status = fw_filter_guard(section->adapter, section->list.prefixes,
			section->list.count, file->source, error);
	}
	return status;
}

struct fw_filter_change *fw_filter_source_changes(const struct fw_filter_file *file)
{
	struct fw_filter_change *changes = calloc(file->count + 1, sizeof(*changes));

	for (size_t i = 0; changes && i < file->count; i++)
		changes[i] = (struct fw_filter_change){
			.adapter = file->sections[i].adapter,
			.direction = file->sections[i].direction,
			.source = file->source,
			.prefixes = file->sections[i].list.prefixes,
			.count = file->sections[i].list.count,
		};
	return changes;
}
