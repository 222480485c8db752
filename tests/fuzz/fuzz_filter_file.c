/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Files of addresses in every format, and single prefixes: nothing crashes, refusals say why and
 * leave the output alone, and what is accepted is in the order that a kernel side takes and is read
 * again as the same from what is written of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/prefix_order.h"
#include "flowwatcher/filter_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum fw_status read_bytes(const void *bytes, size_t size,
	const struct fw_filter_file_options *options, struct fw_filter_file *file,
	struct fw_error *error)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("list", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size ||
		lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fw_filter_file_read_fd(fd, "FILE", options, file, error);
}

static void check_section(const struct fw_filter_section *section)
{
	const struct fw_prefix_list *list = &section->list;

	if (list->count == 0 || section->ipv4 + section->ipv6 != list->count ||
		!(section->direction & FW_FILTER_BOTH) || section->entries == 0)
		abort();
	for (size_t i = 0; i < list->count; i++) {
		const struct fw_filter_prefix *prefix = &list->prefixes[i];

		if (!fw_prefix_is_sound(prefix) || prefix->line == 0 ||
			(i > 0 && !fw_prefix_may_follow(prefix - 1, prefix)) ||
			fw_prefix_list_find(list->prefixes, list->count, prefix->family,
				prefix->address) != prefix)
			abort();
	}
}

static void expect_same(const struct fw_filter_file *file, const struct fw_filter_file *again)
{
	if (again->count != file->count)
		abort();
	for (size_t i = 0; i < file->count; i++) {
		const struct fw_filter_section *a = &file->sections[i], *b = &again->sections[i];

		if (strcmp(a->adapter, b->adapter) != 0 || a->direction != b->direction ||
			a->list.count != b->list.count)
			abort();
		for (size_t j = 0; j < a->list.count; j++)
			if (fw_prefix_order(&a->list.prefixes[j], &b->list.prefixes[j]) != 0)
				abort();
	}
}

static void check_written(const struct fw_filter_file *file)
{
	const struct fw_filter_file_options options = { .force = true };
	struct fw_filter_file again;
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return;
	for (size_t i = 0; i < file->count; i++) {
		const struct fw_filter_section *section = &file->sections[i];

		if (section->adapter[0])
			fw_filter_file_write_section(stream, section->adapter, section->direction);
		for (size_t j = 0; j < section->list.count; j++)
			fw_filter_file_write_prefix(stream, &section->list.prefixes[j],
				j % 2 ? "[x] ; # 1.2.3.4" : NULL);
	}
	fclose(stream);
	if (read_bytes(text, length, &options, &again, NULL) != FW_OK)
		abort();
	expect_same(file, &again);
	fw_filter_file_done(&again);
	free(text);
}

static void look_at_note(const struct fw_filter_note *note, void *argument)
{
	size_t *bytes = argument;

	if (note->line == 0 || (note->kind == FW_FILTER_NOTE_SKIPPED) != (note->column != 0) ||
		(note->kind == FW_FILTER_NOTE_SKIPPED) != (note->reason[0] != '\0'))
		abort();
	for (const char *at = note->text; *at; at++)
		if (*at < ' ' || *at > '~')
			abort();
	*bytes += strlen(note->text) + strlen(note->reason) + strlen(note->kept);
}

static void check_file(const uint8_t *data, size_t size, enum fw_filter_format format,
	bool skip_bad)
{
	size_t bytes = 0;
	const struct fw_filter_file_options options = { .format = format,
		.skip_bad = skip_bad,
		.force = skip_bad,
		.notes = 20,
		.note = look_at_note,
		.argument = &bytes };
	struct fw_filter_file file = { .lines = 42 };
	struct fw_error error = { FW_OK, "" };

	if (read_bytes(data, size, &options, &file, &error) == FW_OK) {
		for (size_t i = 0; i < file.count; i++)
			check_section(&file.sections[i]);
		if (file.count == 0 || (file.skipped && !skip_bad))
			abort();
		check_written(&file);
		fw_filter_file_done(&file);
	} else if (error.status != FW_MALFORMED || !error.text[0] || file.lines != 42) {
		abort();
	}
}

static void check_prefix(const char *text)
{
	struct fw_filter_prefix prefixes[FW_RANGE_PREFIXES];
	struct fw_error error = { FW_OK, "" };
	size_t count = 42;

	if (fw_filter_prefix_parse(text, prefixes, &count, &error) != FW_OK) {
		if (error.status != FW_USAGE || !error.text[0] || count != 42)
			abort();
		return;
	}
	if (count == 0 || count > FW_RANGE_PREFIXES)
		abort();
	for (size_t i = 0; i < count; i++)
		if (!fw_prefix_is_sound(&prefixes[i]) ||
			(i > 0 && !fw_prefix_may_follow(&prefixes[i - 1], &prefixes[i])))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	check_prefix(text);
	free(text);
	for (int format = FW_FILTER_FORMAT_AUTO; format <= FW_FILTER_FORMAT_IPSET; format++) {
		check_file(data, size, (enum fw_filter_format)format, false);
		check_file(data, size, (enum fw_filter_format)format, true);
	}
	return 0;
}
