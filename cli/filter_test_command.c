/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* filter test: would packets from or to an address be dropped, and by which line of which file. */
#include "cli/filter_state.h"
#include "cli/filter_options.h"
#include "cli/filter_source.h"
#include "cli/filter_words.h"
#include "flowwatcher/adapter_pattern.h"
#include "flowwatcher/format.h"
#include "flowwatcher/json_objects.h"
#include "flowwatcher/names.h"
#include "lib/grow.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_DROPPED 10 /* no code of fw_status_exit_code() */

struct address {
	uint8_t bytes[16];
	uint8_t family;
};

/* The prefixes of a list that was asked for before. */
struct known {
	uint32_t id;
	struct fw_prefix_list prefixes;
};

struct request {
	const struct fw_filter_options *options;
	struct address *addresses; /* one for each word */
	struct known *known;
	size_t known_count, known_capacity;
	size_t asked; /* lists */
	bool dropped, no_memory;
};

static enum fw_status take_address(
	const char *word, struct address *address, struct fw_error *error)
{
	struct fw_filter_prefix prefixes[FW_RANGE_PREFIXES];
	size_t count = 0;
	enum fw_status status = fw_filter_prefix_parse(word, prefixes, &count, error);

	if (status != FW_OK)
		return status;
	if (count != 1 || prefixes[0].length != (prefixes[0].family == FW_FAMILY_IPV4 ? 32 : 128))
		return fw_error_set(error, FW_USAGE, "'%.80s' is not one address", word);
	memcpy(address->bytes, prefixes[0].address, sizeof(address->bytes));
	address->family = prefixes[0].family;
	return FW_OK;
}

static bool print_json(const char *address, const char *adapter, uint32_t direction,
	const struct fw_filter_prefix *found, const char *source)
{
	struct json_object *object = fw_json_new("filter_test");
	const char *direction_name = fw_filter_direction_name(direction);
	char prefix[FW_FILTER_PREFIX_TEXT_SIZE];

	fw_json_add_text(object, "address", address, strlen(address));
	fw_json_add_text(object, "adapter", adapter, strlen(adapter));
	fw_json_add_text(object, "direction", direction_name, strlen(direction_name));
	fw_json_add_bool(object, "dropped", found);
	if (found) {
		fw_filter_prefix_format(found, prefix, sizeof(prefix));
		fw_json_add_text(object, "prefix", prefix, strlen(prefix));
	} else if (object) {
		json_object_object_add(object, "prefix", NULL);
	}
	fw_json_add_text(object, "source", source, strlen(source));
	fw_json_add_id(object, "line", found ? found->line : 0, 0);
	return fw_json_print_line(object);
}

static void print_text(const char *address, const char *adapter, uint32_t direction,
	const struct fw_filter_prefix *found, const char *source)
{
	char prefix[FW_FILTER_PREFIX_TEXT_SIZE], origin[FW_ORIGIN_SIZE];

	printf("%s: %s %s: ", address, adapter, fw_direction_words(direction));
	if (found)
		printf("dropped by %s, %s\n",
			fw_filter_prefix_format(found, prefix, sizeof(prefix)),
			fw_origin_text(source, found->line, origin, sizeof(origin)));
	else
		printf("passes\n");
}

/* Each address against one list. */
static void ask(struct request *request, const char *adapter, uint32_t direction,
	const struct fw_prefix_list *list, const char *source)
{
	request->asked++;
	for (size_t i = 0; i < request->options->word_count; i++) {
		const struct address *address = &request->addresses[i];
		const struct fw_filter_prefix *found = fw_prefix_list_find(
			list->prefixes, list->count, address->family, address->bytes);
		char text[FW_ADDRESS_TEXT_SIZE];

		fw_format_address(address->family, address->bytes, text, sizeof(text));
		request->dropped |= found != NULL;
		if (!request->options->json)
			print_text(text, adapter, direction, found, source);
		else if (!print_json(text, adapter, direction, found, source))
			request->no_memory = true;
	}
}

