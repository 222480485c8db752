/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/stat_report.h"

#include "flowwatcher/format.h"
#include "flowwatcher/json_objects.h"
#include "flowwatcher/names.h"
#include "flowwatcher/text_codec.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#define MOST_TEXT_ROWS 20

/* The arguments with spaces between; the caller frees it. */
static char *join(char **argv)
{
	size_t size = 1;
	char *text;

	for (char **word = argv; *word; word++)
		size += strlen(*word) + 1;
	text = calloc(1, size);
	for (char **word = argv; text && *word; word++) {
		strcat(text, *word);
		if (word[1])
			strcat(text, " ");
	}
	return text;
}

static void line(FILE *file, uint64_t bytes, const char *what)
{
	char text[FW_BYTES_TEXT_SIZE];

	fprintf(file, "  %20llu  bytes %-14s %s\n", (unsigned long long)bytes, what,
		fw_format_bytes(bytes, text, sizeof(text)));
}

static void text_process(FILE *file, const struct fw_usage *usage)
{
	char name[FW_COMM_SIZE];

	fw_text_printable(usage->process.comm, strnlen(usage->process.comm, FW_COMM_SIZE), name,
		sizeof(name));
	fprintf(file, "  %7u  %-16s %14llu sent %14llu received\n", usage->process.pid, name,
		(unsigned long long)usage->counters.sent,
		(unsigned long long)usage->counters.received);
}

static void text_connection(FILE *file, const struct fw_connection *connection)
{
	char local[FW_ADDRESS_TEXT_SIZE], remote[FW_ADDRESS_TEXT_SIZE];
	char protocol[FW_PROTOCOL_NAME_SIZE];

	fprintf(file, "  %7u  %-6s %s > %s %llu sent %llu received\n", connection->owner_pid,
		fw_protocol_name(connection->protocol, protocol),
		fw_format_endpoint(connection->family, connection->local_address,
			connection->local_port, local, sizeof(local)),
		fw_format_endpoint(connection->family, connection->remote_address,
			connection->remote_port, remote, sizeof(remote)),
		(unsigned long long)connection->counters.sent,
		(unsigned long long)connection->counters.received);
}

static void text_connections(const struct fw_stat_report *report, FILE *file)
{
	size_t count = fw_connection_delta_count(report->connections), shown = 0;
	uint64_t more = fw_connection_delta_omitted(report->connections) + report->lost;

	for (size_t i = 0; i < count; i++) {
		const struct fw_connection *connection =
			&fw_connection_delta_row(report->connections, i)->connection;

		if (!connection->counters.sent && !connection->counters.received)
			continue;
		if (shown++ < MOST_TEXT_ROWS)
			text_connection(file, connection);
	}
	if (shown > MOST_TEXT_ROWS)
		more += shown - MOST_TEXT_ROWS;
	if (more)
		fprintf(file, "  and %llu more connections\n", (unsigned long long)more);
}

bool fw_stat_report_text(const struct fw_stat_report *report, FILE *file)
{
	char *command = join(report->argv);
	size_t shown = report->process_count < MOST_TEXT_ROWS ? report->process_count :
								MOST_TEXT_ROWS;

	if (!command)
		return false;
	fprintf(file, "\n Network use of '%s':\n\n", command);
	free(command);
	line(file, report->total.sent, "sent");
	line(file, report->total.received, "received");
	if (report->has_wire) {
		line(file, report->total.wire_sent, "wire sent");
		line(file, report->total.wire_received, "wire received");
	}
	fputc('\n', file);
	for (size_t i = 0; i < shown; i++)
		text_process(file, &report->processes[i]);
	if (report->process_count > shown)
		fprintf(file, "  and %zu more processes\n", report->process_count - shown);
	text_connections(report, file);
	fprintf(file, "\n  %.6f seconds elapsed\n\n", (double)report->elapsed_ns / 1e9);
	return true;
}

static struct json_object *json_arguments(char **argv)
{
	struct json_object *array = json_object_new_array();

	for (; array && *argv; argv++)
		json_object_array_add(array, fw_json_text(*argv));
	return array;
}

static struct json_object *json_processes(const struct fw_stat_report *report)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < report->process_count; i++)
		json_object_array_add(array, fw_json_stat_process(&report->processes[i]));
	return array;
}

static struct json_object *json_connections(const struct fw_stat_report *report)
{
	struct json_object *array = json_object_new_array();
	size_t count = fw_connection_delta_count(report->connections);

	for (size_t i = 0; array && i < count; i++) {
		struct fw_connection_row *row = fw_connection_delta_row(report->connections, i);

		json_object_array_add(array, fw_json_connection(&row->connection, NULL, 0));
	}
	return array;
}

bool fw_stat_report_json(const struct fw_stat_report *report, FILE *file)
{
	struct json_object *object = fw_json_new("stat");
	char *command = join(report->argv);

	if (!object || !command) {
		json_object_put(object);
		free(command);
		return false;
	}
	fw_json_add_time(object, "time", report->time_ns);
	fw_json_add_text(object, "command", command, strlen(command));
	json_object_object_add(object, "arguments", json_arguments(report->argv));
	json_object_object_add(object, "exit_code", json_object_new_int(report->exit_code));
	fw_json_add_number(object, "elapsed_ns", report->elapsed_ns);
	fw_json_add_counters(object, "", &report->total);
	fw_json_add_counters(object, "departed_", &report->departed);
	json_object_object_add(object, "processes", json_processes(report));
	json_object_object_add(object, "connections", json_connections(report));
	fw_json_add_number(object, "connections_omitted",
		fw_connection_delta_omitted(report->connections) + report->lost);
	fprintf(file, "%s\n",
		json_object_to_json_string_ext(object,
			JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	free(command);
	return true;
}
