/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* doctor: what this kernel offers, which hooks are chosen and why, what is missing and what that costs. */
#include "cli/command.h"
#include "cli/doctor.h"
#include "cli/output.h"
#include "flowwatcher/json_objects.h"

#include <stdio.h>
#include <string.h>

struct report {
	const char *backend;
	const char *group; /* of the line before */
	bool json;
};

static const char *mark(enum fw_feature_state state)
{
	static const char *const plain[] = { "yes  ", "spare", "no   " };
	static const char *const coloured[] = { "\033[32myes  \033[0m", "spare", "\033[33mno   \033[0m" };

	return fw_output_colour() ? coloured[state] : plain[state];
}

static bool report_feature(const struct fw_feature *feature, void *argument)
{
	struct report *report = argument;

	if (report->json)
		return fw_json_print_line(fw_json_feature(report->backend, feature));
	if (!report->group || strcmp(report->group, feature->group))
		printf("%s%s (%s)\n", report->group ? "\n" : "", feature->group, report->backend);
	report->group = feature->group;
	printf("  %s %-32s %s\n", mark(feature->state), feature->name, feature->reason);
	return fw_output_flush();
}

static void report_choice(bool json)
{
	struct fw_doctor_choice choice = { .backend = "none" };
	struct json_object *object;

	fw_doctor_choose(&choice);
	if (!json) {
		printf("Commands use %s: %s\n\n", choice.backend, choice.reason);
		return;
	}
	object = fw_json_new("doctor");
	fw_json_add_text(object, "backend", choice.backend, strlen(choice.backend));
	fw_json_add_bool(object, "loaded", choice.loaded);
	fw_json_add_text(object, "reason", choice.reason, strlen(choice.reason));
	fw_json_print_line(object);
}

static int report_all(bool json)
{
	struct report report = { .json = json };
	struct fw_error error = { FW_OK, "" };
	enum fw_status status = FW_OK;

	report_choice(json);
	for (size_t i = 0; status == FW_OK && fw_doctor_parts[i].features; i++) {
		report.backend = fw_doctor_parts[i].backend;
		report.group = report.group ? "" : NULL;
		status = fw_doctor_parts[i].features(report_feature, &report, &error);
	}
	if (status != FW_OK && status != FW_STOPPED)
		return fw_command_fail(&error);
	return fw_output_finish();
}

static int run_doctor(int argc, char **argv)
{
	bool json = false;
	int code;

	code = fw_command_plain(&fw_command_doctor, argc, argv, &json);
	if (code >= 0)
		return code;
	return report_all(json);
}

const struct fw_command fw_command_doctor = {
	.name = "doctor",
	.summary = "what this kernel offers, what is used and why, what is missing and what it costs",
	.help = "[--json]\n\n"
		"Tries every hook on the running kernel. 'yes': used; 'spare': works, a better one\n"
		"is used; 'no': missing, with what that costs. The first line says what commands\n"
		"use because of that. Changes nothing.\n\n"
		"  --json      one JSON object a line\n"
		"  --help      this text\n\n"
		"Examples:\n"
		"  flowwatcher doctor\n"
		"  flowwatcher doctor --json | jq -r 'select(.state==\"missing\").name'\n",
	.run = run_doctor,
};
