/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* conns: the connections there are, whose they are, and what they have moved. */
#include "cli/connection_text.h"
#include "cli/list_options.h"
#include "cli/output.h"
#include "flowwatcher/counters.h"
#include "flowwatcher/json_objects.h"
#include "lib/grow.h"

#include <stdio.h>
#include <stdlib.h>

struct listing {
	const struct fw_list_options *options;
	struct fw_connection *rows;
	size_t count;
	size_t capacity;
	bool has_wire;
	bool no_memory;
};

/* What most people call a connection: it has a peer or has moved something. */
static bool is_connection(const struct fw_connection *connection)
{
	if (connection->state == FW_STATE_LISTEN)
		return false;
	return connection->remote_port || fw_counters_any(&connection->counters);
}

static bool keep(const struct fw_connection *connection, void *argument)
{
	struct listing *listing = argument;
	struct fw_connection *rows;

	if (!listing->options->all && !is_connection(connection))
		return true;
	if (!fw_selection_has_pid(&listing->options->selection, connection->owner_pid,
		    connection->comm))
		return true;
	rows = fw_grow(listing->rows, listing->count, &listing->capacity, sizeof(*rows));
	listing->no_memory = !rows;
	if (!rows)
		return false;
	listing->rows = rows;
	rows[listing->count++] = *connection;
	listing->has_wire |= connection->counters.wire_sent || connection->counters.wire_received;
	return true;
}

static int by_bytes(const void *left, const void *right)
{
	const struct fw_connection *a = left, *b = right;
	uint64_t x = a->counters.sent + a->counters.received;
	uint64_t y = b->counters.sent + b->counters.received;

	if (x != y)
		return x < y ? 1 : -1;
	return (a->id > b->id) - (a->id < b->id);
}

static bool print_text(const struct listing *listing)
{
	static const struct fw_column columns[] = {
		FW_CONNECTION_COLUMNS,
		{ "SENT", FW_RIGHT },
		{ "RECEIVED", FW_RIGHT },
		{ "WIRE SENT", FW_RIGHT, true },
		{ "WIRE RECV", FW_RIGHT, true },
	};
	size_t count = FW_ARRAY_SIZE(columns) - (listing->has_wire ? 0 : 2);
	struct fw_text_table *table = fw_text_table_new(columns, count);
	bool complete;

	if (!table)
		return false;
	for (size_t i = 0; i < listing->count; i++) {
		const struct fw_connection *row = &listing->rows[i];

		fw_connection_cells(table, row);
		fw_bytes_cell(table, row->counters.sent);
		fw_bytes_cell(table, row->counters.received);
		if (!listing->has_wire)
			continue;
		fw_bytes_cell(table, row->counters.wire_sent);
		fw_bytes_cell(table, row->counters.wire_received);
	}
	complete = fw_text_table_print(table);
	fw_text_table_free(table);
	return complete;
}

static bool print_json(const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		if (!fw_json_print_line(fw_json_connection(&listing->rows[i], NULL, 0)))
			return false;
	return true;
}

static enum fw_status list(struct fw_backend *backend, struct listing *listing,
	struct fw_error *error)
{
	enum fw_status status = backend->ops->connections(backend, keep, listing, error);
	bool complete;

	if (listing->no_memory)
		goto no_memory;
	if (status != FW_OK)
		return status;
	if (listing->count)
		qsort(listing->rows, listing->count, sizeof(*listing->rows), by_bytes);
	complete = listing->options->json ? print_json(listing) : print_text(listing);
	if (complete)
		return FW_OK;
no_memory:
	return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu connections", listing->count);
}

static int run_list(const struct fw_list_options *options)
{
	struct listing listing = { .options = options };
	struct fw_session session;
	struct fw_error error = { FW_OK, "" };
	enum fw_status status;
	int code = fw_list_open(options, &session);

	if (code >= 0)
		return code;
	if (session.is_private)
		fprintf(stderr, "flowwatcher: bytes are counted from now on; 'flowwatcher load' "
				"keeps counting between commands\n");
	status = list(session.backend, &listing, &error);
	free(listing.rows);
	fw_session_close(&session);
	return status == FW_OK ? fw_output_finish() : fw_command_fail(&error);
}

static int run_conns(int argc, char **argv)
{
	static const struct option options[] = { FW_LIST_LONG_OPTIONS, { 0 } };
	struct fw_list_options list = { .session.wire = true };
	int code = -1;

	fw_list_options_next(&fw_command_conns, argc, argv, options, &list, &code);
	if (code < 0 && !fw_command_no_arguments(&fw_command_conns, argc, argv))
		code = fw_status_exit_code(FW_USAGE);
	if (code < 0)
		code = run_list(&list);
	fw_selection_done(&list.selection);
	return code;
}

const struct fw_command fw_command_conns = {
	.name = "conns",
	.summary = "the connections there are, whose they are, what they have moved",
	.help = "[OPTION...]\n\n"
		"Bytes are those since counting began: with 'flowwatcher load', or else with this\n"
		"command, so that a connection that is only listed shows none.\n\n"
		"  -p, --pid PID         only of this process; may be repeated\n"
		"      --target TARGET   only of pid:N, exe:/PATH, comm:NAME, cgroup:/PATH,\n"
		"                        unit:NAME.service, user:NAME; may be repeated\n"
		"      --all             listening and unused sockets too\n"
		"      --json            one JSON object a line\n"
		"      --backend WHAT    auto (default), bpf or sockdiag\n"
		"      --help            this text\n\n"
		"Examples:\n"
		"  flowwatcher conns --target comm:firefox\n"
		"  flowwatcher conns --json | jq 'select(.remote_port==443)'\n",
	.run = run_conns,
};
