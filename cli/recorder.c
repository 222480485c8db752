/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/recorder.h"

#include "cli/event_types.h"
#include "cli/interrupt.h"
#include "cli/interval.h"
#include "lib/host/host.h"
#include "lib/recording/recording_format.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* How late an interruption may be noticed, and how long events stay unwritten. */
#define POLL_MS	  50
#define NS_PER_MS 1000000ull

static bool put(struct fw_recorder *recorder, const struct fw_record_header *record)
{
	recorder->written =
		fw_recording_writer_put(recorder->writer, record, &recorder->write_error);
	return recorder->written == FW_OK;
}

static struct fw_record_header header_of(uint16_t type, size_t size)
{
	return (struct fw_record_header){
		.size = (uint32_t)size,
		.type = type,
		.time_ns = fw_host_boot_ns(),
	};
}

static bool put_usage(const struct fw_usage *usage, void *argument)
{
	struct fw_recording_usage record = {
		.header = header_of(FW_RECORDING_USAGE, sizeof(record)),
		.usage = *usage,
	};

	return put(argument, &record.header);
}

static bool put_connection(const struct fw_connection *connection, void *argument)
{
	struct fw_recording_connection record = {
		.header = header_of(FW_RECORDING_CONNECTION, sizeof(record)),
		.connection = *connection,
	};

	return put(argument, &record.header);
}

static bool put_port(const struct fw_port *port, void *argument)
{
	struct fw_recording_port record = {
		.header = header_of(FW_RECORDING_PORT, sizeof(record)),
		.port = *port,
	};

	return put(argument, &record.header);
}

static void count_loss(struct fw_reader_report *report, const struct fw_loss_record *loss)
{
	for (size_t i = 0; i < FW_RECORD_EVENT_TYPES; i++) {
		report->produced[i] += loss->lost[i];
		report->lost[i] += loss->lost[i];
	}
}

/* Counted here too, for backends that keep no report. */
static bool put_event(const struct fw_record_header *record, void *argument)
{
	struct fw_recorder *recorder = argument;
	bool existing = record->flags & FW_RECORD_EXISTING;

	if (record->type == FW_RECORD_LOSS) {
		count_loss(&recorder->report, (const struct fw_loss_record *)record);
	} else if (record->type < FW_RECORD_EVENT_TYPES && !existing) {
		recorder->report.produced[record->type]++;
		recorder->report.delivered[record->type]++;
	}
	recorder->events++;
	return put(recorder, record);
}

/* A row that could not be written stopped the operation. */
static enum fw_status outcome(const struct fw_recorder *recorder, enum fw_status status,
	struct fw_error *error)
{
	if (recorder->written == FW_OK)
		return status;
	return fw_error_set(error, recorder->written, "%s", recorder->write_error.text);
}

static enum fw_status flush(struct fw_recorder *recorder, struct fw_error *error)
{
	if (recorder->written == FW_OK)
		recorder->written =
			fw_recording_writer_flush(recorder->writer, &recorder->write_error);
	return outcome(recorder, FW_OK, error);
}

static uint32_t flags_of(const struct fw_usage_summary *summary)
{
	return (summary->has_wire ? FW_RECORDING_WIRE : 0u) |
	       (summary->has_udp ? FW_RECORDING_UDP : 0u);
}

static enum fw_status put_rows(struct fw_recorder *recorder, struct fw_recording_snapshot_end *end,
	struct fw_error *error)
{
	struct fw_backend *backend = recorder->session->backend;
	struct fw_usage_summary summary;
	enum fw_status status;

	status = backend->ops->usage(backend, put_usage, recorder, &summary, error);
	if (status == FW_OK)
		status = backend->ops->connections(backend, put_connection, recorder, error);
	end->header = header_of(FW_RECORDING_SNAPSHOT_END, sizeof(*end));
	if (status == FW_OK)
		status = backend->ops->ports(backend, put_port, recorder, error);
	if (status != FW_OK)
		return status;
	end->departed = summary.departed;
	end->unattributed = summary.unattributed;
	end->time_ns = summary.time_ns;
	end->since_ns = summary.since_ns;
	end->flags = flags_of(&summary);
	return FW_OK;
}

static enum fw_status put_snapshot(struct fw_recorder *recorder, struct fw_error *error)
{
	struct fw_record_header begin = header_of(FW_RECORDING_SNAPSHOT_BEGIN, sizeof(begin));
	struct fw_recording_snapshot_end end = { .reserved = 0 };
	enum fw_status status = FW_OK;

	if (put(recorder, &begin))
		status = put_rows(recorder, &end, error);
	status = outcome(recorder, status, error);
	if (status != FW_OK)
		return status;
	put(recorder, &end.header);
	recorder->snapshots++;
	return flush(recorder, error);
}

static bool ignore_usage(const struct fw_usage *usage, void *argument)
{
	(void)usage;
	(void)argument;
	return true;
}

