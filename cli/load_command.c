/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* load, unload, status: the kernel side that stays. */
#include "backend/linux/bpf_backend.h"
#include "cli/command.h"
#include "cli/output.h"
#include "flowwatcher/format.h"
#include "flowwatcher/json_objects.h"

#include <getopt.h>
#include <grp.h>
#include <json-c/json.h>
#include <stdio.h>

/* Root's own group is no other. */
static bool take_readers(const char *name, uint32_t *readers)
{
	const struct group *group = getgrnam(name);

	if (!group || !group->gr_gid) {
		fw_command_usage_error(&fw_command_load,
			"'%s' is no group that readers could be in ('getent group' lists them)", name);
		return false;
	}
	*readers = group->gr_gid;
	return true;
}

static int run_load(int argc, char **argv)
{
	static const struct option options[] = {
		{ "no-wire", no_argument, NULL, 'W' },
		{ "readers", required_argument, NULL, 'R' },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};
	struct fw_bpf_options bpf = { .wire = true };
	struct fw_error error;
	int option;

	while ((option = fw_command_next_option(&fw_command_load, argc, argv, "", options)) !=
		FW_END_OPTIONS) {
		if (option == FW_OPTION_HELP)
			return fw_command_print_help(&fw_command_load);
		if (option == FW_BAD_OPTION)
			return fw_status_exit_code(FW_USAGE);
		if (option == 'R' && !take_readers(optarg, &bpf.readers))
			return fw_status_exit_code(FW_USAGE);
		if (option == 'W')
			bpf.wire = false;
	}
	if (!fw_command_no_arguments(&fw_command_load, argc, argv))
		return fw_status_exit_code(FW_USAGE);
	return fw_bpf_load(&bpf, &error) == FW_OK ? 0 : fw_command_fail(&error);
}

static int run_unload(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};
	struct fw_error error;
	int option;

	option = fw_command_next_option(&fw_command_unload, argc, argv, "", options);
	if (option == FW_OPTION_HELP)
		return fw_command_print_help(&fw_command_unload);
	if (option == FW_BAD_OPTION || !fw_command_no_arguments(&fw_command_unload, argc, argv))
		return fw_status_exit_code(FW_USAGE);
	return fw_bpf_unload(&error) == FW_OK ? 0 : fw_command_fail(&error);
}

static void print_status_json(const struct fw_bpf_status *status)
{
	struct json_object *object = fw_json_new("status");

	fw_json_add_bool(object, "loaded", status->loaded);
	if (status->loaded) {
		fw_json_add_text(object, "directory", status->directory,
			__builtin_strlen(status->directory));
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
	fw_json_print_line(object);
}

static void print_status_text(const struct fw_bpf_status *status)
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
	if (status->missed_runs)
		printf("MISSED      %llu program runs were skipped by the kernel: counters may lack bytes\n",
			(unsigned long long)status->missed_runs);
	if (status->failures)
		printf("FAILURES    %llu objects found no memory or room\n",
			(unsigned long long)status->failures);
}

static int run_status(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, FW_OPTION_HELP },
		{ 0 },
	};
	struct fw_bpf_status status;
	struct fw_error error;
	bool json = false;
	int option;

	while ((option = fw_command_next_option(&fw_command_status, argc, argv, "", options)) !=
		FW_END_OPTIONS) {
		if (option == FW_OPTION_HELP)
			return fw_command_print_help(&fw_command_status);
		if (option == FW_BAD_OPTION)
			return fw_status_exit_code(FW_USAGE);
		json = true;
	}
	if (!fw_command_no_arguments(&fw_command_status, argc, argv))
		return fw_status_exit_code(FW_USAGE);
	if (fw_bpf_status(&status, &error) != FW_OK)
		return fw_command_fail(&error);
	if (json)
		print_status_json(&status);
	else
		print_status_text(&status);
	return fw_output_finish();
}

const struct fw_command fw_command_load = {
	.name = "load",
	.summary = "put the kernel side in place; counting goes on with no program running",
	.help = "[--no-wire] [--readers GROUP]\n\n"
		"Load the BPF programs and pin them. From then on every process is counted, and\n"
		"commands read the counters without loading anything.\n\n"
		"  --no-wire   count payload only, not IP packets (cheaper for packet-heavy loads)\n"
		"  --readers GROUP\n"
		"              members of GROUP may read counters and lists, and change nothing\n"
		"  --help      this text\n\n"
		"Examples:\n"
		"  flowwatcher load && flowwatcher status\n"
		"  flowwatcher load --no-wire\n",
	.run = run_load,
};

const struct fw_command fw_command_unload = {
	.name = "unload",
	.summary = "remove the kernel side without a trace",
	.help = "\n\nDetach and remove what 'flowwatcher load' put in place. Commands that are\n"
		"running on it end with a message.\n\n"
		"  --help      this text\n\n"
		"Example:\n"
		"  flowwatcher unload\n",
	.run = run_unload,
};

const struct fw_command fw_command_status = {
	.name = "status",
	.summary = "is the kernel side loaded, since when, and what does it hold",
	.help = "[--json]\n\n"
		"  --json      one JSON object\n"
		"  --help      this text\n\n"
		"Example:\n"
		"  flowwatcher status --json | jq .loaded\n",
	.run = run_status,
};
