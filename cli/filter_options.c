/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/filter_options.h"

#include "cli/filter_state.h"
#include "cli/interval.h"
#include "cli/output.h"
#include "lib/host/adapter_alias.h"

#include <string.h>

static enum fw_status take_hook(struct fw_filter_options *parsed, struct fw_error *error)
{
	static const char *const words[] = {
		[FW_FILTER_WAY_BEST] = "best",
		[FW_FILTER_WAY_NATIVE] = "native",
		[FW_FILTER_WAY_GENERIC] = "generic",
		[FW_FILTER_WAY_TC] = "tc",
	};

	for (size_t i = 0; i < FW_ARRAY_SIZE(words); i++) {
		if (strcmp(optarg, words[i]) != 0)
			continue;
		parsed->way = (enum fw_filter_way)i;
		return FW_OK;
	}
	return fw_error_set(error, FW_USAGE,
		"'%.40s' is no hook; choose best, native, generic or tc", optarg);
}

static enum fw_status take_adapter(struct fw_filter_options *parsed, struct fw_error *error)
{
	if (parsed->adapter)
		return fw_error_set(error, FW_USAGE,
			"--adapter '%.60s' is one too many; a pattern as in 'veth*' names several",
			optarg);
	parsed->adapter = fw_adapter_alias_find(optarg, parsed->named) ? parsed->named : optarg;
	return fw_adapter_text_check(parsed->adapter, error);
}

/* A word or an option with a value. */
static enum fw_status take_value(
	struct fw_filter_options *parsed, int option, struct fw_error *error)
{
	switch (option) {
	case FW_FILTER_ADAPTER:
		return take_adapter(parsed, error);
	case FW_FILTER_DIRECTION:
		return fw_filter_direction_parse(optarg, &parsed->direction, error);
	case FW_FILTER_HOOK:
		return take_hook(parsed, error);
	case FW_FILTER_FORMAT:
		return fw_filter_format_parse(optarg, &parsed->format, error);
	case FW_FILTER_TOP:
		return fw_command_parse_count(optarg, &parsed->top, error);
	case 'c':
		return fw_command_parse_count(optarg, &parsed->count, error);
	case 'i':
		return fw_interval_parse(optarg, &parsed->interval_ns, error);
	case FW_FILTER_FILE:
		parsed->file = optarg;
		return *optarg ? FW_OK : fw_error_set(error, FW_USAGE, "--file names no file");
	}
	return FW_OK;
}

static const char *short_options(const struct option *options)
{
	for (; options->name; options++)
		if (options->val == 'i')
			return "i:c:";
	return "";
}

int fw_filter_options_parse(const struct fw_command *command, int argc, char **argv,
	const struct option *options, struct fw_filter_options *parsed)
{
	struct fw_error error = { FW_OK, "" };

	parsed->words = argv;
	for (;;) {
		int option = fw_command_next_option(command, argc, argv, short_options(options),
			options);

		if (option == FW_OPTION_HELP)
			return fw_command_print_help(command);
		if (option == FW_BAD_OPTION)
			return fw_status_exit_code(FW_USAGE);
		if (option == FW_END_OPTIONS && optind >= argc)
			return -1;
		if (option == FW_END_OPTIONS)
			parsed->words[parsed->word_count++] = argv[optind++];
		else if (take_value(parsed, option, &error) != FW_OK)
			return fw_command_option_error(command, &error);
		parsed->json |= option == FW_FILTER_JSON;
		parsed->skip_bad |= option == FW_FILTER_SKIP_BAD;
		parsed->force |= option == FW_FILTER_FORCE;
		parsed->dry_run |= option == FW_FILTER_DRY_RUN;
		parsed->once |= option == FW_FILTER_ONCE;
	}
}

int fw_filter_options_lists(const struct fw_command *command, int argc, char **argv,
	struct fw_filter_options *parsed)
{
	static const struct option options[] = {
		FW_FILTER_ADAPTER_OPTION,
		FW_FILTER_DIRECTION_OPTION,
		FW_FILTER_COMMON_OPTIONS,
		{ 0 },
	};
	int code = fw_filter_options_parse(command, argc, argv, options, parsed);

	if (!parsed->direction)
		parsed->direction = FW_FILTER_BOTH;
	return code < 0 ? fw_filter_options_none(command, parsed) : code;
}

int fw_filter_options_one(const struct fw_command *command, const struct fw_filter_options *options,
	const char *what)
{
	if (options->word_count == 0 || !*options->words[0])
		return fw_command_usage_error(command, "no %s given", what);
	if (options->word_count > 1)
		return fw_command_usage_error(
			command, "unexpected argument '%s'", options->words[1]);
	return -1;
}

int fw_filter_options_none(
	const struct fw_command *command, const struct fw_filter_options *options)
{
	if (options->word_count)
		return fw_command_usage_error(
			command, "unexpected argument '%s'", options->words[0]);
	return -1;
}

int fw_filter_finish(const struct fw_command *command, enum fw_status status,
	const struct fw_error *error)
{
	if (status != FW_OK)
		return fw_command_option_error(command, error);
	return fw_output_finish();
}