/* What is counted is known from a first look, which is not recorded. */
static enum fw_status put_info(struct fw_recorder *recorder, uint64_t types, struct fw_error *error)
{
	struct fw_backend *backend = recorder->session->backend;
	struct fw_recording_info info = {
		.header = header_of(FW_RECORDING_INFO, sizeof(info)),
		.boot_utc_ns = fw_host_boot_to_utc_ns(0),
		.interval_ns = recorder->interval_ns,
		.types = types,
		.abi_major = FW_ABI_MAJOR,
		.abi_minor = FW_ABI_MINOR,
		.product = FW_VERSION,
	};
	struct fw_usage_summary summary;
	struct utsname machine;
	enum fw_status status = backend->ops->usage(backend, ignore_usage, NULL, &summary, error);

	if (status != FW_OK)
		return status;
	info.since_ns = summary.since_ns;
	info.flags = flags_of(&summary) |
		     (recorder->session->is_private ? FW_RECORDING_PRIVATE : 0u);
	snprintf(info.backend, sizeof(info.backend), "%s", backend->ops->name);
	if (!uname(&machine)) {
		snprintf(info.kernel_release, sizeof(info.kernel_release), "%.63s",
			machine.release);
		snprintf(info.architecture, sizeof(info.architecture), "%.31s", machine.machine);
	}
	put(recorder, &info.header);
	return flush(recorder, error);
}

static enum fw_status begin(struct fw_recorder *recorder, struct fw_error *error)
{
	struct fw_backend *backend = recorder->session->backend;
	struct fw_subscription events = { .types = fw_event_types_all(), .existing = true };
	struct fw_error why = { FW_OK, "" };
	enum fw_status status = FW_OK;

	if (backend->ops->record_types)
		events.types &= backend->ops->record_types(backend, &why);
	if (why.text[0])
		fprintf(stderr, "flowwatcher: recording without some events: %s\n", why.text);
	if (backend->ops->subscribe) {
		status = backend->ops->subscribe(backend, &events, error);
		recorder->subscribed = status == FW_OK;
	}
	if (status == FW_OK)
		status = put_info(recorder, recorder->subscribed ? events.types : 0, error);
	return status == FW_OK ? put_snapshot(recorder, error) : status;
}

/* Events are written as they come, until the moment (ns of CLOCK_MONOTONIC). */
static enum fw_status record_until(struct fw_recorder *recorder, uint64_t until_ns,
	struct fw_error *error)
{
	struct fw_backend *backend = recorder->session->backend;

	if (!recorder->subscribed)
		fw_interrupt_wait(until_ns);
	while (!fw_interrupt_came()) {
		uint64_t now = fw_monotonic_ns();
		uint64_t left_ms = until_ns > now ? (until_ns - now) / NS_PER_MS : 0;
		enum fw_status status;

		if (now >= until_ns)
			break;
		status = backend->ops->poll(backend, left_ms < POLL_MS ? (int)left_ms : POLL_MS,
			put_event, recorder, error);
		status = outcome(recorder, status, error);
		if (status == FW_OK)
			status = flush(recorder, error);
		if (status != FW_OK)
			return status;
		if (!left_ms)
			fw_interrupt_wait(until_ns);
	}
	return FW_OK;
}

static enum fw_status put_report(struct fw_recorder *recorder, struct fw_error *error)
{
	struct fw_backend *backend = recorder->session->backend;
	struct fw_reader_report *report = &recorder->report;
	struct fw_recording_report record = {
		.header = header_of(FW_RECORDING_REPORT, sizeof(record)),
	};

	if (recorder->subscribed && backend->ops->report)
		backend->ops->report(backend, report);
	memcpy(record.produced, report->produced, sizeof(record.produced));
	memcpy(record.delivered, report->delivered, sizeof(record.delivered));
	memcpy(record.lost, report->lost, sizeof(record.lost));
	put(recorder, &record.header);
	return flush(recorder, error);
}

static enum fw_status finish(struct fw_recorder *recorder, struct fw_error *error)
{
	struct fw_backend *backend = recorder->session->backend;
	enum fw_status status = FW_OK;

	if (recorder->subscribed)
		status = backend->ops->drain ?
				 backend->ops->drain(backend, put_event, recorder, error) :
				 backend->ops->poll(backend, 0, put_event, recorder, error);
	status = outcome(recorder, status, error);
	if (status == FW_OK)
		status = put_snapshot(recorder, error);
	return status == FW_OK ? put_report(recorder, error) : status;
}

enum fw_status fw_recorder_run(struct fw_recorder *recorder, struct fw_error *error)
{
	uint64_t start = fw_monotonic_ns(), deadline = start;
	uint64_t end = recorder->duration_ns > UINT64_MAX - start ? UINT64_MAX :
								    start + recorder->duration_ns;
	enum fw_status status = begin(recorder, error);

	while (status == FW_OK && !fw_interrupt_came() && fw_monotonic_ns() < end) {
		deadline = fw_interval_next(deadline, recorder->interval_ns);
		status = record_until(recorder, deadline < end ? deadline : end, error);
		/* The one at the end is finish()'s. */
		if (status == FW_OK && deadline < end && !fw_interrupt_came())
			status = put_snapshot(recorder, error);
	}
	if (status == FW_OK)
		return finish(recorder, error);
	flush(recorder, NULL);
	return status;
}
