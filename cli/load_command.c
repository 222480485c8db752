/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* load, unload: the kernel side that stays. */
#include "backend/linux/bpf_backend.h"
#include "cli/command.h"

#include <getopt.h>
#include <grp.h>

/* Root's own group is no other. */
static bool take_readers(const char *name, uint32_t *readers)
{
	const struct group *group = getgrnam(name);

	if (!group || !group->gr_gid) {
		fw_command_usage_error(&fw_command_load,
			"'%s' is no group that readers could be in ('getent group' lists them)",
			name);
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
	int code = fw_command_plain(&fw_command_unload, argc, argv, NULL);
	struct fw_error error;

	if (code >= 0)
		return code;
	return fw_bpf_unload(&error) == FW_OK ? 0 : fw_command_fail(&error);
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
