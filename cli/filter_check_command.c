/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* filter check: everything that is wrong with a file, and what it would put in force. */
#include "cli/filter_options.h"
#include "cli/filter_report.h"
#include "cli/filter_source.h"
#include "flowwatcher/json_objects.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

struct check {
	const char *name; /* of the file */
	bool json, no_memory;
};

static const char *const kinds[FW_FILTER_NOTE_KINDS] = {
	[FW_FILTER_NOTE_SKIPPED] = "wrong",
	[FW_FILTER_NOTE_DUPLICATE] = "duplicate",
	[FW_FILTER_NOTE_CONTAINED] = "contained",
};

static bool print_json(const struct check *check, const struct fw_filter_note *note)
{
	struct json_object *object = fw_json_new("filter_note");

	fw_json_add_text(object, "kind", kinds[note->kind], strlen(kinds[note->kind]));
	fw_json_add_text(object, "file", check->name, strlen(check->name));
	fw_json_add_number(object, "line", note->line);
	fw_json_add_id(object, "column", note->column, 0);
	fw_json_add_text(object, "text", note->text, strlen(note->text));
	fw_json_add_text(object, "reason", note->reason, strlen(note->reason));
	fw_json_add_text(object, "kept", note->kept, strlen(note->kept));
	fw_json_add_id(object, "kept_line", note->kept_line, 0);
	return fw_json_print_line(object);
}

/* As compilers do, so that editors find the place. */
static void print_note(const struct fw_filter_note *note, void *argument)
{
	struct check *check = argument;

	if (check->json) {
		check->no_memory |= !print_json(check, note);
		return;
	}
	printf("%s:%u:", check->name, note->line);
	if (note->kind == FW_FILTER_NOTE_SKIPPED)
		printf("%u: '%s': %s\n", note->column, note->text, note->reason);
	else if (note->kind == FW_FILTER_NOTE_DUPLICATE)
		printf(" %s stands in line %u already\n", note->text, note->kept_line);
	else
		printf(" %s is in %s of line %u\n", note->text, note->kept, note->kept_line);
}

/* What is in the file as a whole makes it fail; bad lines are counted. */
static enum fw_status check_file(const struct fw_filter_options *options, struct fw_error *error)
{
	struct check check = { fw_filter_source_name(options->words[0]), options->json, false };
	const struct fw_filter_file_options reading = {
		.format = options->format,
		.skip_bad = true,
		.notes = UINT32_MAX,
		.note = print_note,
		.argument = &check,
	};
	struct fw_filter_file file = { 0 };
	enum fw_status status = fw_filter_file_read(options->words[0], &reading, &file, error);

	if (status != FW_OK)
		return status;
	if (check.no_memory || !fw_filter_report_file(&file, NULL, options->json, true))
		status = fw_error_set(error, FW_NO_MEMORY, "no memory to tell what is in %.200s",
			check.name);
	else if (file.skipped)
		status = fw_error_set(error, FW_MALFORMED,
			"%.200s: %" PRIu64 " of %" PRIu64
			" lines %s wrong; 'filter set' refuses the file, "
			"or leaves them out with --skip-bad",
			check.name, file.skipped, file.lines, file.skipped == 1 ? "is" : "are");
	fw_filter_file_done(&file);
	return status;
}

static int run_check(int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, FW_FILTER_FORMAT },
		FW_FILTER_COMMON_OPTIONS,
		{ 0 },
	};
	struct fw_filter_options parsed = { 0 };
	struct fw_error error = { FW_OK, "" };
	int code = fw_filter_options_parse(&fw_command_filter_check, argc, argv, options, &parsed);

	if (code < 0)
		code = fw_filter_options_one(&fw_command_filter_check, &parsed, "file");
	if (code >= 0)
		return code;
	return fw_filter_finish(&fw_command_filter_check, check_file(&parsed, &error), &error);
}

const struct fw_command fw_command_filter_check = {
	.name = "filter check",
	.help = "[OPTION...] FILE\n\n"
		"Reads a file as 'flowwatcher filter set' would and prints every line that is wrong, every\n"
		"prefix that is merged into another one, and what would be in force. Changes nothing and\n"
		"needs no kernel side. '-' is standard input. Exit code 1: something is wrong.\n\n"
		"      --format FORMAT   " FW_FILTER_FORMATS "\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Example:\n"
		"  flowwatcher filter check /etc/flowwatcher/filter\n",
	.run = run_check,
};
