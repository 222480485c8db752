/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What each connection moved between two snapshots, closed ones included: live rows come from the
 * backend's connections operation, closed ones from FW_RECORD_CONNECTION_CLOSE records. A
 * connection is known by its id, so one that comes both ways, or in a snapshot after its close
 * record, is counted once. Time and memory are linear in the connections. One thread uses one at a
 * time.
 *
 * Sequence (subscribe before the first snapshot, poll before each):
 *	ops->poll(backend, 0, fw_connection_delta_record, delta, &error);
 *	ops->connections(backend, fw_connection_delta_add, delta, &error);
 *	fw_connection_delta_end(delta, fw_host_boot_ns(), &interval, &error);
 * Records may also be given between two snapshots; they belong to the interval that ends next.
 */
#ifndef FLOWWATCHER_CONNECTION_DELTA_H
#define FLOWWATCHER_CONNECTION_DELTA_H

#include "backend/backend.h"
#include "flowwatcher/error.h"

struct fw_connection_row {
	struct fw_connection connection; /* the latest known; totals since counting began */
	struct fw_counters interval;
	struct fw_counters since_first;
	uint32_t touched; /* internal: last interval that saw it in a snapshot or a record */
	bool closed;	  /* its close record came */
	bool ignored;	  /* internal: over before the first snapshot was complete */
	uint8_t tag;	  /* the caller's own; 0 in a new row */
};

struct fw_connection_interval {
	uint64_t time_ns;     /* of the later snapshot, ns since boot */
	uint64_t interval_ns; /* 0 for the first snapshot */
	uint64_t since_first_ns;
	struct fw_counters connections; /* sum of the rows' `interval` */
	size_t moved;			/* rows whose `interval` is not all 0 */
	/* close records lost in the interval: bytes that no row has */
	uint64_t lost;
};

struct fw_connection_delta;

/* `keep_closed`: closed connections stay listed for good (a measured command) instead of for the
 * interval in which they closed; at most `limit` rows are held then, and what is beyond is only
 * counted (fw_connection_delta_omitted). NULL: out of memory. */
struct fw_connection_delta *fw_connection_delta_new(bool keep_closed, size_t limit);
void fw_connection_delta_free(struct fw_connection_delta *delta);

/* Only rows of this measuring session from now on (0: all). */
void fw_connection_delta_set_group(struct fw_connection_delta *delta, uint64_t group);

/* A fw_connection_fn and a fw_record_fn; `delta` is the struct fw_connection_delta. false: out of
 * memory, which fw_connection_delta_end() then reports. Other record types are skipped. */
bool fw_connection_delta_add(const struct fw_connection *connection, void *delta);
bool fw_connection_delta_record(const struct fw_record_header *record, void *delta);

/* FW_NO_MEMORY: incomplete, *interval is untouched and the delta must not be used further. */
enum fw_status fw_connection_delta_end(struct fw_connection_delta *delta, uint64_t time_ns,
	struct fw_connection_interval *interval, struct fw_error *error);

/* Rows as of the last snapshot, in no order; valid until the next add or record. Rows of
 * connections whose close record is still to come may be among them, with nothing moved. */
size_t fw_connection_delta_count(const struct fw_connection_delta *delta);
struct fw_connection_row *fw_connection_delta_row(struct fw_connection_delta *delta, size_t index);

/* Connections beyond the limit. */
uint64_t fw_connection_delta_omitted(const struct fw_connection_delta *delta);

#endif
