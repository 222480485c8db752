/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The JSON objects of the commands' contract, built with json-c. Each function returns a new object
 * that the caller releases with json_object_put(), or NULL when memory ran out. Every object has
 * "type" and "schema"; times are RFC 3339 in UTC with nanoseconds; bytes are bytes. Any thread.
 *
 * Text of unknown origin (comm, exe, arguments) that is not UTF-8 is given twice: with U+FFFD for
 * what cannot be shown, and exactly as "<field>_base64".
 */
#ifndef FLOWWATCHER_JSON_OBJECTS_H
#define FLOWWATCHER_JSON_OBJECTS_H

#include "backend/backend.h"
#include "flowwatcher/usage_delta.h"

struct json_object;

#define FW_JSON_SCHEMA 1

/* "usage": one process in one interval. */
struct json_object *fw_json_usage(const struct fw_usage_row *row,
	const struct fw_usage_interval *interval);
/* "interval": the machine in one interval. */
struct json_object *fw_json_interval(const struct fw_usage_interval *interval);
/* "total", one process since the first snapshot. */
struct json_object *fw_json_total(const struct fw_usage_row *row,
	const struct fw_usage_interval *interval);
/* "machine_total": the machine since the first snapshot. */
struct json_object *fw_json_machine_total(const struct fw_usage_totals *totals,
	const struct fw_usage_interval *interval);

/* "connection"; `moved` (may be NULL) adds "interval_ns" and the bytes of an interval as
 * "interval_sent", "interval_received" and their wire counterparts. */
struct json_object *fw_json_connection(const struct fw_connection *connection,
	const struct fw_counters *moved, uint64_t interval_ns);

/* "port"; `action` ("taken", "released") may be NULL. time_ns: ns since boot. */
struct json_object *fw_json_port(const struct fw_port *port, const char *action, uint64_t time_ns);

/* "feature" of doctor. */
struct json_object *fw_json_feature(const char *backend, const struct fw_feature *feature);

/* What `stat` knows of one process. */
struct json_object *fw_json_stat_process(const struct fw_usage *usage);

/* An empty object with type and schema, and helpers to fill it; all accept a NULL object. */
struct json_object *fw_json_new(const char *type);
void fw_json_add_number(struct json_object *object, const char *key, uint64_t value);
void fw_json_add_bool(struct json_object *object, const char *key, bool value);
/* A number, null where it is `unknown`. */
void fw_json_add_id(struct json_object *object, const char *key, uint64_t id, uint64_t unknown);
/* RFC 3339 of a moment in ns since boot; null for 0. */
void fw_json_add_time(struct json_object *object, const char *key, uint64_t boot_ns);
/* "time" of a snapshot; the same moment gives the same text in object after object. */
void fw_json_add_snapshot_time(struct json_object *object, uint64_t boot_ns);
/* Text of unknown origin, `length` bytes. */
void fw_json_add_text(
	struct json_object *object, const char *key, const char *bytes, size_t length);
/* Two lower-case digits a byte. */
void fw_json_add_hex(
	struct json_object *object, const char *key, const uint8_t *bytes, size_t length);
/* "sent", "received", "wire_sent", "wire_received", each behind `prefix`. */
void fw_json_add_counters(struct json_object *object, const char *prefix,
	const struct fw_counters *counters);

/* The same of a field that may have no terminating zero. */
void fw_json_add_bounded(
	struct json_object *object, const char *key, const char *bytes, size_t size);
/* The address and the port of one end, behind `side` ("local_", "remote_", ""). */
void fw_json_add_endpoint(struct json_object *object, const char *side, uint8_t family,
	const uint8_t address[16], uint16_t port);
/* What "connection" and "port" say of one, but for type, times of change and intervals. */
void fw_json_add_connection(struct json_object *object, const struct fw_connection *connection);
void fw_json_add_port(struct json_object *object, const struct fw_port *port);

/* A string object of text of unknown origin, with U+FFFD for what is not UTF-8. */
struct json_object *fw_json_text(const char *bytes);

/* One line on standard output (JSON Lines), then the object is released. False: `object` is
 * NULL. */
bool fw_json_print_line(struct json_object *object);

#endif
