/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* filter enum: the adapters, and whether and where they are filtered. */
#include "cli/filter_state.h"
#include "cli/filter_options.h"
#include "cli/filter_words.h"
#include "cli/text_table.h"
#include "flowwatcher/json_filter.h"
#include "flowwatcher/json_objects.h"

#include <stdio.h>
#include <string.h>

#define ADDRESSES_SIZE 400
#define MAC_TEXT_SIZE  (3 * 32 + 1)

static const char *link_words(const struct fw_adapter *adapter)
{
	if (!(adapter->flags & FW_ADAPTER_UP))
		return "down";
	return adapter->flags & FW_ADAPTER_CARRIER ? "up" : "no link";
}

static char *mac_text(const struct fw_adapter *adapter, char text[MAC_TEXT_SIZE])
{
	size_t length = adapter->mac_length < sizeof(adapter->mac) ? adapter->mac_length :
								       sizeof(adapter->mac);

	strcpy(text, "-");
	for (size_t i = 0; i < length; i++)
		snprintf(text + 3 * i, 4, "%02x%s", adapter->mac[i], i + 1 < length ? ":" : "");
	return text;
}

static void append(char *text, size_t size, const char *part)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s%s", length ? " " : "", part);
}

/* As many as there is room for. */
static char *addresses_text(const struct fw_prefix_list *addresses, char text[ADDRESSES_SIZE])
{
	char prefix[FW_FILTER_PREFIX_TEXT_SIZE];

	text[0] = '\0';
	for (size_t i = 0; i < addresses->count; i++)
		append(text, ADDRESSES_SIZE,
			fw_filter_prefix_format(&addresses->prefixes[i], prefix, sizeof(prefix)));
	return text[0] ? text : strcpy(text, "-");
}

static void direction_cells(
	struct fw_text_table *table, const struct fw_adapter_direction *direction)
{
	if (direction->hook == FW_FILTER_HOOK_NONE)
		fw_text_table_cell(table, "-");
	else
		fw_text_table_cell(table, "%s by %s", fw_hook_words(direction->hook),
			direction->pattern);
}

static char *reasons_text(
	const struct fw_adapter *adapter, char text[2 * FW_ADAPTER_TEXT_SIZE + 16])
{
	const char *in = adapter->in.reason, *out = adapter->out.reason;

	snprintf(text, 2 * FW_ADAPTER_TEXT_SIZE + 16, "%s%s%s%s%s", *in ? "in: " : "", in,
		*in && *out ? "; " : "", *out ? "out: " : "", out);
	return *text ? text : strcpy(text, "-");
}

static void add_adapter(struct fw_text_table *table, const struct fw_adapter *adapter,
	const struct fw_prefix_list *addresses)
{
	char mac[MAC_TEXT_SIZE], text[ADDRESSES_SIZE], reasons[2 * FW_ADAPTER_TEXT_SIZE + 16];

	fw_text_table_cell(table, "%u", adapter->index);
	fw_text_table_cell(table, "%s", adapter->name);
	fw_text_table_cell(table, "%s", adapter->alias[0] ? adapter->alias : "-");
	fw_text_table_cell(table, "%s", adapter->driver[0] ? adapter->driver : "-");
	fw_text_table_cell(table, "%s", adapter->medium);
	fw_text_table_cell(table, "%s", mac_text(adapter, mac));
	fw_text_table_cell(table, "%s", link_words(adapter));
	fw_text_table_cell(table, "%u", adapter->mtu);
	direction_cells(table, &adapter->in);
	direction_cells(table, &adapter->out);
	fw_text_table_cell(table, "%s", addresses_text(addresses, text));
	fw_text_table_cell(table, "%s", reasons_text(adapter, reasons));
}

static bool keep_address(const struct fw_filter_prefix *address, void *argument)
{
	return fw_prefix_list_append(argument, address);
}

/* Of one that vanishes meanwhile there are none. */
static enum fw_status ask_addresses(struct fw_backend *backend, const struct fw_adapter *adapter,
	struct fw_prefix_list *addresses, struct fw_error *error)
{
	enum fw_status status;

