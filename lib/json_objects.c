/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "flowwatcher/json_objects.h"

#include "flowwatcher/format.h"
#include "flowwatcher/names.h"
#include "flowwatcher/text_codec.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static void add_string(struct json_object *object, const char *key, const char *text)
{
	if (object)
		json_object_object_add(object, key, json_object_new_string(text));
}

struct json_object *fw_json_new(const char *type)
{
	struct json_object *object = json_object_new_object();

	add_string(object, "type", type);
	fw_json_add_number(object, "schema", FW_JSON_SCHEMA);
	return object;
}

void fw_json_add_number(struct json_object *object, const char *key, uint64_t value)
{
	if (object)
		json_object_object_add(object, key, json_object_new_uint64(value));
}

void fw_json_add_bool(struct json_object *object, const char *key, bool value)
{
	if (object)
		json_object_object_add(object, key, json_object_new_boolean(value));
}

void fw_json_add_time(struct json_object *object, const char *key, uint64_t boot_ns)
{
	char text[FW_TIME_TEXT_SIZE];

	if (!boot_ns && object)
		json_object_object_add(object, key, NULL);
	else
		add_string(object, key, fw_format_boot_time(boot_ns, text, sizeof(text)));
}

void fw_json_add_snapshot_time(struct json_object *object, uint64_t boot_ns)
{
	/* Clocks are read anew for each conversion; objects of one snapshot must agree to the
	 * digit. */
	static _Thread_local struct {
		uint64_t boot_ns;
		char text[FW_TIME_TEXT_SIZE];
	} last;

	if (last.boot_ns != boot_ns || !last.text[0]) {
		last.boot_ns = boot_ns;
		fw_format_boot_time(boot_ns, last.text, sizeof(last.text));
	}
	add_string(object, "time", last.text);
}

static void add_base64(
	struct json_object *object, const char *key, const char *bytes, size_t length)
{
	char *text = malloc(FW_BASE64_SIZE(length)), name[64];

	if (!text)
		return;
	fw_base64_encode(bytes, length, text);
	snprintf(name, sizeof(name), "%s_base64", key);
	add_string(object, name, text);
	free(text);
}

void fw_json_add_text(struct json_object *object, const char *key, const char *bytes, size_t length)
{
	char *text;

	if (!object)
		return;
	if (fw_utf8_is_valid(bytes, length)) {
		json_object_object_add(object, key,
			json_object_new_string_len(bytes, (int)length));
		return;
	}
	text = malloc(FW_UTF8_REPLACED_SIZE(length));
	if (!text)
		return;
	fw_utf8_replace(bytes, length, text);
	add_string(object, key, text);
	free(text);
	add_base64(object, key, bytes, length);
}

void fw_json_add_bounded(
	struct json_object *object, const char *key, const char *bytes, size_t size)
{
	fw_json_add_text(object, key, bytes, strnlen(bytes, size));
}

