/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Whose event a record is. Any thread. */
#ifndef FW_CLI_EVENT_PROCESS_H
#define FW_CLI_EVENT_PROCESS_H

#include "abi/process_event.h"
#include "abi/rule.h"

struct fw_event_process {
	uint32_t pid;	   /* 0: not known */
	uint64_t start_ns; /* 0: the record does not tell */
	char comm[FW_COMM_SIZE]; /* with a terminating zero; "": the record does not tell */
};

/* Of a record that fw_record_at() accepted, of a type of events this version knows; else all
 * zero. */
struct fw_event_process fw_event_process(const struct fw_record_header *record);

#endif