	addresses->count = 0;
	status = backend->ops->adapter_addresses(backend, adapter->index, keep_address, addresses,
		error);
	if (status == FW_STOPPED)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for the addresses of %s",
			adapter->name);
	return status == FW_NOT_FOUND ? FW_OK : status;
}

/* table NULL: JSON. */
static enum fw_status list_adapters(struct fw_backend *backend, const struct fw_adapters *adapters,
	struct fw_text_table *table, struct fw_error *error)
{
	struct fw_prefix_list addresses = { 0 };
	enum fw_status status = FW_OK;

	for (size_t i = 0; i < adapters->count && status == FW_OK; i++) {
		const struct fw_adapter *adapter = &adapters->rows[i];

		status = ask_addresses(backend, adapter, &addresses, error);
		if (status == FW_OK && table)
			add_adapter(table, adapter, &addresses);
		else if (status == FW_OK && !fw_json_print_line(fw_json_adapter(adapter,
						    addresses.prefixes, addresses.count)))
			status = fw_error_set(error, FW_NO_MEMORY, "no memory for %s",
				adapter->name);
	}
	fw_prefix_list_done(&addresses);
	return status;
}

static enum fw_status print_table(struct fw_backend *backend, const struct fw_adapters *adapters,
	struct fw_error *error)
{
	static const struct fw_column columns[] = {
		{ "INDEX", FW_RIGHT },
		{ "NAME", FW_LEFT },
		{ "ALIAS", FW_LEFT, true },
		{ "DRIVER", FW_LEFT, true },
		{ "MEDIUM", FW_LEFT, true },
		{ "MAC", FW_LEFT, true },
		{ "LINK", FW_LEFT },
		{ "MTU", FW_RIGHT, true },
		{ "FILTER IN", FW_LEFT },
		{ "FILTER OUT", FW_LEFT },
		{ "ADDRESSES", FW_FLEXIBLE },
		{ "WHY THERE", FW_FLEXIBLE, true },
	};
	struct fw_text_table *table = fw_text_table_new(columns, FW_ARRAY_SIZE(columns));
	enum fw_status status = FW_NO_MEMORY;

	if (table)
		status = list_adapters(backend, adapters, table, error);
	if (!table || (status == FW_OK && !fw_text_table_print(table)))
		status = fw_error_set(error, FW_NO_MEMORY, "no memory for %zu adapters",
			adapters->count);
	fw_text_table_free(table);
	return status;
}

static enum fw_status enumerate(const struct fw_filter_options *options, struct fw_error *error)
{
	struct fw_adapters adapters = { 0 };
	struct fw_session session;
	enum fw_status status = fw_filter_session_view(&session, error);

	if (status != FW_OK)
		return status;
	status = fw_adapters_fill(&adapters, session.backend, options->adapter, error);
	if (status == FW_OK && options->json)
		status = list_adapters(session.backend, &adapters, NULL, error);
	else if (status == FW_OK)
		status = print_table(session.backend, &adapters, error);
	fw_adapters_done(&adapters);
	fw_session_close(&session);
	return status;
}

static int run_enum(int argc, char **argv)
{
	static const struct option options[] = {
		FW_FILTER_ADAPTER_OPTION,
		FW_FILTER_COMMON_OPTIONS,
		{ 0 },
	};
	struct fw_filter_options parsed = { 0 };
	struct fw_error error = { FW_OK, "" };
	int code = fw_filter_options_parse(&fw_command_filter_enum, argc, argv, options, &parsed);

	if (code < 0)
		code = fw_filter_options_none(&fw_command_filter_enum, &parsed);
	if (code >= 0)
		return code;
	return fw_filter_finish(&fw_command_filter_enum, enumerate(&parsed, &error), &error);
}

const struct fw_command fw_command_filter_enum = {
	.name = "filter enum",
	.help = "[--adapter NAME] [--json]\n\n"
		"Every adapter: name, alias, index, driver, medium, MAC address, link state, MTU, addresses;\n"
		"where what it receives and sends is filtered, by the list of which name or pattern,\n"
		"and why not in an earlier place.\n\n"
		"      --adapter NAME    only this one, or those of a pattern\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Example:\n"
		"  flowwatcher filter enum --json | jq -r 'select(.filtered) | .name'\n",
	.run = run_enum,
};
