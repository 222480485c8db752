/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "backend/replay/replay_backend.h"

#include "lib/recording/recording.h"
#include "lib/recording/recording_check.h"

#include <stdlib.h>
#include <string.h>

/* Events that one poll() delivers at most, so that its caller can look at signals in between. */
#define EVENTS_A_POLL 256

struct replay_backend {
	struct fw_backend base;
	struct fw_recording *recording;
	struct fw_subscription subscription;
	bool subscribed;
	struct fw_recording_place events; /* of the next record that poll() or next() looks at */
};

/* What rows are handed to; one of the callbacks is set. */
struct rows {
	fw_usage_fn usage;
	fw_connection_fn connection;
	fw_port_fn port;
	void *argument;
};

static struct replay_backend *self(struct fw_backend *backend)
{
	return (struct replay_backend *)backend;
}

/* The record at *place, which moves on. Every one before the recording's end was intact when it was
 * opened. */
static enum fw_status read_record(struct replay_backend *backend, struct fw_recording_place *place,
	const struct fw_record_header **record, struct fw_error *error)
{
	struct fw_recording_reader *reader = &backend->recording->reader;
	enum fw_recording_find find;
	enum fw_status status;

	reader->place = *place;
	status = fw_recording_reader_next(reader, &find, record, error);
	if (status != FW_OK)
		return status;
	if (find != FW_RECORDING_FOUND)
		return fw_error_set(error, FW_MALFORMED, "%s was changed while it was replayed",
			reader->name);
	*place = reader->place;
	return FW_OK;
}

static bool hand_row(const struct rows *rows, const struct fw_record_header *record)
{
	if (record->type == FW_RECORDING_USAGE && rows->usage)
		return rows->usage(&((const struct fw_recording_usage *)record)->usage,
			rows->argument);
	if (record->type == FW_RECORDING_CONNECTION && rows->connection)
		return rows->connection(
			&((const struct fw_recording_connection *)record)->connection,
			rows->argument);
	if (record->type == FW_RECORDING_PORT && rows->port)
		return rows->port(&((const struct fw_recording_port *)record)->port,
			rows->argument);
	return true;
}

static enum fw_status read_snapshot(struct replay_backend *backend, const struct rows *rows,
	struct fw_recording_snapshot_end *end, struct fw_error *error)
{
	struct fw_recording *recording = backend->recording;
	const struct fw_record_header *record;
	struct fw_recording_place place;

	if (!recording->snapshot_count)
		return fw_error_set(error, FW_NOT_FOUND,
			"%s holds no whole snapshot: record was ended too early",
			recording->reader.name);
	place = recording->snapshots[recording->current].begin;
	do {
		enum fw_status status = read_record(backend, &place, &record, error);

		if (status != FW_OK)
			return status;
		if (!hand_row(rows, record))
			return FW_STOPPED;
	} while (record->type != FW_RECORDING_SNAPSHOT_END);
	memcpy(end, record, sizeof(*end));
	return FW_OK;
}

static enum fw_status replay_usage(struct fw_backend *base, fw_usage_fn row, void *argument,
	struct fw_usage_summary *summary, struct fw_error *error)
{
	struct rows rows = { .usage = row, .argument = argument };
	struct fw_recording_snapshot_end end;
	enum fw_status status = read_snapshot(self(base), &rows, &end, error);

	if (status != FW_OK)
		return status;
	*summary = (struct fw_usage_summary){
		.departed = end.departed,
		.unattributed = end.unattributed,
		.time_ns = end.time_ns,
		.since_ns = end.since_ns,
		.has_wire = end.flags & FW_RECORDING_WIRE,
		.has_udp = end.flags & FW_RECORDING_UDP,
	};
	return FW_OK;
}

static enum fw_status replay_connections(struct fw_backend *base, fw_connection_fn row,
	void *argument, struct fw_error *error)
{
	struct rows rows = { .connection = row, .argument = argument };
	struct fw_recording_snapshot_end end;

	return read_snapshot(self(base), &rows, &end, error);
}

static enum fw_status replay_ports(struct fw_backend *base, fw_port_fn row, void *argument,
	struct fw_error *error)
{
	struct rows rows = { .port = row, .argument = argument };
	struct fw_recording_snapshot_end end;

	return read_snapshot(self(base), &rows, &end, error);
}

static enum fw_status replay_subscribe(struct fw_backend *base,
	const struct fw_subscription *subscription, struct fw_error *error)
{
	struct replay_backend *backend = self(base);

	if (backend->subscribed)
		return fw_error_set(error, FW_EXISTS, "this session reads records already");
	backend->subscription = *subscription;
	backend->subscribed = true;
	return FW_OK;
}

