/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a recording says of the processes in it, by their pid: the latest one that had it. Only
 * where it says so is kept; the answer is read from the file. For lib/recording; one thread.
 */
#ifndef FW_RECORDED_PROCESS_H
#define FW_RECORDED_PROCESS_H

#include "lib/recording/recording.h"

/* Note a usage row or a process_create record that is at `place`. False: no memory. */
bool fw_recorded_process_note(struct fw_recording *recording, const struct fw_record_header *record,
	const struct fw_recording_place *place);

/* The operations of struct fw_host_source; `source` is a recording's `host`. */
enum fw_status fw_recorded_process_find(const struct fw_host_source *source, uint32_t pid,
	struct fw_process *process);
enum fw_status fw_recorded_process_cgroup(const struct fw_host_source *source, uint32_t pid,
	char *cgroup, size_t size);

#endif
