/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/recording/recording.h"

#include <stdlib.h>
#include <string.h>

#include "lib/grow.h"
#include "lib/recording/recorded_process.h"
#include "lib/recording/recording_check.h"

/* What the first pass over the records is in the middle of. */
struct scan {
	struct fw_recording *recording;
	struct fw_recording_place begin; /* of the snapshot under way */
	bool in_snapshot;
};

static enum fw_status no_memory(const struct fw_recording *recording, struct fw_error *error)
{
	return fw_error_set(error, FW_NO_MEMORY, "no memory for what %s holds",
		recording->reader.name);
}

static bool add_snapshot(struct fw_recording *recording, const struct fw_recording_place *begin,
	uint64_t time_ns)
{
	struct fw_recording_snapshot *snapshots = fw_grow(recording->snapshots,
		recording->snapshot_count, &recording->snapshot_capacity, sizeof(*snapshots));

	if (!snapshots)
		return false;
	recording->snapshots = snapshots;
	snapshots[recording->snapshot_count++] = (struct fw_recording_snapshot){
		.begin = *begin,
		.time_ns = time_ns,
	};
	return true;
}

/* The report of a recording that has none: what is in it, which is what was delivered. */
static void count_event(struct fw_recording *recording, const struct fw_record_header *record)
{
	struct fw_reader_report *report = &recording->report;
	const struct fw_loss_record *loss = (const void *)record;

	recording->events++;
	if (recording->is_finished || record->flags & FW_RECORD_EXISTING)
		return;
	if (record->type != FW_RECORD_LOSS) {
		report->produced[record->type]++;
		report->delivered[record->type]++;
		return;
	}
	for (size_t i = 0; i < FW_RECORD_EVENT_TYPES; i++) {
		report->produced[i] += loss->lost[i];
		report->lost[i] += loss->lost[i];
	}
}

static void take_report(struct fw_recording *recording, const struct fw_recording_report *record)
{
	memcpy(recording->report.produced, record->produced, sizeof(record->produced));
	memcpy(recording->report.delivered, record->delivered, sizeof(record->delivered));
	memcpy(recording->report.lost, record->lost, sizeof(record->lost));
	recording->is_finished = true;
}

/* A record of a known type. False: no memory. */
static bool take_record(struct scan *scan, const struct fw_record_header *record,
	const struct fw_recording_place *place)
{
	struct fw_recording *recording = scan->recording;

	if (record->type < FW_RECORD_EVENT_TYPES)
		count_event(recording, record);
	switch (record->type) {
	case FW_RECORD_PROCESS_CREATE:
	case FW_RECORDING_USAGE:
		return fw_recorded_process_note(recording, record, place);
	case FW_RECORDING_SNAPSHOT_BEGIN:
		scan->begin = *place;
		scan->in_snapshot = true;
		break;
	case FW_RECORDING_SNAPSHOT_END:
		if (scan->in_snapshot && !add_snapshot(recording, &scan->begin, record->time_ns))
			return false;
		scan->in_snapshot = false;
		break;
	case FW_RECORDING_REPORT:
		take_report(recording, (const struct fw_recording_report *)record);
		break;
	}
	return true;
}

static enum fw_status scan_records(struct fw_recording *recording, struct fw_error *error)
{
	struct scan scan = { .recording = recording };
	const struct fw_record_header *record;

	for (;;) {
		struct fw_recording_place place = recording->reader.place;
		enum fw_recording_find find;
		enum fw_status status =
			fw_recording_reader_next(&recording->reader, &find, &record, error);

		if (status != FW_OK)
			return status;
		recording->end = place;
		recording->ending = find;
		if (find != FW_RECORDING_FOUND)
			return FW_OK;
		recording->records++;
		if (!fw_recording_type_is_known(record->type))
			recording->unknown++;
		else if (!take_record(&scan, record, &place))
			return no_memory(recording, error);
	}
}

/* The first record, which says how to understand the others. A recording that was cut off before it
 * is an empty one. */
static enum fw_status read_info(struct fw_recording *recording, struct fw_error *error)
{
	const struct fw_record_header *record;
	enum fw_recording_find find;
	enum fw_status status = fw_recording_reader_next(&recording->reader, &find, &record, error);

	if (status != FW_OK)
		return status;
	if (find == FW_RECORDING_END || find == FW_RECORDING_TORN)
		return fw_error_set(error, FW_MALFORMED,
			"%s ends within its first record: nothing was recorded",
			recording->reader.name);
	if (find == FW_RECORDING_DAMAGED || record->type != FW_RECORDING_INFO)
		return fw_error_set(error, FW_MALFORMED,
			"%s: damaged at offset %llu; the 0 records before it are intact",
			recording->reader.name,
			(unsigned long long)recording->reader.first.offset);
	memcpy(&recording->info, record, sizeof(recording->info));
	if (recording->info.abi_major != FW_ABI_MAJOR)
		return fw_error_set(error, FW_UNSUPPORTED,
			"%s holds records of version %u.%u, this flowwatcher reads version %u: use "
			"flowwatcher %s",
			recording->reader.name, recording->info.abi_major,
			recording->info.abi_minor, FW_ABI_MAJOR, recording->info.product);
	return FW_OK;
}

enum fw_status fw_recording_open_fd(struct fw_recording *recording, int fd, const char *name,
	struct fw_error *error)
{
	enum fw_status status;

	memset(recording, 0, sizeof(*recording));
	status = fw_recording_reader_init(&recording->reader, fd, name, error);
	if (status != FW_OK)
		return status;
	status = read_info(recording, error);
	if (status == FW_OK) {
		recording->reader.place = recording->reader.first;
		status = scan_records(recording, error);
	}
	if (status != FW_OK) {
		fw_recording_close(recording);
		return status;
	}
	fw_recording_reader_share(&recording->reader, &recording->lookup);
	recording->host = (struct fw_host_source){
		.boot_utc_ns = recording->info.boot_utc_ns,
		.now_ns = recording->info.header.time_ns,
		.process = fw_recorded_process_find,
		.cgroup = fw_recorded_process_cgroup,
	};
	recording->from = recording->reader.first;
	fw_recording_go(recording, 0);
	return FW_OK;
}

enum fw_status fw_recording_open(struct fw_recording *recording, const char *path,
	struct fw_error *error)
{
	int fd;
	enum fw_status status = fw_recording_reader_file(path, &fd, error);

	memset(recording, 0, sizeof(*recording));
	return status == FW_OK ? fw_recording_open_fd(recording, fd, path, error) : status;
}

void fw_recording_close(struct fw_recording *recording)
{
	fw_hash_index_done(&recording->process_index);
	free(recording->processes);
	free(recording->snapshots);
	fw_recording_reader_unshare(&recording->lookup);
	fw_recording_reader_done(&recording->reader);
	memset(recording, 0, sizeof(*recording));
}

bool fw_recording_go(struct fw_recording *recording, size_t snapshot)
{
	if (snapshot >= recording->snapshot_count)
		return false;
	recording->current = snapshot;
	recording->host.now_ns = recording->snapshots[snapshot].time_ns;
	return true;
}

bool fw_recording_go_time(struct fw_recording *recording, uint64_t offset_ns)
{
	size_t last = 0;

	for (size_t i = 1; i < recording->snapshot_count; i++)
		if (recording->snapshots[i].time_ns - recording->snapshots[0].time_ns <= offset_ns)
			last = i;
	return fw_recording_go(recording, last);
}