static bool loses_any(const struct fw_loss_record *loss, uint64_t types)
{
	for (size_t i = 0; i < FW_RECORD_EVENT_TYPES; i++)
		if (loss->lost[i] && types >> i & 1)
			return true;
	return false;
}

/* The recording has all types, whoever subscribes. */
static bool is_subscribed(const struct replay_backend *backend,
	const struct fw_record_header *record)
{
	const struct fw_subscription *wanted = &backend->subscription;

	if (!backend->subscribed || record->type >= FW_RECORD_EVENT_TYPES ||
		!fw_recording_type_is_known(record->type))
		return false;
	if (record->type == FW_RECORD_LOSS)
		return loses_any((const struct fw_loss_record *)record, wanted->types);
	return wanted->types >> record->type & 1 &&
	       (wanted->existing || !(record->flags & FW_RECORD_EXISTING));
}

/* Deliver up to `most` events from before `end`; *delivered: how many. */
static enum fw_status deliver(struct replay_backend *backend, uint64_t end, uint64_t most,
	fw_record_fn record, void *argument, uint64_t *delivered, struct fw_error *error)
{
	const struct fw_record_header *header;

	*delivered = 0;
	while (backend->events.offset < end && *delivered < most) {
		enum fw_status status = read_record(backend, &backend->events, &header, error);

		if (status != FW_OK)
			return status;
		if (!record || !is_subscribed(backend, header))
			continue;
		++*delivered;
		if (!record(header, argument))
			return FW_STOPPED;
	}
	return FW_OK;
}

static enum fw_status replay_poll(struct fw_backend *base, int timeout_ms, fw_record_fn record,
	void *argument, struct fw_error *error)
{
	struct replay_backend *backend = self(base);
	uint64_t end = backend->recording->end.offset;
	uint64_t delivered;
	enum fw_status status;

	(void)timeout_ms;
	if (!backend->subscribed)
		return fw_error_set(error, FW_FAILED, "no subscription to poll");
	if (backend->events.offset >= end)
		return fw_error_set(error, FW_NOT_FOUND, "%s has no more records",
			backend->recording->reader.name);
	status = deliver(backend, end, EVENTS_A_POLL, record, argument, &delivered, error);
	if (status == FW_OK && !delivered)
		return fw_error_set(error, FW_NOT_FOUND, "%s has no more records",
			backend->recording->reader.name);
	return status;
}

static enum fw_status replay_next(struct fw_backend *base, fw_record_fn record, void *argument,
	struct fw_error *error)
{
	struct replay_backend *backend = self(base);
	struct fw_recording *recording = backend->recording;
	struct fw_recording_place begin;
	uint64_t delivered;
	enum fw_status status;

	if (recording->current + 1 >= recording->snapshot_count)
		return fw_error_set(error, FW_NOT_FOUND, "%s has no more snapshots",
			recording->reader.name);
	/* What came before the snapshot that is being left is in it. */
	begin = recording->snapshots[recording->current].begin;
	if (backend->events.offset < begin.offset)
		backend->events = begin;
	begin = recording->snapshots[recording->current + 1].begin;
	status = deliver(backend, begin.offset, UINT64_MAX, record, argument, &delivered, error);
	if (status == FW_OK)
		fw_recording_go(recording, recording->current + 1);
	return status;
}

static void replay_report(struct fw_backend *base, struct fw_reader_report *report)
{
	*report = self(base)->recording->report;
}

static int replay_poll_fd(struct fw_backend *base)
{
	(void)base;
	return -1;
}

static void replay_close(struct fw_backend *base)
{
	free(self(base));
}

static const struct fw_backend_ops replay_ops = {
	.name = "replay",
	.description = "a recording: what record saw on its machine",
	.close = replay_close,
	.usage = replay_usage,
	.connections = replay_connections,
	.ports = replay_ports,
	.subscribe = replay_subscribe,
	.poll = replay_poll,
	.next = replay_next,
	.report = replay_report,
	.poll_fd = replay_poll_fd,
};

enum fw_status fw_replay_open(struct fw_recording *recording, struct fw_backend **backend,
	struct fw_error *error)
{
	struct replay_backend *made = calloc(1, sizeof(*made));

	if (!made)
		return fw_error_set(error, FW_NO_MEMORY, "no memory to replay %s",
			recording->reader.name);
	made->base.ops = &replay_ops;
	made->recording = recording;
	made->events = recording->from;
	*backend = &made->base;
	return FW_OK;
}
