/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* From a session into a recording: events as they come, snapshots at intervals. One thread. */
#ifndef FW_CLI_RECORDER_H
#define FW_CLI_RECORDER_H

#include "flowwatcher/session.h"
#include "lib/recording/recording_writer.h"

struct fw_recorder {
	struct fw_session *session;
	struct fw_recording_writer *writer;
	uint64_t interval_ns; /* between snapshots */
	uint64_t duration_ns; /* UINT64_MAX: until interrupted */
	uint64_t snapshots;   /* taken so far */
	uint64_t events;      /* written so far, existing things and losses included */
	struct fw_reader_report report; /* complete once the recorder has run to its end */
	enum fw_status written; /* not FW_OK: the recording cannot be written any more */
	struct fw_error write_error;
	bool subscribed;
};

/* Record until the duration is over or a signal comes (cli/interrupt.h); then what is still queued,
 * a last snapshot and the report. What was recorded is flushed also when this fails. */
enum fw_status fw_recorder_run(struct fw_recorder *recorder, struct fw_error *error);

#endif