/* The section that counts for an adapter in a direction, as among lists in force. */
static const struct fw_filter_section *section_for(const struct fw_filter_file *file,
	const char *adapter, uint32_t direction)
{
	const struct fw_filter_section *best = NULL;

	for (size_t i = 0; i < file->count; i++) {
		const struct fw_filter_section *section = &file->sections[i];

		if ((section->direction & direction) &&
			fw_adapter_matches(section->adapter, adapter) &&
			(!best || fw_adapter_precedes(section->adapter, best->adapter)))
			best = section;
	}
	return best;
}

/* Of a file: for one adapter, or each of its lists. */
static void ask_sections(struct request *request, const struct fw_filter_file *file)
{
	const struct fw_filter_options *options = request->options;
	const struct fw_filter_section *in, *out;

	for (size_t i = 0; i < file->count && !options->adapter; i++) {
		const struct fw_filter_section *section = &file->sections[i];

		if (section->direction & options->direction)
			ask(request, section->adapter[0] ? section->adapter : "any adapter",
				section->direction & options->direction, &section->list,
				file->source);
	}
	if (!options->adapter)
		return;
	in = options->direction & FW_FILTER_IN ?
		     section_for(file, options->adapter, FW_FILTER_IN) :
		     NULL;
	out = options->direction & FW_FILTER_OUT ?
		      section_for(file, options->adapter, FW_FILTER_OUT) :
		      NULL;
	if (in)
		ask(request, options->adapter, in == out ? FW_FILTER_BOTH : FW_FILTER_IN, &in->list,
			file->source);
	if (out && in != out)
		ask(request, options->adapter, FW_FILTER_OUT, &out->list, file->source);
}

static enum fw_status ask_file(struct request *request, struct fw_error *error)
{
	struct fw_filter_options reading = *request->options;
	struct fw_filter_file file = { 0 };
	enum fw_status status;

	reading.direction = 0;
	reading.force = true; /* asking cuts nobody off */
	status = fw_filter_source_read(&reading, request->options->file, &file, error);
	if (status != FW_OK)
		return status;
	for (size_t i = 0; i < file.count && request->options->adapter; i++)
		if (!file.sections[i].adapter[0])
			snprintf(file.sections[i].adapter, FW_ADAPTER_NAME_SIZE, "%s",
				request->options->adapter);
	ask_sections(request, &file);
	fw_filter_file_done(&file);
	return FW_OK;
}

/* NULL: *error says why. */
static const struct fw_prefix_list *prefixes_of(struct request *request, struct fw_backend *backend,
	uint32_t id, struct fw_error *error)
{
	struct known *known;

	for (size_t i = 0; i < request->known_count; i++)
		if (request->known[i].id == id)
			return &request->known[i].prefixes;
	known = fw_grow(
		request->known, request->known_count, &request->known_capacity, sizeof(*known));
	if (!known) {
		fw_error_set(error, FW_NO_MEMORY, "no memory for the lists");
		return NULL;
	}
	request->known = known;
	known += request->known_count++;
	*known = (struct known){ .id = id };
	return fw_filter_prefixes_fill(&known->prefixes, backend, id, error) == FW_OK ?
		       &known->prefixes :
		       NULL;
}

static enum fw_status ask_list(struct request *request, struct fw_backend *backend,
	const struct fw_filter_lists *lists, const struct fw_adapter *adapter, uint32_t direction,
	struct fw_error *error)
{
	uint32_t id = direction & FW_FILTER_IN ? adapter->in.list : adapter->out.list;
	const struct fw_filter_list *list = fw_filter_lists_find(lists, id);
	const struct fw_prefix_list *prefixes;

	if (!list || !(request->options->direction & direction))
		return FW_OK;
	prefixes = prefixes_of(request, backend, id, error);
	if (!prefixes)
		return error->status;
	ask(request, adapter->name, direction & request->options->direction, prefixes,
		list->source);
	return FW_OK;
}

static enum fw_status ask_adapters(struct request *request, struct fw_backend *backend,
	struct fw_error *error)
{
	struct fw_adapters adapters = { 0 };
	struct fw_filter_lists lists = { 0 };
	enum fw_status status = fw_filter_lists_fill(&lists, backend, error);

