/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/json_events.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/record_check.h"
#include "flowwatcher/command_line.h"
#include "flowwatcher/container.h"
#include "flowwatcher/json_objects.h"
#include "flowwatcher/names.h"
#include "flowwatcher/text_codec.h"
#include "flowwatcher/user.h"
#include "lib/host/host.h"

/* A shell's exit code of a command that a signal ended is this much more. */
#define SIGNAL_EXIT 128u

static void add_text(struct json_object *object, const char *key, const char *text)
{
	if (text)
		fw_json_add_text(object, key, text, strlen(text));
	else if (object)
		json_object_object_add(object, key, NULL);
}

static void add_record_text(struct json_object *object, const char *key,
	const struct fw_record_header *record, const struct fw_record_text *text)
{
	const char *bytes = fw_record_text(record, text);

	fw_json_add_text(object, key, bytes ? bytes : "", bytes ? text->length : 0);
}

/* "cut": which of an object's texts are not whole; absent when all are. */
static void add_cut(struct json_object *object, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *field;
	} texts[] = {
		{ FW_PROCESS_EXE_CUT, "exe" },
		{ FW_EVENT_COMMAND_LINE_CUT, "command_line" },
		{ FW_EVENT_DIRECTORY_CUT, "directory" },
		{ FW_EVENT_CGROUP_CUT, "cgroup" },
		{ FW_EVENT_PATH_CUT, "path" },
	};
	struct json_object *cut = NULL;

	for (size_t i = 0; i < FW_ARRAY_SIZE(texts); i++) {
		if (!(flags & texts[i].flag))
			continue;
		if (!cut)
			cut = json_object_new_array();
		if (cut)
			json_object_array_add(cut, json_object_new_string(texts[i].field));
	}
	if (cut && object)
		json_object_object_add(object, "cut", cut);
	else
		json_object_put(cut);
}

static struct json_object *replaced_string(const char *bytes, size_t length)
{
	char *text = malloc(FW_UTF8_REPLACED_SIZE(length));
	struct json_object *string = NULL;

	if (text)
		string = json_object_new_string_len(text,
			(int)fw_utf8_replace(bytes, length, text));
	free(text);
	return string;
}

static struct json_object *base64_string(const char *bytes, size_t length)
{
	char *text = malloc(FW_BASE64_SIZE(length));
	struct json_object *string = NULL;

	if (text)
		string = json_object_new_string_len(text,
			(int)fw_base64_encode(bytes, length, text));
	free(text);
	return string;
}

static void add_argument_array(struct json_object *object, const char *key,
	struct fw_arguments arguments, struct json_object *(*string_of)(const char *, size_t))
{
	struct json_object *array = json_object_new_array();
	const char *argument;
	size_t length;

	if (!array || !object) {
		json_object_put(array);
		return;
	}
	while (fw_arguments_next(&arguments, &argument, &length))
		json_object_array_add(array, string_of(argument, length));
	json_object_object_add(object, key, array);
}

/* No zero byte is part of a longer character, so all arguments are UTF-8 if the bytes as a whole
 * are. */
static void add_command_line(struct json_object *object, const char *bytes, size_t length)
{
	struct fw_arguments arguments = fw_arguments_of(bytes, length);
	size_t joined = 0;
	char *line = fw_command_line_join(arguments, &joined);

	if (line)
		fw_json_add_text(object, "command_line", line, joined);
	free(line);
	add_argument_array(object, "arguments", arguments, replaced_string);
	if (length && !fw_utf8_is_valid(bytes, length))
		add_argument_array(object, "arguments_base64", arguments, base64_string);
}

static void add_cgroup(struct json_object *object, const struct fw_record_header *record,
	const struct fw_record_text *text)
{
	char path[FW_CGROUP_SIZE] = "", unit[FW_UNIT_SIZE], container[FW_CONTAINER_SIZE];
	const char *bytes = fw_record_text(record, text);

	add_record_text(object, "cgroup", record, text);
	if (bytes && text->length < sizeof(path))
		memcpy(path, bytes, text->length);
	add_text(object, "unit",
		fw_host_cgroup_unit(path, unit, sizeof(unit)) == FW_OK ? unit : NULL);
	add_text(object, "container", fw_cgroup_container(path, container) ? container : NULL);
}

