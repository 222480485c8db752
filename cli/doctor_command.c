/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* doctor: what this kernel offers, which hooks are chosen and why, what is missing and what that costs. */
#include "backend/linux/bpf_backend.h"
#include "backend/sockdiag/sockdiag_backend.h"
#include "cli/command.h"
#include "cli/output.h"
#include "flowwatcher/json_objects.h"
#include "flowwatcher/session.h"

#include <getopt.h>
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

/* What a command would use now: opening a session tells more surely than any list of features. */
static void choose(struct fw_bpf_status *kernel_side, const char **backend, char *reason, size_t size)
{
	const struct fw_session_options options = { .choice = FW_BACKEND_AUTO, .wire = true };
	struct fw_session session = { 0 };
	struct fw_error error;

	if (fw_bpf_status(kernel_side, &error) != FW_OK)
		kernel_side->loaded = false;
	if (fw_session_open(&options, &session, &error) != FW_OK) {
		*backend = "none";
		snprintf(reason, size, "%s", error.text);
		return;
	}
	*backend = session.backend->ops->name;
	if (session.is_fallback)
		snprintf(reason, size, "%s", session.notice);
	else if (session.is_private)
		snprintf(reason, size, "nothing is loaded, so each command loads a private copy; "
				       "'flowwatcher load' puts one in place that stays");
	else
		snprintf(reason, size, "the kernel side is loaded (%s)", kernel_side->directory);
	fw_session_close(&session);
}

static void report_choice(bool json)
{
	struct fw_bpf_status kernel_side = { 0 };
	char reason[FW_ERROR_TEXT_SIZE];
	struct json_object *object;
	const char *backend;

	choose(&kernel_side, &backend, reason, sizeof(reason));
	if (!json) {
		printf("Commands use %s: %s\n\n", backend, reason);
		return;
	}
	object = fw_json_new("doctor");
	fw_json_add_text(object, "backend", backend, strlen(backend));
	fw_json_add_bool(object, "loaded", kernel_side.loaded);
	fw_json_add_text(object, "reason", reason, strlen(reason));
	fw_json_print_line(object);
}

static int report_all(bool json)
{
	struct report report = { .backend = "bpf", .json = json };
	struct fw_error error = { FW_OK, "" };
	enum fw_status status;

	report_choice(json);
	status = fw_bpf_features(report_feature, &report, &error);

	if (status == FW_OK) {
		report.backend = "sockdiag";
		report.group = report.group ? "" : NULL;
		status = fw_sockdiag_features(report_feature, &report, &error);
	}
	if (status != FW_OK && status != FW_STOPPED)
		return fw_command_fail(&error);
	return fw_output_finish();
}

static int run_doctor(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};
	bool json = false;
	int option;

	while ((option = fw_command_next_option(&fw_command_doctor, argc, argv, "", options)) !=
		FW_END_OPTIONS) {
		if (option == FW_OPTION_HELP)
			return fw_command_print_help(&fw_command_doctor);
		if (option == FW_BAD_OPTION)
			return fw_status_exit_code(FW_USAGE);
		json = true;
	}
	if (!fw_command_no_arguments(&fw_command_doctor, argc, argv))
		return fw_status_exit_code(FW_USAGE);
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
