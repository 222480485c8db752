/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What `stat` measured, and printing it. One thread. */
#ifndef FW_CLI_STAT_REPORT_H
#define FW_CLI_STAT_REPORT_H

#include "flowwatcher/connection_delta.h"

#include <stdio.h>

struct fw_stat_report {
	char **argv;
	int exit_code;
	uint64_t elapsed_ns;
	uint64_t time_ns; /* of the end, ns since boot */
	bool has_wire;
	struct fw_counters total; /* of the command and all its descendants */
	struct fw_counters departed; /* part of it: processes that are no longer listed */
	struct fw_usage *processes;
	size_t process_count, process_capacity;
	struct fw_connection_delta *connections;
	uint64_t lost; /* closed connections that could not be listed */
};

/* False: out of memory. */
bool fw_stat_report_text(const struct fw_stat_report *report, FILE *file);
bool fw_stat_report_json(const struct fw_stat_report *report, FILE *file);

#endif