static void add_process_create(struct json_object *object, const struct fw_record_header *header)
{
	const struct fw_process_create_record *record = (const void *)header;

	fw_json_add_number(object, "pid", record->pid);
	fw_json_add_id(object, "parent_pid", record->parent_pid, 0);
	fw_json_add_number(object, "start_ns", record->start_ns);
	fw_json_add_id(object, "parent_start_ns", record->parent_start_ns, 0);
	fw_json_add_time(object, "start", record->start_ns);
	add_text(object, "cause", fw_create_cause_name(record->cause));
	add_record_text(object, "exe", header, &record->exe);
	add_command_line(object, fw_record_text(header, &record->command_line),
		record->command_line.length);
	add_record_text(object, "directory", header, &record->directory);
	fw_json_add_id(object, "uid", record->uid, UINT32_MAX);
	add_text(object, "user", fw_user_find_name(record->uid));
	fw_json_add_bounded(object, "comm", record->comm, sizeof(record->comm));
	add_cgroup(object, header, &record->cgroup);
	if (record->flags & FW_PROCESS_KERNEL)
		fw_json_add_bool(object, "kernel_thread", true);
	add_cut(object, record->flags);
}

static void add_exit_code(struct json_object *object, const struct fw_process_exit_record *record)
{
	char name[FW_SIGNAL_NAME_SIZE];

	if (!record->signal) {
		fw_json_add_number(object, "exit_code", record->exit_code);
		return;
	}
	fw_json_add_number(object, "exit_code", (uint64_t)record->signal + SIGNAL_EXIT);
	fw_json_add_number(object, "signal", record->signal);
	add_text(object, "signal_name", fw_signal_name(record->signal, name));
	fw_json_add_bool(object, "core_dumped", record->flags & FW_EVENT_CORE_DUMPED);
}

static void add_process_exit(struct json_object *object, const struct fw_record_header *header)
{
	const struct fw_process_exit_record *record = (const void *)header;

	fw_json_add_number(object, "pid", record->pid);
	fw_json_add_id(object, "parent_pid", record->parent_pid, 0);
	fw_json_add_number(object, "start_ns", record->start_ns);
	add_exit_code(object, record);
	if (record->start_ns && record->start_ns <= header->time_ns)
		fw_json_add_number(object, "lifetime_ns", header->time_ns - record->start_ns);
	fw_json_add_counters(object, "", &record->counters);
	fw_json_add_id(object, "uid", record->uid, UINT32_MAX);
	add_text(object, "user", fw_user_find_name(record->uid));
	fw_json_add_bounded(object, "comm", record->comm, sizeof(record->comm));
	if (record->flags & FW_PROCESS_KERNEL)
		fw_json_add_bool(object, "kernel_thread", true);
}

static void add_thread(struct json_object *object, const struct fw_record_header *header)
{
	const struct fw_thread_record *record = (const void *)header;

	fw_json_add_number(object, "pid", record->pid);
	fw_json_add_number(object, "tid", record->tid);
	fw_json_add_id(object, "start_ns", record->start_ns, 0);
	fw_json_add_number(object, "process_start_ns", record->process_start_ns);
	fw_json_add_bounded(object, "comm", record->comm, sizeof(record->comm));
}

static void add_build_id(struct json_object *object, const struct fw_image_record *record)
{
	if (record->build_id_length)
		fw_json_add_hex(object, "build_id", record->build_id, record->build_id_length);
}

static void add_image(struct json_object *object, const struct fw_record_header *header)
{
	const struct fw_image_record *record = (const void *)header;

	fw_json_add_number(object, "pid", record->pid);
	fw_json_add_id(object, "tid", record->tid, 0);
	fw_json_add_number(object, "address", record->address);
	fw_json_add_number(object, "size", record->size);
	fw_json_add_number(object, "file_offset", record->file_offset);
	add_record_text(object, "path", header, &record->path);
	if (record->flags & FW_EVENT_NO_FILE)
		fw_json_add_bool(object, "no_file", true);
	add_build_id(object, record);
	add_cut(object, record->flags);
}

