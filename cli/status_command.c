/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* status: what the kernel side that stays holds. */
#include "backend/linux/bpf_backend.h"
#include "cli/command.h"
#include "cli/filter_state.h"
#include "cli/filter_words.h"
#include "cli/output.h"
#include "flowwatcher/format.h"
#include "flowwatcher/json_filter.h"
#include "flowwatcher/json_objects.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

/* Those with a list, of the network namespace that the command is in. */
static enum fw_status read_filtered(struct fw_adapters *filtered, struct fw_error *error)
{
	struct fw_session session;
	enum fw_status status = fw_filter_session_open(&session, error);
	size_t kept = 0;

	if (status != FW_OK)
		return status;
	status = fw_adapters_fill(filtered, session.backend, NULL, error);
	for (size_t i = 0; i < filtered->count; i++)
		if (filtered->rows[i].in.list || filtered->rows[i].out.list)
			filtered->rows[kept++] = filtered->rows[i];
	filtered->count = kept;
	fw_session_close(&session);
	return status;
}

static bool print_json(const struct fw_bpf_status *status, const struct fw_adapters *filtered)
{
	struct json_object *object = fw_json_new("status"), *adapters = json_object_new_array();

	fw_json_add_bool(object, "loaded", status->loaded);
	if (status->loaded) {
		fw_json_add_text(object, "directory", status->directory, strlen(status->directory));
		fw_json_add_bool(object, "wire", status->wire);
		fw_json_add_time(object, "since", status->since_ns);
		fw_json_add_number(object, "abi_major", status->abi_major);
		fw_json_add_number(object, "abi_minor", status->abi_minor);
		fw_json_add_number(object, "programs", status->programs);
		fw_json_add_number(object, "maps", status->maps);
		fw_json_add_number(object, "links", status->links);
		fw_json_add_number(object, "readers", status->readers);
		fw_json_add_number(object, "groups", status->groups);
		fw_json_add_number(object, "processes", status->processes);
		fw_json_add_number(object, "missed_runs", status->missed_runs);
		fw_json_add_number(object, "failures", status->failures);
	}
	for (size_t i = 0; adapters && i < filtered->count; i++)
		json_object_array_add(adapters, fw_json_adapter_filter(&filtered->rows[i]));
	if (object && status->loaded)
		json_object_object_add(object, "adapters", adapters);
	else
		json_object_put(adapters);
	return fw_json_print_line(object);
}

static void print_direction(const char *name, const struct fw_adapter_direction *direction)
{
	if (direction->list)
		printf("  %s: %s, program %u", name, fw_hook_words(direction->hook),
			direction->program);
}

static void print_filtered(const struct fw_adapters *filtered)
{
	if (!filtered->count)
		puts("filter      no adapter here has a list");
	for (size_t i = 0; i < filtered->count; i++) {
		const struct fw_adapter *adapter = &filtered->rows[i];

		printf("%-11s %s", i ? "" : "filter", adapter->name);
		print_direction("in", &adapter->in);
		print_direction("out", &adapter->out);
		puts("");
	}
}

static void print_text(const struct fw_bpf_status *status, const struct fw_adapters *filtered)
{
	char since[FW_TIME_TEXT_SIZE];

	if (!status->loaded) {
		puts("not loaded; 'flowwatcher load' puts the kernel side in place");
		return;
	}
	printf("loaded      since %s\n",
		fw_format_boot_time(status->since_ns, since, sizeof(since)));
	printf("pinned      %s\n", status->directory);
	printf("counting    payload%s\n", status->wire ? " and wire" : " (wire is off)");
	printf("kernel      %u programs, %u maps, %u links\n", status->programs, status->maps,
		status->links);
	printf("processes   %u with traffic\n", status->processes);
	printf("readers     %u, measurements %u\n", status->readers, status->groups);
	print_filtered(filtered);
	if (status->missed_runs)
		printf("MISSED      %llu program runs were skipped by the kernel: "
		       "counters may lack bytes\n",
			(unsigned long long)status->missed_runs);
	if (status->failures)
		printf("FAILURES    %llu objects found no memory or room\n",
			(unsigned long long)status->failures);
}

static enum fw_status report(bool json, struct fw_error *error)
{
	struct fw_adapters filtered = { 0 };
	struct fw_bpf_status found;
	enum fw_status status = fw_bpf_status(&found, error);

	if (status == FW_OK && found.loaded)
		status = read_filtered(&filtered, error);
	if (status == FW_OK && !json)
		print_text(&found, &filtered);
	else if (status == FW_OK && !print_json(&found, &filtered))
		status = fw_error_set(error, FW_NO_MEMORY, "no memory for %zu adapters",
			filtered.count);
	fw_adapters_done(&filtered);
	return status;
}

static int run_status(int argc, char **argv)
{
	struct fw_error error;
	bool json = false;
	int code;

	code = fw_command_plain(&fw_command_status, argc, argv, &json);
	if (code >= 0)
		return code;
	if (report(json, &error) != FW_OK)
		return fw_command_fail(&error);
	return fw_output_finish();
}

const struct fw_command fw_command_status = {
	.name = "status",
	.summary = "is the kernel side loaded, since when, and what does it hold",
	.help = "[--json]\n\n"
		"What the kernel side that 'flowwatcher load' put in place holds, and the adapters that\n"
		"have a list: where their packets are judged, and by which program.\n\n"
		"  --json      one JSON object\n"
		"  --help      this text\n\n"
		"Example:\n"
		"  flowwatcher status --json | jq .loaded\n",
	.run = run_status,
};
