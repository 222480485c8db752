/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A recording opened for replay: read through once, so that what is wrong with it is known before
 * anything is shown, and where its snapshots are. Memory grows with the number of snapshots and of
 * process ids in it, not with its records. One thread.
 */
#ifndef FW_RECORDING_H
#define FW_RECORDING_H

#include "backend/backend.h"
#include "lib/hash_index.h"
#include "lib/host/host.h"
#include "lib/recording/recording_format.h"
#include "lib/recording/recording_reader.h"

struct fw_recording_snapshot {
	struct fw_recording_place begin;
	uint64_t time_ns; /* of its end record, ns since boot */
};

/* Where the recording describes the latest process with a pid; offset 0: nowhere. */
struct fw_recorded_process {
	uint32_t pid;
	struct fw_recording_place usage;  /* a usage row */
	struct fw_recording_place create; /* a process_create record */
};

struct fw_recording {
	struct fw_recording_reader reader;
	struct fw_recording_reader lookup; /* of processes, while a row of `reader` is in use */
	struct fw_recording_info info;
	struct fw_reader_report report;
	struct fw_host_source host; /* answers from this recording */

	struct fw_recording_snapshot *snapshots; /* whole ones */
	size_t snapshot_count;
	size_t snapshot_capacity;
	struct fw_recording_place from; /* where poll() begins */
	size_t current; /* snapshot that is replayed, or the first one to be */

	struct fw_recorded_process *processes;
	size_t process_count;
	size_t process_capacity;
	struct fw_hash_index process_index;

	uint64_t records; /* intact ones */
	uint64_t events;  /* of these, those of known types of events */
	uint64_t unknown; /* of these, those of types that this version does not know */
	struct fw_recording_place end; /* behind the last intact record */
	enum fw_recording_find ending; /* END, TORN or DAMAGED */
	bool is_finished; /* record ended in order: the report is the recorded one */
};

/* FW_MALFORMED, FW_UNSUPPORTED: not a recording, or of a version that cannot be read. Damage
 * further on is no error here: `ending` tells. *recording must stay where it is until
 * fw_recording_close(), which accepts an all-zero one. Replay begins with the first snapshot. */
enum fw_status fw_recording_open(struct fw_recording *recording, const char *path,
	struct fw_error *error);
/* The same for an open file, which is closed also when this fails. */
enum fw_status fw_recording_open_fd(struct fw_recording *recording, int fd, const char *name,
	struct fw_error *error);
void fw_recording_close(struct fw_recording *recording);

/* Make a snapshot the current one. False: there is none of this number. */
bool fw_recording_go(struct fw_recording *recording, size_t snapshot);
/* The last snapshot that was taken at most `offset_ns` after the first; UINT64_MAX: the last
 * one. */
bool fw_recording_go_time(struct fw_recording *recording, uint64_t offset_ns);

#endif