	if (status == FW_OK)
		status = fw_adapters_fill(&adapters, backend, request->options->adapter, error);
	for (size_t i = 0; i < adapters.count && status == FW_OK; i++) {
		const struct fw_adapter *adapter = &adapters.rows[i];
		bool is_one = adapter->in.list == adapter->out.list;

		status = ask_list(request, backend, &lists, adapter,
			is_one ? FW_FILTER_BOTH : FW_FILTER_IN, error);
		if (status == FW_OK && !is_one)
			status = ask_list(request, backend, &lists, adapter, FW_FILTER_OUT, error);
	}
	fw_adapters_done(&adapters);
	fw_filter_lists_done(&lists);
	return status;
}

static enum fw_status ask_kernel(struct request *request, struct fw_error *error)
{
	struct fw_session session;
	enum fw_status status = fw_filter_session_view(&session, error);

	if (status != FW_OK)
		return status;
	status = ask_adapters(request, session.backend, error);
	fw_session_close(&session);
	return status;
}

static void tell_unasked(const struct request *request)
{
	if (request->asked || request->options->json)
		return;
	for (size_t i = 0; i < request->options->word_count; i++)
		printf("%s: passes, there is no list for %s\n", request->options->words[i],
			request->options->adapter ? request->options->adapter : "any adapter");
}

static enum fw_status test(struct request *request, struct fw_error *error)
{
	const struct fw_filter_options *options = request->options;
	enum fw_status status = FW_OK;

	request->addresses = calloc(options->word_count, sizeof(*request->addresses));
	if (!request->addresses)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu addresses",
			options->word_count);
	for (size_t i = 0; i < options->word_count && status == FW_OK; i++)
		status = take_address(options->words[i], &request->addresses[i], error);
	if (status == FW_OK)
		status = options->file ? ask_file(request, error) : ask_kernel(request, error);
	if (status == FW_OK)
		tell_unasked(request);
	if (status == FW_OK && request->no_memory)
		status = fw_error_set(error, FW_NO_MEMORY, "no memory for the answer");
	return status;
}

static int run_request(struct request *request)
{
	struct fw_error error = { FW_OK, "" };
	enum fw_status status = test(request, &error);
	int code = fw_filter_finish(&fw_command_filter_test, status, &error);

	for (size_t i = 0; i < request->known_count; i++)
		fw_prefix_list_done(&request->known[i].prefixes);
	free(request->known);
	free(request->addresses);
	return code == 0 && request->dropped ? EXIT_DROPPED : code;
}

static int run_test(int argc, char **argv)
{
	static const struct option options[] = {
		FW_FILTER_ADAPTER_OPTION,
		FW_FILTER_DIRECTION_OPTION,
		{ "file", required_argument, NULL, FW_FILTER_FILE },
		FW_FILTER_FILE_OPTIONS,
		FW_FILTER_COMMON_OPTIONS,
		{ 0 },
	};
	struct fw_filter_options parsed = { 0 };
	struct request request = { .options = &parsed };
	int code = fw_filter_options_parse(&fw_command_filter_test, argc, argv, options, &parsed);

	if (code >= 0)
		return code;
	if (!parsed.word_count)
		return fw_command_usage_error(&fw_command_filter_test, "no address given");
	if (!parsed.file && (parsed.skip_bad || parsed.format != FW_FILTER_FORMAT_AUTO))
		return fw_command_usage_error(&fw_command_filter_test,
			"--skip-bad and --format are for --file");
	if (!parsed.direction)
		parsed.direction = FW_FILTER_BOTH;
	return run_request(&request);
}

const struct fw_command fw_command_filter_test = {
	.name = "filter test",
	.help = "[OPTION...] ADDRESS...\n\n"
		"Would packets from or to an address be dropped, and by which prefix and line? By the\n"
		"lists in force for each adapter, or by those of a file. Exit code 10: one would be.\n\n"
		"      --adapter NAME    only this one, or those of a pattern; of a file the list that\n"
		"                        this adapter would have\n"
		"      --direction WAY   only what is received (in), or sent (out)\n"
		"      --file FILE       the lists of a file; needs no kernel side\n"
		"      --format FORMAT   of the file: " FW_FILTER_FORMATS "\n"
		"      --skip-bad        leave out lines that are wrong, else they refuse the file\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher filter test 192.0.2.7\n"
		"  flowwatcher filter test --file spamhaus.netset 192.0.2.7 2001:db8::1\n",
	.run = run_test,
};
