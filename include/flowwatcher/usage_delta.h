/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What each process moved between two usage snapshots. Processes are told apart by (pid, start_ns),
 * so a reused pid starts at nothing. Time and memory are linear in the rows of a snapshot. One
 * thread uses one fw_usage_delta at a time.
 *
 * Sequence, first for the snapshot that later ones are compared with, then once an interval:
 *	fw_usage_delta_begin(delta);
 *	ops->usage(backend, fw_usage_delta_add, delta, &summary, &error);
 *	fw_usage_delta_end(delta, &summary, &interval, &error);
 */
#ifndef FLOWWATCHER_USAGE_DELTA_H
#define FLOWWATCHER_USAGE_DELTA_H

#include "backend/backend.h"
#include "flowwatcher/error.h"

struct fw_usage_row {
	/* as the last snapshot has it: totals since counting began */
	struct fw_usage usage;
	struct fw_counters interval;	/* bytes of the last interval */
	struct fw_counters since_first; /* bytes since the first snapshot */
	uint32_t generation;		/* internal: the last snapshot it was in */
	uint8_t tag;			/* the caller's own; 0 in a new row */
};

/*
 * For each counter: what the machine moved = processes + unattributed. `unattributed` also holds
 * what processes moved that came, went and were folded away between two snapshots.
 */
struct fw_usage_interval {
	uint64_t time_ns;	/* of the later snapshot, ns since boot */
	uint64_t interval_ns;	/* measured; 0 for the first snapshot */
	uint64_t since_first_ns; /* length since the first snapshot */
	struct fw_counters processes; /* sum of the rows' `interval` */
	struct fw_counters unattributed;
	size_t moved; /* rows whose `interval` is not all 0 */
	bool has_wire;
	bool has_udp;
};

/* Since the first snapshot: the machine moved listed + departed + unattributed. */
struct fw_usage_totals {
	struct fw_counters listed;	 /* sum of the rows' `since_first` */
	struct fw_counters departed;	 /* of rows that later snapshots no longer had */
	struct fw_counters unattributed; /* sum over the intervals */
};

struct fw_usage_delta;

/* NULL: out of memory. fw_usage_delta_free accepts NULL. */
struct fw_usage_delta *fw_usage_delta_new(void);
void fw_usage_delta_free(struct fw_usage_delta *delta);

void fw_usage_delta_begin(struct fw_usage_delta *delta);

/* A fw_usage_fn; `delta` is the struct fw_usage_delta. false: out of memory, which
 * fw_usage_delta_end() then reports. A row that comes twice counts once, with its larger
 * counters. */
bool fw_usage_delta_add(const struct fw_usage *usage, void *delta);

/* Compare with the snapshot before. FW_NO_MEMORY: the snapshot is incomplete, *interval is
 * untouched and the delta must not be used further. */
enum fw_status fw_usage_delta_end(struct fw_usage_delta *delta,
	const struct fw_usage_summary *summary, struct fw_usage_interval *interval,
	struct fw_error *error);

/* Rows of the last snapshot, in no order; valid until the next fw_usage_delta_begin(). */
size_t fw_usage_delta_count(const struct fw_usage_delta *delta);
struct fw_usage_row *fw_usage_delta_row(struct fw_usage_delta *delta, size_t index);

/* The row of one process; NULL: the last snapshot has none. */
struct fw_usage_row *fw_usage_delta_find(struct fw_usage_delta *delta, uint32_t pid,
	uint64_t start_ns);

void fw_usage_delta_totals(const struct fw_usage_delta *delta, struct fw_usage_totals *totals);

#endif