void fw_json_add_hex(struct json_object *object, const char *key, const uint8_t *bytes, size_t length)
{
	char *text = malloc(2 * length + 1);

	if (!text)
		return;
	text[0] = '\0';
	for (size_t i = 0; i < length; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	fw_json_add_text(object, key, text, 2 * length);
	free(text);
}

void fw_json_add_counters(struct json_object *object, const char *prefix,
	const struct fw_counters *counters)
{
	const struct {
		const char *name;
		uint64_t value;
	} fields[] = {
		{ "sent", counters->sent },
		{ "received", counters->received },
		{ "wire_sent", counters->wire_sent },
		{ "wire_received", counters->wire_received },
	};
	char key[64];

	for (size_t i = 0; i < FW_ARRAY_SIZE(fields); i++) {
		snprintf(key, sizeof(key), "%s%s", prefix, fields[i].name);
		fw_json_add_number(object, key, fields[i].value);
	}
}

void fw_json_add_id(struct json_object *object, const char *key, uint64_t id, uint64_t unknown)
{
	if (object && id == unknown)
		json_object_object_add(object, key, NULL);
	else
		fw_json_add_number(object, key, id);
}

static void add_process(struct json_object *object, const struct fw_process *process)
{
	fw_json_add_number(object, "pid", process->pid);
	fw_json_add_number(object, "start_ns", process->start_ns);
	fw_json_add_number(object, "parent_pid", process->parent_pid);
	fw_json_add_bounded(object, "comm", process->comm, sizeof(process->comm));
	fw_json_add_bounded(object, "exe", process->exe, sizeof(process->exe));
	fw_json_add_id(object, "uid", process->uid, UINT32_MAX);
	fw_json_add_bool(object, "exited", process->flags & FW_PROCESS_EXITED);
	if (process->flags & FW_PROCESS_EXE_CUT)
		fw_json_add_bool(object, "exe_cut", true);
	if (process->flags & FW_PROCESS_KERNEL)
		fw_json_add_bool(object, "kernel_thread", true);
}

struct json_object *fw_json_usage(const struct fw_usage_row *row,
	const struct fw_usage_interval *interval)
{
	struct json_object *object = fw_json_new("usage");

	fw_json_add_snapshot_time(object, interval->time_ns);
	fw_json_add_number(object, "interval_ns", interval->interval_ns);
	add_process(object, &row->usage.process);
	fw_json_add_counters(object, "", &row->interval);
	fw_json_add_counters(object, "total_", &row->usage.counters);
	return object;
}

struct json_object *fw_json_interval(const struct fw_usage_interval *interval)
{
	struct json_object *object = fw_json_new("interval");

	fw_json_add_snapshot_time(object, interval->time_ns);
	fw_json_add_number(object, "interval_ns", interval->interval_ns);
	fw_json_add_number(object, "processes", interval->moved);
	fw_json_add_counters(object, "", &interval->processes);
	fw_json_add_counters(object, "unattributed_", &interval->unattributed);
	fw_json_add_bool(object, "wire", interval->has_wire);
	return object;
}

struct json_object *fw_json_total(const struct fw_usage_row *row,
	const struct fw_usage_interval *interval)
{
	struct json_object *object = fw_json_new("total");

	fw_json_add_snapshot_time(object, interval->time_ns);
	fw_json_add_number(object, "elapsed_ns", interval->since_first_ns);
	add_process(object, &row->usage.process);
	fw_json_add_counters(object, "", &row->since_first);
	return object;
}

struct json_object *fw_json_machine_total(const struct fw_usage_totals *totals,
	const struct fw_usage_interval *interval)
{
	struct json_object *object = fw_json_new("machine_total");

	fw_json_add_snapshot_time(object, interval->time_ns);
	fw_json_add_number(object, "elapsed_ns", interval->since_first_ns);
	fw_json_add_counters(object, "", &totals->listed);
	fw_json_add_counters(object, "departed_", &totals->departed);
	fw_json_add_counters(object, "unattributed_", &totals->unattributed);
	return object;
}

void fw_json_add_endpoint(struct json_object *object, const char *side, uint8_t family,
	const uint8_t address[16], uint16_t port)
{
	char text[FW_ADDRESS_TEXT_SIZE], key[32];

	snprintf(key, sizeof(key), "%saddress", side);
	add_string(object, key, fw_format_address(family, address, text, sizeof(text)));
	snprintf(key, sizeof(key), "%sport", side);
	fw_json_add_number(object, key, port);
}

void fw_json_add_connection(struct json_object *object, const struct fw_connection *connection)
{
	char protocol[FW_PROTOCOL_NAME_SIZE];

	fw_json_add_number(object, "id", connection->id);
	fw_json_add_id(object, "pid", connection->owner_pid, 0);
	fw_json_add_number(object, "start_ns", connection->owner_start_ns);
	fw_json_add_bounded(object, "comm", connection->comm, sizeof(connection->comm));
	fw_json_add_id(object, "creator_pid", connection->creator_pid, 0);
	fw_json_add_id(object, "uid", connection->uid, UINT32_MAX);
	add_string(object, "protocol", fw_protocol_name(connection->protocol, protocol));
	add_string(object, "family", fw_family_name(connection->family));
	fw_json_add_endpoint(object, "local_", connection->family, connection->local_address,
		connection->local_port);
	fw_json_add_endpoint(object, "remote_", connection->family, connection->remote_address,
		connection->remote_port);
	add_string(object, "state", fw_tcp_state_name(connection->state));
	fw_json_add_number(object, "network_namespace", connection->network_namespace);
	fw_json_add_counters(object, "", &connection->counters);
	fw_json_add_time(object, "opened", connection->opened_ns);
	fw_json_add_time(object, "closed", connection->closed_ns);
}

struct json_object *fw_json_connection(const struct fw_connection *connection,
	const struct fw_counters *moved, uint64_t interval_ns)
{
	struct json_object *object = fw_json_new("connection");

	fw_json_add_connection(object, connection);
	if (!moved)
		return object;
	fw_json_add_number(object, "interval_ns", interval_ns);
	fw_json_add_counters(object, "interval_", moved);
	return object;
}

void fw_json_add_port(struct json_object *object, const struct fw_port *port)
{
	char protocol[FW_PROTOCOL_NAME_SIZE];

	add_string(object, "protocol", fw_protocol_name(port->protocol, protocol));
	add_string(object, "family", fw_family_name(port->family));
	fw_json_add_endpoint(object, "", port->family, port->address, port->port);
	add_string(object, "state", fw_tcp_state_name(port->state));
	fw_json_add_id(object, "pid", port->owner_pid, 0);
	fw_json_add_bounded(object, "comm", port->comm, sizeof(port->comm));
	fw_json_add_id(object, "uid", port->uid, UINT32_MAX);
	fw_json_add_number(object, "network_namespace", port->network_namespace);
	fw_json_add_time(object, "since", port->since_ns);
	fw_json_add_number(object, "connection_id", port->connection_id);
}

struct json_object *fw_json_port(const struct fw_port *port, const char *action, uint64_t time_ns)
{
	struct json_object *object = fw_json_new("port");

	fw_json_add_time(object, "time", time_ns);
	if (action)
		add_string(object, "action", action);
	fw_json_add_port(object, port);
	return object;
}

struct json_object *fw_json_feature(const char *backend, const struct fw_feature *feature)
{
	static const char *const states[] = {
		[FW_FEATURE_USED] = "used",
		[FW_FEATURE_AVAILABLE] = "available",
		[FW_FEATURE_MISSING] = "missing",
	};
	struct json_object *object = fw_json_new("feature");

	add_string(object, "backend", backend);
	add_string(object, "group", feature->group);
	add_string(object, "name", feature->name);
	add_string(object, "state", states[feature->state]);
	add_string(object, "reason", feature->reason);
	return object;
}

struct json_object *fw_json_stat_process(const struct fw_usage *usage)
{
	struct json_object *object = json_object_new_object();

	add_process(object, &usage->process);
	fw_json_add_counters(object, "", &usage->counters);
	return object;
}

struct json_object *fw_json_text(const char *bytes)
{
	size_t length = strlen(bytes);
	struct json_object *object;
	char *text;

	text = malloc(FW_UTF8_REPLACED_SIZE(length));
	if (!text)
		return NULL;
	fw_utf8_replace(bytes, length, text);
	object = json_object_new_string(text);
	free(text);
	return object;
}

bool fw_json_print_line(struct json_object *object)
{
	if (!object)
		return false;
	puts(json_object_to_json_string_ext(object, JSON_FLAGS));
	json_object_put(object);
	return true;
}