static void add_connection(struct json_object *object, const struct fw_record_header *header)
{
	const struct fw_connection *connection =
		&((const struct fw_connection_record *)header)->connection;
	uint64_t closed = connection->closed_ns ? connection->closed_ns : header->time_ns;

	fw_json_add_connection(object, connection);
	if (header->type == FW_RECORD_CONNECTION_CLOSE && connection->opened_ns &&
		connection->opened_ns <= closed)
		fw_json_add_number(object, "duration_ns", closed - connection->opened_ns);
}

static void add_port(struct json_object *object, const struct fw_record_header *header)
{
	fw_json_add_port(object, &((const struct fw_port_record *)header)->port);
}

static void add_blocked(struct json_object *object, const struct fw_record_header *header)
{
	const struct fw_blocked_record *record = (const void *)header;
	char protocol[FW_PROTOCOL_NAME_SIZE];

	fw_json_add_id(object, "pid", record->pid, 0);
	fw_json_add_id(object, "start_ns", record->start_ns, 0);
	fw_json_add_bounded(object, "comm", record->comm, sizeof(record->comm));
	fw_json_add_id(object, "uid", record->uid, UINT32_MAX);
	add_text(object, "user", fw_user_find_name(record->uid));
	add_text(object, "operation", fw_blocked_operation_name(record->operation));
	fw_json_add_number(object, "rule", record->rule);
	add_text(object, "protocol", fw_protocol_name(record->protocol, protocol));
	add_text(object, "family", fw_family_name(record->family));
	fw_json_add_endpoint(object, "local_", record->family, record->local_address,
		record->local_port);
	fw_json_add_endpoint(object, "remote_", record->family, record->remote_address,
		record->remote_port);
	fw_json_add_number(object, "connection_id", record->connection_id);
	fw_json_add_number(object, "network_namespace", record->network_namespace);
}

/* Those of `counts`, by the names of the types, that are not 0. */
static void add_counts(struct json_object *object, const char *key, const uint64_t *counts)
{
	struct json_object *by_type = json_object_new_object();

	for (uint16_t type = 0; type < FW_RECORD_EVENT_TYPES; type++) {
		char number[FW_RECORD_TYPE_NAME_SIZE];

		if (counts[type])
			fw_json_add_number(
				by_type, fw_record_type_text(type, number), counts[type]);
	}
	if (object)
		json_object_object_add(object, key, by_type);
	else
		json_object_put(by_type);
}

static void add_loss(struct json_object *object, const struct fw_record_header *header)
{
	add_counts(object, "lost", ((const struct fw_loss_record *)header)->lost);
}

static void (*const add_fields[FW_RECORD_TYPE_COUNT])(struct json_object *object,
	const struct fw_record_header *header) = {
	[FW_RECORD_CONNECTION_OPEN] = add_connection,
	[FW_RECORD_CONNECTION_CLOSE] = add_connection,
	[FW_RECORD_PORT_TAKEN] = add_port,
	[FW_RECORD_PORT_RELEASED] = add_port,
	[FW_RECORD_LOSS] = add_loss,
	[FW_RECORD_PROCESS_CREATE] = add_process_create,
	[FW_RECORD_PROCESS_EXIT] = add_process_exit,
	[FW_RECORD_THREAD_CREATE] = add_thread,
	[FW_RECORD_THREAD_EXIT] = add_thread,
	[FW_RECORD_IMAGE_LOAD] = add_image,
	[FW_RECORD_BLOCKED] = add_blocked,
};

bool fw_json_event_is_known(uint16_t type)
{
	return type < FW_RECORD_TYPE_COUNT && add_fields[type];
}

struct json_object *fw_json_event(const struct fw_record_header *record)
{
	struct json_object *object = fw_json_new(fw_record_type_name(record->type));

	fw_json_add_time(object, "time", record->time_ns);
	fw_json_add_number(object, "sequence", record->sequence);
	if (record->flags & FW_RECORD_EXISTING)
		fw_json_add_bool(object, "existing", true);
	add_fields[record->type](object, record);
	return object;
}

struct json_object *fw_json_events_report(const struct fw_reader_report *report, uint64_t time_ns,
	uint64_t shown)
{
	struct json_object *object = fw_json_new("events_report");

	fw_json_add_time(object, "time", time_ns);
	add_counts(object, "produced", report->produced);
	add_counts(object, "delivered", report->delivered);
	add_counts(object, "lost", report->lost);
	fw_json_add_number(object, "shown", shown);
	return object;
}
